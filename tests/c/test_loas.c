/*
 * LOAS files: packets that ffmpeg put into them come out as they went in, ffmpeg decodes the files made here,
 * and the parts of the syntax that ffmpeg does not write are put together by hand (ISO/IEC 14496-3, 1.7).
 */
#include "file_kit.h"

#include "file/frame_reader.h"
#include "file/latm.h"
#include "format/bits.h"

#include <AudioToolbox/AudioFileStream.h>

#define FRAMES 60000

typedef struct packets {
    UInt8 bytes[1 << 18];
    AudioStreamPacketDescription d[512];
    UInt32 count, size;
} packets;

static packets a, b;

static void read_all(cm_file *f, packets *p)
{
    SInt64 count = 0;
    CHECK_EQ(cm_file_count_packets(f, &count), noErr);
    CHECK(count < 512);
    p->count = p->size = 0;
    while (p->count < count) {
        UInt32 n = 1 + p->count % 5, bytes = (UInt32)sizeof p->bytes - p->size;
        CHECK_EQ(cm_file_read_packets(f, p->count, &n, p->d + p->count, &bytes, p->bytes + p->size), noErr);
        CHECK(n > 0);
        for (UInt32 i = 0; i < n; i++)
            p->d[p->count + i].mStartOffset += p->size;
        p->count += n;
        p->size += bytes;
    }
}

static void check_same(const packets *x, const packets *y)
{
    CHECK_EQ(x->count, y->count);
    CHECK_EQ(x->size, y->size);
    for (UInt32 i = 0; i < x->count; i++)
        CHECK_EQ(x->d[i].mDataByteSize, y->d[i].mDataByteSize);
    CHECK(memcmp(x->bytes, y->bytes, x->size) == 0);
}

/* AAC in MPEG-4 by ffmpeg, and the same packets in LOAS. */
static void make_files(UInt32 channels, UInt32 rate, char m4a[160], char loas[160])
{
    static SInt16 samples[6 * FRAMES];
    kit_tone(samples, channels * FRAMES);
    kit_write(kit_path("in.raw"), samples, channels * FRAMES * sizeof *samples);
    snprintf(m4a, 160, "%s", kit_path("a.m4a"));
    snprintf(loas, 160, "%s", kit_path("a.loas"));
    kit_shell("ffmpeg -nostdin -v error -y -f s16le -ar %u -ac %u -i %s -c:a aac -aac_pns 0 %s", rate,
              channels, kit_path("in.raw"), m4a);
    kit_shell("ffmpeg -nostdin -v error -y -i %s -c copy -f latm %s", m4a, loas);
    CHECK(access(loas, F_OK) == 0);
}

static const UInt32 kinds[][2] = { { 1, 22050 }, { 2, 44100 }, { 6, 48000 } };
#define KINDS (sizeof kinds / sizeof *kinds)

static void packets_of_ffmpeg_are_read(void)
{
    char m4a[160], loas[160];
    for (size_t i = 0; i < KINDS; i++) {
        make_files(kinds[i][0], kinds[i][1], m4a, loas);
        cm_file *f = kit_open(m4a, false), *g = kit_open(loas, false);
        CHECK_EQ(g->type, kAudioFileLATMInLOASType);
        CHECK_EQ(g->format.mFormatID, kAudioFormatMPEG4AAC);
        CHECK_EQ(g->format.mSampleRate, kinds[i][1]);
        CHECK_EQ(g->format.mChannelsPerFrame, kinds[i][0]);
        CHECK_EQ(g->format.mFramesPerPacket, 1024);
        CHECK(fabs(cm_file_duration(g) - FRAMES / (double)kinds[i][1]) < 0.3); /* by its first frames */
        read_all(f, &a);
        read_all(g, &b);
        check_same(&a, &b);
        CHECK(fabs(cm_file_duration(g) - b.count * 1024.0 / kinds[i][1]) < 1e-9);
        cm_file_free(f);
        cm_file_free(g);
    }
}

/* The sound of a file as ffmpeg decodes it. */
static UInt8 *decoded(const char *path, size_t *size)
{
    kit_shell("ffmpeg -nostdin -v error -y -flags2 +skip_manual -i %s -f f32le %s 2>&1", path,
              kit_path("out.f32"));
    return kit_read(kit_path("out.f32"), size);
}

