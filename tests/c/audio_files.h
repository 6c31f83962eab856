/* audio_files.h: what tests of audio files share: a folder of their own, other programs, a few short cuts. */
#ifndef TESTS_AUDIO_FILES_H
#define TESTS_AUDIO_FILES_H

#include "check.h"

#include <AudioToolbox/AudioFile.h>
#include <stdarg.h>
#include <unistd.h>

static char test_folder[128];

static inline void remove_test_folder(void)
{
    char command[160];
    snprintf(command, sizeof command, "rm -rf %s", test_folder);
    if (test_folder[0] && system(command) != 0)
        fprintf(stderr, "%s was left behind\n", test_folder);
}

/* A path in the test's folder. The last 8 results stay valid. */
static inline const char *in_folder(const char *name)
{
    static char paths[8][256];
    static int turn;
    if (!test_folder[0]) {
        snprintf(test_folder, sizeof test_folder, "/tmp/coremusic-test-XXXXXX");
        CHECK(mkdtemp(test_folder) != NULL);
        atexit(remove_test_folder);
    }
    turn = (turn + 1) % 8;
    snprintf(paths[turn], sizeof paths[turn], "%s/%s", test_folder, name);
    return paths[turn];
}

/* Runs a shell command in the test's folder; its exit status, and its output in a static buffer. */
static char command_output[65536];

static inline int run(const char *format, ...)
{
    char command[2048];
    in_folder("");
    int at = snprintf(command, sizeof command, "cd %s && ", test_folder);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(command + at, sizeof command - (size_t)at, format, arguments);
    va_end(arguments);
    FILE *pipe = popen(command, "r");
    CHECK(pipe != NULL);
    size_t got = fread(command_output, 1, sizeof command_output - 1, pipe);
    command_output[got] = 0;
    while (got && command_output[got - 1] == '\n')
        command_output[--got] = 0;
    return pclose(pipe);
}

static inline CFURLRef url_of(const char *path)
{
    return CFURLCreateFromFileSystemRepresentation(NULL, (const UInt8 *)path, (CFIndex)strlen(path), false);
}

static inline OSStatus open_file(const char *path, AudioFilePermissions permissions, AudioFileID *file)
{
    CFURLRef url = url_of(path);
    OSStatus status = AudioFileOpenURL(url, permissions, 0, file);
    CFRelease(url);
    return status;
}

static inline OSStatus create_file(const char *path, AudioFileTypeID type,
                                   const AudioStreamBasicDescription *format, AudioFileID *file)
{
    CFURLRef url = url_of(path);
    OSStatus status = AudioFileCreateWithURL(url, type, format, kAudioFileFlags_EraseFile, file);
    CFRelease(url);
    return status;
}

static inline AudioStreamBasicDescription pcm_format(double rate, UInt32 channels, UInt32 bits,
                                                     AudioFormatFlags flags)
{
    UInt32 frame = (bits + 7) / 8 * channels;
    return (AudioStreamBasicDescription){ .mSampleRate = rate,
                                          .mFormatID = kAudioFormatLinearPCM,
                                          .mFormatFlags = flags,
                                          .mBytesPerPacket = frame,
                                          .mFramesPerPacket = 1,
                                          .mBytesPerFrame = frame,
                                          .mChannelsPerFrame = channels,
                                          .mBitsPerChannel = bits };
}

static inline AudioStreamBasicDescription int16_format(double rate, UInt32 channels)
{
    return pcm_format(rate, channels, 16, kAudioFormatFlagIsSignedInteger | kAudioFormatFlagIsPacked);
}

static inline UInt32 get_u32(AudioFileID file, AudioFilePropertyID id)
{
    UInt32 value = 0, size = sizeof value;
    CHECK_EQ(AudioFileGetProperty(file, id, &size, &value), 0);
    CHECK_EQ(size, sizeof value);
    return value;
}

