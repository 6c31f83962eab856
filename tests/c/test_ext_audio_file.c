/* ExtAudioFile: any format in and out; other programs tell whether the frames are right. */
#include "audio_files.h"
#include "base/handle.h"
#include "format/asbd.h"

#include <AudioToolbox/AudioToolbox.h>
#include <pthread.h>
#include <coremusic/engine.h>

enum { RATE = 44100, FRAMES = 50000 };

static SInt16 sine[FRAMES * 2];

static void make_sine(void)
{
    for (int i = 0; i < FRAMES; i++) {
        sine[2 * i] = (SInt16)lround(20000 * sin(i * 0.05));
        sine[2 * i + 1] = (SInt16)lround(9000 * sin(i * 0.031));
    }
}

static AudioStreamBasicDescription pcm16(Float64 rate, UInt32 channels)
{
    return cm_asbd_pcm(rate, channels, 16, kAudioFormatFlagIsSignedInteger);
}

static AudioBufferList one_buffer(void *data, UInt32 frames, UInt32 bytes_per_frame)
{
    AudioBufferList list = { 1, { { 2, frames * bytes_per_frame, data } } };
    return list;
}

static OSStatus create(const char *name, AudioFileTypeID type, AudioStreamBasicDescription format,
                       ExtAudioFileRef *file)
{
    CFURLRef url = url_of(in_folder(name));
    OSStatus status = ExtAudioFileCreateWithURL(url, type, &format, NULL, kAudioFileFlags_EraseFile, file);
    CFRelease(url);
    return status;
}

static ExtAudioFileRef open_for_reading(const char *name)
{
    CFURLRef url = url_of(in_folder(name));
    ExtAudioFileRef file = NULL;
    CHECK_EQ(ExtAudioFileOpenURL(url, &file), noErr);
    CFRelease(url);
    return file;
}

static void set_client(ExtAudioFileRef file, AudioStreamBasicDescription format)
{
    CHECK_EQ(ExtAudioFileSetProperty(file, kExtAudioFileProperty_ClientDataFormat, sizeof format, &format),
             noErr);
}

/* Writes the sine in pieces of an odd size. */
static void write_sine(ExtAudioFileRef file)
{
    for (UInt32 at = 0; at < FRAMES;) {
        UInt32 frames = FRAMES - at < 1237 ? FRAMES - at : 1237;
        AudioBufferList list = one_buffer(sine + 2 * at, frames, 4);
        CHECK_EQ(ExtAudioFileWrite(file, frames, &list), noErr);
        at += frames;
    }
}

static SInt64 length_of(ExtAudioFileRef file)
{
    SInt64 frames = -1;
    UInt32 size = sizeof frames;
    CHECK_EQ(ExtAudioFileGetProperty(file, kExtAudioFileProperty_FileLengthFrames, &size, &frames), noErr);
    return frames;
}

static UInt32 read_16(ExtAudioFileRef file, SInt16 *to, UInt32 frames)
{
    AudioBufferList list = one_buffer(to, frames, 4);
    CHECK_EQ(ExtAudioFileRead(file, &frames, &list), noErr);
    CHECK_EQ(list.mBuffers[0].mDataByteSize, frames * 4);
    return frames;
}

static const struct {
    const char *name;
    AudioFileTypeID type;
    AudioFormatID format;
    bool lossless;
} kinds[] = {
    { "a.wav", kAudioFileWAVEType, kAudioFormatLinearPCM, true },
    { "a.flac", kAudioFileFLACType, kAudioFormatFLAC, true },
    { "a.m4a", kAudioFileM4AType, kAudioFormatAppleLossless, true },
    { "b.m4a", kAudioFileM4AType, kAudioFormatMPEG4AAC, false },
    { "a.caf", kAudioFileCAFType, kAudioFormatMPEG4AAC, false },
    { "b.caf", kAudioFileCAFType, kAudioFormatAppleIMA4, false },
    { "a.mp3", kAudioFileMP3Type, kAudioFormatMPEGLayer3, false },
    { "a.ogg", kCMAudioFileOggType, kCMAudioFormatVorbis, false },
};

static AudioStreamBasicDescription file_format(AudioFormatID id)
{
    AudioStreamBasicDescription format = { .mSampleRate = RATE, .mFormatID = id, .mChannelsPerFrame = 2 };
    if (id == kAudioFormatLinearPCM)
        format = pcm16(RATE, 2);
    if (id == kAudioFormatFLAC || id == kAudioFormatAppleLossless)
        format.mFormatFlags = kAppleLosslessFormatFlag_16BitSourceData;
    return format;
}

static void check_frames(const SInt16 *got, const SInt16 *expected, UInt32 frames, bool lossless)
{
    double error = 0, signal = 0;
    for (UInt32 i = 0; i < frames * 2; i++) {
        error += pow(got[i] - expected[i], 2);
        signal += pow(expected[i], 2);
    }
    CHECK(lossless ? error == 0 : error < signal * 0.01);
}

