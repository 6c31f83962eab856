/* CAF against FFmpeg, sox, libsndfile, and bytes laid out by hand after Apple's specification. */
#include "file_kit.h"

#include "file/caf.h"

enum { FRAMES = 1001, CHANNELS = 2, SAMPLES = FRAMES * CHANNELS };
enum {
    BE = kAudioFormatFlagIsBigEndian,
    SI = kAudioFormatFlagIsSignedInteger,
    FL = kAudioFormatFlagIsFloat,
    PK = kAudioFormatFlagIsPacked,
    HI = kAudioFormatFlagIsAlignedHigh
};

/* ---- linear PCM ---- */

static const struct shape {
    UInt32 bits, bytes, flags, caf_flags;
    const char *codec; /* FFmpeg's name; NULL: not for other programs */
} shapes[] = {
    { 8, 1, BE | SI | PK, 0, "pcm_s8" }, { 16, 2, BE | SI | PK, 0, "pcm_s16be" },
    { 16, 2, SI | PK, 2, "pcm_s16le" },  { 24, 3, BE | SI | PK, 0, "pcm_s24be" },
    { 24, 3, SI | PK, 2, "pcm_s24le" },  { 32, 4, BE | SI | PK, 0, "pcm_s32be" },
    { 32, 4, SI | PK, 2, "pcm_s32le" },  { 32, 4, BE | FL | PK, 1, "pcm_f32be" },
    { 32, 4, FL | PK, 3, "pcm_f32le" },  { 64, 8, BE | FL | PK, 1, "pcm_f64be" },
    { 64, 8, FL | PK, 3, "pcm_f64le" },  { 24, 4, SI | HI, 2, NULL },
    { 20, 3, BE | SI | HI, 0, NULL },
};

#define SHAPE_COUNT (sizeof shapes / sizeof *shapes)

static AudioStreamBasicDescription shape_format(const struct shape *s)
{
    return (AudioStreamBasicDescription){ .mSampleRate = 44100,
                                          .mFormatID = kAudioFormatLinearPCM,
                                          .mFormatFlags = s->flags,
                                          .mBytesPerPacket = s->bytes * CHANNELS,
                                          .mFramesPerPacket = 1,
                                          .mBytesPerFrame = s->bytes * CHANNELS,
                                          .mChannelsPerFrame = CHANNELS,
                                          .mBitsPerChannel = s->bits };
}

static SInt32 sample_at(const struct shape *s, size_t i)
{
    UInt32 kept = s->flags & FL ? 24 : s->bits, value = (UInt32)i * 2654435761u;
    return (SInt32)(kept < 32 ? value & ~(0xFFFFFFFFu >> kept) : value);
}

static UInt8 *shape_audio(const struct shape *s)
{
    UInt8 *audio = malloc((size_t)SAMPLES * s->bytes);
    for (size_t i = 0; i < SAMPLES; i++) {
        UInt8 big[8] = { 0 };
        if (s->flags & FL && s->bytes == 4)
            cm_put_be_f32(big, (float)(sample_at(s, i) / 2147483648.0));
        else if (s->bytes == 8)
            cm_put_be_f64(big, sample_at(s, i) / 2147483648.0);
        else
            cm_put_be32(big, (UInt32)sample_at(s, i));
        for (UInt32 b = 0; b < s->bytes; b++)
            audio[i * s->bytes + b] = s->flags & BE ? big[b] : big[s->bytes - 1 - b];
    }
    return audio;
}

static void check_raw(const struct shape *s)
{
    size_t size;
    UInt8 *raw = kit_read(kit_path("o.raw"), &size);
    CHECK_EQ(size, SAMPLES * 4);
    for (size_t i = 0; i < SAMPLES; i++)
        CHECK_EQ((SInt32)cm_get_le32(raw + 4 * i), sample_at(s, i));
    free(raw);
}

