/* riff_write.c: making a RIFF file, and bringing one up to date. */
#include "riff.h"

#include "chunks.h"
#include "file.h"
#include "placement.h"
#include "../base/bytes.h"

#include <coremusic/engine.h>
#include <stdlib.h>
#include <string.h>

/* EBU Tech 3306 chapter 5: the JUNK chunk is of the ds64 chunk's size and gives it its place when the file
 * grows beyond what 32 bits can say. */
static bool wants_reserve(const cm_file *f)
{
    return f->type == kAudioFileRF64Type || f->type == kAudioFileBW64Type;
}

static SInt64 first_chunk(const cm_file *f)
{
    const cm_riff *state = f->state;
    if (cm_riff_is_w64(f))
        return CM_W64_FIRST;
    return CM_RIFF_FIRST + (state->reserve_size ? (SInt64)CM_RIFF_HEAD + state->reserve_size : 0);
}

/* A chunk that describes the audio, and so must stay in front of it: written over, or all is laid out anew.
 */
static OSStatus put_own(cm_file *f, UInt32 id, const UInt8 *bytes, size_t size)
{
    cm_riff *state = f->state;
    cm_chunk *chunk = cm_chunk_find(f, id, 0);
    if (chunk && !chunk->bytes && chunk->size == (SInt64)size)
        return cm_io_write(f->io, chunk->offset, bytes, size);
    state->relayout = true;
    return cm_chunk_set(f, id, 0, bytes, size);
}

/* ---- sizes ---- */

static SInt64 count_frames(cm_file *f)
{
    SInt64 packets = 0;
    if (f->has_packet_info)
        return f->packet_info.mNumberValidFrames;
    return cm_file_count_packets(f, &packets) == noErr ? packets * f->format.mFramesPerPacket : 0;
}

static OSStatus put_fact(cm_file *f)
{
    UInt8 bytes[8];
    SInt64 frames = count_frames(f);
    bool w64 = cm_riff_is_w64(f); /* there the audio's padding hides its end from readers that use no sizes */
    bool wanted = f->created && (w64 || cm_riff_format_needs_fact(f));
    if (!wanted && !cm_chunk_find(f, 'fact', 0))
        return noErr;
    if (w64) {
        cm_put_le64(bytes, (UInt64)frames);
        return put_own(f, 'fact', bytes, 8);
    }
    cm_put_le32(bytes, frames < CM_RIFF_OPEN ? (UInt32)frames : CM_RIFF_OPEN);
    return put_own(f, 'fact', bytes, 4);
}

static OSStatus put_table(cm_file *f, UInt8 *ds64, size_t size)
{
    UInt32 count = 0;
    for (size_t i = 0; i < f->chunk_count; i++) {
        const cm_chunk *chunk = &f->chunks[i];
        if (chunk->size < CM_RIFF_OPEN)
            continue;
        size_t at = CM_DS64_SIZE + (size_t)count * CM_DS64_ENTRY;
        if (at + CM_DS64_ENTRY > size)
            return cm_fail(kAudioFileDoesNotAllow64BitDataSizeError,
                           "there is no room for the size of a chunk of more than 4 GiB");
        cm_put_be32(ds64 + at, chunk->id);
        cm_put_le64(ds64 + at + 4, (UInt64)chunk->size);
        count++;
    }
    cm_put_le32(ds64 + 24, count);
    return noErr;
}

/* The ds64 chunk, in the place that was kept for it. */
static OSStatus write_ds64(cm_file *f, SInt64 file_size)
{
    cm_riff *state = f->state;
    size_t size = (size_t)state->reserve_size;
    UInt8 *chunk = calloc(1, CM_RIFF_HEAD + size);
    if (!chunk)
        return cmMemFullError;
    UInt8 *ds64 = chunk + CM_RIFF_HEAD;
    cm_riff_put_plain_head(chunk, 'ds64', state->reserve_size);
    cm_put_le64(ds64, (UInt64)(file_size - CM_RIFF_HEAD));
    cm_put_le64(ds64 + 8, (UInt64)f->data_bytes);
    cm_put_le64(ds64 + 16, (UInt64)count_frames(f));
    OSStatus status = put_table(f, ds64, size);
    if (status == noErr)
        status = cm_io_write(f->io, CM_RIFF_FIRST, chunk, CM_RIFF_HEAD + size);
    free(chunk);
    return status;
}

static OSStatus write_junk(cm_file *f)
{
    UInt8 chunk[CM_RIFF_HEAD + CM_DS64_SIZE] = { 0 };
    cm_riff_put_plain_head(chunk, 'JUNK', CM_DS64_SIZE);
    return cm_io_write(f->io, CM_RIFF_FIRST, chunk, sizeof chunk);
}

static OSStatus write_riff_heads(cm_file *f)
{
    cm_riff *state = f->state;
    UInt8 head[CM_RIFF_FIRST];
    SInt64 file_size = cm_io_size(f->io);
    OSStatus status = noErr;
    if (state->form == 'RIFF' && file_size > CM_RIFF_LIMIT)
        state->form = f->type;
    bool is_64 = state->form != 'RIFF';
    if (is_64)
        status = write_ds64(f, file_size);
    cm_riff_put_plain_head(head, state->form, is_64 ? CM_RIFF_OPEN : file_size - CM_RIFF_HEAD);
    memcpy(head + CM_RIFF_HEAD, "WAVE", 4);
    if (status == noErr)
        status = cm_io_write(f->io, 0, head, sizeof head);
    cm_riff_put_plain_head(head, 'data', is_64 ? CM_RIFF_OPEN : f->data_bytes);
    return status == noErr ? cm_io_write(f->io, state->data_begin, head, CM_RIFF_HEAD) : status;
}

