#include "riff.h"

#include "chunks.h"
#include "riff_order.h"
#include "../base/bytes.h"

#include <coremusic/engine.h>
#include <stdlib.h>
#include <string.h>

typedef struct walk {
    cm_file *f;
    cm_riff *state;
    SInt64 file_size;
    SInt64
        form_end; /* where the header says that the file ends, file_size if beyond that; 0: it does not say */
    bool has_fmt, has_data;
    SInt64 fact_frames; /* -1: no fact chunk */
    UInt64 ds64_data, ds64_frames;
    SInt64 table_at; /* ds64 entries */
    UInt32 table_count;
} walk;

static bool is_filler(UInt32 id)
{
    return id == 'JUNK' || id == 'junk' || id == 'FLLR' || id == 'PAD ';
}

static bool is_code(UInt32 id)
{
    for (int shift = 0; shift < 32; shift += 8)
        if ((id >> shift & 0xFF) < ' ' || (id >> shift & 0xFF) > '~')
            return false;
    return true;
}

static bool owns_chunk(UInt32 id)
{
    return !is_code(id) || id == 'fmt ' || id == 'data' || id == 'fact' || id == 'ds64' || is_filler(id);
}

/* A size in the byte order of the file. */
static UInt32 get32(const walk *w, const UInt8 *from)
{
    return cm_riff_is_rifx(w->f) ? cm_get_be32(from) : cm_get_le32(from);
}

/* RF64 and BW64, whose sizes may be in a ds64 chunk. */
static bool is_64(const walk *w)
{
    return w->state->form == 'RF64' || w->state->form == 'BW64';
}

/* ---- probing ---- */

/* A JUNK chunk in front that a ds64 chunk can take the place of, so that the file may grow beyond 4 GiB. */
static bool has_reserve(const UInt8 *head, size_t size)
{
    return size >= CM_RIFF_FIRST + CM_RIFF_HEAD && memcmp(head + CM_RIFF_FIRST, "JUNK", 4) == 0 &&
           cm_get_le32(head + CM_RIFF_FIRST + 4) >= CM_DS64_SIZE;
}

static AudioFileTypeID probe(const UInt8 *head, size_t size, AudioFileTypeID hint, int *score)
{
    AudioFileTypeID type = 0;
    if (size >= CM_W64_FIRST && cm_w64_is_riff(head) && cm_w64_is_wave(head + CM_W64_HEAD))
        type = kAudioFileWave64Type;
    else if (size < CM_RIFF_FIRST || memcmp(head + 8, "WAVE", 4) != 0)
        return 0;
    else if (memcmp(head, "RIFF", 4) == 0 || memcmp(head, "RIFX", 4) == 0)
        type = kAudioFileWAVEType;
    else if (memcmp(head, "RF64", 4) == 0)
        type = kAudioFileRF64Type;
    else if (memcmp(head, "BW64", 4) == 0)
        type = kAudioFileBW64Type;
    if (memcmp(head, "RIFF", 4) == 0 && (hint == kAudioFileRF64Type || hint == kAudioFileBW64Type) &&
        has_reserve(head, size))
        type = hint;
    *score = 100;
    return type;
}

/* ---- chunks that describe the audio ---- */

/* Samples are the other way round too; of coded ones nothing says how they would be. */
static OSStatus turn_samples(AudioStreamBasicDescription *d)
{
    if (d->mFormatID == kAudioFormatLinearPCM && d->mBytesPerFrame / d->mChannelsPerFrame > 1)
        d->mFormatFlags |= kAudioFormatFlagIsBigEndian;
    bool plain = d->mFormatID == kAudioFormatLinearPCM || d->mFormatID == kAudioFormatALaw ||
                 d->mFormatID == kAudioFormatULaw;
    return plain ? noErr : cm_fail(kAudioFileUnsupportedDataFormatError, "RIFX with compressed audio");
}

