/* file_kit.h: what the tests of file containers share: files in a folder of their own, other programs, info
 * texts. */
#ifndef TESTS_FILE_KIT_H
#define TESTS_FILE_KIT_H

#include "check.h"

#include "base/bytes.h"
#include "base/io.h"
#include "file/chunks.h"
#include "file/file.h"
#include "format/asbd.h"

#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

static char kit_folder[64];

static inline void kit_begin(void)
{
    strcpy(kit_folder, "/tmp/cm_file_kit_XXXXXX");
    CHECK(mkdtemp(kit_folder));
}

static inline void kit_end(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", kit_folder);
    CHECK(system(command) == 0);
}

/* A path in the test's folder; lives until the eighth call after this one. */
static inline const char *kit_path(const char *name)
{
    static char paths[8][160];
    static int next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", kit_folder, name);
    return path;
}

static inline void kit_write(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    CHECK(file && fwrite(bytes, 1, size, file) == size && fclose(file) == 0);
}

/* The whole file; the caller's to free. */
static inline UInt8 *kit_read(const char *path, size_t *size)
{
    struct stat info;
    FILE *file = fopen(path, "rb");
    CHECK(file && fstat(fileno(file), &info) == 0);
    *size = (size_t)info.st_size;
    UInt8 *bytes = malloc(*size + 1);
    CHECK(bytes && fread(bytes, 1, *size, file) == *size);
    fclose(file);
    return bytes;
}

/* What a shell command prints, without the last line's end; lives until the next call. */
__attribute__((format(printf, 1, 2))) static inline const char *kit_shell(const char *format, ...)
{
    static char output[65536];
    char command[4096];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(command, sizeof command, format, arguments);
    va_end(arguments);
    FILE *pipe = popen(command, "r");
    CHECK(pipe);
    size_t n = fread(output, 1, sizeof output - 1, pipe);
    pclose(pipe);
    while (n && output[n - 1] == '\n')
        n--;
    output[n] = 0;
    return output;
}

static inline bool kit_have(const char *program)
{
    return *kit_shell("command -v %s", program) != 0;
}

/* The Python that has the packages which tests compare with, or an empty text. */
static inline const char *kit_python(void)
{
    static char found[256];
    if (!*found) {
        const char *named = getenv("PYTHON");
        snprintf(found, sizeof found, "%s", named ? named : ".venv/bin/python");
    }
    return access(found, X_OK) == 0 ? found : "";
}

static inline bool kit_have_module(const char *module)
{
    static struct {
        char name[32];
        bool have;
    } known[8];
    size_t i = 0;
    while (i < 7 && *known[i].name && strcmp(known[i].name, module) != 0)
        i++;
    if (strcmp(known[i].name, module) != 0) {
        snprintf(known[i].name, sizeof known[i].name, "%s", module);
        known[i].have = *kit_python() && strcmp(kit_shell("%s -W ignore -c 'import %s; print(1)' 2>/dev/null",
                                                          kit_python(), module),
                                                "1") == 0;
    }
    return known[i].have;
}

static inline cm_file *kit_open(const char *path, bool writable)
{
    cm_file *f = NULL;
    AudioFilePermissions permissions = writable ? kAudioFileReadWritePermission : kAudioFileReadPermission;
    OSStatus status = cm_file_open_path(path, permissions, 0, &f);
    if (status != noErr)
        fprintf(stderr, "%s: %d %s\n", path, (int)status, cm_detail(status) ? cm_detail(status) : "");
    CHECK_EQ(status, noErr);
    return f;
}

static inline OSStatus kit_open_status(const char *path)
{
    cm_file *f = NULL;
    OSStatus status = cm_file_open_path(path, kAudioFileReadPermission, 0, &f);
    cm_file_free(f);
    return status;
}

static inline OSStatus kit_open_memory(const void *bytes, size_t size, cm_file **f)
{
    cm_io *io = NULL;
    *f = NULL;
    CHECK_EQ(cm_io_wrap_memory(bytes, size, &io), noErr);
    return cm_file_open_io(io, kAudioFileReadPermission, 0, f);
}

static inline OSStatus kit_try_create(const char *path, AudioFileTypeID type,
                                      AudioStreamBasicDescription format, AudioFileFlags flags, cm_file **f)
{
    cm_io *io = NULL;
    *f = NULL;
    CHECK_EQ(cm_io_create(path, true, &io), noErr);
    return cm_file_create_io(io, type, &format, flags, f);
}

static inline cm_file *kit_create(const char *path, AudioFileTypeID type, AudioStreamBasicDescription format)
{
    cm_file *f = NULL;
    CHECK_EQ(kit_try_create(path, type, format, 0, &f), noErr);
    return f;
}

/* Appends whole packets of constant size. */
static inline void kit_append(cm_file *f, const void *bytes, size_t size)
{
    SInt64 present = 0;
    UInt32 count = (UInt32)(size / f->format.mBytesPerPacket), wanted = count;
    CHECK_EQ(cm_file_count_packets(f, &present), noErr);
    CHECK_EQ(cm_file_write_packets(f, present, &count, NULL, (UInt32)size, bytes), noErr);
    CHECK_EQ(count, wanted);
}

