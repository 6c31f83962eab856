/* AudioQueue without a device: formats, buffers, errors, offline rendering. */
#include "audio_queue_kit.h"

#include "../../csrc/engine/base/handle.h"

static void test_offline_rendering_gives_the_same_samples(void)
{
    Float32 *sound = noise(2 * 20000);
    player p = { (const UInt8 *)sound, 20000 * 8, 0, true, 0, 0 };
    AudioStreamBasicDescription format = pcm(44100, 2, 32, FLOAT);
    AudioQueueRef queue = make_queue(format, &p);
    CHECK_EQ(AudioQueueSetOfflineRenderFormat(queue, &format, NULL), noErr);
    prepare(queue, &p, 3, 1000 * 8);
    CHECK_EQ(AudioQueueStart(queue, NULL), noErr);
    size_t frames;
    UInt8 *got = render_all(queue, 8, 777, &frames);
    CHECK_EQ(frames, 20000);
    CHECK(memcmp(got, sound, frames * 8) == 0);
    CHECK_EQ(get32(queue, kAudioQueueProperty_IsRunning), 0);
    CHECK_EQ(AudioQueueDispose(queue, true), noErr);
    free(got);
    free(sound);
}

static void test_offline_converts_rate_and_type(void)
{
    size_t n = 44100;
    int16_t *sound = malloc(n * 2);
    for (size_t i = 0; i < n; i++)
        sound[i] = (int16_t)lrint(20000 * sin(2 * M_PI * 441 * (double)i / 44100));
    player p = { (const UInt8 *)sound, n * 2, 0, true, 0, 0 };
    AudioStreamBasicDescription to = pcm(48000, 2, 64, FLOAT);
    AudioQueueRef queue = make_queue(pcm(44100, 1, 16, INT), &p);
    CHECK_EQ(AudioQueueSetOfflineRenderFormat(queue, &to, NULL), noErr);
    prepare(queue, &p, 2, 4000);
    CHECK_EQ(AudioQueueStart(queue, NULL), noErr);
    size_t frames;
    double *got = (double *)render_all(queue, 16, 1000, &frames);
    CHECK_EQ(frames, 48000);
    double worst = 0;
    for (size_t i = 1000; i < frames - 1000; i++) {
        double expected = 20000 * sin(2 * M_PI * 441 * (double)i / 48000) / 32768;
        worst = fmax(worst, fabs(got[2 * i] - expected));
        CHECK(got[2 * i] == got[2 * i + 1]);
    }
    CHECK(worst < 1e-4);
    CHECK_EQ(AudioQueueDispose(queue, true), noErr);
    free(got);
    free(sound);
}

static void test_trims_start_times_and_parameters(void)
{
    Float32 *sound = noise(1000);
    player p = { NULL, 0, 0, false, 0, 0 };
    AudioStreamBasicDescription format = pcm(8000, 1, 32, FLOAT);
    AudioQueueRef queue = make_queue(format, &p);
    AudioQueueBufferRef a, b;
    CHECK_EQ(AudioQueueSetOfflineRenderFormat(queue, &format, NULL), noErr);
    CHECK_EQ(AudioQueueAllocateBuffer(queue, 4000, &a), noErr);
    CHECK_EQ(AudioQueueAllocateBuffer(queue, 4000, &b), noErr);
    memcpy(a->mAudioData, sound, 4000);
    memcpy(b->mAudioData, sound, 4000);
    a->mAudioDataByteSize = b->mAudioDataByteSize = 4000;
    AudioTimeStamp actual, at = { .mSampleTime = 2000, .mFlags = kAudioTimeStampSampleTimeValid };
    AudioQueueParameterEvent quiet = { kAudioQueueParam_Volume, 0.5f };
    CHECK_EQ(AudioQueueEnqueueBufferWithParameters(queue, a, 0, NULL, 600, 500, 0, NULL, NULL, &actual),
             kAudio_ParamError);
    CHECK_EQ(AudioQueueEnqueueBufferWithParameters(queue, a, 0, NULL, 10, 20, 0, NULL, NULL, &actual), noErr);
    CHECK_EQ(actual.mSampleTime, 0);
    CHECK_EQ(AudioQueueEnqueueBufferWithParameters(queue, b, 0, NULL, 0, 999, 1, &quiet, &at, &actual),
             noErr);
    CHECK_EQ(actual.mSampleTime, 2000);
    CHECK_EQ(AudioQueueStart(queue, NULL), noErr);
    CHECK_EQ(AudioQueueStop(queue, false), noErr);
    size_t frames;
    Float32 *got = (Float32 *)render_all(queue, 4, 100, &frames);
    CHECK_EQ(frames, 2001);
    CHECK(memcmp(got, sound + 10, 970 * 4) == 0);
    for (int i = 970; i < 2000; i++)
        CHECK(got[i] == 0);
    CHECK(got[2000] == 0.5f * sound[0]);
    Float32 volume;
    CHECK_EQ(AudioQueueGetParameter(queue, kAudioQueueParam_Volume, &volume), noErr);
    CHECK(volume == 0.5f);
    CHECK_EQ(p.callbacks, 2);
    CHECK_EQ(AudioQueueDispose(queue, true), noErr);
    free(got);
    free(sound);
}

