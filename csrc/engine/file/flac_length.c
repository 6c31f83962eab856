/*
 * flac_length.c: where a FLAC frame ends (RFC 9639, 9): its codes are gone through without being decoded.
 * Nothing else tells it before the next frame has arrived.
 */
#include "flac.h"

#define CONSTANT 0u
#define VERBATIM 1u
#define FIXED 8u   /* and the order, up to 4 */
#define LINEAR 32u /* and the order less 1 */
#define MOST_FIXED_ORDER 4u
#define MOST_BYTES ((SInt64)1 << 24)
enum { LEFT_SIDE = 8, SIDE_RIGHT = 9, MOST_ASSIGNMENT = 10 }; /* below: channels less 1 */

/* Bits are loaded as they are needed, so that no byte behind the frame is waited for. */
typedef struct source {
    cm_window *w;
    SInt64 at, limit; /* of the next byte to load */
    UInt64 window;    /* left-aligned, zeros behind: */
    unsigned have;
    bool failed;
} source;

static bool load(source *s, unsigned least)
{
    while (s->have < least && !s->failed) {
        size_t there;
        const UInt8 *bytes = s->at < s->limit ? cm_window_look(s->w, s->at, 1, &there) : NULL;
        s->failed = !bytes;
        for (; bytes && there > 0 && s->have <= 56; there--, s->have += 8, s->at++)
            s->window |= (UInt64)*bytes++ << (56 - s->have);
    }
    return !s->failed;
}

/* count: up to s->have */
static void drop(source *s, unsigned count)
{
    s->window = count < 64 ? s->window << count : 0;
    s->have -= count;
}

/* width: 1 .. 32; 0 at the end */
static UInt32 take(source *s, unsigned width)
{
    if (!load(s, width))
        return 0;
    UInt32 value = (UInt32)(s->window >> (64 - width));
    drop(s, width);
    return value;
}

static void skip(source *s, UInt64 count)
{
    if (count > s->have) {
        count -= s->have;
        drop(s, s->have);
        s->at += (SInt64)(count / 8);
        count %= 8;
    }
    if (count > 0 && load(s, (unsigned)count))
        drop(s, (unsigned)count);
}

/* Zeros and the one behind them. */
static void skip_unary(source *s)
{
    while (load(s, 1)) {
        unsigned zeros = s->window ? (unsigned)__builtin_clzll(s->window) : 64;
        if (zeros < s->have) {
            drop(s, zeros + 1);
            return;
        }
        drop(s, s->have);
    }
}

static bool skip_residuals(source *s, UInt32 count, UInt32 order)
{
    UInt32 method = take(s, 2), partitions = 1u << take(s, 4), parameter_bits = method == 0 ? 4 : 5;
    UInt32 each = count / partitions;
    if (method > 1 || count % partitions != 0 || each < order)
        return false;
    for (UInt32 p = 0; p < partitions && !s->failed; p++) {
        UInt32 length = p == 0 ? each - order : each, k = take(s, parameter_bits);
        if (k == (1u << parameter_bits) - 1) {
            skip(s, (UInt64)take(s, 5) * length);
            continue;
        }
        for (UInt32 i = 0; i < length && !s->failed; i++) {
            skip_unary(s);
            skip(s, k);
        }
    }
    return !s->failed;
}

static bool skip_linear(source *s, UInt32 order)
{
    UInt32 precision = take(s, 4) + 1, shift = take(s, 5);
    skip(s, (UInt64)precision * order);
    return precision <= 15 && shift < 16;
}

static bool skip_subframe(source *s, UInt32 width, UInt32 count)
{
    UInt32 header = take(s, 8), type = header >> 1 & 63, wasted = header & 1;
    while (wasted && wasted < width && take(s, 1) == 0 && !s->failed)
        wasted++;
    if (s->failed || header & 0x80 || wasted >= width)
        return false;
    width -= wasted;
    UInt32 order = type >= LINEAR ? type - LINEAR + 1 : type - FIXED;
    if (type == CONSTANT || type == VERBATIM) {
        skip(s, type == CONSTANT ? width : (UInt64)width * count);
        return !s->failed;
    }
    if (type < FIXED || (type < LINEAR && order > MOST_FIXED_ORDER) || order > count)
        return false;
    skip(s, (UInt64)width * order);
    return (type < LINEAR || skip_linear(s, order)) && skip_residuals(s, count, order);
}

/* 0: as STREAMINFO says. */
static UInt32 coded_bits(UInt32 code)
{
    static const UInt8 bits[8] = { 0, 8, 12, 0, 16, 20, 24, 32 };
    return bits[code];
}

bool cm_flac_frame_end(cm_window *w, SInt64 at, const cm_flac_frame *frame, UInt32 bits, SInt64 *end)
{
    size_t have;
    const UInt8 *head = cm_window_look(w, at, 4, &have);
    if (!head)
        return false;
    UInt32 assignment = head[3] >> 4, coded = coded_bits(head[3] >> 1 & 7);
    UInt32 channels = assignment < LEFT_SIDE ? assignment + 1 : 2, width = coded ? coded : bits;
    source s = { .w = w, .at = at + frame->header_size, .limit = at + MOST_BYTES };
    for (UInt32 c = 0; c < channels; c++) {
        bool is_side = assignment == SIDE_RIGHT ? c == 0 : assignment >= LEFT_SIDE && c == 1;
        if (assignment > MOST_ASSIGNMENT || !skip_subframe(&s, width + is_side, frame->frames))
            return false;
    }
    *end = s.at - s.have / 8 + 2; /* bits up to a whole byte, and the checksum */
    return true;
}
