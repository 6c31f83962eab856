/* Every kind of linear PCM through a queue: interleaved and not, played and recorded, and how exact that is.
 */
#include "audio_queue_kit.h"

enum { FRAMES = 5000 };

typedef struct kind {
    UInt32 bits, flags;
    double full; /* what a sample of the format is divided by */
} kind;

static const kind kinds[] = {
    { 8, INT, 128 },      { 16, INT, 32768 },      { 16, INT | kAudioFormatFlagIsBigEndian, 32768 },
    { 24, INT, 8388608 }, { 32, INT, 2147483648 }, { 32, INT | kAudioFormatFlagIsBigEndian, 2147483648 },
    { 32, FLOAT, 1 },     { 64, FLOAT, 1 },
};

static void turn(UInt8 *bytes, UInt32 count)
{
    for (UInt32 i = 0; i < count / 2; i++) {
        UInt8 was = bytes[i];
        bytes[i] = bytes[count - 1 - i];
        bytes[count - 1 - i] = was;
    }
}

/* Writes a number as a sample of the kind, and gives what it stands for. */
static double put(UInt8 *to, const kind *k, int64_t number)
{
    double value = (double)number / 2147483648.0;
    if (k->flags & FLOAT) {
        Float32 single = (Float32)value;
        memcpy(to, k->bits == 64 ? (void *)&value : (void *)&single, k->bits / 8);
        return k->bits == 64 ? value : single;
    }
    int64_t integer = number >> (32 - k->bits);
    memcpy(to, &integer, k->bits / 8); /* the machine is little-endian */
    if (k->flags & kAudioFormatFlagIsBigEndian)
        turn(to, k->bits / 8);
    return (double)integer / k->full;
}

static AudioStreamBasicDescription format_of(const kind *k, UInt32 channels, bool planar)
{
    AudioStreamBasicDescription f = pcm(48000, channels, k->bits, k->flags);
    if (planar) {
        f.mFormatFlags |= kAudioFormatFlagIsNonInterleaved;
        f.mBytesPerFrame = f.mBytesPerPacket = k->bits / 8;
    }
    return f;
}

/* Noise of all 32 bits: its bytes in buffers of `frames`, and what each sample stands for, interleaved. */
static UInt8 *make(const kind *k, UInt32 channels, bool planar, UInt32 frames, double *values)
{
    UInt32 size = k->bits / 8;
    UInt8 *bytes = calloc((size_t)FRAMES * channels, size);
    uint32_t state = 4711;
    for (UInt32 i = 0; i < FRAMES; i++)
        for (UInt32 c = 0; c < channels; c++) {
            state = state * 1664525u + 1013904223u;
            UInt32 buffer = i / frames, in = i % frames;
            size_t at = planar ? ((size_t)buffer * channels + c) * frames + in : (size_t)i * channels + c;
            values[(size_t)i * channels + c] = put(bytes + at * size, k,
                                                   (int32_t)state ^ (int32_t)(state >> 13));
        }
    return bytes;
}

/* What goes out as 32-bit float is the nearest to what came in; of up to 24 bits that is all of it. */
static void check_playing(const kind *k, UInt32 channels, bool planar)
{
    UInt32 frames = 500, size = channels * k->bits / 8;
    double *values = malloc((size_t)FRAMES * channels * sizeof *values);
    UInt8 *bytes = make(k, channels, planar, frames, values);
    player p = { bytes, (size_t)FRAMES * size, 0, true, 0, 0 };
    AudioStreamBasicDescription out = pcm(48000, channels, 32, FLOAT);
    AudioQueueRef queue = make_queue(format_of(k, channels, planar), &p);
    CHECK_EQ(AudioQueueSetOfflineRenderFormat(queue, &out, NULL), noErr);
    prepare(queue, &p, 3, frames * size);
    CHECK_EQ(AudioQueueStart(queue, NULL), noErr);
    size_t got;
    Float32 *sound = (Float32 *)render_all(queue, channels * 4, 512, &got);
    CHECK_EQ(got, FRAMES);
    for (size_t i = 0; i < (size_t)FRAMES * channels; i++) {
        CHECK(sound[i] == (Float32)values[i]);
        CHECK(k->bits > 24 || sound[i] == values[i]);
    }
    CHECK_EQ(AudioQueueDispose(queue, true), noErr);
    free(sound);
    free(bytes);
    free(values);
}

static void test_every_format_is_played_to_24_bits(void)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        for (UInt32 channels = 1; channels <= 6; channels += channels == 1 ? 1 : 4)
            for (int planar = 0; planar < 2; planar++)
                check_playing(&kinds[i], channels, planar);
}

