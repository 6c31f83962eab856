/* Where chunks go in AIFF files, and AIFF files that are not what they should be. */
#include "file_kit.h"

#define STORED (kAudioFormatFlagIsBigEndian | kAudioFormatFlagIsSignedInteger | kAudioFormatFlagIsPacked)

/* ---- the layout of the file ---- */

/* Growing, shrinking and removing chunks in all orders; the audio stays, and aifc reads every result. */
static void test_edits(void)
{
    /* The first would leave four bytes of the gap in front of the audio, too few for a filler. */
    static const size_t sizes[] = { 4030, 10, 3000, 11, 20000, 1, 2, 4096, 0, 5, 12345 };
    const char *path = kit_path("edit.aiff");
    UInt8 *junk = calloc(1, 20000);
    kit_make(path, kAudioFileAIFFType, 0);
    size_t whole;
    UInt8 *bytes = kit_read(path, &whole);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        cm_file *f = kit_open(path, true);
        CHECK_EQ(f->data_offset, 4096);
        CHECK_EQ(f->data_bytes, 4000);
        CHECK_EQ(cm_chunk_set(f, 'APPL',
                              (UInt32)(i % 3) < cm_chunk_count(f, 'APPL') ? (UInt32)(i % 3)
                                                                          : cm_chunk_count(f, 'APPL'),
                              junk, sizes[i]),
                 noErr);
        if (i == 6)
            CHECK_EQ(cm_chunk_remove(f, 'APPL', 0), noErr);
        CHECK_EQ(cm_file_close(f), noErr);
        if (kit_have_module("aifc"))
            CHECK_STR(kit_shell("%s -W ignore -c \"import aifc; print(aifc.open('%s').getnframes())\"",
                                kit_python(), path),
                      "1000");
        f = kit_open(path, false);
        UInt8 *audio = kit_audio(f);
        CHECK(memcmp(audio, bytes + 4096, 4000) == 0);
        free(audio);
        cm_file_free(f);
    }
    cm_file *f = kit_open(path, true);
    CHECK_EQ(f->container->optimize(f), noErr);
    CHECK_EQ(cm_file_close(f), noErr);
    f = kit_open(path, false);
    for (size_t i = 0; i < f->chunk_count; i++)
        CHECK(f->chunks[i].offset < f->data_offset);
    UInt8 *audio = kit_audio(f);
    CHECK(memcmp(audio, bytes + 4096, 4000) == 0);
    CHECK_EQ(f->data_offset + f->data_bytes, cm_io_size(f->io));
    free(audio);
    cm_file_free(f);
    free(bytes);
    free(junk);
}

/* Chunks behind the audio give way when it grows, and when it shrinks. */
static void test_growing(void)
{
    const char *path = kit_path("grow.aiff");
    SInt16 tone[6000];
    kit_tone(tone, 6000);
    kit_make(path, kAudioFileAIFFType, kAudioFileFlags_DontPageAlignAudioData);
    cm_file *f = kit_open(path, true);
    CHECK_EQ(f->data_offset, 12 + 26 + 16);
    kit_write_info(f, kit_info);
    CHECK_EQ(cm_file_close(f), noErr);
    f = kit_open(path, true);
    kit_append(f, tone + 2000, 4000 * 2);
    CHECK_EQ(cm_file_close(f), noErr);
    f = kit_open(path, true);
    kit_check_info(f, kit_info);
    CHECK_EQ(f->packet_count, 3000);
    UInt8 *audio = kit_audio(f);
    CHECK(memcmp(audio, tone, sizeof tone) == 0);
    free(audio);
    CHECK_EQ(cm_file_set_data_bytes(f, 400), noErr);
    CHECK_EQ(cm_file_close(f), noErr);
    f = kit_open(path, false);
    kit_check_info(f, kit_info);
    CHECK_EQ(f->packet_count, 100);
    audio = kit_audio(f);
    CHECK(memcmp(audio, tone, 400) == 0);
    free(audio);
    cm_file_free(f);
}

