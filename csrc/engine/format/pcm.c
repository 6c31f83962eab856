#include "pcm.h"

#include "asbd.h"
#include "pcm_generic.h"
#include "pcm_kernels.h"

#include <AudioToolbox/AudioFormat.h>
#include <string.h>

#define BLOCK_SAMPLES 1024u /* of the largest sample type: 8 KiB, so that two blocks fit the first cache */
#define BLOCK_BYTES (BLOCK_SAMPLES * 8)

static UInt32 fraction_bits(const AudioStreamBasicDescription *f)
{
    return (f->mFormatFlags & kLinearPCMFormatFlagsSampleFractionMask) >>
           kLinearPCMFormatFlagsSampleFractionShift;
}

static OSStatus check_sample(const AudioStreamBasicDescription *f, UInt32 bytes)
{
    const OSStatus bad = kAudioFormatUnsupportedDataFormatError;
    UInt32 bits = f->mBitsPerChannel;
    if (bytes < 1 || bytes > 8 || bits < 8 || bits > 8 * bytes)
        return cm_fail(bad, "%u bits do not fit a sample of %u bytes", bits, bytes);
    if ((f->mFormatFlags & kAudioFormatFlagIsFloat) && (bits != 8 * bytes || (bytes != 4 && bytes != 8)))
        return cm_fail(bad, "a float has 32 or 64 bits, not %u in %u bytes", bits, bytes);
    if ((f->mFormatFlags & kAudioFormatFlagIsPacked) && bits != 8 * bytes)
        return cm_fail(bad, "packed samples of %u bits do not take %u bytes", bits, bytes);
    UInt32 fraction = fraction_bits(f);
    if (fraction && (fraction > bits - 1 || (f->mFormatFlags & kAudioFormatFlagIsFloat) ||
                     !(f->mFormatFlags & kAudioFormatFlagIsSignedInteger)))
        return cm_fail(bad, "%u fraction bits are not those of signed integers of %u bits", fraction, bits);
    return noErr;
}

OSStatus cm_pcm_from_asbd(const AudioStreamBasicDescription *format, cm_pcm *out)
{
    const OSStatus bad = kAudioFormatUnsupportedDataFormatError;
    AudioStreamBasicDescription f = *format;
    cm_asbd_complete(&f);
    if (!cm_asbd_is_pcm(&f))
        return cm_fail(bad, "the format is not linear PCM");
    if (f.mChannelsPerFrame == 0 || f.mChannelsPerFrame > CM_MAX_CHANNELS)
        return cm_fail(bad, "%u channels are not between 1 and %u", f.mChannelsPerFrame, CM_MAX_CHANNELS);
    UInt32 interleaved = cm_asbd_is_planar(&f) ? 1 : f.mChannelsPerFrame;
    if (f.mBytesPerFrame % interleaved != 0)
        return cm_fail(bad, "%u bytes per frame are not those of %u channels", f.mBytesPerFrame, interleaved);
    if (f.mFramesPerPacket != 1 || f.mBytesPerPacket != f.mBytesPerFrame)
        return cm_fail(bad, "a packet of linear PCM is one frame");
    UInt32 bytes = f.mBytesPerFrame / interleaved;
    OSStatus status = check_sample(&f, bytes);
    if (status != noErr)
        return status;
    bool is_float = (f.mFormatFlags & kAudioFormatFlagIsFloat) != 0;
    UInt32 fraction = fraction_bits(&f);
    *out = (cm_pcm){
        .channels = f.mChannelsPerFrame,
        .bits = f.mBitsPerChannel,
        .bytes = bytes,
        .headroom = fraction ? f.mBitsPerChannel - 1 - fraction : 0,
        .is_float = is_float,
        .is_signed = is_float || (f.mFormatFlags & kAudioFormatFlagIsSignedInteger),
        .big_endian = bytes > 1 && (f.mFormatFlags & kAudioFormatFlagIsBigEndian),
        .high_aligned = f.mBitsPerChannel < 8 * bytes && (f.mFormatFlags & kAudioFormatFlagIsAlignedHigh),
        .planar = cm_asbd_is_planar(&f),
    };
    return noErr;
}

cm_pcm cm_pcm_float32(UInt32 channels, bool planar)
{
    cm_pcm pcm = { .channels = channels, .bits = 32, .bytes = 4, .is_float = true, .is_signed = true };
    pcm.planar = planar;
    return pcm;
}

static bool same_samples(const cm_pcm *a, const cm_pcm *b)
{
    return a->bits == b->bits && a->bytes == b->bytes && a->headroom == b->headroom &&
           a->is_float == b->is_float && a->is_signed == b->is_signed && a->big_endian == b->big_endian &&
           a->high_aligned == b->high_aligned;
}

bool cm_pcm_same(const cm_pcm *a, const cm_pcm *b)
{
    bool same_place = a->planar == b->planar || a->channels == 1;
    return a->channels == b->channels && same_place && same_samples(a, b);
}

