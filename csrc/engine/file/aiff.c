#include "aiff.h"

#include "chunks.h"
#include "channel_chunk.h"
#include "../base/bytes.h"
#include "../format/asbd.h"

#include <stdlib.h>
#include <string.h>

#define CHAN_MOST ((size_t)64 << 10)

extern const cm_container cm_container_aiff;

typedef struct walk {
    cm_file *f;
    cm_aiff *state;
    SInt64 file_size;
    SInt64 end; /* of the FORM */
    bool aifc;
    bool has_comm;
    SInt64 comm_at;
    bool damaged; /* a chunk is shorter than it says */
    cm_aiff_comm comm;
    SInt64 ssnd_size; /* contents, as far as they are in the file */
    SInt64 chan_at;
    size_t chan_size;
    SInt64 length_at;
} walk;

static AudioFileTypeID probe(const UInt8 *head, size_t size, AudioFileTypeID hint, int *score)
{
    (void)hint;
    if (size < CM_AIFF_FIRST || cm_get_be32(head) != 'FORM')
        return 0;
    UInt32 type = cm_get_be32(head + 8);
    if (type != kAudioFileAIFFType && type != kAudioFileAIFCType)
        return 0;
    *score = 100;
    return type;
}

static OSStatus read_comm(walk *w, SInt64 at, SInt64 size)
{
    UInt8 bytes[22];
    size_t present = size < (SInt64)sizeof bytes ? (size_t)size : sizeof bytes;
    if (w->has_comm)
        return noErr;
    OSStatus status = cm_head_read(w->f, at, bytes, present);
    if (status == noErr)
        status = cm_aiff_comm_get(bytes, present, w->aifc, &w->comm);
    w->has_comm = status == noErr;
    w->comm_at = at;
    return status;
}

/*
 * offset says how far into the chunk the first sample is. A writer that could not go back to fill in the
 * sizes leaves zero or a very large number; the audio then ends with the file.
 */
static OSStatus read_ssnd(walk *w, SInt64 at, SInt64 declared)
{
    UInt8 head[8];
    cm_file *f = w->f;
    if (w->state->has_ssnd)
        return noErr;
    OSStatus status = cm_head_read(f, at, head, sizeof head);
    if (status != noErr)
        return cm_fail(kAudioFileInvalidFileError, "AIFF file ends inside its sound data chunk");
    SInt64 left = w->file_size - at;
    SInt64 size = declared == 0 || declared > left ? left : declared;
    SInt64 offset = (SInt64)sizeof head + cm_get_be32(head);
    f->data_offset = at + (offset < size ? offset : size);
    f->data_bytes = at + size - f->data_offset;
    w->ssnd_size = size;
    w->state->has_ssnd = true;
    w->state->data_begin = at - CM_AIFF_HEAD;
    return noErr;
}

/* What flush makes itself. */
static bool owns_chunk(UInt32 id)
{
    return id == 'COMM' || id == 'SSND' || id == 'FVER' || id == 'FLLR' || id == 'CHAN';
}

static OSStatus read_chunk(walk *w, UInt32 id, SInt64 at, SInt64 declared, SInt64 size)
{
    if (owns_chunk(id) && id != 'SSND' && id != 'FLLR')
        cm_chunk_note_own(w->f, id, at, size);
    switch (id) {
    case 'COMM':
        return read_comm(w, at, size);
    case 'SSND':
        return read_ssnd(w, at, declared);
    case 'FVER':
    case 'FLLR':
        return noErr;
    case 'CHAN':
        w->chan_at = at;
        w->chan_size = size < (SInt64)CHAN_MOST ? (size_t)size : 0;
        return noErr;
    case 'APPL':
        if (!cm_aiff_length_is_in(w->f, at, size))
            break;
        w->length_at = at;
        return noErr;
    }
    w->damaged = w->damaged || size < declared;
    return cm_chunk_note(w->f, id, at, size);
}

