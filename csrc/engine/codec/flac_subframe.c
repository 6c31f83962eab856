#include "flac_subframe.h"

#include <string.h>

#define MOST_ORDER 32
#define CONSTANT 0
#define VERBATIM 1
#define FIXED 8   /* and the order, up to 4 */
#define LINEAR 32 /* and the order less 1 */
#define MOST_FIXED_ORDER 4

/* ---- residuals: Rice codes, a parameter for each partition ---- */

/* A run of zeros, a one, k bits; the lowest bit of all is the sign. */
static bool read_rice(cm_coded_bits *bits, unsigned k, SInt32 *to)
{
    UInt64 quotient = 0, window;
    while ((window = cm_coded_peek(bits)) == 0) {
        quotient += 56;
        bits->at += 56;
        if (bits->at > bits->end)
            return false;
    }
    unsigned zeros = (unsigned)__builtin_clzll(window);
    quotient += zeros;
    bits->at += zeros + 1;
    UInt32 low = k ? cm_coded_get(bits, k) : 0;
    UInt32 value = (UInt32)(quotient << k) | low;
    *to = (SInt32)(value >> 1) ^ -(SInt32)(value & 1);
    return quotient <= UINT32_MAX >> k && bits->at <= bits->end;
}

/* Takes one code off the window. An empty window counts as more bits than any window has. */
static inline __attribute__((always_inline)) SInt32 take_rice(UInt64 *window, unsigned k, size_t *used)
{
    unsigned zeros = (unsigned)__builtin_clzll(*window | 1);
    UInt64 rest = *window << zeros << 1;
    UInt32 value = zeros << k | (UInt32)(rest >> 1 >> (63 - k));
    *used += zeros + 1 + k;
    *window = rest << k;
    return (SInt32)(value >> 1) ^ -(SInt32)(value & 1);
}

/*
 * `group` codes from each load of the bit stream, where they fit; the others one by one. Loads are what one
 * code waits for when the one before it has been read.
 */
static inline __attribute__((always_inline)) bool read_groups(cm_coded_bits *bits, unsigned k, SInt32 *to,
                                                              size_t count, size_t group)
{
    const UInt8 *bytes = bits->bytes;
    size_t i = 0, at = bits->at, end = bits->end;
    while (i + group <= count && at <= end) {
        UInt64 window = cm_get_be64(bytes + (at >> 3)) << (at & 7);
        size_t used = 0;
        for (size_t j = 0; j < group; j++)
            to[i + j] = take_rice(&window, k, &used);
        if (used <= 57) {
            at += used;
            i += group;
            continue;
        }
        bits->at = at;
        if (!read_rice(bits, k, to + i++))
            return false;
        at = bits->at;
    }
    bits->at = at;
    for (; i < count; i++)
        if (!read_rice(bits, k, to + i))
            return false;
    return bits->at <= end;
}

static bool read_partition(cm_coded_bits *bits, unsigned k, SInt32 *to, size_t count)
{
    if (k <= 9)
        return read_groups(bits, k, to, count, 4);
    return read_groups(bits, k, to, count, k <= 22 ? 2 : 1);
}

static bool read_plain(cm_coded_bits *bits, unsigned width, SInt32 *to, size_t count)
{
    if (bits->at > bits->end || (bits->end - bits->at) < width * count)
        return false;
    for (size_t i = 0; i < count; i++)
        to[i] = width ? cm_coded_get_signed(bits, width) : 0;
    return true;
}

/* samples[0 .. order) are there already. */
static bool read_residuals(cm_coded_bits *bits, SInt32 *samples, size_t count, unsigned order)
{
    UInt32 method = cm_coded_get(bits, 2), partitions = 1u << cm_coded_get(bits, 4);
    unsigned parameter_bits = method == 0 ? 4 : 5;
    size_t each = count / partitions;
    if (method > 1 || count % partitions != 0 || each < order)
        return false;
    for (UInt32 p = 0; p < partitions; p++) {
        size_t from = p == 0 ? order : p * each, length = (p + 1) * each - from;
        UInt32 k = cm_coded_get(bits, parameter_bits);
        bool is_plain = k == (1u << parameter_bits) - 1;
        if (!(is_plain ? read_plain(bits, cm_coded_get(bits, 5), samples + from, length)
                       : read_partition(bits, k, samples + from, length)))
            return false;
    }
    return true;
}