static void test_errors_are_those_that_are_documented(void)
{
    player p = { 0 };
    AudioStreamBasicDescription format = pcm(44100, 2, 16, INT), aac = { 44100, 'zzzz', 0, 0, 0, 0, 2, 0, 0 };
    AudioStreamBasicDescription bad = format;
    AudioQueueRef queue, other;
    AudioQueueBufferRef a, foreign;
    bad.mBytesPerFrame = 3;
    CHECK_EQ(AudioQueueNewOutput(NULL, refill, &p, NULL, NULL, 0, &queue), kAudio_ParamError);
    CHECK_EQ(AudioQueueNewOutput(&format, NULL, &p, NULL, NULL, 0, &queue), kAudio_ParamError);
    CHECK_EQ(AudioQueueNewOutput(&bad, refill, &p, NULL, NULL, 0, &queue),
             kAudioFormatUnsupportedDataFormatError);
    CHECK_EQ(AudioQueueNewOutput(&aac, refill, &p, NULL, NULL, 0, &queue), kAudioQueueErr_CodecNotFound);
    queue = make_queue(format, &p);
    other = make_queue(format, &p);
    CHECK_EQ(AudioQueueAllocateBuffer(queue, 400, &a), noErr);
    CHECK_EQ(AudioQueueAllocateBuffer(other, 400, &foreign), noErr);
    CHECK_EQ(AudioQueueEnqueueBuffer(queue, a, 0, NULL), kAudioQueueErr_BufferEmpty);
    a->mAudioDataByteSize = 401;
    CHECK_EQ(AudioQueueEnqueueBuffer(queue, a, 0, NULL), kAudioQueueErr_InvalidBuffer);
    a->mAudioDataByteSize = foreign->mAudioDataByteSize = 400;
    CHECK_EQ(AudioQueueEnqueueBuffer(queue, foreign, 0, NULL), kAudioQueueErr_InvalidBuffer);
    CHECK_EQ(AudioQueueEnqueueBuffer(queue, (AudioQueueBufferRef)(uintptr_t)0x1234, 0, NULL),
             kAudioQueueErr_InvalidBuffer);
    CHECK_EQ(AudioQueueEnqueueBuffer(queue, a, 0, NULL), noErr);
    CHECK_EQ(AudioQueueEnqueueBuffer(queue, a, 0, NULL), kAudioQueueErr_BufferEnqueuedTwice);
    CHECK_EQ(AudioQueueFreeBuffer(queue, a), kAudioQueueErr_BufferInQueue);
    CHECK_EQ(AudioQueuePause(queue), kAudioQueueErr_InvalidRunState);
    Float32 value;
    CHECK_EQ(AudioQueueGetParameter(queue, 99, &value), kAudioQueueErr_InvalidParameter);
    CHECK_EQ(AudioQueueSetParameter(queue, 99, 0), kAudioQueueErr_InvalidParameter);
    CHECK_EQ(AudioQueueSetParameter(queue, kAudioQueueParam_Volume, NAN),
             kAudioQueueErr_InvalidPropertyValue);
    UInt32 small = 0, size = 2;
    CHECK_EQ(AudioQueueGetProperty(queue, 'nope', &small, &size), kAudioQueueErr_InvalidProperty);
    CHECK_EQ(AudioQueueGetProperty(queue, kAudioQueueProperty_IsRunning, &small, &size),
             kAudioQueueErr_InvalidPropertySize);
    CHECK_EQ(AudioQueueGetPropertySize(queue, kAudioQueueProperty_MaximumOutputPacketSize, &size),
             kAudioQueueErr_InvalidQueueType);
    CHECK_EQ(AudioQueueOfflineRender(queue, NULL, a, 1), kAudioQueueErr_InvalidOfflineMode);
    CHECK_EQ(AudioQueueReset(queue), noErr);
    CHECK_EQ(p.refused, 0); /* nothing left to enqueue in this player */
    CHECK_EQ(p.callbacks, 1);
    CHECK_EQ(AudioQueueFreeBuffer(queue, a), noErr);
    CHECK_EQ(AudioQueueFreeBuffer(queue, a), kAudioQueueErr_InvalidBuffer);
    CHECK_EQ(AudioQueueDispose(queue, true), noErr);
    CHECK_EQ(AudioQueueDispose(queue, true), kAudio_ParamError);
    CHECK_EQ(AudioQueueStart(queue, NULL), kAudio_ParamError);
    CHECK_EQ(AudioQueueDispose(other, false), noErr);
    CHECK_EQ(cm_handle_count(CM_KIND_AUDIO_QUEUE), 0);
}

