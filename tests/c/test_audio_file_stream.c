/*
 * AudioFileStream: files of every type, made by other programs, arrive in pieces. The packets must be those
 * that AudioFileReadPacketData reads from the same file, whatever the size of the pieces.
 */
#include "audio_streams.h"

#include <coremusic/engine.h>

static const stream_case cases[] = {
    { "s16.wav", "", kAudioFileWAVEType },
    { "f32.wav", "-c:a pcm_f32le", kAudioFileWAVEType },
    { "adpcm.wav", "-c:a adpcm_ima_wav", kAudioFileWAVEType },
    { "s24.w64", "-c:a pcm_s24le", kAudioFileWave64Type },
    { "s16.rf64", "-rf64 always -f wav", kAudioFileRF64Type },
    { "s16.aiff", "", kAudioFileAIFFType },
    { "sowt.aifc", "-c:a pcm_s16le -f aiff", kAudioFileAIFCType },
    { "s16.caf", "-c:a pcm_s16be", kAudioFileCAFType },
    { "ulaw.au", "-c:a pcm_mulaw", kAudioFileNextType },
    { "a.mp3", "-b:a 128k", kAudioFileMP3Type },
    { "plain.mp3", "-b:a 128k -write_xing 0 -id3v2_version 0", kAudioFileMP3Type },
    { "a.mp2", "-b:a 192k -f mp2", kAudioFileMP2Type },
    { "a.aac", "-b:a 96k", kAudioFileAAC_ADTSType },
    { "a.ac3", "-b:a 192k", kAudioFileAC3Type },
    { "a.flac", "", kAudioFileFLACType },
    { "v.ogg", "-c:a libvorbis", kCMAudioFileOggType },
    { "o.opus", "-ar 48000 -c:a libopus", kCMAudioFileOggType },
    { "f.oga", "-c:a flac -f ogg", kCMAudioFileOggType },
    { "a.m4a", "-b:a 96k -movflags +faststart", kAudioFileM4AType },
    { "l.m4a", "-c:a alac -movflags +faststart", kAudioFileM4AType },
};
#define CASES (sizeof cases / sizeof *cases)

static void test_pieces(void)
{
    static const size_t pieces[] = { SIZE_MAX / 4, 65536, 4096, 1009, 64, 1 };
    for (size_t i = 0; i < CASES; i++) {
        const char *path = made_by_ffmpeg(&cases[i]);
        size_t size;
        UInt8 *bytes = slurp(path, &size);
        packets expected = packets_of_file(path);
        CHECK(expected.count > 2);
        for (size_t k = 0; k < sizeof pieces / sizeof *pieces; k++) {
            packets got = { 0 };
            AudioFileStreamID stream = open_stream(&got, k % 2 ? cases[i].type : 0);
            OSStatus status = feed(stream, bytes, size, pieces[k]);
            if (status != noErr)
                fprintf(stderr, "%s in pieces of %zu\n", cases[i].name, pieces[k]);
            CHECK_EQ(status, 0);
            CHECK_EQ(AudioFileStreamClose(stream), 0);
            CHECK_EQ(got.ready, got.properties);
            same_packets(&got, &expected, cases[i].name, pieces[k]);
            free_packets(&got);
        }
        free_packets(&expected);
        free(bytes);
    }
}

/* ---- properties ---- */

