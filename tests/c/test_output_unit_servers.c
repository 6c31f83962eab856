/* DefaultOutput on a real PulseAudio server: an independent recorder hears the very bits; the default sink
 * changes; the server dies. */
#include "output_kit.h"
#include "server_kit.h"

static server pulse_server;
static _Atomic UInt64 played;
static _Atomic UInt32 device_changes;

/* A ramp that never repeats within the test, as floats that are whole numbers over 2^24. */
static Float32 ramp_sample(UInt64 n, UInt32 channel)
{
    return (Float32)((n * 2 + channel + 1) % (1 << 23)) / (1 << 24);
}

static OSStatus supply_ramp(void *user, AudioUnitRenderActionFlags *flags, const AudioTimeStamp *time,
                            UInt32 bus, UInt32 frames, AudioBufferList *data)
{
    UInt64 n = atomic_load(&played);
    (void)user, (void)flags, (void)time, (void)bus;
    for (UInt32 b = 0; b < data->mNumberBuffers; b++)
        for (UInt32 i = 0; i < frames; i++)
            ((Float32 *)data->mBuffers[b].mData)[i] = ramp_sample(n + i, b);
    atomic_store(&played, n + frames);
    return noErr;
}

static void note_device(void *user, AudioUnit unit, AudioUnitPropertyID id, AudioUnitScope scope,
                        AudioUnitElement element)
{
    (void)user, (void)unit, (void)id, (void)scope, (void)element;
    atomic_fetch_add(&device_changes, 1);
}

/* Frames in a row that are the ramp's, from its first one in the file on. */
static UInt64 frames_in_a_row(const char *path)
{
    FILE *file = fopen(path, "rb");
    Float32 frame[2];
    UInt64 count = 0, n = 0;
    CHECK(file);
    while (fread(frame, sizeof frame, 1, file) == 1) {
        if (count == 0) {
            if (frame[0] == 0)
                continue;
            n = (UInt64)llround(frame[0] * (1 << 24)) / 2;
        }
        if (frame[0] != ramp_sample(n, 0) || frame[1] != ramp_sample(n, 1))
            break;
        n++;
        count++;
    }
    fclose(file);
    return count;
}

/* Several times where the machine is too busy for the server. */
static void test_bits_through_pulse(void)
{
    char path[128];
    UInt64 frames = 0;
    snprintf(path, sizeof path, "%s/heard.raw", pulse_server.folder);
    AudioUnit unit = kit_output(kAudioUnitSubType_DefaultOutput, 48000, 2, supply_ramp, NULL);
    for (int i = 0; i < 5 && frames < 20000; i++) {
        pid_t recorder = server_record("out.monitor", path, 48000, 2);
        server_wait_ms(300);
        CHECK_EQ(AudioOutputUnitStart(unit), noErr);
        server_wait_ms(1000);
        CHECK_EQ(AudioOutputUnitStop(unit), noErr);
        server_wait_ms(200);
        server_end(recorder, SIGTERM);
        frames = frames_in_a_row(path);
    }
    CHECK(frames >= 20000);
    CHECK_EQ(AudioComponentInstanceDispose(unit), noErr);
}

static void test_default_sink_changes_and_server_dies(void)
{
    AudioUnit unit = kit_output(kAudioUnitSubType_DefaultOutput, 48000, 2, supply_ramp, NULL);
    UInt32 device = kit_word(unit, kAudioOutputUnitProperty_CurrentDevice, 0, 0);
    CHECK_EQ(AudioUnitAddPropertyListener(unit, kAudioOutputUnitProperty_CurrentDevice, note_device, NULL),
             noErr);
    CHECK_EQ(AudioOutputUnitStart(unit), noErr);
    int module = atoi(server_run("pactl load-module module-null-sink sink_name=later norewinds=1"));
    CHECK(module > 0);
    server_run("pactl set-default-sink later");
    WAIT_FOR(atomic_load(&device_changes) >= 1);
    CHECK(kit_word(unit, kAudioOutputUnitProperty_CurrentDevice, 0, 0) != device);
    UInt64 before = atomic_load(&played);
    WAIT_FOR(atomic_load(&played) > before + 4800);
    UInt32 changes = atomic_load(&device_changes);
    server_kill(&pulse_server);
    WAIT_FOR(atomic_load(&device_changes) > changes);
    before = atomic_load(&played);
    WAIT_FOR(atomic_load(&played) > before + 4800);
    CHECK_EQ(kit_word(unit, kAudioOutputUnitProperty_IsRunning, 0, 0), 1);
    CHECK_EQ(AudioOutputUnitStop(unit), noErr);
    CHECK_EQ(AudioComponentInstanceDispose(unit), noErr);
}

int main(void)
{
    alarm(120);
    if (server_missing("pulseaudio") || server_missing("parec")) {
        printf("skipped: PulseAudio is not here\n");
        return 0;
    }
    server_open_pulse(&pulse_server, SERVER_NULL_SINK);
    setenv("COREMUSIC_DRIVER", "pulse", 1);
    RUN(test_bits_through_pulse);
    RUN(test_default_sink_changes_and_server_dies);
    CHECK_EQ(AudioHardwareUnload(), noErr);
    server_close(&pulse_server);
    return 0;
}
