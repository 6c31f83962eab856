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

static int64_t shorter(int64_t value, UInt32 bits)
{
    if (bits == 64)
        return value;
    UInt32 drop = 64 - bits;
    int64_t whole = value >> drop;
    uint64_t rest = (uint64_t)value & ((1ull << drop) - 1);
    uint64_t half = 1ull << (drop - 1);
    if (rest > half || (rest == half && (whole & 1)))
        whole++;
    int64_t top = (int64_t)((1ull << (bits - 1)) - 1);
    return whole > top ? top : whole;
}

void cm_pcm_store_i64(const cm_pcm *format, uint8_t *to, const int64_t *from, size_t samples)
{
    UInt32 bytes = format->bytes, bits = format->bits;
    UInt32 up = format->high_aligned ? 8 * bytes - bits : 0;
    uint64_t flip = format->is_signed ? 0 : 1ull << (bits - 1);
    uint64_t kept = format->is_signed ? ~0ull : ~0ull >> (64 - bits);
    for (size_t i = 0; i < samples; i++, to += bytes) {
        uint64_t value = (((uint64_t)shorter(from[i], bits) ^ flip) & kept) << up;
        write_container(to, bytes, format->big_endian, value);
    }
}

void cm_pcm_i64_to_f32(float *to, const int64_t *from, size_t samples)
{
    for (size_t i = 0; i < samples; i++)
        to[i] = (float)from[i] * 0x1p-63f;
}

void cm_pcm_i64_to_f64(double *to, const int64_t *from, size_t samples)
{
    for (size_t i = 0; i < samples; i++)
        to[i] = (double)from[i] * 0x1p-63;
}

void cm_pcm_i64_from_f64(int64_t *to, const double *from, UInt32 bits, size_t samples)
{
    double full = ldexp(1.0, (int)bits - 1);
    int64_t top = (int64_t)((1ull << (bits - 1)) - 1);
    for (size_t i = 0; i < samples; i++) {
        double scaled = rint(from[i] * full);
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
