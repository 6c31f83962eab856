/* The parts of time and pitch changes, and what tones, clicks and a stereo image become. */
#include "check.h"

#include "base/realtime.h"
#include "convert/fft.h"
#include "convert/onset.h"
#include "convert/sinc.h"
#include "convert/time_pitch.h"

#include <stdint.h>

#define RATE 44100.0

enum { SPECTRUM = 65536 };

static const cm_stretch_kind kinds[] = { CM_STRETCH_SPECTRAL, CM_STRETCH_TIME_DOMAIN };

static Float32 *noise(size_t count)
{
    uint32_t state = 12345;
    Float32 *sound = malloc(count * sizeof *sound);
    for (size_t i = 0; i < count; i++) {
        state = state * 1664525u + 1013904223u;
        sound[i] = (Float32)((int32_t)state >> 8) / 8388608.0f;
    }
    return sound;
}

static Float32 *tone(size_t count, double frequency, double level)
{
    Float32 *sound = malloc(count * sizeof *sound);
    for (size_t i = 0; i < count; i++)
        sound[i] = (Float32)(level * sin(2 * M_PI * frequency * (double)i / RATE));
    return sound;
}

/* ---- parts ---- */

static void test_fft_is_the_transform_of_its_definition(void)
{
    for (size_t size = 2; size <= 512; size *= 2) {
        Float32 *re = noise(size), *im = noise(size), x[512], y[512];
        memcpy(x, re, size * sizeof *x);
        for (size_t i = 0; i < size; i++)
            y[i] = im[i] = im[size - 1 - i] * 0.5f;
        cm_fft fft;
        CHECK(cm_fft_init(&fft, size));
        cm_fft_run(&fft, re, im);
        for (size_t k = 0; k < size; k++) {
            double sum_re = 0, sum_im = 0;
            for (size_t n = 0; n < size; n++) {
                double angle = -2 * M_PI * (double)(k * n % size) / (double)size;
                sum_re += x[n] * cos(angle) - y[n] * sin(angle);
                sum_im += x[n] * sin(angle) + y[n] * cos(angle);
            }
            CHECK_NEAR(re[k], sum_re, 2e-4);
            CHECK_NEAR(im[k], sum_im, 2e-4);
        }
        cm_fft_run(&fft, im, re);
        for (size_t n = 0; n < size; n++) {
            CHECK_NEAR(re[n] / (double)size, x[n], 1e-5);
            CHECK_NEAR(im[n] / (double)size, y[n], 1e-5);
        }
        cm_fft_free(&fft);
        free(re);
        free(im);
    }
}

static void test_sinc_reads_between_samples(void)
{
    cm_sinc sinc;
    Float32 weights[2 * CM_SINC_MAX_REACH], *sound = tone(1000, 3000, 1);
    CHECK(cm_sinc_init(&sinc));
    for (double place = 400; place < 500; place += 0.37) {
        UInt32 reach = cm_sinc_weigh(&sinc, place - floor(place), 1, weights);
        Float32 value = cm_sinc_apply(weights, sound + (size_t)place + 1 - reach, 2 * reach);
        CHECK_NEAR(value, sin(2 * M_PI * 3000 * place / RATE), 1e-4);
        reach = cm_sinc_weigh(&sinc, place - floor(place), 0.25, weights);
        CHECK(reach <= CM_SINC_MAX_REACH);
        value = cm_sinc_apply(weights, sound + (size_t)place + 1 - reach, 2 * reach);
        CHECK_NEAR(value, sin(2 * M_PI * 3000 * place / RATE), 2e-3);
    }
    free(sound);
    sound = tone(1000, 8000, 1); /* above a quarter of the band */
    UInt32 reach = cm_sinc_weigh(&sinc, 0.5, 0.25, weights);
    CHECK_NEAR(cm_sinc_apply(weights, sound + 500 - reach, 2 * reach), 0, 1e-3);
    free(sound);
    cm_sinc_free(&sinc);
}

static void test_onsets_are_where_sound_sets_in(void)
{
    static const SInt64 strokes[] = { 9000, 20011, 31100 };
    size_t count = 44100;
    Float32 *sound = tone(count, 55, 0.2);
    for (size_t s = 0; s < 3; s++)
        for (size_t i = 0; i < 2000; i++)
            sound[strokes[s] + (SInt64)i] += (Float32)(0.4 * exp(-(double)i / 300) * sin(0.3 * (double)i));
    cm_onsets onsets;
    SInt64 at = 0;
    cm_onsets_init(&onsets, RATE);
    cm_onsets_feed(&onsets, sound, 777);
    cm_onsets_feed(&onsets, sound + 777, count - 777);
    CHECK(cm_onsets_after(&onsets, -1, &at));
    CHECK_NEAR(at, 0, 64); /* the tone's own beginning */
    for (size_t s = 0; s < 3; s++) {
        CHECK(cm_onsets_after(&onsets, at, &at));
        CHECK_NEAR(at, strokes[s], 16);
    }
    CHECK(!cm_onsets_after(&onsets, at, &at));
    free(sound);
}

/* ---- the whole ---- */