static cm_pcm_kind kind_of(const cm_pcm *pcm)
{
    static const cm_pcm_kind integers[5] = { [2] = CM_PCM_S16, [3] = CM_PCM_S24, [4] = CM_PCM_S32 };
    if (pcm->is_float)
        return (pcm->bytes == 4 ? CM_PCM_F32 : CM_PCM_F64) + pcm->big_endian;
    if (pcm->bits != pcm->bytes * 8 || pcm->bytes > 4 || pcm->headroom)
        return CM_PCM_OTHER;
    if (pcm->bytes == 1)
        return pcm->is_signed ? CM_PCM_S8 : CM_PCM_U8;
    return pcm->is_signed ? integers[pcm->bytes] + pcm->big_endian : CM_PCM_OTHER;
}

/* How samples of one format become samples of another. */
typedef struct conversion {
    const cm_pcm *to, *from;
    bool is_copy;
    bool is_generic;
    cm_pcm_kernel first;
    cm_pcm_kernel second; /* NULL: first does it all; otherwise what it makes lies in a hub in between */
} conversion;

static bool is_swap_of(const cm_pcm *a, const cm_pcm *b)
{
    cm_pcm swapped = *b;
    swapped.big_endian = !b->big_endian;
    return same_samples(a, &swapped);
}

static void pick_kernels(conversion *c, cm_pcm_kind to, cm_pcm_kind from)
{
    const cm_pcm_kernels *target = cm_pcm_kernels_of(to), *source = cm_pcm_kernels_of(from);
    bool wide = c->to->bytes == 8 || c->from->bytes == 8;
    if (!c->to->is_float && !c->from->is_float) {
        c->first = to == CM_PCM_S32 ? source->to_i32 : from == CM_PCM_S32 ? target->from_i32 : NULL;
        if (!c->first)
            c->first = source->to_i32, c->second = target->from_i32;
    } else if (wide) {
        c->first = to == CM_PCM_F64 ? source->to_f64 : from == CM_PCM_F64 ? target->from_f64 : NULL;
        if (!c->first)
            c->first = source->to_f64, c->second = target->from_f64;
    } else {
        c->first = to == CM_PCM_F32 ? source->to_f32 : from == CM_PCM_F32 ? target->from_f32 : NULL;
        if (!c->first)
            c->first = source->to_f32, c->second = target->from_f32;
    }
}

static conversion plan(const cm_pcm *to_format, const cm_pcm *from_format)
{
    conversion c = { .to = to_format, .from = from_format };
    cm_pcm_kind to = kind_of(to_format), from = kind_of(from_format);
    c.is_copy = same_samples(to_format, from_format);
    if (c.is_copy)
        return c;
    if (is_swap_of(to_format, from_format))
        c.first = cm_pcm_swap_kernel(to_format->bytes);
    if (c.first)
        return c;
    c.is_generic = to == CM_PCM_OTHER || from == CM_PCM_OTHER;
    if (!c.is_generic)
        pick_kernels(&c, to, from);
    return c;
}

/* At most BLOCK_SAMPLES, of which one side is an integer without kernels. */
static void convert_generic(const conversion *c, uint8_t *to, const uint8_t *from, size_t samples)
{
    int64_t whole[BLOCK_SAMPLES];
    union {
        float narrow[BLOCK_SAMPLES];
        double wide[BLOCK_SAMPLES];
    } real;
    if (c->from->is_float) {
        cm_pcm_kernels_of(kind_of(c->from))->to_f64(real.wide, from, samples);
        cm_pcm_i64_from_f64(whole, real.wide, c->to, samples);
        cm_pcm_store_i64(c->to, to, whole, c->to->headroom, samples);
        return;
    }
    cm_pcm_load_i64(c->from, whole, from, samples);
    if (!c->to->is_float) {
        cm_pcm_store_i64(c->to, to, whole, c->from->headroom, samples);
    } else if (c->to->bytes == 4) {
        cm_pcm_i64_to_f32(real.narrow, whole, c->from->headroom, samples);
        cm_pcm_kernels_of(kind_of(c->to))->from_f32(to, real.narrow, samples);
    } else {
        cm_pcm_i64_to_f64(real.wide, whole, c->from->headroom, samples);
        cm_pcm_kernels_of(kind_of(c->to))->from_f64(to, real.wide, samples);
    }
}

static bool overlap(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size)
{
    return (uintptr_t)a < (uintptr_t)b + b_size && (uintptr_t)b < (uintptr_t)a + a_size;
}

/* A run of samples that lie one after the other on both sides; the sides may be the same memory. */
static void convert_run(const conversion *c, void *to_run, const void *from_run, size_t samples)
{
    size_t to_bytes = c->to->bytes, from_bytes = c->from->bytes;
    uint8_t *to = to_run;
    const uint8_t *from = from_run;
    bool in_place = overlap(to, samples * to_bytes, from, samples * from_bytes);
    if (c->is_copy) {
        if (to != from)
            memmove(to, from, samples * to_bytes);
        return;
    }
    if (!c->is_generic && !c->second && !in_place) {
        c->first(to, from, samples);
        return;
    }
    uint8_t block[BLOCK_BYTES];
    for (size_t n; samples > 0; samples -= n, to += n * to_bytes, from += n * from_bytes) {
        n = samples < BLOCK_SAMPLES ? samples : BLOCK_SAMPLES;
        if (c->is_generic) {
            convert_generic(c, to, from, n);
            continue;
        }
        c->first(block, from, n);
        if (c->second)
            c->second(to, block, n);
        else
            memcpy(to, block, n * to_bytes);
    }
}