static inline SInt64 get_s64(AudioFileID file, AudioFilePropertyID id)
{
    SInt64 value = 0;
    UInt32 size = sizeof value;
    CHECK_EQ(AudioFileGetProperty(file, id, &size, &value), 0);
    CHECK_EQ(size, sizeof value);
    return value;
}

static inline double get_f64(AudioFileID file, AudioFilePropertyID id)
{
    double value = 0;
    UInt32 size = sizeof value;
    CHECK_EQ(AudioFileGetProperty(file, id, &size, &value), 0);
    return value;
}

static inline AudioStreamBasicDescription get_format(AudioFileID file)
{
    AudioStreamBasicDescription format;
    UInt32 size = sizeof format;
    CHECK_EQ(AudioFileGetProperty(file, kAudioFilePropertyDataFormat, &size, &format), 0);
    CHECK_EQ(size, 40);
    return format;
}

/* Info as text; "" when the key is not there. */
static inline const char *get_info(AudioFileID file, const char *key)
{
    static char text[4096];
    CFDictionaryRef info = NULL;
    UInt32 size = sizeof info;
    CHECK_EQ(AudioFileGetProperty(file, kAudioFilePropertyInfoDictionary, &size, &info), 0);
    CFStringRef name = CFStringCreateWithCString(NULL, key, kCFStringEncodingUTF8);
    CFStringRef value = CFDictionaryGetValue(info, name);
    text[0] = 0;
    if (value)
        CHECK(CFStringGetCString(value, text, sizeof text, kCFStringEncodingUTF8));
    CFRelease(name);
    CFRelease(info);
    return text;
}

/* Sets the info dictionary from pairs of key and value; NULL ends them. */
static inline OSStatus set_info(AudioFileID file, const char *key, ...)
{
    CFMutableDictionaryRef info = CFDictionaryCreateMutable(NULL, 0, &kCFTypeDictionaryKeyCallBacks,
                                                            &kCFTypeDictionaryValueCallBacks);
    va_list pairs;
    va_start(pairs, key);
    for (; key; key = va_arg(pairs, const char *)) {
        CFStringRef name = CFStringCreateWithCString(NULL, key, kCFStringEncodingUTF8);
        CFStringRef value = CFStringCreateWithCString(NULL, va_arg(pairs, const char *),
                                                      kCFStringEncodingUTF8);
        CFDictionarySetValue(info, name, value);
        CFRelease(name);
        CFRelease(value);
    }
    va_end(pairs);
    OSStatus status = AudioFileSetProperty(file, kAudioFilePropertyInfoDictionary, sizeof info, &info);
    CFRelease(info);
    return status;
}

/* Contents of a file in memory that the caller frees. */
static inline unsigned char *slurp(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL);
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    unsigned char *bytes = malloc(*size + 1);
    CHECK_EQ(fread(bytes, 1, *size, file), *size);
    fclose(file);
    return bytes;
}

static inline void spill(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    CHECK(file != NULL);
    CHECK_EQ(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

/* A new 16-bit stereo file whose samples count upwards, still open. */
static inline AudioFileID create_ramp(const char *name, UInt32 frames)
{
    AudioFileID file;
    AudioStreamBasicDescription format = int16_format(44100, 2);
    SInt16 *samples = malloc(frames * 4 + 1);
    UInt32 packets = frames;
    for (UInt32 i = 0; i < frames * 2; i++)
        samples[i] = (SInt16)i;
    CHECK_EQ(create_file(in_folder(name), kAudioFileWAVEType, &format, &file), 0);
    CHECK_EQ(AudioFileWritePackets(file, false, frames * 4, NULL, 0, &packets, samples), 0);
    CHECK_EQ(packets, frames);
    free(samples);
    return file;
}

/* The same, closed and opened again. */
static inline AudioFileID open_ramp(const char *name, UInt32 frames, AudioFilePermissions permissions)
{
    AudioFileID file = create_ramp(name, frames);
    CHECK_EQ(AudioFileClose(file), 0);
    CHECK_EQ(open_file(in_folder(name), permissions, &file), 0);
    return file;
}

#endif
