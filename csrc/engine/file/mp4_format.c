/* mp4_format.c: sample descriptions: what the packets of an MPEG-4 track are. */
#include "mp4.h"

#include "aac_layers.h"
#include "coded_layout.h"
#include "framing.h"
#include "../format/aac_config.h"
#include "../format/bits.h"

#include <stdlib.h>
#include <string.h>

#define ENTRY_V0 28u /* bytes of an audio sample entry behind its box header */
#define ENTRY_V1 44u
#define ENTRY_V2 64u
#define MOST_OF_PACKET 8192u /* bytes: more than 768 for each of 8 channels */

enum {
    OTI_AAC = 0x40,
    OTI_AAC_MPEG2_MAIN = 0x66,
    OTI_AAC_MPEG2_SSR = 0x68,
    OTI_MP3_MPEG2 = 0x69,
    OTI_MP3 = 0x6B
};

static OSStatus unsupported(const cm_file *f, UInt32 code)
{
    return cm_fail(kAudioFileUnsupportedDataFormatError, "%s: MPEG-4 audio of format '%c%c%c%c'",
                   cm_io_path(f->io), (int)(code >> 24), (int)(code >> 16 & 255), (int)(code >> 8 & 255),
                   (int)(code & 255));
}

static OSStatus set_cookie(cm_file *f, const void *bytes, size_t size)
{
    if (f->cookie)
        CFRelease(f->cookie);
    f->cookie = CFDataCreate(NULL, bytes, (CFIndex)size);
    return f->cookie ? noErr : cmMemFullError;
}

/* A box of the sample entry, or of the 'wave' box that QuickTime puts around it. */
static bool find_setup(cm_span boxes, UInt32 type, cm_box *box)
{
    return cm_box_find(boxes, type, box) || cm_box_find_path(boxes, CM_BOX_PATH('wave', type), box);
}

/* ---- formats ---- */

static OSStatus set_aac(cm_file *f, cm_span config)
{
    AudioStreamBasicDescription formats[3];
    cm_aac_config parsed;
    OSStatus status = cm_aac_config_parse(config.bytes, config.size, &parsed);
    if (status != noErr)
        return kAudioFileUnsupportedDataFormatError;
    if (parsed.channels == 0)
        parsed.channels = f->format.mChannelsPerFrame;
    cm_aac_formats(&parsed, formats);
    f->format = formats[0];
    return noErr;
}

static OSStatus read_mp4a(cm_file *f, cm_span boxes, UInt32 code)
{
    cm_box box;
    cm_esds esds;
    if (!find_setup(boxes, 'esds', &box) || !cm_cookie_find_esds(box.whole, &esds))
        return unsupported(f, code);
    f->bit_rate = esds.average_bit_rate;
    if (esds.object_type == OTI_MP3 || esds.object_type == OTI_MP3_MPEG2) {
        f->format.mFormatID = kAudioFormatMPEGLayer3; /* the first packet tells the layer */
        return noErr;
    }
    bool is_aac = esds.object_type == OTI_AAC ||
                  (esds.object_type >= OTI_AAC_MPEG2_MAIN && esds.object_type <= OTI_AAC_MPEG2_SSR);
    if (!is_aac || esds.specific.size < 2)
        return unsupported(f, code);
    OSStatus status = set_aac(f, esds.specific);
    cm_span descriptor = cm_span_from(box.body, 4);
    return status == noErr ? set_cookie(f, descriptor.bytes, descriptor.size) : status;
}

static UInt32 depth_flag(UInt32 bits)
{
    return bits == 16 ? 1 : bits == 20 ? 2 : bits == 24 ? 3 : bits == 32 ? 4 : 0;
}

static OSStatus read_alac(cm_file *f, cm_span boxes, UInt32 code)
{
    cm_box box;
    cm_span found;
    cm_alac_config config;
    if (!find_setup(boxes, 'alac', &box) || !cm_cookie_find_alac(box.whole, &found, &config))
        return unsupported(f, code);
    f->format.mSampleRate = config.rate;
    f->format.mFormatID = kAudioFormatAppleLossless;
    f->format.mFormatFlags = depth_flag(config.bits);
    f->format.mFramesPerPacket = config.frames_per_packet;
    f->format.mChannelsPerFrame = config.channels;
    f->source_bit_depth = config.bits;
    cm_span cookie = cm_span_from(box.body, 4); /* with the channel layout that may follow */
    return set_cookie(f, cookie.bytes, cookie.size);
}