static OSStatus write_w64_heads(cm_file *f)
{
    const cm_riff *state = f->state;
    UInt8 head[CM_W64_FIRST];
    cm_w64_put_file_head(head, cm_io_size(f->io));
    OSStatus status = cm_io_write(f->io, 0, head, CM_W64_FIRST);
    cm_w64_put_plain_head(head, 'data', f->data_bytes);
    return status == noErr ? cm_io_write(f->io, state->data_begin, head, CM_W64_HEAD) : status;
}

/* ---- the whole file ---- */

static OSStatus write_down(cm_file *f, bool anew)
{
    cm_riff *state = f->state;
    bool w64 = cm_riff_is_w64(f);
    cm_placement p = { .file = f,
                       .put_head = w64 ? cm_w64_put_plain_head : cm_riff_put_plain_head,
                       .chunk_head = w64 ? cm_w64_put_head : cm_riff_put_head,
                       .head_size = w64 ? CM_W64_HEAD : CM_RIFF_HEAD,
                       .align = w64 ? 8 : 2,
                       .filler_id = w64 ? 'junk' : 'FLLR',
                       .first = first_chunk(f),
                       .limit = f->type == kAudioFileWAVEType ? CM_RIFF_LIMIT : 0,
                       .data_head = w64 ? CM_W64_HEAD : CM_RIFF_HEAD,
                       .data_begin = state->data_begin };
    OSStatus status = put_fact(f);
    if (status == noErr)
        status = anew || state->relayout ? cm_place_anew(&p) : cm_place(&p);
    if (status != noErr)
        return status;
    state->data_begin = p.data_begin;
    state->relayout = false;
    return w64 ? write_w64_heads(f) : write_riff_heads(f);
}

/* Packets were added behind what was the end: what was filler is heard now. */
static void drop_old_ends(cm_file *f)
{
    const AudioFilePacketTableInfo *info = &f->packet_info;
    SInt64 told = info->mPrimingFrames + info->mNumberValidFrames + info->mRemainderFrames;
    if (!f->format.mBytesPerPacket && !f->created && f->audio_changed &&
        told != f->packet_count * f->format.mFramesPerPacket)
        f->has_packet_info = false;
}

/* The average byte rate of packets of varying size is known only now. */
static OSStatus update_format(cm_file *f)
{
    UInt8 bytes[CM_FMT_MAX];
    size_t size = 0;
    drop_old_ends(f);
    if (f->format.mBytesPerPacket || !f->created)
        return noErr;
    OSStatus status = cm_riff_format_make(f, bytes, &size);
    return status == noErr ? put_own(f, 'fmt ', bytes, size) : status;
}

OSStatus cm_riff_flush(cm_file *f)
{
    OSStatus status = update_format(f);
    if (status == noErr)
        status = write_down(f, false);
    if (status == noErr)
        f->dirty = false;
    return status;
}

OSStatus cm_riff_optimize(cm_file *f)
{
    OSStatus status = write_down(f, true);
    if (status == noErr)
        f->dirty = false;
    return status;
}

OSStatus cm_riff_create(cm_file *f)
{
    UInt8 bytes[CM_FMT_MAX];
    size_t size = 0;
    cm_riff *state = f->state = calloc(1, sizeof(cm_riff));
    if (!state)
        return cmMemFullError;
    state->form = cm_riff_is_w64(f) ? 'riff' : 'RIFF';
    state->reserve_size = wants_reserve(f) ? (SInt64)CM_DS64_SIZE : 0;
    f->max_bytes = f->type == kAudioFileWAVEType ? (UInt64)CM_RIFF_LIMIT : 0;
    f->source_bit_depth = f->format.mFormatID == kAudioFormatLinearPCM ? f->format.mBitsPerChannel : 0;
    OSStatus status = cm_riff_format_make(f, bytes, &size);
    if (status != noErr)
        return status;
    cm_chunk_remove_all(f, 'fmt ');
    cm_chunk_remove_all(f, 'fact');
    status = cm_chunk_set(f, 'fmt ', 0, bytes, size);
    if (status == noErr)
        status = cm_riff_flush(f);
    return status == noErr && state->reserve_size ? write_junk(f) : status;
}

/* ---- changes by properties ---- */

OSStatus cm_riff_format_changed(cm_file *f)
{
    UInt8 bytes[CM_FMT_MAX];
    size_t size = 0;
    OSStatus status = cm_riff_format_make(f, bytes, &size);
    return status == noErr ? put_own(f, 'fmt ', bytes, size) : status;
}

OSStatus cm_riff_packet_info_changed(cm_file *f)
{
    SInt32 priming = f->packet_info.mPrimingFrames;
    if (!cm_riff_format_takes_priming(f, priming))
        return cm_fail(kAudioFileOperationNotSupportedError,
                       "a WAVE file of this format has no place for %d priming frames", (int)priming);
    return f->format.mFormatID == kAudioFormatMPEGLayer3 ? cm_riff_format_changed(f) : noErr;
}