/* ---- taps ---- */

typedef struct tap_log {
    AudioQueueProcessingTapRef tap;
    Float32 seen[50000];
    size_t count;
    int starts, ends;
    OSStatus outside;
    double queue_time;
} tap_log;

static void halve(void *user, AudioQueueProcessingTapRef tap, UInt32 frames, AudioTimeStamp *time,
                  AudioQueueProcessingTapFlags *flags, UInt32 *made, AudioBufferList *data)
{
    tap_log *log = user;
    UInt32 queue_frames;
    AudioQueueProcessingTapFlags source_flags;
    CHECK_EQ(AudioQueueProcessingTapGetQueueTime(tap, &log->queue_time, &queue_frames), noErr);
    CHECK_EQ(queue_frames, frames);
    CHECK_EQ(AudioQueueProcessingTapGetSourceAudio(tap, frames, time, &source_flags, made, data), noErr);
    log->starts += (*flags & kAudioQueueProcessingTap_StartOfStream) != 0;
    log->ends += (source_flags & kAudioQueueProcessingTap_EndOfStream) != 0;
    Float32 *samples = data->mBuffers[0].mData;
    for (UInt32 i = 0; i < *made; i++) {
        log->seen[log->count++] = samples[i];
        samples[i] *= 0.5f;
    }
}

static void listen_in(void *user, AudioQueueProcessingTapRef tap, UInt32 frames, AudioTimeStamp *time,
                      AudioQueueProcessingTapFlags *flags, UInt32 *made, AudioBufferList *data)
{
    tap_log *log = user;
    (void)tap;
    (void)time;
    log->starts += (*flags & kAudioQueueProcessingTap_StartOfStream) != 0;
    log->ends += (*flags & kAudioQueueProcessingTap_EndOfStream) != 0;
    memcpy(log->seen + log->count, data->mBuffers[0].mData, frames * 4);
    memset(data->mBuffers[0].mData, 0, frames * 4); /* may not be heard */
    log->count += frames;
    *made = frames;
}

