/*
 * AudioConverter changing the sample rate: sines against the sine that a perfect converter gives, noise
 * against soxr called once over the whole of it.
 */
#include "converter_kit.h"

#include "base/realtime.h"

#include <soxr.h>

/* ---- what a render thread may do ---- */

#ifdef CM_CHECK_RENDER
/* Of the violations that are counted the converter's own lock is one in each call. */
static void test_nothing_is_allocated_while_running(void)
{
    static int16_t in[2 * 400000];
    static float out[2 * 512];
    AudioConverterRef c = make(pcm(44100, 2, 16, INT), pcm(48000, 2, 32, FLOAT));
    set32(c, kAudioConverterPropertyDithering, kDitherAlgorithm_TPDF);
    source s = from_memory(in, 400000, 4);
    for (int i = 0; i < 600; i++) {
        UInt32 n = 512;
        AudioBufferList list = { 1, { { 2, sizeof out, out } } };
        unsigned long before = cm_render_violations(NULL);
        cm_render_begin();
        OSStatus status = AudioConverterFillComplexBuffer(c, serve, &s, &n, &list, NULL);
        cm_render_end();
        CHECK_EQ(status, noErr);
        if (i >= 100) /* soxr's queues have grown to their size */
            CHECK(cm_render_violations(NULL) - before <= 1);
    }
    AudioConverterDispose(c);
}
#else
static void test_nothing_is_allocated_while_running(void)
{
}
#endif

/* ---- quality ---- */

static size_t resample_sine(AudioConverterRef c, double from, double frequency, size_t frames, float *out,
                            size_t room, UInt32 step)
{
    float *in = malloc(frames * sizeof *in);
    for (size_t i = 0; i < frames; i++)
        in[i] = (float)(0.5 * sin(2 * M_PI * frequency * (double)i / from));
    source s = from_memory(in, frames, 4);
    size_t n = drain(c, &s, out, room, 4, step);
    free(in);
    return n;
}

/* The greatest distance from the sine that a perfect converter gives, away from the ends; in dB of the sine.
 */
static double error_of_sine(const float *out, size_t frames, double to, double frequency, double shift)
{
    double worst = 0;
    for (size_t i = frames / 4; i < frames * 3 / 4; i++) {
        double ideal = 0.5 * sin(2 * M_PI * frequency * ((double)i / to + shift));
        worst = fmax(worst, fabs((double)out[i] - ideal));
    }
    return 20 * log10(worst / 0.5 + 1e-12);
}

static void test_pass_band_and_alignment(void)
{
    static const struct {
        double from, to;
        UInt32 quality;
        double limit;
    } cases[] = {
        { 44100, 48000, 127, -125 }, { 44100, 48000, 96, -112 },   { 48000, 44100, 96, -112 },
        { 44100, 96000, 96, -112 },  { 96000, 44100, 127, -125 },  { 8000, 44100, 96, -112 },
        { 44100, 22050, 64, -90 },   { 44100, 48000.5, 96, -105 }, { 48000, 16000, 32, -85 },
    };
    static float out[200000];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AudioConverterRef c = make(pcm(cases[i].from, 1, 32, FLOAT), pcm(cases[i].to, 1, 32, FLOAT));
        set32(c, kAudioConverterSampleRateConverterQuality, cases[i].quality);
        double f = 0.2 * fmin(cases[i].from, cases[i].to);
        size_t n = resample_sine(c, cases[i].from, f, 30000, out, 200000, 1000);
        CHECK_EQ(n, (long long)floor(30000 * cases[i].to / cases[i].from + 0.5));
        double error = error_of_sine(out, n, cases[i].to, f, 0);
        if (error > cases[i].limit)
            fprintf(stderr, "%g to %g at quality %u: %.1f dB\n", cases[i].from, cases[i].to, cases[i].quality,
                    error);
        CHECK(error <= cases[i].limit);
        AudioConverterDispose(c);
    }
}