static bool looks_like_id(const UInt8 *bytes)
{
    for (int i = 0; i < 4; i++)
        if (bytes[i] < ' ' || bytes[i] > '~')
            return false;
    return true;
}

/* Where the next chunk begins. Some writers forget the byte that makes a chunk even. */
static SInt64 next_chunk(walk *w, SInt64 end)
{
    UInt8 bytes[5];
    if (end % 2 == 0)
        return end;
    bool read = cm_head_read(w->f, end, bytes, sizeof bytes) == noErr;
    bool forgotten = read && bytes[0] != 0 && looks_like_id(bytes) && !looks_like_id(bytes + 1);
    return forgotten ? end : end + 1;
}

static OSStatus walk_chunks(walk *w)
{
    OSStatus status = noErr;
    SInt64 at = CM_AIFF_FIRST;
    while (status == noErr && at + CM_AIFF_HEAD <= w->end) {
        UInt8 head[CM_AIFF_HEAD];
        status = cm_head_read(w->f, at, head, sizeof head);
        UInt32 id = cm_get_be32(head);
        if (status != noErr || id == 0)
            break;
        SInt64 declared = cm_get_be32(head + 4), left = w->file_size - at - CM_AIFF_HEAD;
        SInt64 size = declared < left ? declared : left;
        status = read_chunk(w, id, at + CM_AIFF_HEAD, declared, size);
        if (id == 'SSND')
            size = w->ssnd_size;
        if (w->has_comm && w->state->has_ssnd && cm_io_is_stream(w->f->io))
            break; /* what is behind the audio has not arrived */
        at = next_chunk(w, at + CM_AIFF_HEAD + size);
    }
    return status == kAudioFileEndOfFileError ? noErr : status;
}

static OSStatus read_layout(walk *w)
{
    if (!w->chan_size)
        return noErr;
    UInt8 *bytes = malloc(w->chan_size);
    if (!bytes)
        return cmMemFullError;
    OSStatus status = cm_head_read(w->f, w->chan_at, bytes, w->chan_size);
    if (status == noErr)
        status = cm_channel_chunk_get(w->f, bytes, w->chan_size);
    free(bytes);
    return status;
}

/*
 * The COMM chunk's count bounds the audio, unless it was never filled in. Of packets of many frames writers
 * count packets, frames, or packets divided by channels: there the data's own length is what counts.
 */
static void settle_length(walk *w)
{
    cm_file *f = w->f;
    SInt64 packet = f->format.mBytesPerPacket;
    f->packet_count = f->data_bytes / packet;
    bool counted = w->comm.frames && f->format.mFramesPerPacket == 1;
    if (counted && w->comm.frames < f->packet_count) {
        f->packet_count = w->comm.frames;
        f->data_bytes = f->packet_count * packet;
    }
    f->described_behind = w->comm_at > f->data_offset || w->chan_at > f->data_offset ||
                          w->length_at > f->data_offset;
    f->max_packet_size = f->format.mBytesPerPacket;
    if (f->format.mFormatID == kAudioFormatLinearPCM)
        f->source_bit_depth = f->format.mBitsPerChannel;
}

static OSStatus settle(walk *w)
{
    cm_file *f = w->f;
    if (!w->has_comm)
        return cm_fail(kAudioFileInvalidFileError, "AIFF file without a common chunk");
    if (!w->state->has_ssnd && w->comm.frames)
        return cm_fail(kAudioFileInvalidFileError, "AIFF file without a sound data chunk");
    if (!w->state->has_ssnd)
        f->data_offset = w->state->data_begin = w->file_size;
    w->state->compression = w->comm.compression;
    OSStatus status = cm_aiff_format(&w->comm, &f->format);
    if (status == noErr)
        status = cm_asbd_check(&f->format);
    if (status != noErr)
        return status;
    settle_length(w);
    status = w->length_at ? cm_aiff_length_get(f, w->length_at) : noErr;
    if (status == noErr)
        status = read_layout(w);
    if (status == noErr && w->damaged && cm_io_writable(f->io))
        status = cm_chunks_lift(f, 0);
    return status;
}

