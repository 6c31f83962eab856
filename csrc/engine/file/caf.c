#include "caf.h"

#include "channel_chunk.h"
#include "coded_layout.h"
#include "chunks.h"
#include "../base/bytes.h"
#include "../format/asbd.h"

#include <stdlib.h>
#include <string.h>

#define COOKIE_MOST ((SInt64)16 << 20)
#define LAYOUT_MOST ((SInt64)64 << 10)

extern const cm_container cm_container_caf;

typedef struct place {
    SInt64 at, size;
} place;

typedef struct walk {
    cm_file *f;
    cm_caf *state;
    SInt64 file_size;
    bool has_description, has_data;
    bool damaged; /* a chunk is shorter than it says */
    place cookie, layout, packets;
} walk;

static AudioFileTypeID probe(const UInt8 *head, size_t size, AudioFileTypeID hint, int *score)
{
    (void)hint;
    if (size < CM_CAF_FILE_HEAD || cm_get_be32(head) != kCAF_FileType)
        return 0;
    *score = 100;
    return kAudioFileCAFType;
}

/* What flush makes itself. */
static bool owns_chunk(UInt32 id)
{
    return id == kCAF_StreamDescriptionChunkID || id == kCAF_AudioDataChunkID ||
           id == kCAF_PacketTableChunkID || id == kCAF_MagicCookieID || id == kCAF_ChannelLayoutChunkID ||
           id == kCAF_FillerChunkID;
}

static OSStatus read_description(walk *w, place where)
{
    UInt8 bytes[CM_CAF_DESC_SIZE];
    if (w->has_description)
        return noErr;
    if (where.size < CM_CAF_DESC_SIZE)
        return cm_fail(kAudioFileInvalidFileError, "CAF description of %lld bytes", (long long)where.size);
    OSStatus status = cm_head_read(w->f, where.at, bytes, sizeof bytes);
    if (status == noErr)
        status = cm_caf_format_get(bytes, &w->f->format);
    if (status == noErr)
        status = cm_asbd_check(&w->f->format);
    w->has_description = status == noErr;
    return status;
}

static OSStatus read_data(walk *w, place where)
{
    UInt8 count[4];
    if (w->has_data)
        return noErr;
    if (where.size < (SInt64)sizeof count)
        return cm_fail(kAudioFileInvalidFileError, "CAF data chunk of %lld bytes", (long long)where.size);
    OSStatus status = cm_head_read(w->f, where.at, count, sizeof count);
    w->state->data_begin = where.at - CM_CAF_HEAD;
    w->state->edit_count = cm_get_be32(count);
    w->f->data_offset = where.at + (SInt64)sizeof count;
    w->f->data_bytes = where.size - (SInt64)sizeof count;
    w->has_data = status == noErr;
    return status;
}

static void remember(place *to, place where)
{
    if (to->at == 0)
        *to = where;
}

static OSStatus read_chunk(walk *w, UInt32 id, place where)
{
    if (owns_chunk(id) && id != kCAF_AudioDataChunkID && id != kCAF_FillerChunkID)
        cm_chunk_note_own(w->f, id, where.at, where.size);
    switch (id) {
    case kCAF_StreamDescriptionChunkID:
        return read_description(w, where);
    case kCAF_AudioDataChunkID:
        return read_data(w, where);
    case kCAF_MagicCookieID:
        remember(&w->cookie, where);
        return noErr;
    case kCAF_ChannelLayoutChunkID:
        remember(&w->layout, where);
        return noErr;
    case kCAF_PacketTableChunkID:
        remember(&w->packets, where);
        return noErr;
    case kCAF_FillerChunkID:
        return noErr;
    }
    return cm_chunk_note(w->f, id, where.at, where.size);
}

/*
 * The size of audio data may be unknown (-1), when it is the last chunk; one that was never finished says
 * zero. Of a chunk that claims more than the file has, there is what there is.
 */
static OSStatus walk_chunks(walk *w)
{
    OSStatus status = noErr;
    SInt64 at = CM_CAF_FILE_HEAD;
    while (status == noErr && at + CM_CAF_HEAD <= w->file_size) {
        UInt8 head[CM_CAF_HEAD];
        status = cm_head_read(w->f, at, head, sizeof head);
        UInt32 id = cm_get_be32(head);
        SInt64 declared = (SInt64)cm_get_be64(head + 4), left = w->file_size - at - CM_CAF_HEAD;
        if (status != noErr || id == 0)
            break;
        place where = { at + CM_CAF_HEAD, declared };
        bool is_data = id == kCAF_AudioDataChunkID;
        if (declared > left || (is_data && declared <= 0))
            where.size = left;
        if (where.size < 0)
            return cm_fail(kAudioFileInvalidFileError, "CAF chunk of %lld bytes", (long long)declared);
        w->damaged = w->damaged || (declared > left && !is_data);
        status = read_chunk(w, id, where);
        if (w->has_data && cm_io_is_stream(w->f->io))
            break; /* what is behind the audio has not arrived */
        at = where.at + where.size;
    }
    return status;
}

