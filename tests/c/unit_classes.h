/* unit_classes.h: small units of the tests' own classes. */
#include "unit_kit.h"

/* ---- an effect: one gain that is ramped by frames, one offset that the core ramps in steps, a mode ---- */

enum { GAIN, OFFSET, MODE, METER };

static const char *const modes[] = { "Straight", "Turned", NULL };

#define WRITABLE (kAudioUnitParameterFlag_IsReadable | kAudioUnitParameterFlag_IsWritable)

static const cm_unit_parameter effect_parameters[] = {
    { .id = 10,
      .scope = kAudioUnitScope_Global,
      .name = "Gain",
      .unit = kAudioUnitParameterUnit_LinearGain,
      .minimum = -4,
      .maximum = 4,
      .initial = 1,
      .flags = WRITABLE | kAudioUnitParameterFlag_CanRamp,
      .follows_ramp = true },
    { .id = 11,
      .scope = kAudioUnitScope_Global,
      .name = "Offset",
      .unit = kAudioUnitParameterUnit_Generic,
      .minimum = -100,
      .maximum = 100,
      .initial = 0,
      .flags = WRITABLE | kAudioUnitParameterFlag_CanRamp },
    { .id = 12,
      .scope = kAudioUnitScope_Global,
      .name = "Mode",
      .unit = kAudioUnitParameterUnit_Indexed,
      .minimum = 0,
      .maximum = 1,
      .initial = 0,
      .flags = WRITABLE,
      .value_strings = modes },
    { .id = 13,
      .scope = kAudioUnitScope_Global,
      .name = "Peak",
      .unit = kAudioUnitParameterUnit_Decibels,
      .minimum = -120,
      .maximum = 20,
      .initial = -120,
      .flags = kAudioUnitParameterFlag_IsReadable | kAudioUnitParameterFlag_MeterReadOnly },
};

static const cm_unit_preset effect_presets[] = {
    { "Half", (const Float32[]){ 0.5f, 0, 0, 0 } },
    { "Upside Down", (const Float32[]){ -1, 0, 1, 0 } },
};

static UInt32 segments;
static UInt8 midi_seen[64];
static UInt32 midi_count;
static Float64 midi_times[64], segment_time;

static OSStatus effect_process(cm_unit *unit, const cm_segment *s)
{
    Float32 gain = cm_unit_value(unit, kAudioUnitScope_Global, 0, GAIN);
    Float32 step = cm_unit_ramp(unit, kAudioUnitScope_Global, 0, GAIN);
    Float32 offset = cm_unit_value(unit, kAudioUnitScope_Global, 0, OFFSET);
    segments++;
    segment_time = s->time.mSampleTime;
    for (UInt32 c = 0; c < s->out[0]->mNumberBuffers; c++) {
        const Float32 *in = s->in[0]->mBuffers[c].mData;
        Float32 *out = s->out[0]->mBuffers[c].mData;
        for (UInt32 i = 0; i < s->frames; i++)
            out[i] = in[i] * (gain + step * (Float32)i) + offset;
    }
    return noErr;
}

static const cm_unit_class effect_class = {
    .description = { kAudioUnitType_Effect, 'tefx', 'test', 0, 0 },
    .name = "Test: Effect",
    .version = 0x00010000,
    .scopes = { [kAudioUnitScope_Input] = { 1, 1, 1, 2 }, [kAudioUnitScope_Output] = { 1, 1, 1, 2 } },
    .formats = CM_FORMAT_ANY_PCM,
    .parameters = effect_parameters,
    .parameter_count = 4,
    .presets = effect_presets,
    .preset_count = 2,
    .needs_input = true,
    .can_bypass = true,
    .process = effect_process,
};

static const cm_unit_class strict_class = {
    .description = { kAudioUnitType_Effect, 'tstr', 'test', 0, 0 },
    .name = "Test: Strict",
    .scopes = { [kAudioUnitScope_Input] = { 1, 1, 1, 2 }, [kAudioUnitScope_Output] = { 1, 1, 1, 2 } },
    .parameters = effect_parameters,
    .parameter_count = 4,
    .needs_input = true,
    .process = effect_process,
};

/* ---- a mixer with inputs that grow, and a gain on each ---- */

static const cm_unit_parameter mixer_parameters[] = {
    { .id = 0,
      .scope = kAudioUnitScope_Input,
      .name = "Volume",
      .maximum = 1,
      .initial = 1,
      .flags = WRITABLE },
};

