/*
 * When packets come: each type of stream arrives byte by byte, and the place where a packet is given is
 * compared with the place of its last byte in the file. Files are made by ffmpeg, Ogg's packets are found by
 * a parser of its own.
 */
#include "audio_streams.h"

#include <coremusic/engine.h>

typedef struct arrival {
    stream_case file; /* codec NULL: made here */
    bool hinted;      /* the type is told when the stream is opened, since its first bytes do not tell it */
    UInt32 late;      /* bytes behind its last one at which a packet is given */
    UInt32 kept;      /* packets that only the end of the stream brings */
    bool synced; /* the first packet is given with the header of the third: only then it is one for sure */
} arrival;

/* Movie fragments of about 4 packets. */
#define FRAGMENTS "-frag_duration 100000 -movflags "
#define EMPTY "+empty_moov+default_base_moof"

static const arrival arrivals[] = {
    { .file = { "s16.wav", "", kAudioFileWAVEType } },
    { .file = { "odd.wav", "-c:a pcm_u8 -ac 1 -af atrim=end_sample=4999", kAudioFileWAVEType } },
    { .file = { "adpcm.wav", "-c:a adpcm_ima_wav", kAudioFileWAVEType } },
    { .file = { "mp3.wav", "-c:a libmp3lame -b:a 128k", kAudioFileWAVEType }, .synced = true },
    { .file = { "s24.w64", "-c:a pcm_s24le", kAudioFileWave64Type } },
    { .file = { "s16.rf64", "-rf64 always -f wav", kAudioFileRF64Type } },
    { .file = { "s16.aiff", "", kAudioFileAIFFType } },
    { .file = { "odd.aiff", "-c:a pcm_s8 -ac 1 -af atrim=end_sample=4999", kAudioFileAIFFType } },
    { .file = { "ulaw.aifc", "-c:a pcm_mulaw -f aiff", kAudioFileAIFCType } },
    { .file = { "s16.caf", "-c:a pcm_s16be", kAudioFileCAFType } },
    { .file = { "ulaw.au", "-c:a pcm_mulaw", kAudioFileNextType } },
    { .file = { "a.mp3", "-b:a 128k", kAudioFileMP3Type }, .synced = true, .hinted = true },
    { .file = { "p.mp3", "-write_xing 0 -id3v2_version 0", kAudioFileMP3Type },
      .synced = true,
      .hinted = true },
    { .file = { "a.mp2", "-b:a 192k -f mp2", kAudioFileMP2Type }, .synced = true, .hinted = true },
    { .file = { "a.aac", "-b:a 96k", kAudioFileAAC_ADTSType }, .synced = true, .hinted = true },
    { .file = { "b.aac", "-b:a 8k -ar 8000", kAudioFileAAC_ADTSType }, .synced = true, .hinted = true },
    { .file = { "a.loas", "-c:a aac -b:a 96k -f latm", kAudioFileLATMInLOASType }, .hinted = true },
    { .file = { "a.ac3", "-b:a 192k", kAudioFileAC3Type }, .synced = true, .hinted = true },
    { .file = { "a.eac3", "-b:a 192k", kAudioFileAC3Type }, .synced = true, .hinted = true },
    { .file = { "two.eac3", NULL, kAudioFileAC3Type }, .synced = true, .hinted = true },
    { .file = { "a.amr", NULL, kAudioFileAMRType } },
    { .file = { "a.flac", "", kAudioFileFLACType }, .late = 16, .kept = 1 },
    { .file = { "v.ogg", "-c:a libvorbis", kCMAudioFileOggType } },
    { .file = { "o.opus", "-ar 48000 -c:a libopus", kCMAudioFileOggType } },
    { .file = { "f.oga", "-c:a flac -f ogg", kCMAudioFileOggType } },
    { .file = { "a.m4a", "-b:a 96k -movflags +faststart", kAudioFileM4AType } },
    { .file = { "l.m4a", "-c:a alac -movflags +faststart", kAudioFileM4AType } },
    { .file = { "frag.m4a", "-b:a 96k " FRAGMENTS EMPTY, kAudioFileM4AType } },
    { .file = { "each.m4a", "-b:a 96k -movflags +frag_every_frame" EMPTY, kAudioFileM4AType } },
    { .file = { "some.m4a", "-b:a 96k " FRAGMENTS "+frag_keyframe", kAudioFileM4AType } },
    { .file = { "old.m4a", "-b:a 96k " FRAGMENTS "+empty_moov", kAudioFileM4AType } },
    { .file = { "dash.m4a", "-b:a 96k " FRAGMENTS "+dash", kAudioFileM4AType } },
    { .file = { "cmaf.m4a", "-b:a 96k " FRAGMENTS "+cmaf", kAudioFileM4AType } },
    { .file = { "sidx.m4a", "-b:a 96k " FRAGMENTS "+global_sidx" EMPTY, kAudioFileM4AType } },
    { .file = { "hls.m4a", NULL, kAudioFileM4AType } },
    { .file = { "alac.m4a", "-c:a alac " FRAGMENTS EMPTY, kAudioFileM4AType } },
    { .file = { "flac.mp4", "-c:a flac -strict -2 " FRAGMENTS EMPTY, kAudioFileMPEG4Type } },
    { .file = { "opus.mp4", "-ar 48000 -c:a libopus " FRAGMENTS EMPTY, kAudioFileMPEG4Type } },
    { .file = { "ac3.mp4", "-c:a ac3 " FRAGMENTS "+delay_moov" EMPTY, kAudioFileMPEG4Type } },
    { .file = { "eac3.mp4", "-c:a eac3 " FRAGMENTS "+delay_moov" EMPTY, kAudioFileMPEG4Type } },
    { .file = { "mp3.mp4", "-c:a libmp3lame " FRAGMENTS EMPTY, kAudioFileMPEG4Type } },
    { .file = { "film.mp4", "-f lavfi -i testsrc=s=64x48:d=0.3 -c:v mpeg4 -g 3 " FRAGMENTS EMPTY,
                kAudioFileMPEG4Type } },
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

static const char *make(const stream_case *c)
{
    static const struct {
        AudioFileTypeID type;
        void (*make)(const char *path);
    } makers[] = {
        { kAudioFileAMRType, make_amr },
        { kAudioFileAC3Type, make_two_substreams },
        { kAudioFileM4AType, make_segments },
    };
    for (size_t i = 0; !c->codec && i < sizeof makers / sizeof *makers; i++)
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

/* Byte by byte: each packet with its last byte, or as the table says. */
static void arrive(const arrival *a)
{
    size_t size;
    UInt8 *bytes = slurp(make(&a->file), &size);
    packets expected = packets_of_file(in_folder(a->file.name)), got = { 0 };
    size_t *ends = malloc(expected.count * sizeof *ends), seen = 0, ready = 0, first = MAGIC;
    find_ends(a, bytes, size, &expected, ends);
    if (a->synced)
        first = ends[1] + MOST_HEADER;
    AudioFileStreamID stream = open_stream(&got, a->hinted ? a->file.type : 0);
    for (size_t at = 1; at <= size; at++) {
        CHECK_EQ(AudioFileStreamParseBytes(stream, 1, bytes + at - 1, 0), 0);
        if (got.ready && !ready)
            ready = at;
        for (; seen < got.count; seen++) {
            size_t due = ends[seen] > first ? ends[seen] : first;
            if (at < ends[seen] || at > due + a->late)
                fprintf(stderr, "%s: packet %zu ends at %zu, given at %zu\n", a->file.name, seen, ends[seen],
                        at);
            CHECK(at >= ends[seen] && at <= due + a->late);
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
    CHECK_EQ(expected.count - got.count, a->kept);
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

/* In pieces of any size: what has come with the last byte, and what with the end. */
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
            AudioFileStreamID stream = open_stream(&got, a->hinted ? a->file.type : 0);
            for (size_t at = 0, n; at < size; at += n) {
                n = size - at < pieces[k] ? size - at : pieces[k];
                CHECK_EQ(AudioFileStreamParseBytes(stream, (UInt32)n, bytes + at, 0), 0);
            }
            CHECK_EQ(expected.count - got.count, a->kept);
            CHECK_EQ(AudioFileStreamParseBytes(stream, 0, NULL, 0), 0);
            same_packets(&got, &expected, a->file.name, pieces[k]);
            CHECK_EQ(AudioFileStreamClose(stream), 0);
            free_packets(&got);
        }
        free_packets(&expected);
        free(bytes);
    }
}

int main(void)
{
    RUN(test_arrival);
    RUN(test_pieces);
    return 0;
}
