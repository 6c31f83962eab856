/*
 * When packets come: each type of stream arrives byte by byte, and the place where a packet is given is
 * compared with the place of its last byte in the file. Files are made by ffmpeg, Ogg's packets are found by
 * a parser of its own.
 */
#include "audio_streams.h"

#include <coremusic/engine.h>

/* What is particular to a type. */
enum {
    HINTED = 1, /* the type is told when the stream is opened, since its first bytes do not tell it */
    SYNCED = 2, /* the first packet is given with the header of the third: only then it is one for sure */
    FOUND = 4,  /* packets have no place by their number, but are found from anywhere on */
    LOST = 8,   /* neither */
    FRAMED = HINTED | SYNCED | FOUND
};

typedef struct arrival {
    stream_case file; /* codec NULL: made here */
    int traits;
} arrival;

/* Movie fragments of about 4 packets. */
#define FRAGMENTS "-frag_duration 100000 -movflags "
#define FILM "-f lavfi -i testsrc=s=64x48:d=0.3 -c:v mpeg4 -g 3 "
#define EMPTY "+empty_moov+default_base_moof"

static const arrival arrivals[] = {
    { { "s16.wav", "", kAudioFileWAVEType }, 0 },
    { { "odd.wav", "-c:a pcm_u8 -ac 1 -af atrim=end_sample=4999", kAudioFileWAVEType }, 0 },
    { { "adpcm.wav", "-c:a adpcm_ima_wav", kAudioFileWAVEType }, 0 },
    { { "mp3.wav", "-c:a libmp3lame -b:a 128k", kAudioFileWAVEType }, SYNCED },
    { { "s24.w64", "-c:a pcm_s24le", kAudioFileWave64Type }, 0 },
    { { "s16.rf64", "-rf64 always -f wav", kAudioFileRF64Type }, 0 },
    { { "s16.aiff", "", kAudioFileAIFFType }, 0 },
    { { "odd.aiff", "-c:a pcm_s8 -ac 1 -af atrim=end_sample=4999", kAudioFileAIFFType }, 0 },
    { { "ulaw.aifc", "-c:a pcm_mulaw -f aiff", kAudioFileAIFCType }, 0 },
    { { "s16.caf", "-c:a pcm_s16be", kAudioFileCAFType }, 0 },
    { { "alac.caf", NULL, kAudioFileCAFType }, 0 },
    { { "ulaw.au", "-c:a pcm_mulaw", kAudioFileNextType }, 0 },
    { { "a.mp3", "-b:a 128k", kAudioFileMP3Type }, FRAMED },
    { { "p.mp3", "-write_xing 0 -id3v2_version 0", kAudioFileMP3Type }, FRAMED },
    { { "a.mp2", "-b:a 192k -f mp2", kAudioFileMP2Type }, FRAMED },
    { { "a.aac", "-b:a 96k", kAudioFileAAC_ADTSType }, FRAMED },
    { { "b.aac", "-b:a 16k -ac 1", kAudioFileAAC_ADTSType }, FRAMED },
    { { "a.loas", "-c:a aac -b:a 96k -f latm", kAudioFileLATMInLOASType }, HINTED | FOUND },
    { { "a.ac3", "-b:a 192k", kAudioFileAC3Type }, FRAMED },
    { { "a.eac3", "-b:a 192k", kAudioFileAC3Type }, FRAMED },
    { { "two.eac3", NULL, kAudioFileAC3Type }, FRAMED },
    { { "a.amr", NULL, kAudioFileAMRType }, LOST },
    { { "a.flac", "", kAudioFileFLACType }, FOUND },
    { { "v.ogg", "-c:a libvorbis -page_duration 20000", kCMAudioFileOggType }, FOUND },
    { { "o.opus", "-ar 48000 -c:a libopus -page_duration 20000", kCMAudioFileOggType }, FOUND },
    { { "f.oga", "-c:a flac -page_duration 20000 -f ogg", kCMAudioFileOggType }, FOUND },
    { { "a.m4a", "-b:a 96k -movflags +faststart", kAudioFileM4AType }, 0 },
    { { "l.m4a", "-c:a alac -movflags +faststart", kAudioFileM4AType }, 0 },
    { { "frag.m4a", "-b:a 96k " FRAGMENTS EMPTY, kAudioFileM4AType }, 0 },
    { { "each.m4a", "-b:a 96k -movflags +frag_every_frame" EMPTY, kAudioFileM4AType }, 0 },
    { { "some.m4a", "-b:a 96k " FRAGMENTS "+frag_keyframe", kAudioFileM4AType }, 0 },
    { { "old.m4a", "-b:a 96k " FRAGMENTS "+empty_moov", kAudioFileM4AType }, 0 },
    { { "dash.m4a", "-b:a 96k " FRAGMENTS "+dash", kAudioFileM4AType }, 0 },
    { { "cmaf.m4a", "-b:a 96k " FRAGMENTS "+cmaf", kAudioFileM4AType }, 0 },
    { { "sidx.m4a", "-b:a 96k " FRAGMENTS "+global_sidx" EMPTY, kAudioFileM4AType }, 0 },
    { { "hls.m4a", NULL, kAudioFileM4AType }, 0 },
    { { "alac.m4a", "-c:a alac " FRAGMENTS EMPTY, kAudioFileM4AType }, 0 },
    { { "flac.mp4", "-c:a flac -strict -2 " FRAGMENTS EMPTY, kAudioFileMPEG4Type }, 0 },
    { { "opus.mp4", "-ar 48000 -c:a libopus " FRAGMENTS EMPTY, kAudioFileMPEG4Type }, 0 },
    { { "ac3.mp4", "-c:a ac3 " FRAGMENTS "+delay_moov" EMPTY, kAudioFileMPEG4Type }, 0 },
    { { "eac3.mp4", "-c:a eac3 " FRAGMENTS "+delay_moov" EMPTY, kAudioFileMPEG4Type }, 0 },
    { { "mp3.mp4", "-c:a libmp3lame " FRAGMENTS EMPTY, kAudioFileMPEG4Type }, 0 },
    { { "film.mp4", FILM FRAGMENTS EMPTY, kAudioFileMPEG4Type }, 0 },
};
#define ARRIVALS (sizeof arrivals / sizeof *arrivals)