static void run_tap(AudioQueueProcessingTapCallback callback, UInt32 flags, Float32 gain)
{
    size_t n = 20011;
    Float32 *sound = noise(n);
    tap_log *log = calloc(1, sizeof *log);
    player p = { (const UInt8 *)sound, n * 4, 0, true, 0, 0 };
    AudioStreamBasicDescription format = pcm(44100, 1, 32, FLOAT), seen;
    AudioQueueRef queue = make_queue(format, &p);
    AudioQueueProcessingTapRef second;
    UInt32 most;
    CHECK_EQ(AudioQueueProcessingTapNew(queue, callback, log, 0, &most, &seen, &log->tap),
             kAudioQueueErr_InvalidTapType);
    CHECK_EQ(AudioQueueProcessingTapNew(queue, callback, log, flags, &most, &seen, &log->tap), noErr);
    CHECK_EQ(AudioQueueProcessingTapNew(queue, callback, log, flags, &most, &seen, &second),
             kAudioQueueErr_TooManyTaps);
    CHECK_EQ(seen.mChannelsPerFrame, 1);
    CHECK(seen.mFormatFlags & kAudioFormatFlagIsFloat);
    CHECK_EQ(AudioQueueSetOfflineRenderFormat(queue, &format, NULL), noErr);
    prepare(queue, &p, 3, 1000);
    CHECK_EQ(AudioQueueStart(queue, NULL), noErr);
    CHECK_EQ(AudioQueueProcessingTapDispose(log->tap), kAudioQueueErr_InvalidRunState);
    double time;
    UInt32 count;
    CHECK_EQ(AudioQueueProcessingTapGetQueueTime(log->tap, &time, &count), kAudioQueueErr_InvalidTapContext);
    size_t frames;
    Float32 *got = (Float32 *)render_all(queue, 4, 999, &frames);
    CHECK_EQ(frames, n);
    CHECK_EQ(log->count, n);
    CHECK(memcmp(log->seen, sound, n * 4) == 0);
    for (size_t i = 0; i < n; i++)
        CHECK(got[i] == sound[i] * gain);
    CHECK_EQ(log->starts, 1);
    CHECK_EQ(log->ends, 1);
    CHECK_EQ(AudioQueueProcessingTapDispose(log->tap), noErr);
    CHECK_EQ(AudioQueueProcessingTapDispose(log->tap), kAudio_ParamError);
    CHECK_EQ(AudioQueueDispose(queue, true), noErr);
    CHECK_EQ(cm_handle_count(CM_KIND_AUDIO_QUEUE_TAP), 0);
    free(got);
    free(sound);
    free(log);
}

static void dispose_in_tap(void *user, AudioQueueProcessingTapRef tap, UInt32 frames, AudioTimeStamp *time,
                           AudioQueueProcessingTapFlags *flags, UInt32 *made, AudioBufferList *data)
{
    (void)tap;
    (void)time;
    (void)flags;
    (void)data;
    *made = frames;
    OSStatus status = AudioQueueDispose(*(AudioQueueRef *)user, true);
    CHECK(status == noErr || status == kAudioQueueErr_DisposalPending);
}

static void test_disposal_from_a_tap_offline(void)
{
    Float32 sound[2000] = { 0 };
    player p = { (const UInt8 *)sound, sizeof sound, 0, true, 0, 0 };
    AudioStreamBasicDescription format = pcm(44100, 1, 32, FLOAT), seen;
    for (int primes = 0; primes < 2; primes++) {
        AudioQueueRef queue = make_queue(format, &p);
        AudioQueueProcessingTapRef tap;
        UInt32 most;
        p.used = 0;
        CHECK_EQ(
            AudioQueueProcessingTapNew(queue, dispose_in_tap, &queue,
                                       kAudioQueueProcessingTap_PreEffects | kAudioQueueProcessingTap_Siphon,
                                       &most, &seen, &tap),
            noErr);
        CHECK_EQ(AudioQueueSetOfflineRenderFormat(queue, &format, NULL), noErr);
        prepare(queue, &p, 2, 4000);
        CHECK_EQ(primes ? AudioQueuePrime(queue, 0, NULL) : AudioQueueStart(queue, NULL), noErr);
        CHECK_EQ(AudioQueueStart(queue, NULL), kAudio_ParamError);
        CHECK_EQ(cm_handle_count(CM_KIND_AUDIO_QUEUE), 0);
        CHECK_EQ(cm_handle_count(CM_KIND_AUDIO_QUEUE_TAP), 0);
    }
}