static void test_what_goes_in_comes_out(void)
{
    static SInt16 got[FRAMES * 2 + 2000];
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        ExtAudioFileRef file = NULL;
        CHECK_EQ(create(kinds[k].name, kinds[k].type, file_format(kinds[k].format), &file), noErr);
        set_client(file, pcm16(RATE, 2));
        write_sine(file);
        CHECK_EQ(ExtAudioFileDispose(file), noErr);

        file = open_for_reading(kinds[k].name);
        set_client(file, pcm16(RATE, 2));
        printf("   %s: %lld frames\n", kinds[k].name, (long long)length_of(file));
        CHECK_EQ(length_of(file), FRAMES);
        CHECK_EQ(read_16(file, got, FRAMES + 1000), FRAMES);
        check_frames(got, sine, FRAMES, kinds[k].lossless);
        CHECK_EQ(read_16(file, got, 100), 0);

        CHECK_EQ(ExtAudioFileSeek(file, 12345), noErr);
        CHECK_EQ(read_16(file, got, 5000), 5000);
        check_frames(got, sine + 2 * 12345, 5000, kinds[k].lossless);
        SInt64 at = 0;
        CHECK_EQ(ExtAudioFileTell(file, &at), noErr);
        CHECK_EQ(at, 17345);
        CHECK_EQ(ExtAudioFileSeek(file, FRAMES + 1), kExtAudioFileError_InvalidSeek);
        CHECK_EQ(ExtAudioFileDispose(file), noErr);
        CHECK_EQ(run("ffprobe -v error %s", kinds[k].name), 0);
        CHECK_STR(command_output, "");
    }
}

/* Half the rate, one channel, non-interleaved floats: length and level of a sine stay. */
static void test_client_format_of_any_kind(void)
{
    static Float32 mono[FRAMES];
    ExtAudioFileRef file = open_for_reading("a.flac");
    set_client(file,
               cm_asbd_pcm(RATE / 2.0, 1, 32, kAudioFormatFlagIsFloat | kAudioFormatFlagIsNonInterleaved));
    AudioBufferList list = { 1, { { 1, sizeof mono, mono } } };
    UInt32 frames = FRAMES, total = 0;
    double power = 0;
    CHECK_EQ(ExtAudioFileRead(file, &frames, &list), noErr);
    total = frames;
    for (UInt32 i = 0; i < total; i++)
        power += mono[i] * mono[i];
    CHECK_EQ(total, FRAMES / 2);
    double expected = 20000.0 * 20000 / 2 / 32768 / 32768; /* without a mix, mono is the first channel */
    CHECK_NEAR(power / total, expected, expected * 0.02);
    CHECK_EQ(ExtAudioFileSeek(file, 20000), noErr);
    frames = 1000;
    CHECK_EQ(ExtAudioFileRead(file, &frames, &list), noErr);
    SInt64 at = 0;
    CHECK_EQ(ExtAudioFileTell(file, &at), noErr);
    CHECK_EQ(at, 22000);
    CHECK_EQ(ExtAudioFileDispose(file), noErr);
}

static void test_asynchronous_writing(void)
{
    static SInt16 got[FRAMES * 2];
    ExtAudioFileRef file = NULL;
    CHECK_EQ(create("async.wav", kAudioFileWAVEType, pcm16(RATE, 2), &file), noErr);
    set_client(file, pcm16(RATE, 2));
    CHECK_EQ(ExtAudioFileWriteAsync(file, 0, NULL), noErr);
    AudioBufferList whole = one_buffer(sine, FRAMES, 4);
    CHECK_EQ(ExtAudioFileWriteAsync(file, FRAMES, &whole), kExtAudioFileError_AsyncWriteTooLarge);
    for (UInt32 at = 0; at < FRAMES;) {
        AudioBufferList list = one_buffer(sine + 2 * at, 500, 4);
        OSStatus status = ExtAudioFileWriteAsync(file, 500, &list);
        if (status == kExtAudioFileError_AsyncWriteBufferOverflow) {
            usleep(500);
            continue;
        }
        CHECK_EQ(status, noErr);
        at += 500;
    }
    CHECK_EQ(ExtAudioFileDispose(file), noErr);
    file = open_for_reading("async.wav");
    CHECK_EQ(read_16(file, got, FRAMES), FRAMES);
    check_frames(got, sine, FRAMES, true);
    CHECK_EQ(ExtAudioFileDispose(file), noErr);
}

static void test_converter_config(void)
{
    ExtAudioFileRef file = open_for_reading("b.m4a");
    CFPropertyListRef config = NULL;
    UInt32 size = sizeof config;
    set_client(file, pcm16(RATE / 2, 2));
    CHECK_EQ(ExtAudioFileGetProperty(file, kExtAudioFileProperty_ConverterConfig, &size, &config), noErr);
    CHECK_EQ(size, sizeof config);
    CHECK_EQ(CFGetTypeID(config), CFArrayGetTypeID());
    CHECK(CFArrayGetCount(config) > 0);
    CHECK_EQ(ExtAudioFileSetProperty(file, kExtAudioFileProperty_ConverterConfig, size, &config), noErr);
    CFRelease(config);
    set_client(file, pcm16(RATE, 2));
    CHECK_EQ(ExtAudioFileGetProperty(file, kExtAudioFileProperty_ConverterConfig, &size, &config), noErr);
    CHECK(config == NULL); /* nothing is converted */
    size = 4;
    CHECK_EQ(ExtAudioFileGetProperty(file, kExtAudioFileProperty_ConverterConfig, &size, &config),
             kExtAudioFileError_InvalidPropertySize);
    CHECK_EQ(ExtAudioFileDispose(file), noErr);
}

