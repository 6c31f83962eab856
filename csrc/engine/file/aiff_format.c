#include "aiff.h"

#include "../base/bytes.h"

#include <math.h>
#include <string.h>

#define EXTENDED_BIAS 16383

Float64 cm_extended_get(const UInt8 from[10])
{
    int exponent = cm_get_be16(from) & 0x7FFF;
    UInt64 mantissa = cm_get_be64(from + 2);
    Float64 value;
    if (exponent == 0x7FFF)
        value = mantissa << 1 ? NAN : INFINITY;
    else
        value = ldexp((Float64)mantissa, exponent - EXTENDED_BIAS - 63);
    return from[0] & 0x80 ? -value : value;
}

void cm_extended_put(UInt8 to[10], Float64 value)
{
    int exponent = 0;
    UInt64 mantissa = 0;
    UInt16 sign = signbit(value) ? 0x8000 : 0;
    if (isnan(value) || isinf(value)) {
        exponent = 0x7FFF;
        mantissa = isnan(value) ? UINT64_C(0xC000000000000000) : UINT64_C(0x8000000000000000);
    } else if (value != 0) {
        Float64 fraction = frexp(fabs(value), &exponent); /* 0.5 .. 1, so bit 63 is always set */
        mantissa = (UInt64)ldexp(fraction, 64);
        exponent += EXTENDED_BIAS - 1;
    }
    cm_put_be16(to, (UInt16)(sign | exponent));
    cm_put_be64(to + 2, mantissa);
}

enum { BE_INT = 1, LE_INT, UNSIGNED, FLOAT, PACKETS, REFUSED };

/*
 * Compression types. bits 0: the COMM chunk's sample size is meant. For packets the numbers are bytes (per
 * channel) and frames. The first entry that fits a format is the one written.
 */
static const struct compression {
    UInt32 type;
    UInt32 kind;
    UInt32 bits;
    AudioFormatID format;
    UInt16 packet_bytes;
    UInt16 packet_frames;
    const char *name;
} compressions[] = {
    { 'NONE', BE_INT, 0, kAudioFormatLinearPCM, 0, 0, "not compressed" },
    { 'sowt', LE_INT, 0, kAudioFormatLinearPCM, 0, 0, "" },
    { 'raw ', UNSIGNED, 8, kAudioFormatLinearPCM, 0, 0, "" },
    { 'fl32', FLOAT, 32, kAudioFormatLinearPCM, 0, 0, "32-bit floating point" },
    { 'fl64', FLOAT, 64, kAudioFormatLinearPCM, 0, 0, "64-bit floating point" },
    { 'ulaw', PACKETS, 16, kAudioFormatULaw, 1, 1, "uLaw 2:1" },
    { 'alaw', PACKETS, 16, kAudioFormatALaw, 1, 1, "ALaw 2:1" },
    { 'ima4', PACKETS, 16, kAudioFormatAppleIMA4, 34, 64, "IMA 4:1" },
    { 'agsm', PACKETS, 16, 'agsm', 33, 160, "GSM 10:1" },
    { 'twos', BE_INT, 0, kAudioFormatLinearPCM, 0, 0, "" },
    { 'in16', BE_INT, 16, kAudioFormatLinearPCM, 0, 0, "" },
    { 'in24', BE_INT, 24, kAudioFormatLinearPCM, 0, 0, "" },
    { 'in32', BE_INT, 32, kAudioFormatLinearPCM, 0, 0, "" },
    { 'ni16', LE_INT, 16, kAudioFormatLinearPCM, 0, 0, "" },
    { 'ni24', LE_INT, 24, kAudioFormatLinearPCM, 0, 0, "" },
    { 'ni32', LE_INT, 32, kAudioFormatLinearPCM, 0, 0, "" },
    { '42ni', LE_INT, 24, kAudioFormatLinearPCM, 0, 0, "" },
    { '42n1', LE_INT, 24, kAudioFormatLinearPCM, 0, 0, "" }, /* as libsndfile writes it */
    { '23ni', LE_INT, 32, kAudioFormatLinearPCM, 0, 0, "" },
    { 'FL32', FLOAT, 32, kAudioFormatLinearPCM, 0, 0, "" },
    { 'FL64', FLOAT, 64, kAudioFormatLinearPCM, 0, 0, "" },
    { 'ULAW', PACKETS, 16, kAudioFormatULaw, 1, 1, "" },
    { 'ALAW', PACKETS, 16, kAudioFormatALaw, 1, 1, "" },
    { 'GSM ', PACKETS, 16, 'agsm', 33, 160, "" },
    { 'MAC3', REFUSED, 8, 0, 0, 0, "MACE 3:1" },
    { 'MAC6', REFUSED, 8, 0, 0, 0, "MACE 6:1" },
    { 'QDMC', REFUSED, 0, 0, 0, 0, "QDesign Music" },
    { 'QDM2', REFUSED, 0, 0, 0, 0, "QDesign Music 2" },
    { 'Qclp', REFUSED, 0, 0, 0, 0, "Qualcomm PureVoice" },
    { 'DWVW', REFUSED, 0, 0, 0, 0, "Delta With Variable Word Width" },
    { 'ACE2', REFUSED, 0, 0, 0, 0, "ACE 2:1" },
    { 'ACE8', REFUSED, 0, 0, 0, 0, "ACE 8:3" },
};

