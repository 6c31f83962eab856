/*
 * riff_format.c: the format chunk: WAVEFORMAT, PCMWAVEFORMAT, WAVEFORMATEX, WAVEFORMATEXTENSIBLE and the
 * structures that registered formats put behind WAVEFORMATEX (Microsoft mmreg.h and "New Multimedia Data
 * Types and Data Techniques").
 */
#include "riff.h"

#include "../base/bytes.h"
#include "../format/asbd.h"
#include "../format/layout.h"
#include "../format/pcm.h"

#include <coremusic/engine.h>
#include <stdlib.h>
#include <string.h>

#define FMT_LEAST 14u /* WAVEFORMAT, without bits per sample */
#define FMT_PLAIN 16u
#define FMT_EX 18u
#define FMT_EXTENSIBLE 40u
#define LAYER3_SIZE 12u  /* what MPEGLAYER3WAVEFORMAT has behind WAVEFORMATEX */
#define LAYER3_DELAY 10u /* in it: nCodecDelay */
#define USUAL_DELAY 1393 /* what programs write that do not know it */

/* A subformat is a format tag with these bytes behind it (KSDATAFORMAT_SUBTYPE_WAVEFORMATEX). */
static const UInt8 subformat_tail[14] = { 0x00, 0x00, 0x00, 0x00, 0x10, 0x00, 0x80,
                                          0x00, 0x00, 0xAA, 0x00, 0x38, 0x9B, 0x71 };
/* The same for B-format: PCM and float of four ambisonic channels W, X, Y, Z. */
static const UInt8 ambisonic_tail[14] = { 0x00, 0x00, 0x21, 0x07, 0xD3, 0x11, 0x86,
                                          0x44, 0xC8, 0xC1, 0xCA, 0x00, 0x00, 0x00 };

typedef struct fmt {
    UInt32 tag; /* of the subformat where there is one */
    UInt32 channels, rate, byte_rate, block, bits;
    UInt32 valid_bits, mask; /* of WAVEFORMATEXTENSIBLE; 0 otherwise */
    bool ambisonic;
    const UInt8 *extra; /* behind cbSize */
    size_t extra_size;
} fmt;

/* ---- reading ---- */

static OSStatus unsupported(UInt32 tag)
{
    return cm_fail(kAudioFileUnsupportedDataFormatError, "WAVE format tag 0x%04X is not supported", tag);
}

static OSStatus read_extensible(fmt *w)
{
    if (w->extra_size < 22)
        return cm_fail(kAudioFileInvalidFileError, "the extensible format chunk is too short");
    w->valid_bits = cm_get_le16(w->extra);
    w->mask = cm_get_le32(w->extra + 2);
    w->tag = cm_get_le16(w->extra + 6);
    w->ambisonic = memcmp(w->extra + 8, ambisonic_tail, 14) == 0;
    if (!w->ambisonic && memcmp(w->extra + 8, subformat_tail, 14) != 0)
        return cm_fail(kAudioFileUnsupportedDataFormatError, "the WAVE subformat is not supported");
    return noErr;
}

static OSStatus read_fields(const UInt8 *bytes, size_t size, fmt *w)
{
    if (size < FMT_LEAST)
        return cm_fail(kAudioFileInvalidFileError, "the format chunk has %zu bytes", size);
    *w = (fmt){ .tag = cm_get_le16(bytes),
                .channels = cm_get_le16(bytes + 2),
                .rate = cm_get_le32(bytes + 4),
                .byte_rate = cm_get_le32(bytes + 8),
                .block = cm_get_le16(bytes + 12),
                .bits = size >= FMT_PLAIN ? cm_get_le16(bytes + 14) : 0 };
    if (size >= FMT_EX) {
        w->extra = bytes + FMT_EX;
        w->extra_size = cm_get_le16(bytes + 16);
        if (w->extra_size > size - FMT_EX)
            w->extra_size = size - FMT_EX;
    }
    if (w->channels == 0 || w->channels > CM_MAX_CHANNELS || w->rate == 0)
        return cm_fail(kAudioFileInvalidFileError, "%u channels at %u Hz are no audio", w->channels, w->rate);
    return w->tag == WAVE_FORMAT_EXTENSIBLE ? read_extensible(w) : noErr;
}

