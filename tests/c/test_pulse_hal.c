/* The devices of a PulseAudio server as a Core Audio program sees them: through the public functions alone.
 */
#include "hal_help.h"
#include "pulse_kit.h"

#include <AudioToolbox/AudioQueue.h>

#define OUT kAudioObjectPropertyScopeOutput

/* An IOProc's world. */
typedef struct player {
    AudioObjectID device;
    AudioDeviceIOProcID id;
    atomic_int cycles;
    int stop_after;
    bool wrong;
} player;

static OSStatus play(AudioObjectID device, const AudioTimeStamp *now, const AudioBufferList *input,
                     const AudioTimeStamp *input_time, AudioBufferList *output,
                     const AudioTimeStamp *output_time, void *client)
{
    (void)now, (void)input, (void)input_time;
    player *p = client;
    if (output->mNumberBuffers != 1 || device != p->device) {
        p->wrong = true;
        return noErr;
    }
    AudioBuffer *buffer = &output->mBuffers[0];
    UInt32 frames = buffer->mDataByteSize / (buffer->mNumberChannels * (UInt32)sizeof(Float32));
    Float32 *samples = buffer->mData;
    for (UInt32 i = 0; i < frames; i++)
        for (UInt32 c = 0; c < buffer->mNumberChannels; c++)
            samples[i * buffer->mNumberChannels + c] = sound_at((UInt64)output_time->mSampleTime + i, c);
    if (atomic_fetch_add(&p->cycles, 1) + 1 == p->stop_after)
        AudioDeviceStop(device, p->id);
    return noErr;
}

static OSStatus count_news(AudioObjectID object, UInt32 count, const AudioObjectPropertyAddress *addresses,
                           void *client)
{
    (void)object, (void)count, (void)addresses;
    atomic_fetch_add((atomic_int *)client, 1);
    return noErr;
}

static void listen_to(AudioObjectID object, AudioObjectPropertySelector selector, atomic_int *news)
{
    AudioObjectPropertyAddress address = global(selector);
    CHECK_EQ(AudioObjectAddPropertyListener(object, &address, count_news, news), noErr);
}

static AudioObjectID default_output(void)
{
    return get_u32(kAudioObjectSystemObject, global(kAudioHardwarePropertyDefaultOutputDevice));
}

static bool has_uid(AudioObjectID device, const char *uid)
{
    return device != kAudioObjectUnknown && device == device_of_uid(uid);
}

static void begin_playing(player *p, UInt32 frames)
{
    p->device = default_output();
    CHECK_EQ(set_u32(p->device, global(kAudioDevicePropertyBufferFrameSize), frames), noErr);
    CHECK_EQ(AudioDeviceCreateIOProcID(p->device, play, p, &p->id), noErr);
    CHECK_EQ(AudioDeviceStart(p->device, p->id), noErr);
}

static void end_playing(player *p)
{
    CHECK_EQ(AudioDeviceStop(p->device, p->id), noErr);
    CHECK_EQ(AudioDeviceDestroyIOProcID(p->device, p->id), noErr);
    CHECK(!p->wrong);
}

static server pulse_server;

static void test_default_device(void)
{
    CHECK_STR(CMEngineGetDriver(), "pulse");
    AudioObjectID device = default_output();
    CHECK(has_uid(device, "out"));
    check_text(device, global(kAudioObjectPropertyName), "Out");
    CHECK_EQ(get_f64(device, global(kAudioDevicePropertyNominalSampleRate)), 48000);
    CHECK_EQ(get_u32(device, global(kAudioDevicePropertyTransportType)), kAudioDeviceTransportTypeVirtual);
}

/* What an IOProc plays, parec hears bit for bit. */
static void test_playing_is_heard(void)
{
    run found = { .frames = 0 };
    const char *violation = NULL;
    unsigned long before = cm_render_violations(NULL);
    char path[96];
    snprintf(path, sizeof path, "%s/heard.f32", pulse_server.folder);
    for (int i = 0; i < 5 && (found.frames < 20000 || found.breaks); i++) {
        player p = { .stop_after = 0 };
        pid_t recorder = server_record("out.monitor", path, 48000, 2);
        server_wait_ms(200);
        begin_playing(&p, 2048);
        server_wait_ms(700);
        end_playing(&p);
        server_end(recorder, SIGTERM);
        Float32 *heard;
        size_t count = sound_read(path, 2, &heard);
        found = sound_run(heard, count, 2);
        free(heard);
    }
    CHECK(found.frames >= 20000);
    CHECK_EQ(found.breaks, 0);
    unsigned long violations = cm_render_violations(&violation) - before;
    if (violations)
        fprintf(stderr, "%lu, first %s\n", violations, violation);
    CHECK_EQ(violations, 0);
}