#define COMPRESSION_COUNT (sizeof compressions / sizeof *compressions)

static const struct compression *find_compression(UInt32 type)
{
    for (size_t i = 0; i < COMPRESSION_COUNT; i++)
        if (compressions[i].type == type)
            return &compressions[i];
    return NULL;
}

static AudioStreamBasicDescription pcm_format(const struct compression *c, const cm_aiff_comm *comm)
{
    AudioFormatFlags flags = 0;
    UInt32 bits = c->bits ? c->bits : comm->bits;
    UInt32 bytes = (bits + 7) / 8;
    if (c->kind == FLOAT)
        flags = kAudioFormatFlagIsFloat;
    else if (c->kind != UNSIGNED)
        flags = kAudioFormatFlagIsSignedInteger;
    if (c->kind != LE_INT && c->kind != UNSIGNED)
        flags |= kAudioFormatFlagIsBigEndian;
    /* AIFF 1.3: a sample point is left-justified in the smallest number of bytes that holds it. */
    flags |= bits % 8 ? kAudioFormatFlagIsAlignedHigh : kAudioFormatFlagIsPacked;
    return (AudioStreamBasicDescription){ .mSampleRate = comm->rate,
                                          .mFormatID = kAudioFormatLinearPCM,
                                          .mFormatFlags = flags,
                                          .mBytesPerPacket = bytes * comm->channels,
                                          .mFramesPerPacket = 1,
                                          .mBytesPerFrame = bytes * comm->channels,
                                          .mChannelsPerFrame = comm->channels,
                                          .mBitsPerChannel = bits };
}

static AudioStreamBasicDescription packet_format(const struct compression *c, const cm_aiff_comm *comm)
{
    AudioStreamBasicDescription format = { .mSampleRate = comm->rate,
                                           .mFormatID = c->format,
                                           .mBytesPerPacket = (UInt32)c->packet_bytes * comm->channels,
                                           .mFramesPerPacket = c->packet_frames,
                                           .mChannelsPerFrame = comm->channels };
    if (c->packet_frames == 1) {
        format.mBytesPerFrame = format.mBytesPerPacket;
        format.mBitsPerChannel = 8;
    }
    return format;
}

OSStatus cm_aiff_format(const cm_aiff_comm *comm, AudioStreamBasicDescription *format)
{
    const struct compression *c = find_compression(comm->compression);
    if (!c || c->kind == REFUSED) {
        UInt8 code[5] = { 0 };
        cm_put_be32(code, comm->compression);
        return cm_fail(kAudioFileUnsupportedDataFormatError, "AIFF-C compression '%s'%s%s cannot be read",
                       code, c ? ", " : "", c ? c->name : "");
    }
    if (comm->channels == 0)
        return cm_fail(kAudioFileInvalidFileError, "AIFF file with no channels");
    if (!(comm->rate > 0) || isinf(comm->rate))
        return cm_fail(kAudioFileInvalidFileError, "AIFF file with sample rate %g", comm->rate);
    if (c->kind != PACKETS && c->bits == 0 && (comm->bits < 1 || comm->bits > 32))
        return cm_fail(kAudioFileInvalidFileError, "AIFF file with %u bits per sample", comm->bits);
    *format = c->kind == PACKETS ? packet_format(c, comm) : pcm_format(c, comm);
    return noErr;
}