static void test_stop_band(void)
{
    static float out[40000];
    static const struct {
        UInt32 quality;
        double limit;
    } cases[] = { { 127, -140 }, { 96, -115 }, { 64, -90 } };
    for (size_t q = 0; q < 3; q++)
        for (double f = 12500; f < 22000; f += 1900) {
            AudioConverterRef c = make(pcm(48000, 1, 32, FLOAT), pcm(22050, 1, 32, FLOAT));
            set32(c, kAudioConverterSampleRateConverterQuality, cases[q].quality);
            size_t n = resample_sine(c, 48000, f, 40000, out, 40000, 4096);
            double worst = 1e-12;
            for (size_t i = n / 4; i < n * 3 / 4; i++)
                worst = fmax(worst, fabs((double)out[i]));
            if (20 * log10(worst / 0.5) > cases[q].limit)
                fprintf(stderr, "%g Hz at quality %u: %.1f dB\n", f, cases[q].quality,
                        20 * log10(worst / 0.5));
            CHECK(20 * log10(worst / 0.5) <= cases[q].limit);
            AudioConverterDispose(c);
        }
}

static void test_lengths(void)
{
    static const double rates[][2] = { { 44100, 48000 }, { 48000, 44100 },   { 44100, 8000 },
                                       { 8000, 96000 },  { 44100, 44100.7 }, { 192000, 11025 } };
    static const size_t lengths[] = { 0, 1, 2, 3, 147, 1000, 4097, 20000 };
    static const UInt32 steps[] = { 1, 17, 4096 };
    static float in[20000], out[250000];
    for (size_t r = 0; r < 6; r++)
        for (size_t l = 0; l < 8; l++)
            for (size_t s = 0; s < 3; s++) {
                if (steps[s] == 1 && lengths[l] > 1000)
                    continue;
                AudioConverterRef c = make(pcm(rates[r][0], 1, 32, FLOAT), pcm(rates[r][1], 1, 32, FLOAT));
                if (s == 1)
                    set32(c, kAudioConverterSampleRateConverterComplexity,
                          kAudioConverterSampleRateConverterComplexity_Linear);
                source from = from_memory(in, lengths[l], 4);
                from.irregular = s == 2;
                size_t n = drain(c, &from, out, 250000, 4, steps[s]);
                CHECK_EQ(n, (long long)floor((double)lengths[l] * rates[r][1] / rates[r][0] + 0.5));
                AudioConverterDispose(c);
            }
}

/* In pieces, with stereo, from integers: the same as soxr itself makes of the whole. */
static void test_same_as_soxr(void)
{
    enum { N = 50000, ROOM = 60000 };
    static int16_t in[2 * N];
    static float whole[2 * N], expected[2 * ROOM], out[2 * ROOM];
    for (int i = 0; i < 2 * N; i++) {
        in[i] = (int16_t)next_random();
        whole[i] = in[i] / 32768.0f;
    }
    static const struct {
        UInt32 quality;
        unsigned long recipe;
    } recipes[] = { { 0, SOXR_QQ }, { 32, SOXR_LQ }, { 64, SOXR_MQ }, { 96, SOXR_HQ }, { 127, SOXR_VHQ } };
    for (int i = 0; i < 5; i++) {
        size_t used, made;
        soxr_quality_spec_t quality = soxr_quality_spec(recipes[i].recipe, 0);
        CHECK(!soxr_oneshot(44100, 48000, 2, whole, N, &used, expected, ROOM, &made, NULL, &quality, NULL));
        AudioConverterRef c = make(pcm(44100, 2, 16, INT), pcm(48000, 2, 32, FLOAT));
        set32(c, kAudioConverterSampleRateConverterQuality, recipes[i].quality);
        source s = from_memory(in, N, 4);
        s.irregular = true;
        size_t n = drain(c, &s, out, ROOM, 8, 777);
        CHECK_EQ(n, 54422);
        CHECK(made + 1 >= n && n + 1 >= made);
        for (size_t k = 0; k < 2 * (made < n ? made : n); k++)
            CHECK_NEAR(out[k], expected[k], 2e-7);
        AudioConverterDispose(c);
    }
}

enum { BULK = 300000, BULK_ROOM = 340000, MOST = 5 };

/* In steps of that many frames, with what the input procedure says once at frame 200,000 or never. */
static size_t resample_noise(const float *in, UInt32 channels, UInt32 method, UInt32 step, OSStatus error,
                             float *out)
{
    AudioConverterRef c = make(pcm(44100, channels, 32, FLOAT), pcm(48000, channels, 32, FLOAT));
    set32(c, kAudioConverterPrimeMethod, method);
    source s = from_memory(in, BULK, 4 * channels);
    s.irregular = true;
    s.error = error;
    s.error_at = 200000;
    size_t total = 0, errors = 0;
    for (UInt32 n = 1; n > 0 || errors < (error ? 1 : 0);) {
        n = BULK_ROOM - total < step ? (UInt32)(BULK_ROOM - total) : step;
        AudioBufferList list = { 1, { { channels, n * 4 * channels, out + total * channels } } };
        OSStatus status = AudioConverterFillComplexBuffer(c, serve, &s, &n, &list, NULL);
        CHECK(status == noErr || (status == error && errors++ == 0));
        total += n;
    }
    AudioConverterDispose(c);
    return total;
}