/* All that comes out, in uneven pieces; the caller's. */
static Float32 *change(cm_time_pitch *t, UInt32 channels, const Float32 *sound, size_t count, size_t *made)
{
    size_t capacity = 1 << 20, taken = 0;
    Float32 *out = malloc(capacity * channels * sizeof *out);
    *made = 0;
    for (size_t n = 1;; n = n * 7 % 1023 + 1) {
        size_t left = count - taken, used, room = n < capacity - *made ? n : capacity - *made;
        const Float32 *from = left > 0 ? sound + taken * channels : NULL;
        Float64 before = cm_time_pitch_position(t);
        cm_render_begin();
        size_t got = cm_time_pitch_run(t, from, left < 500 ? left : 500, &used, out + *made * channels, room);
        cm_render_end();
        CHECK(cm_time_pitch_position(t) >= before);
        CHECK(cm_time_pitch_position(t) <= (double)(taken + used));
        *made += got;
        taken += used;
        if (!from && got == 0)
            break;
        CHECK(got + used > 0);
    }
    CHECK_EQ(taken, count);
    CHECK_NEAR(cm_time_pitch_position(t), count, 1);
    return out;
}

/* Decibels of what is loudest at the frequency and anywhere else, in the middle of a sound. */
static void measure(const Float32 *sound, size_t count, double frequency, double *level, double *other)
{
    static Float32 re[SPECTRUM], im[SPECTRUM];
    static const double terms[] = { 0.35875, -0.48829, 0.14128, -0.01168 }; /* Blackman and Harris */
    cm_fft fft;
    CHECK(count > SPECTRUM + 4000);
    CHECK(cm_fft_init(&fft, SPECTRUM));
    for (size_t i = 0; i < SPECTRUM; i++) {
        double window = 0;
        for (int j = 0; j < 4; j++)
            window += terms[j] * cos(2 * M_PI * j * (double)i / SPECTRUM);
        re[i] = (Float32)(sound[(count - SPECTRUM) / 2 + i] * window);
        im[i] = 0;
    }
    cm_fft_run(&fft, re, im);
    cm_fft_free(&fft);
    double near = 0, far = 0, near_power = 0;
    for (size_t k = 0; k < SPECTRUM / 2; k++) {
        double power = re[k] * re[k] + im[k] * im[k];
        bool is_near = fabs((double)k * RATE / SPECTRUM - frequency) < 8 * RATE / SPECTRUM;
        near_power += is_near ? power : 0;
        near = is_near && power > near ? power : near;
        far = !is_near && power > far ? power : far;
    }
    /* A tone's power is spread over the bins as the window's is. */
    double window_power = 0;
    for (int j = 0; j < 4; j++)
        window_power += terms[j] * terms[j] * (j == 0 ? 1 : 0.5);
    *level = 10 * log10(near_power * 4 / ((double)SPECTRUM * SPECTRUM * window_power));
    *other = 10 * log10((far + 1e-20) / near);
}

typedef struct setting {
    double speed, cents;
} setting;

static const setting settings[] = { { 1, 0 },   { 1, 1200 }, { 1, -1200 },  { 0.5, 0 },     { 2, 0 },
                                    { 1, 700 }, { 1, -300 }, { 0.8, 2400 }, { 1.2, -2400 }, { 0.75, 350 } };

static void check_tone(cm_stretch_kind kind, setting s)
{
    size_t count = 4 * 44100, made;
    Float32 *sound = tone(count, 440, 0.5);
    cm_time_pitch *t = cm_time_pitch_new(kind, RATE, 1);
    cm_time_pitch_set(t, s.speed, s.cents);
    Float32 *out = change(t, 1, sound, count, &made);
    double level, other;
    measure(out, made, 440 * exp2(s.cents / 1200), &level, &other);
    CHECK_NEAR(made, (double)count / s.speed, 1);
    CHECK_NEAR(level, 20 * log10(0.5), 0.2);
    CHECK(other < -60);
    cm_time_pitch_free(t);
    free(out);
    free(sound);
}

static void test_tones_keep_their_level_and_stay_alone(void)
{
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
            check_tone(kinds[k], settings[i]);
}

static void test_without_a_change_sound_stays_what_it_is(void)
{
    size_t count = 30000, made;
    Float32 *sound = noise(count);
    for (size_t k = 0; k < 2; k++) {
        cm_time_pitch *t = cm_time_pitch_new(kinds[k], RATE, 1);
        for (int again = 0; again < 2; again++) {
            Float32 *out = change(t, 1, sound, count, &made);
            CHECK_EQ(made, count);
            for (size_t i = 0; i < count; i++)
                CHECK_NEAR(out[i], sound[i], 2e-3);
            free(out);
            cm_time_pitch_reset(t);
        }
        cm_time_pitch_free(t);
    }
    free(sound);
}

