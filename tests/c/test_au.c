/* AU against FFmpeg, sox, libsndfile and Python's sunau. */
#include "file_kit.h"

enum {
    BE = kAudioFormatFlagIsBigEndian,
    SI = kAudioFormatFlagIsSignedInteger,
    FL = kAudioFormatFlagIsFloat,
    PK = kAudioFormatFlagIsPacked
};
enum { FRAMES = 777, CHANNELS = 2, SAMPLES = FRAMES * CHANNELS };

static const struct {
    UInt32 code, bits, flags;
    const char *ffmpeg, *soundfile;
} shapes[] = {
    { 2, 8, BE | SI | PK, "pcm_s8", "PCM_S8" },     { 3, 16, BE | SI | PK, "pcm_s16be", "PCM_16" },
    { 4, 24, BE | SI | PK, "pcm_s24be", "PCM_24" }, { 5, 32, BE | SI | PK, "pcm_s32be", "PCM_32" },
    { 6, 32, BE | FL | PK, "pcm_f32be", "FLOAT" },  { 7, 64, BE | FL | PK, "pcm_f64be", "DOUBLE" },
};

#define SHAPE_COUNT (sizeof shapes / sizeof *shapes)

static SInt32 sample_at(size_t shape, size_t i)
{
    UInt32 kept = shapes[shape].flags & FL ? 24 : shapes[shape].bits, value = (UInt32)i * 2654435761u;
    return (SInt32)(kept < 32 ? value & ~(0xFFFFFFFFu >> kept) : value);
}

static UInt8 *make_audio(size_t shape)
{
    UInt32 bytes = shapes[shape].bits / 8;
    UInt8 *audio = malloc((size_t)SAMPLES * bytes);
    for (size_t i = 0; i < SAMPLES; i++) {
        UInt8 big[8] = { 0 };
        if (shapes[shape].flags & FL && bytes == 4)
            cm_put_be_f32(big, (float)(sample_at(shape, i) / 2147483648.0));
        else if (bytes == 8)
            cm_put_be_f64(big, sample_at(shape, i) / 2147483648.0);
        else
            cm_put_be32(big, (UInt32)sample_at(shape, i));
        memcpy(audio + i * bytes, big, bytes);
    }
    return audio;
}

static void check_raw(size_t shape)
{
    size_t size;
    UInt8 *raw = kit_read(kit_path("o.raw"), &size);
    CHECK_EQ(size, SAMPLES * 4);
    for (size_t i = 0; i < SAMPLES; i++)
        CHECK_EQ((SInt32)cm_get_le32(raw + 4 * i), sample_at(shape, i));
    free(raw);
}

static void test_formats(void)
{
    for (size_t i = 0; i < SHAPE_COUNT; i++) {
        const char *path = kit_path("a.au");
        UInt8 *audio = make_audio(i);
        AudioStreamBasicDescription format = cm_asbd_pcm(44100, CHANNELS, shapes[i].bits, shapes[i].flags);
        cm_file *f = kit_create(path, kAudioFileNextType, format);
        kit_append(f, audio, (size_t)SAMPLES * shapes[i].bits / 8);
        CHECK_EQ(cm_file_close(f), noErr);
        f = kit_open(path, false);
        CHECK(memcmp(&f->format, &format, sizeof format) == 0);
        CHECK_EQ(f->packet_count, FRAMES);
        UInt8 *back = kit_audio(f);
        CHECK(memcmp(back, audio, (size_t)f->data_bytes) == 0);
        cm_file_free(f);
        free(back);
        free(audio);
        if (kit_have("ffmpeg")) {
            kit_shell("ffmpeg -nostdin -v error -y -i %s -f s32le %s", path, kit_path("o.raw"));
            check_raw(i);
            CHECK_STR(kit_shell("ffprobe -v error -show_entries stream=codec_name -of csv=p=0 %s", path),
                      shapes[i].ffmpeg);
        }
        if (kit_have("sox")) {
            kit_shell("sox -V1 -D %s -t raw -e signed -b 32 -L %s", path, kit_path("o.raw"));
            check_raw(i);
        }
        if (kit_have_module("soundfile"))
            CHECK_STR(kit_shell("%s -c \"import soundfile as s; i = s.info('%s'); print(i.subtype, i.frames, "
                                "i.channels)\"",
                                kit_python(), path),
                      kit_shell("echo %s %d %d", shapes[i].soundfile, FRAMES, CHANNELS));
        if (kit_have_module("sunau") && !(shapes[i].flags & FL) && shapes[i].bits != 24)
            CHECK_STR(
                kit_shell("%s -W ignore -c \"import sunau; f = sunau.open('%s'); print(f.getnframes())\"",
                          kit_python(), path),
                "777");
    }
}

