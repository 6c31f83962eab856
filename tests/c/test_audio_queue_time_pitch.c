/* Play rate and pitch of a queue, by each of the algorithms. */
#include "audio_queue_kit.h"

#define RATE 48000

enum { FRAMES = 2 * RATE };

static const UInt32 spectral = kAudioQueueTimePitchAlgorithm_Spectral;
static const UInt32 time_domain = kAudioQueueTimePitchAlgorithm_TimeDomain;
static const UInt32 tape = kAudioQueueTimePitchAlgorithm_Varispeed;

static Float32 *tone(size_t frames, double frequency)
{
    Float32 *sound = malloc(frames * sizeof *sound);
    for (size_t i = 0; i < frames; i++)
        sound[i] = (Float32)(0.5 * sin(2 * M_PI * frequency * (double)i / RATE));
    return sound;
}

static void set(AudioQueueRef queue, AudioQueuePropertyID id, UInt32 value)
{
    CHECK_EQ(AudioQueueSetProperty(queue, id, &value, sizeof value), noErr);
}

/* A queue that plays the sound offline, with time pitch on, and its buffers enqueued. */
static AudioQueueRef offline_queue(player *p, UInt32 algorithm, Float32 rate, Float32 cents)
{
    AudioStreamBasicDescription format = pcm(RATE, 1, 32, FLOAT);
    AudioQueueRef queue = make_queue(format, p);
    set(queue, kAudioQueueProperty_EnableTimePitch, 1);
    set(queue, kAudioQueueProperty_TimePitchAlgorithm, algorithm);
    CHECK_EQ(AudioQueueSetParameter(queue, kAudioQueueParam_PlayRate, rate), noErr);
    CHECK_EQ(AudioQueueSetParameter(queue, kAudioQueueParam_Pitch, cents), noErr);
    CHECK_EQ(AudioQueueSetOfflineRenderFormat(queue, &format, NULL), noErr);
    prepare(queue, p, 3, 3000);
    return queue;
}

static Float32 *play(const Float32 *sound, UInt32 algorithm, Float32 rate, Float32 cents, size_t *frames)
{
    player p = { (const UInt8 *)sound, FRAMES * 4, 0, true, 0, 0 };
    AudioQueueRef queue = offline_queue(&p, algorithm, rate, cents);
    CHECK_EQ(AudioQueueStart(queue, NULL), noErr);
    Float32 *out = (Float32 *)render_all(queue, 4, 512, frames);
    CHECK_EQ(p.used, p.size);
    CHECK_EQ(AudioQueueDispose(queue, true), noErr);
    return out;
}

/* The amplitude of a frequency in the middle half of a sound, and how large what is left without it is. */
static double amplitude(const Float32 *sound, size_t frames, double frequency, double *rest_of_it)
{
    double sine = 0, cosine = 0, left = 0, w = 2 * M_PI * frequency / RATE;
    size_t first = frames / 4, periods = (size_t)((double)(frames / 2) * frequency / RATE);
    size_t last = first + (size_t)((double)periods * RATE / frequency + 0.5);
    for (size_t i = first; i < last; i++) {
        sine += 2 * sound[i] * sin(w * (double)i) / (double)(last - first);
        cosine += 2 * sound[i] * cos(w * (double)i) / (double)(last - first);
    }
    for (size_t i = first; i < last; i++)
        left = fmax(left, fabs(sound[i] - sine * sin(w * (double)i) - cosine * cos(w * (double)i)));
    *rest_of_it = left;
    return hypot(sine, cosine);
}

static void check_tone(UInt32 algorithm, Float32 rate, Float32 cents, double expected)
{
    size_t frames;
    double left;
    Float32 *sound = tone(FRAMES, 440), *out = play(sound, algorithm, rate, cents, &frames);
    CHECK_NEAR(frames, FRAMES / rate, 8);
    CHECK_NEAR(20 * log10(amplitude(out, frames, expected, &left)), 20 * log10(0.5), 0.3);
    CHECK(left < 0.5 * 0.05);
    free(out);
    free(sound);
}