static OSStatus read_fmt(walk *w, SInt64 at, SInt64 size)
{
    UInt8 bytes[CM_FMT_MAX];
    size_t present = size < (SInt64)sizeof bytes ? (size_t)size : sizeof bytes;
    OSStatus status = cm_head_read(w->f, at, bytes, present);
    bool rifx = cm_riff_is_rifx(w->f);
    if (status == noErr && rifx)
        cm_riff_turn_round('fmt ', bytes, present);
    if (status == noErr)
        status = cm_riff_format_get(w->f, bytes, present);
    if (status == noErr && rifx)
        status = turn_samples(&w->f->format);
    w->has_fmt = status == noErr;
    return status;
}

static OSStatus read_fact(walk *w, SInt64 at, SInt64 size)
{
    UInt8 bytes[8];
    size_t wanted = cm_riff_is_w64(w->f) && size >= 8 ? 8 : 4;
    if (size < (SInt64)wanted)
        return noErr;
    OSStatus status = cm_head_read(w->f, at, bytes, wanted);
    if (status != noErr)
        return status;
    UInt64 frames = wanted == 8 ? cm_get_le64(bytes) : get32(w, bytes);
    if (wanted == 4 && frames == CM_RIFF_OPEN)
        frames = w->ds64_frames;
    w->fact_frames = frames < INT64_MAX / 2 ? (SInt64)frames : -1;
    return noErr;
}

/* EBU Tech 3306 chapter 4: RIFF size, data size, sample count, then sizes of other chunks of 4 GiB and more.
 */
static OSStatus read_ds64(walk *w, SInt64 at, SInt64 size)
{
    UInt8 bytes[CM_DS64_SIZE];
    if (size < (SInt64)sizeof bytes)
        return cm_fail(kAudioFileInvalidFileError, "the ds64 chunk is too short");
    OSStatus status = cm_head_read(w->f, at, bytes, sizeof bytes);
    if (status != noErr)
        return status;
    UInt64 form_size = cm_get_le64(bytes);
    if (form_size > 0 && form_size < (UInt64)w->file_size)
        w->form_end = (SInt64)form_size + CM_RIFF_HEAD;
    w->ds64_data = cm_get_le64(bytes + 8);
    w->ds64_frames = cm_get_le64(bytes + 16);
    w->table_at = at + CM_DS64_SIZE;
    w->table_count = cm_get_le32(bytes + 24);
    if (w->table_count > (UInt64)(size - CM_DS64_SIZE) / CM_DS64_ENTRY)
        w->table_count = (UInt32)((size - CM_DS64_SIZE) / CM_DS64_ENTRY);
    if (at == CM_RIFF_FIRST + (SInt64)CM_RIFF_HEAD)
        w->state->reserve_size = size + (size & 1);
    return noErr;
}

/* The 64-bit size of a chunk other than the audio's; UINT64_MAX when the table does not have it. */
static UInt64 size_from_table(walk *w, UInt32 id)
{
    UInt8 entry[CM_DS64_ENTRY];
    for (UInt32 i = 0; i < w->table_count; i++) {
        SInt64 at = w->table_at + (SInt64)i * CM_DS64_ENTRY;
        if (cm_head_read(w->f, at, entry, sizeof entry) != noErr)
            break;
        if (cm_get_be32(entry) == id)
            return cm_get_le64(entry + 4);
    }
    return UINT64_MAX;
}

/* True when a chunk's head, and nothing that is clearly something else, begins here or the file ends. */
static bool chunk_follows(walk *w, SInt64 at)
{
    UInt8 head[CM_RIFF_HEAD];
    if (at >= w->file_size)
        return true;
    if (cm_head_read(w->f, at, head, sizeof head) != noErr)
        return false;
    return is_code(cm_get_be32(head)) && get32(w, head + 4) <= w->file_size - at - CM_RIFF_HEAD;
}

/*
 * A writer that cannot go back, or was interrupted, leaves 0 or the largest number as the size; the audio
 * then ends with the file. An honest 0 is followed by the end of the file or by another chunk.
 */
static SInt64 data_size(walk *w, SInt64 at, UInt64 declared)
{
    SInt64 left = w->file_size - at;
    if (declared > (UInt64)left)
        return left;
    if (declared == 0 && w->form_end <= at && left > 1)
        return left;
    if (declared == 0 && !cm_riff_is_w64(w->f) && !chunk_follows(w, at))
        return left;
    return (SInt64)declared;
}