static OSStatus open_file(cm_file *f)
{
    UInt8 head[CM_AIFF_FIRST];
    int score;
    walk w = { .f = f, .file_size = cm_io_size(f->io) };
    OSStatus status = cm_head_read(f, 0, head, sizeof head);
    if (status == noErr && !probe(head, sizeof head, 0, &score))
        status = kAudioFileUnsupportedFileTypeError;
    if (status != noErr)
        return status == kAudioFileEndOfFileError ? kAudioFileInvalidFileError : status;
    f->state = w.state = calloc(1, sizeof *w.state);
    if (!w.state)
        return cmMemFullError;
    f->type = cm_get_be32(head + 8);
    f->max_bytes = CM_AIFF_LIMIT;
    w.aifc = f->type == kAudioFileAIFCType;
    SInt64 form = CM_AIFF_HEAD + (SInt64)cm_get_be32(head + 4);
    w.end = form <= CM_AIFF_FIRST || form > w.file_size ? w.file_size : form;
    status = walk_chunks(&w);
    return status == noErr ? settle(&w) : status;
}

static void close_file(cm_file *f)
{
    free(f->state);
    f->state = NULL;
}

static const AudioFormatID aiff_formats[] = { kAudioFormatLinearPCM, 0 };
static const AudioFormatID aifc_formats[] = { kAudioFormatLinearPCM, kAudioFormatULaw, kAudioFormatALaw,
                                              kAudioFormatAppleIMA4, 'agsm',           0 };
static const UInt32 aiff_hfs[] = { 'AIFF', 0 };
static const UInt32 aifc_hfs[] = { 'AIFC', 0 };

static const cm_file_type types[] = {
    { .id = kAudioFileAIFFType,
      .name = "AIFF",
      .extensions = (const char *const[]){ "aif", "aiff", NULL },
      .mime_types = (const char *const[]){ "audio/aiff", "audio/x-aiff", NULL },
      .utis = (const char *const[]){ "public.aiff-audio", NULL },
      .hfs_types = aiff_hfs,
      .readable = aiff_formats,
      .writable = aiff_formats },
    { .id = kAudioFileAIFCType,
      .name = "AIFC",
      .extensions = (const char *const[]){ "aifc", "aiff", "aif", NULL },
      .mime_types = (const char *const[]){ "audio/aiff", "audio/x-aiff", NULL },
      .utis = (const char *const[]){ "public.aifc-audio", NULL },
      .hfs_types = aifc_hfs,
      .readable = aifc_formats,
      .writable = aifc_formats },
};

/* It is written with everything else by the next flush. */
static OSStatus note_change(cm_file *f)
{
    f->dirty = true;
    return noErr;
}

/* Of samples the file itself says how many there are. */
static OSStatus packet_info_changed(cm_file *f)
{
    return note_change(f);
}

static bool can_change(const cm_file *f, AudioFilePropertyID id)
{
    return id != kAudioFilePropertyPacketTableInfo || f->format.mFramesPerPacket > 1;
}

const cm_container cm_container_aiff = {
    .name = "AIFF",
    .types = types,
    .type_count = sizeof types / sizeof *types,
    .has_chunks = true,
    .owns_chunk = owns_chunk,
    .probe = probe,
    .open = open_file,
    .create = cm_aiff_create,
    .flush = cm_aiff_flush,
    .close = close_file,
    .optimize = cm_aiff_optimize,
    .read_info = cm_aiff_read_info,
    .write_info = cm_aiff_write_info,
    .read_markers = cm_aiff_read_markers,
    .write_markers = cm_aiff_write_markers,
    .read_regions = cm_aiff_read_regions,
    .write_regions = cm_aiff_write_regions,
    .layout_changed = note_change,
    .packet_info_changed = packet_info_changed,
    .can_change = can_change,
    .property_info = cm_aiff_property_info,
    .get_property = cm_aiff_get_property,
    .set_property = cm_aiff_set_property,
};