static void check_with_others(const char *path, const struct shape *s)
{
    if (!s->codec)
        return;
    if (kit_have("ffmpeg")) {
        kit_shell("ffmpeg -nostdin -v error -y -i %s -f s32le %s", path, kit_path("o.raw"));
        check_raw(s);
        CHECK_STR(kit_shell("ffprobe -v error -show_entries stream=codec_name -of csv=p=0 %s", path),
                  s->codec);
    }
    if (kit_have_module("soundfile")) {
        kit_shell("%s -c \"import soundfile as s; d, r = s.read('%s', dtype='%s', always_2d=True)\n"
                  "assert r == 44100; (d * %s).astype('<i4').tofile('%s')\"",
                  kit_python(), path, s->flags & FL ? "float64" : "int32", s->flags & FL ? "2**31" : "1",
                  kit_path("o.raw"));
        check_raw(s);
    }
    if (kit_have("sox") && *kit_shell("sox -h | grep -w caf") && !(s->flags & FL)) { /* scales floats */
        kit_shell("sox -V1 -D %s -t raw -e signed -b 32 -L %s", path, kit_path("o.raw"));
        check_raw(s);
    }
}

static void test_pcm(void)
{
    for (size_t i = 0; i < SHAPE_COUNT; i++) {
        const struct shape *s = &shapes[i];
        const char *path = kit_path("a.caf");
        UInt8 *audio = shape_audio(s);
        cm_file *f = kit_create(path, kAudioFileCAFType, shape_format(s));
        kit_append(f, audio, (size_t)SAMPLES * s->bytes);
        CHECK_EQ(cm_file_close(f), noErr);
        f = kit_open(path, false);
        AudioStreamBasicDescription expected = shape_format(s);
        CHECK(memcmp(&f->format, &expected, sizeof expected) == 0);
        CHECK_EQ(f->packet_count, FRAMES);
        CHECK_EQ(f->data_offset, 4096);
        UInt8 flags[4];
        CHECK_EQ(cm_io_read_all(f->io, 20 + 12, flags, 4), noErr);
        CHECK_EQ(cm_get_be32(flags), s->caf_flags);
        UInt8 *back = kit_audio(f);
        CHECK(memcmp(back, audio, (size_t)f->data_bytes) == 0);
        cm_file_free(f);
        free(back);
        free(audio);
        check_with_others(path, s);
    }
}

static void test_refused(void)
{
    cm_file *f;
    AudioStreamBasicDescription unsigned8 = cm_asbd_pcm(44100, 2, 8, PK);
    AudioStreamBasicDescription planar = cm_asbd_pcm(44100, 2, 16,
                                                     SI | PK | kAudioFormatFlagIsNonInterleaved);
    AudioStreamBasicDescription low = { 44100, kAudioFormatLinearPCM, SI, 8, 1, 8, 2, 24, 0 };
    CHECK_EQ(kit_try_create(kit_path("x.caf"), kAudioFileCAFType, unsigned8, 0, &f),
             kAudioFileUnsupportedDataFormatError);
    CHECK_EQ(kit_try_create(kit_path("x.caf"), kAudioFileCAFType, planar, 0, &f),
             kAudioFileUnsupportedDataFormatError);
    CHECK_EQ(kit_try_create(kit_path("x.caf"), kAudioFileCAFType, low, 0, &f),
             kAudioFileUnsupportedDataFormatError);
}

/* ---- packets ---- */

/* Everything of one file into a new one, through the functions that anybody would use. */
static void copy_file(const char *from, const char *to)
{
    cm_file *in = kit_open(from, false);
    cm_file *out = kit_create(to, kAudioFileCAFType, in->format);
    UInt32 size = in->cookie ? (UInt32)CFDataGetLength(in->cookie) : 0;
    if (size)
        CHECK_EQ(
            cm_file_set_property(out, kAudioFilePropertyMagicCookieData, size, CFDataGetBytePtr(in->cookie)),
            noErr);
    if (in->has_packet_info)
        CHECK_EQ(cm_file_set_property(out, kAudioFilePropertyPacketTableInfo, sizeof in->packet_info,
                                      &in->packet_info),
                 noErr);
    if (in->layout)
        CHECK_EQ(cm_file_set_property(out, kAudioFilePropertyChannelLayout, in->layout_size, in->layout),
                 noErr);
    SInt64 count;
    CHECK_EQ(cm_file_count_packets(in, &count), noErr);
    for (SInt64 at = 0; at < count;) {
        AudioStreamPacketDescription d[100];
        static UInt8 buffer[1 << 20];
        UInt32 n = 100, bytes = sizeof buffer;
        CHECK_EQ(cm_file_read_packets(in, at, &n, d, &bytes, buffer), noErr);
        CHECK_EQ(cm_file_write_packets(out, at, &n, d, bytes, buffer), noErr);
        at += n;
    }
    CHECK_EQ(cm_file_close(out), noErr);
    out = kit_open(to, false);
    CHECK(memcmp(&in->format, &out->format, sizeof in->format) == 0);
    CHECK_EQ(in->has_packet_info, out->has_packet_info);
    CHECK(memcmp(&in->packet_info, &out->packet_info, sizeof in->packet_info) == 0);
    CHECK_EQ(out->packet_count, count);
    CHECK_EQ(out->max_packet_size, in->max_packet_size);
    CHECK(!in->cookie == !out->cookie && (!in->cookie || CFEqual(in->cookie, out->cookie)));
    CHECK_EQ(in->layout_size, out->layout_size);
    cm_file_free(in);
    cm_file_free(out);
}

