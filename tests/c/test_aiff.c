/* AIFF and AIFF-C against FFmpeg, sox, libsndfile and Python's aifc. */
#include "file_kit.h"

#include "file/aiff.h"

#include <AudioToolbox/CAFFile.h>

enum { FRAMES = 1001, CHANNELS = 3, SAMPLES = FRAMES * CHANNELS };

/* ---- the 80-bit float: the processor has the same one ---- */

static void native_extended(UInt8 to[10], long double value)
{
    UInt8 bytes[16];
    memcpy(bytes, &value, 10);
    for (int i = 0; i < 10; i++)
        to[i] = bytes[9 - i];
}

static void test_extended(void)
{
    static const Float64 rates[] = {
        0,       1,      0.1,    8000,   11025,   22050,  22254.5454545454,       44100,  48000,
        96000,   192000, 384000, 705600, 2822400, 1e-300, 1.7976931348623157e308, -44100, 44100.000000000007,
        4.9e-324
    };
    UInt8 ours[10], native[10];
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        native_extended(native, rates[i]);
        cm_extended_put(ours, rates[i]);
        CHECK(memcmp(ours, native, 10) == 0);
        CHECK(cm_extended_get(native) == rates[i]);
    }
    /* 64 bits of mantissa round to nearest, ties to even. */
    static const UInt64 mantissas[] = { 0x8000000000000400, 0x8000000000000C00, 0x8000000000000401,
                                        0xFFFFFFFFFFFFFFFF, 0xAC44123456789ABC };
    for (size_t i = 0; i < sizeof mantissas / sizeof *mantissas; i++) {
        long double value = (long double)mantissas[i];
        native_extended(native, value);
        CHECK(cm_extended_get(native) == (Float64)value);
    }
    static const UInt8 infinity[10] = { 0x7F, 0xFF, 0x80 };
    static const UInt8 nan_bytes[10] = { 0x7F, 0xFF, 0xC0 };
    CHECK(isinf(cm_extended_get(infinity)) && isnan(cm_extended_get(nan_bytes)));
    static const UInt8 published[10] = { 0x40, 0x0E, 0xAC, 0x44 }; /* 44100 in the AIFF specification */
    CHECK(cm_extended_get(published) == 44100);
}

/* ---- every sample format ---- */

typedef struct shape {
    AudioFileTypeID type;
    UInt32 bits, bytes;
    AudioFormatFlags flags;
    UInt32 compression;
} shape;

enum {
    BE = kAudioFormatFlagIsBigEndian,
    SI = kAudioFormatFlagIsSignedInteger,
    FL = kAudioFormatFlagIsFloat,
    PK = kAudioFormatFlagIsPacked,
    HI = kAudioFormatFlagIsAlignedHigh
};

static const shape shapes[] = {
    { kAudioFileAIFFType, 8, 1, BE | SI | PK, 'NONE' },  { kAudioFileAIFFType, 16, 2, BE | SI | PK, 'NONE' },
    { kAudioFileAIFFType, 24, 3, BE | SI | PK, 'NONE' }, { kAudioFileAIFFType, 32, 4, BE | SI | PK, 'NONE' },
    { kAudioFileAIFFType, 12, 2, BE | SI | HI, 'NONE' }, { kAudioFileAIFFType, 20, 3, BE | SI | HI, 'NONE' },
    { kAudioFileAIFCType, 8, 1, BE | SI | PK, 'NONE' },  { kAudioFileAIFCType, 16, 2, BE | SI | PK, 'NONE' },
    { kAudioFileAIFCType, 24, 3, BE | SI | PK, 'NONE' }, { kAudioFileAIFCType, 32, 4, BE | SI | PK, 'NONE' },
    { kAudioFileAIFCType, 16, 2, SI | PK, 'sowt' },      { kAudioFileAIFCType, 8, 1, PK, 'raw ' },
    { kAudioFileAIFCType, 32, 4, BE | FL | PK, 'fl32' }, { kAudioFileAIFCType, 64, 8, BE | FL | PK, 'fl64' },
};

static AudioStreamBasicDescription shape_format(const shape *s)
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

/* Full-scale samples of 32 bits with only as many bits set as the format (or a 32-bit float) keeps. */
static SInt32 sample_at(const shape *s, size_t i)
{
    UInt32 value = (UInt32)i * 2654435761u;
    UInt32 kept = s->flags & FL ? 24 : s->bits;
    return (SInt32)(kept < 32 ? value & ~(0xFFFFFFFFu >> kept) : value);
}