static void test_pitch_and_rate_are_independent(void)
{
    check_tone(spectral, 1, 1200, 880);
    check_tone(spectral, 1, -2400, 110);
    check_tone(spectral, 0.5f, 0, 440);
    check_tone(spectral, 2, 1200, 880);
    check_tone(time_domain, 1, 1200, 880);
    check_tone(time_domain, 0.5f, 0, 440);
    check_tone(time_domain, 1.5f, -1200, 220);
    check_tone(tape, 1.5f, 1200, 660);
    check_tone(tape, 1, 1200, 440);
}

static void test_what_can_be_set(void)
{
    player p = { 0 };
    AudioQueueRef queue = make_queue(pcm(RATE, 1, 32, FLOAT), &p);
    UInt32 none = 'none';
    Float32 value = 1;
    CHECK_EQ(get32(queue, kAudioQueueProperty_EnableTimePitch), 0);
    CHECK_EQ(get32(queue, kAudioQueueProperty_TimePitchAlgorithm), spectral);
    CHECK_EQ(AudioQueueSetProperty(queue, kAudioQueueProperty_TimePitchAlgorithm, &none, 4),
             kAudioQueueErr_InvalidPropertyValue);
    set(queue, kAudioQueueProperty_TimePitchAlgorithm, time_domain);
    CHECK_EQ(get32(queue, kAudioQueueProperty_TimePitchAlgorithm), time_domain);
    CHECK_EQ(AudioQueueGetParameter(queue, kAudioQueueParam_Pitch, &value), noErr);
    CHECK_NEAR(value, 0, 0);
    CHECK_EQ(AudioQueueSetParameter(queue, kAudioQueueParam_Pitch, 5000), noErr);
    CHECK_EQ(AudioQueueGetParameter(queue, kAudioQueueParam_Pitch, &value), noErr);
    CHECK_NEAR(value, 2400, 0);
    CHECK_EQ(AudioQueueSetParameter(queue, kAudioQueueParam_Pitch, NAN), kAudioQueueErr_InvalidPropertyValue);
    CHECK_EQ(AudioQueueDispose(queue, true), noErr);
}

static void test_without_it_or_past_it_nothing_changes(void)
{
    Float32 *sound = noise(FRAMES);
    for (int passes = 0; passes < 2; passes++) {
        player p = { (const UInt8 *)sound, FRAMES * 4, 0, true, 0, 0 };
        AudioQueueRef queue = offline_queue(&p, spectral, 1.5f, 700);
        set(queue, kAudioQueueProperty_EnableTimePitch, (UInt32)passes);
        set(queue, kAudioQueueProperty_TimePitchBypass, (UInt32)passes);
        CHECK_EQ(AudioQueueStart(queue, NULL), noErr);
        size_t frames;
        Float32 *out = (Float32 *)render_all(queue, 4, 512, &frames);
        CHECK_EQ(frames, FRAMES);
        CHECK(memcmp(out, sound, FRAMES * 4) == 0);
        CHECK_EQ(AudioQueueDispose(queue, true), noErr);
        free(out);
    }
    free(sound);
}

/* A second with another pitch from its middle on, by a buffer's parameter, and without it again in a bypass.
 */
static void test_pitch_changes_with_a_buffer(void)
{
    Float32 *sound = tone(FRAMES, 440);
    player p = { (const UInt8 *)sound, 0, 0, true, 0, 0 };
    AudioQueueRef queue = offline_queue(&p, spectral, 1, 0);
    AudioQueueParameterEvent octave = { kAudioQueueParam_Pitch, 1200 };
    for (int i = 0; i < 2; i++) {
        AudioQueueBufferRef buffer;
        CHECK_EQ(AudioQueueAllocateBuffer(queue, FRAMES * 2, &buffer), noErr);
        memcpy(buffer->mAudioData, (const UInt8 *)sound + i * FRAMES * 2, FRAMES * 2);
        buffer->mAudioDataByteSize = FRAMES * 2;
        CHECK_EQ(
            AudioQueueEnqueueBufferWithParameters(queue, buffer, 0, NULL, 0, 0, i == 1, &octave, NULL, NULL),
            noErr);
    }
    CHECK_EQ(AudioQueueFlush(queue), noErr);
    CHECK_EQ(AudioQueueStart(queue, NULL), noErr);
    size_t frames;
    double left;
    Float32 *out = (Float32 *)render_all(queue, 4, 512, &frames);
    CHECK_NEAR(frames, FRAMES, 8);
    CHECK_NEAR(amplitude(out, FRAMES / 2, 440, &left), 0.5, 0.02);
    CHECK_NEAR(amplitude(out + FRAMES / 2, FRAMES / 2, 880, &left), 0.5, 0.02);
    CHECK_EQ(AudioQueueDispose(queue, true), noErr);
    free(out);
    free(sound);
}