static void test_others_files(void)
{
    static const struct {
        const char *codec;
        UInt32 format_id, bits, flags;
    } codecs[] = { { "pcm_mulaw", kAudioFormatULaw, 8, 0 },
                   { "pcm_alaw", kAudioFormatALaw, 8, 0 },
                   { "pcm_s24be", kAudioFormatLinearPCM, 24, BE | SI | PK },
                   { "pcm_f64be", kAudioFormatLinearPCM, 64, BE | FL | PK } };
    for (size_t i = 0; kit_have("ffmpeg") && i < 4; i++) {
        kit_shell("ffmpeg -nostdin -v error -y -f lavfi -i sine=d=0.1:r=8000 -metadata title=Tone -metadata "
                  "genre=Test -c:a %s %s",
                  codecs[i].codec, kit_path("f.au"));
        cm_file *f = kit_open(kit_path("f.au"), false);
        CHECK_EQ(f->format.mFormatID, codecs[i].format_id);
        CHECK_EQ(f->format.mBitsPerChannel, codecs[i].bits);
        CHECK_EQ(f->format.mFormatFlags, codecs[i].flags);
        CHECK_EQ(f->packet_count, 800);
        CFMutableDictionaryRef info = kit_read_info(f);
        CHECK_STR(kit_get(info, kAFInfoDictionary_Title), "Tone");
        CHECK_STR(kit_get(info, kAFInfoDictionary_Genre), "Test");
        CFRelease(info);
        /* The packets go unchanged into a file of ours. */
        cm_file *out = kit_create(kit_path("g.au"), kAudioFileNextType, f->format);
        UInt8 *audio = kit_audio(f);
        kit_append(out, audio, (size_t)f->data_bytes);
        CHECK_EQ(cm_file_close(out), noErr);
        cm_file_free(f);
        free(audio);
        char md5[64];
        strcpy(md5, kit_shell("ffmpeg -v error -i %s -f md5 -", kit_path("f.au")));
        CHECK_STR(kit_shell("ffmpeg -v error -i %s -f md5 -", kit_path("g.au")), md5);
    }
    if (kit_have("sox")) { /* to a pipe the size is unknown; little-endian files get DEC's magic */
        kit_shell(
            "sox -V1 -r 8000 -n -c 2 -b 16 --comment 'hello there' -t au - synth 100s sine 440 | cat > %s",
            kit_path("p.au"));
        kit_shell("sox -V1 -r 8000 -n -c 2 -b 16 -L %s synth 100s sine 440", kit_path("l.au"));
        cm_file *f = kit_open(kit_path("p.au"), false);
        CHECK_EQ(f->packet_count, 100);
        kit_check_info(f, (const char *const[]){ kAFInfoDictionary_Comments, "hello there", NULL });
        UInt8 *big = kit_audio(f);
        cm_file *little = kit_open(kit_path("l.au"), false);
        CHECK_EQ(little->format.mFormatFlags, SI | PK);
        UInt8 *audio = kit_audio(little);
        CHECK_EQ(little->data_bytes, f->data_bytes);
        for (int i = 0; i < 200; i++)
            CHECK(abs((SInt16)cm_get_be16(big + 2 * i) - (SInt16)cm_get_le16(audio + 2 * i)) <= 2);
        free(big);
        free(audio);
        cm_file_free(f);
        cm_file_free(little);
    }
    if (kit_have_module("soundfile")) {
        kit_shell(
            "%s -c \"import soundfile as s, numpy as n; s.write('%s', n.arange(9, dtype='int16'), 8000, "
            "format='AU', endian='LITTLE')\"",
            kit_python(), kit_path("d.au"));
        cm_file *f = kit_open(kit_path("d.au"), true);
        UInt8 *audio = kit_audio(f);
        CHECK_EQ(f->format.mFormatFlags, SI | PK);
        for (int i = 0; i < 9; i++)
            CHECK_EQ(cm_get_le16(audio + 2 * i), i);
        free(audio);
        kit_append(f, "xy", 2); /* stays as it is when it is written */
        CHECK_EQ(cm_file_close(f), noErr);
        CHECK_STR(
            kit_shell(
                "%s -c \"import soundfile as s; d, r = s.read('%s', dtype='int16'); print(d.tolist(), r)\"",
                kit_python(), kit_path("d.au")),
            "[0, 1, 2, 3, 4, 5, 6, 7, 8, 31096] 8000");
    }
    if (kit_have_module("sunau")) {
        kit_shell("%s -W ignore -c \"\nimport sunau\nf = sunau.open('%s', 'w')\nf.setparams((1, 2, 8000, 0, "
                  "'NONE', ''))\n"
                  "f.writeframes(b'ab' * 50)\nf.close()\"",
                  kit_python(), kit_path("s.au"));
        cm_file *f = kit_open(kit_path("s.au"), false);
        CHECK_EQ(f->packet_count, 50);
        cm_file_free(f);
    }
}

