#include "capi_kernels.h"

#include "blocks.h"
#include "simd.h"

/* Limits and zero are parameters because the compiler turns comparisons with known numbers into jumps. */
CM_CLONES static void truncate_samples(int16_t *to, const float *from, size_t count, float low, float high,
                                       float zero)
{
    CM_SAME_OR_APART
    for (size_t i = 0; i < count; i++) {
        float x = from[i] * 32767.0f;
        x = x == x ? x : zero;
        x = x < low ? low : x;
        x = x > high ? high : x;
        to[i] = (int16_t)(int32_t)x;
    }
}

static void truncate_block(const void *context, void *to, const void *from, size_t first, size_t frames)
{
    (void)first;
    truncate_samples(to, from, frames * *(const size_t *)context, -32768.0f, 32767.0f, 0.0f);
}

void cm_truncate_to_int16(const cm_view *out, const cm_view *in)
{
    cm_map(out, in, truncate_block, &in->channels);
}

CM_CLONES static void average_samples(float *to, const float *from, size_t frames)
{
    CM_SAME_OR_APART
    for (size_t i = 0; i < frames; i++)
        to[i] = (from[2 * i] + from[2 * i + 1]) * 0.5f;
}

static void average_block(const void *context, void *to, const void *from, size_t first, size_t frames)
{
    (void)context;
    (void)first;
    average_samples(to, from, frames);
}

void cm_average_stereo(const cm_view *mono, const cm_view *stereo)
{
    cm_map(mono, stereo, average_block, NULL);
}

CM_CLONES static void join_samples(float *to, const float *left, const float *right, size_t frames,
                                   float left_gain, float right_gain)
{
    CM_SAME_OR_APART
    for (size_t i = 0; i < frames; i++) {
        to[2 * i] = left[i] * left_gain;
        to[2 * i + 1] = right[i] * right_gain;
    }
}

static void join_block(const void *context, void *to, const void *left, const void *right, size_t first,
                       size_t frames)
{
    (void)first;
    const float *gains = context;
    join_samples(to, left, right, frames, gains[0], gains[1]);
}

void cm_join_stereo(const cm_view *stereo, const cm_view *left, const cm_view *right, double left_gain,
                    double right_gain)
{
    float gains[] = { (float)left_gain, (float)right_gain };
    cm_map2(stereo, left, right, join_block, gains);
}