/* AMR of all frame types, down to those of a single byte (RFC 4867, 5.3). */
static void make_amr(const char *path)
{
    static const UInt8 sizes[16] = { 13, 14, 16, 18, 20, 21, 27, 32, 6, [15] = 1 };
    UInt8 bytes[8000] = "#!AMR\n";
    size_t at = 6;
    for (UInt32 i = 0, type = 0; i < 300; i++, type = i * 7 % 10 == 9 ? 15 : i * 7 % 10) {
        memset(bytes + at, (int)(i & 0x7F), sizes[type]);
        bytes[at] = (UInt8)(type << 3 | 4);
        at += sizes[type];
    }
    spill(path, bytes, at);
}

/* E-AC-3 whose packets are of two substreams: each frame once more as a dependent one (ETSI TS 102 366,
 * E.1.3.1). */
static void make_two_substreams(const char *path)
{
    static const stream_case plain = { "plain.eac3", "-b:a 192k", kAudioFileAC3Type };
    size_t size, to = 0;
    UInt8 *from = slurp(made_by_ffmpeg(&plain), &size), *bytes = malloc(2 * size);
    for (size_t at = 0, frame; at + 4 <= size; at += frame) {
        frame = 2 * (size_t)(((from[at + 2] & 7) << 8 | from[at + 3]) + 1);
        CHECK(from[at] == 0x0B && from[at + 1] == 0x77 && frame <= size - at);
        memcpy(bytes + to, from + at, frame);
        memcpy(bytes + to + frame, from + at, frame);
        bytes[to + frame + 2] = (UInt8)((bytes[to + frame + 2] & 7) | 1 << 6);
        to += 2 * frame;
    }
    spill(path, bytes, to);
    free(from);
    free(bytes);
}