/* True when a file with this compression and the format's own bit depth has exactly this format. */
static bool gives(const struct compression *c, const AudioStreamBasicDescription *wanted, cm_aiff_comm *comm)
{
    AudioStreamBasicDescription got;
    comm->compression = c->type;
    comm->bits = (UInt16)(c->kind == PACKETS ? c->bits : wanted->mBitsPerChannel);
    if (c->format != wanted->mFormatID || c->kind == REFUSED || cm_aiff_format(comm, &got) != noErr)
        return false;
    if (got.mBytesPerPacket != wanted->mBytesPerPacket || got.mFramesPerPacket != wanted->mFramesPerPacket)
        return false;
    if (got.mFormatID != kAudioFormatLinearPCM)
        return true;
    AudioFormatFlags differ = got.mFormatFlags ^ wanted->mFormatFlags;
    if (got.mBytesPerFrame == got.mChannelsPerFrame)
        differ &= ~(AudioFormatFlags)kAudioFormatFlagIsBigEndian; /* of single bytes it says nothing */
    if (got.mBitsPerChannel % 8 == 0)
        differ &= ~(AudioFormatFlags)(kAudioFormatFlagIsPacked | kAudioFormatFlagIsAlignedHigh);
    if (got.mChannelsPerFrame == 1)
        differ &= ~(AudioFormatFlags)kAudioFormatFlagIsNonInterleaved;
    differ &= ~(AudioFormatFlags)kAudioFormatFlagIsNonMixable;
    return differ == 0 && got.mBitsPerChannel == wanted->mBitsPerChannel;
}

/* Most readers take little-endian samples for 16 bits whatever the sample size says: no others are written.
 */
static bool only_read(const struct compression *c, const AudioStreamBasicDescription *wanted)
{
    return c->kind == LE_INT && wanted->mBitsPerChannel > 16;
}

OSStatus cm_aiff_comm_for(AudioFileTypeID type, const AudioStreamBasicDescription *format, UInt32 prefer,
                          cm_aiff_comm *comm)
{
    *comm = (cm_aiff_comm){ .rate = format->mSampleRate };
    bool fits = format->mChannelsPerFrame > 0 && format->mChannelsPerFrame <= 0x7FFF;
    comm->channels = (UInt16)(fits ? format->mChannelsPerFrame : 0);
    /* Plain AIFF knows one compression, none, which is the table's first. */
    size_t count = type == kAudioFileAIFFType ? 1 : COMPRESSION_COUNT;
    const struct compression *preferred = count > 1 && prefer ? find_compression(prefer) : NULL;
    if (fits && preferred && gives(preferred, format, comm))
        return noErr;
    for (size_t i = 0; fits && i < count; i++)
        if (!only_read(&compressions[i], format) && gives(&compressions[i], format, comm))
            return noErr;
    return cm_fail(kAudioFileUnsupportedDataFormatError,
                   type == kAudioFileAIFFType ? "AIFF holds big-endian integers of up to 32 bits only"
                                              : "AIFF-C has no compression type for this format");
}

OSStatus cm_aiff_comm_get(const UInt8 *bytes, size_t size, bool aifc, cm_aiff_comm *comm)
{
    if (size < (aifc ? 22u : 18u))
        return cm_fail(kAudioFileInvalidFileError, "AIFF common chunk of %zu bytes", size);
    *comm = (cm_aiff_comm){ .channels = cm_get_be16(bytes),
                            .frames = cm_get_be32(bytes + 2),
                            .bits = cm_get_be16(bytes + 6),
                            .rate = cm_extended_get(bytes + 8),
                            .compression = aifc ? cm_get_be32(bytes + 18) : 'NONE' };
    return noErr;
}

size_t cm_aiff_comm_put(UInt8 bytes[CM_AIFF_COMM_MAX], const cm_aiff_comm *comm, bool aifc)
{
    cm_put_be16(bytes, comm->channels);
    cm_put_be32(bytes + 2, comm->frames);
    cm_put_be16(bytes + 6, comm->bits);
    cm_extended_put(bytes + 8, comm->rate);
    if (!aifc)
        return 18;
    const struct compression *c = find_compression(comm->compression);
    const char *name = c ? c->name : "";
    size_t length = strlen(name);
    cm_put_be32(bytes + 18, comm->compression);
    bytes[22] = (UInt8)length;
    memcpy(bytes + 23, name, length);
    bytes[23 + length] = 0;
    return (23 + length + 1) & ~(size_t)1; /* length byte and text together are padded to even */
}
