#include "caf.h"

#include "channel_chunk.h"
#include "chunks.h"
#include "coded_layout.h"
#include "placement.h"
#include "../base/bytes.h"

#include <stdlib.h>
#include <string.h>

enum { OWN_MOST = 3 };

static void put_head(UInt8 *to, UInt32 id, SInt64 size)
{
    cm_put_be32(to, id);
    cm_put_be64(to + 4, (UInt64)size);
}

/* Takes bytes over. */
static void add_own(cm_placement *p, UInt32 id, UInt8 *bytes, size_t size)
{
    if (bytes)
        p->own[p->own_count++] = (cm_chunk){ .id = id, .offset = -1, .size = (SInt64)size, .bytes = bytes };
}

static OSStatus copy_cookie(const cm_file *f, UInt8 **bytes, size_t *size)
{
    *bytes = NULL;
    *size = f->cookie ? (size_t)CFDataGetLength(f->cookie) : 0;
    if (*size == 0)
        return noErr;
    *bytes = malloc(*size);
    if (*bytes)
        memcpy(*bytes, CFDataGetBytePtr(f->cookie), *size);
    return *bytes ? noErr : cmMemFullError;
}

static OSStatus make_own(cm_placement *p)
{
    UInt8 *bytes;
    size_t size;
    OSStatus status = cm_channel_chunk_make(p->file, &bytes, &size);
    if (status == noErr) {
        add_own(p, kCAF_ChannelLayoutChunkID, bytes, size);
        status = copy_cookie(p->file, &bytes, &size);
    }
    if (status == noErr) {
        add_own(p, kCAF_MagicCookieID, bytes, size);
        status = cm_caf_pakt_make(p->file, &bytes, &size);
    }
    if (status == noErr)
        add_own(p, kCAF_PacketTableChunkID, bytes, size);
    return status;
}

/* Overviews and peaks carry the edit count of the audio that they were made from: they must see a new one. */
static void count_edit(cm_file *f)
{
    cm_caf *state = f->state;
    if (f->created || !f->audio_changed || state->edited)
        return;
    state->edit_count++;
    state->edited = true;
}

static OSStatus write_heads(cm_file *f, const UInt8 description[CM_CAF_DESC_SIZE])
{
    const cm_caf *state = f->state;
    UInt8 head[CM_CAF_FIRST], data[CM_CAF_DATA_HEAD];
    cm_put_be32(head, kCAF_FileType);
    cm_put_be16(head + 4, kCAF_FileVersion_Initial);
    cm_put_be16(head + 6, 0);
    put_head(head + CM_CAF_FILE_HEAD, kCAF_StreamDescriptionChunkID, CM_CAF_DESC_SIZE);
    memcpy(head + CM_CAF_FILE_HEAD + CM_CAF_HEAD, description, CM_CAF_DESC_SIZE);
    put_head(data, kCAF_AudioDataChunkID, f->data_bytes + 4);
    cm_put_be32(data + CM_CAF_HEAD, state->edit_count);
    OSStatus status = cm_io_write(f->io, state->data_begin, data, sizeof data);
    return status == noErr ? cm_io_write(f->io, 0, head, sizeof head) : status;
}

static OSStatus write_down(cm_file *f, OSStatus (*place)(cm_placement *))
{
    cm_caf *state = f->state;
    UInt8 description[CM_CAF_DESC_SIZE];
    cm_chunk own[OWN_MOST] = { 0 };
    cm_placement p = { .file = f,
                       .put_head = put_head,
                       .head_size = CM_CAF_HEAD,
                       .align = 1,
                       .filler_id = kCAF_FillerChunkID,
                       .first = CM_CAF_FIRST,
                       .own = own,
                       .data_head = CM_CAF_DATA_HEAD,
                       .reserve = state->reserve,
                       .data_begin = state->data_begin };
    OSStatus status = cm_caf_format_put(description, &f->format);
    if (status == noErr)
        status = make_own(&p);
    if (status == noErr)
        status = place(&p);
    state->data_begin = p.data_begin;
    count_edit(f);
    if (status == noErr)
        status = write_heads(f, description);
    if (status == noErr)
        cm_chunk_note_own(f, kCAF_StreamDescriptionChunkID, CM_CAF_FILE_HEAD + CM_CAF_HEAD, CM_CAF_DESC_SIZE);
    for (size_t i = 0; i < OWN_MOST; i++)
        free(own[i].bytes);
    if (status == noErr)
        f->dirty = false;
    return status;
}

OSStatus cm_caf_flush(cm_file *f)
{
    return write_down(f, cm_place);
}

OSStatus cm_caf_optimize(cm_file *f)
{
    return write_down(f, cm_place_anew);
}

OSStatus cm_caf_create(cm_file *f)
{
    f->state = calloc(1, sizeof(cm_caf));
    if (!f->state)
        return cmMemFullError;
    f->max_packet_size = f->format.mBytesPerPacket;
    OSStatus status = cm_set_coded_layout(f);
    return status == noErr ? cm_caf_flush(f) : status;
}
