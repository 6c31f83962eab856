/*
 * HALOutput on each sound system: one unit plays on a device that is named, another hears it on one that is
 * named, and what is heard are the very bits. Private servers for PulseAudio, PipeWire and JACK; only ALSA's
 * loopback card where the kernel has it (`make test-alsa` starts one that has).
 */
#include "output_kit.h"
#include "server_kit.h"

enum { RATE = 48000, CHANNELS = 2, CYCLE = 1 << 22, ROOM = 40 * RATE, ENOUGH = RATE / 2 };

/* Channel 0 counts in steps that Float32 and 24 bits hold exactly, channel 1 counts down. Never silent. */
static Float32 sample_of(UInt32 count, UInt32 channel)
{
    Float32 sample = (Float32)(count % CYCLE + 1) / (1 << 23);
    return channel ? -sample : sample;
}

static OSStatus speak(void *user, AudioUnitRenderActionFlags *flags, const AudioTimeStamp *time, UInt32 bus,
                      UInt32 frames, AudioBufferList *data)
{
    UInt32 *count = user;
    (void)flags, (void)time;
    CHECK_EQ(bus, 0);
    for (UInt32 c = 0; c < data->mNumberBuffers; c++)
        for (UInt32 i = 0; i < frames; i++)
            ((Float32 *)data->mBuffers[c].mData)[i] = sample_of(*count + i, c);
    *count += frames;
    return noErr;
}

typedef struct microphone {
    AudioUnit unit;
    OSStatus status;
    _Atomic UInt32 frames;
    Float32 heard[ROOM][CHANNELS];
} microphone;

static OSStatus hear(void *user, AudioUnitRenderActionFlags *flags, const AudioTimeStamp *time, UInt32 bus,
                     UInt32 frames, AudioBufferList *data)
{
    microphone *m = user;
    UInt32 at = atomic_load(&m->frames);
    AudioBufferList list = { 1, { { CHANNELS, frames * CHANNELS * 4, m->heard[at] } } };
    (void)data;
    if (at + frames > ROOM)
        return noErr;
    OSStatus status = AudioUnitRender(m->unit, flags, time, bus, frames, &list);
    if (status)
        m->status = status;
    else
        atomic_store(&m->frames, at + frames);
    return status;
}

static AudioUnit new_unit(const char *uid, bool input)
{
    AudioUnit unit = kit_find(kAudioUnitType_Output, kAudioUnitSubType_HALOutput);
    AudioObjectID device = kit_device(uid);
    CHECK(device != kAudioObjectUnknown);
    CHECK_EQ(kit_set_word(unit, kAudioOutputUnitProperty_EnableIO, kAudioUnitScope_Input, 1, input), noErr);
    CHECK_EQ(kit_set_word(unit, kAudioOutputUnitProperty_EnableIO, kAudioUnitScope_Output, 0, !input), noErr);
    CHECK_EQ(kit_set(unit, kAudioOutputUnitProperty_CurrentDevice, 0, 0, &device, sizeof device), noErr);
    return unit;
}

static AudioUnit new_speaker(const char *uid, UInt32 *count)
{
    AudioUnit unit = new_unit(uid, false);
    CHECK_EQ(kit_set_format(unit, kAudioUnitScope_Input, 0, RATE, CHANNELS, 32, PLANAR), noErr);
    kit_feed(unit, 0, speak, count);
    CHECK_EQ(AudioUnitInitialize(unit), noErr);
    return unit;
}

static AudioUnit new_microphone(const char *uid, microphone *m)
{
    AudioUnit unit = new_unit(uid, true);
    AURenderCallbackStruct callback = { hear, m };
    m->unit = unit;
    CHECK_EQ(kit_set_format(unit, kAudioUnitScope_Output, 1, RATE, CHANNELS, 32, kAudioFormatFlagIsFloat),
             noErr);
    CHECK_EQ(kit_set(unit, kAudioOutputUnitProperty_SetInputCallback, 0, 0, &callback, sizeof callback),
             noErr);
    CHECK_EQ(AudioUnitInitialize(unit), noErr);
    return unit;
}

/* The longest stretch of frames that follow each other as they were played. */
static UInt32 longest_run(const microphone *m)
{
    UInt32 longest = 0, run = 0, count = 0;
    for (UInt32 i = 0; i < atomic_load(&m->frames); i++) {
        const Float32 *frame = m->heard[i];
        bool follows = run && frame[0] == sample_of(count + 1, 0);
        count = follows ? count + 1 : (UInt32)llround((double)frame[0] * (1 << 23)) - 1;
        bool is_sound = frame[0] > 0 && frame[0] == sample_of(count, 0) && frame[1] == sample_of(count, 1);
        run = !is_sound ? 0 : follows ? run + 1 : 1;
        longest = run > longest ? run : longest;
    }
    return longest;
}