static OSStatus read_flac(cm_file *f, cm_span boxes, UInt32 code)
{
    cm_box box;
    cm_span found;
    cm_flac_info info;
    UInt8 cookie[CM_FLAC_COOKIE_SIZE];
    if (!find_setup(boxes, 'dfLa', &box) || !cm_cookie_find_flac(box.whole, &found, &info))
        return unsupported(f, code);
    f->format.mSampleRate = info.rate;
    f->format.mFormatID = kAudioFormatFLAC;
    f->format.mFormatFlags = depth_flag(info.bits);
    f->format.mFramesPerPacket = info.min_block == info.max_block ? info.max_block : 0;
    f->format.mChannelsPerFrame = info.channels;
    f->source_bit_depth = info.bits;
    cm_cookie_write_flac(found.bytes, cookie);
    return set_cookie(f, cookie, sizeof cookie);
}

static OSStatus read_opus(cm_file *f, cm_span boxes, UInt32 code)
{
    cm_box box;
    cm_opus_head head;
    UInt8 cookie[CM_OPUS_HEAD_MAX];
    if (!find_setup(boxes, 'dOps', &box) || !cm_cookie_find_opus(box.whole, &head))
        return unsupported(f, code);
    f->format.mSampleRate = 48000;
    f->format.mFormatID = kAudioFormatOpus;
    f->format.mChannelsPerFrame = head.channels;
    return set_cookie(f, cookie, cm_cookie_write_opus_head(&head, cookie));
}

static OSStatus read_ac3(cm_file *f, cm_span boxes, UInt32 code)
{
    static const UInt8 channels[8] = { 2, 1, 2, 3, 3, 4, 4, 5 };
    cm_box box;
    bool enhanced = code == 'ec-3';
    f->format.mFormatID = enhanced ? kAudioFormatEnhancedAC3 : kAudioFormatAC3;
    f->format.mFramesPerPacket = 1536;
    if (find_setup(boxes, enhanced ? 'dec3' : 'dac3', &box)) {
        cm_bits bits = cm_bits_of(box.body.bytes, box.body.size);
        cm_bits_skip(&bits, enhanced ? 13 + 3 + 2 + 5 + 1 + 1 + 3 : 2 + 5 + 3);
        UInt32 mode = cm_bits_get(&bits, 3), lfe = cm_bits_get(&bits, 1);
        if (!cm_bits_overrun(&bits))
            f->format.mChannelsPerFrame = channels[mode] + lfe;
    }
    return noErr;
}

static OSStatus read_frames(cm_file *f, cm_span boxes, UInt32 code)
{
    (void)boxes;
    f->format.mFormatID = code == 'sawb'   ? kAudioFormatAMR_WB
                          : code == 'samr' ? kAudioFormatAMR
                                           : kAudioFormatMPEGLayer3;
    if (code == 'samr' || code == 'sawb') {
        f->format.mSampleRate = code == 'samr' ? 8000 : 16000;
        f->format.mFramesPerPacket = code == 'samr' ? 160 : 320;
        f->format.mChannelsPerFrame = 1;
    }
    return noErr;
}

static const struct {
    UInt32 code;
    OSStatus (*read)(cm_file *f, cm_span boxes, UInt32 code);
} readers[] = {
    { 'mp4a', read_mp4a },   { 'alac', read_alac },    { 'fLaC', read_flac },   { 'Opus', read_opus },
    { 'ac-3', read_ac3 },    { 'ec-3', read_ac3 },     { '.mp3', read_frames }, { 'samr', read_frames },
    { 'sawb', read_frames }, { 'ms\0U', read_frames },
};