/* Samples fill the upper bits of whole bytes; a container of one byte is unsigned, larger ones are signed. */
static OSStatus read_pcm(cm_file *f, const fmt *w)
{
    UInt32 bytes = w->block / w->channels;
    if (bytes * w->channels != w->block || bytes * 8 < w->bits || bytes == 0)
        bytes = (w->bits + 7) / 8;
    UInt32 bits = w->valid_bits && w->valid_bits < w->bits ? w->valid_bits : w->bits;
    if (bits < 8)
        bits = bytes * 8;
    if (bytes == 0 || bytes > 8)
        return cm_fail(kAudioFileUnsupportedDataFormatError, "PCM of %u bits in %u bytes", bits, bytes);
    AudioStreamBasicDescription *d = &f->format;
    d->mFormatID = kAudioFormatLinearPCM;
    d->mFormatFlags = bytes > 1 ? kAudioFormatFlagIsSignedInteger : 0;
    d->mFormatFlags |= bits == bytes * 8 ? kAudioFormatFlagIsPacked : kAudioFormatFlagIsAlignedHigh;
    d->mBytesPerFrame = bytes * w->channels;
    d->mBitsPerChannel = bits;
    f->source_bit_depth = bits;
    return noErr;
}

static OSStatus read_float(cm_file *f, const fmt *w)
{
    if (w->bits != 32 && w->bits != 64)
        return cm_fail(kAudioFileUnsupportedDataFormatError, "float samples of %u bits", w->bits);
    f->format.mFormatID = kAudioFormatLinearPCM;
    f->format.mFormatFlags = kAudioFormatFlagIsFloat | kAudioFormatFlagIsPacked;
    f->format.mBytesPerFrame = w->bits / 8 * w->channels;
    f->format.mBitsPerChannel = w->bits;
    f->source_bit_depth = w->bits;
    return noErr;
}

static OSStatus read_alaw(cm_file *f, const fmt *w)
{
    (void)w;
    f->format.mFormatID = kAudioFormatALaw;
    return noErr;
}

static OSStatus read_mulaw(cm_file *f, const fmt *w)
{
    (void)w;
    f->format.mFormatID = kAudioFormatULaw;
    return noErr;
}

/* Frames in a block; 0 when it is too small for its header. */
static UInt32 dvi_frames(UInt32 block, UInt32 channels)
{
    UInt32 each = block / channels;
    return each < 4 ? 0 : (each - 4) / 4 * 8 + 1;
}

static UInt32 ms_frames(UInt32 block, UInt32 channels)
{
    return block < 7 * channels ? 0 : (block - 7 * channels) * 2 / channels + 2;
}

static OSStatus set_blocks(cm_file *f, AudioFormatID id, UInt32 block, UInt32 frames)
{
    if (block == 0 || frames == 0)
        return cm_fail(kAudioFileInvalidFileError, "ADPCM blocks of %u bytes", block);
    f->format.mFormatID = id;
    f->format.mBytesPerPacket = block;
    f->format.mFramesPerPacket = frames;
    return noErr;
}

static OSStatus read_dvi(cm_file *f, const fmt *w)
{
    if (w->bits != 4 && w->bits != 0)
        return cm_fail(kAudioFileUnsupportedDataFormatError, "IMA ADPCM of %u bits", w->bits);
    return set_blocks(f, kAudioFormatDVIIntelIMA, w->block, dvi_frames(w->block, w->channels));
}