static OSStatus read_cookie(walk *w)
{
    cm_file *f = w->f;
    if (w->cookie.size <= 0 || w->cookie.size > COOKIE_MOST)
        return noErr;
    CFMutableDataRef cookie = CFDataCreateMutable(NULL, 0);
    if (!cookie)
        return cmMemFullError;
    CFDataSetLength(cookie, (CFIndex)w->cookie.size);
    f->cookie = cookie;
    return cm_head_read(f, w->cookie.at, CFDataGetMutableBytePtr(cookie), (size_t)w->cookie.size);
}

static OSStatus read_layout(walk *w)
{
    if (w->layout.size <= 0 || w->layout.size > LAYOUT_MOST)
        return cm_set_coded_layout(w->f);
    UInt8 *bytes = malloc((size_t)w->layout.size);
    if (!bytes)
        return cmMemFullError;
    OSStatus status = cm_head_read(w->f, w->layout.at, bytes, (size_t)w->layout.size);
    if (status == noErr)
        status = cm_channel_chunk_get(w->f, bytes, (size_t)w->layout.size);
    free(bytes);
    return status;
}

static OSStatus read_packets(walk *w)
{
    cm_file *f = w->f;
    const AudioStreamBasicDescription *format = &f->format;
    f->max_packet_size = format->mBytesPerPacket;
    f->described_behind = w->packets.at > f->data_offset || w->cookie.at > f->data_offset ||
                          w->layout.at > f->data_offset;
    if (w->packets.at)
        return cm_caf_pakt_get(f, w->packets.at, w->packets.size);
    f->packet_count = 0;
    if (format->mBytesPerPacket && format->mFramesPerPacket)
        f->packet_count = f->data_bytes / format->mBytesPerPacket;
    else if (cm_io_is_stream(f->io))
        return cm_fail(kAudioFileNotOptimizedError, "the table of the packets is not in front of them");
    else if (f->data_bytes)
        return cm_fail(kAudioFileInvalidFileError, "CAF file without the table of its packets");
    return noErr;
}

/* Lossless formats say in their flags how many bits went in. */
static void find_source_depth(cm_file *f)
{
    static const UInt32 depths[] = { 0, 16, 20, 24, 32 };
    const AudioStreamBasicDescription *format = &f->format;
    bool lossless = format->mFormatID == kAudioFormatAppleLossless || format->mFormatID == kAudioFormatFLAC;
    if (format->mFormatID == kAudioFormatLinearPCM)
        f->source_bit_depth = format->mBitsPerChannel;
    else if (lossless && format->mFormatFlags < sizeof depths / sizeof *depths)
        f->source_bit_depth = depths[format->mFormatFlags];
}

/* Of an Opus packet: 120 ms. */
#define OPUS_MOST 5760

/*
 * Opus is decoded to 48 kHz whatever rate its encoder was given (RFC 7845, 5.1), and counted so in Ogg and
 * MPEG-4 files. CAF may describe it by the encoder's rate.
 */
static void count_opus_at_48_khz(cm_file *f)
{
    AudioStreamBasicDescription *format = &f->format;
    AudioFilePacketTableInfo *info = &f->packet_info;
    UInt32 scale = format->mSampleRate >= 8000 ? (UInt32)(48000 / format->mSampleRate) : 0;
    bool scales = scale > 1 && scale * format->mSampleRate == 48000 &&
                  format->mFramesPerPacket <= OPUS_MOST / scale && f->packet_count <= INT64_MAX / OPUS_MOST &&
                  info->mPrimingFrames <= INT32_MAX / (SInt32)scale &&
                  info->mRemainderFrames <= INT32_MAX / (SInt32)scale;
    for (SInt64 i = 0; scales && f->table.frames && i < f->table.count; i++)
        scales = f->table.frames[i] <= OPUS_MOST / scale;
    if (format->mFormatID != kAudioFormatOpus || !scales)
        return;
    format->mSampleRate = 48000;
    format->mFramesPerPacket *= scale;
    for (SInt64 i = 0; f->table.frames && i < f->table.count; i++)
        f->table.frames[i] *= scale;
    info->mNumberValidFrames *= scale;
    info->mPrimingFrames *= (SInt32)scale;
    info->mRemainderFrames *= (SInt32)scale;
}

static OSStatus settle(walk *w)
{
    cm_file *f = w->f;
    if (!w->has_description)
        return cm_fail(kAudioFileInvalidFileError, "CAF file without a description of its format");
    if (!w->has_data)
        return cm_fail(kAudioFileInvalidFileError, "CAF file without audio data");
    find_source_depth(f);
    OSStatus status = read_cookie(w);
    if (status == noErr)
        status = read_layout(w);
    if (status == noErr)
        status = read_packets(w);
    if (status == noErr)
        count_opus_at_48_khz(f);
    if (status == noErr && w->damaged && cm_io_writable(f->io))
        status = cm_chunks_lift(f, 0);
    return status;
}