/* The first description; packets of any other one are in the same format or cannot be read. */
OSStatus cm_mp4_read_format(cm_file *f, cm_span stsd)
{
    cm_span entries = cm_span_from(stsd, 8);
    cm_box entry;
    if (!cm_box_next(&entries, &entry) || entry.body.size < ENTRY_V0)
        return cm_fail(kAudioFileInvalidFileError, "%s: no sample description", cm_io_path(f->io));
    UInt32 version = cm_get_be16(entry.body.bytes + 8);
    size_t head = version == 1 ? ENTRY_V1 : version == 2 ? ENTRY_V2 : ENTRY_V0;
    if (head > entry.body.size)
        head = ENTRY_V0;
    f->format = (AudioStreamBasicDescription){ .mChannelsPerFrame = cm_get_be16(entry.body.bytes + 16),
                                               .mSampleRate = cm_get_be32(entry.body.bytes + 24) / 65536.0 };
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
        if (readers[i].code == entry.type) {
            OSStatus status = readers[i].read(f, cm_span_from(entry.body, head), entry.type);
            bool sane = f->format.mSampleRate >= 1 && f->format.mSampleRate <= 1e6 &&
                        f->format.mChannelsPerFrame > 0 && f->format.mChannelsPerFrame <= 64;
            return status != noErr || sane ? status : unsupported(f, entry.type);
        }
    return unsupported(f, entry.type);
}

/* ---- what only packets tell ---- */

static bool first_packet(cm_file *f, UInt8 *head, size_t *size)
{
    if (f->table.count == 0)
        return false;
    *size = f->table.sizes[0] < CM_FRAME_HEAD ? f->table.sizes[0] : CM_FRAME_HEAD;
    return cm_io_read_all(f->io, f->table.offsets[0], head, *size) == noErr;
}

static cm_frame_parser parser_of(AudioFormatID id)
{
    return id == kAudioFormatMPEGLayer3                             ? cm_frame_mpeg
           : id == kAudioFormatAC3 || id == kAudioFormatEnhancedAC3 ? cm_frame_ac3
                                                                    : NULL;
}

bool cm_mp4_needs_packet(AudioFormatID format)
{
    return parser_of(format) != NULL;
}

/* AAC that may have more in its packets than the sample description says. */
static OSStatus find_layers(cm_file *f)
{
    cm_mp4 *s = f->state;
    Float64 rate = f->format.mSampleRate;
    if (cm_io_is_stream(f->io) || f->table.count == 0 || f->table.sizes[0] > MOST_OF_PACKET ||
        !cm_aac_is_open(f))
        return noErr;
    UInt8 packet[MOST_OF_PACKET];
    OSStatus status = cm_io_read_all(f->io, f->table.offsets[0], packet, f->table.sizes[0]);
    if (status == noErr)
        status = cm_aac_find_layers(f, packet, f->table.sizes[0]);
    s->frames_per_unit *= f->format.mSampleRate / rate;
    return status == cmMemFullError ? status : noErr;
}

OSStatus cm_mp4_complete_format(cm_file *f)
{
    OSStatus status = find_layers(f);
    if (status != noErr)
        return status;
    UInt8 head[CM_FRAME_HEAD];
    size_t size;
    cm_frame frame;
    AudioFormatID id = f->format.mFormatID;
    AudioChannelLayoutTag layout = cm_coded_layout_tag(id, f->format.mChannelsPerFrame);
    cm_frame_parser parse = parser_of(id);
    if (parse && first_packet(f, head, &size) && parse(head, size, &frame)) {
        f->format = frame.format;
        layout = frame.layout;
    }
    return cm_set_layout_tag(f, layout);
}

/* ---- writing ---- */

static CFIndex begin_entry(const cm_file *f, CFMutableDataRef to, UInt32 code, UInt32 bits)
{
    CFIndex entry = cm_box_begin(to, code);
    UInt32 rate = (UInt32)f->format.mSampleRate;
    cm_box_put_zeros(to, 6);
    cm_box_put16(to, 1); /* data reference */
    cm_box_put_zeros(to, 8);
    cm_box_put16(to, f->format.mChannelsPerFrame);
    cm_box_put16(to, bits);
    cm_box_put_zeros(to, 4);
    cm_box_put32(to, rate < 65536 ? rate << 16 : 0); /* 16.16: higher ones stand in the format's own box */
    return entry;
}

static cm_span cookie_of(const cm_file *f)
{
    return f->cookie ? (cm_span){ CFDataGetBytePtr(f->cookie), (size_t)CFDataGetLength(f->cookie) }
                     : (cm_span){ 0 };
}

static UInt32 average_bit_rate(const cm_file *f)
{
    Float64 frames = (Float64)f->table.count * f->format.mFramesPerPacket;
    Float64 rate = frames > 0 ? 8.0 * (Float64)f->data_bytes * f->format.mSampleRate / frames : 0;
    return rate < UINT32_MAX ? (UInt32)rate : 0;
}