static void test_stop_from_inside(void)
{
    player p = { .stop_after = 5 };
    begin_playing(&p, 512);
    CHECK(WITHIN(20, p.cycles == 5));
    server_wait_ms(100);
    CHECK_EQ(p.cycles, 5);
    end_playing(&p);
}

static void test_volume_is_the_sinks(void)
{
    AudioObjectID device = default_output();
    CHECK_EQ(set_f32(device, at(kAudioDevicePropertyVolumeScalar, OUT), 0.5f), noErr);
    CHECK(strstr(server_run("pactl get-sink-volume out"), "50%") != NULL);
    server_run("pactl set-sink-volume out 100%%; pactl set-sink-mute out 1");
    CHECK(WITHIN(20, get_u32(device, at(kAudioDevicePropertyMute, OUT)) == 1));
    CHECK(WITHIN(20, get_f32(device, at(kAudioDevicePropertyVolumeScalar, OUT)) == 1));
    CHECK_EQ(set_u32(device, at(kAudioDevicePropertyMute, OUT), 0), noErr);
    CHECK_STR(server_run("pactl get-sink-mute out"), "Mute: no\n");
}

static void test_news(void)
{
    atomic_int devices = 0, defaults = 0;
    listen_to(kAudioObjectSystemObject, kAudioHardwarePropertyDevices, &devices);
    listen_to(kAudioObjectSystemObject, kAudioHardwarePropertyDefaultOutputDevice, &defaults);
    int module = atoi(server_run("pactl load-module module-null-sink sink_name=later norewinds=1"));
    CHECK(WITHIN(20, devices > 0 && device_of_uid("later") != kAudioObjectUnknown));
    server_run("pactl set-default-sink later");
    CHECK(WITHIN(20, defaults > 0 && has_uid(default_output(), "later")));
    player p = { .stop_after = 0 };
    atomic_int dead = 0;
    begin_playing(&p, 512);
    listen_to(p.device, kAudioDevicePropertyDeviceIsAlive, &dead);
    CHECK(WITHIN(20, p.cycles > 5));
    int before = devices;
    server_run("pactl unload-module %d", module);
    CHECK(WITHIN(20, dead > 0 && devices > before && has_uid(default_output(), "out")));
    CHECK_EQ(device_of_uid("later"), kAudioObjectUnknown);
    AudioObjectPropertyAddress address = global(kAudioHardwarePropertyDevices);
    CHECK_EQ(AudioObjectRemovePropertyListener(kAudioObjectSystemObject, &address, count_news, &devices),
             noErr);
    address = global(kAudioHardwarePropertyDefaultOutputDevice);
    CHECK_EQ(AudioObjectRemovePropertyListener(kAudioObjectSystemObject, &address, count_news, &defaults),
             noErr);
}

/* While the server is dead the virtual device takes its place; then its devices are back. */
static void test_server_dies_and_comes_back(void)
{
    player p = { .stop_after = 0 };
    atomic_int dead = 0;
    begin_playing(&p, 512);
    listen_to(p.device, kAudioDevicePropertyDeviceIsAlive, &dead);
    CHECK(WITHIN(20, p.cycles > 5));
    server_kill(&pulse_server);
    CHECK(WITHIN(20, dead > 0));
    CHECK(WITHIN(20, has_uid(default_output(), OUTPUT_UID)));
    server_launch(&pulse_server);
    CHECK(WITHIN(20, has_uid(default_output(), "out")));
    player again = { .stop_after = 0 };
    begin_playing(&again, 512);
    CHECK(WITHIN(20, again.cycles > 5));
    end_playing(&again);
}