static void take_data(walk *w, SInt64 at, SInt64 size, UInt32 head)
{
    w->f->data_offset = at;
    w->f->data_bytes = size;
    w->state->data_begin = at - head;
    w->has_data = true;
}

/* ---- RIFF, RF64, BW64 ---- */

static OSStatus note_list(walk *w, SInt64 at, SInt64 size)
{
    UInt8 type[4];
    if (size < 4)
        return cm_riff_note(w->f, 'LIST', at, size, false);
    OSStatus status = cm_head_read(w->f, at, type, sizeof type);
    return status == noErr ? cm_riff_note(w->f, cm_get_be32(type), at + 4, size - 4, true) : status;
}

static OSStatus read_chunk(walk *w, UInt32 id, SInt64 at, SInt64 size)
{
    OSStatus status = noErr;
    if (is_filler(id) || id == 'data') { /* a second data chunk must never become the first */
        if (id == 'data' && !w->has_data)
            take_data(w, at, size, CM_RIFF_HEAD);
        return noErr;
    }
    if (id == 'ds64')
        return is_64(w) ? read_ds64(w, at, size) : noErr;
    if (id == 'LIST')
        return note_list(w, at, size);
    if (id == 'fmt ' && !w->has_fmt)
        status = read_fmt(w, at, size);
    else if (id == 'fact')
        status = read_fact(w, at, size);
    return status == noErr ? cm_riff_note(w->f, id, at, size, false) : status;
}

/* Of a stream the chunks behind the audio are not waited for. */
static bool is_enough(const walk *w)
{
    return w->has_fmt && w->has_data && cm_io_is_stream(w->f->io);
}

/* Where the next chunk begins. Some writers forget the byte that makes a chunk even. */
static SInt64 next_chunk(walk *w, SInt64 end)
{
    if (end % 2 == 0 || is_enough(w) || (!chunk_follows(w, end + 1) && chunk_follows(w, end)))
        return end;
    return end + 1;
}

static SInt64 chunk_size(walk *w, UInt32 id, SInt64 at, UInt32 declared)
{
    UInt64 size = declared;
    if (is_64(w) && declared == CM_RIFF_OPEN)
        size = id == 'data' ? w->ds64_data : size_from_table(w, id);
    if (id == 'data' && !w->has_data)
        return data_size(w, at, size);
    SInt64 left = w->file_size - at;
    if (size <= (UInt64)left)
        return (SInt64)size;
    w->state->relayout = true; /* its head must be put right when the file is changed */
    return left;
}

static OSStatus walk_riff(walk *w)
{
    OSStatus status = noErr;
    for (SInt64 at = CM_RIFF_FIRST; status == noErr && at + CM_RIFF_HEAD <= w->file_size;) {
        UInt8 head[CM_RIFF_HEAD];
        if (is_enough(w) || (w->has_fmt && w->has_data && w->form_end && at >= w->form_end))
            break;
        status = cm_head_read(w->f, at, head, sizeof head);
        if (status != noErr)
            break;
        UInt32 id = cm_get_be32(head);
        if (head[0] < ' ' || head[0] > '~')
            break;
        at += CM_RIFF_HEAD;
        SInt64 size = chunk_size(w, id, at, get32(w, head + 4));
        status = read_chunk(w, id, at, size);
        at = next_chunk(w, at + size);
    }
    return status;
}

/* ---- Wave64 ---- */

static OSStatus read_w64_chunk(walk *w, const UInt8 *guid, SInt64 at, SInt64 size)
{
    OSStatus status = noErr;
    UInt32 id = cm_w64_code(guid);
    if (is_filler(id) || id == 'data') {
        if (id == 'data' && !w->has_data)
            take_data(w, at, size, CM_W64_HEAD);
        return noErr;
    }
    if (id == 'fmt ' && !w->has_fmt)
        status = read_fmt(w, at, size);
    else if (id == 'fact')
        status = read_fact(w, at, size);
    return status == noErr ? cm_w64_note(w->f, guid, at, size) : status;
}