static OSStatus lacks_cookie(const char *format)
{
    return cm_fail(kAudioFileOperationNotSupportedError, "set the magic cookie: %s in MPEG-4 needs it",
                   format);
}

static OSStatus put_mp4a(cm_file *f, CFMutableDataRef to)
{
    UInt8 bytes[CM_AAC_CONFIG_MAX + CM_ESDS_OVERHEAD];
    cm_span config = { 0 };
    bool is_aac = f->format.mFormatID != kAudioFormatMPEGLayer3;
    if (is_aac && !cm_cookie_find_aac(cookie_of(f), &config))
        return lacks_cookie("AAC");
    if (config.size > CM_AAC_CONFIG_MAX)
        return cm_fail(kAudioFileBadPropertySizeError, "an AAC configuration of %zu bytes", config.size);
    UInt32 rate = average_bit_rate(f);
    size_t size = cm_cookie_write_esds(is_aac ? OTI_AAC : OTI_MP3, f->max_packet_size, rate, rate, config,
                                       bytes);
    CFIndex entry = begin_entry(f, to, 'mp4a', 16);
    CFIndex esds = cm_box_begin_full(to, 'esds', 0, 0);
    cm_box_put_bytes(to, bytes, size);
    cm_box_end(to, esds);
    cm_box_end(to, entry);
    return noErr;
}

static OSStatus put_alac(cm_file *f, CFMutableDataRef to)
{
    cm_span cookie = cookie_of(f), found;
    cm_alac_config config;
    if (!cm_cookie_find_alac(cookie, &found, &config))
        return lacks_cookie("Apple Lossless");
    CFIndex entry = begin_entry(f, to, 'alac', config.bits);
    CFIndex box = cm_box_begin_full(to, 'alac', 0, 0);
    cm_box_put_bytes(to, found.bytes, (size_t)(cookie.bytes + cookie.size - found.bytes));
    cm_box_end(to, box);
    cm_box_end(to, entry);
    return noErr;
}

static OSStatus put_flac(cm_file *f, CFMutableDataRef to)
{
    UInt8 bytes[CM_FLAC_COOKIE_SIZE];
    cm_span found;
    cm_flac_info info;
    if (!cm_cookie_find_flac(cookie_of(f), &found, &info))
        return lacks_cookie("FLAC");
    cm_cookie_write_flac(found.bytes, bytes);
    CFIndex entry = begin_entry(f, to, 'fLaC', info.bits);
    cm_box_put_bytes(to, bytes, sizeof bytes);
    cm_box_end(to, entry);
    return noErr;
}

static OSStatus put_opus(cm_file *f, CFMutableDataRef to)
{
    UInt8 bytes[CM_OPUS_HEAD_MAX];
    cm_opus_head head;
    if (!cm_cookie_find_opus(cookie_of(f), &head))
        return lacks_cookie("Opus");
    if (f->has_packet_info)
        head.pre_skip = (UInt16)(f->packet_info.mPrimingFrames * 48000.0 / f->format.mSampleRate);
    CFIndex entry = begin_entry(f, to, 'Opus', 16);
    UInt8 *rate = CFDataGetMutableBytePtr(to) + entry + 8 + 24;
    cm_put_be32(rate, 48000u << 16); /* whatever was encoded */
    CFIndex box = cm_box_begin(to, 'dOps');
    cm_box_put_bytes(to, bytes, cm_cookie_write_dops(&head, bytes));
    cm_box_end(to, box);
    cm_box_end(to, entry);
    return noErr;
}

/* The start of a packet in a format, for a file that has none (ATSC A/52, 5.3 and E.1.2). */
static void make_ac3_header(const AudioStreamBasicDescription *format, UInt8 head[CM_FRAME_HEAD])
{
    static const UInt8 modes[7] = { 2, 1, 2, 3, 6, 7, 7 }; /* by channels */
    UInt32 channels = format->mChannelsPerFrame < 6 ? format->mChannelsPerFrame : 6;
    UInt32 mode = modes[channels], rate = format->mSampleRate == 44100   ? 1
                                          : format->mSampleRate == 32000 ? 2
                                                                         : 0;
    cm_bit_writer w = { .bytes = head, .end = CM_FRAME_HEAD * 8 };
    cm_bits_put(&w, 0x0B77, 16);
    cm_bits_put(&w, 0, 16);
    cm_bits_put(&w, rate, 2);
    if (format->mFormatID == kAudioFormatEnhancedAC3) {
        cm_bits_put(&w, 3, 2); /* six blocks */
        cm_bits_put(&w, mode << 1 | (channels == 6), 4);
        cm_bits_put(&w, 16, 5);
        return;
    }
    cm_bits_put(&w, 20, 6); /* size code: 192 kbit/s */
    cm_bits_put(&w, 8, 5);
    cm_bits_put(&w, 0, 3);
    cm_bits_put(&w, mode, 3);
    cm_bits_put(&w, 0, (mode & 1 && mode != 1 ? 2u : 0u) + (mode & 4 ? 2u : 0u) + (mode == 2 ? 2u : 0u));
    cm_bits_put(&w, channels == 6, 1);
}