static OSStatus read_ms_adpcm(cm_file *f, const fmt *w)
{
    OSStatus status = set_blocks(f, kCMAudioFormatMicrosoftADPCM, w->block, ms_frames(w->block, w->channels));
    if (status != noErr || w->extra_size < 4)
        return status;
    f->cookie = CFDataCreate(NULL, w->extra, (CFIndex)w->extra_size);
    return f->cookie ? noErr : cmMemFullError;
}

static OSStatus read_gsm(cm_file *f, const fmt *w)
{
    if (w->channels != 1 || w->block != 65)
        return cm_fail(kAudioFileUnsupportedDataFormatError, "GSM of %u channels in blocks of %u bytes",
                       w->channels, w->block);
    return set_blocks(f, kAudioFormatMicrosoftGSM, 65, 320);
}

static OSStatus read_mpeg(cm_file *f, const fmt *w)
{
    f->format.mFormatID = w->tag == WAVE_FORMAT_MPEG ? kAudioFormatMPEGLayer2 : kAudioFormatMPEGLayer3;
    f->bit_rate = w->byte_rate < UINT32_MAX / 8 ? w->byte_rate * 8 : 0;
    UInt16 delay = w->tag == WAVE_FORMAT_MPEGLAYER3 && w->extra_size >= LAYER3_SIZE
                       ? cm_get_le16(w->extra + LAYER3_DELAY)
                       : 0;
    f->packet_info.mPrimingFrames = delay != USUAL_DELAY ? delay : 0;
    return noErr;
}

static const struct {
    UInt32 tag;
    OSStatus (*read)(cm_file *f, const fmt *w);
} readers[] = {
    { WAVE_FORMAT_PCM, read_pcm },         { WAVE_FORMAT_IEEE_FLOAT, read_float },
    { WAVE_FORMAT_ALAW, read_alaw },       { WAVE_FORMAT_MULAW, read_mulaw },
    { WAVE_FORMAT_DVI_ADPCM, read_dvi },   { WAVE_FORMAT_ADPCM, read_ms_adpcm },
    { WAVE_FORMAT_GSM610, read_gsm },      { WAVE_FORMAT_MPEG, read_mpeg },
    { WAVE_FORMAT_MPEGLAYER3, read_mpeg },
};

static OSStatus read_format(cm_file *f, const fmt *w)
{
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
        if (readers[i].tag == w->tag)
            return readers[i].read(f, w);
    return unsupported(w->tag);
}

static OSStatus read_layout(cm_file *f, const fmt *w)
{
    bool b_format = w->ambisonic && w->channels == 4;
    if (!b_format && w->mask == 0)
        return noErr;
    free(f->layout);
    f->layout = b_format ? cm_layout_new_tag(kAudioChannelLayoutTag_Ambisonic_B_Format, &f->layout_size)
                         : cm_layout_new_wave(w->mask, w->channels, &f->layout_size);
    return f->layout ? noErr : cmMemFullError;
}

OSStatus cm_riff_format_get(cm_file *f, const UInt8 *bytes, size_t size)
{
    fmt w;
    OSStatus status = read_fields(bytes, size, &w);
    if (status != noErr)
        return status;
    memset(&f->format, 0, sizeof f->format);
    f->format.mSampleRate = w.rate;
    f->format.mChannelsPerFrame = w.channels;
    status = read_format(f, &w);
    if (status != noErr)
        return status;
    cm_asbd_complete(&f->format);
    status = cm_asbd_check(&f->format);
    return status == noErr ? read_layout(f, &w) : status;
}

/* ---- writing ---- */

static OSStatus refuse(const char *why)
{
    return cm_fail(kAudioFileUnsupportedDataFormatError, "a WAVE file cannot hold %s", why);
}