/* The audio data as it is in the file; the caller's to free. */
static inline UInt8 *kit_audio(cm_file *f)
{
    UInt32 size = (UInt32)f->data_bytes;
    UInt8 *bytes = malloc(size + 1);
    CHECK(bytes);
    if (size) {
        CHECK_EQ(cm_file_read_bytes(f, 0, &size, bytes), noErr);
        CHECK_EQ(size, f->data_bytes);
    }
    return bytes;
}

static inline CFMutableDictionaryRef kit_dictionary(void)
{
    return CFDictionaryCreateMutable(NULL, 0, &kCFTypeDictionaryKeyCallBacks,
                                     &kCFTypeDictionaryValueCallBacks);
}

static inline void kit_set(CFMutableDictionaryRef info, const char *key, const char *text)
{
    CFStringRef name = CFStringCreateWithCString(NULL, key, kCFStringEncodingUTF8);
    CFStringRef value = CFStringCreateWithCString(NULL, text, kCFStringEncodingUTF8);
    CHECK(name && value);
    CFDictionarySetValue(info, name, value);
    CFRelease(name);
    CFRelease(value);
}

/* "" when the key is absent; lives until the next call. */
static inline const char *kit_get(CFDictionaryRef info, const char *key)
{
    static char text[4096];
    CFStringRef name = CFStringCreateWithCString(NULL, key, kCFStringEncodingUTF8);
    CFStringRef value = CFDictionaryGetValue(info, name);
    CFRelease(name);
    text[0] = 0;
    if (value)
        CHECK(CFStringGetCString(value, text, sizeof text, kCFStringEncodingUTF8));
    return text;
}

/* Key and text, alternating, up to NULL. */
static inline void kit_write_info(cm_file *f, const char *const *pairs)
{
    CFMutableDictionaryRef info = kit_dictionary();
    for (; *pairs; pairs += 2)
        kit_set(info, pairs[0], pairs[1]);
    CHECK_EQ(f->container->write_info(f, info), noErr);
    CFRelease(info);
}

static inline CFMutableDictionaryRef kit_read_info(cm_file *f)
{
    CFMutableDictionaryRef info = kit_dictionary();
    CHECK_EQ(f->container->read_info(f, info), noErr);
    return info;
}

static inline void kit_check_info(cm_file *f, const char *const *pairs)
{
    CFMutableDictionaryRef info = kit_read_info(f);
    CFIndex count = 0;
    for (; *pairs; pairs += 2, count++)
        CHECK_STR(kit_get(info, pairs[0]), pairs[1]);
    CHECK_EQ(CFDictionaryGetCount(info), count);
    CFRelease(info);
}

static inline void kit_check_name(CFStringRef name, const char *expected)
{
    char text[512] = "";
    if (name)
        CHECK(CFStringGetCString(name, text, sizeof text, kCFStringEncodingUTF8));
    CHECK_STR(text, expected);
}

/* What a dictionary in these tests holds: what AIFF has chunks for, and what only its ID3 tag can say. */
static const char *const kit_info[] = { kAFInfoDictionary_Title,
                                        "T\xC3\xAFtle",
                                        kAFInfoDictionary_Artist,
                                        "Artist",
                                        kAFInfoDictionary_Copyright,
                                        "(c) 2004",
                                        kAFInfoDictionary_Comments,
                                        "first\nsecond",
                                        kAFInfoDictionary_Album,
                                        "Album",
                                        kAFInfoDictionary_Genre,
                                        "Rock",
                                        "own key",
                                        "own value",
                                        NULL };

/* A tone and its odd neighbours, so that a wrong byte order or depth is heard at once by any comparison. */
static inline void kit_tone(SInt16 *to, size_t samples)
{
    for (size_t i = 0; i < samples; i++)
        to[i] = (SInt16)(12000 * sin((double)i * 0.031) + 3000 * sin((double)i * 0.7) + (double)(i % 17));
}

/* A file of 1000 frames, 44100 Hz, 16 bits, stereo: kit_tone's first 2000 samples. */
static inline void kit_make(const char *path, AudioFileTypeID type, AudioFileFlags flags)
{
    AudioFormatFlags order = type == kAudioFileAIFFType ? kAudioFormatFlagIsBigEndian : 0;
    AudioFormatFlags whole = kAudioFormatFlagIsSignedInteger | kAudioFormatFlagIsPacked;
    SInt16 tone[2000];
    cm_file *f;
    kit_tone(tone, 2000);
    CHECK_EQ(kit_try_create(path, type, cm_asbd_pcm(44100, 2, 16, order | whole), flags, &f), noErr);
    kit_append(f, tone, sizeof tone);
    CHECK_EQ(cm_file_close(f), noErr);
}

#endif