static OSStatus mixer_process(cm_unit *unit, const cm_segment *s)
{
    for (UInt32 c = 0; c < s->out[0]->mNumberBuffers; c++) {
        Float32 *out = s->out[0]->mBuffers[c].mData;
        memset(out, 0, s->frames * sizeof *out);
        for (UInt32 b = 0; b < unit->scopes[kAudioUnitScope_Input].count; b++)
            for (UInt32 i = 0; s->in[b] && i < s->frames; i++)
                out[i] += ((Float32 *)s->in[b]->mBuffers[c].mData)[i] *
                          cm_unit_value(unit, kAudioUnitScope_Input, b, 0);
    }
    return noErr;
}

static const cm_unit_class mixer_class = {
    .description = { kAudioUnitType_Mixer, 'tmix', 'test', 0, 0 },
    .name = "Test: Mixer",
    .scopes = { [kAudioUnitScope_Input] = { 2, 1, 64, 2 }, [kAudioUnitScope_Output] = { 1, 1, 1, 2 } },
    .parameters = mixer_parameters,
    .parameter_count = 1,
    .process = mixer_process,
};

/* ---- a splitter: one input, two outputs, the second one turned ---- */

static UInt32 splits;

static OSStatus splitter_process(cm_unit *unit, const cm_segment *s)
{
    (void)unit;
    splits++;
    for (UInt32 b = 0; b < 2; b++)
        for (UInt32 c = 0; c < s->out[b]->mNumberBuffers; c++)
            for (UInt32 i = 0; i < s->frames; i++)
                ((Float32 *)s->out[b]->mBuffers[c].mData)[i] = ((Float32 *)s->in[0]->mBuffers[c].mData)[i] *
                                                               (b ? -1 : 1);
    return noErr;
}

static const cm_unit_class splitter_class = {
    .description = { kAudioUnitType_FormatConverter, 'tspl', 'test', 0, 0 },
    .name = "Test: Splitter",
    .scopes = { [kAudioUnitScope_Input] = { 1, 1, 1, 2 }, [kAudioUnitScope_Output] = { 2, 2, 2, 2 } },
    .needs_input = true,
    .process = splitter_process,
};

/* ---- an instrument: sounds the note's number ---- */

typedef struct tone {
    Float32 level;
} tone;

static void tone_midi(cm_unit *unit, const UInt8 bytes[3])
{
    tone *t = unit->state;
    midi_seen[midi_count] = bytes[1];
    midi_times[midi_count++] = segment_time;
    t->level = (bytes[0] & 0xF0) == 0x90 ? bytes[1] : 0;
}

static OSStatus tone_process(cm_unit *unit, const cm_segment *s)
{
    const tone *t = unit->state;
    segment_time = s->time.mSampleTime;
    for (UInt32 i = 0; i < s->frames; i++)
        ((Float32 *)s->out[0]->mBuffers[0].mData)[i] = t->level;
    if (t->level == 0)
        *s->flags |= kAudioUnitRenderAction_OutputIsSilence;
    return noErr;
}

static const cm_unit_class tone_class = {
    .description = { kAudioUnitType_MusicDevice, 'tton', 'test', 0, 0 },
    .name = "Test: Tone",
    .scopes = { [kAudioUnitScope_Output] = { 1, 1, 1, 1 } },
    .channels = (const AUChannelInfo[]){ { 0, 1 } },
    .channel_count = 1,
    .state_size = sizeof(tone),
    .midi_event = tone_midi,
    .process = tone_process,
};

static AudioComponent effect, strict, mixer, splitter, instrument;
static kit_source source;
static kit_buffers out;

static inline AudioUnit new_effect(void)
{
    AudioUnit unit = kit_new(effect);
    source = (kit_source){ 0 };
    kit_feed(unit, 0, kit_supply, &source);
    CHECK_EQ(AudioUnitInitialize(unit), noErr);
    return unit;
}

static inline void check_samples(const kit_buffers *b, UInt32 channels, UInt64 from, UInt32 frames,
                                 Float32 gain)
{
    for (UInt32 c = 0; c < channels; c++)
        for (UInt32 i = 0; i < frames; i++)
            CHECK_NEAR(b->samples[c][i], kit_sample(from + i, c) * gain, 0);
}

static void add_classes(void)
{
    effect = cm_component_add(&effect_class);
    strict = cm_component_add(&strict_class);
    mixer = cm_component_add(&mixer_class);
    splitter = cm_component_add(&splitter_class);
    instrument = cm_component_add(&tone_class);
}