static void put_sample(UInt8 *to, const shape *s, SInt32 sample)
{
    UInt8 big[8] = { 0 };
    if (s->flags & FL && s->bits == 32)
        cm_put_be_f32(big, (float)(sample / 2147483648.0));
    else if (s->flags & FL)
        cm_put_be_f64(big, sample / 2147483648.0);
    else
        cm_put_be32(big, (UInt32)sample ^ (s->flags & SI ? 0 : 0x80000000u));
    for (UInt32 i = 0; i < s->bytes; i++)
        to[i] = s->flags & BE ? big[i] : big[s->bytes - 1 - i];
}

static UInt8 *shape_audio(const shape *s)
{
    UInt8 *audio = malloc((size_t)SAMPLES * s->bytes);
    for (size_t i = 0; i < SAMPLES; i++)
        put_sample(audio + i * s->bytes, s, sample_at(s, i));
    return audio;
}

/* A raw file of 32-bit little-endian integers holds the samples that were written. */
static void check_raw(const char *path, const shape *s, const char *who)
{
    size_t size;
    UInt8 *raw = kit_read(path, &size);
    if (size != SAMPLES * 4)
        fprintf(stderr, "%s: %zu bytes\n", who, size);
    CHECK_EQ(size, SAMPLES * 4);
    for (size_t i = 0; i < SAMPLES; i++)
        if ((SInt32)cm_get_le32(raw + 4 * i) != sample_at(s, i)) {
            fprintf(stderr, "%s: %u bits, flags %u: sample %zu is %08x, not %08x\n", who, s->bits, s->flags,
                    i, cm_get_le32(raw + 4 * i), (UInt32)sample_at(s, i));
            exit(1);
        }
    free(raw);
}

/* Depths that are not whole bytes are beyond some programs. */
static void check_with_others(const char *path, const shape *s)
{
    bool odd = s->bits % 8 != 0;
    if (kit_have("ffmpeg")) {
        kit_shell("ffmpeg -nostdin -v error -y -i %s -f s32le -c:a pcm_s32le %s", path, kit_path("o.raw"));
        check_raw(kit_path("o.raw"), s, "ffmpeg");
    }
    if (kit_have("sox") && !odd && s->compression != 'raw ') {
        kit_shell("sox -V1 -D %s -t raw -e signed -b 32 -L %s", path, kit_path("o.raw"));
        check_raw(kit_path("o.raw"), s, "sox");
    }
    if (kit_have_module("soundfile") && !odd) {
        kit_shell("%s -c \"import soundfile as s; d, r = s.read('%s', dtype='%s', always_2d=True)\n"
                  "assert r == 44100; (d * %s).astype('<i4').tofile('%s')\"",
                  kit_python(), path, s->flags & FL ? "float64" : "int32", s->flags & FL ? "2**31" : "1",
                  kit_path("o.raw"));
        check_raw(kit_path("o.raw"), s, "libsndfile");
    }
    if (kit_have_module("aifc") && s->compression == 'NONE' && !odd)
        CHECK_STR(kit_shell("%s -W ignore -c \"import aifc; f = aifc.open('%s'); print(*f.getparams()[:4])\"",
                            kit_python(), path),
                  kit_shell("echo %d %u 44100 %d", CHANNELS, s->bytes, FRAMES));
}

static void test_formats(void)
{
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const shape *s = &shapes[i];
        const char *path = kit_path(s->type == kAudioFileAIFFType ? "a.aiff" : "a.aifc");
        UInt8 *audio = shape_audio(s);
        cm_file *f = kit_create(path, s->type, shape_format(s));
        kit_append(f, audio, (size_t)SAMPLES * s->bytes);
        CHECK_EQ(cm_file_close(f), noErr);
        f = kit_open(path, false);
        AudioStreamBasicDescription expected = shape_format(s);
        CHECK(memcmp(&f->format, &expected, sizeof expected) == 0);
        CHECK_EQ(f->type, s->type);
        CHECK_EQ(f->packet_count, FRAMES);
        CHECK_EQ(f->data_offset % 4096, 0);
        CHECK_EQ(((cm_aiff *)f->state)->compression, s->compression);
        UInt8 *back = kit_audio(f);
        CHECK(memcmp(back, audio, (size_t)SAMPLES * s->bytes) == 0);
        cm_file_free(f);
        check_with_others(path, s);
        free(audio);
        free(back);
    }
}

