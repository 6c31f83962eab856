/*
 * PCM conversion against exact arithmetic: every sample is read by a decoder of this file's own into an
 * 80-bit float, which holds every int64 and double exactly, scaled by a power of two and rounded once.
 */
#include "check.h"
#include "format/asbd.h"
#include "format/pcm.h"

#include <AudioToolbox/AudioFormat.h>
#include <fenv.h>
#include <stdint.h>

static const cm_pcm kinds[] = {
    { .bits = 8, .bytes = 1 },
    { .bits = 8, .bytes = 1, .is_signed = true },
    { .bits = 16, .bytes = 2, .is_signed = true },
    { .bits = 16, .bytes = 2, .is_signed = true, .big_endian = true },
    { .bits = 24, .bytes = 3, .is_signed = true },
    { .bits = 24, .bytes = 3, .is_signed = true, .big_endian = true },
    { .bits = 32, .bytes = 4, .is_signed = true },
    { .bits = 32, .bytes = 4, .is_signed = true, .big_endian = true },
    { .bits = 64, .bytes = 8, .is_signed = true },
    { .bits = 64, .bytes = 8, .is_signed = true, .big_endian = true },
    { .bits = 32, .bytes = 4, .is_float = true, .is_signed = true },
    { .bits = 32, .bytes = 4, .is_float = true, .is_signed = true, .big_endian = true },
    { .bits = 64, .bytes = 8, .is_float = true, .is_signed = true },
    { .bits = 64, .bytes = 8, .is_float = true, .is_signed = true, .big_endian = true },
    { .bits = 16, .bytes = 2 },
    { .bits = 24, .bytes = 3, .big_endian = true },
    { .bits = 32, .bytes = 4 },
    { .bits = 64, .bytes = 8 },
    { .bits = 24, .bytes = 4, .is_signed = true },
    { .bits = 24, .bytes = 4, .is_signed = true, .high_aligned = true },
    { .bits = 24, .bytes = 4, .is_signed = true, .high_aligned = true, .big_endian = true },
    { .bits = 20, .bytes = 3, .is_signed = true, .high_aligned = true },
    { .bits = 12, .bytes = 2, .is_signed = true },
    { .bits = 12, .bytes = 2, .high_aligned = true },
    { .bits = 20, .bytes = 5, .is_signed = true, .big_endian = true },
    { .bits = 56, .bytes = 7, .is_signed = true },
    { .bits = 32, .bytes = 4, .headroom = 7, .is_signed = true },
    { .bits = 32, .bytes = 4, .headroom = 16, .is_signed = true, .big_endian = true },
    { .bits = 16, .bytes = 2, .headroom = 3, .is_signed = true },
    { .bits = 24, .bytes = 4, .headroom = 1, .is_signed = true, .high_aligned = true },
    { .bits = 64, .bytes = 8, .headroom = 31, .is_signed = true },
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static uint64_t container(const cm_pcm *f, const uint8_t *p)
{
    uint64_t raw = 0;
    for (unsigned i = 0; i < f->bytes; i++)
        raw |= (uint64_t)p[f->big_endian ? f->bytes - 1 - i : i] << (8 * i);
    return raw;
}

static long double ideal_read(const cm_pcm *f, const uint8_t *p)
{
    uint64_t raw = container(f, p);
    if (f->is_float && f->bytes == 4) {
        float value;
        uint32_t word = (uint32_t)raw;
        memcpy(&value, &word, 4);
        return value;
    }
    if (f->is_float) {
        double value;
        memcpy(&value, &raw, 8);
        return value;
    }
    if (f->high_aligned)
        raw >>= 8 * f->bytes - f->bits;
    if (f->bits < 64)
        raw &= (1ull << f->bits) - 1;
    long double value = (long double)raw;
    if (!f->is_signed)
        value -= powl(2, (int)f->bits - 1);
    else if (raw >> (f->bits - 1))
        value -= powl(2, (int)f->bits);
    return value / powl(2, (int)f->bits - 1 - (int)f->headroom);
}

static void ideal_write(const cm_pcm *f, uint8_t *p, long double value)
{
    uint64_t raw;
    if (f->is_float && f->bytes == 4) {
        float narrow = (float)value;
        uint32_t word;
        memcpy(&word, &narrow, 4);
        raw = word;
    } else if (f->is_float) {
        double wide = (double)value;
        memcpy(&raw, &wide, 8);
    } else {
        long double full = powl(2, (int)f->bits - 1);
        long double whole = isnan(value) ? 0 : rintl(value * powl(2, (int)f->bits - 1 - (int)f->headroom));
        whole = whole < -full ? -full : whole > full - 1 ? full - 1 : whole;
        raw = f->is_signed ? (uint64_t)(int64_t)whole : (uint64_t)(whole + full);
        if (f->high_aligned)
            raw <<= 8 * f->bytes - f->bits;
    }
    for (unsigned i = 0; i < f->bytes; i++)
        p[f->big_endian ? f->bytes - 1 - i : i] = (uint8_t)(raw >> (8 * i));
}

static uint64_t next_random(void)
{
    static uint64_t state = 88172645463325252ull;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/* Values at which rounding and clipping go wrong: halves, neighbours of the limits, beyond them, not numbers.
 */
static const double hard_floats[] = {
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.99999,
    1.5,
    -1.5,
    1e30,
    -1e30,
    INFINITY,
    -INFINITY,
    NAN,
    0.5 / 128,
    1.5 / 128,
    2.5 / 128,
    -0.5 / 128,
    -1.5 / 128,
    127.5 / 128,
    0.5 / 32768,
    1.5 / 32768,
    2.5 / 32768,
    -0.5 / 32768,
    -2.5 / 32768,
    32766.5 / 32768,
    32767.5 / 32768,
    -32767.5 / 32768,
    -32768.5 / 32768,
    0.5 / 8388608,
    1.5 / 8388608,
    -1.5 / 8388608,
    4194304.5 / 8388608,
    4194305.5 / 8388608,
    8388606.5 / 8388608,
    8388607.5 / 8388608,
    0.5 / 2147483648.0,
    1.5 / 2147483648.0,
    8388608.5 / 2147483648.0,
    2147483646.5 / 2147483648.0,
    2147483647.5 / 2147483648.0,
    0x1.fffffep-1,
    0x1.fffffffffffffp-1,
    -0x1.fffffep-1,
    5e-324,
    1e-40,
    3e-10,
};
enum { HARD = sizeof hard_floats / sizeof *hard_floats };

static void fill_samples(const cm_pcm *f, uint8_t *p, size_t samples)
{
    for (size_t i = 0; i < samples; i++, p += f->bytes) {
        if (f->is_float) {
            double value = i < HARD ? hard_floats[i] : (double)(int64_t)next_random() * 0x1.1p-63;
            ideal_write(f, p, f->bytes == 4 ? (float)value : value);
            continue;
        }
        uint64_t word = next_random();
        if (i % 8 == 0) /* what rounds at each width: few bits set at the ends, all set, one half */
            word = (i / 8 % 4 == 0 ? 1ull : i / 8 % 4 == 1 ? ~0ull : 0x80ull) << (i % 61);
        for (unsigned b = 0; b < f->bytes; b++)
            p[b] = (uint8_t)(word >> (8 * b));
        ideal_write(f, p, ideal_read(f, p)); /* unused bits as they ought to be */
        if (i == 1 || i == 2)                /* the smallest and the largest */
            ideal_write(f, p, i == 1 ? -1 : 1);
    }
}

enum { MOST_SAMPLES = 6 * 1100 };

static void check_samples(const cm_pcm *to, const uint8_t *got, const cm_pcm *from, const uint8_t *source)
{
    uint8_t expected[8];
    long double value = ideal_read(from, source);
    ideal_write(to, expected, value);
    if (to->is_float && isnan(value)) {
        CHECK(isnan(ideal_read(to, got)));
        return;
    }
    if (memcmp(got, expected, to->bytes) != 0) {
        fprintf(stderr, "%u bits in %u%s%s%s%s <- %u bits in %u%s%s%s%s: %.20Lg gives %.20Lg, not %.20Lg\n",
                to->bits, to->bytes, to->is_float ? " float" : "", to->is_signed ? " signed" : "",
                to->big_endian ? " big" : "", to->high_aligned ? " high" : "", from->bits, from->bytes,
                from->is_float ? " float" : "", from->is_signed ? " signed" : "",
                from->big_endian ? " big" : "", from->high_aligned ? " high" : "", value, ideal_read(to, got),
                ideal_read(to, expected));
        exit(1);
    }
}

static void set_pointers(const cm_pcm *f, void **pointers, uint8_t *memory, size_t frames)
{
    for (unsigned c = 0; c < (f->planar ? f->channels : 1); c++)
        pointers[c] = memory + c * frames * f->bytes;
}

static const uint8_t *sample_at(const cm_pcm *f, const uint8_t *memory, size_t frames, size_t frame,
                                unsigned channel)
{
    size_t index = f->planar ? channel * frames + frame : frame * f->channels + channel;
    return memory + index * f->bytes;
}

static void check_conversion(cm_pcm to, cm_pcm from, unsigned channels, size_t frames)
{
    static uint8_t source[MOST_SAMPLES * 8 + 1], target[MOST_SAMPLES * 8 + 2];
    void *from_pointers[8], *to_pointers[8];
    to.channels = from.channels = channels;
    size_t bytes = frames * channels * to.bytes;
    fill_samples(&from, source + 1, frames * channels);
    memset(target, 0xA5, sizeof target);
    set_pointers(&from, from_pointers, source + 1, frames);
    set_pointers(&to, to_pointers, target + 1, frames);
    cm_pcm_convert(&to, to_pointers, &from, (const void *const *)from_pointers, frames);
    CHECK(target[0] == 0xA5 && target[bytes + 1] == 0xA5);
    for (size_t i = 0; i < frames; i++)
        for (unsigned c = 0; c < channels; c++)
            check_samples(&to, sample_at(&to, target + 1, frames, i, c), &from,
                          sample_at(&from, source + 1, frames, i, c));
}

static void test_every_pair_of_kinds(void)
{
    for (int to = 0; to < KINDS; to++)
        for (int from = 0; from < KINDS; from++)
            check_conversion(kinds[to], kinds[from], 1, 3001);
}

static void test_every_small_length(void)
{
    for (int to = 0; to < KINDS; to++)
        for (size_t frames = 0; frames < 40; frames++)
            check_conversion(kinds[to], kinds[(to + (int)frames) % KINDS], 1, frames);
}

static void test_planes_and_frames(void)
{
    static const unsigned counts[] = { 1, 2, 3, 6 };
    static const size_t lengths[] = { 1, 37, 1100 };
    for (int to = 0; to < KINDS; to++)
        for (int from = 0; from < KINDS; from++)
            for (int way = 0; way < 4; way++) {
                cm_pcm a = kinds[to], b = kinds[from];
                a.planar = way & 1;
                b.planar = way & 2;
                unsigned channels = counts[(to + from) % 4];
                check_conversion(a, b, channels, lengths[(to + from + way) % 3]);
                if (to == from)
                    check_conversion(a, b, 2, 1100);
            }
}

static void test_in_place(void)
{
    static uint8_t source[3000 * 8], memory[3000 * 8];
    for (int to = 0; to < KINDS; to++)
        for (int from = 0; from < KINDS; from++) {
            cm_pcm a = kinds[to], b = kinds[from];
            if (a.bytes > b.bytes)
                continue;
            a.channels = b.channels = 2;
            fill_samples(&b, source, 3000);
            memcpy(memory, source, sizeof memory);
            void *pointers[1] = { memory };
            cm_pcm_convert(&a, pointers, &b, (const void *const *)pointers, 1500);
            for (size_t i = 0; i < 3000; i++)
                check_samples(&a, memory + i * a.bytes, &b, source + i * b.bytes);
        }
}

/* Literal values, so that an error shared by the test's decoder and the engine shows. */
static void test_known_values(void)
{
    int16_t shorts[4] = { 32767, -32768, 1, -16384 };
    float floats[4];
    cm_pcm s16 = kinds[2], f32 = kinds[10], s24 = kinds[5];
    s16.channels = f32.channels = s24.channels = 1;
    const void *from[1] = { shorts };
    void *to[1] = { floats };
    cm_pcm_convert(&f32, to, &s16, from, 4);
    CHECK(floats[0] == 0.999969482421875f && floats[1] == -1.0f);
    CHECK(floats[2] == 0.000030517578125f && floats[3] == -0.5f);
    uint8_t packed[12];
    to[0] = packed;
    cm_pcm_convert(&s24, to, &s16, from, 4);
    CHECK(memcmp(packed, "\x7F\xFF\x00\x80\x00\x00\x00\x01\x00\xC0\x00\x00", 12) == 0);
    float inputs[6] = { 0.5f, -1.0f, 1.0f, NAN, 2.5f / 32768, 3.5f / 32768 };
    int16_t outputs[6];
    from[0] = inputs;
    to[0] = outputs;
    cm_pcm_convert(&s16, to, &f32, from, 6);
    static const int16_t expected[6] = { 16384, -32768, 32767, 0, 2, 4 };
    CHECK(memcmp(outputs, expected, sizeof expected) == 0);
}

static void test_unused_bits_are_ignored(void)
{
    const uint8_t low[4] = { 0x00, 0x00, 0x40, 0x7F }, high[4] = { 0xEE, 0x00, 0x00, 0x40 };
    cm_pcm f32 = kinds[10], in_low = kinds[18], in_high = kinds[19];
    f32.channels = in_low.channels = in_high.channels = 1;
    float value;
    const void *from[1] = { low };
    void *to[1] = { &value };
    cm_pcm_convert(&f32, to, &in_low, from, 1);
    CHECK(value == 0.5f);
    from[0] = high;
    cm_pcm_convert(&f32, to, &in_high, from, 1);
    CHECK(value == 0.5f);
}

static OSStatus pcm_of(UInt32 bits, UInt32 frame, UInt32 channels, UInt32 flags, cm_pcm *pcm)
{
    AudioStreamBasicDescription f = {
        44100, kAudioFormatLinearPCM, flags, frame, 1, frame, channels, bits, 0
    };
    return cm_pcm_from_asbd(&f, pcm);
}

static void test_descriptions(void)
{
    const UInt32 sint = kAudioFormatFlagIsSignedInteger, packed = kAudioFormatFlagIsPacked;
    const OSStatus bad = kAudioFormatUnsupportedDataFormatError;
    cm_pcm pcm;
    CHECK_EQ(pcm_of(16, 4, 2, sint | packed, &pcm), noErr);
    CHECK(pcm.bits == 16 && pcm.bytes == 2 && pcm.channels == 2 && pcm.is_signed && !pcm.planar);
    CHECK_EQ(pcm_of(24, 8, 2, sint | kAudioFormatFlagIsAlignedHigh, &pcm), noErr);
    CHECK(pcm.bits == 24 && pcm.bytes == 4 && pcm.high_aligned);
    CHECK_EQ(pcm_of(32, 4, 6, kAudioFormatFlagIsNonInterleaved | kAudioFormatFlagsNativeFloatPacked, &pcm),
             noErr);
    CHECK(pcm.planar && pcm.is_float && pcm.bytes == 4 && pcm.channels == 6);
    CHECK_EQ(pcm_of(8, 1, 1, kAudioFormatFlagsAreAllClear, &pcm), noErr);
    CHECK(!pcm.is_signed);
    CHECK_EQ(pcm_of(24, 3, 1, kAudioFormatFlagIsFloat | packed, &pcm), bad);
    CHECK_EQ(pcm_of(16, 3, 2, sint | packed, &pcm), bad);
    CHECK_EQ(pcm_of(16, 4, 1, sint | packed, &pcm), bad);
    CHECK_EQ(pcm_of(72, 9, 1, sint | packed, &pcm), bad);
    CHECK_EQ(pcm_of(33, 4, 1, sint, &pcm), bad);
    CHECK_EQ(pcm_of(16, 2, 0, sint | packed, &pcm), bad);
    CHECK_EQ(pcm_of(16, 2 * 70000, 70000, sint | packed, &pcm), bad);
    const UInt32 one = 1u << kLinearPCMFormatFlagsSampleFractionShift; /* bit of fraction */
    CHECK_EQ(pcm_of(32, 4, 1, sint | packed | 24 * one, &pcm), noErr);
    CHECK(pcm.headroom == 7 && pcm.bits == 32);
    CHECK_EQ(pcm_of(16, 2, 1, sint | packed | 15 * one, &pcm), noErr);
    CHECK(pcm.headroom == 0);
    CHECK_EQ(pcm_of(16, 2, 1, sint | packed | 16 * one, &pcm), bad);
    CHECK_EQ(pcm_of(32, 4, 1, packed | 24 * one, &pcm), bad);
    CHECK_EQ(pcm_of(32, 4, 1, kAudioFormatFlagIsFloat | packed | 24 * one, &pcm), bad);
    AudioStreamBasicDescription aac = { .mFormatID = kAudioFormatMPEG4AAC, .mChannelsPerFrame = 2 };
    CHECK_EQ(cm_pcm_from_asbd(&aac, &pcm), bad);
}

static void test_completion(void)
{
    AudioStreamBasicDescription f = { .mSampleRate = 48000,
                                      .mFormatID = kAudioFormatLinearPCM,
                                      .mChannelsPerFrame = 2,
                                      .mBitsPerChannel = 24 };
    cm_asbd_complete(&f);
    CHECK_EQ(f.mFormatFlags, kAudioFormatFlagIsSignedInteger | kAudioFormatFlagIsPacked);
    CHECK_EQ(f.mBytesPerFrame, 6);
    CHECK_EQ(f.mBytesPerPacket, 6);
    CHECK_EQ(f.mFramesPerPacket, 1);
    CHECK_EQ(cm_asbd_check(&f), noErr);

    AudioStreamBasicDescription ima = { .mFormatID = kAudioFormatAppleIMA4, .mChannelsPerFrame = 2 };
    cm_asbd_complete(&ima);
    CHECK_EQ(ima.mBytesPerPacket, 68);
    CHECK_EQ(ima.mFramesPerPacket, 64);
    CHECK_EQ(ima.mBytesPerFrame, 0);

    AudioStreamBasicDescription law = { .mFormatID = kAudioFormatULaw, .mChannelsPerFrame = 2 };
    cm_asbd_complete(&law);
    CHECK(law.mBytesPerPacket == 2 && law.mFramesPerPacket == 1 && law.mBytesPerFrame == 2);

    AudioStreamBasicDescription mp3 = { .mSampleRate = 22050, .mFormatID = kAudioFormatMPEGLayer3 };
    cm_asbd_complete(&mp3);
    CHECK_EQ(mp3.mFramesPerPacket, 576);

    f.mSampleRate = NAN;
    CHECK_EQ(cm_asbd_check(&f), kAudioFormatUnsupportedDataFormatError);
    f.mSampleRate = -1;
    CHECK_EQ(cm_asbd_check(&f), kAudioFormatUnsupportedDataFormatError);
    f.mSampleRate = 0;
    CHECK_EQ(cm_asbd_check(&f), noErr);
    f.mBitsPerChannel = f.mBytesPerFrame = f.mChannelsPerFrame = UINT32_MAX;
    cm_asbd_complete(&f);
    CHECK_EQ(cm_asbd_check(&f), kAudioFormatUnsupportedDataFormatError);
}

static void test_names(void)
{
    char text[100];
    AudioStreamBasicDescription f = cm_asbd_pcm(44100, 2, 16, kAudioFormatFlagIsSignedInteger);
    cm_asbd_describe(&f, text, sizeof text);
    CHECK_STR(text, "PCM, 16-bit signed integer, little-endian");
    f = cm_asbd_float32(48000, 2);
    cm_asbd_describe(&f, text, sizeof text);
    CHECK_STR(text, "PCM, 32-bit float, little-endian");
    f.mFormatID = kAudioFormatMPEG4AAC;
    cm_asbd_describe(&f, text, sizeof text);
    CHECK_STR(text, "AAC");
    f.mFormatID = 'ab\x01' << 8 | 'c';
    cm_asbd_describe(&f, text, 5);
    CHECK_STR(text, "'ab?");
}

int main(void)
{
    RUN(test_known_values);
    RUN(test_every_pair_of_kinds);
    RUN(test_every_small_length);
    RUN(test_planes_and_frames);
    RUN(test_in_place);
    RUN(test_unused_bits_are_ignored);
    RUN(test_descriptions);
    RUN(test_completion);
    RUN(test_names);
    return 0;
}