static void test_properties(void)
{
    for (size_t i = 0; i < CASES; i++) {
        const char *path = made_by_ffmpeg(&cases[i]);
        size_t size;
        UInt8 *bytes = slurp(path, &size);
        packets got = { 0 };
        AudioFileID file;
        AudioFileStreamID stream = open_stream(&got, 0);
        UInt32 ready = 9, type = 0, n = 4;
        CHECK_EQ(
            AudioFileStreamGetProperty(stream, kAudioFileStreamProperty_ReadyToProducePackets, &n, &ready),
            0);
        CHECK_EQ(ready, 0);
        CHECK_EQ(feed(stream, bytes, size, 5000), 0);
        CHECK_EQ(
            AudioFileStreamGetProperty(stream, kAudioFileStreamProperty_ReadyToProducePackets, &n, &ready),
            0);
        CHECK_EQ(ready, 1);
        CHECK_EQ(AudioFileStreamGetProperty(stream, kAudioFileStreamProperty_FileFormat, &n, &type), 0);
        CHECK_EQ(type, cases[i].type);
        CHECK_EQ(open_file(path, kAudioFileReadPermission, &file), 0);
        AudioStreamBasicDescription a, b = get_format(file);
        n = sizeof a;
        CHECK_EQ(AudioFileStreamGetProperty(stream, kAudioFileStreamProperty_DataFormat, &n, &a), 0);
        CHECK(memcmp(&a, &b, sizeof a) == 0);
        SInt64 offset = -1;
        n = sizeof offset;
        CHECK_EQ(AudioFileStreamGetProperty(stream, kAudioFileStreamProperty_DataOffset, &n, &offset), 0);
        CHECK_EQ(offset, get_s64(file, kAudioFilePropertyDataOffset));
        n = 1;
        CHECK_EQ(AudioFileStreamGetProperty(stream, kAudioFileStreamProperty_DataFormat, &n, &a),
                 kAudioFileStreamError_BadPropertySize);
        CHECK_EQ(AudioFileStreamGetPropertyInfo(stream, 'nope', &n, NULL),
                 kAudioFileStreamError_UnsupportedProperty);
        CHECK_EQ(AudioFileStreamSetProperty(stream, kAudioFileStreamProperty_DataFormat, sizeof a, &a),
                 kAudioFileStreamError_UnsupportedProperty);
        CHECK_EQ(AudioFileClose(file), 0);
        CHECK_EQ(AudioFileStreamClose(stream), 0);
        free_packets(&got);
        free(bytes);
    }
}

/* ---- jumps ---- */

/* After a seek the client reads on from the offset that it was told. */
static void jump_in(const stream_case *c, SInt64 packet, bool exact)
{
    const char *path = made_by_ffmpeg(c);
    size_t size;
    UInt8 *bytes = slurp(path, &size);
    packets expected = packets_of_file(path), got = { 0 };
    AudioFileStreamID stream = open_stream(&got, c->type);
    SInt64 offset = -1, start = 0;
    AudioFileStreamSeekFlags flags = 0;
    UInt32 n = sizeof start;
    CHECK_EQ(AudioFileStreamParseBytes(stream, (UInt32)(size / 2), bytes, 0), 0);
    CHECK_EQ(AudioFileStreamSeek(stream, packet, &offset, &flags), 0);
    CHECK_EQ(flags & kAudioFileStreamSeekFlag_OffsetIsEstimated, exact ? 0 : 1);
    CHECK_EQ(AudioFileStreamGetProperty(stream, kAudioFileStreamProperty_DataOffset, &n, &start), 0);
    CHECK(offset >= 0 && start + offset < (SInt64)size);
    size_t before = got.count;
    const UInt8 *rest = bytes + start + offset;
    UInt32 left = (UInt32)(size - (size_t)(start + offset));
    CHECK_EQ(AudioFileStreamParseBytes(stream, left, rest, kAudioFileStreamParseFlag_Discontinuity), 0);
    CHECK_EQ(AudioFileStreamParseBytes(stream, 0, NULL, 0), 0);
    size_t after = got.count - before;
    if (exact)
        CHECK_EQ(after, expected.count - (size_t)packet);
    CHECK(after > 2);
    /* The last packets are the file's last ones, wherever reading began. */
    for (size_t i = 1; i <= after - 1; i++) {
        const AudioStreamPacketDescription *a = &got.list[got.count - i],
                                           *b = &expected.list[expected.count - i];
        CHECK_EQ(a->mDataByteSize, b->mDataByteSize);
        CHECK(memcmp(got.bytes + a->mStartOffset, expected.bytes + b->mStartOffset, a->mDataByteSize) == 0);
    }
    CHECK_EQ(AudioFileStreamClose(stream), 0);
    free_packets(&got);
    free_packets(&expected);
    free(bytes);
}