/* Segments of HTTP live streaming, each with a styp box, one behind the other. */
static void make_segments(const char *path)
{
    made_by_ffmpeg(&(stream_case){ "in.wav", "", kAudioFileWAVEType });
    CHECK_EQ(
        run("ffmpeg -nostdin -v error -i in.wav -b:a 96k -f hls -hls_time 0.1 -hls_list_size 0 "
            "-hls_segment_type fmp4 -hls_fmp4_init_filename init.mp4 -hls_segment_filename seg%%d.m4s a.m3u8 "
            "&& cat init.mp4 seg?.m4s > %s",
            path),
        0);
}

/* A table of packets in front of them, as only an optimised file has it. */
static void make_caf(const char *path)
{
    AudioFileID file;
    CHECK_EQ(run("ffmpeg -nostdin -v error -f s16le -ar 44100 -ac 2 -i in.raw -c:a alac %s", path), 0);
    CHECK_EQ(open_file(path, kAudioFileReadWritePermission, &file), 0);
    CHECK_EQ(AudioFileOptimize(file), 0);
    CHECK_EQ(AudioFileClose(file), 0);
}

static const char *make(const stream_case *c)
{
    static const struct {
        AudioFileTypeID type;
        void (*make)(const char *path);
    } makers[] = {
        { kAudioFileAMRType, make_amr },
        { kAudioFileAC3Type, make_two_substreams },
        { kAudioFileM4AType, make_segments },
        { kAudioFileCAFType, make_caf },
    };
    bool missing = !c->codec && access(in_folder(c->name), F_OK) != 0;
    for (size_t i = 0; missing && i < sizeof makers / sizeof *makers; i++)
        if (makers[i].type == c->type)
            makers[i].make(in_folder(c->name));
    return c->codec ? made_by_ffmpeg(c) : in_folder(c->name);
}

/* Where Ogg's packets end, from its pages (RFC 3533), up to most of them. */
static size_t ends_in_ogg(const UInt8 *bytes, size_t size, size_t *ends, size_t most)
{
    size_t count = 0;
    for (size_t at = 0; at + 27 <= size;) {
        size_t segments = bytes[at + 26], end = at + 27 + segments, begun = end;
        CHECK(memcmp(bytes + at, "OggS", 4) == 0);
        for (size_t i = 0; i < segments; i++) {
            UInt8 lacing = bytes[at + 27 + i];
            end += lacing;
            if (lacing < 255 && end > begun && count < most)
                ends[count++] = end;
            begun = lacing < 255 ? end : begun;
        }
        at = end;
    }
    return count;
}

/* Where the packets end in the file. Constant ones: each its own. */
static void find_ends(const arrival *a, const UInt8 *bytes, size_t size, const packets *p, size_t *ends)
{
    AudioFileID file;
    UInt32 n = sizeof(AudioBytePacketTranslation);
    if (a->file.type == kCMAudioFileOggType) {
        size_t *all = malloc((p->count + 8) * sizeof *all);
        size_t count = ends_in_ogg(bytes, size, all, p->count + 8);
        CHECK(count > p->count);
        memcpy(ends, all + (count - p->count), p->count * sizeof *ends);
        free(all);
        return;
    }
    CHECK_EQ(open_file(in_folder(a->file.name), kAudioFileReadPermission, &file), 0);
    SInt64 start = get_s64(file, kAudioFilePropertyDataOffset);
    for (size_t i = 0; i < p->count; i++) {
        AudioBytePacketTranslation t = { .mPacket = (SInt64)i };
        CHECK_EQ(AudioFileGetProperty(file, kAudioFilePropertyPacketToByte, &n, &t), 0);
        ends[i] = (size_t)(start + t.mByte) + p->list[i].mDataByteSize;
        if (a->file.type == kAudioFileLATMInLOASType)
            ends[i]++; /* packets begin in the middle of a byte */
    }
    CHECK_EQ(AudioFileClose(file), 0);
}

static bool is_mp4(const arrival *a)
{
    return a->file.type == kAudioFileM4AType || a->file.type == kAudioFileMPEG4Type;
}

