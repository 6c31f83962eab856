/*
 * Ogg streams in a row: files of other encoders put one behind the other are the sound of the pieces, as
 * other programs decode each of them, frame by frame and from any frame.
 */
#include "file_kit.h"

#include "codec/codec.h"
#include "file/frame_reader.h"

#include <AudioToolbox/AudioFileStream.h>

#define PIECES 3

typedef struct chain_case {
    const char *name;
    const char *encode[PIECES]; /* commands from a WAV file to an Ogg file */
    int seconds_tenths[PIECES];
    const char *decode; /* from an Ogg file to 32-bit floats */
    double tolerance;   /* Vorbis: the other decoder gives 16 bits; Opus: after a seek */
} chain_case;

#define FFMPEG "ffmpeg -nostdin -v error -y -i %s -f f32le %s"
#define VORBIS "sox -D %s -t f32 %s"

static const chain_case cases[] = {
    { "same.ogg",
      { "oggenc -Q -q 4 -s 1 %s -o %s", "oggenc -Q -q 4 -s 2 %s -o %s", "oggenc -Q -q 4 -s 3 %s -o %s" },
      { 12, 3, 20 },
      VORBIS,
      4e-5 },
    { "books.ogg",
      { "oggenc -Q -q 1 -s 1 %s -o %s", "oggenc -Q -q 8 -s 2 %s -o %s", "oggenc -Q -q 4 -s 3 %s -o %s" },
      { 12, 3, 20 },
      VORBIS,
      4e-5 },
    { "gone.ogg", /* one serial number all through */
      { "oggenc -Q -q 4 -s 7 %s -o %s", "oggenc -Q -q 1 -s 7 %s -o %s", "oggenc -Q -q 4 -s 7 %s -o %s" },
      { 12, 3, 20 },
      VORBIS,
      4e-5 },
    { "o.opus",
      { "opusenc --quiet --serial 1 --bitrate 96 %s %s",
        "opusenc --quiet --serial 2 --bitrate 64 --framesize 60 %s %s",
        "opusenc --quiet --serial 3 --bitrate 64 --framesize 5 %s %s" },
      { 12, 3, 20 },
      FFMPEG,
      1e-4 },
    { "f.oga",
      { "flac -s --ogg --serial-number=1 -5 %s -o %s", "flac -s --ogg --serial-number=2 -0 %s -o %s",
        "flac -s --ogg --serial-number=3 -8 %s -o %s" },
      { 12, 3, 20 },
      FFMPEG,
      0 },
};
#define CASES (sizeof cases / sizeof *cases)

typedef struct sound {
    float *samples; /* two interleaved */
    size_t frames;
} sound;

/* Lives until the third call after this one. */
static const char *make_piece(const chain_case *c, int index, int rate)
{
    static char paths[3][160];
    static int turn;
    char command[512], wav[160], name[64];
    snprintf(wav, sizeof wav, "%s", kit_path("piece.wav"));
    kit_shell(
        "ffmpeg -nostdin -v error -y -f lavfi -i 'aevalsrc=0.4*sin(%d*t*(1+t))|0.3*sin(%d*t):s=%d:d=%g' "
        "-c:a pcm_s16le -bitexact %s",
        2000 + 700 * index, 3000 + 500 * index, rate, c->seconds_tenths[index] / 10.0 + 0.0123, wav);
    snprintf(name, sizeof name, "piece%d-%s", index, c->name);
    char *path = paths[turn++ % 3];
    snprintf(path, sizeof paths[0], "%s", kit_path(name));
    snprintf(command, sizeof command, c->encode[index], wav, path);
    kit_shell("rm -f %s; %s", path, command);
    CHECK(access(path, F_OK) == 0);
    return path;
}

/* What another program decodes of the last piece; as long as the sound that went into it. */
static void add_decoded(sound *s, const chain_case *c, const char *path)
{
    size_t size, frames = (size_t)atoll(kit_shell("soxi -s %s", kit_path("piece.wav")));
    char command[512], result[160];
    snprintf(result, sizeof result, "%s", kit_path("piece.f32"));
    snprintf(command, sizeof command, c->decode, path, result);
    kit_shell("%s", command);
    UInt8 *bytes = kit_read(result, &size);
    CHECK_EQ(size, frames * 2 * sizeof(float));
    s->samples = realloc(s->samples, (s->frames + frames) * 2 * sizeof(float));
    memcpy(s->samples + 2 * s->frames, bytes, size);
    s->frames += frames;
    free(bytes);
}