/* Much asked for at once may be made by several threads: the same to the bit as in small steps, and as soxr.
 */
static void test_same_in_bulk(void)
{
    static float in[BULK * MOST], small[BULK_ROOM * MOST], bulk[BULK_ROOM * MOST];
    static const UInt32 counts[] = { 2, 3, MOST };
    for (size_t i = 0; i < sizeof in / sizeof *in; i++)
        in[i] = (float)(next_random() >> 8) / (1 << 24) - 0.5f;
    for (int i = 0; i < 3; i++)
        for (UInt32 method = kConverterPrimeMethod_Pre; method <= kConverterPrimeMethod_None; method++) {
            UInt32 channels = counts[i];
            size_t n = resample_noise(in, channels, method, 700, noErr, small);
            CHECK_EQ(resample_noise(in, channels, method, BULK_ROOM, noErr, bulk), n);
            CHECK(memcmp(small, bulk, n * channels * sizeof *bulk) == 0);
            memset(bulk, 0, sizeof bulk);
            CHECK_EQ(resample_noise(in, channels, method, BULK_ROOM, -7777, bulk), n);
            CHECK(memcmp(small, bulk, n * channels * sizeof *bulk) == 0);
        }
    size_t used, made, n = resample_noise(in, 2, kConverterPrimeMethod_Normal, BULK_ROOM, noErr, bulk);
    soxr_quality_spec_t quality = soxr_quality_spec(SOXR_HQ, 0);
    CHECK(!soxr_oneshot(44100, 48000, 2, in, BULK, &used, small, BULK_ROOM, &made, NULL, &quality, NULL));
    CHECK(made + 1 >= n && n + 1 >= made);
    for (size_t k = 0; k < 2 * (made < n ? made : n); k++)
        CHECK_NEAR(bulk[k], small[k], 2e-7);
}

static void test_float64_precision(void)
{
    enum { N = 20000 };
    static double in[N], out[N * 2];
    for (int i = 0; i < N; i++)
        in[i] = 0.5 * sin(2 * M_PI * 1000 * i / 44100.0);
    AudioConverterRef c = make(pcm(44100, 1, 64, FLOAT), pcm(48000, 1, 64, FLOAT));
    set32(c, kAudioConverterSampleRateConverterQuality, 127);
    set32(c, kAudioConverterSampleRateConverterComplexity,
          kAudioConverterSampleRateConverterComplexity_Mastering);
    source s = from_memory(in, N, 8);
    size_t n = drain(c, &s, out, 2 * N, 8, 512);
    double worst = 0;
    for (size_t i = n / 4; i < n * 3 / 4; i++)
        worst = fmax(worst, fabs(out[i] - 0.5 * sin(2 * M_PI * 1000 * (double)i / 48000)));
    CHECK(20 * log10(worst) < -170); /* far below what float32 holds */
    AudioConverterDispose(c);
}

static void test_linear_and_minimum_phase(void)
{
    float ramp[50], out[201];
    for (int i = 0; i < 50; i++)
        ramp[i] = (float)i / 64;
    AudioConverterRef c = make(pcm(8000, 1, 32, FLOAT), pcm(32000, 1, 32, FLOAT));
    set32(c, kAudioConverterSampleRateConverterComplexity,
          kAudioConverterSampleRateConverterComplexity_Linear);
    source s = from_memory(ramp, 50, 4);
    s.piece = 3;
    CHECK_EQ(drain(c, &s, out, 201, 4, 201), 200);
    for (int i = 0; i <= 196; i++)
        CHECK(out[i] == (float)i / 256);
    CHECK(out[199] == ramp[49]);
    AudioConverterDispose(c);

    /* A minimum phase filter rings after an impulse only. */
    static float impulse[4000], ring[4400];
    impulse[2000] = 1;
    c = make(pcm(44100, 1, 32, FLOAT), pcm(48000, 1, 32, FLOAT));
    set32(c, kAudioConverterSampleRateConverterComplexity,
          kAudioConverterSampleRateConverterComplexity_MinimumPhase);
    s = from_memory(impulse, 4000, 4);
    size_t n = drain(c, &s, ring, 4400, 4, 4400);
    double before = 0, after = 0;
    for (size_t i = 0; i < n; i++)
        *(i < 2160 ? &before : &after) += (double)ring[i] * (double)ring[i];
    CHECK(before < 1e-4 * after);
    AudioConverterDispose(c);
}