/* ETSI TS 102 366, annex F: fields of the first packet's header. */
static OSStatus put_ac3(cm_file *f, CFMutableDataRef to)
{
    UInt8 head[CM_FRAME_HEAD] = { 0 }, bytes[5] = { 0 };
    size_t size;
    cm_frame frame;
    bool enhanced = f->format.mFormatID == kAudioFormatEnhancedAC3;
    if (!first_packet(f, head, &size))
        make_ac3_header(&f->format, head);
    else if (!cm_frame_ac3(head, size, &frame))
        return cm_fail(kAudioFileUnsupportedDataFormatError, "a packet is not one AC-3 frame");
    cm_bits from = cm_bits_of(head, sizeof head);
    cm_bit_writer w = { .bytes = bytes, .end = sizeof bytes * 8 };
    if (enhanced) {
        UInt32 kbits = average_bit_rate(f) / 1000;
        UInt32 rate = head[4] >> 6, mode_lfe = head[4] & 15u, version = head[5] >> 3;
        cm_bits_put(&w, kbits < 8192 ? kbits : 8191, 13);
        cm_bits_put(&w, 0, 3);
        cm_bits_put(&w, rate, 2);
        cm_bits_put(&w, version, 5);
        cm_bits_put(&w, 0, 1 + 1 + 3);
        cm_bits_put(&w, mode_lfe, 4);
        cm_bits_put(&w, 0, 3 + 4 + 1);
    } else {
        cm_bits_skip(&from, 32);
        UInt32 rate = cm_bits_get(&from, 2), size_code = cm_bits_get(&from, 6),
               version = cm_bits_get(&from, 5);
        UInt32 kind = cm_bits_get(&from, 3), mode = cm_bits_get(&from, 3);
        cm_bits_skip(&from, (mode & 1 && mode != 1 ? 2u : 0u) + (mode & 4 ? 2u : 0u) + (mode == 2 ? 2u : 0u));
        cm_bits_put(&w, rate, 2);
        cm_bits_put(&w, version, 5);
        cm_bits_put(&w, kind, 3);
        cm_bits_put(&w, mode, 3);
        cm_bits_put(&w, cm_bits_get(&from, 1), 1);
        cm_bits_put(&w, size_code / 2, 5);
    }
    CFIndex entry = begin_entry(f, to, enhanced ? 'ec-3' : 'ac-3', 16);
    CFIndex box = cm_box_begin(to, enhanced ? 'dec3' : 'dac3');
    cm_box_put_bytes(to, bytes, enhanced ? 5 : 3);
    cm_box_end(to, box);
    cm_box_end(to, entry);
    return noErr;
}

OSStatus cm_mp4_put_stsd(cm_file *f, CFMutableDataRef to)
{
    static const struct {
        AudioFormatID format;
        OSStatus (*put)(cm_file *f, CFMutableDataRef to);
    } writers[] = {
        { kAudioFormatAppleLossless, put_alac }, { kAudioFormatFLAC, put_flac },
        { kAudioFormatOpus, put_opus },          { kAudioFormatAC3, put_ac3 },
        { kAudioFormatEnhancedAC3, put_ac3 },
    };
    CFIndex stsd = cm_box_begin_full(to, 'stsd', 0, 0);
    cm_box_put32(to, 1);
    OSStatus (*put)(cm_file *, CFMutableDataRef) = put_mp4a;
    for (size_t i = 0; i < sizeof writers / sizeof *writers; i++)
        if (writers[i].format == f->format.mFormatID)
            put = writers[i].put;
    OSStatus status = put(f, to);
    cm_box_end(to, stsd);
    return status;
}