/* An odd number of audio bytes is padded. */
static void test_odd_length(void)
{
    const char *path = kit_path("odd.aiff");
    AudioStreamBasicDescription mono8 = cm_asbd_pcm(8000, 1, 8, STORED);
    cm_file *f = kit_create(path, kAudioFileAIFFType, mono8);
    kit_append(f, "abc", 3);
    CHECK_EQ(cm_chunk_set(f, 'NAME', 0, "xyz", 3), noErr);
    f->flags = kAudioFileFlags_DontPageAlignAudioData;
    CHECK_EQ(cm_file_close(f), noErr);
    f = kit_open(path, true);
    CHECK_EQ(f->packet_count, 3);
    kit_append(f, "de", 2);
    CHECK_EQ(cm_file_close(f), noErr);
    f = kit_open(path, false);
    CHECK_EQ(f->packet_count, 5);
    kit_check_info(f, (const char *const[]){ kAFInfoDictionary_Title, "xyz", NULL });
    UInt8 *audio = kit_audio(f);
    CHECK(memcmp(audio, "abcde", 5) == 0);
    CHECK_EQ(cm_io_size(f->io) % 2, 0);
    free(audio);
    cm_file_free(f);
}

/* ---- a client's bytes that can grow by writing only ---- */

typedef struct memory {
    UInt8 bytes[40000];
    SInt64 size;
} memory;

static OSStatus memory_read(void *client, SInt64 at, UInt32 wanted, void *buffer, UInt32 *got)
{
    memory *m = client;
    *got = at >= m->size ? 0 : wanted < m->size - at ? wanted : (UInt32)(m->size - at);
    memcpy(buffer, m->bytes + at, *got);
    return noErr;
}

static OSStatus memory_write(void *client, SInt64 at, UInt32 size, const void *buffer, UInt32 *put)
{
    memory *m = client;
    CHECK(at + size <= (SInt64)sizeof m->bytes);
    memcpy(m->bytes + at, buffer, size);
    m->size = at + size > m->size ? at + size : m->size;
    *put = size;
    return noErr;
}

static SInt64 memory_size(void *client)
{
    return ((memory *)client)->size;
}

static void test_callbacks(void)
{
    static memory m;
    SInt16 tone[1000];
    AudioStreamBasicDescription format = cm_asbd_pcm(44100, 2, 16, STORED);
    cm_io *io = NULL;
    cm_file *f = NULL;
    kit_tone(tone, 1000);
    CHECK_EQ(cm_io_wrap_callbacks(&m, memory_read, memory_write, memory_size, NULL, &io), noErr);
    CHECK_EQ(cm_file_create_io(io, kAudioFileAIFFType, &format, 0, &f), noErr);
    kit_append(f, tone, sizeof tone);
    CHECK_EQ(cm_chunk_set(f, 'APPL', 0, m.bytes, 5000), noErr);
    CHECK_EQ(cm_file_close(f), noErr);
    CHECK_EQ(cm_io_wrap_callbacks(&m, memory_read, memory_write, memory_size, NULL, &io), noErr);
    CHECK_EQ(cm_file_open_io(io, kAudioFileReadWritePermission, 0, &f), noErr);
    CHECK_EQ(f->packet_count, 500);
    CHECK_EQ(cm_chunk_remove(f, 'APPL', 0), noErr); /* the file cannot be cut: a filler takes its place */
    CHECK_EQ(cm_file_close(f), noErr);
    kit_write(kit_path("callbacks.aiff"), m.bytes, (size_t)m.size);
    f = kit_open(kit_path("callbacks.aiff"), false);
    CHECK_EQ(f->chunk_count, 0);
    UInt8 *audio = kit_audio(f);
    CHECK(f->data_bytes == sizeof tone && memcmp(audio, tone, sizeof tone) == 0);
    free(audio);
    cm_file_free(f);
    if (kit_have_module("aifc"))
        CHECK_STR(kit_shell("%s -W ignore -c \"import aifc; print(aifc.open('%s').getnframes())\"",
                            kit_python(), kit_path("callbacks.aiff")),
                  "500");
}