/* A server that stands still does not keep a program from stopping, or from asking. */
static void test_server_stands_still(void)
{
    player p = { .stop_after = 0 };
    begin_playing(&p, 512);
    CHECK(WITHIN(20, p.cycles > 5));
    server_pause(&pulse_server);
    double start = server_seconds();
    end_playing(&p);
    CHECK(server_seconds() - start < 5);
    (void)default_output();
    CHECK(server_seconds() - start < 10);
    server_resume(&pulse_server);
}

/* Devices whose server is slow are there, and the same: their owners go on with them when it answers. */
static void test_slow_server_loses_no_device(void)
{
    player p = { .stop_after = 0 };
    atomic_int dead = 0;
    begin_playing(&p, 512);
    listen_to(p.device, kAudioDevicePropertyDeviceIsAlive, &dead);
    AudioObjectID monitor = device_of_uid("out.monitor");
    CHECK(WITHIN(20, p.cycles > 5));
    server_pause(&pulse_server);
    CHECK_EQ(set_f64(monitor, global(kAudioDevicePropertyNominalSampleRate), 44100), noErr); /* looks again */
    server_wait_ms(2500);
    CHECK_EQ(default_output(), p.device);
    CHECK(has_uid(p.device, "out"));
    CHECK_EQ(device_of_uid("out.monitor"), monitor);
    server_resume(&pulse_server);
    int cycles = p.cycles;
    CHECK(WITHIN(10, p.cycles > cycles + 5));
    CHECK(WITHIN(10, get_f64(monitor, global(kAudioDevicePropertyNominalSampleRate)) == 44100));
    CHECK_EQ(dead, 0);
    CHECK_EQ(default_output(), p.device);
    AudioObjectPropertyAddress address = global(kAudioDevicePropertyDeviceIsAlive);
    CHECK_EQ(AudioObjectRemovePropertyListener(p.device, &address, count_news, &dead), noErr);
    end_playing(&p);
}

static void play_again(void *user, AudioQueueRef queue, AudioQueueBufferRef buffer)
{
    atomic_fetch_add((atomic_int *)user, 1);
    AudioQueueEnqueueBuffer(queue, buffer, 0, NULL);
}

/* What it had decoded when the server did not answer is played when it does; so little that it is in the
 * resampler. */
static void test_queue_starts_at_the_second_attempt(void)
{
    AudioStreamBasicDescription format = {
        44100, kAudioFormatLinearPCM, kLinearPCMFormatFlagIsSignedInteger, 4, 1, 4, 2, 16, 0
    };
    AudioObjectID device;
    AudioQueueRef queue;
    atomic_int played = 0;
    get(kAudioObjectSystemObject, global(kAudioHardwarePropertyDefaultOutputDevice), &device, sizeof device);
    CHECK_EQ(AudioQueueNewOutput(&format, play_again, &played, NULL, NULL, 0, &queue), noErr);
    for (int i = 0; i < 3; i++) {
        AudioQueueBufferRef buffer;
        CHECK_EQ(AudioQueueAllocateBuffer(queue, 1024, &buffer), noErr);
        buffer->mAudioDataByteSize = 1024;
        CHECK_EQ(AudioQueueEnqueueBuffer(queue, buffer, 0, NULL), noErr);
    }
    server_pause(&pulse_server);
    CHECK_EQ(AudioQueueStart(queue, NULL), kAudioQueueErr_CannotStart);
    server_resume(&pulse_server);
    CHECK(WITHIN(20, AudioQueueStart(queue, NULL) == noErr));
    CHECK(WITHIN(20, played > 10));
    CHECK_EQ(AudioQueueDispose(queue, true), noErr);
}

int main(void)
{
    alarm(120);
    if (server_missing("pulseaudio") || server_missing("parec"))
        return 0;
    setenv("COREMUSIC_DRIVER", "pulse", 1);
    server_open_pulse(&pulse_server, SERVER_NULL_SINK);
    RUN(test_default_device);
    RUN(test_playing_is_heard);
    RUN(test_stop_from_inside);
    RUN(test_volume_is_the_sinks);
    RUN(test_queue_starts_at_the_second_attempt);
    RUN(test_news);
    RUN(test_slow_server_loses_no_device);
    RUN(test_server_dies_and_comes_back);
    RUN(test_server_stands_still);
    CHECK_EQ(AudioHardwareUnload(), noErr);
    return 0;
}