/* ---- prediction ---- */

typedef struct predictor {
    unsigned order, shift;
    SInt32 weights[MOST_ORDER]; /* of the sample before, of the one before that ... */
} predictor;

/* Known order and width of the sum make loops without a test. */
static inline __attribute__((always_inline)) void restore(SInt32 *samples, size_t count, const predictor *p,
                                                          unsigned order, bool is_wide)
{
    SInt32 weights[MOST_ORDER];
    unsigned shift = p->shift;
    memcpy(weights, p->weights, sizeof weights);
    for (size_t i = order; i < count; i++) {
        const SInt32 *before = samples + i - 1;
        SInt64 wide = 0;
        UInt32 sum = 0;
        for (unsigned k = order; k-- > 0;) {
            if (is_wide)
                wide += (SInt64)weights[k] * before[-(ptrdiff_t)k];
            else
                sum += (UInt32)weights[k] * (UInt32)before[-(ptrdiff_t)k];
        }
        UInt32 predicted = is_wide ? (UInt32)(wide >> shift) : (UInt32)((SInt32)sum >> shift);
        samples[i] = (SInt32)((UInt32)samples[i] + predicted);
    }
}

#define RESTORE(n)                                                                                           \
    case n:                                                                                                  \
        is_wide ? restore(samples, count, p, n, true) : restore(samples, count, p, n, false);                \
        break;

static void restore_all(SInt32 *samples, size_t count, const predictor *p, bool is_wide)
{
    switch (p->order) {
        RESTORE(1)
        RESTORE(2)
        RESTORE(3)
        RESTORE(4)
        RESTORE(5)
        RESTORE(6)
        RESTORE(7)
        RESTORE(8)
        RESTORE(9)
        RESTORE(10)
        RESTORE(11)
        RESTORE(12)
    default:
        restore(samples, count, p, p->order, true);
    }
}

/* Samples of 33 bits: the first `order` are in wide, the residuals of the others in samples. */
static void restore_wide(SInt64 *wide, const SInt32 *samples, size_t count, const predictor *p)
{
    const unsigned unused = 64 - CM_FLAC_MOST_WIDTH;
    for (size_t i = p->order; i < count; i++) {
        SInt64 sum = 0;
        for (unsigned k = 0; k < p->order; k++)
            sum += p->weights[k] * wide[i - 1 - k];
        UInt64 value = (UInt64)(sum >> p->shift) + (UInt64)samples[i];
        wide[i] = (SInt64)(value << unused) >> unused; /* damaged data must not grow without end */
    }
}

/* True when a sum of products can be more than 32 bits hold. Without a shift all of it but 32 bits is lost.
 */
static bool needs_wide_sum(const predictor *p, unsigned width)
{
    UInt64 sum = 0;
    for (unsigned k = 0; k < p->order; k++)
        sum += (UInt64)(p->weights[k] < 0 ? -p->weights[k] : p->weights[k]);
    return p->shift > 0 && sum << (width - 1) > INT32_MAX;
}

static void set_fixed(predictor *p)
{
    static const SInt32 weights[MOST_FIXED_ORDER + 1][MOST_FIXED_ORDER] = {
        [1] = { 1 }, [2] = { 2, -1 }, [3] = { 3, -3, 1 }, [4] = { 4, -6, 4, -1 }
    };
    memcpy(p->weights, weights[p->order], sizeof weights[0]);
}