static size_t block_frames(size_t stride)
{
    size_t frames = 2 * BLOCK_BYTES / stride;
    return frames < 16 ? 16 : frames > BLOCK_SAMPLES / 2 ? BLOCK_SAMPLES / 2 : frames;
}

static void split_stereo(const conversion *c, void *const *to, const uint8_t *from, size_t frames)
{
    uint8_t left[BLOCK_BYTES / 2], right[BLOCK_BYTES / 2];
    size_t to_bytes = c->to->bytes;
    uint8_t *to_left = to[0], *to_right = to[1];
    if (c->is_copy) {
        cm_pcm_split2(to_left, to_right, from, c->from->bytes, frames);
        return;
    }
    for (size_t n; frames > 0; frames -= n, to_left += n * to_bytes, to_right += n * to_bytes) {
        n = frames < BLOCK_SAMPLES / 2 ? frames : BLOCK_SAMPLES / 2;
        cm_pcm_split2(left, right, from, c->from->bytes, n);
        convert_run(c, to_left, left, n);
        convert_run(c, to_right, right, n);
        from += n * 2 * c->from->bytes;
    }
}

static void join_stereo(const conversion *c, uint8_t *to, const void *const *from, size_t frames)
{
    uint8_t left[BLOCK_BYTES / 2], right[BLOCK_BYTES / 2];
    size_t from_bytes = c->from->bytes;
    const uint8_t *from_left = from[0], *from_right = from[1];
    if (c->is_copy) {
        cm_pcm_join2(to, from_left, from_right, c->to->bytes, frames);
        return;
    }
    for (size_t n; frames > 0; frames -= n, from_left += n * from_bytes, from_right += n * from_bytes) {
        n = frames < BLOCK_SAMPLES / 2 ? frames : BLOCK_SAMPLES / 2;
        convert_run(c, left, from_left, n);
        convert_run(c, right, from_right, n);
        cm_pcm_join2(to, left, right, c->to->bytes, n);
        to += n * 2 * c->to->bytes;
    }
}

static void split(const conversion *c, void *const *to, const uint8_t *from, size_t frames)
{
    uint8_t run[BLOCK_BYTES];
    UInt32 to_bytes = c->to->bytes, from_bytes = c->from->bytes, channels = c->to->channels;
    size_t stride = (size_t)from_bytes * channels, block = block_frames(stride);
    for (size_t at = 0, n; at < frames; at += n) {
        n = frames - at < block ? frames - at : block;
        for (UInt32 channel = 0; channel < channels; channel++) {
            uint8_t *target = (uint8_t *)to[channel] + at * to_bytes;
            const uint8_t *source = from + at * stride + (size_t)channel * from_bytes;
            cm_pcm_gather(c->is_copy ? target : run, source, stride, from_bytes, n);
            if (!c->is_copy)
                convert_run(c, target, run, n);
        }
    }
}

static void join(const conversion *c, uint8_t *to, const void *const *from, size_t frames)
{
    uint8_t run[BLOCK_BYTES];
    UInt32 to_bytes = c->to->bytes, from_bytes = c->from->bytes, channels = c->to->channels;
    size_t stride = (size_t)to_bytes * channels, block = block_frames(stride);
    for (size_t at = 0, n; at < frames; at += n) {
        n = frames - at < block ? frames - at : block;
        for (UInt32 channel = 0; channel < channels; channel++) {
            uint8_t *target = to + at * stride + (size_t)channel * to_bytes;
            const uint8_t *source = (const uint8_t *)from[channel] + at * from_bytes;
            if (!c->is_copy)
                convert_run(c, run, source, n);
            cm_pcm_scatter(target, stride, c->is_copy ? source : run, to_bytes, n);
        }
    }
}

void cm_pcm_convert(const cm_pcm *to_format, void *const *to, const cm_pcm *from_format,
                    const void *const *from, size_t frames)
{
    conversion c = plan(to_format, from_format);
    UInt32 channels = to_format->channels;
    if (channels == 1) {
        convert_run(&c, to[0], from[0], frames);
    } else if (to_format->planar && from_format->planar) {
        for (UInt32 channel = 0; channel < channels; channel++)
            convert_run(&c, to[channel], from[channel], frames);
    } else if (to_format->planar) {
        (channels == 2 ? split_stereo : split)(&c, to, from[0], frames);
    } else if (from_format->planar) {
        (channels == 2 ? join_stereo : join)(&c, to[0], from, frames);
    } else {
        convert_run(&c, to[0], from[0], frames * channels);
    }
}
