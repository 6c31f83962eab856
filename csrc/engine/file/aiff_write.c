#include "aiff.h"

#include "channel_chunk.h"
#include "placement.h"
#include "../base/bytes.h"

#include <stdlib.h>
#include <string.h>

#define FVER_AIFC_1 0xA2805140u /* AIFF-C draft: 23 May 1990, 2:40 pm, in seconds since 1904 */

enum { OWN_MOST = 4 };

static void put_head(UInt8 *to, UInt32 id, SInt64 size)
{
    cm_put_be32(to, id);
    cm_put_be32(to + 4, (UInt32)size);
}

static OSStatus add_own(cm_placement *p, UInt32 id, const void *bytes, size_t size)
{
    UInt8 *copy = malloc(size);
    if (!copy)
        return cmMemFullError;
    memcpy(copy, bytes, size);
    p->own[p->own_count++] = (cm_chunk){ .id = id, .offset = -1, .size = (SInt64)size, .bytes = copy };
    return noErr;
}

static OSStatus add_layout(cm_placement *p)
{
    UInt8 *bytes;
    size_t size;
    OSStatus status = cm_channel_chunk_make(p->file, &bytes, &size);
    if (status == noErr && bytes)
        p->own[p->own_count++] = (cm_chunk){
            .id = 'CHAN', .offset = -1, .size = (SInt64)size, .bytes = bytes
        };
    return status;
}

/* FVER, COMM, our APPL and CHAN for what the file is now. */
static OSStatus make_own(cm_placement *p)
{
    cm_file *f = p->file;
    const cm_aiff *state = f->state;
    bool aifc = f->type == kAudioFileAIFCType;
    UInt8 version[4], bytes[CM_AIFF_COMM_MAX], length[CM_AIFF_LENGTH];
    cm_aiff_comm comm;
    OSStatus status = cm_aiff_comm_for(f->type, &f->format, state->compression, &comm);
    if (status != noErr)
        return status;
    SInt64 packets = f->data_bytes / f->format.mBytesPerPacket;
    if (packets > 0xFFFFFFFF)
        return kAudioFileDoesNotAllow64BitDataSizeError;
    comm.frames = (UInt32)packets;
    cm_put_be32(version, FVER_AIFC_1);
    if (aifc)
        status = add_own(p, 'FVER', version, sizeof version);
    if (status == noErr)
        status = add_own(p, 'COMM', bytes, cm_aiff_comm_put(bytes, &comm, aifc));
    if (status == noErr && cm_aiff_length_put(f, length))
        status = add_own(p, 'APPL', length, sizeof length);
    return status == noErr ? add_layout(p) : status;
}

static OSStatus write_heads(cm_file *f, SInt64 begin)
{
    UInt8 form[CM_AIFF_FIRST], ssnd[CM_AIFF_SSND_HEAD];
    put_head(ssnd, 'SSND', f->data_offset + f->data_bytes - begin - CM_AIFF_HEAD);
    cm_put_be32(ssnd + 8, (UInt32)(f->data_offset - begin - CM_AIFF_SSND_HEAD));
    cm_put_be32(ssnd + 12, 0); /* sound data is not aligned to blocks */
    OSStatus status = cm_io_write(f->io, begin, ssnd, sizeof ssnd);
    put_head(form, 'FORM', cm_io_size(f->io) - CM_AIFF_HEAD);
    cm_put_be32(form + 8, f->type);
    return status == noErr ? cm_io_write(f->io, 0, form, sizeof form) : status;
}

static OSStatus write_down(cm_file *f, OSStatus (*place)(cm_placement *))
{
    cm_aiff *state = f->state;
    cm_chunk own[OWN_MOST] = { 0 };
    cm_placement p = { .file = f,
                       .put_head = put_head,
                       .head_size = CM_AIFF_HEAD,
                       .align = 2,
                       .filler_id = 'FLLR',
                       .first = CM_AIFF_FIRST,
                       .limit = CM_AIFF_LIMIT,
                       .own = own,
                       .data_head = CM_AIFF_SSND_HEAD,
                       .data_begin = state->data_begin };
    OSStatus status = make_own(&p);
    if (status == noErr)
        status = place(&p);
    if (status == noErr)
        status = write_heads(f, p.data_begin);
    state->data_begin = p.data_begin;
    for (size_t i = 0; i < OWN_MOST; i++)
        free(own[i].bytes);
    if (status == noErr)
        f->dirty = false;
    return status;
}

OSStatus cm_aiff_flush(cm_file *f)
{
    return write_down(f, cm_place);
}

OSStatus cm_aiff_optimize(cm_file *f)
{
    return write_down(f, cm_place_anew);
}

OSStatus cm_aiff_create(cm_file *f)
{
    f->state = calloc(1, sizeof(cm_aiff));
    if (!f->state)
        return cmMemFullError;
    f->max_bytes = CM_AIFF_LIMIT;
    f->max_packet_size = f->format.mBytesPerPacket;
    if (f->format.mFormatID == kAudioFormatLinearPCM)
        f->source_bit_depth = f->format.mBitsPerChannel;
    return cm_aiff_flush(f);
}