/* The device takes 32-bit float; what it gets is compared with 24-bit integers. */
static void test_a_device_gets_24_bits(void)
{
    static const char *const output = "coremusic:virtual:output";
    const kind k = { 24, INT, 8388608 };
    double values[FRAMES * 2];
    UInt8 *bytes = make(&k, 2, true, 500, values);
    player p = { bytes, sizeof values / 8 * 3, 0, true, 0, 0 };
    AudioQueueRef queue = make_queue(format_of(&k, 2, true), &p);
    prepare(queue, &p, 3, 500 * 6);
    CHECK_EQ(CMVirtualStartCapture(output, FRAMES), noErr);
    CHECK_EQ(AudioQueueStart(queue, NULL), noErr);
    CHECK_EQ(CMVirtualAdvance(FRAMES + 512, 48000), noErr);
    static Float32 sound[FRAMES * 2];
    UInt32 frames = FRAMES;
    CHECK_EQ(CMVirtualReadCapture(output, &frames, sound), noErr);
    CHECK_EQ(CMVirtualStopCapture(output), noErr);
    CHECK_EQ(frames, FRAMES);
    for (size_t i = 0; i < FRAMES * 2; i++)
        CHECK(sound[i] == values[i]);
    CHECK_EQ(AudioQueueDispose(queue, true), noErr);
    free(bytes);
}

/* Buffers as they came, one behind the other. */
typedef struct recording {
    UInt8 bytes[FRAMES * 8];
    UInt32 sizes[32];
    _Atomic UInt32 used, count;
} recording;

static void keep(void *user, AudioQueueRef queue, AudioQueueBufferRef buffer, const AudioTimeStamp *start,
                 UInt32 packets, const AudioStreamPacketDescription *descriptions)
{
    recording *r = user;
    (void)start, (void)descriptions;
    CHECK_EQ(packets * 8, buffer->mAudioDataByteSize);
    if (packets == 0)
        return;
    memcpy(r->bytes + r->used, buffer->mAudioData, buffer->mAudioDataByteSize);
    r->sizes[r->count++] = buffer->mAudioDataByteSize;
    r->used += buffer->mAudioDataByteSize;
    AudioQueueEnqueueBuffer(queue, buffer, 0, NULL);
}

/* The last buffer is not full: its planes are as long as the sound in it. */
static void test_planes_are_recorded(void)
{
    static const char *const input = "coremusic:virtual:input";
    const kind k = { 32, FLOAT, 1 };
    static recording r;
    Float32 *sound = noise(FRAMES * 2);
    AudioStreamBasicDescription format = format_of(&k, 2, true);
    AudioQueueRef queue;
    CHECK_EQ(CMVirtualFeed(input, FRAMES, sound), noErr);
    CHECK_EQ(AudioQueueNewInput(&format, keep, &r, NULL, NULL, 0, &queue), noErr);
    for (int i = 0; i < 3; i++) {
        AudioQueueBufferRef buffer;
        CHECK_EQ(AudioQueueAllocateBuffer(queue, 600 * 8 + 5, &buffer), noErr);
        CHECK_EQ(AudioQueueEnqueueBuffer(queue, buffer, 0, NULL), noErr);
    }
    CHECK_EQ(AudioQueueStart(queue, NULL), noErr);
    CHECK_EQ(CMVirtualAdvance(FRAMES - 100, 48000), noErr);
    WAIT_UNTIL(r.count == 7);
    CHECK_EQ(AudioQueueFlush(queue), noErr);
    WAIT_UNTIL(r.count == 8);
    CHECK_EQ(AudioQueueStop(queue, true), noErr);
    CHECK(r.sizes[7] > 0 && r.sizes[7] < 600 * 8);
    size_t at = 0, frame = 0;
    for (UInt32 b = 0; b < r.count; b++) {
        UInt32 frames = r.sizes[b] / 8;
        const UInt8 *left = r.bytes + at, *right = left + frames * 4;
        for (UInt32 i = 0; i < frames; i++, frame++) {
            CHECK(memcmp(left + i * 4, sound + 2 * frame, 4) == 0);
            CHECK(memcmp(right + i * 4, sound + 2 * frame + 1, 4) == 0);
        }
        at += r.sizes[b];
    }
    CHECK_EQ(AudioQueueDispose(queue, true), noErr);
    free(sound);
}

static void test_planes_of_different_length_are_refused(void)
{
    const kind k = { 16, INT, 32768 };
    player p = { 0 };
    AudioQueueBufferRef buffer;
    AudioQueueRef queue = make_queue(format_of(&k, 2, true), &p);
    CHECK_EQ(AudioQueueAllocateBuffer(queue, 100, &buffer), noErr);
    buffer->mAudioDataByteSize = 98;
    CHECK_EQ(AudioQueueEnqueueBuffer(queue, buffer, 0, NULL), kAudio_ParamError);
    buffer->mAudioDataByteSize = 100;
    CHECK_EQ(AudioQueueEnqueueBuffer(queue, buffer, 0, NULL), noErr);
    CHECK_EQ(AudioQueueDispose(queue, true), noErr);
}

int main(void)
{
    setenv("COREMUSIC_DRIVER", "virtual", 1);
    CHECK_EQ(CMVirtualSetManualClock(true), noErr);
    RUN(test_every_format_is_played_to_24_bits);
    RUN(test_a_device_gets_24_bits);
    RUN(test_planes_are_recorded);
    RUN(test_planes_of_different_length_are_refused);
    return 0;
}
