/* GenericOutput: conversion between what its source gives and what its client asks for. */
#include "unit_kit.h"

#include <soxr.h>

static kit_source source;
static kit_buffers out;

static void test_straight_through(void)
{
    AudioUnit unit = kit_find(kAudioUnitType_Output, kAudioUnitSubType_GenericOutput);
    source = (kit_source){ 0 };
    kit_feed(unit, 0, kit_supply, &source);
    CHECK_EQ(AudioUnitInitialize(unit), noErr);
    for (UInt32 i = 0; i < 10; i++) {
        CHECK_EQ(kit_render(unit, 0, i * 500, 500, kit_list(&out, 2, 500)), noErr);
        for (UInt32 n = 0; n < 500; n++)
            CHECK_NEAR(out.samples[1][n], kit_sample(i * 500 + n, 1), 0);
    }
    CHECK_EQ(source.calls, 10);
    CHECK_EQ(AudioOutputUnitStart(unit), noErr);
    CHECK_EQ(kit_word(unit, kAudioOutputUnitProperty_IsRunning, 0, 0), 1);
    CHECK_EQ(AudioOutputUnitStop(unit), noErr);
    CHECK_EQ(kit_word(unit, kAudioOutputUnitProperty_IsRunning, 0, 0), 0);
    AudioComponentInstanceDispose(unit);
}

/* Rendered by slices of any size, it is what libsoxr makes of the whole at once. */
static void test_against_soxr(void)
{
    enum { INPUT = 40000, OUTPUT = 44100 };
    static Float32 in[INPUT], whole[OUTPUT], made[OUTPUT];
    AudioUnit unit = kit_find(kAudioUnitType_Output, kAudioUnitSubType_GenericOutput);
    size_t used, done;
    soxr_quality_spec_t quality = soxr_quality_spec(SOXR_20_BITQ, 0);
    for (UInt32 i = 0; i < INPUT; i++)
        in[i] = kit_sample(i, 0);
    CHECK(!soxr_oneshot(48000, 44100, 1, in, INPUT, &used, whole, OUTPUT, &done, NULL, &quality, NULL));
    source = (kit_source){ 0 };
    kit_feed(unit, 0, kit_supply, &source);
    CHECK_EQ(kit_set_format(unit, kAudioUnitScope_Input, 0, 48000, 1, 32,
                            kAudioFormatFlagIsFloat | kAudioFormatFlagIsNonInterleaved),
             noErr);
    CHECK_EQ(kit_set_format(unit, kAudioUnitScope_Output, 0, 44100, 1, 32, kAudioFormatFlagIsFloat), noErr);
    CHECK_EQ(AudioUnitInitialize(unit), noErr);
    static const UInt32 slices[] = { 512, 1, 37, 1156, 700 };
    for (UInt32 at = 0, i = 0; at < 30000; i++) {
        UInt32 frames = slices[i % 5];
        AudioBufferList list = { 1, { { 1, frames * 4, made + at } } };
        CHECK_EQ(kit_render(unit, 0, at, frames, &list), noErr);
        at += frames;
    }
    for (UInt32 i = 0; i < 30000; i++)
        CHECK_NEAR(made[i], whole[i], 1e-5);
    AudioComponentInstanceDispose(unit);
}

/* Formats may be changed while it is initialized; the error of its source comes through. */
static void test_changes(void)
{
    AudioUnit unit = kit_find(kAudioUnitType_Output, kAudioUnitSubType_GenericOutput);
    source = (kit_source){ 0 };
    kit_feed(unit, 0, kit_supply, &source);
    CHECK_EQ(AudioUnitInitialize(unit), noErr);
    CHECK_EQ(kit_render(unit, 0, 0, 64, kit_list(&out, 2, 64)), noErr);
    CHECK_EQ(kit_set_format(unit, kAudioUnitScope_Output, 0, 44100, 2, 16, kAudioFormatFlagIsSignedInteger),
             noErr);
    static SInt16 words[128];
    AudioBufferList list = { 1, { { 2, sizeof words, words } } };
    CHECK_EQ(kit_render(unit, 0, 64, 64, &list), noErr);
    for (UInt32 i = 0; i < 128; i++)
        CHECK_EQ(words[i], kit_sample(64 + i / 2, i % 2) * 32768);
    source.fails = -4321;
    CHECK_EQ(kit_render(unit, 0, 128, 64, &list), -4321);
    for (UInt32 i = 0; i < 128; i++)
        CHECK_EQ(words[i], 0);
    source.fails = noErr;
    CHECK_EQ(kit_render(unit, 0, 192, 64, &list), noErr);
    CHECK_EQ(words[0], kit_sample(192, 0) * 32768);
    AudioStreamBasicDescription nothing = { 0 };
    CHECK_EQ(
        kit_set(unit, kAudioUnitProperty_StreamFormat, kAudioUnitScope_Input, 0, &nothing, sizeof nothing),
        kAudioUnitErr_FormatNotSupported);
    CHECK_EQ(AudioUnitReset(unit, kAudioUnitScope_Global, 0), noErr);
    CHECK_EQ(kit_render(unit, 0, 0, 64, &list), noErr);
    CHECK_EQ(words[1], kit_sample(0, 1) * 32768);
    AudioComponentInstanceDispose(unit);
}