static void test_misuse(void)
{
    ExtAudioFileRef file = open_for_reading("b.m4a");
    SInt16 few[20];
    UInt32 frames = 10;
    AudioBufferList list = one_buffer(few, 10, 4);
    CHECK_EQ(ExtAudioFileRead(file, &frames, &list), kExtAudioFileError_NonPCMClientFormat);
    set_client(file, pcm16(RATE, 2));
    frames = 11;
    CHECK_EQ(ExtAudioFileRead(file, &frames, &list), kAudio_ParamError);
    frames = 10;
    list.mNumberBuffers = 2;
    CHECK_EQ(ExtAudioFileRead(file, &frames, &list), kAudio_ParamError);
    CHECK_EQ(ExtAudioFileWrite(file, 10, &list), kExtAudioFileError_InvalidOperationOrder);
    UInt32 size = 3;
    CHECK_EQ(ExtAudioFileGetProperty(file, 'what', &size, few), kExtAudioFileError_InvalidProperty);
    CHECK_EQ(ExtAudioFileGetProperty(file, kExtAudioFileProperty_FileDataFormat, &size, few),
             kExtAudioFileError_InvalidPropertySize);
    CHECK_EQ(ExtAudioFileDispose(file), noErr);
    CHECK_EQ(ExtAudioFileDispose(file), kAudio_ParamError);
    CHECK_EQ(ExtAudioFileRead(file, &frames, &list), kAudio_ParamError);
    CHECK_EQ(ExtAudioFileRead(NULL, &frames, &list), kAudio_ParamError);
}

static void *read_on(void *file)
{
    SInt16 block[2000];
    for (int i = 0; i < 200; i++) {
        UInt32 frames = 1000;
        AudioBufferList list = one_buffer(block, 1000, 4);
        OSStatus status = ExtAudioFileRead(file, &frames, &list);
        CHECK(status == noErr || status == kAudio_ParamError);
        if (i % 7 == 0)
            ExtAudioFileSeek(file, i * 100);
    }
    return NULL;
}

static void test_threads_share_and_close(void)
{
    for (int round = 0; round < 10; round++) {
        ExtAudioFileRef file = open_for_reading(round % 2 ? "a.mp3" : "a.wav");
        set_client(file, pcm16(RATE, 2));
        pthread_t threads[3];
        for (int i = 0; i < 3; i++)
            pthread_create(&threads[i], NULL, read_on, file);
        usleep(2000);
        CHECK_EQ(ExtAudioFileDispose(file), noErr);
        for (int i = 0; i < 3; i++)
            pthread_join(threads[i], NULL);
    }
    CHECK_EQ(cm_handle_count(CM_KIND_EXT_AUDIO_FILE), 0);
    CHECK_EQ(cm_handle_count(CM_KIND_AUDIO_FILE), 0);
    CHECK_EQ(cm_handle_count(CM_KIND_AUDIO_CONVERTER), 0);
}

/* An encoder writes its last packets on closing, after the file was given up: the old one stays all the same.
 */
static void check_discard(AudioFileTypeID type, AudioStreamBasicDescription format)
{
    ExtAudioFileRef file = NULL;
    AudioFileID id = NULL;
    UInt32 size = sizeof id;
    CHECK_EQ(run("cp a.wav old.wav && cp old.wav keep.wav"), 0);
    CHECK_EQ(create("old.wav", type, format, &file), noErr);
    set_client(file, pcm16(RATE, 2));
    write_sine(file);
    CHECK_EQ(ExtAudioFileGetProperty(file, kExtAudioFileProperty_AudioFile, &size, &id), noErr);
    CHECK_EQ(CMAudioFileDiscard(id), noErr);
    CHECK_EQ(ExtAudioFileDispose(file), -128);
    CHECK_EQ(run("cmp old.wav keep.wav && ls -A | grep -c part"), 256);
    CHECK_STR(command_output, "0");
}

static void test_discarded_file_leaves_the_old_one(void)
{
    AudioStreamBasicDescription flac = { .mSampleRate = RATE,
                                         .mFormatID = kAudioFormatFLAC,
                                         .mFormatFlags = kAppleLosslessFormatFlag_16BitSourceData,
                                         .mChannelsPerFrame = 2 };
    check_discard(kAudioFileWAVEType, pcm16(RATE, 2));
    check_discard(kAudioFileFLACType, flac);
    check_discard(kAudioFileCAFType, flac);
}

int main(void)
{
    make_sine();
    RUN(test_what_goes_in_comes_out);
    RUN(test_client_format_of_any_kind);
    RUN(test_asynchronous_writing);
    RUN(test_converter_config);
    RUN(test_misuse);
    RUN(test_threads_share_and_close);
    RUN(test_discarded_file_leaves_the_old_one);
    return 0;
}