/* FFmpeg's and libsndfile's files, read, written again, and decoded by them. */
static void test_copies(void)
{
    static const struct {
        const char *arguments;
        UInt32 format_id;
    } made[] = {
        { "-c:a pcm_mulaw", kAudioFormatULaw },
        { "-c:a pcm_alaw", kAudioFormatALaw },
        { "-c:a adpcm_ima_qt", kAudioFormatAppleIMA4 },
        { "-c:a alac", kAudioFormatAppleLossless },
        { "-c:a libopus -ar 48000", kAudioFormatOpus },
        { "-c:a libmp3lame", kAudioFormatMPEGLayer3 },
        { "-c:a ac3", kAudioFormatAC3 },
        { "-c:a alac -sample_fmt s32p", kAudioFormatAppleLossless },
    };
    int tried = 0;
    for (size_t i = 0; kit_have("ffmpeg") && i < sizeof made / sizeof *made; i++) {
        kit_shell("rm -f %s; ffmpeg -nostdin -v error -y -f lavfi -i sine=d=1:r=44100 -ac 2 %s %s 2>&1",
                  kit_path("in.caf"), made[i].arguments, kit_path("in.caf"));
        char md5[64];
        strcpy(md5, kit_shell("ffmpeg -v error -i %s -f md5 - 2>/dev/null", kit_path("in.caf")));
        if (strncmp(md5, "MD5=", 4) != 0)
            continue;
        copy_file(kit_path("in.caf"), kit_path("out.caf"));
        CHECK_STR(kit_shell("ffmpeg -v error -i %s -f md5 -", kit_path("out.caf")), md5);
        cm_file *f = kit_open(kit_path("out.caf"), false);
        CHECK_EQ(f->format.mFormatID, made[i].format_id);
        cm_file_free(f);
        tried++;
    }
    CHECK(tried >= 5 || !kit_have("ffmpeg"));
    static const char *const subtypes[] = { "ALAC_16", "ALAC_24", "ULAW", "DOUBLE" };
    for (size_t i = 0; kit_have_module("soundfile") && i < 4; i++) {
        kit_shell("%s -c \"import numpy as n, soundfile as s\n"
                  "s.write('%s', n.sin(n.arange(20000).reshape(-1, 2) / 30) / 2, 44100, format='CAF', "
                  "subtype='%s')\"",
                  kit_python(), kit_path("in.caf"), subtypes[i]);
        copy_file(kit_path("in.caf"), kit_path("out.caf"));
        CHECK_STR(kit_shell("%s -c \"import soundfile as s\na, b = s.read('%s')[0], s.read('%s')[0]\n"
                            "print(len(a), (a == b).all())\"",
                            kit_python(), kit_path("in.caf"), kit_path("out.caf")),
                  "10000 True");
        cm_file *f = kit_open(kit_path("out.caf"), false);
        CHECK_EQ(f->source_bit_depth, i == 0 ? 16 : i == 1 ? 24 : i == 2 ? 0 : 64);
        cm_file_free(f);
    }
}

/* AAC, which FFmpeg reads in CAF but cannot write: its ADTS packets without their headers, and an esds
 * cookie. */
