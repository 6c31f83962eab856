/*
 * AMR files that sox makes with the OpenCORE encoder, in all of its modes: packets as ffprobe finds them, the
 * sound as ffmpeg decodes it, from any frame, from bytes that arrive, and from files that are cut off.
 */
#include "file_kit.h"

#include "file/frame_reader.h"

#include <AudioToolbox/AudioFileStream.h>

#define FRAMES 24000
#define MODES 8

static const UInt32 packet_sizes[MODES] = {
    13, 14, 16, 18, 20, 21, 27, 32
}; /* TS 26.101, with the first byte */

/* Lives until the next call. */
static const char *make_file(UInt32 mode)
{
    static char path[160];
    SInt16 *samples = malloc(FRAMES * sizeof *samples);
    kit_tone(samples, FRAMES);
    kit_write(kit_path("in.raw"), samples, FRAMES * sizeof *samples);
    free(samples);
    snprintf(path, sizeof path, "%s", kit_path("a.amr-nb"));
    kit_shell("sox -t raw -r 8000 -e signed -b 16 -c 1 %s -C %u %s", kit_path("in.raw"), mode, path);
    kit_shell("mv %s %s", path, kit_path("a.amr"));
    snprintf(path, sizeof path, "%s", kit_path("a.amr"));
    CHECK(access(path, F_OK) == 0);
    return path;
}

static float *decoded_by_ffmpeg(const char *path, size_t *frames)
{
    size_t size;
    kit_shell("ffmpeg -nostdin -v error -y -i %s -f f32le %s", path, kit_path("out.f32"));
    UInt8 *bytes = kit_read(kit_path("out.f32"), &size);
    *frames = size / sizeof(float);
    return (float *)(void *)bytes;
}

static void packets_are_those_of_ffprobe(void)
{
    for (UInt32 mode = 0; mode < MODES; mode++) {
        const char *path = make_file(mode);
        cm_file *f = kit_open(path, false);
        SInt64 count = 0;
        CHECK_EQ(f->type, kAudioFileAMRType);
        CHECK_EQ(f->format.mFormatID, kAudioFormatAMR);
        CHECK_EQ(f->format.mSampleRate, 8000);
        CHECK_EQ(f->format.mChannelsPerFrame, 1);
        CHECK_EQ(f->format.mFramesPerPacket, 160);
        CHECK_EQ(cm_file_count_packets(f, &count), noErr);
        CHECK_EQ(count, FRAMES / 160);
        CHECK(fabs(cm_file_duration(f) - FRAMES / 8000.0) < 1e-9);
        CHECK_EQ(count,
                 atoll(kit_shell("ffprobe -v error -count_packets -show_entries stream=nb_read_packets "
                                 "-of csv=p=0 %s",
                                 path)));
        UInt8 packet[64];
        for (SInt64 i = 0; i < count; i++) {
            UInt32 one = 1, bytes = sizeof packet;
            CHECK_EQ(cm_file_read_packets(f, i, &one, NULL, &bytes, packet), noErr);
            CHECK_EQ(bytes, packet_sizes[mode]);
            CHECK_EQ(packet[0] >> 3 & 15, mode);
        }
        cm_file_free(f);
    }
}

static void the_sound_is_that_of_ffmpeg(void)
{
    for (UInt32 mode = 0; mode < MODES; mode++) {
        const char *path = make_file(mode);
        size_t frames, got;
        float *expected = decoded_by_ffmpeg(path, &frames);
        cm_file *f = kit_open(path, false);
        cm_frame_reader *r = NULL;
        CHECK_EQ(cm_frame_reader_new(f, &r), noErr);
        static float sound[FRAMES + 1];
        cm_pcm floats = cm_pcm_float32(1, false);
        void *plane = sound;
        CHECK_EQ(cm_frame_reader_read(r, &floats, &plane, FRAMES + 1, &got), noErr);
        CHECK_EQ(got, FRAMES);
        CHECK(frames >= FRAMES);
        CHECK(memcmp(sound, expected, FRAMES * sizeof(float)) == 0);
        for (SInt64 at = FRAMES - 1600; at >= 0; at -= 1601) {
            CHECK_EQ(cm_frame_reader_seek(r, at), noErr);
            CHECK_EQ(cm_frame_reader_read(r, &floats, &plane, 1600, &got), noErr);
            CHECK_EQ(got, 1600);
            CHECK_EQ(cm_frame_reader_tell(r), at + 1600);
        }
        cm_frame_reader_free(r);
        cm_file_free(f);
        free(expected);
    }
}

typedef struct gathered {
    UInt8 bytes[65536];
    UInt32 size, packets;
} gathered;

static void on_property(void *client, AudioFileStreamID stream, AudioFileStreamPropertyID id,
                        AudioFileStreamPropertyFlags *flags)
{
    (void)client, (void)stream, (void)id, (void)flags;
}

static void on_packets(void *client, UInt32 bytes, UInt32 count, const void *data,
                       AudioStreamPacketDescription *d)
{
    gathered *g = client;
    (void)d;
    memcpy(g->bytes + g->size, data, bytes);
    g->size += bytes;
    g->packets += count;
}

static void a_stream_gives_the_same(void)
{
    const char *path = make_file(7);
    static gathered g;
    AudioFileStreamID stream;
    size_t size;
    UInt8 *bytes = kit_read(path, &size);
    g = (gathered){ .size = 0 };
    CHECK_EQ(AudioFileStreamOpen(&g, on_property, on_packets, 0, &stream), noErr);
    for (size_t at = 0; at < size; at += 11)
        CHECK_EQ(AudioFileStreamParseBytes(stream, (UInt32)(size - at < 11 ? size - at : 11), bytes + at, 0),
                 noErr);
    CHECK_EQ(AudioFileStreamParseBytes(stream, 0, NULL, 0), noErr);
    CHECK_EQ(AudioFileStreamClose(stream), noErr);
    CHECK_EQ(g.packets, FRAMES / 160);
    CHECK(g.size == size - 6 && memcmp(g.bytes, bytes + 6, g.size) == 0);
    free(bytes);
}

/* What is whole of a file that is cut off is there; AMR cannot be written. */
static void cut_files(void)
{
    const char *path = make_file(3);
    size_t size;
    UInt8 *bytes = kit_read(path, &size);
    for (size_t cut = 0; cut < 300; cut++) {
        cm_file *f;
        SInt64 count = 0;
        OSStatus status = kit_open_memory(bytes, cut, &f);
        if (status == noErr) {
            CHECK_EQ(cm_file_count_packets(f, &count), noErr);
            CHECK_EQ(count, cut < 6 ? 0 : (cut - 6) / packet_sizes[3]);
        } else {
            CHECK(cut < 6 + packet_sizes[3]);
        }
        cm_file_free(f);
    }
    free(bytes);
    cm_file *f = kit_open(path, false);
    AudioStreamBasicDescription format = f->format;
    cm_file_free(f);
    CHECK(kit_try_create(kit_path("new.amr"), kAudioFileAMRType, format, 0, &f) != noErr);
    cm_file_free(f);
}

int main(void)
{
    kit_begin();
    if (kit_have("ffmpeg") && kit_have("sox") && *kit_shell("sox --help | grep -o amr-nb")) {
        RUN(packets_are_those_of_ffprobe);
        RUN(the_sound_is_that_of_ffmpeg);
        RUN(a_stream_gives_the_same);
        RUN(cut_files);
    } else {
        printf("skipped: ffmpeg or sox with AMR is not installed\n");
    }
    kit_end();
    return 0;
}
