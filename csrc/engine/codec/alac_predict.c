#include "alac_predict.h"

#include <string.h>

/* ---- entropy coding: Golomb codes whose parameter follows the mean of what came before ---- */

#define MEAN_SHIFT 9
#define MEAN_ONE (1u << MEAN_SHIFT)
#define MOST_PREFIX 9
#define CLAMP 0xFFFFu
#define RUN_BITS 16

/* A value of parameter k: a run of ones, a zero, k bits; MOST_PREFIX ones and the value itself when it is
 * large. */
static inline UInt32 get_value(cm_coded_bits *bits, unsigned k, unsigned escape_bits)
{
    UInt64 window = cm_coded_peek(bits);
    unsigned prefix = (unsigned)__builtin_clzll(~window | 1);
    if (prefix >= MOST_PREFIX) {
        bits->at += MOST_PREFIX;
        return cm_coded_get(bits, escape_bits);
    }
    UInt32 value = prefix * ((1u << k) - 1);
    UInt32 low = (UInt32)(window << (prefix + 1) >> (64 - k));
    bool two = low >= 2; /* the values 0 and 1 of the last bits stand for 0, one bit shorter */
    bits->at += prefix + k + two;
    return two ? value + low - 1 : value;
}

static inline UInt32 run_of_zeros(cm_coded_bits *bits, UInt32 mean, UInt32 most_bits)
{
    unsigned k = (unsigned)(mean ? __builtin_clz(mean) : 32) - 24 + ((mean + 16) >> 6);
    return get_value(bits, k < most_bits ? k : most_bits, RUN_BITS);
}

bool cm_alac_residuals(cm_coded_bits *bits, const cm_alac_rice *rice, SInt32 *to, size_t count)
{
    UInt32 mean = rice->start, sign_bias = 0;
    for (size_t i = 0; i < count;) {
        unsigned k = 31 - (unsigned)__builtin_clz((mean >> MEAN_SHIFT) + 3);
        UInt32 value = get_value(bits, k < rice->most_bits ? k : rice->most_bits, rice->sample_bits);
        UInt32 coded = value + sign_bias;
        to[i++] = (SInt32)(coded >> 1) ^ -(SInt32)(coded & 1);
        mean = value > CLAMP ? CLAMP : mean + rice->factor * coded - (rice->factor * mean >> MEAN_SHIFT);
        sign_bias = 0;
        if (mean << 2 >= MEAN_ONE || i >= count)
            continue;
        UInt32 zeros = run_of_zeros(bits, mean, rice->most_bits);
        if (zeros > count - i)
            return false;
        memset(to + i, 0, zeros * sizeof *to);
        i += zeros;
        sign_bias = zeros < CLAMP;
        mean = 0;
        if (bits->at > bits->end)
            return false;
    }
    return bits->at <= bits->end;
}

/* ---- prediction ---- */

/* Wraps to the width of a sample, as the encoder does. */
static inline SInt32 wrap(UInt32 value, unsigned unused)
{
    return (SInt32)(value << unused) >> unused;
}

/*
 * Moves the coefficients towards what would have made the residual smaller, oldest sample first, until the
 * residual is used up. up: it was positive.
 */
static inline __attribute__((always_inline)) void adapt(SInt32 *coefficients, const SInt32 *differences,
                                                        SInt32 residual, unsigned order, unsigned shift,
                                                        bool up)
{
    for (unsigned k = order; k-- > 0;) {
        SInt32 difference = differences[k], mask = difference >> 31;
        SInt32 sign = mask | (difference != 0),
               size = (SInt32)(((UInt32)difference ^ (UInt32)mask) - (UInt32)mask);
        coefficients[k] = (SInt16)(up ? coefficients[k] - sign : coefficients[k] + sign);
        SInt32 part = up ? size >> shift : (SInt32)(0 - (UInt32)size) >> shift;
        residual = (SInt32)((UInt32)residual - (UInt32)part * (order - k));
        if (up ? residual <= 0 : residual >= 0)
            break;
    }
}

static inline __attribute__((always_inline)) void predict(SInt32 *samples, size_t count, const SInt16 *start,
                                                          unsigned order, unsigned unused, unsigned shift)
{
    SInt32 coefficients[CM_ALAC_MOST_COEFFICIENTS], differences[CM_ALAC_MOST_COEFFICIENTS];
    UInt32 half = shift > 0 ? 1u << (shift - 1) : 0;
    for (unsigned k = 0; k < order; k++)
        coefficients[k] = start[k];
    for (size_t i = order + 1; i < count; i++) {
        const SInt32 *before = samples + i - 1;
        SInt32 top = samples[i - order - 1], residual = samples[i];
        UInt32 sum = half;
        for (unsigned k = 0; k < order; k++) {
            differences[k] = (SInt32)((UInt32)top - (UInt32)before[-(ptrdiff_t)k]);
            sum -= (UInt32)coefficients[k] * (UInt32)differences[k];
        }
        samples[i] = wrap((UInt32)residual + (UInt32)top + (UInt32)((SInt32)sum >> shift), unused);
        if (residual > 0)
            adapt(coefficients, differences, residual, order, shift, true);
        else if (residual < 0)
            adapt(coefficients, differences, residual, order, shift, false);
    }
}

void cm_alac_predict(SInt32 *samples, size_t count, SInt16 *coefficients, unsigned order,
                     unsigned sample_bits, unsigned shift)
{
    unsigned unused = 32 - sample_bits;
    size_t plain = order == 31 ? count : order + 1 < count ? order + 1 : count;
    if (order == 0)
        return;
    for (size_t i = 1; i < plain; i++)
        samples[i] = wrap((UInt32)samples[i] + (UInt32)samples[i - 1], unused);
    switch (order) { /* orders that encoders choose get loops of known length */
    case 31:
        break;
    case 4:
        predict(samples, count, coefficients, 4, unused, shift);
        break;
    case 5:
        predict(samples, count, coefficients, 5, unused, shift);
        break;
    case 6:
        predict(samples, count, coefficients, 6, unused, shift);
        break;
    case 8:
        predict(samples, count, coefficients, 8, unused, shift);
        break;
    default:
        predict(samples, count, coefficients, order, unused, shift);
        break;
    }
}