static OSStatus walk_w64(walk *w)
{
    OSStatus status = noErr;
    for (SInt64 at = CM_W64_FIRST; status == noErr && at + CM_W64_HEAD <= w->file_size;) {
        if (w->has_data && cm_io_is_stream(w->f->io))
            break;
        UInt8 head[CM_W64_HEAD];
        status = cm_head_read(w->f, at, head, sizeof head);
        if (status != noErr)
            break;
        UInt64 declared = cm_get_le64(head + 16);
        SInt64 left = w->file_size - at - CM_W64_HEAD;
        bool is_data = cm_w64_code(head) == 'data' && !w->has_data;
        if (declared < CM_W64_HEAD && !is_data)
            break;
        declared = declared < CM_W64_HEAD ? 0 : declared - CM_W64_HEAD;
        SInt64 size = declared < (UInt64)left ? (SInt64)declared : left;
        at += CM_W64_HEAD;
        if (is_data)
            size = data_size(w, at, declared);
        else if (declared > (UInt64)left)
            w->state->relayout = true;
        status = read_w64_chunk(w, head, at, size);
        at = (at + size + 7) / 8 * 8;
    }
    return status;
}

/* ---- opening ---- */

static OSStatus read_file_head(walk *w)
{
    UInt8 head[CM_W64_FIRST];
    bool w64 = cm_riff_is_w64(w->f);
    OSStatus status = cm_head_read(w->f, 0, head, w64 ? CM_W64_FIRST : CM_RIFF_FIRST);
    if (status == kAudioFileEndOfFileError)
        return cm_fail(kAudioFileInvalidFileError, "the file ends inside its first chunk's head");
    if (status != noErr)
        return status;
    w->state->form = cm_get_be32(head);
    if (cm_riff_is_rifx(w->f) && (w->f->permissions & kAudioFileWritePermission))
        return cm_fail(kAudioFileOperationNotSupportedError, "RIFX files can only be read");
    UInt64 size = w64 ? cm_get_le64(head + 16) : (UInt64)get32(w, head + 4) + CM_RIFF_HEAD;
    w->form_end = size > CM_RIFF_FIRST && size < (UInt64)w->file_size ? (SInt64)size : w->file_size;
    if (size <= CM_RIFF_HEAD)
        w->form_end = 0;
    return noErr;
}

/* Of a format whose packets hold many frames, the fact chunk tells how many of the last packet's are real. */
static void use_fact(walk *w)
{
    cm_file *f = w->f;
    if (w->fact_frames <= 0 || f->format.mFramesPerPacket < 2 || !f->format.mBytesPerPacket)
        return;
    SInt64 total = f->data_bytes / f->format.mBytesPerPacket * f->format.mFramesPerPacket;
    SInt64 rest = total - w->fact_frames;
    UInt32 channels = f->format.mChannelsPerFrame;
    bool divided = channels > 1 && w->fact_frames == total / channels; /* as libsndfile does for IMA ADPCM */
    if (rest < 0 || rest > INT32_MAX || divided)
        return;
    f->packet_info.mNumberValidFrames = w->fact_frames;
    f->packet_info.mRemainderFrames = (SInt32)rest;
    f->has_packet_info = true;
}

/* The type RF64 or BW64 of a file that is still plain RIFF was asked for by the client; see probe. */
static void note_reserve(walk *w)
{
    UInt8 head[CM_RIFF_HEAD];
    if (w->state->form != 'RIFF' || w->f->type == kAudioFileWAVEType)
        return;
    if (cm_head_read(w->f, CM_RIFF_FIRST, head, sizeof head) == noErr)
        w->state->reserve_size = (SInt64)cm_get_le32(head + 4) + (head[4] & 1);
}

