/* Converts a sound file to AAC in M4A: ExtAudioFile decodes, an AudioConverter encodes. A small afconvert.
 *
 *     convert IN OUT.m4a [BITS_PER_SECOND]
 */
#include <AudioToolbox/AudioToolbox.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { kFrames = 4096, kPackets = 8 };

typedef struct Source {
    ExtAudioFileRef file;
    AudioStreamBasicDescription format;
    float *samples;
    OSStatus status;
} Source;

static void check(OSStatus status, const char *what)
{
    if (status == noErr)
        return;
    fprintf(stderr, "%s: error %d\n", what, (int)status);
    exit(1);
}

static CFURLRef make_url(const char *path)
{
    return CFURLCreateFromFileSystemRepresentation(NULL, (const UInt8 *)path, (CFIndex)strlen(path), false);
}

static void open_source(Source *source, const char *path)
{
    AudioStreamBasicDescription in_file;
    UInt32 size = sizeof in_file;
    CFURLRef url = make_url(path);
    check(ExtAudioFileOpenURL(url, &source->file), path);
    CFRelease(url);
    check(ExtAudioFileGetProperty(source->file, kExtAudioFileProperty_FileDataFormat, &size, &in_file),
          "format");
    source->format = in_file;
    source->format.mFormatID = kAudioFormatLinearPCM;
    source->format.mFormatFlags = kAudioFormatFlagsNativeFloatPacked;
    source->format.mBitsPerChannel = 32;
    source->format.mFramesPerPacket = 1;
    source->format.mBytesPerFrame = source->format.mBytesPerPacket = 4 * in_file.mChannelsPerFrame;
    check(ExtAudioFileSetProperty(source->file, kExtAudioFileProperty_ClientDataFormat, sizeof source->format,
                                  &source->format),
          "client format");
    source->samples = (float *)malloc(kFrames * source->format.mBytesPerFrame);
}

/* The converter asks for frames; none at the end. */
static OSStatus bring_frames(AudioConverterRef converter, UInt32 *count, AudioBufferList *buffers,
                             AudioStreamPacketDescription **descriptions, void *user)
{
    Source *source = (Source *)user;
    (void)converter, (void)descriptions;
    if (*count > kFrames)
        *count = kFrames;
    buffers->mNumberBuffers = 1;
    buffers->mBuffers[0].mNumberChannels = source->format.mChannelsPerFrame;
    buffers->mBuffers[0].mDataByteSize = *count * source->format.mBytesPerFrame;
    buffers->mBuffers[0].mData = source->samples;
    return source->status = ExtAudioFileRead(source->file, count, buffers);
}

static AudioConverterRef make_encoder(const Source *source, UInt32 bit_rate, AudioStreamBasicDescription *aac)
{
    AudioConverterRef encoder = NULL;
    UInt32 size = sizeof *aac;
    memset(aac, 0, sizeof *aac);
    aac->mFormatID = kAudioFormatMPEG4AAC;
    aac->mSampleRate = source->format.mSampleRate;
    aac->mChannelsPerFrame = source->format.mChannelsPerFrame;
    check(AudioFormatGetProperty(kAudioFormatProperty_FormatInfo, 0, NULL, &size, aac), "AAC");
    check(AudioConverterNew(&source->format, aac, &encoder), "encoder");
    if (bit_rate)
        check(AudioConverterSetProperty(encoder, kAudioConverterEncodeBitRate, sizeof bit_rate, &bit_rate),
              "bit rate");
    return encoder;
}

static void set_cookie(AudioFileID file, AudioConverterRef encoder)
{
    UInt32 size = 0;
    Boolean writable;
    if (AudioConverterGetPropertyInfo(encoder, kAudioConverterCompressionMagicCookie, &size, &writable) !=
            noErr ||
        !size)
        return;
    void *cookie = malloc(size);
    check(AudioConverterGetProperty(encoder, kAudioConverterCompressionMagicCookie, &size, cookie), "cookie");
    check(AudioFileSetProperty(file, kAudioFilePropertyMagicCookieData, size, cookie), "cookie");
    free(cookie);
}

/* How many frames are the encoder's own, before the sound and after it. */
static void set_priming(AudioFileID file, AudioConverterRef encoder, SInt64 packets, UInt32 frames_per_packet)
{
    AudioConverterPrimeInfo prime;
    AudioFilePacketTableInfo table;
    UInt32 size = sizeof prime;
    if (AudioConverterGetProperty(encoder, kAudioConverterPrimeInfo, &size, &prime) != noErr)
        return;
    table.mPrimingFrames = (SInt32)prime.leadingFrames;
    table.mRemainderFrames = (SInt32)prime.trailingFrames;
    table.mNumberValidFrames = packets * frames_per_packet - table.mPrimingFrames - table.mRemainderFrames;
    check(AudioFileSetProperty(file, kAudioFilePropertyPacketTableInfo, sizeof table, &table),
          "packet table");
}

static SInt64 encode(Source *source, AudioConverterRef encoder, AudioFileID file)
{
    AudioStreamPacketDescription descriptions[kPackets];
    UInt32 largest, size = sizeof largest;
    SInt64 written = 0;
    check(AudioConverterGetProperty(encoder, kAudioConverterPropertyMaximumOutputPacketSize, &size, &largest),
          "packet size");
    void *bytes = malloc(kPackets * largest);
    for (;;) {
        UInt32 count = kPackets;
        AudioBufferList out = { 1, { { source->format.mChannelsPerFrame, kPackets * largest, bytes } } };
        check(AudioConverterFillComplexBuffer(encoder, bring_frames, source, &count, &out, descriptions),
              "encode");
        if (count == 0)
            break;
        check(AudioFileWritePackets(file, false, out.mBuffers[0].mDataByteSize, descriptions, written, &count,
                                    bytes),
              "write");
        written += count;
    }
    free(bytes);
    return written;
}

int main(int argc, char **argv)
{
    Source source;
    AudioStreamBasicDescription aac;
    AudioFileID file = NULL;
    if (argc < 3) {
        fprintf(stderr, "usage: convert IN OUT.m4a [BITS_PER_SECOND]\n");
        return 2;
    }
    open_source(&source, argv[1]);
    AudioConverterRef encoder = make_encoder(&source, argc > 3 ? (UInt32)atoi(argv[3]) : 0, &aac);
    CFURLRef url = make_url(argv[2]);
    check(AudioFileCreateWithURL(url, kAudioFileM4AType, &aac, kAudioFileFlags_EraseFile, &file), argv[2]);
    CFRelease(url);
    set_cookie(file, encoder);
    SInt64 packets = encode(&source, encoder, file);
    set_priming(file, encoder, packets, aac.mFramesPerPacket);
    check(AudioFileClose(file), "close");
    printf("%lld packets of %u frames\n", (long long)packets, (unsigned)aac.mFramesPerPacket);
    AudioConverterDispose(encoder);
    ExtAudioFileDispose(source.file);
    free(source.samples);
    return 0;
}
