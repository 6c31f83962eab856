/*
 * The ALSA driver on the kernel's loopback and dummy cards, heard and fed by aplay, arecord and amixer. Needs
 * a kernel with both: `make test-alsa` starts one. What device 0 of the loopback plays, its device 1 records.
 */
#include "hal_help.h"
#include "server_kit.h"

#include "device/driver.h"

#include <CoreAudio/HostTime.h>

#include <pthread.h>
#include <stdatomic.h>

enum { RATE = 48000, FRAMES = 960, CHANNELS = 2, KEPT = 1 << 18, TOP = 30000 };

#define NEAR_END "alsa:hw:CARD=Loopback,DEV=0"
#define FAR_END "alsa:hw:CARD=Loopback,DEV=1"
#define DUMMY "alsa:hw:CARD=Dummy,DEV=0"
#define UNBOUND "/sys/bus/platform/drivers/snd_aloop/"

static const cm_driver *const alsa = &cm_driver_alsa;
static _Atomic int changes;

static void count_change(void *context)
{
    (void)context;
    atomic_fetch_add(&changes, 1);
}

static const cm_driver_host host = { .changed = count_change };

static void *open_driver(void)
{
    void *driver = NULL;
    CHECK_EQ(alsa->open(&host, &driver), 0);
    return driver;
}

typedef struct seeking {
    const char *uid;
    bool found;
    cm_device_description device;
} seeking;

static void keep(void *context, const cm_device_description *description)
{
    seeking *s = context;
    if (strcmp(description->uid, s->uid) != 0)
        return;
    CHECK(!s->found);
    s->found = true;
    s->device = *description;
}

static bool find(void *driver, const char *uid, cm_device_description *device)
{
    seeking s = { .uid = uid };
    CHECK_EQ(alsa->devices(driver, keep, &s), 0);
    if (device)
        *device = s.device;
    return s.found;
}

/* ---- a stream that plays a count and keeps what it hears -------------------------------------------------
 */

typedef struct stream {
    void *io;
    cm_io_settings settings;
    _Atomic int cycles, overloads, losses, stop_at, sleep_at;
    _Atomic SInt64 jumped; /* frames by which sample time jumped */
    _Atomic bool late;
    SInt64 next_sample;
    int sent;
    _Atomic int heard;
    Float32 kept[KEPT];
} stream;

static int next_count(int n)
{
    return n % TOP + 1;
}

/* Exact in 16 bits, in 24, and in a float. */
static Float32 sample_of(int count)
{
    return (Float32)count / 32768;
}

static void cycle(void *context, const cm_io_cycle *c)
{
    stream *s = context;
    int number = atomic_fetch_add(&s->cycles, 1) + 1;
    UInt32 outputs = s->settings.channels[CM_OUTPUT], inputs = s->settings.channels[CM_INPUT];
    SInt64 sample = (SInt64)(outputs ? c->output_time : c->input_time).mSampleTime;
    if (s->losses || (s->stop_at && number > s->stop_at))
        atomic_store(&s->late, true);
    if (s->next_sample >= 0)
        atomic_fetch_add(&s->jumped, sample - s->next_sample);
    s->next_sample = sample + c->frames;
    for (UInt32 i = 0; i < c->frames && outputs; i++) {
        s->sent = next_count(s->sent);
        for (UInt32 k = 0; k < outputs; k++)
            c->output[i * outputs + k] = k ? -sample_of(s->sent) : sample_of(s->sent);
    }
    for (UInt32 i = 0; i < c->frames && inputs && s->heard < KEPT; i++) {
        s->kept[s->heard] = c->input[i * inputs];
        atomic_fetch_add(&s->heard, 1);
    }
    if (number == s->sleep_at)
        server_wait_ms(400);
    if (number == s->stop_at)
        CHECK_EQ(alsa->io_stop(s->io), 0);
}

static void event(void *context, cm_io_event what)
{
    stream *s = context;
    atomic_fetch_add(what == CM_IO_LOST ? &s->losses : &s->overloads, 1);
}