static void test_prime_methods_and_phase(void)
{
    static float out[60000];
    AudioConverterPrimeInfo info;
    UInt32 size = sizeof info;
    for (UInt32 method = kConverterPrimeMethod_Pre; method <= kConverterPrimeMethod_None; method++) {
        AudioConverterRef c = make(pcm(44100, 1, 32, FLOAT), pcm(48000, 1, 32, FLOAT));
        set32(c, kAudioConverterPrimeMethod, method);
        CHECK_EQ(AudioConverterGetProperty(c, kAudioConverterPrimeInfo, &size, &info), noErr);
        CHECK(info.leadingFrames > 30 && info.leadingFrames < 1000);
        CHECK_EQ(info.leadingFrames, info.trailingFrames);
        size_t n = resample_sine(c, 44100, 5000, 40000, out, 60000, 999);
        bool pre = method == kConverterPrimeMethod_Pre, none = method == kConverterPrimeMethod_None;
        double shift = (pre ? 1.0 : none ? -1.0 : 0.0) * info.leadingFrames / 44100.0;
        CHECK_EQ(n, (long long)floor((40000 - (pre ? info.leadingFrames : 0)) * 48000 / 44100.0 + 0.5));
        CHECK(error_of_sine(out, n, 48000, 5000, shift) < -110);
        AudioConverterDispose(c);
    }
    AudioConverterRef c = make(pcm(44100, 1, 32, FLOAT), pcm(48000, 1, 32, FLOAT));
    Float64 phase = 0.37;
    CHECK_EQ(
        AudioConverterSetProperty(c, kAudioConverterSampleRateConverterInitialPhase, sizeof phase, &phase),
        noErr);
    size_t n = resample_sine(c, 44100, 15000, 40000, out, 60000, 999);
    CHECK_EQ(n, 43537);
    CHECK(error_of_sine(out, n, 48000, 15000, 0.37 / 44100) < -95);
    phase = 1;
    CHECK_EQ(
        AudioConverterSetProperty(c, kAudioConverterSampleRateConverterInitialPhase, sizeof phase, &phase),
        kAudio_ParamError);
    AudioConverterDispose(c);
}

static void test_rates_out_of_range(void)
{
    AudioStreamBasicDescription low = pcm(8, 1, 32, FLOAT), high = pcm(192000, 1, 32, FLOAT);
    AudioConverterRef c;
    CHECK_EQ(AudioConverterNew(&low, &high, &c), kAudioConverterErr_OutputSampleRateOutOfRange);
    CHECK(c == NULL);
    CHECK_EQ(AudioConverterNew(&high, &low, &c), kAudioConverterErr_InputSampleRateOutOfRange);
    low.mSampleRate = NAN;
    CHECK_EQ(AudioConverterNew(&low, &high, &c), kAudioConverterErr_FormatNotSupported);
    CHECK_EQ(AudioConverterNew(NULL, &high, &c), kAudio_ParamError);
    AudioStreamBasicDescription bad = pcm(44100, 1, 24, FLOAT);
    CHECK_EQ(AudioConverterNew(&bad, &high, &c), kAudioConverterErr_FormatNotSupported);
    AudioStreamBasicDescription unknown = { .mSampleRate = 44100,
                                            .mFormatID = 'zzzz',
                                            .mChannelsPerFrame = 2 };
    CHECK_EQ(AudioConverterNew(&unknown, &high, &c), kAudioConverterErr_FormatNotSupported);
    AudioStreamBasicDescription law = { .mSampleRate = 8000,
                                        .mFormatID = kAudioFormatULaw,
                                        .mChannelsPerFrame = 1 };
    CHECK_EQ(AudioConverterNew(&law, &law, &c), kAudioConverterErr_FormatNotSupported);
}

int main(void)
{
    RUN(test_nothing_is_allocated_while_running);
    RUN(test_pass_band_and_alignment);
    RUN(test_stop_band);
    RUN(test_lengths);
    RUN(test_same_as_soxr);
    RUN(test_same_in_bulk);
    RUN(test_float64_precision);
    RUN(test_linear_and_minimum_phase);
    RUN(test_prime_methods_and_phase);
    RUN(test_rates_out_of_range);
    return 0;
}