static void test_refused(void)
{
    cm_file *f;
    AudioStreamBasicDescription little = cm_asbd_pcm(44100, 2, 16, SI | PK);
    AudioStreamBasicDescription floats = cm_asbd_pcm(44100, 2, 32, BE | FL | PK);
    AudioStreamBasicDescription little24 = cm_asbd_pcm(44100, 2, 24, SI | PK);
    AudioStreamBasicDescription little_floats = cm_asbd_pcm(44100, 2, 32, FL | PK);
    AudioStreamBasicDescription planar = cm_asbd_pcm(44100, 2, 16,
                                                     BE | SI | PK | kAudioFormatFlagIsNonInterleaved);
    AudioStreamBasicDescription low = { 44100, kAudioFormatLinearPCM, BE | SI, 8, 1, 8, 2, 24, 0 };
    CHECK_EQ(kit_try_create(kit_path("x.aiff"), kAudioFileAIFFType, little, 0, &f),
             kAudioFileUnsupportedDataFormatError);
    CHECK_EQ(kit_try_create(kit_path("x.aiff"), kAudioFileAIFFType, floats, 0, &f),
             kAudioFileUnsupportedDataFormatError);
    CHECK_EQ(kit_try_create(kit_path("x.aifc"), kAudioFileAIFCType, little24, 0, &f),
             kAudioFileUnsupportedDataFormatError); /* FFmpeg takes 'sowt' for 16 bits always */
    CHECK_EQ(kit_try_create(kit_path("x.aifc"), kAudioFileAIFCType, little_floats, 0, &f),
             kAudioFileUnsupportedDataFormatError);
    CHECK_EQ(kit_try_create(kit_path("x.aifc"), kAudioFileAIFCType, planar, 0, &f),
             kAudioFileUnsupportedDataFormatError);
    CHECK_EQ(kit_try_create(kit_path("x.aifc"), kAudioFileAIFCType, low, 0, &f),
             kAudioFileUnsupportedDataFormatError);
    CHECK(access(kit_path("x.aiff"), F_OK) != 0); /* nothing is left behind */
}

/* ---- files of other programs ---- */

static void check_theirs(const char *path, AudioFileTypeID type, UInt32 format_id, UInt32 bits, UInt32 flags,
                         UInt32 bytes_per_packet, SInt64 packets)
{
    cm_file *f = kit_open(path, false);
    CHECK_EQ(f->type, type);
    CHECK_EQ(f->format.mFormatID, format_id);
    CHECK_EQ(f->format.mBitsPerChannel, bits);
    CHECK_EQ(f->format.mFormatFlags, flags);
    CHECK_EQ(f->format.mBytesPerPacket, bytes_per_packet);
    CHECK(f->format.mSampleRate == 22050 && f->format.mChannelsPerFrame == 2);
    CHECK_EQ(f->packet_count, packets);
    cm_file_free(f);
}