/* Plays on one device what is heard on the other, again where the machine was too busy for the server. */
static void play_and_hear(const char *output, const char *input, void (*connect)(void))
{
    microphone *m = calloc(1, sizeof *m);
    UInt32 longest = 0;
    for (int attempt = 0; attempt < 5 && longest < ENOUGH; attempt++) {
        UInt32 played = 0;
        atomic_store(&m->frames, 0);
        AudioUnit ear = new_microphone(input, m), mouth = new_speaker(output, &played);
        CHECK_EQ(AudioOutputUnitStart(ear), noErr);
        CHECK_EQ(AudioOutputUnitStart(mouth), noErr);
        if (connect)
            connect();
        for (double end = server_seconds() + 20;
             server_seconds() < end && longest < ENOUGH && atomic_load(&m->frames) < ROOM - RATE;
             server_wait_ms(100))
            longest = longest_run(m);
        CHECK_EQ(kit_word(mouth, kAudioOutputUnitProperty_IsRunning, 0, 0), 1);
        CHECK_EQ(AudioOutputUnitStop(mouth), noErr);
        CHECK_EQ(AudioOutputUnitStop(ear), noErr);
        CHECK_EQ(m->status, noErr);
        CHECK_EQ(AudioComponentInstanceDispose(mouth), noErr);
        CHECK_EQ(AudioComponentInstanceDispose(ear), noErr);
    }
    CHECK(longest >= ENOUGH);
    free(m);
}

/* A device that nobody chose hears nothing of it. */
static void check_silent(const char *path)
{
    FILE *file = fopen(path, "rb");
    Float32 sample;
    size_t count = 0;
    CHECK(file);
    for (; fread(&sample, sizeof sample, 1, file) == 1; count++)
        CHECK_EQ(sample, 0);
    CHECK(count > 0);
    fclose(file);
}

static void play_past_the_default(server *s, const char *options)
{
    char path[128];
    snprintf(path, sizeof path, "%s/default.raw", s->folder);
    server_run("pactl load-module module-null-sink sink_name=other %s", options);
    server_run("pactl set-default-sink other");
    CHECK_EQ(CMEngineSelectDriver("pulse"), noErr);
    pid_t recorder = server_record("other.monitor", path, RATE, CHANNELS);
    play_and_hear("out", "out.monitor", NULL);
    server_wait_ms(200);
    server_end(recorder, SIGTERM);
    check_silent(path);
    CHECK_EQ(CMEngineSelectDriver("virtual"), noErr);
}

static void test_pulse(void)
{
    server s;
    if (server_missing("pulseaudio") || server_missing("parec"))
        return;
    server_open_pulse(&s, SERVER_NULL_SINK);
    play_past_the_default(&s, "norewinds=1");
    server_close(&s);
}

static void test_pipewire(void)
{
    static const char *const programs[] = { "pipewire", "wireplumber", "pipewire-pulse", "dbus-daemon",
                                            "parec" };
    server s;
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
        if (server_missing(programs[i]))
            return;
    server_open_pipewire(&s);
    play_past_the_default(&s, "");
    server_close(&s);
}

static void connect_jack(void)
{
    server_ask_jack("jack_connect coremusic:output_1 coremusic:input_1 && "
                    "jack_connect coremusic:output_2 coremusic:input_2 && echo done");
}

/* The server's one device has both sides: two units are one client of it. */
static void test_jack(void)
{
    server s;
    char uid[96];
    if (server_missing("jackd"))
        return;
    server_open_jack(&s, RATE, 1024, CHANNELS);
    CHECK_EQ(CMEngineSelectDriver("jack"), noErr);
    snprintf(uid, sizeof uid, "jack:%s", s.name);
    play_and_hear(uid, uid, connect_jack);
    CHECK_EQ(CMEngineSelectDriver("virtual"), noErr);
    server_close(&s);
}

static void test_alsa(void)
{
    CHECK_EQ(CMEngineSelectDriver("alsa"), noErr);
    play_and_hear("alsa:hw:CARD=Loopback,DEV=0", "alsa:hw:CARD=Loopback,DEV=1", NULL);
    CHECK_EQ(CMEngineSelectDriver("virtual"), noErr);
}

int main(void)
{
    alarm(500);
    setenv("COREMUSIC_DRIVER", "virtual", 1);
    unsigned long before = cm_render_violations(NULL);
    if (access("/proc/asound/Loopback", F_OK) == 0) {
        RUN(test_alsa);
    } else {
        printf("skipped: this kernel has no loopback card; make test-alsa starts one that has\n");
        RUN(test_pulse);
        RUN(test_pipewire);
        RUN(test_jack);
    }
    CHECK_EQ(cm_render_violations(NULL), before);
    return 0;
}