static OSStatus make_pcm(const cm_file *f, fmt *w)
{
    cm_pcm pcm;
    OSStatus status = cm_pcm_from_asbd(&f->format, &pcm);
    if (status != noErr)
        return status;
    if (pcm.planar)
        return refuse("non-interleaved samples");
    if (pcm.big_endian && pcm.bytes > 1)
        return refuse("big-endian samples");
    if (!pcm.is_float && pcm.is_signed != (pcm.bytes > 1))
        return refuse(pcm.is_signed ? "signed 8-bit samples" : "unsigned samples of more than 8 bits");
    if (pcm.bits != pcm.bytes * 8 && !pcm.high_aligned)
        return refuse("samples in the low bits of larger ones");
    w->tag = pcm.is_float ? WAVE_FORMAT_IEEE_FLOAT : WAVE_FORMAT_PCM;
    w->block = f->format.mBytesPerFrame;
    w->bits = pcm.bytes * 8;
    w->valid_bits = pcm.bits;
    return noErr;
}

static OSStatus make_block_format(const cm_file *f, fmt *w, UInt32 tag, UInt32 bits)
{
    if (f->format.mBytesPerPacket == 0 || f->format.mBytesPerPacket > UINT16_MAX)
        return refuse("blocks of this size");
    w->tag = tag;
    w->block = f->format.mBytesPerPacket;
    w->bits = bits;
    return noErr;
}

/* Block sizes as Microsoft's encoders choose them. */
static UInt32 usual_block(const AudioStreamBasicDescription *d)
{
    return (d->mSampleRate < 22050 ? 256 : d->mSampleRate < 44100 ? 512 : 1024) * d->mChannelsPerFrame;
}

static OSStatus make_adpcm(cm_file *f, fmt *w)
{
    AudioStreamBasicDescription *d = &f->format;
    bool dvi = d->mFormatID == kAudioFormatDVIIntelIMA;
    if (d->mBytesPerPacket == 0)
        d->mBytesPerPacket = usual_block(d);
    UInt32 frames = dvi ? dvi_frames(d->mBytesPerPacket, d->mChannelsPerFrame)
                        : ms_frames(d->mBytesPerPacket, d->mChannelsPerFrame);
    if (frames == 0 || frames > UINT16_MAX || (d->mFramesPerPacket && d->mFramesPerPacket != frames))
        return refuse("ADPCM blocks of this size");
    d->mFramesPerPacket = frames;
    return make_block_format(f, w, dvi ? WAVE_FORMAT_DVI_ADPCM : WAVE_FORMAT_ADPCM, 4);
}

static OSStatus make_mpeg(const cm_file *f, fmt *w)
{
    w->tag = f->format.mFormatID == kAudioFormatMPEGLayer3 ? WAVE_FORMAT_MPEGLAYER3 : WAVE_FORMAT_MPEG;
    w->block = 1;
    return noErr;
}

static OSStatus choose(cm_file *f, fmt *w)
{
    switch (f->format.mFormatID) {
    case kAudioFormatLinearPCM:
        return make_pcm(f, w);
    case kAudioFormatALaw:
        return make_block_format(f, w, WAVE_FORMAT_ALAW, 8);
    case kAudioFormatULaw:
        return make_block_format(f, w, WAVE_FORMAT_MULAW, 8);
    case kAudioFormatDVIIntelIMA:
    case kCMAudioFormatMicrosoftADPCM:
        return make_adpcm(f, w);
    case kAudioFormatMicrosoftGSM:
        return f->format.mChannelsPerFrame == 1 ? make_block_format(f, w, WAVE_FORMAT_GSM610, 0)
                                                : refuse("GSM of more than one channel");
    case kAudioFormatMPEGLayer3:
    case kAudioFormatMPEGLayer2:
    case kAudioFormatMPEGLayer1:
        return make_mpeg(f, w);
    }
    return refuse("this data format");
}

/* True when a layout says of no channel where it is. */
static bool is_placeless(const AudioChannelLayout *layout)
{
    AudioChannelLabel labels[CM_MAX_CHANNELS];
    UInt32 count = cm_layout_labels(layout, labels, CM_MAX_CHANNELS);
    for (UInt32 i = 0; i < count; i++) {
        bool discrete = labels[i] == kAudioChannelLabel_Discrete || (labels[i] >> 16) == 1;
        if (labels[i] != kAudioChannelLabel_Unknown && !discrete)
            return false;
    }
    return true;
}