static void test_aac(void)
{
    /* AAC-LC, 44100 Hz, stereo. Lengths take four bytes, as Apple's do; FFmpeg counts on that. */
    static const UInt8 esds[] = "\3\x80\x80\x80\x22\0\0\0\4\x80\x80\x80\x14\x40\x15\0\0\0\0\0\0\0\0\0\0\0"
                                "\5\x80\x80\x80\2\x12\x10\6\x80\x80\x80\1\2";
    kit_shell("ffmpeg -nostdin -v error -y -f lavfi -i sine=d=1:r=44100 -ac 2 -c:a aac %s",
              kit_path("a.aac"));
    size_t size;
    UInt8 *adts = kit_read(kit_path("a.aac"), &size);
    AudioStreamBasicDescription format = { .mSampleRate = 44100,
                                           .mFormatID = kAudioFormatMPEG4AAC,
                                           .mFormatFlags = 2,
                                           .mFramesPerPacket = 1024,
                                           .mChannelsPerFrame = 2 };
    cm_file *f = kit_create(kit_path("a.caf"), kAudioFileCAFType, format);
    CHECK_EQ(cm_file_set_property(f, kAudioFilePropertyMagicCookieData, sizeof esds - 1, esds), noErr);
    SInt64 packets = 0;
    for (size_t at = 0; at + 7 < size; packets++) {
        UInt32 length = (UInt32)(adts[at + 3] & 3) << 11 | (UInt32)adts[at + 4] << 3 | adts[at + 5] >> 5,
               count = 1;
        AudioStreamPacketDescription d = { 0, 0, length - 7 };
        CHECK_EQ(cm_file_write_packets(f, packets, &count, &d, length - 7, adts + at + 7), noErr);
        at += length;
    }
    free(adts);
    AudioFilePacketTableInfo info = { 44100, 1024, 0 };
    CHECK_EQ(cm_file_set_property(f, kAudioFilePropertyPacketTableInfo, sizeof info, &info), noErr);
    CHECK_EQ(cm_file_close(f), noErr);
    f = kit_open(kit_path("a.caf"), false);
    CHECK_EQ(f->packet_count, packets);
    CHECK_EQ(f->packet_info.mNumberValidFrames, 44100);
    CHECK_EQ(f->packet_info.mPrimingFrames, 1024);
    CHECK_EQ(f->packet_info.mRemainderFrames, packets * 1024 - 1024 - 44100);
    cm_file_free(f);
    char md5[64];
    strcpy(md5, kit_shell("ffmpeg -v error -i %s -f s16le -c:a pcm_s16le - | md5sum", kit_path("a.aac")));
    CHECK_STR(kit_shell("ffmpeg -v error -i %s -f s16le -c:a pcm_s16le - | md5sum", kit_path("a.caf")), md5);
    CHECK_STR(
        kit_shell(
            "ffprobe -v error -show_entries stream=codec_name,profile,sample_rate,nb_frames -of csv=p=0 %s",
            kit_path("a.caf")),
        kit_shell("echo aac,LC,44100,%lld", (long long)packets));
}

static void test_layout(void)
{
    kit_shell(
        "ffmpeg -nostdin -v error -y -f lavfi -i sine=d=0.1 -af pan='5.1|FL=c0|FR=c0' -c:a pcm_s16le %s",
        kit_path("six.caf"));
    cm_file *f = kit_open(kit_path("six.caf"), false);
    CHECK(f->layout);
    CHECK(f->layout->mChannelLayoutTag == kAudioChannelLayoutTag_MPEG_5_1_A ||
          f->layout->mChannelLayoutTag == kAudioChannelLayoutTag_UseChannelBitmap);
    cm_file_free(f);
    copy_file(kit_path("six.caf"), kit_path("copy.caf"));
    CHECK_STR(kit_shell("ffprobe -v error -show_entries stream=channel_layout -of csv=p=0 %s",
                        kit_path("copy.caf")),
              kit_shell("ffprobe -v error -show_entries stream=channel_layout -of csv=p=0 %s",
                        kit_path("six.caf")));
}

int main(void)
{
    kit_begin();
    RUN(test_pcm);
    RUN(test_refused);
    RUN(test_copies);
    if (kit_have("ffmpeg"))
        RUN(test_aac);
    if (kit_have("ffmpeg"))
        RUN(test_layout);
    kit_end();
    return 0;
}