static void test_jumps(void)
{
    jump_in(&cases[0], 9000, true);  /* WAV */
    jump_in(&cases[5], 3, true);     /* AIFF, backwards */
    jump_in(&cases[7], 12000, true); /* CAF */
    jump_in(&cases[9], 7, false);    /* MP3 */
    jump_in(&cases[12], 8, false);   /* ADTS */
    jump_in(&cases[13], 5, false);   /* AC-3 */
    jump_in(&cases[18], 7, true);    /* M4A: its table is at the front */
}

static void test_jump_refused(void)
{
    size_t size;
    UInt8 *bytes = slurp(made_by_ffmpeg(&cases[15]), &size);
    packets got = { 0 };
    SInt64 offset;
    AudioFileStreamSeekFlags flags = 0;
    AudioFileStreamID stream = open_stream(&got, 0);
    CHECK_EQ(AudioFileStreamSeek(stream, 3, &offset, &flags), kAudioFileStreamError_DataUnavailable);
    CHECK_EQ(AudioFileStreamParseBytes(stream, 100, bytes, kAudioFileStreamParseFlag_Discontinuity),
             kAudioFileStreamError_DiscontinuityCantRecover);
    CHECK_EQ(AudioFileStreamSeek(stream, -1, &offset, &flags) != noErr, 1);
    CHECK_EQ(AudioFileStreamClose(stream), 0);
    free_packets(&got);
    free(bytes);
}

/* ---- what a client may do wrong ---- */

static void parses_inside(void *client, UInt32 size, UInt32 count, const void *bytes,
                          AudioStreamPacketDescription *described)
{
    packets *p = client;
    (void)size, (void)count, (void)described;
    CHECK_EQ(AudioFileStreamParseBytes(p->close_me, 1, bytes, 0), kAudioFileStreamError_IllegalOperation);
    p->refused++;
    CHECK_EQ(AudioFileStreamClose(p->close_me), 0);
}

static void test_close_inside(void)
{
    size_t size;
    UInt8 *bytes = slurp(made_by_ffmpeg(&cases[9]), &size);
    packets got = { 0 };
    CHECK_EQ(AudioFileStreamOpen(&got, heard_property, parses_inside, 0, &got.close_me), 0);
    CHECK_EQ(AudioFileStreamParseBytes(got.close_me, (UInt32)size, bytes, 0), 0);
    CHECK_EQ(got.refused, 1);
    CHECK_EQ(AudioFileStreamParseBytes(got.close_me, 1, bytes, 0), kAudio_ParamError);
    CHECK_EQ(AudioFileStreamClose(got.close_me), kAudio_ParamError);
    free(bytes);
}

static void test_rubbish(void)
{
    UInt8 *noise = malloc(200000);
    UInt32 x = 7;
    for (int i = 0; i < 200000; i++)
        noise[i] = (UInt8)((x = x * 1664525u + 1013904223u) >> 24);
    for (int start = 0; start < 2; start++) {
        packets got = { 0 };
        AudioFileStreamID stream = open_stream(&got, start ? kAudioFileWAVEType : 0);
        CHECK(feed(stream, noise, 200000, 3000) != noErr);
        CHECK_EQ(got.count, 0);
        CHECK(AudioFileStreamParseBytes(stream, 100, noise, 0) != noErr); /* and it stays so */
        CHECK_EQ(AudioFileStreamClose(stream), 0);
        free_packets(&got);
    }
    free(noise);
    packets got = { 0 };
    AudioFileStreamID stream = open_stream(&got, 0);
    CHECK(AudioFileStreamParseBytes(stream, 0, NULL, 0) != noErr); /* an empty stream */
    CHECK_EQ(AudioFileStreamParseBytes(stream, 5, NULL, 0), kAudio_ParamError);
    CHECK_EQ(AudioFileStreamClose(stream), 0);
    CHECK_EQ(AudioFileStreamOpen(&got, NULL, heard_packets, 0, &stream), kAudio_ParamError);
}