static OSStatus choose_mask(const AudioChannelLayout *layout, fmt *w)
{
    if (!layout)
        return noErr;
    if (cm_layout_channels(layout) != w->channels)
        return cm_fail(cmParamError, "a layout of %u channels for %u", cm_layout_channels(layout),
                       w->channels);
    w->ambisonic = layout->mChannelLayoutTag == kAudioChannelLayoutTag_Ambisonic_B_Format;
    w->mask = w->ambisonic ? 0 : cm_layout_wave_mask(layout);
    if (w->mask || w->ambisonic || is_placeless(layout))
        return noErr;
    return cm_fail(kAudioFileOperationNotSupportedError,
                   "a WAVE file cannot say that its channels are in this order");
}

/* The seven coefficient pairs that every MS ADPCM encoder uses and every header lists. */
static size_t put_ms_pairs(UInt8 *to, const cm_file *f)
{
    static const SInt16 pairs[14] = { 256, 0, 512, -256, 0, 0, 192, 64, 240, 0, 460, -208, 392, -232 };
    CFIndex size = f->cookie ? CFDataGetLength(f->cookie) : 0;
    if (size >= 4 && size <= (CFIndex)(CM_FMT_MAX - FMT_EX)) {
        memcpy(to, CFDataGetBytePtr(f->cookie), (size_t)size);
        return (size_t)size;
    }
    cm_put_le16(to, (UInt16)f->format.mFramesPerPacket);
    cm_put_le16(to + 2, 7);
    for (size_t i = 0; i < 14; i++)
        cm_put_le16(to + 4 + 2 * i, (UInt16)pairs[i]);
    return 32;
}

/* MPEGLAYER3WAVEFORMAT: one frame per block, padded as needed, and the codec's delay. */
static size_t put_layer3(UInt8 *to, const cm_file *f, UInt32 byte_rate)
{
    UInt32 frame = f->format.mSampleRate > 0
                       ? (UInt32)(byte_rate * (Float64)f->format.mFramesPerPacket / f->format.mSampleRate)
                       : 0;
    cm_put_le16(to, 1); /* MPEGLAYER3_ID_MPEG */
    cm_put_le32(to + 2, 0);
    cm_put_le16(to + 6, (UInt16)(frame ? frame : 1));
    cm_put_le16(to + 8, 1);
    bool known = f->has_packet_info && f->packet_info.mPrimingFrames > 0;
    cm_put_le16(to + LAYER3_DELAY, known ? (UInt16)f->packet_info.mPrimingFrames : USUAL_DELAY);
    return LAYER3_SIZE;
}

/* MPEG1WAVEFORMAT: layer, bit rate, mode, its extension, emphasis, header flags, presentation time. */
static size_t put_mpeg1(UInt8 *to, const cm_file *f, UInt32 byte_rate)
{
    memset(to, 0, 22);
    cm_put_le16(to, f->format.mFormatID == kAudioFormatMPEGLayer1 ? 1 : 2);
    cm_put_le32(to + 2, byte_rate * 8);
    cm_put_le16(to + 6, f->format.mChannelsPerFrame == 1 ? 8 : 1);
    cm_put_le16(to + 8, 1);
    cm_put_le16(to + 10, 1);
    cm_put_le16(to + 12, 16); /* ACM_MPEG_ID_MPEG1 */
    return 22;
}

static size_t put_extensible(UInt8 *to, const fmt *w)
{
    cm_put_le16(to, (UInt16)w->valid_bits);
    cm_put_le32(to + 2, w->mask);
    cm_put_le16(to + 6, (UInt16)w->tag);
    memcpy(to + 8, w->ambisonic ? ambisonic_tail : subformat_tail, 14);
    return 22;
}