static const char *const info[] = { kAFInfoDictionary_Title,
                                    "T\xC3\xAFtle",
                                    kAFInfoDictionary_Artist,
                                    "Artist",
                                    kAFInfoDictionary_Year,
                                    "2004",
                                    "own key",
                                    "own = value",
                                    kAFInfoDictionary_Comments,
                                    "title=no\nsecond\n",
                                    NULL };

/* The audio moves only when the annotation needs more room. */
static void test_info(void)
{
    const char *path = kit_path("info.au");
    SInt16 tone[1000];
    kit_tone(tone, 1000);
    cm_file *f = kit_create(path, kAudioFileNextType, cm_asbd_pcm(44100, 2, 16, BE | SI | PK));
    kit_append(f, tone, sizeof tone);
    CHECK_EQ(cm_file_close(f), noErr);
    f = kit_open(path, true);
    CHECK_EQ(f->data_offset, 32);
    kit_check_info(f, (const char *const[]){ NULL });
    kit_write_info(f, info);
    CHECK_EQ(cm_file_close(f), noErr);
    f = kit_open(path, true);
    SInt64 offset = f->data_offset;
    CHECK(offset > 32 && offset % 8 == 0);
    kit_check_info(f, info);
    UInt8 *audio = kit_audio(f);
    CHECK(f->data_bytes == sizeof tone && memcmp(audio, tone, sizeof tone) == 0);
    free(audio);
    if (kit_have("ffprobe"))
        CHECK_STR(kit_shell("ffprobe -v error -show_entries format_tags=title,artist -of csv=p=0 %s", path),
                  "T\xC3\xAFtle,Artist");
    kit_write_info(f, (const char *const[]){ kAFInfoDictionary_Comments, "short", NULL });
    CHECK_EQ(cm_file_close(f), noErr);
    f = kit_open(path, false);
    CHECK_EQ(f->data_offset, offset);
    kit_check_info(f, (const char *const[]){ kAFInfoDictionary_Comments, "short", NULL });
    audio = kit_audio(f);
    CHECK(f->data_bytes == sizeof tone && memcmp(audio, tone, sizeof tone) == 0);
    free(audio);
    cm_file_free(f);
    if (kit_have("sox"))
        CHECK_STR(kit_shell("soxi -a %s", path), "short");
    size_t size;
    UInt8 *bytes = kit_read(path, &size);
    CHECK(!memmem(bytes, (size_t)offset, "Artist", 6));
    free(bytes);
}

