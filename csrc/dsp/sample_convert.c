#include "sample_convert.h"

#include "blocks.h"
#include "real_ops.h"

/*
 * A conversion goes through blocks of a middle type: decode to it, then encode from it. Either is missing
 * when the middle type is the input's or the result's own.
 */
typedef struct {
    cm_decode_fn decode;
    cm_encode_fn encode;       /* from a real middle type */
    cm_decode_fn narrow;       /* from int32 as middle type */
    const cm_real_ops *middle; /* gives the noise; NULL without dither */
    uint64_t key;
    size_t channels;
} plan;

static bool is_float(cm_sample type)
{
    return cm_sample_infos[type].bits == 0;
}

/* True when an integer result has fewer bits than the input. */
static bool loses_bits(cm_sample to, cm_sample from)
{
    return !is_float(to) && (is_float(from) || cm_sample_infos[to].bits < cm_sample_infos[from].bits);
}

/* The real type that loses nothing on the way. */
static const cm_real_ops *middle_of(cm_sample to, cm_sample from)
{
    if (is_float(from))
        return cm_ops_of(from);
    if (is_float(to))
        return cm_ops_of(to);
    return from == CM_S32 ? &cm_f64_ops : &cm_f32_ops;
}

/* Seeds that differ in one bit give unrelated keys. */
static uint64_t key_of(uint64_t seed)
{
    uint64_t z = seed + 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static plan make_plan(cm_sample to, cm_sample from, cm_dither dither, size_t channels)
{
    plan p = { .channels = channels };
    if (!is_float(to) && !is_float(from) && !loses_bits(to, from)) {
        p.decode = from == CM_S32 ? NULL : cm_s32_decode[from];
        p.narrow = to == CM_S32 && p.decode ? NULL : cm_s32_encode[to];
        return p;
    }
    const cm_real_ops *middle = middle_of(to, from);
    p.decode = middle->type == from ? NULL : middle->decode[from];
    p.encode = middle->type == to ? NULL : middle->encode[to];
    if (dither.on && loses_bits(to, from)) {
        p.middle = middle;
        p.key = key_of(dither.seed);
    }
    return p;
}

static void convert_block(const void *context, void *to, const void *from, size_t first, size_t frames)
{
    const plan *p = context;
    cm_block middle, noise;
    size_t count = frames * p->channels;
    bool two_steps = p->decode && (p->encode || p->narrow);
    if (p->decode) {
        p->decode(two_steps ? (void *)&middle : to, from, count);
        from = &middle;
    }
    if (p->middle)
        p->middle->noise(&noise, p->key, (uint64_t)first * p->channels, count);
    if (p->encode)
        p->encode(to, from, count, p->middle ? &noise : NULL);
    else if (p->narrow)
        p->narrow(to, from, count);
}

void cm_convert(const cm_view *out, const cm_view *in, cm_dither dither)
{
    if (out->type == in->type) {
        if (!cm_views_same(out, in))
            cm_copy(out, in);
        return;
    }
    plan p = make_plan(out->type, in->type, dither, in->channels);
    cm_map(out, in, convert_block, &p);
}