/* Bytes behind cbSize. */
static size_t put_extra(UInt8 *to, const cm_file *f, const fmt *w, bool extensible)
{
    if (extensible)
        return put_extensible(to, w);
    switch (w->tag) {
    case WAVE_FORMAT_DVI_ADPCM:
    case WAVE_FORMAT_GSM610:
        cm_put_le16(to, (UInt16)f->format.mFramesPerPacket);
        return 2;
    case WAVE_FORMAT_ADPCM:
        return put_ms_pairs(to, f);
    case WAVE_FORMAT_MPEGLAYER3:
        return put_layer3(to, f, w->byte_rate);
    case WAVE_FORMAT_MPEG:
        return put_mpeg1(to, f, w->byte_rate);
    }
    return 0;
}

static UInt32 byte_rate_of(const cm_file *f)
{
    const AudioStreamBasicDescription *d = &f->format;
    Float64 packets = d->mFramesPerPacket ? d->mSampleRate / d->mFramesPerPacket : 0;
    Float64 rate = packets * d->mBytesPerPacket;
    if (d->mBytesPerPacket == 0 && f->table.count > 0)
        rate = packets * (Float64)f->data_bytes / (Float64)f->table.count;
    return rate < 4294967295.0 ? (UInt32)(rate + 0.5) : UINT32_MAX;
}

/*
 * The plain structure suffices for one or two channels of whole bytes in the usual order, whatever their
 * number of bits: that every reader understands. The rest needs WAVEFORMATEXTENSIBLE.
 */
static bool needs_extensible(const fmt *w)
{
    bool pcm = w->tag == WAVE_FORMAT_PCM || w->tag == WAVE_FORMAT_IEEE_FLOAT;
    UInt32 usual_mask = w->channels == 1 ? 4 : 3;
    return pcm && (w->channels > 2 || w->ambisonic || w->valid_bits != w->bits ||
                   (w->mask && w->mask != usual_mask));
}

OSStatus cm_riff_format_make(cm_file *f, UInt8 *to, size_t *size)
{
    fmt w = { .channels = f->format.mChannelsPerFrame };
    Float64 rate = f->format.mSampleRate;
    if (!(rate >= 1 && rate <= 4294967295.0))
        return refuse("this sample rate");
    if (w.channels > UINT16_MAX || f->format.mBytesPerFrame > UINT16_MAX)
        return refuse("frames of this size");
    OSStatus status = choose(f, &w);
    if (status == noErr)
        status = choose_mask(f->layout, &w);
    if (status != noErr)
        return status;
    w.byte_rate = byte_rate_of(f);
    bool extensible = needs_extensible(&w);
    cm_put_le16(to, (UInt16)(extensible ? WAVE_FORMAT_EXTENSIBLE : w.tag));
    cm_put_le16(to + 2, (UInt16)w.channels);
    cm_put_le32(to + 4, (UInt32)(rate + 0.5));
    cm_put_le32(to + 8, w.byte_rate);
    cm_put_le16(to + 12, (UInt16)w.block);
    cm_put_le16(to + 14, (UInt16)w.bits);
    *size = FMT_PLAIN;
    if (w.tag == WAVE_FORMAT_PCM && !extensible)
        return noErr;
    size_t extra = put_extra(to + FMT_EX, f, &w, extensible);
    cm_put_le16(to + 16, (UInt16)extra);
    *size = FMT_EX + extra;
    return noErr;
}

bool cm_riff_format_takes_priming(const cm_file *f, SInt32 frames)
{
    bool fits = frames <= UINT16_MAX && frames != USUAL_DELAY;
    return frames == 0 || (f->format.mFormatID == kAudioFormatMPEGLayer3 && fits);
}

bool cm_riff_format_needs_fact(const cm_file *f)
{
    return f->format.mFormatID != kAudioFormatLinearPCM || f->format.mFormatFlags & kAudioFormatFlagIsFloat;
}