static bool read_linear(cm_coded_bits *bits, predictor *p)
{
    unsigned precision = cm_coded_get(bits, 4) + 1;
    SInt32 shift = cm_coded_get_signed(bits, 5);
    if (precision > 15 || shift < 0)
        return false;
    p->shift = (unsigned)shift;
    for (unsigned k = 0; k < p->order; k++)
        p->weights[k] = cm_coded_get_signed(bits, precision);
    return true;
}

/* ---- subframes ---- */

typedef struct subframe {
    unsigned type, width; /* width without the wasted bits */
    size_t count;
    SInt32 *samples;
    SInt64 *wide; /* NULL: the samples have at most 32 bits */
} subframe;

static SInt64 get_sample(cm_coded_bits *bits, unsigned width)
{
    if (width <= 32)
        return cm_coded_get_signed(bits, width);
    SInt64 high = cm_coded_get_signed(bits, width - 32);
    return high * (1ll << 32) + cm_coded_get(bits, 32);
}

/* The first samples of a predictor, or all. */
static bool read_samples(cm_coded_bits *bits, const subframe *s, size_t count)
{
    if (bits->at > bits->end || bits->end - bits->at < s->width * count)
        return false;
    for (size_t i = 0; i < count; i++) {
        SInt64 sample = get_sample(bits, s->width);
        if (s->wide)
            s->wide[i] = sample;
        else
            s->samples[i] = (SInt32)sample;
    }
    return true;
}

static bool read_constant(cm_coded_bits *bits, const subframe *s)
{
    if (!read_samples(bits, s, 1))
        return false;
    for (size_t i = 1; i < s->count; i++) {
        if (s->wide)
            s->wide[i] = s->wide[0];
        else
            s->samples[i] = s->samples[0];
    }
    return true;
}

static bool read_predicted(cm_coded_bits *bits, const subframe *s)
{
    predictor p = { .order = s->type < LINEAR ? s->type - FIXED : s->type - LINEAR + 1 };
    if (p.order > s->count || !read_samples(bits, s, p.order))
        return false;
    if (s->type < LINEAR)
        set_fixed(&p);
    else if (!read_linear(bits, &p))
        return false;
    if (!read_residuals(bits, s->samples, s->count, p.order))
        return false;
    if (s->wide)
        restore_wide(s->wide, s->samples, s->count, &p);
    else if (p.order > 0)
        restore_all(s->samples, s->count, &p, needs_wide_sum(&p, s->width));
    return true;
}

static void shift_up(const subframe *s, unsigned wasted)
{
    for (size_t i = 0; i < s->count; i++) {
        if (s->wide)
            s->wide[i] = (SInt64)((UInt64)s->wide[i] << wasted);
        else
            s->samples[i] = (SInt32)((UInt32)s->samples[i] << wasted);
    }
}

/* The run of zeros and the one behind the flag; 0 when it is longer than a sample. */
static unsigned read_wasted(cm_coded_bits *bits, unsigned width)
{
    unsigned wasted = 1;
    while (wasted < width && !cm_coded_get(bits, 1))
        wasted++;
    return wasted < width ? wasted : 0;
}

bool cm_flac_subframe(cm_coded_bits *bits, unsigned width, size_t count, SInt32 *samples, SInt64 *wide)
{
    UInt32 header = cm_coded_get(bits, 8);
    unsigned type = header >> 1 & 63, wasted = header & 1 ? read_wasted(bits, width) : 0;
    subframe s = { type, width - wasted, count, samples, width == CM_FLAC_MOST_WIDTH ? wide : NULL };
    bool good;
    if (header & 0x80 || (header & 1 && wasted == 0))
        return false;
    if (type == CONSTANT)
        good = read_constant(bits, &s);
    else if (type == VERBATIM)
        good = read_samples(bits, &s, count);
    else if (type >= LINEAR || (type >= FIXED && type <= FIXED + MOST_FIXED_ORDER))
        good = read_predicted(bits, &s);
    else
        return false;
    if (wasted > 0)
        shift_up(&s, wasted);
    return good && bits->at <= bits->end;
}