static stream *open_stream(void *driver, const char *uid, UInt32 inputs, UInt32 outputs)
{
    stream *s = calloc(1, sizeof *s);
    s->next_sample = -1;
    s->settings = (cm_io_settings){ .rate = RATE,
                                    .buffer_frames = FRAMES,
                                    .channels = { inputs, outputs },
                                    .cycle = cycle,
                                    .event = event,
                                    .context = s };
    CHECK_EQ(alsa->io_open(driver, uid, &s->settings, &s->io), 0);
    CHECK_EQ(s->settings.rate, RATE);
    CHECK_EQ(s->settings.buffer_frames, FRAMES);
    return s;
}

static void close_stream(stream *s)
{
    alsa->io_close(s->io);
    CHECK(!s->late);
    free(s);
}

static bool await_count(_Atomic int *count, int least, double seconds)
{
    for (double end = server_seconds() + seconds; server_seconds() < end && atomic_load(count) < least;)
        server_wait_ms(5);
    return atomic_load(count) >= least;
}

static void run_a_while(stream *s)
{
    atomic_store(&s->cycles, 0);
    CHECK_EQ(alsa->io_start(s->io), 0);
    CHECK(await_count(&s->cycles, 20, 20));
}

/* The longest run of the count in what was heard. */
static int longest_count(const Float32 *heard, int frames)
{
    int longest = 0, run = 0;
    for (int i = 1; i < frames; i++) {
        int before = (int)(heard[i - 1] * 32768);
        run = before > 0 && heard[i] == sample_of(next_count(before)) ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    return longest;
}

/* ---- tests -----------------------------------------------------------------------------------------------
 */

static void devices_are_those_of_aplay(void)
{
    void *driver = open_driver();
    cm_device_description d;
    CHECK_EQ(atoi(server_run("aplay -l | grep -c '^card.*Loopback.*device'")), 2);
    CHECK(find(driver, FAR_END, &d));
    CHECK(find(driver, NEAR_END, &d));
    CHECK_STR(d.name, "Loopback, Loopback PCM");
    CHECK_EQ(d.transport, kAudioDeviceTransportTypeVirtual);
    CHECK_EQ(d.side[CM_INPUT].channels, 32);
    CHECK_EQ(d.side[CM_OUTPUT].channels, 32);
    CHECK_EQ(d.rates[0], 8000);
    CHECK_EQ(d.rates[d.rate_count - 1], 192000);
    CHECK_EQ(d.rate, 48000);
    CHECK(find(driver, DUMMY, &d));
    char uid[CM_DEVICE_TEXT];
    for (cm_side side = CM_INPUT; side < CM_SIDES; side++) {
        CHECK_EQ(alsa->get_default(driver, side, uid), 0);
        CHECK(find(driver, uid, NULL));
        CHECK_STR(uid, "alsa:default");
    }
    cm_io_settings none = { .rate = RATE, .buffer_frames = FRAMES, .channels = { 0, 2 } };
    void *io;
    CHECK_EQ(alsa->io_open(driver, "alsa:hw:CARD=Nobody,DEV=0", &none, &io), kAudioHardwareBadDeviceError);
    CHECK_EQ(alsa->io_open(driver, "jack:default", &none, &io), kAudioHardwareBadDeviceError);
    alsa->close(driver);
}

static void what_is_played_is_heard_exactly(void)
{
    void *driver = open_driver();
    stream *out = open_stream(driver, NEAR_END, 0, CHANNELS), *in = open_stream(driver, FAR_END, CHANNELS, 0);
    CHECK_EQ(out->settings.latency[CM_OUTPUT], 2 * FRAMES);
    AudioTimeStamp now;
    CHECK_EQ(alsa->io_time(in->io, &now), kAudioHardwareNotRunningError);
    run_a_while(in);
    run_a_while(out);
    CHECK(await_count(&out->cycles, 100, 30));
    CHECK_EQ(alsa->io_stop(out->io), 0);
    CHECK_EQ(alsa->io_stop(in->io), 0);
    int cycles = out->cycles;
    server_wait_ms(100);
    CHECK_EQ(out->cycles, cycles);
    printf("heard %d frames in a row, overloads %d and %d\n", longest_count(in->kept, in->heard),
           out->overloads, in->overloads);
    CHECK(longest_count(in->kept, in->heard) > RATE / 2);
    close_stream(in);
    close_stream(out);
    alsa->close(driver);
}

/* Both sides of a device in one stream, against both sides of the loopback's other end. */
static void both_sides_run_together(void)
{
    void *driver = open_driver();
    stream *a = open_stream(driver, NEAR_END, CHANNELS, CHANNELS);
    stream *b = open_stream(driver, FAR_END, CHANNELS, CHANNELS);
    run_a_while(a);
    run_a_while(b);
    CHECK(await_count(&b->cycles, 100, 30));
    close_stream(b);
    CHECK_EQ(alsa->io_stop(a->io), 0);
    printf("heard %d frames in a row, overloads %d\n", longest_count(a->kept, a->heard), a->overloads);
    CHECK(longest_count(a->kept, a->heard) > RATE / 2);
    CHECK(a->overloads > 0 || a->jumped == 0);
    close_stream(a);
    alsa->close(driver);
}

static void arecord_hears_it(void)
{
    static Float32 frames[2 * RATE][CHANNELS], heard[2 * RATE];
    void *driver = open_driver();
    stream *out = open_stream(driver, NEAR_END, 0, CHANNELS);
    run_a_while(out);
    server_run("arecord -q -D hw:Loopback,1,0 -f FLOAT_LE -r %d -c %d -d 2 -t raw /tmp/heard 2>&1", RATE,
               CHANNELS);
    FILE *file = fopen("/tmp/heard", "rb");
    CHECK(file != NULL);
    size_t count = fread(frames, sizeof *frames, 2 * RATE, file);
    fclose(file);
    for (size_t i = 0; i < count; i++) {
        heard[i] = frames[i][0];
        CHECK(frames[i][1] == -frames[i][0]);
    }
    printf("arecord heard %d frames in a row\n", longest_count(heard, (int)count));
    CHECK(longest_count(heard, (int)count) > RATE / 2);
    close_stream(out);
    alsa->close(driver);
}

/* The card runs in 16 bits then, and so must we. */
static void aplay_is_heard_exactly(void)
{
    static int16_t frames[4 * RATE][CHANNELS];
    for (int i = 0, count = 0; i < 4 * RATE; i++) {
        count = next_count(count);
        frames[i][0] = frames[i][1] = (int16_t)count;
    }
    FILE *file = fopen("/tmp/play", "wb");
    CHECK(file != NULL);
    CHECK_EQ(fwrite(frames, sizeof *frames, 4 * RATE, file), 4 * RATE);
    fclose(file);
    void *driver = open_driver();
    pid_t player = SERVER_SPAWN(NULL, "aplay", "-q", "-D", "hw:Loopback,0,0", "-f", "S16_LE", "-r", "48000",
                                "-c", "2", "-t", "raw", "/tmp/play");
    server_await("grep -q 'format: S16_LE' /proc/asound/Loopback/pcm0p/sub0/hw_params");
    stream *in = open_stream(driver, FAR_END, 1, 0); /* one of the card's two channels */
    CHECK_EQ(alsa->io_start(in->io), 0);
    CHECK(await_count(&in->heard, 2 * RATE, 30));
    CHECK_EQ(alsa->io_stop(in->io), 0);
    printf("heard %d frames of aplay's in a row\n", longest_count(in->kept, in->heard));
    CHECK(longest_count(in->kept, in->heard) > RATE / 2);
    close_stream(in);
    server_end(player, SIGTERM);
    alsa->close(driver);
}

static void times_are_of_the_host_clock(void)
{
    void *driver = open_driver();
    stream *out = open_stream(driver, NEAR_END, 0, CHANNELS);
    AudioTimeStamp one, two;
    run_a_while(out);
    Float64 rate = 0;
    for (int i = 0; i < 5 && fabs(rate - RATE) > RATE * 0.02; i++) { /* the machine below may be busy */
        CHECK_EQ(alsa->io_time(out->io, &one), 0);
        server_wait_ms(2000);
        CHECK_EQ(alsa->io_time(out->io, &two), 0);
        CHECK(AudioGetCurrentHostTime() - two.mHostTime < 1000000000u);
        rate = (two.mSampleTime - one.mSampleTime) / ((Float64)(two.mHostTime - one.mHostTime) * 1e-9);
        printf("%.1f frames a second\n", rate);
    }
    CHECK_NEAR(rate, RATE, RATE * 0.02);
    close_stream(out);
    alsa->close(driver);
}

static void a_cycle_too_long_is_an_overload(void)
{
    void *driver = open_driver();
    stream *out = open_stream(driver, NEAR_END, 0, CHANNELS);
    atomic_store(&out->sleep_at, 30);
    run_a_while(out);
    CHECK(await_count(&out->cycles, 60, 30));
    CHECK(out->overloads > 0);
    CHECK(out->jumped > RATE / 5); /* it slept for 400 ms, of which 60 were queued */
    CHECK_EQ(out->losses, 0);
    close_stream(out);
    alsa->close(driver);
}

static void stops_and_starts(void)
{
    void *driver = open_driver();
    stream *out = open_stream(driver, NEAR_END, 0, CHANNELS);
    for (int i = 0; i < 30; i++) {
        CHECK_EQ(alsa->io_start(out->io), 0);
        server_wait_ms(i % 7 * 10);
        CHECK_EQ(alsa->io_stop(out->io), 0);
        int cycles = out->cycles;
        server_wait_ms(5);
        CHECK_EQ(out->cycles, cycles);
    }
    atomic_store(&out->cycles, 0);
    atomic_store(&out->stop_at, 5); /* from inside */
    CHECK_EQ(alsa->io_start(out->io), 0);
    CHECK(await_count(&out->cycles, 5, 10));
    server_wait_ms(200);
    CHECK_EQ(out->cycles, 5);
    atomic_store(&out->stop_at, 0);
    run_a_while(out);
    close_stream(out);
    alsa->close(driver);
}

static void a_device_in_use_says_so(void)
{
    void *driver = open_driver(), *io;
    stream *streams[8];
    for (int i = 0; i < 8; i++) /* the loopback has eight of each */
        streams[i] = open_stream(driver, NEAR_END, 0, CHANNELS);
    cm_io_settings more = { .rate = RATE, .buffer_frames = FRAMES, .channels = { 0, 2 } };
    CHECK_EQ(alsa->io_open(driver, NEAR_END, &more, &io), kAudioHardwareNotReadyError);
    for (int i = 0; i < 8; i++)
        close_stream(streams[i]);
    alsa->close(driver);
}

static double decibels_of(const char *element, const char *channel)
{
    return atof(
        server_run("amixer -c Dummy sget %s | sed -n 's/.*%s:.*\\[\\(.*\\)dB\\].*/\\1/p'", element, channel));
}

static double decibels(const char *element)
{
    return decibels_of(element, "Left");
}

/* The dummy card's Master has a volume and no switch, its Mic both. */
static void volume_is_the_mixer_s(void)
{
    void *driver = open_driver();
    cm_device_description d;
    server_run("amixer -q -c Dummy sset Master 100%%");
    server_run("amixer -q -c Dummy sset Mic cap");
    double top = decibels("Master");
    CHECK(find(driver, DUMMY, &d));
    CHECK(d.side[CM_OUTPUT].has_volume && !d.side[CM_OUTPUT].has_mute);
    CHECK_NEAR(d.side[CM_OUTPUT].volume, 1, 1e-6);
    CHECK(d.side[CM_INPUT].has_volume && d.side[CM_INPUT].has_mute && !d.side[CM_INPUT].mute);

    atomic_store(&changes, 0);
    CHECK_EQ(alsa->set_volume(driver, DUMMY, CM_OUTPUT, 0, 0.5f), 0);
    CHECK(await_count(&changes, 1, 5));
    CHECK(find(driver, DUMMY, &d));
    CHECK_NEAR(d.side[CM_OUTPUT].volume, 0.5, 0.01);
    CHECK_NEAR(decibels("Master") - top, -18.06, 0.3); /* the cube of a half, and the card's step */
    CHECK_EQ(d.side[CM_OUTPUT].volume_count, 2);
    CHECK_EQ(alsa->set_volume(driver, DUMMY, CM_OUTPUT, 2, 0.25f), 0);
    CHECK(find(driver, DUMMY, &d));
    CHECK_NEAR(d.side[CM_OUTPUT].volumes[0], 0.5, 0.01);
    CHECK_NEAR(d.side[CM_OUTPUT].volumes[1], 0.25, 0.01);
    CHECK_NEAR(decibels_of("Master", "Left") - decibels_of("Master", "Right"), 18.06, 0.4);
    CHECK_EQ(alsa->set_volume(driver, DUMMY, CM_OUTPUT, 0, 1), 0); /* the balance stays */
    CHECK_NEAR(decibels_of("Master", "Left"), top, 0.01);
    CHECK_NEAR(decibels_of("Master", "Right") - top, -18.06, 0.4);
    CHECK_EQ(alsa->set_volume(driver, DUMMY, CM_OUTPUT, 3, 1), kAudioHardwareUnsupportedOperationError);
    CHECK_EQ(alsa->set_volume(driver, DUMMY, CM_OUTPUT, 0, 0), 0);
    CHECK(find(driver, DUMMY, &d));
    CHECK_EQ(d.side[CM_OUTPUT].volume, 0);
    CHECK_EQ(alsa->set_mute(driver, DUMMY, CM_OUTPUT, true), kAudioHardwareUnsupportedOperationError);

    CHECK_EQ(alsa->set_mute(driver, DUMMY, CM_INPUT, true), 0);
    CHECK(strstr(server_run("amixer -c Dummy sget Mic"), "Capture [off]") != NULL);
    CHECK(find(driver, DUMMY, &d));
    CHECK(d.side[CM_INPUT].mute);
    CHECK_EQ(alsa->set_mute(driver, DUMMY, CM_INPUT, false), 0);
    CHECK(strstr(server_run("amixer -c Dummy sget Mic"), "Capture [on]") != NULL);
    server_wait_ms(100);
    atomic_store(&changes, 0);
    server_run("amixer -q -c Dummy sset Master 100%%"); /* someone else turns it up again */
    CHECK(await_count(&changes, 1, 5));
    CHECK(find(driver, DUMMY, &d));
    CHECK_NEAR(d.side[CM_OUTPUT].volume, 1, 1e-6);
    CHECK_EQ(alsa->set_volume(driver, FAR_END, CM_OUTPUT, 0, 0.5f), kAudioHardwareUnsupportedOperationError);
    alsa->close(driver);
}

static bool await_device(void *driver, const char *uid, bool there)
{
    for (double end = server_seconds() + 10; server_seconds() < end; server_wait_ms(50))
        if (find(driver, uid, NULL) == there)
            return true;
    return false;
}

static void a_card_that_is_pulled_out_is_lost(void)
{
    void *driver = open_driver();
    stream *out = open_stream(driver, NEAR_END, 0, CHANNELS), *in = open_stream(driver, FAR_END, CHANNELS, 0);
    run_a_while(out);
    run_a_while(in);
    atomic_store(&changes, 0);
    pid_t pulling = SERVER_SPAWN(NULL, "sh", "-c", "echo snd_aloop.0 > " UNBOUND "unbind");
    CHECK(await_count(&out->losses, 1, 10));
    CHECK(await_count(&in->losses, 1, 10));
    CHECK(await_count(&changes, 1, 10));
    CHECK(await_device(driver, NEAR_END, false));
    CHECK(find(driver, DUMMY, NULL));
    CHECK_EQ(alsa->io_start(out->io), kAudioHardwareBadDeviceError);
    CHECK_EQ(alsa->io_stop(in->io), 0);
    close_stream(in);
    CHECK_EQ(out->losses, 1);
    close_stream(out);
    int status;
    waitpid(pulling, &status, 0); /* the kernel waits until all files are closed */
    CHECK_EQ(status, 0);
    atomic_store(&changes, 0);
    server_run("echo snd_aloop.0 > " UNBOUND "bind");
    CHECK(await_count(&changes, 1, 10));
    CHECK(await_device(driver, NEAR_END, true));
    out = open_stream(driver, NEAR_END, 0, CHANNELS);
    run_a_while(out);
    close_stream(out);
    alsa->close(driver);
}

static OSStatus count_call(AudioObjectID device, const AudioTimeStamp *now, const AudioBufferList *in,
                           const AudioTimeStamp *in_time, AudioBufferList *out,
                           const AudioTimeStamp *out_time, void *context)
{
    (void)device, (void)now, (void)in, (void)in_time, (void)out, (void)out_time;
    atomic_fetch_add((_Atomic int *)context, 1);
    return noErr;
}

/* The rate that the card really runs at is the kernel's word. */
static void an_io_proc_runs_at_the_chosen_rate(void)
{
    _Atomic int calls = 0;
    AudioDeviceIOProcID id;
    unsigned long violations = cm_render_violations(NULL); /* cycles of other tests sleep on purpose */
    CHECK_EQ(CMEngineSelectDriver("alsa"), noErr);
    AudioObjectID device = device_of_uid(DUMMY);
    CHECK(device != kAudioObjectUnknown);
    CHECK_EQ(set_f64(device, global(kAudioDevicePropertyNominalSampleRate), 44100), noErr);
    CHECK_EQ(set_u32(device, global(kAudioDevicePropertyBufferFrameSize), 2048), noErr);
    CHECK_EQ(AudioDeviceCreateIOProcID(device, count_call, (void *)&calls, &id), noErr);
    CHECK_EQ(AudioDeviceStart(device, id), noErr);
    CHECK(await_count(&calls, 20, 20));
    server_run("grep -q 'rate: 44100 ' /proc/asound/Dummy/pcm0p/sub0/hw_params");
    server_run("grep -q 'period_size: 2048' /proc/asound/Dummy/pcm0p/sub0/hw_params");
    CHECK_EQ(set_f64(device, global(kAudioDevicePropertyNominalSampleRate), 48000), noErr);
    atomic_store(&calls, 0);
    CHECK(await_count(&calls, 20, 20));
    server_run("grep -q 'rate: 48000 ' /proc/asound/Dummy/pcm0p/sub0/hw_params");
    CHECK_EQ(AudioDeviceStop(device, id), noErr);
    server_run("grep -q closed /proc/asound/Dummy/pcm0p/sub0/hw_params");
    CHECK_EQ(AudioDeviceDestroyIOProcID(device, id), noErr);
    CHECK_EQ(cm_render_violations(NULL), violations);
    CHECK_EQ(CMEngineSelectDriver("virtual"), noErr);
}

/* An argument picks tests by a part of their names. */
int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
#define TEST(test) { #test, test }
        TEST(devices_are_those_of_aplay),
        TEST(what_is_played_is_heard_exactly),
        TEST(both_sides_run_together),
        TEST(arecord_hears_it),
        TEST(aplay_is_heard_exactly),
        TEST(times_are_of_the_host_clock),
        TEST(a_cycle_too_long_is_an_overload),
        TEST(stops_and_starts),
        TEST(a_device_in_use_says_so),
        TEST(volume_is_the_mixer_s),
        TEST(an_io_proc_runs_at_the_chosen_rate),
        TEST(a_card_that_is_pulled_out_is_lost),
#undef TEST
    };
    if (access("/proc/asound/Loopback", F_OK) != 0 || access("/proc/asound/Dummy", F_OK) != 0) {
        printf("skipped: this kernel has no loopback card; make test-alsa starts one that has\n");
        return 0;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        if (argc < 2 || strstr(tests[i].name, argv[1])) {
            tests[i].run();
            printf("ok %s\n", tests[i].name);
        }
    return 0;
}