/* The chain, and the sound of its pieces. */
static const char *make_chain(const chain_case *c, sound *expected)
{
    static char path[160];
    snprintf(path, sizeof path, "%s", kit_path(c->name));
    *expected = (sound){ 0 };
    kit_shell("rm -f %s", path);
    for (int i = 0; i < PIECES; i++) {
        const char *piece = make_piece(c, i, 48000);
        kit_shell("cat %s >> %s", piece, path);
        add_decoded(expected, c, piece);
    }
    return path;
}

static size_t read_from(cm_frame_reader *r, SInt64 from, float *to, size_t frames)
{
    cm_pcm floats = cm_pcm_float32(2, false);
    void *plane = to;
    size_t got = 0;
    CHECK_EQ(cm_frame_reader_seek(r, from), noErr);
    CHECK_EQ(cm_frame_reader_read(r, &floats, &plane, frames, &got), noErr);
    return got;
}

static double largest_difference(const float *a, const float *b, size_t samples)
{
    double most = 0;
    for (size_t i = 0; i < samples; i++)
        most = fmax(most, fabs((double)a[i] - b[i]));
    return most;
}

static void a_chain_is_the_sound_of_its_pieces(void)
{
    for (size_t i = 0; i < CASES; i++) {
        sound expected;
        cm_file *f = kit_open(make_chain(&cases[i], &expected), false);
        cm_frame_reader *r = NULL;
        SInt64 length = 0;
        CHECK_EQ(cm_frame_reader_new(f, &r), noErr);
        CHECK_EQ(cm_frame_reader_length(r, &length), noErr);
        float *samples = malloc((expected.frames + 100) * 2 * sizeof *samples);
        size_t got = read_from(r, 0, samples, expected.frames + 100);
        double difference = largest_difference(samples, expected.samples, 2 * expected.frames);
        printf("   %-10s %zu frames, the pieces %zu; largest difference %g\n", cases[i].name, got,
               expected.frames, difference);
        CHECK_EQ(length, expected.frames);
        CHECK_EQ(got, expected.frames);
        CHECK(difference <= cases[i].tolerance);
        CHECK(fabs(cm_file_duration(f) - (double)expected.frames / 48000) < 1e-9);
        for (SInt64 at = (SInt64)expected.frames - 1; at >= 0; at -= 4999) {
            size_t wanted = expected.frames - (size_t)at < 6000 ? expected.frames - (size_t)at : 6000;
            CHECK_EQ(read_from(r, at, samples, wanted), wanted);
            CHECK(largest_difference(samples, expected.samples + 2 * at, 2 * wanted) <= cases[i].tolerance);
        }
        free(samples);
        free(expected.samples);
        cm_frame_reader_free(r);
        cm_file_free(f);
    }
}

/* ---- packets ---- */

/* Header packets between streams are ours to give; ffprobe's decoder gets them another way. */
static void packets_are_those_of_ffprobe(void)
{
    for (size_t i = 0; i < CASES; i++) {
        sound expected;
        const char *path = make_chain(&cases[i], &expected);
        cm_file *f = kit_open(path, false);
        SInt64 count = 0, theirs = 0;
        CHECK_EQ(cm_file_count_packets(f, &count), noErr);
        for (int p = 0; p < PIECES; p++) {
            char name[64];
            snprintf(name, sizeof name, "piece%d-%s", p, cases[i].name);
            theirs += atoll(kit_shell("ffprobe -v error -count_packets -show_entries stream=nb_read_packets "
                                      "-of csv=p=0 %s",
                                      kit_path(name)));
        }
        bool other_books = strcmp(cases[i].name, "books.ogg") == 0 || strcmp(cases[i].name, "gone.ogg") == 0;
        CHECK_EQ(count, theirs + (other_books ? 2 * 3 : 0));
        free(expected.samples);
        cm_file_free(f);
    }
}

/* One decoder that is given packet after packet goes from stream to stream: its end is that of the last
 * piece. */
