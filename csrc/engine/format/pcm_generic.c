#include "pcm_generic.h"

#include <math.h>

#define SIGN_BIT (1ull << 63)

static uint64_t read_container(const uint8_t *p, UInt32 bytes, bool big_endian)
{
    uint64_t value = 0;
    for (UInt32 i = 0; i < bytes; i++)
        value = value << 8 | p[big_endian ? i : bytes - 1 - i];
    return value;
}

static void write_container(uint8_t *p, UInt32 bytes, bool big_endian, uint64_t value)
{
    for (UInt32 i = 0; i < bytes; i++, value >>= 8)
        p[big_endian ? bytes - 1 - i : i] = (uint8_t)value;
}

void cm_pcm_load_i64(const cm_pcm *format, int64_t *to, const uint8_t *from, size_t samples)
{
    UInt32 bytes = format->bytes;
    UInt32 up = format->high_aligned ? 64 - 8 * bytes : 64 - format->bits;
    uint64_t significant = ~0ull << (64 - format->bits);
    uint64_t flip = format->is_signed ? 0 : SIGN_BIT;
    for (size_t i = 0; i < samples; i++, from += bytes)
        to[i] = (int64_t)(((read_container(from, bytes, format->big_endian) << up) & significant) ^ flip);
}

/* The value in units of 2^drop, at most top. */
static int64_t shorter(int64_t value, UInt32 drop, int64_t top)
{
    if (drop == 0)
        return value;
    int64_t whole = value >> drop;
    uint64_t rest = (uint64_t)value & ((1ull << drop) - 1);
    uint64_t half = 1ull << (drop - 1);
    if (rest > half || (rest == half && (whole & 1)))
        whole++;
    return whole > top ? top : whole;
}

static int64_t shifted_up(int64_t value, UInt32 by)
{
    int64_t most = INT64_MAX >> by;
    if (value > most)
        return INT64_MAX;
    return value < -most - 1 ? INT64_MIN : (int64_t)((uint64_t)value << by);
}

void cm_pcm_store_i64(const cm_pcm *format, uint8_t *to, const int64_t *from, UInt32 headroom, size_t samples)
{
    UInt32 bytes = format->bytes, bits = format->bits;
    UInt32 up = format->high_aligned ? 8 * bytes - bits : 0;
    UInt32 gain = headroom > format->headroom ? headroom - format->headroom : 0;
    UInt32 drop = 64 - bits + (format->headroom > headroom ? format->headroom - headroom : 0);
    int64_t top = (int64_t)((1ull << (bits - 1)) - 1);
    uint64_t flip = format->is_signed ? 0 : 1ull << (bits - 1);
    uint64_t kept = format->is_signed ? ~0ull : ~0ull >> (64 - bits);
    for (size_t i = 0; i < samples; i++, to += bytes) {
        uint64_t whole = (uint64_t)shorter(shifted_up(from[i], gain), drop, top);
        write_container(to, bytes, format->big_endian, ((whole ^ flip) & kept) << up);
    }
}

void cm_pcm_i64_to_f32(float *to, const int64_t *from, UInt32 headroom, size_t samples)
{
    float unit = ldexpf(1, (int)headroom - 63);
    for (size_t i = 0; i < samples; i++)
        to[i] = (float)from[i] * unit;
}

void cm_pcm_i64_to_f64(double *to, const int64_t *from, UInt32 headroom, size_t samples)
{
    double unit = ldexp(1, (int)headroom - 63);
    for (size_t i = 0; i < samples; i++)
        to[i] = (double)from[i] * unit;
}

void cm_pcm_i64_from_f64(int64_t *to, const double *from, const cm_pcm *format, size_t samples)
{
    UInt32 bits = format->bits;
    double full = ldexp(1.0, (int)bits - 1), unit = ldexp(full, -(int)format->headroom);
    int64_t top = (int64_t)((1ull << (bits - 1)) - 1);
    for (size_t i = 0; i < samples; i++) {
        double scaled = rint(from[i] * unit);
        int64_t whole = 0; /* what NaN becomes */
        if (scaled >= full)
            whole = top;
        else if (scaled <= -full)
            whole = -top - 1;
        else if (!isnan(scaled))
            whole = (int64_t)scaled;
        to[i] = (int64_t)((uint64_t)whole << (64 - bits));
    }
}
