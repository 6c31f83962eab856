/*
 * Any bytes as a conversion: two formats, some properties, then calls in any order. The rest of the input is
 * the sound; output is checked by the sanitizers alone.
 */
#include <AudioToolbox/AudioCodec.h>
#include <AudioToolbox/AudioConverter.h>
#include <AudioToolbox/AudioFormat.h>
#include <CoreFoundation/CoreFoundation.h>
#include <stdlib.h>
#include <string.h>

typedef struct reader {
    const UInt8 *bytes;
    size_t size, at;
} reader;

static void take(reader *r, void *to, size_t size)
{
    size_t left = r->size - r->at, now = size < left ? size : left;
    memset(to, 0, size);
    memcpy(to, r->bytes + r->at, now);
    r->at += now;
}

static UInt32 take_byte(reader *r)
{
    UInt8 byte;
    take(r, &byte, 1);
    return byte;
}

/* Formats that make sense more often than chance would have it. */
static AudioStreamBasicDescription take_format(reader *r)
{
    static const AudioFormatID ids[] = { kAudioFormatLinearPCM, kAudioFormatLinearPCM,
                                         kAudioFormatLinearPCM, kAudioFormatULaw,
                                         kAudioFormatAppleIMA4, kAudioFormatMPEG4AAC,
                                         kAudioFormatFLAC,      kAudioFormatAppleLossless };
    static const Float64 rates[] = { 44100, 48000, 8000, 22050, 44100.5, 96000, 0, 11025 };
    AudioStreamBasicDescription f;
    UInt32 how = take_byte(r);
    if (how == 255) {
        take(r, &f, sizeof f);
        return f;
    }
    f = (AudioStreamBasicDescription){ .mFormatID = ids[how & 7],
                                       .mSampleRate = rates[how >> 3 & 7],
                                       .mChannelsPerFrame = take_byte(r) % 9 };
    if (f.mFormatID != kAudioFormatLinearPCM)
        return f;
    f.mBitsPerChannel = take_byte(r) % 66;
    f.mFormatFlags = take_byte(r) & 0x3F;
    UInt32 bytes = (f.mBitsPerChannel + 7) / 8 + (how >> 6);
    f.mBytesPerFrame = f.mFormatFlags & kAudioFormatFlagIsNonInterleaved ? bytes
                                                                         : bytes * f.mChannelsPerFrame;
    return f;
}

static void take_property(reader *r, AudioConverterRef c)
{
    static const UInt32 ids[] = { kAudioConverterSampleRateConverterComplexity,
                                  kAudioConverterSampleRateConverterQuality,
                                  kAudioConverterSampleRateConverterInitialPhase,
                                  kAudioConverterPrimeMethod,
                                  kAudioConverterPropertyDithering,
                                  kAudioConverterPropertyDitherBitDepth,
                                  kAudioConverterChannelMap,
                                  'mmap',
                                  'dmix',
                                  kAudioConverterInputChannelLayout,
                                  kAudioConverterOutputChannelLayout,
                                  kAudioConverterDecompressionMagicCookie,
                                  kAudioConverterEncodeBitRate,
                                  kAudioConverterPrimeInfo,
                                  kAudioConverterPropertyCalculateInputBufferSize,
                                  kAudioConverterCompressionMagicCookie };
    UInt8 data[256];
    UInt32 id = ids[take_byte(r) % (sizeof ids / sizeof *ids)], size = take_byte(r);
    take(r, data, size);
    if (id == kAudioConverterSampleRateConverterComplexity && size == 4)
        memcpy(data, "enil", 4);
    AudioConverterSetProperty(c, id, size, data);
    size = sizeof data;
    AudioConverterGetProperty(c, id, &size, data);
}

static OSStatus supply(AudioConverterRef c, UInt32 *packets, AudioBufferList *data,
                       AudioStreamPacketDescription **descriptions, void *user)
{
    static AudioStreamPacketDescription list[4];
    static UInt8 bytes[4096];
    reader *r = user;
    UInt32 how = take_byte(r);
    if (how == 0 || r->at == r->size) {
        *packets = 0;
        return how == 0 && r->at < r->size ? -1 : noErr;
    }
    if (how == 1)
        take_property(r, c);
    if (how == 2)
        AudioConverterReset(c);
    take(r, bytes, sizeof bytes);
    AudioStreamBasicDescription f;
    UInt32 size = sizeof f;
    AudioConverterGetProperty(c, kAudioConverterCurrentInputStreamDescription, &size, &f);
    *packets = how % 5;
    if (f.mBytesPerPacket)
        *packets = how == 3 ? UINT32_MAX : (UInt32)sizeof bytes / f.mBytesPerPacket;
    for (UInt32 i = 0; i < data->mNumberBuffers; i++) {
        data->mBuffers[i].mData = bytes;
        data->mBuffers[i].mDataByteSize = sizeof bytes;
    }
    if (descriptions) {
        for (int i = 0; i < 4; i++)
            list[i] = (AudioStreamPacketDescription){ i * 1000, 0, how == 4 ? 100000 : 900 };
        *descriptions = list;
    }
    return noErr;
}

static void fill(reader *r, AudioConverterRef c, UInt8 *out)
{
    char memory[sizeof(AudioBufferList) + 8 * sizeof(AudioBuffer)];
    AudioBufferList *list = (AudioBufferList *)(void *)memory;
    AudioStreamPacketDescription descriptions[64];
    AudioStreamBasicDescription f;
    UInt32 size = sizeof f, n = take_byte(r) % 64;
    if (AudioConverterGetProperty(c, kAudioConverterCurrentOutputStreamDescription, &size, &f) != noErr)
        return;
    bool planar = f.mFormatID == kAudioFormatLinearPCM && (f.mFormatFlags & kAudioFormatFlagIsNonInterleaved);
    list->mNumberBuffers = planar && f.mChannelsPerFrame <= 9 ? f.mChannelsPerFrame : 1;
    for (UInt32 i = 0; i < list->mNumberBuffers; i++)
        (&list->mBuffers[0])[i] = (AudioBuffer){ 1, 4096, out + i * 4096 };
    AudioConverterFillComplexBuffer(c, supply, r, &n, list, descriptions);
}

int LLVMFuzzerTestOneInput(const UInt8 *bytes, size_t size)
{
    reader r = { bytes, size, 0 };
    AudioStreamBasicDescription from = take_format(&r), to = take_format(&r);
    AudioConverterRef c;
    if (AudioConverterNew(&from, &to, &c) != noErr)
        return 0;
    UInt8 *out = malloc(9 * 4096);
    for (int i = 0; i < 30 && r.at < r.size; i++) {
        UInt32 room = 4096, what = take_byte(&r);
        if (what % 4 == 0) {
            take_property(&r, c);
        } else if (what == 1) {
            AudioConverterReset(c);
        } else if (what == 2) {
            UInt8 in[512];
            take(&r, in, sizeof in);
            AudioConverterConvertBuffer(c, take_byte(&r), in, &room, out);
        } else {
            fill(&r, c, out);
        }
    }
    free(out);
    AudioConverterDispose(c);
    return 0;
}