static OSStatus open_file(cm_file *f)
{
    UInt8 head[CM_CAF_FILE_HEAD];
    int score;
    walk w = { .f = f, .file_size = cm_io_size(f->io) };
    OSStatus status = cm_head_read(f, 0, head, sizeof head);
    if (status == noErr && !probe(head, sizeof head, 0, &score))
        status = kAudioFileUnsupportedFileTypeError;
    if (status == noErr && cm_get_be16(head + 4) != kCAF_FileVersion_Initial)
        status = cm_fail(kAudioFileUnsupportedFileTypeError, "CAF file of version %u", cm_get_be16(head + 4));
    if (status != noErr)
        return status == kAudioFileEndOfFileError ? kAudioFileInvalidFileError : status;
    f->state = w.state = calloc(1, sizeof *w.state);
    if (!w.state)
        return cmMemFullError;
    f->type = kAudioFileCAFType;
    status = walk_chunks(&w);
    return status == noErr ? settle(&w) : status;
}

static void close_file(cm_file *f)
{
    free(f->state);
    f->state = NULL;
}

/* Cookie and layout are written with everything else by the next flush. */
static OSStatus taken_over(cm_file *f)
{
    f->dirty = true;
    return noErr;
}

static OSStatus packet_info_changed(cm_file *f)
{
    cm_caf *state = f->state;
    state->info_set = true;
    f->dirty = true;
    return noErr;
}

/* ---- the table ---- */

/* What is known to stand in CAF files; reading takes any format. */
static const AudioFormatID formats[] = { kAudioFormatLinearPCM,
                                         kAudioFormatULaw,
                                         kAudioFormatALaw,
                                         kAudioFormatAppleIMA4,
                                         kAudioFormatMPEG4AAC,
                                         kAudioFormatMPEG4AAC_HE,
                                         kAudioFormatMPEG4AAC_HE_V2,
                                         kAudioFormatMPEG4AAC_LD,
                                         kAudioFormatMPEG4AAC_ELD,
                                         kAudioFormatMPEG4AAC_ELD_SBR,
                                         kAudioFormatMPEG4AAC_ELD_V2,
                                         kAudioFormatMPEGD_USAC,
                                         kAudioFormatAppleLossless,
                                         kAudioFormatFLAC,
                                         kAudioFormatOpus,
                                         'vorb',
                                         kAudioFormatMPEGLayer1,
                                         kAudioFormatMPEGLayer2,
                                         kAudioFormatMPEGLayer3,
                                         kAudioFormatAC3,
                                         kAudioFormatEnhancedAC3,
                                         kAudioFormatDVIIntelIMA,
                                         0x6D730002, /* Microsoft ADPCM */
                                         kAudioFormatMicrosoftGSM,
                                         'agsm',
                                         kAudioFormatAMR,
                                         kAudioFormatAMR_WB,
                                         kAudioFormatiLBC,
                                         kAudioFormatQDesign,
                                         kAudioFormatQDesign2,
                                         kAudioFormatQUALCOMM,
                                         kAudioFormatMACE3,
                                         kAudioFormatMACE6,
                                         0 };
static const UInt32 hfs_types[] = { 'caff', 0 };

static const cm_file_type types[] = {
    { .id = kAudioFileCAFType,
      .name = "CAF",
      .extensions = (const char *const[]){ "caf", NULL },
      .mime_types = (const char *const[]){ "audio/x-caf", NULL },
      .utis = (const char *const[]){ "com.apple.coreaudio-format", NULL },
      .hfs_types = hfs_types,
      .readable = formats,
      .writable = formats },
};

const cm_container cm_container_caf = {
    .name = "CAF",
    .types = types,
    .type_count = sizeof types / sizeof *types,
    .has_chunks = true,
    .owns_chunk = owns_chunk,
    .needs_packets = true,
    .probe = probe,
    .open = open_file,
    .create = cm_caf_create,
    .flush = cm_caf_flush,
    .close = close_file,
    .optimize = cm_caf_optimize,
    .read_info = cm_caf_read_info,
    .write_info = cm_caf_write_info,
    .read_markers = cm_caf_read_markers,
    .write_markers = cm_caf_write_markers,
    .read_regions = cm_caf_read_regions,
    .write_regions = cm_caf_write_regions,
    .cookie_changed = taken_over,
    .layout_changed = taken_over,
    .packet_info_changed = packet_info_changed,
    .property_info = cm_caf_property_info,
    .get_property = cm_caf_get_property,
    .set_property = cm_caf_set_property,
};