/* Bytes up to the end of the movie box. */
static size_t moov_end(const UInt8 *bytes, size_t size)
{
    for (size_t at = 0; at + 8 <= size;) {
        size_t box = (size_t)bytes[at] << 24 | bytes[at + 1] << 16 | bytes[at + 2] << 8 | bytes[at + 3];
        at += box;
        if (memcmp(bytes + at - box + 4, "moov", 4) == 0)
            return at;
        CHECK(box >= 8);
    }
    return 0;
}

enum {
    MOST_HEADER = 16, /* bytes of a frame's header that show what it is */
    MAGIC = 40,       /* bytes that show the type of a stream */
};

/* Byte by byte: each packet comes with its last byte, the first ones when they are sure to be some. */
static void arrive(const arrival *a)
{
    size_t size;
    UInt8 *bytes = slurp(make(&a->file), &size);
    packets expected = packets_of_file(in_folder(a->file.name)), got = { 0 };
    size_t *ends = malloc(expected.count * sizeof *ends), seen = 0, ready = 0, first = MAGIC;
    find_ends(a, bytes, size, &expected, ends);
    if (a->traits & SYNCED)
        first = ends[1] + MOST_HEADER;
    AudioFileStreamID stream = open_stream(&got, a->traits & HINTED ? a->file.type : 0);
    for (size_t at = 1; at <= size; at++) {
        CHECK_EQ(AudioFileStreamParseBytes(stream, 1, bytes + at - 1, 0), 0);
        if (got.ready && !ready)
            ready = at;
        for (; seen < got.count; seen++) {
            size_t due = ends[seen] > first ? ends[seen] : first;
            if (at < ends[seen] || at > due)
                fprintf(stderr, "%s: packet %zu ends at %zu, given at %zu\n", a->file.name, seen, ends[seen],
                        at);
            CHECK(at >= ends[seen] && at <= due);
        }
    }
    CHECK(ready > 0 && ready <= (ends[0] > first ? ends[0] : first));
    AudioStreamBasicDescription format;
    UInt32 n = sizeof format;
    CHECK_EQ(AudioFileStreamGetProperty(stream, kAudioFileStreamProperty_DataFormat, &n, &format), 0);
    bool needs_packet = format.mFormatID == kAudioFormatAC3 || format.mFormatID == kAudioFormatEnhancedAC3 ||
                        format.mFormatID == kAudioFormatMPEGLayer3;
    if (is_mp4(a) && !needs_packet)
        CHECK_EQ(ready, moov_end(bytes, size));
    CHECK_EQ(got.count, expected.count);
    CHECK_EQ(AudioFileStreamParseBytes(stream, 0, NULL, 0), 0);
    same_packets(&got, &expected, a->file.name, 1);
    CHECK_EQ(AudioFileStreamClose(stream), 0);
    free_packets(&got);
    free_packets(&expected);
    free(ends);
    free(bytes);
}

static void test_arrival(void)
{
    for (size_t i = 0; i < ARRIVALS; i++)
        arrive(&arrivals[i]);
}

/* In pieces of any size: all have come with the last byte, and nothing comes with the end. */
static void test_pieces(void)
{
    static const size_t pieces[] = { 7, 1000, 4096, SIZE_MAX / 4 };
    for (size_t i = 0; i < ARRIVALS; i++) {
        const arrival *a = &arrivals[i];
        size_t size;
        UInt8 *bytes = slurp(make(&a->file), &size);
        packets expected = packets_of_file(in_folder(a->file.name));
        for (size_t k = 0; k < sizeof pieces / sizeof *pieces; k++) {
            packets got = { 0 };
            AudioFileStreamID stream = open_stream(&got, a->traits & HINTED ? a->file.type : 0);
            for (size_t at = 0, n; at < size; at += n) {
                n = size - at < pieces[k] ? size - at : pieces[k];
                CHECK_EQ(AudioFileStreamParseBytes(stream, (UInt32)n, bytes + at, 0), 0);
            }
            CHECK_EQ(got.count, expected.count);
            CHECK_EQ(AudioFileStreamParseBytes(stream, 0, NULL, 0), 0);
            same_packets(&got, &expected, a->file.name, pieces[k]);
            CHECK_EQ(AudioFileStreamClose(stream), 0);
            free_packets(&got);
        }
        free_packets(&expected);
        free(bytes);
    }
}