/* AIFF ends at 4 GiB, and a write beyond says so at once. */
static void test_limit(void)
{
    const char *path = kit_path("limit.aiff");
    cm_file *f = kit_create(path, kAudioFileAIFFType, cm_asbd_pcm(44100, 2, 16, STORED));
    UInt8 audio[400] = { 0 };
    UInt32 count = 100;
    f->data_bytes = ((SInt64)1 << 32) - 4096 - 200;
    CHECK_EQ(cm_io_set_size(f->io, f->data_offset + f->data_bytes), noErr);
    CHECK_EQ(cm_file_write_packets(f, f->data_bytes / 4, &count, NULL, sizeof audio, audio),
             kAudioFileDoesNotAllow64BitDataSizeError);
    CHECK_EQ(count, 0);
    f->dirty = true;
    CHECK_EQ(cm_file_close(f), noErr);
    f = kit_open(path, false);
    CHECK_EQ(f->packet_count, (((SInt64)1 << 32) - 4096 - 200) / 4);
    cm_file_free(f);
}

/* ---- files that are not what they should be ---- */

#define RATE "\x40\x0B\xFA\0\0\0\0\0\0\0" /* 8000 */

static void test_irregular(void)
{
    /* COMM behind SSND, an offset in SSND, an odd chunk without its padding, a FORM that says 0. */
    static const char file[] = "FORM\0\0\0\0AIFF"
                               "SSND\0\0\0\x10\0\0\0\4\0\0\0\0skipabcd"
                               "NAME\0\0\0\3abc"
                               "COMM\0\0\0\x12\0\1\0\0\0\4\0\x08" RATE;
    cm_file *f;
    CHECK_EQ(kit_open_memory(file, sizeof file - 1, &f), noErr);
    CHECK_EQ(f->packet_count, 4);
    UInt8 *audio = kit_audio(f);
    CHECK(memcmp(audio, "abcd", 4) == 0);
    free(audio);
    kit_check_info(f, (const char *const[]){ kAFInfoDictionary_Title, "abc", NULL });
    cm_file_free(f);
    /* Written back it is regular. */
    const char *path = kit_path("irregular.aiff");
    kit_write(path, file, sizeof file - 1);
    f = kit_open(path, true);
    kit_write_info(f, (const char *const[]){ kAFInfoDictionary_Title, "new", NULL });
    CHECK_EQ(cm_file_close(f), noErr);
    if (kit_have("ffmpeg"))
        CHECK_STR(kit_shell("ffmpeg -v error -i %s -f s8 -", path), "abcd");
    /* More audio than COMM says; less than SSND says; a length that was never filled in. */
    static const char longer[] = "FORM\0\0\0\x32"
                                 "AIFFCOMM\0\0\0\x12\0\1\0\0\0\2\0\x08" RATE
                                 "SSND\0\0\0\x0C\0\0\0\0\0\0\0\0abcd";
    CHECK_EQ(kit_open_memory(longer, sizeof longer - 1, &f), noErr);
    CHECK_EQ(f->packet_count, 2);
    CHECK_EQ(f->data_bytes, 2);
    cm_file_free(f);
    static const char unknown[] = "FORM\0\0\0\0AIFFCOMM\0\0\0\x12\0\1\0\0\0\0\0\x08" RATE
                                  "SSND\0\0\0\0\0\0\0\0\0\0\0\0abcd";
    CHECK_EQ(kit_open_memory(unknown, sizeof unknown - 1, &f), noErr);
    CHECK_EQ(f->packet_count, 4);
    cm_file_free(f);
    static const char lying[] = "FORM\xFF\xFF\xFF\xFF"
                                "AIFFCOMM\0\0\0\x12\0\1\xFF\xFF\xFF\xFF\0\x08" RATE
                                "SSND\xFF\xFF\xFF\xFF\0\0\0\0\0\0\0\0abcd";
    CHECK_EQ(kit_open_memory(lying, sizeof lying - 1, &f), noErr);
    CHECK_EQ(f->packet_count, 4);
    cm_file_free(f);
    static const char empty[] = "FORM\0\0\0\x1E"
                                "AIFFCOMM\0\0\0\x12\0\1\0\0\0\0\0\x08" RATE;
    CHECK_EQ(kit_open_memory(empty, sizeof empty - 1, &f), noErr);
    CHECK_EQ(f->packet_count, 0);
    cm_file_free(f);
}