static void test_the_stereo_image_stays(void)
{
    size_t count = 60000, made;
    Float32 *one = noise(count), *sound = malloc(3 * count * sizeof *sound);
    for (size_t i = 0; i < count; i++) {
        sound[3 * i] = one[i];
        sound[3 * i + 1] = -0.5f * one[i];
        sound[3 * i + 2] = 0;
    }
    for (size_t k = 0; k < 2; k++) {
        cm_time_pitch *t = cm_time_pitch_new(kinds[k], RATE, 3);
        cm_time_pitch_set(t, 0.7, 200);
        Float32 *out = change(t, 3, sound, count, &made);
        double energy = 0;
        for (size_t i = 0; i < made; i++) {
            energy += out[3 * i] * out[3 * i];
            CHECK_NEAR(out[3 * i + 1], -0.5 * out[3 * i], 1e-4);
            CHECK_NEAR(out[3 * i + 2], 0, 1e-6);
        }
        CHECK(energy / (double)made > 0.5 / 3);
        cm_time_pitch_free(t);
        free(out);
    }
    free(one);
    free(sound);
}

/* Strokes of 2 kHz, each of which dies away, every quarter of a second, over a soft tone. */
static Float32 *strokes(size_t count)
{
    Float32 *sound = tone(count, 220, 0.01);
    for (size_t at = 2000; at + 4000 < count; at += 11025)
        for (size_t i = 0; i < 2000; i++)
            sound[at + i] += (Float32)(0.5 * exp(-(double)i / 200) * sin(2 * M_PI * 2000 * (double)i / RATE));
    return sound;
}

static void check_strokes(double stretch)
{
    size_t count = 3 * 44100, made;
    Float32 *sound = strokes(count);
    cm_time_pitch *t = cm_time_pitch_new(CM_STRETCH_SPECTRAL, RATE, 1);
    cm_time_pitch_set(t, 1 / stretch, 0);
    Float32 *out = change(t, 1, sound, count, &made);
    for (size_t at = 2000 + 11025; at + 4000 < count; at += 11025) {
        size_t place = (size_t)((double)at * stretch), top = place;
        for (size_t i = place - 2000; i < place + 2000; i++)
            top = fabsf(out[i]) > fabsf(out[top]) ? i : top;
        double before = 0, after = 0;
        for (size_t i = 0; i < 600; i++) {
            before += i < 540 ? out[top - 600 + i] * out[top - 600 + i] : 0;
            after += out[top + i - 60] * out[top + i - 60];
        }
        CHECK_NEAR(top, place, 0.0005 * RATE);
        CHECK(fabsf(out[top]) > 0.35f);
        CHECK(before < 0.01 * after);
    }
    cm_time_pitch_free(t);
    free(out);
    free(sound);
}

static void test_strokes_stay_sharp_and_in_place(void)
{
    check_strokes(2);
    check_strokes(1.5);
    check_strokes(0.75);
    check_strokes(0.5);
}

static void test_settings_change_on_the_way(void)
{
    size_t count = 44100;
    Float32 *sound = noise(count), out[512];
    for (size_t k = 0; k < 2; k++) {
        cm_time_pitch *t = cm_time_pitch_new(kinds[k], 8000, 1);
        double made = 0, last = 0;
        for (size_t taken = 0, n = 0; taken < count; n++) {
            size_t used;
            cm_time_pitch_set(t, exp2((double)(n * 37 % 11) - 5), (double)(n * 29 % 49) * 100 - 2400);
            made += (double)cm_time_pitch_run(t, sound + taken, count - taken, &used, out, 512);
            taken += used;
            CHECK(cm_time_pitch_position(t) >= last - 1e-6);
            last = cm_time_pitch_position(t);
        }
        CHECK(made > 0);
        cm_time_pitch_free(t);
    }
    free(sound);
}

static void test_nothing_and_no_numbers(void)
{
    Float32 odd[4096], out[4096];
    for (size_t i = 0; i < 4096; i++)
        odd[i] = i % 3 == 0 ? NAN : i % 3 == 1 ? INFINITY : 0;
    for (size_t k = 0; k < 2; k++) {
        cm_time_pitch *t = cm_time_pitch_new(kinds[k], RATE, 2);
        size_t used;
        CHECK_EQ(cm_time_pitch_run(t, NULL, 0, &used, out, 100), 0);
        cm_time_pitch_reset(t);
        cm_time_pitch_set(t, 0.5, 100);
        free(change(t, 2, odd, 2048, &used));
        CHECK_NEAR(used, 4096, 1);
        cm_time_pitch_free(t);
    }
    CHECK(!cm_time_pitch_new(CM_STRETCH_SPECTRAL, RATE, 0));
}

static void test_rendering_allocates_and_locks_nothing(void)
{
    const char *first = NULL;
    CHECK_EQ(cm_render_violations(&first), 0);
}

int main(void)
{
    RUN(test_fft_is_the_transform_of_its_definition);
    RUN(test_sinc_reads_between_samples);
    RUN(test_onsets_are_where_sound_sets_in);
    RUN(test_tones_keep_their_level_and_stay_alone);
    RUN(test_without_a_change_sound_stays_what_it_is);
    RUN(test_the_stereo_image_stays);
    RUN(test_strokes_stay_sharp_and_in_place);
    RUN(test_settings_change_on_the_way);
    RUN(test_nothing_and_no_numbers);
    RUN(test_rendering_allocates_and_locks_nothing);
    return 0;
}