/* ---- jumps ---- */

/* What came after `before` packets are the last ones of the file. */
static void check_last(const arrival *a, const packets *got, size_t before, const packets *expected)
{
    size_t after = got->count - before;
    if (after == 0 || after > expected->count)
        fprintf(stderr, "%s: %zu packets behind a jump\n", a->file.name, after);
    CHECK(after > 0 && after <= expected->count);
    for (size_t i = 1; i <= after; i++) {
        const AudioStreamPacketDescription *x = &got->list[got->count - i],
                                           *y = &expected->list[expected->count - i];
        CHECK_EQ(x->mDataByteSize, y->mDataByteSize);
        CHECK(memcmp(got->bytes + x->mStartOffset, expected->bytes + y->mStartOffset, x->mDataByteSize) == 0);
    }
}

/* Two thirds arrive, then the client seeks back to a packet and reads on from the place that it was told. */
static void seek_in(const arrival *a)
{
    size_t size;
    UInt8 *bytes = slurp(make(&a->file), &size);
    packets expected = packets_of_file(in_folder(a->file.name)), got = { 0 };
    SInt64 packet = (SInt64)expected.count / 3, offset = -1, start = 0;
    AudioFileStreamSeekFlags flags = 0;
    UInt32 n = sizeof start;
    AudioFileStreamID stream = open_stream(&got, a->traits & HINTED ? a->file.type : 0);
    CHECK_EQ(AudioFileStreamParseBytes(stream, (UInt32)(size * 2 / 3), bytes, 0), 0);
    CHECK_EQ(AudioFileStreamSeek(stream, packet, &offset, &flags), 0);
    CHECK_EQ(flags & kAudioFileStreamSeekFlag_OffsetIsEstimated, ((a->traits & FOUND) != 0));
    CHECK_EQ(AudioFileStreamGetProperty(stream, kAudioFileStreamProperty_DataOffset, &n, &start), 0);
    CHECK(offset >= 0 && start + offset < (SInt64)size);
    size_t before = got.count;
    for (size_t at = (size_t)(start + offset), flag = kAudioFileStreamParseFlag_Discontinuity; at < size;
         at++) {
        CHECK_EQ(AudioFileStreamParseBytes(stream, 1, bytes + at, (AudioFileStreamParseFlags)flag), 0);
        flag = 0;
    }
    if (!(a->traits & FOUND))
        CHECK_EQ(got.count - before, expected.count - (size_t)packet);
    check_last(a, &got, before, &expected);
    CHECK_EQ(AudioFileStreamClose(stream), 0);
    free_packets(&got);
    free_packets(&expected);
    free(bytes);
}

static void refuse_jump(const arrival *a)
{
    size_t size;
    UInt8 *bytes = slurp(make(&a->file), &size);
    packets got = { 0 };
    AudioFileStreamID stream = open_stream(&got, 0);
    CHECK_EQ(AudioFileStreamParseBytes(stream, (UInt32)size / 2, bytes, 0), 0);
    CHECK_EQ(AudioFileStreamParseBytes(stream, 1, bytes, kAudioFileStreamParseFlag_Discontinuity),
             kAudioFileStreamError_DiscontinuityCantRecover);
    CHECK_EQ(AudioFileStreamClose(stream), 0);
    free_packets(&got);
    free(bytes);
}

static void test_seeks(void)
{
    for (size_t i = 0; i < ARRIVALS; i++)
        if (arrivals[i].traits & LOST)
            refuse_jump(&arrivals[i]);
        else
            seek_in(&arrivals[i]);
}