static void test_broken(void)
{
    static const struct {
        const char *bytes;
        size_t size;
        OSStatus status;
    } files[] = {
#define BAD(text, status) { text, sizeof text - 1, status }
        BAD("FORM\0\0\0\4AIFF", kAudioFileInvalidFileError),
        BAD("FORM\0\0\0\x1E"
            "AIFFCOMM\0\0\0\x12\0\1\0\0\0\1\0\x08" RATE,
            kAudioFileInvalidFileError),
        BAD("FORM\0\0\0\x1E"
            "AIFFCOMM\0\0\0\x12\0\0\0\0\0\0\0\x08" RATE,
            kAudioFileInvalidFileError),
        BAD("FORM\0\0\0\x1E"
            "AIFFCOMM\0\0\0\x12\0\1\0\0\0\0\0\x40" RATE,
            kAudioFileInvalidFileError),
        BAD("FORM\0\0\0\x1E"
            "AIFFCOMM\0\0\0\x12\0\1\0\0\0\0\0\x08\0\0\0\0\0\0\0\0\0\0",
            kAudioFileInvalidFileError),
        BAD("FORM\0\0\0\x1E"
            "AIFFCOMM\0\0\0\x12\0\1\0\0\0\0\0\x08\x7F\xFF\0\0\0\0\0\0\0\0",
            kAudioFileInvalidFileError),
        BAD("FORM\0\0\0\x10"
            "AIFFCOMM\0\0\0\4\0\1\0\0",
            kAudioFileInvalidFileError),
    };
    cm_file *f;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        CHECK_EQ(kit_open_memory(files[i].bytes, files[i].size, &f), files[i].status);
    /* Cut anywhere, a file opens with what is there, or is refused. */
    kit_make(kit_path("cut.aiff"), kAudioFileAIFFType, kAudioFileFlags_DontPageAlignAudioData);
    cm_file *edited = kit_open(kit_path("cut.aiff"), true);
    kit_write_info(edited, kit_info);
    CHECK_EQ(cm_file_close(edited), noErr);
    size_t size;
    UInt8 *bytes = kit_read(kit_path("cut.aiff"), &size);
    for (size_t n = 0; n <= size; n++) {
        UInt8 *cut = malloc(n ? n : 1);
        memcpy(cut, bytes, n);
        OSStatus status = kit_open_memory(cut, n, &f);
        if (n >= 54)
            CHECK_EQ(status, noErr);
        else
            CHECK(status == kAudioFileInvalidFileError || status == kAudioFileUnsupportedFileTypeError);
        if (f) {
            CFMutableDictionaryRef read = kit_read_info(f);
            free(kit_audio(f));
            CFRelease(read);
        }
        cm_file_free(f);
        free(cut);
    }
    free(bytes);
}

/* A truncated file, edited, is whole again. */
static void test_repair(void)
{
    const char *path = kit_path("cut.aiff");
    size_t size;
    UInt8 *bytes = kit_read(path, &size);
    kit_write(path, bytes, size - 5); /* inside the last chunk */
    free(bytes);
    cm_file *f = kit_open(path, true);
    SInt64 packets = f->packet_count;
    kit_write_info(f, kit_info);
    CHECK_EQ(cm_file_close(f), noErr);
    f = kit_open(path, false);
    kit_check_info(f, kit_info);
    CHECK_EQ(f->packet_count, packets);
    cm_file_free(f);
    if (kit_have("ffprobe"))
        CHECK_STR(kit_shell("ffprobe -v warning -show_entries stream=duration_ts -of csv=p=0 %s 2>&1", path),
                  "1000");
}

int main(void)
{
    kit_begin();
    RUN(test_edits);
    RUN(test_growing);
    RUN(test_odd_length);
    RUN(test_callbacks);
    RUN(test_limit);
    RUN(test_irregular);
    RUN(test_broken);
    RUN(test_repair);
    kit_end();
    return 0;
}