/* Ends in the middle: the whole packets before the end come out, or an error, never anything else. */
static void test_truncated(void)
{
    for (size_t i = 0; i < CASES; i++) {
        const char *path = made_by_ffmpeg(&cases[i]);
        size_t size;
        UInt8 *bytes = slurp(path, &size);
        packets expected = packets_of_file(path);
        for (size_t part = 0; part < 6; part++) {
            packets got = { 0 };
            AudioFileStreamID stream = open_stream(&got, 0);
            feed(stream, bytes, part < 3 ? 30 + part * 300 : size * (part - 2) / 4, 2000);
            CHECK(got.count <= expected.count);
            CHECK(got.size <= expected.size);
            CHECK(got.size == 0 || memcmp(got.bytes, expected.bytes, got.size) == 0);
            if (part == 5 && got.count < expected.count / 3)
                fprintf(stderr, "%s: %zu of %zu packets\n", cases[i].name, got.count, expected.count);
            if (part == 5)
                CHECK(got.count >= expected.count / 3); /* large Ogg pages hold many */
            CHECK_EQ(AudioFileStreamClose(stream), 0);
            free_packets(&got);
        }
        free_packets(&expected);
        free(bytes);
    }
}

/* A file whose description follows its audio cannot be played as it arrives; its first bytes of audio tell.
 */
static void test_not_optimized(void)
{
    static const stream_case late[] = { { "late.m4a", "-b:a 96k", kAudioFileM4AType },
                                        { "late.caf", "-c:a alac", kAudioFileCAFType } };
    for (size_t i = 0; i < sizeof late / sizeof *late; i++) {
        size_t size;
        UInt8 *bytes = slurp(made_by_ffmpeg(&late[i]), &size);
        packets got = { 0 };
        AudioFileStreamID stream = open_stream(&got, 0);
        CHECK_EQ(AudioFileStreamParseBytes(stream, 300, bytes, 0), kAudioFileStreamError_NotOptimized);
        CHECK_EQ(AudioFileStreamClose(stream), 0);
        free(bytes);
    }
}

/* Nothing is made for packets that a header tells of and that do not come. */
static void test_lies(void)
{
    static const stream_case constant = {
        "even.mp4", "-ar 48000 -c:a ac3 -movflags +frag_keyframe+empty_moov+delay_moov+default_base_moof",
        kAudioFileMPEG4Type
    };
    static const UInt8 large[] =
        "caff\0\1\0\0desc\0\0\0\0\0\0\0\x20\x40\xE5\x88\x80\0\0\0\0ima4\0\0\0\0\xFF\xFF"
        "\xFF\xFF\0\0\0\x40\0\0\0\1\0\0\0\0data\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0\0\0\0";
    size_t size;
    UInt8 *bytes = slurp(made_by_ffmpeg(&constant), &size), *run_box = memmem(bytes, size, "trun", 4);
    CHECK(run_box != NULL);
    CHECK((run_box[6] & 0xF) == 0); /* no sizes in it */
    memset(run_box + 8, 0xFF, 4);   /* packets of one size that need no row each */
    packets got = { 0 };
    AudioFileStreamID stream = open_stream(&got, 0);
    CHECK_EQ(feed(stream, bytes, size, 1000), kAudioFileStreamError_InvalidFile);
    CHECK_EQ(got.count, 0);
    CHECK_EQ(AudioFileStreamClose(stream), 0);
    stream = open_stream(&got, 0);
    feed(stream, large, sizeof large, 7);
    CHECK_EQ(got.count, 0);
    CHECK_EQ(AudioFileStreamClose(stream), 0);
    free(bytes);
}

int main(void)
{
    RUN(test_pieces);
    RUN(test_properties);
    RUN(test_jumps);
    RUN(test_jump_refused);
    RUN(test_close_inside);
    RUN(test_rubbish);
    RUN(test_truncated);
    RUN(test_not_optimized);
    RUN(test_lies);
    return 0;
}