static void make_noise(UInt8 *to, size_t size)
{
    UInt32 x = 5;
    for (size_t i = 0; i < size; i++)
        to[i] = (UInt8)((x = x * 1664525u + 1013904223u) >> 24);
}

/* A third arrives, then something else, then the middle of a packet further on. */
static void test_discontinuities(void)
{
    UInt8 noise[300];
    make_noise(noise, sizeof noise);
    for (size_t i = 0; i < ARRIVALS; i++) {
        const arrival *a = &arrivals[i];
        if (!(a->traits & FOUND))
            continue;
        size_t size;
        UInt8 *bytes = slurp(make(&a->file), &size);
        packets expected = packets_of_file(in_folder(a->file.name)), got = { 0 };
        AudioFileStreamID stream = open_stream(&got, a->traits & HINTED ? a->file.type : 0);
        size_t part = size * 2 / 3, on = size / 4 + 13;
        CHECK_EQ(AudioFileStreamParseBytes(stream, (UInt32)part, bytes, 0), 0);
        size_t before = got.count;
        CHECK_EQ(
            AudioFileStreamParseBytes(stream, sizeof noise, noise, kAudioFileStreamParseFlag_Discontinuity),
            0);
        CHECK_EQ(AudioFileStreamParseBytes(stream, (UInt32)(size - on), bytes + on, 0), 0);
        check_last(a, &got, before, &expected);
        CHECK_EQ(AudioFileStreamClose(stream), 0);
        free_packets(&got);
        free_packets(&expected);
        free(bytes);
    }
}

/* Frames are found behind anything; what must begin with a magic string is an error without it. */
static void test_garbage_in_front(void)
{
    for (size_t i = 0; i < ARRIVALS; i++) {
        const arrival *a = &arrivals[i];
        size_t size;
        const char *extension = strrchr(a->file.name, '.');
        char name[64];
        UInt8 *bytes = slurp(make(&a->file), &size), *all = malloc(size + 300);
        make_noise(all, 300);
        memcpy(all + 300, bytes, size);
        packets got = { 0 };
        AudioFileStreamID stream = open_stream(&got, a->file.type);
        OSStatus status = noErr;
        for (size_t at = 0; at < size + 300 && status == noErr; at++)
            status = AudioFileStreamParseBytes(stream, 1, all + at, 0);
        if (a->traits & HINTED) {
            snprintf(name, sizeof name, "noise%zu%s", i, extension);
            spill(in_folder(name), all, size + 300);
            packets expected = packets_of_file(in_folder(name));
            CHECK_EQ(status, 0);
            CHECK(expected.count > 1);
            same_packets(&got, &expected, a->file.name, 1);
            free_packets(&expected);
        } else {
            CHECK(status != noErr && got.count == 0);
            CHECK_EQ(AudioFileStreamParseBytes(stream, 1, all, 0), status);
        }
        CHECK_EQ(AudioFileStreamClose(stream), 0);
        free_packets(&got);
        free(bytes);
        free(all);
    }
}

/* Frames that nobody told of are known by a fixed number of bytes, however they come. */
static void test_without_a_hint(void)
{
    for (size_t i = 0; i < ARRIVALS; i++) {
        if (!(arrivals[i].traits & HINTED))
            continue;
        size_t size, ready = 0;
        UInt8 *bytes = slurp(make(&arrivals[i].file), &size);
        packets got = { 0 };
        AudioFileStreamID stream = open_stream(&got, 0);
        for (size_t at = 1; at <= size && !ready; at++) {
            CHECK_EQ(AudioFileStreamParseBytes(stream, 1, bytes + at - 1, 0), 0);
            ready = got.ready ? at : 0;
        }
        CHECK_EQ(ready, size < 4096 ? 0 : 4096);
        CHECK_EQ(AudioFileStreamClose(stream), 0);
        free_packets(&got);
        free(bytes);
    }
}

int main(void)
{
    RUN(test_arrival);
    RUN(test_pieces);
    RUN(test_seeks);
    RUN(test_discontinuities);
    RUN(test_garbage_in_front);
    RUN(test_without_a_hint);
    return 0;
}