static void one_decoder_takes_all_packets(void)
{
    static float decoded[2 * 200000];
    static UInt8 buffer[1 << 18];
    for (size_t i = 0; i < CASES; i++) {
        sound expected;
        cm_file *f = kit_open(make_chain(&cases[i], &expected), false);
        const cm_codec *codec = cm_codec_find(kAudioDecoderComponentType, f->format.mFormatID, 0);
        cm_codec_config config = { .format = f->format,
                                   .cookie = CFDataGetBytePtr(f->cookie),
                                   .cookie_size = (size_t)CFDataGetLength(f->cookie) };
        cm_codec_info info;
        void *decoder = NULL;
        SInt64 count = 0, frames = 0, last = 0;
        CHECK_EQ(codec->open(codec, &config, &decoder, &info), noErr);
        CHECK_EQ(cm_file_count_packets(f, &count), noErr);
        cm_pcm floats = cm_pcm_float32(2, false);
        for (SInt64 at = 0; at <= count; at++) {
            UInt32 one = 1, bytes = sizeof buffer;
            cm_packet packet = { 0 };
            cm_pcm_block block;
            if (at < count) {
                CHECK_EQ(cm_file_read_packets(f, at, &one, NULL, &bytes, buffer), noErr);
                packet = (cm_packet){ buffer, bytes, cm_file_packet_frames(f, at) };
            }
            CHECK_EQ(codec->send_packet(decoder, &packet), noErr);
            while (codec->receive_block(decoder, &block) == noErr && block.frames > 0) {
                void *to = decoded + 2 * frames;
                CHECK(frames + (SInt64)block.frames < 200000);
                cm_pcm_convert(&floats, &to, &block.format, block.planes, block.frames);
                frames += (SInt64)block.frames;
            }
        }
        const cm_link *link = &f->links[f->link_count - 1];
        for (SInt64 at = link->packet; at < link->end_packet; at++)
            last += cm_file_packet_frames(f, at);
        SInt64 end = frames - (last - link->priming - link->frames), compared = 60000;
        CHECK(end > compared && compared < link->frames);
        double difference = largest_difference(decoded + 2 * (end - compared),
                                               expected.samples + 2 * ((SInt64)expected.frames - compared),
                                               2 * (size_t)compared);
        printf("   %-10s differs by %g\n", cases[i].name, difference);
        CHECK(difference <= (cases[i].tolerance > 0 ? cases[i].tolerance : 1e-9));
        codec->close(decoder);
        free(expected.samples);
        cm_file_free(f);
    }
}

typedef struct gathered {
    UInt64 bytes, hash;
    UInt32 packets;
} gathered;

static void mix(gathered *g, const UInt8 *bytes, UInt32 size)
{
    for (UInt32 i = 0; i < size; i++)
        g->hash = (g->hash ^ bytes[i]) * 1099511628211u;
    g->bytes += size;
    g->packets++;
}

static void on_property(void *client, AudioFileStreamID stream, AudioFileStreamPropertyID id,
                        AudioFileStreamPropertyFlags *flags)
{
    (void)client, (void)stream, (void)id, (void)flags;
}

static void on_packets(void *client, UInt32 bytes, UInt32 count, const void *data,
                       AudioStreamPacketDescription *d)
{
    (void)bytes;
    for (UInt32 i = 0; i < count; i++)
        mix(client, (const UInt8 *)data + d[i].mStartOffset, d[i].mDataByteSize);
}

/* What arrives byte by byte gives the packets that the file gives. */
static void a_chain_that_arrives_is_the_same(void)
{
    for (size_t i = 0; i < CASES; i++) {
        sound expected;
        const char *path = make_chain(&cases[i], &expected);
        free(expected.samples);
        cm_file *f = kit_open(path, false);
        static UInt8 buffer[1 << 18];
        gathered file = { 0 }, stream = { 0 };
        AudioStreamPacketDescription d[1];
        for (SInt64 at = 0;; at++) {
            UInt32 one = 1, bytes = sizeof buffer;
            if (cm_file_read_packets(f, at, &one, d, &bytes, buffer) != noErr)
                break;
            mix(&file, buffer, bytes);
        }
        cm_file_free(f);
        size_t size;
        UInt8 *all = kit_read(path, &size);
        AudioFileStreamID id;
        CHECK_EQ(AudioFileStreamOpen(&stream, on_property, on_packets, 0, &id), noErr);
        for (size_t at = 0; at < size; at += 777)
            CHECK_EQ(AudioFileStreamParseBytes(id, (UInt32)(size - at < 777 ? size - at : 777), all + at, 0),
                     noErr);
        CHECK_EQ(AudioFileStreamParseBytes(id, 0, NULL, 0), noErr);
        CHECK_EQ(AudioFileStreamClose(id), noErr);
        CHECK_EQ(stream.packets, file.packets);
        CHECK_EQ(stream.bytes, file.bytes);
        CHECK(stream.hash == file.hash);
        free(all);
    }
}

/* ---- what is not one file ---- */