static OSStatus open_file(cm_file *f)
{
    walk w = { .f = f, .file_size = cm_io_size(f->io), .fact_frames = -1 };
    f->state = w.state = calloc(1, sizeof *w.state);
    if (!f->state)
        return cmMemFullError;
    OSStatus status = read_file_head(&w);
    if (status == noErr)
        status = cm_riff_is_w64(f) ? walk_w64(&w) : walk_riff(&w);
    if (status == kAudioFileEndOfFileError)
        status = cm_fail(kAudioFileInvalidFileError, "the file ends inside a chunk that it needs");
    if (status == noErr && !(w.has_fmt && w.has_data))
        status = cm_fail(kAudioFileInvalidFileError,
                         w.has_fmt ? "there is no data chunk" : "there is no format chunk");
    if (status != noErr)
        return status;
    note_reserve(&w);
    if (is_64(&w) && !w.state->reserve_size) {
        w.state->reserve_size = CM_DS64_SIZE; /* the ds64 chunk is not where it must be, or missing */
        w.state->relayout = true;
    }
    use_fact(&w);
    if (f->type == kAudioFileWAVEType)
        f->max_bytes = CM_RIFF_LIMIT;
    return f->format.mBytesPerPacket ? noErr : cm_riff_mpeg_open(f, w.fact_frames);
}

static void close_file(cm_file *f)
{
    cm_riff *s = f->state;
    if (s)
        cm_window_end(&s->window);
    free(s);
    f->state = NULL;
}

/* ---- the type table ---- */

static const AudioFormatID formats[] = {
    kAudioFormatLinearPCM,
    kAudioFormatULaw,
    kAudioFormatALaw,
    kAudioFormatDVIIntelIMA,
    kCMAudioFormatMicrosoftADPCM,
    kAudioFormatMicrosoftGSM,
    kAudioFormatMPEGLayer3,
    kAudioFormatMPEGLayer2,
    kAudioFormatMPEGLayer1,
    0,
};

static const cm_file_type types[] = {
    { .id = kAudioFileWAVEType,
      .name = "WAVE",
      .extensions = (const char *const[]){ "wav", "wave", "bwf", NULL },
      .mime_types = (const char *const[]){ "audio/wav", "audio/wave", "audio/x-wav", "audio/vnd.wave", NULL },
      .utis = (const char *const[]){ "com.microsoft.waveform-audio", NULL },
      .hfs_types = (const UInt32[]){ 'WAVE', '.WAV', 0 },
      .readable = formats,
      .writable = formats },
    { .id = kAudioFileRF64Type,
      .name = "RF64",
      .extensions = (const char *const[]){ "rf64", "wav", NULL },
      .readable = formats,
      .writable = formats },
    { .id = kAudioFileBW64Type,
      .name = "BW64",
      .extensions = (const char *const[]){ "bw64", "wav", NULL },
      .readable = formats,
      .writable = formats },
    { .id = kAudioFileWave64Type,
      .name = "Wave64",
      .extensions = (const char *const[]){ "w64", NULL },
      .mime_types = (const char *const[]){ "audio/x-w64", NULL },
      .readable = formats,
      .writable = formats },
};

/* Of one format only does the format chunk hold what a decoder needs to know. */
static bool can_change(const cm_file *f, AudioFilePropertyID id)
{
    return id != kAudioFilePropertyMagicCookieData || f->format.mFormatID == kCMAudioFormatMicrosoftADPCM;
}

const cm_container cm_container_riff = {
    .name = "WAVE",
    .types = types,
    .type_count = sizeof types / sizeof *types,
    .has_chunks = true,
    .owns_chunk = owns_chunk,
    .probe = probe,
    .open = open_file,
    .create = cm_riff_create,
    .flush = cm_riff_flush,
    .close = close_file,
    .optimize = cm_riff_optimize,
    .scan_packets = cm_riff_mpeg_scan,
    .more_packets = cm_riff_mpeg_more,
    .read_info = cm_riff_read_info,
    .write_info = cm_riff_write_info,
    .read_markers = cm_riff_read_markers,
    .write_markers = cm_riff_write_markers,
    .read_regions = cm_riff_read_regions,
    .write_regions = cm_riff_write_regions,
    .property_info = cm_riff_property_info,
    .get_property = cm_riff_get_property,
    .set_property = cm_riff_set_property,
    .cookie_changed = cm_riff_format_changed,
    .layout_changed = cm_riff_format_changed,
    .packet_info_changed = cm_riff_packet_info_changed,
    .can_change = can_change,
};