static void test_others_files(void)
{
    static const struct {
        const char *codec;
        UInt32 format_id, bits, flags, bytes;
        SInt64 packets;
    } codecs[] = {
        { "pcm_s8", kAudioFormatLinearPCM, 8, BE | SI | PK, 2, 2205 },
        { "pcm_s16be", kAudioFormatLinearPCM, 16, BE | SI | PK, 4, 2205 },
        { "pcm_s24be", kAudioFormatLinearPCM, 24, BE | SI | PK, 6, 2205 },
        { "pcm_s32be", kAudioFormatLinearPCM, 32, BE | SI | PK, 8, 2205 },
        { "pcm_s16le", kAudioFormatLinearPCM, 16, SI | PK, 4, 2205 },
        { "pcm_f32be", kAudioFormatLinearPCM, 32, BE | FL | PK, 8, 2205 },
        { "pcm_f64be", kAudioFormatLinearPCM, 64, BE | FL | PK, 16, 2205 },
        { "pcm_alaw", kAudioFormatALaw, 8, 0, 2, 2205 },
        { "pcm_mulaw", kAudioFormatULaw, 8, 0, 2, 2205 },
        { "adpcm_ima_qt", kAudioFormatAppleIMA4, 0, 0, 68, 35 },
    };
    for (size_t i = 0; kit_have("ffmpeg") && i < sizeof codecs / sizeof *codecs; i++) {
        const char *path = kit_path("theirs.aiff");
        kit_shell("ffmpeg -nostdin -v error -y -f lavfi -i sine=d=0.1:r=22050 -ac 2 -c:a %s %s",
                  codecs[i].codec, path);
        if (access(path, R_OK) != 0)
            continue;
        UInt8 *head;
        size_t size;
        head = kit_read(path, &size);
        check_theirs(path, cm_get_be32(head + 8), codecs[i].format_id, codecs[i].bits, codecs[i].flags,
                     codecs[i].bytes, codecs[i].packets);
        free(head);
        unlink(path);
    }
    if (kit_have("sox")) {
        kit_shell("sox -V1 -r 22050 -n -c 2 -b 24 %s synth 2205s sine 440", kit_path("s.aiff"));
        check_theirs(kit_path("s.aiff"), kAudioFileAIFFType, kAudioFormatLinearPCM, 24, BE | SI | PK, 6,
                     2205);
        /* To a pipe sox cannot say how long it will be. */
        kit_shell("sox -V1 -r 22050 -n -c 2 -b 16 -t aiff - synth 2205s sine 440 2>/dev/null | cat > %s",
                  kit_path("p.aiff"));
        check_theirs(kit_path("p.aiff"), kAudioFileAIFFType, kAudioFormatLinearPCM, 16, BE | SI | PK, 4,
                     2205);
    }
    static const struct {
        const char *subtype, *endian;
        UInt32 format_id, bits, flags, bytes;
        SInt64 packets;
    } subtypes[] = {
        { "PCM_24", "LITTLE", kAudioFormatLinearPCM, 24, SI | PK, 6, 640 },
        { "PCM_32", "LITTLE", kAudioFormatLinearPCM, 32, SI | PK, 8, 640 },
        { "PCM_U8", "FILE", kAudioFormatLinearPCM, 8, PK, 2, 640 },
        { "DOUBLE", "FILE", kAudioFormatLinearPCM, 64, BE | FL | PK, 16, 640 },
        { "ALAW", "FILE", kAudioFormatALaw, 8, 0, 2, 640 },
        { "IMA_ADPCM", "FILE", kAudioFormatAppleIMA4, 0, 0, 68, 10 },
    };
    for (size_t i = 0; kit_have_module("soundfile") && i < sizeof subtypes / sizeof *subtypes; i++) {
        kit_shell("%s -c \"import numpy, soundfile\nsoundfile.write('%s', numpy.zeros((640, 2)), 22050, "
                  "format='AIFF', "
                  "subtype='%s', endian='%s')\"",
                  kit_python(), kit_path("f.aiff"), subtypes[i].subtype, subtypes[i].endian);
        check_theirs(kit_path("f.aiff"), kAudioFileAIFCType, subtypes[i].format_id, subtypes[i].bits,
                     subtypes[i].flags, subtypes[i].bytes, subtypes[i].packets);
    }
}

/* Compressed packets, copied from another program's file to ours, are decoded alike. */
static void test_packets_copied(void)
{
    static const char *const codecs[] = { "adpcm_ima_qt", "pcm_alaw", "pcm_mulaw" };
    for (size_t i = 0; kit_have("ffmpeg") && i < sizeof codecs / sizeof *codecs; i++) {
        kit_shell("ffmpeg -nostdin -v error -y -f lavfi -i sine=d=0.5:r=22050 -ac 2 -c:a %s %s", codecs[i],
                  kit_path("in.aifc"));
        cm_file *in = kit_open(kit_path("in.aifc"), false);
        cm_file *out = kit_create(kit_path("out.aifc"), kAudioFileAIFCType, in->format);
        UInt8 *audio = kit_audio(in);
        kit_append(out, audio, (size_t)in->data_bytes);
        CHECK_EQ(cm_file_close(out), noErr);
        cm_file_free(in);
        free(audio);
        char first[128];
        strcpy(first, kit_shell("ffmpeg -v error -i %s -f md5 -", kit_path("in.aifc")));
        CHECK_STR(kit_shell("ffmpeg -v error -i %s -f md5 -", kit_path("out.aifc")), first);
    }
}

static void test_unsupported(void)
{
    static const char *const codes[] = { "MAC3", "MAC6", "QDM2", "abcd" };
    for (size_t i = 0; i < 4; i++) {
        UInt8 file[60] = "FORM\0\0\0\x34"
                         "AIFCCOMM\0\0\0\x18\0\1\0\0\0\0\0\x08\x40\x0E\xAC\x44";
        memcpy(file + 20 + 18, codes[i], 4);
        cm_file *f;
        CHECK_EQ(kit_open_memory(file, sizeof file, &f), kAudioFileUnsupportedDataFormatError);
        CHECK(strstr(cm_detail(kAudioFileUnsupportedDataFormatError), codes[i]));
    }
}

int main(void)
{
    kit_begin();
    RUN(test_extended);
    RUN(test_formats);
    RUN(test_refused);
    RUN(test_others_files);
    RUN(test_packets_copied);
    RUN(test_unsupported);
    kit_end();
    return 0;
}