static void test_refused(void)
{
    cm_file *f;
    AudioStreamBasicDescription little = cm_asbd_pcm(44100, 2, 16, SI | PK);
    AudioStreamBasicDescription fraction = cm_asbd_pcm(44100.5, 2, 16, BE | SI | PK);
    CHECK_EQ(kit_try_create(kit_path("x.au"), kAudioFileNextType, little, 0, &f),
             kAudioFileUnsupportedDataFormatError);
    CHECK_EQ(kit_try_create(kit_path("x.au"), kAudioFileNextType, fraction, 0, &f),
             kAudioFileUnsupportedDataFormatError);
    for (UInt8 code = 0; code < 40; code++) {
        UInt8 file[33] = ".snd\0\0\0\x1C\xFF\xFF\xFF\xFF\0\0\0\0\0\0\x1F\x40\0\0\0\1";
        bool good = (code >= 1 && code <= 7) || code == 27;
        file[15] = code;
        CHECK_EQ(kit_open_memory(file, sizeof file, &f), good ? noErr : kAudioFileUnsupportedDataFormatError);
        cm_file_free(f);
    }
    CHECK(strstr(cm_detail(kAudioFileUnsupportedDataFormatError), "39"));
}

static void test_sizes(void)
{
    UInt8 file[40] = ".snd\0\0\0\x1C\0\0\0\4\0\0\0\2\0\0\x1F\x40\0\0\0\1";
    cm_file *f;
    CHECK_EQ(kit_open_memory(file, sizeof file, &f), noErr);
    CHECK_EQ(f->packet_count, 4); /* what is behind is not audio */
    cm_file_free(f);
    memset(file + 8, 0xFF, 4);
    file[11] = 0xFE; /* more than there is */
    CHECK_EQ(kit_open_memory(file, sizeof file, &f), noErr);
    CHECK_EQ(f->packet_count, 12);
    cm_file_free(f);
    file[7] = 23;
    CHECK_EQ(kit_open_memory(file, sizeof file, &f), kAudioFileInvalidFileError);
    file[7] = 41;
    CHECK_EQ(kit_open_memory(file, sizeof file, &f), kAudioFileInvalidFileError);
    file[7] = 28;
    for (size_t n = 0; n < sizeof file; n++) {
        UInt8 *cut = malloc(n + 1);
        memcpy(cut, file, n);
        OSStatus status = kit_open_memory(cut, n, &f);
        CHECK_EQ(status, n >= 28   ? noErr
                         : n >= 24 ? kAudioFileInvalidFileError
                                   : kAudioFileUnsupportedFileTypeError);
        cm_file_free(f);
        free(cut);
    }
}

/* Beyond 4 GiB the header says "unknown", and everybody reads to the end. The file is sparse. */
static void test_large(void)
{
    const char *path = kit_path("large.au");
    const SInt64 size = ((SInt64)1 << 32) + 4096;
    cm_file *f = kit_create(path, kAudioFileNextType, cm_asbd_pcm(44100, 2, 16, BE | SI | PK));
    CHECK_EQ(cm_io_set_size(f->io, f->data_offset + size - 4), noErr);
    f->data_bytes = size - 4;
    kit_append(f, "last", 4);
    CHECK_EQ(cm_file_close(f), noErr);
    f = kit_open(path, false);
    CHECK_EQ(f->data_bytes, size);
    char end[4];
    UInt32 count = 1, bytes = 4;
    CHECK_EQ(cm_file_read_packets(f, size / 4 - 1, &count, NULL, &bytes, end), noErr);
    CHECK(memcmp(end, "last", 4) == 0);
    cm_file_free(f);
    if (kit_have_module("soundfile"))
        CHECK_STR(
            kit_shell("%s -c \"import soundfile; print(soundfile.info('%s').frames)\"", kit_python(), path),
            "1073742848");
}

int main(void)
{
    kit_begin();
    RUN(test_formats);
    RUN(test_others_files);
    RUN(test_info);
    RUN(test_refused);
    RUN(test_sizes);
    RUN(test_large);
    kit_end();
    return 0;
}