static void what_is_written_is_decoded_by_ffmpeg(void)
{
    char m4a[160], loas[160], ours[160];
    for (size_t i = 0; i < KINDS; i++) {
        make_files(kinds[i][0], kinds[i][1], m4a, loas);
        cm_file *f = kit_open(m4a, false);
        read_all(f, &a);
        snprintf(ours, sizeof ours, "%s", kit_path("ours.loas"));
        cm_file *g = kit_create(ours, kAudioFileLATMInLOASType, f->format);
        if (i > 0) { /* one channel needs no cookie: it is plain AAC-LC */
            g->cookie = CFRetain(f->cookie);
            CHECK_EQ(g->container->cookie_changed(g), noErr);
        }
        for (UInt32 at = 0, n; at < a.count; at += n) {
            UInt32 wanted = n = a.count - at < 7 ? a.count - at : 7;
            CHECK_EQ(cm_file_write_packets(g, at, &n, a.d + at, a.size, a.bytes), noErr);
            CHECK_EQ(n, wanted);
        }
        CHECK_EQ(cm_file_close(g), noErr);
        size_t size, expected_size;
        UInt8 *expected = decoded(loas, &expected_size), *sound = decoded(ours, &size);
        CHECK_EQ(size, expected_size);
        CHECK(memcmp(sound, expected, size) == 0);
        free(sound);
        free(expected);
        g = kit_open(ours, false);
        read_all(g, &b);
        check_same(&a, &b);
        cm_file_free(f);
        cm_file_free(g);
    }
}

/* From any frame: as from the first. */
static void frames_are_found(void)
{
    char m4a[160], loas[160];
    make_files(2, 44100, m4a, loas);
    cm_file *f = kit_open(loas, false);
    cm_frame_reader *r = NULL;
    CHECK_EQ(cm_frame_reader_new(f, &r), noErr);
    static float all[2 * (FRAMES + 4096)], part[2 * 3000];
    cm_pcm floats = cm_pcm_float32(2, false);
    void *plane = all;
    size_t got, wanted = FRAMES, size;
    CHECK_EQ(cm_frame_reader_read(r, &floats, &plane, wanted, &got), noErr);
    CHECK_EQ(got, wanted);
    UInt8 *expected = decoded(loas, &size);
    CHECK(size >= wanted * 8 && memcmp(all, expected, wanted * 8) == 0);
    free(expected);
    for (SInt64 at = FRAMES - 3000; at >= 1024; at -= 2999) {
        plane = part;
        CHECK_EQ(cm_frame_reader_seek(r, at), noErr);
        CHECK_EQ(cm_frame_reader_read(r, &floats, &plane, 3000, &got), noErr);
        CHECK_EQ(got, 3000);
        for (size_t i = 0; i < 6000; i++)
            CHECK(fabsf(part[i] - all[2 * (size_t)at + i]) < 1e-4f);
    }
    cm_frame_reader_free(r);
    cm_file_free(f);
}

/* ---- bytes that arrive ---- */

static void on_property(void *client, AudioFileStreamID stream, AudioFileStreamPropertyID id,
                        AudioFileStreamPropertyFlags *flags)
{
    (void)client, (void)stream, (void)id, (void)flags;
}

static void on_packets(void *client, UInt32 bytes, UInt32 count, const void *data,
                       AudioStreamPacketDescription *d)
{
    packets *p = client;
    for (UInt32 i = 0; i < count; i++) {
        p->d[p->count] = d[i];
        p->d[p->count++].mStartOffset += p->size;
    }
    memcpy(p->bytes + p->size, data, bytes);
    p->size += bytes;
}

static void parse(const UInt8 *bytes, size_t size, size_t piece, AudioFileTypeID hint, packets *p)
{
    AudioFileStreamID stream;
    p->count = p->size = 0;
    CHECK_EQ(AudioFileStreamOpen(p, on_property, on_packets, hint, &stream), noErr);
    for (size_t at = 0; at < size; at += piece)
        CHECK_EQ(
            AudioFileStreamParseBytes(stream, (UInt32)(size - at < piece ? size - at : piece), bytes + at, 0),
            noErr);
    CHECK_EQ(AudioFileStreamParseBytes(stream, 0, NULL, 0), noErr);
    CHECK_EQ(AudioFileStreamClose(stream), noErr);
}

static void a_stream_gives_the_same(void)
{
    char m4a[160], loas[160];
    size_t size;
    make_files(2, 44100, m4a, loas);
    cm_file *f = kit_open(loas, false);
    read_all(f, &a);
    UInt8 *bytes = kit_read(loas, &size);
    for (size_t piece = 1; piece < 40000; piece = piece * 6 + 1) {
        parse(bytes, size, piece, kAudioFileLATMInLOASType, &b);
        check_same(&a, &b);
    }
    /* Someone who joins later: from the first frame on that tells the configuration. */
    parse(bytes + 1000, size - 1000, 333, kAudioFileLATMInLOASType, &b);
    CHECK(b.count > 0 && b.count < a.count);
    CHECK(memcmp(b.bytes, a.bytes + a.size - b.size, b.size) == 0);
    free(bytes);
    cm_file_free(f);
}