/* Two buffers that hold less than what is held back: they come back all the same, and the sound is whole. */
static void test_small_buffers_go_round(void)
{
    Float32 *sound = tone(FRAMES, 440);
    player p = { (const UInt8 *)sound, FRAMES * 4, 0, true, 0, 0 };
    AudioStreamBasicDescription format = pcm(RATE, 1, 32, FLOAT);
    AudioQueueRef queue = make_queue(format, &p);
    set(queue, kAudioQueueProperty_EnableTimePitch, 1);
    CHECK_EQ(AudioQueueSetParameter(queue, kAudioQueueParam_Pitch, 300), noErr);
    CHECK_EQ(AudioQueueSetOfflineRenderFormat(queue, &format, NULL), noErr);
    prepare(queue, &p, 2, 256);
    CHECK_EQ(AudioQueueStart(queue, NULL), noErr);
    size_t frames;
    Float32 *out = (Float32 *)render_all(queue, 4, 512, &frames);
    CHECK_EQ(p.used, p.size);
    CHECK_NEAR(frames, FRAMES, 8);
    CHECK_EQ(AudioQueueDispose(queue, true), noErr);
    free(out);
    free(sound);
}

typedef struct plays {
    atomic_int returned;
} plays;

static void note_return(void *user, AudioQueueRef queue, AudioQueueBufferRef buffer)
{
    (void)queue;
    (void)buffer;
    atomic_fetch_add(&((plays *)user)->returned, 1);
}

/* On a device at half speed: the buffer is back when its sound, twice as long, has been heard, not before. */
static void test_a_buffer_is_back_when_it_was_heard(void)
{
    plays log = { 0 };
    AudioStreamBasicDescription format = pcm(RATE, 1, 32, FLOAT);
    AudioQueueRef queue;
    AudioQueueBufferRef buffers[2];
    CHECK_EQ(CMVirtualSetManualClock(true), noErr);
    CHECK_EQ(AudioQueueNewOutput(&format, note_return, &log, NULL, NULL, 0, &queue), noErr);
    set(queue, kAudioQueueProperty_EnableTimePitch, 1);
    CHECK_EQ(AudioQueueSetParameter(queue, kAudioQueueParam_PlayRate, 0.5f), noErr);
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(AudioQueueAllocateBuffer(queue, 24000 * 4, &buffers[i]), noErr);
        buffers[i]->mAudioDataByteSize = 24000 * 4;
        CHECK_EQ(AudioQueueEnqueueBuffer(queue, buffers[i], 0, NULL), noErr);
    }
    CHECK_EQ(AudioQueueStart(queue, NULL), noErr);
    CHECK_EQ(CMVirtualAdvance(47000, RATE), noErr);
    rest(20);
    CHECK_EQ(log.returned, 0);
    CHECK_EQ(CMVirtualAdvance(2000, RATE), noErr);
    WAIT_UNTIL(atomic_load(&log.returned) == 1);
    CHECK_EQ(AudioQueueStop(queue, false), noErr);
    CHECK_EQ(CMVirtualAdvance(46000, RATE), noErr);
    rest(20);
    CHECK_EQ(log.returned, 1);
    CHECK_EQ(CMVirtualAdvance(2000, RATE), noErr);
    WAIT_UNTIL(atomic_load(&log.returned) == 2);
    CHECK_EQ(AudioQueueDispose(queue, true), noErr);
    CHECK_EQ(CMVirtualSetManualClock(false), noErr);
}

int main(void)
{
    setenv("COREMUSIC_DRIVER", "virtual", 1);
    RUN(test_pitch_and_rate_are_independent);
    RUN(test_what_can_be_set);
    RUN(test_without_it_or_past_it_nothing_changes);
    RUN(test_pitch_changes_with_a_buffer);
    RUN(test_small_buffers_go_round);
    RUN(test_a_buffer_is_back_when_it_was_heard);
    rest(50); /* the HAL's thread, which nobody joins, has done what was left */
    return 0;
}