static void another_format_ends_the_file(void)
{
    char path[160];
    snprintf(path, sizeof path, "%s", kit_path("ends.ogg"));
    const chain_case *vorbis = &cases[0], *opus = &cases[3];
    sound expected = { 0 };
    char first[160];
    snprintf(first, sizeof first, "%s", make_piece(vorbis, 0, 48000));
    add_decoded(&expected, vorbis, first);
    for (int kind = 0; kind < 3; kind++) {
        const char *second = kind == 0   ? make_piece(vorbis, 1, 44100)
                             : kind == 1 ? make_piece(opus, 1, 48000)
                                         : kit_path("junk");
        if (kind == 2)
            kit_shell("head -c 40 %s > %s", first, second); /* a stream that is cut off in its header */
        kit_shell("cat %s %s > %s", first, second, path);
        cm_file *f = kit_open(path, false);
        SInt64 count = 0;
        AudioFilePacketTableInfo info;
        CHECK_EQ(cm_file_count_packets(f, &count), noErr);
        CHECK_EQ(cm_file_frames(f, &info), noErr);
        CHECK_EQ(info.mNumberValidFrames, expected.frames);
        CHECK_EQ(f->link_count, 0);
        cm_file_free(f);
    }
    free(expected.samples);
}

/* A copy behind a file, with its serial number, is heard too, however long both are. */
static void copies_are_told_from_one_stream(void)
{
    chain_case c = cases[0];
    c.seconds_tenths[0] = 300;
    const char *piece = make_piece(&c, 0, 48000);
    char path[160];
    snprintf(path, sizeof path, "%s", kit_path("copies.ogg"));
    AudioFilePacketTableInfo one, info;
    cm_file *f = kit_open(piece, false);
    CHECK_EQ(cm_file_frames(f, &one), noErr);
    CHECK_EQ(f->packet_count, -1); /* not read through */
    cm_file_free(f);
    kit_shell("rm -f %s", path);
    for (int copies = 1; copies <= 9; copies++) {
        kit_shell("cat %s >> %s", piece, path);
        f = kit_open(path, false);
        CHECK_EQ(cm_file_frames(f, &info), noErr);
        CHECK_EQ(info.mNumberValidFrames, copies * one.mNumberValidFrames);
        cm_file_free(f);
    }
}

/* Tags belong to the first stream; those behind it stay as they are. */
static void tags_of_a_chain_are_changed(void)
{
    for (size_t i = 0; i < CASES; i++) {
        sound expected;
        const char *path = make_chain(&cases[i], &expected);
        size_t before_size;
        UInt8 *before = kit_read(path, &before_size);
        cm_file *f = kit_open(path, true);
        char long_text[6000];
        memset(long_text, 'x', sizeof long_text - 1);
        long_text[sizeof long_text - 1] = 0;
        kit_write_info(f, (const char *const[]){ kAFInfoDictionary_Title, long_text, NULL });
        f->dirty = true;
        CHECK_EQ(cm_file_close(f), noErr);
        size_t size;
        UInt8 *after = kit_read(path, &size);
        CHECK(size > before_size);
        CHECK(memcmp(after + size - before_size / 2, before + before_size - before_size / 2,
                     before_size / 2) == 0);
        CHECK_EQ(strlen(kit_shell("ffprobe -v error -show_entries stream_tags=title -of csv=p=0 %s", path)),
                 sizeof long_text - 1);
        free(before);
        free(after);
        f = kit_open(path, false);
        cm_frame_reader *r = NULL;
        float *samples = malloc((expected.frames + 1) * 2 * sizeof *samples);
        CHECK_EQ(cm_frame_reader_new(f, &r), noErr);
        CHECK_EQ(read_from(r, 0, samples, expected.frames + 1), expected.frames);
        CHECK(largest_difference(samples, expected.samples, 2 * expected.frames) <= cases[i].tolerance);
        free(samples);
        free(expected.samples);
        cm_frame_reader_free(r);
        cm_file_free(f);
    }
}

int main(void)
{
    if (!kit_have("ffmpeg") || !kit_have("oggenc") || !kit_have("opusenc") || !kit_have("flac") ||
        !kit_have("soxi")) {
        printf("no ffmpeg, oggenc, opusenc, flac or soxi: not tested\n");
        return 0;
    }
    kit_begin();
    RUN(a_chain_is_the_sound_of_its_pieces);
    RUN(packets_are_those_of_ffprobe);
    RUN(one_decoder_takes_all_packets);
    RUN(a_chain_that_arrives_is_the_same);
    RUN(another_format_ends_the_file);
    RUN(copies_are_told_from_one_stream);
    RUN(tags_of_a_chain_are_changed);
    kit_end();
    return 0;
}