/* ---- by hand ---- */

typedef struct mux {
    UInt8 bytes[8192];
    cm_bit_writer w;
    size_t begin; /* of the frame, in bytes */
} mux;

static void put(mux *m, UInt32 value, unsigned width)
{
    cm_bits_put(&m->w, value, width);
}

static void begin_frame(mux *m)
{
    m->w.at = (m->w.at + 7) / 8 * 8;
    m->begin = m->w.at / 8;
    put(m, 0x2B7, 11);
    put(m, 0, 13);
}

static void end_frame(mux *m)
{
    size_t length = (m->w.at + 7) / 8 - m->begin - 3;
    m->bytes[m->begin + 1] |= (UInt8)(length >> 8);
    m->bytes[m->begin + 2] = (UInt8)length;
}

static void put_payload(mux *m, UInt32 size, UInt8 value)
{
    for (UInt32 i = 0; i < size; i++)
        put(m, (UInt8)(value + i), 8);
}

/* Version 1: two payloads in an element, HE-AAC whose extension stands behind the base layer, other data and
 * a checksum. */
static void put_rich_config(mux *m)
{
    put(m, 1, 1);     /* audioMuxVersion */
    put(m, 0, 1);     /* audioMuxVersionA */
    put(m, 0xFF, 10); /* taraBufferFullness */
    put(m, 1, 1);     /* allStreamsSameTimeFraming */
    put(m, 1, 6);     /* numSubFrames */
    put(m, 0, 4 + 3); /* numProgram, numLayer */
    put(m, 40, 10);   /* length of the configuration */
    put(m, 2, 5);     /* AAC-LC */
    put(m, 6, 4);     /* 24000 Hz */

    put(m, 2, 4);
    put(m, 0, 3);
    put(m, 0x2B7, 11);
    put(m, 5, 5); /* SBR */
    put(m, 1, 1);
    put(m, 3, 4);    /* 48000 Hz */
    put(m, 0, 3);    /* fill */
    put(m, 0, 3);    /* frameLengthType */
    put(m, 0xFF, 8); /* latmBufferFullness */
    put(m, 1, 1);    /* otherDataPresent */
    put(m, 24, 10);
    put(m, 1, 1); /* crcCheckPresent */
    put(m, 0x5A, 8);
}

static void the_whole_syntax_is_read(void)
{
    static mux m;
    m = (mux){ .w = { .bytes = m.bytes, .end = sizeof m.bytes * 8 } };
    for (int i = 0; i < 6; i++) {
        begin_frame(&m);
        put(&m, i % 3 != 0, 1);
        if (i % 3 == 0)
            put_rich_config(&m);
        put(&m, 255, 8); /* 300 bytes, then 11 */
        put(&m, 45, 8);
        put_payload(&m, 300, (UInt8)i);
        put(&m, 11, 8);
        put_payload(&m, 11, (UInt8)(100 + i));
        put(&m, 0xABCDEF, 24);
        end_frame(&m);
    }
    size_t size = (m.w.at + 7) / 8;
    cm_file *f;
    CHECK_EQ(kit_open_memory(m.bytes, size, &f), noErr);
    CHECK_EQ(f->type, kAudioFileLATMInLOASType);
    CHECK_EQ(f->format.mFormatID, kAudioFormatMPEG4AAC_HE);
    CHECK_EQ(f->format.mSampleRate, 48000);
    CHECK_EQ(f->format.mFramesPerPacket, 2048);
    CHECK_EQ(f->format.mChannelsPerFrame, 2);
    read_all(f, &a);
    CHECK_EQ(a.count, 12);
    for (UInt32 i = 0; i < 12; i++) {
        CHECK_EQ(a.d[i].mDataByteSize, i % 2 ? 11 : 300);
        for (UInt32 k = 0; k < a.d[i].mDataByteSize; k++)
            CHECK_EQ(a.bytes[a.d[i].mStartOffset + k], (UInt8)(i / 2 + (i % 2 ? 100 : 0) + k));
    }
    cm_file_free(f);
    parse(m.bytes, size, 100, 0, &b);
    check_same(&a, &b);
}