static void test_taps_see_every_sample(void)
{
    run_tap(halve, kAudioQueueProcessingTap_PreEffects, 0.5f);
    run_tap(halve, kAudioQueueProcessingTap_PostEffects, 0.5f);
    run_tap(listen_in, kAudioQueueProcessingTap_PreEffects | kAudioQueueProcessingTap_Siphon, 1);
    run_tap(listen_in, kAudioQueueProcessingTap_PostEffects | kAudioQueueProcessingTap_Siphon, 1);
}

/* ---- play rate ---- */

static void check_rate(Float32 rate)
{
    size_t n = 48000;
    Float32 *sound = malloc(n * 4);
    for (size_t i = 0; i < n; i++)
        sound[i] = 0.5f * sinf(2 * (float)M_PI * 300 * (float)i / 48000);
    player p = { (const UInt8 *)sound, n * 4, 0, true, 0, 0 };
    AudioStreamBasicDescription format = pcm(48000, 1, 32, FLOAT);
    AudioQueueRef queue = make_queue(format, &p);
    UInt32 on = 1, tape = kAudioQueueTimePitchAlgorithm_Varispeed;
    CHECK_EQ(AudioQueueSetProperty(queue, kAudioQueueProperty_EnableTimePitch, &on, 4), noErr);
    CHECK_EQ(AudioQueueSetProperty(queue, kAudioQueueProperty_TimePitchAlgorithm, &tape, 4), noErr);
    CHECK_EQ(AudioQueueSetParameter(queue, kAudioQueueParam_PlayRate, rate), noErr);
    CHECK_EQ(AudioQueueSetOfflineRenderFormat(queue, &format, NULL), noErr);
    prepare(queue, &p, 3, 3000);
    CHECK_EQ(AudioQueueStart(queue, NULL), noErr);
    size_t frames;
    Float32 *got = (Float32 *)render_all(queue, 4, 512, &frames);
    CHECK_NEAR(frames, n / rate, 4);
    /* The sine of that frequency that fits best: its amplitude, its delay (within two frames), what is left.
     */
    double w = 2 * M_PI * 300 * rate / 48000, in_phase = 0, across = 0, rest_of_it = 0;
    size_t first = 2000, period = 480, last = first + (frames - 4000) / period * period;
    for (size_t i = first; i < last; i++) {
        in_phase += 2 * got[i] * sin(w * (double)i) / (double)(last - first);
        across += 2 * got[i] * cos(w * (double)i) / (double)(last - first);
    }
    for (size_t i = first; i < last; i++)
        rest_of_it = fmax(rest_of_it,
                          fabs(got[i] - in_phase * sin(w * (double)i) - across * cos(w * (double)i)));
    CHECK_NEAR(hypot(in_phase, across), 0.5, 1e-3);
    CHECK(fabs(atan2(across, in_phase)) <= 2 * w);
    CHECK(rest_of_it < 1e-4);
    CHECK_EQ(AudioQueueDispose(queue, true), noErr);
    free(got);
    free(sound);
}

static void test_play_rate_changes_length_and_pitch(void)
{
    check_rate(1.5f);
    check_rate(0.5f);
    check_rate(2);
    check_rate(1);
}

int main(void)
{
    RUN(test_offline_rendering_gives_the_same_samples);
    RUN(test_offline_converts_rate_and_type);
    RUN(test_trims_start_times_and_parameters);
    RUN(test_errors_are_those_that_are_documented);
    RUN(test_taps_see_every_sample);
    RUN(test_disposal_from_a_tap_offline);
    RUN(test_play_rate_changes_length_and_pitch);
    return 0;
}