/* ITU-R BS.775: centre and surround at -3 dB. */
static void test_layouts(void)
{
    AudioUnit unit = kit_find(kAudioUnitType_Output, kAudioUnitSubType_GenericOutput);
    AudioChannelLayout surround = { .mChannelLayoutTag = kAudioChannelLayoutTag_MPEG_5_0_A };
    source = (kit_source){ 0 };
    kit_feed(unit, 0, kit_supply, &source);
    CHECK_EQ(kit_set_format(unit, kAudioUnitScope_Input, 0, 44100, 5, 32,
                            kAudioFormatFlagIsFloat | kAudioFormatFlagIsNonInterleaved),
             noErr);
    CHECK_EQ(kit_set(unit, kAudioUnitProperty_AudioChannelLayout, kAudioUnitScope_Input, 0, &surround,
                     offsetof(AudioChannelLayout, mChannelDescriptions)),
             noErr);
    CHECK_EQ(AudioUnitInitialize(unit), noErr);
    CHECK_EQ(kit_render(unit, 0, 0, 64, kit_list(&out, 2, 64)), noErr);
    for (UInt32 i = 0; i < 64; i++)
        CHECK_NEAR(out.samples[0][i],
                   kit_sample(i, 0) + M_SQRT1_2 * kit_sample(i, 2) + M_SQRT1_2 * kit_sample(i, 3), 1e-6);
    AudioComponentInstanceDispose(unit);
}

/* Two threads at one unit: the second is told to come later, nothing is torn. */
static _Atomic UInt32 tried, refused, rendered;

static void *render_often(void *user)
{
    Float32 samples[2][64];
    /* All of 20,000 may be refused while the format changes. */
    for (int i = 0; i < 20000 || atomic_load(&rendered) == 0; i++) {
        struct {
            AudioBufferList list;
            AudioBuffer second;
        } b = { { 2, { { 1, sizeof *samples, samples[0] } } }, { 1, sizeof *samples, samples[1] } };
        OSStatus status = kit_render(user, 0, 0, 64, &b.list);
        atomic_fetch_add(&tried, 1);
        if (status == kAudioUnitErr_CannotDoInCurrentContext) {
            atomic_fetch_add(&refused, 1);
        } else {
            CHECK_EQ(status, noErr);
            atomic_fetch_add(&rendered, 1);
        }
    }
    return NULL;
}

static OSStatus silence(void *user, AudioUnitRenderActionFlags *flags, const AudioTimeStamp *time, UInt32 bus,
                        UInt32 frames, AudioBufferList *data)
{
    (void)user, (void)flags, (void)time, (void)bus, (void)frames;
    cm_buffers_silence(data);
    return noErr;
}

static void test_two_threads(void)
{
    AudioUnit unit = kit_find(kAudioUnitType_Output, kAudioUnitSubType_GenericOutput);
    pthread_t threads[2];
    kit_feed(unit, 0, silence, NULL);
    CHECK_EQ(AudioUnitInitialize(unit), noErr);
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, render_often, unit);
    for (int i = 0; i < 200; i++) {
        kit_feed(unit, 0, silence, &threads[i % 2]);
        UInt32 bits = i % 2 ? 32 : 16;
        CHECK_EQ(
            kit_set_format(unit, kAudioUnitScope_Input, 0, 44100, 2, 32,
                           kAudioFormatFlagIsFloat | (bits == 16 ? 0 : kAudioFormatFlagIsNonInterleaved)),
            noErr);
    }
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    CHECK_EQ(atomic_load(&rendered) + atomic_load(&refused), atomic_load(&tried));
    AudioComponentInstanceDispose(unit);
}

int main(void)
{
    RUN(test_straight_through);
    RUN(test_against_soxr);
    RUN(test_changes);
    RUN(test_layouts);
    RUN(test_two_threads);
    return 0;
}