/* Payloads of a fixed length; several layers are refused. */
static void other_multiplexes(void)
{
    static mux m;
    for (UInt32 layers = 1; layers <= 2; layers++) {
        m = (mux){ .w = { .bytes = m.bytes, .end = sizeof m.bytes * 8 } };
        for (int i = 0; i < 4; i++) {
            begin_frame(&m);
            put(&m, 0, 1);
            put(&m, 0, 1);
            put(&m, 1, 1);
            put(&m, 0, 6 + 4);
            put(&m, layers - 1, 3);
            put(&m, 0x1210, 16); /* AAC-LC, 44100 Hz, two channels */
            put(&m, 1, 3);
            put(&m, 30, 9); /* 50 bytes */
            put(&m, 0, 2);
            put_payload(&m, 50, (UInt8)i);
            end_frame(&m);
        }
        cm_file *f;
        OSStatus status = kit_open_memory(m.bytes, (m.w.at + 7) / 8, &f);
        if (layers == 2) {
            CHECK(status == kAudioFileUnsupportedDataFormatError ||
                  status == kAudioFileUnsupportedFileTypeError);
            continue;
        }
        CHECK_EQ(status, noErr);
        read_all(f, &a);
        CHECK_EQ(a.count, 4);
        CHECK_EQ(a.size, 200);
        CHECK_EQ(a.bytes[150 + 49], 3 + 49);
        cm_file_free(f);
    }
}

/* ---- damage ---- */

static void damage_costs_what_is_damaged(void)
{
    char m4a[160], loas[160];
    size_t size;
    make_files(2, 44100, m4a, loas);
    cm_file *f = kit_open(loas, false);
    read_all(f, &a);
    SInt64 middle = f->table.offsets[30];
    cm_file_free(f);
    UInt8 *bytes = kit_read(loas, &size), *junk = malloc(size + 500);
    memcpy(junk, bytes, (size_t)middle);
    memset(junk + middle, 0x56, 500); /* in the middle of packet 30 */
    memcpy(junk + middle + 500, bytes + middle, size - (size_t)middle);
    CHECK_EQ(kit_open_memory(junk, size + 500, &f), noErr);
    SInt64 count = 0;
    CHECK_EQ(cm_file_count_packets(f, &count), noErr);
    CHECK(count >= a.count - 3 && count <= a.count + 1);
    cm_file_free(f);
    for (size_t cut = 0; cut < 2000; cut += 7) {
        if (kit_open_memory(bytes, cut, &f) != noErr)
            continue;
        CHECK_EQ(cm_file_count_packets(f, &count), noErr);
        CHECK(count <= 8);
        cm_file_free(f);
    }
    free(junk);
    free(bytes);
}

static void wrong_use(void)
{
    AudioStreamBasicDescription he = { .mSampleRate = 48000,
                                       .mFormatID = kAudioFormatMPEG4AAC_HE,
                                       .mFramesPerPacket = 2048,
                                       .mChannelsPerFrame = 2 };
    cm_file *f = kit_create(kit_path("he.loas"), kAudioFileLATMInLOASType, he);
    UInt8 bytes[9000] = { 1 };
    AudioStreamPacketDescription d = { .mDataByteSize = 100 };
    UInt32 one = 1;
    CHECK_EQ(cm_file_write_packets(f, 0, &one, &d, 100, bytes), kAudioFileOperationNotSupportedError);
    CHECK_EQ(one, 0);
    f->cookie = CFDataCreate(NULL, bytes, 3);
    CHECK_EQ(f->container->cookie_changed(f), kAudioFileBadPropertySizeError);
    cm_file_free(f);
    he.mFormatID = kAudioFormatMPEG4AAC;
    he.mFramesPerPacket = 1024;
    f = kit_create(kit_path("lc.loas"), kAudioFileLATMInLOASType, he);
    d.mDataByteSize = 9000;
    one = 1;
    CHECK_EQ(cm_file_write_packets(f, 0, &one, &d, 9000, bytes), kAudioFileUnsupportedDataFormatError);
    d.mDataByteSize = 100;
    one = 1;
    CHECK_EQ(cm_file_write_packets(f, 0, &one, &d, 9000, bytes), noErr);
    one = 1;
    CHECK_EQ(cm_file_write_packets(f, 0, &one, &d, 9000, bytes), kAudioFileInvalidPacketOffsetError);
    CHECK_EQ(cm_file_close(f), noErr);
}

int main(void)
{
    kit_begin();
    RUN(the_whole_syntax_is_read);
    RUN(other_multiplexes);
    RUN(wrong_use);
    if (kit_have("ffmpeg")) {
        RUN(packets_of_ffmpeg_are_read);
        RUN(what_is_written_is_decoded_by_ffmpeg);
        RUN(frames_are_found);
        RUN(a_stream_gives_the_same);
        RUN(damage_costs_what_is_damaged);
    } else {
        printf("skipped: ffmpeg is not installed\n");
    }
    kit_end();
    return 0;
}
