/* The JACK driver against real servers with a dummy backend, seen from outside by JACK's own programs. */
#include "check.h"
#include "server_kit.h"

#include "device/driver.h"

#include <CoreAudio/AudioHardwareBase.h>
#include <CoreAudio/HostTime.h>

#include <pthread.h>
#include <stdatomic.h>

/* Short, and long enough to lose nothing on a busy machine. */
enum { RATE = 48000, PERIOD = 128, LONG_PERIOD = 4096, CHANNELS = 2, KEPT = 1 << 17 };

static const cm_driver *const jack = &cm_driver_jack;

/* ---- a host ----------------------------------------------------------------------------------------------
 */

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
    atomic_store(&changes, 0);
    OSStatus status = jack->open(&host, &driver);
    if (status)
        fprintf(stderr, "%s\n", cm_detail(status) ? cm_detail(status) : "no reason given");
    CHECK_EQ(status, 0);
    return driver;
}

typedef struct found {
    int count;
    cm_device_description device;
} found;

static void keep(void *context, const cm_device_description *description)
{
    found *f = context;
    f->device = *description;
    f->count++;
}

static found devices(void *driver)
{
    found f = { 0 };
    CHECK_EQ(jack->devices(driver, keep, &f), 0);
    return f;
}

static bool await(bool (*is_so)(void *context), void *context, double seconds)
{
    for (double end = server_seconds() + seconds; server_seconds() < end; server_wait_ms(2))
        if (is_so(context))
            return true;
    return is_so(context);
}

/* ---- a stream that plays a count and keeps what it hears -------------------------------------------------
 */

typedef struct stream {
    void *io;
    cm_io_settings settings;
    _Atomic int cycles, overloads, losses;
    _Atomic int stop_at, sleep_at; /* numbers of cycles */
    _Atomic bool late;             /* a cycle came when none should */
    SInt64 next_sample;            /* as the last cycle leads to expect; -1 at first */
    _Atomic int jumps;             /* how often the expectation failed */
    _Atomic int max_frames;
    int sent, heard; /* frames */
    int kept_from;   /* the first frame that was not silent */
    _Atomic int keeps;
    Float32 kept[KEPT];
} stream;

static Float32 count_sample(int n)
{
    return (Float32)(n % 30000 + 1) / 32767.0f;
}

static void cycle(void *context, const cm_io_cycle *c)
{
    stream *s = context;
    int number = atomic_fetch_add(&s->cycles, 1) + 1;
    UInt32 outputs = s->settings.channels[CM_OUTPUT], inputs = s->settings.channels[CM_INPUT];
    if (s->losses || (s->stop_at && number > s->stop_at))
        atomic_store(&s->late, true);
    s->jumps += s->next_sample >= 0 && (SInt64)c->output_time.mSampleTime != s->next_sample;
    s->next_sample = (SInt64)c->output_time.mSampleTime + c->frames;
    s->max_frames = (int)c->frames > s->max_frames ? (int)c->frames : s->max_frames;
    for (UInt32 i = 0; i < c->frames; i++, s->sent++)
        for (UInt32 k = 0; k < outputs; k++)
            c->output[i * outputs + k] = k ? -count_sample(s->sent) : count_sample(s->sent);
    for (UInt32 i = 0; i < c->frames && inputs; i++, s->heard++) {
        if (!s->keeps)
            s->kept_from = s->heard;
        if (s->keeps < KEPT && (s->keeps || c->input[i * inputs] != 0))
            s->kept[s->keeps++] = c->input[i * inputs];
    }
    if (number == s->sleep_at)
        server_wait_ms(40);
    if (number == s->stop_at)
        CHECK_EQ(jack->io_stop(s->io), 0);
}

static void event(void *context, cm_io_event what)
{
    stream *s = context;
    atomic_fetch_add(what == CM_IO_LOST ? &s->losses : &s->overloads, 1);
}

static stream *open_stream(void *driver, UInt32 inputs, UInt32 outputs, UInt32 frames)
{
    stream *s = calloc(1, sizeof *s);
    s->next_sample = -1;
    s->settings = (cm_io_settings){ .rate = RATE,
                                    .buffer_frames = frames,
                                    .channels = { inputs, outputs },
                                    .cycle = cycle,
                                    .event = event,
                                    .context = s };
    found f = devices(driver);
    CHECK_EQ(f.count, 1);
    CHECK_EQ(jack->io_open(driver, f.device.uid, &s->settings, &s->io), 0);
    return s;
}

static void close_stream(stream *s)
{
    jack->io_close(s->io);
    CHECK(!s->late);
    free(s);
}

static bool ran(void *context)
{
    stream *s = context;
    return s->cycles >= 20;
}

static bool kept_enough(void *context)
{
    return ((stream *)context)->keeps > RATE / 2;
}

static bool is_lost(void *context)
{
    return ((stream *)context)->losses > 0;
}

static bool has_changed(void *context)
{
    (void)context;
    return atomic_load(&changes) > 0;
}

static void run_a_while(stream *s)
{
    atomic_store(&s->cycles, 0);
    CHECK_EQ(jack->io_start(s->io), 0);
    CHECK(await(ran, s, 5));
}

/* ---- tests -----------------------------------------------------------------------------------------------
 */

static void nothing_without_a_server(void)
{
    server s;
    server_begin(&s);
    setenv("JACK_DEFAULT_SERVER", "nobody", 1);
    char path[96];
    snprintf(path, sizeof path, "%s/said", s.folder);
    fflush(stderr);
    int said = open(path, O_RDWR | O_CREAT, 0600), old = dup(2);
    dup2(said, 2);
    void *driver = NULL;
    double begin = server_seconds();
    OSStatus status = jack->open(&host, &driver);
    double took = server_seconds() - begin;
    fflush(stderr);
    dup2(old, 2);
    CHECK_EQ(status, kAudioHardwareNotRunningError);
    CHECK(strstr(cm_detail(status), "nobody") != NULL);
    CHECK_EQ(lseek(said, 0, SEEK_END), 0);
    CHECK(took < 1);
    close(said);
    close(old);
    jack->close(NULL);
    server_close(&s);
}

static void device_is_as_jack_says(void)
{
    server s;
    server_open_jack(&s, 44100, 256, 3);
    void *driver = open_driver();
    found f = devices(driver);
    CHECK_EQ(f.count, 1);
    char uid[CM_DEVICE_TEXT];
    snprintf(uid, sizeof uid, "jack:%s", s.name);
    CHECK_STR(f.device.uid, uid);
    CHECK_EQ(f.device.rate, atoi(server_ask_jack("jack_samplerate")));
    CHECK_EQ(f.device.rate_count, 1);
    CHECK_EQ(f.device.buffer_frames, 256);
    CHECK_EQ(atoi(server_ask_jack("jack_bufsize")), 256);
    for (cm_side side = CM_INPUT; side < CM_SIDES; side++) {
        const char *port = side == CM_INPUT ? "capture" : "playback";
        CHECK_EQ(f.device.side[side].channels, atoi(server_ask_jack("jack_lsp | grep -c system:%s", port)));
        CHECK_EQ(f.device.side[side].layout, kAudioChannelLayoutTag_DiscreteInOrder | 3);
        int latency = atoi(server_ask_jack(
            "jack_lsp -l system:%s_1 | sed -n 's/.*%s latency = .* \\([0-9]*\\) ].*/\\1/p'", port, port));
        CHECK(latency >= 256);
        CHECK_EQ(f.device.side[side].latency, latency - 256);
        CHECK(!f.device.side[side].has_volume);
        CHECK_EQ(jack->get_default(driver, side, uid), 0);
        CHECK_STR(uid, f.device.uid);
    }
    jack->close(driver);
    server_close(&s);
}

static void loop_is_exact_and_one_period_late(void)
{
    server s;
    server_open_jack(&s, RATE, LONG_PERIOD, CHANNELS);
    void *driver = open_driver();
    stream *a = open_stream(driver, CHANNELS, CHANNELS, LONG_PERIOD);
    CHECK_EQ(a->settings.buffer_frames, LONG_PERIOD);
    CHECK_EQ(a->settings.rate, RATE);
    CHECK_EQ(jack->io_start(a->io), 0);
    /* Connected to the system's ports by itself, on both sides. */
    CHECK(strstr(server_ask_jack("jack_lsp -c coremusic:output_2"), "system:playback_2") != NULL);
    CHECK(strstr(server_ask_jack("jack_lsp -c coremusic:input_1"), "system:capture_1") != NULL);
    server_ask_jack("jack_connect coremusic:output_1 coremusic:input_1 && echo done");
    CHECK(await(kept_enough, a, 10));
    CHECK_EQ(jack->io_stop(a->io), 0);
    int cycles = a->cycles;
    server_wait_ms(200);
    CHECK_EQ(a->cycles, cycles);
    CHECK(a->overloads > 0 || a->jumps == 0);
    for (int i = 0; i < a->keeps; i++)
        CHECK(a->kept[i] == count_sample(a->kept_from + i - LONG_PERIOD));
    close_stream(a);
    jack->close(driver);
    server_close(&s);
}

/* What an independent program records of our port is our count, without a gap. */
static void jack_rec_hears_the_count(void)
{
    server s;
    server_open_jack(&s, RATE, LONG_PERIOD, CHANNELS);
    void *driver = open_driver();
    stream *a = open_stream(driver, 0, CHANNELS, LONG_PERIOD);
    CHECK_EQ(jack->io_start(a->io), 0);
    server_ask_jack("jack_rec -f %s/out.wav -d 1 -b 16 coremusic:output_1 2>&1 && echo done", s.folder);
    char path[96];
    snprintf(path, sizeof path, "%s/out.wav", s.folder);
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL);
    CHECK_EQ(fseek(file, 44, SEEK_SET), 0);
    static int16_t heard[RATE];
    size_t count = fread(heard, sizeof *heard, RATE, file);
    fclose(file);
    size_t i = 0;
    while (i < count && heard[i] == 0)
        i++;
    CHECK(count - i > RATE / 2);
    for (; i + 1 < count; i++)
        CHECK_EQ(heard[i + 1], heard[i] % 30000 + 1);
    close_stream(a);
    jack->close(driver);
    server_close(&s);
}

static void times_are_of_the_host_clock(void)
{
    server s;
    server_open_jack(&s, RATE, PERIOD, CHANNELS);
    void *driver = open_driver();
    stream *a = open_stream(driver, 1, 1, LONG_PERIOD);
    AudioTimeStamp one, two;
    CHECK_EQ(jack->io_time(a->io, &one), kAudioHardwareNotRunningError);
    run_a_while(a);
    Float64 rate = 0;
    for (int i = 0; i < 8 && fabs(rate - RATE) > RATE * 0.02; i++) { /* the machine may be busy */
        CHECK_EQ(jack->io_time(a->io, &one), 0);
        server_wait_ms(300);
        CHECK_EQ(jack->io_time(a->io, &two), 0);
        CHECK(two.mHostTime - AudioGetCurrentHostTime() + 1000000000u < 2000000000u);
        rate = (two.mSampleTime - one.mSampleTime) / ((Float64)(two.mHostTime - one.mHostTime) * 1e-9);
    }
    CHECK_NEAR(rate, RATE, RATE * 0.02);
    close_stream(a);
    jack->close(driver);
    server_close(&s);
}

static void period_changes_under_a_stream(void)
{
    server s;
    server_open_jack(&s, RATE, PERIOD, CHANNELS);
    void *driver = open_driver();
    stream *a = open_stream(driver, 0, CHANNELS, PERIOD);
    run_a_while(a);
    atomic_store(&changes, 0);
    server_ask_jack("jack_bufsize 512 && echo done");
    CHECK(await(has_changed, NULL, 3));
    CHECK_EQ(devices(driver).device.buffer_frames, 512);
    atomic_store(&a->cycles, 0);
    CHECK(await(ran, a, 5));
    CHECK_EQ(a->max_frames, PERIOD); /* what was promised when it was opened */
    close_stream(a);
    a = open_stream(driver, 0, CHANNELS, 60); /* asked for: the next one that JACK has */
    CHECK_EQ(a->settings.buffer_frames, 64);
    CHECK_EQ(atoi(server_ask_jack("jack_bufsize")), 64);
    run_a_while(a);
    CHECK_EQ(a->max_frames, 64);
    close_stream(a);
    jack->close(driver);
    server_close(&s);
}

static void a_cycle_too_long_is_an_overload(void)
{
    server s;
    server_open_jack(&s, RATE, PERIOD, CHANNELS);
    void *driver = open_driver();
    stream *a = open_stream(driver, 0, 1, PERIOD);
    atomic_store(&a->sleep_at, 10);
    run_a_while(a);
    server_wait_ms(100);
    CHECK(a->overloads > 0);
    CHECK(a->jumps > 0); /* sample time went on by what was lost */
    close_stream(a);
    jack->close(driver);
    server_close(&s);
}

static bool stopped_itself(void *context)
{
    stream *s = context;
    return s->cycles >= s->stop_at;
}

static void stops_and_starts(void)
{
    server s;
    server_open_jack(&s, RATE, PERIOD, CHANNELS);
    void *driver = open_driver();
    stream *a = open_stream(driver, 0, 1, PERIOD);
    for (int i = 0; i < 50; i++) {
        atomic_store(&a->cycles, 0);
        CHECK_EQ(jack->io_start(a->io), 0);
        server_wait_ms(i % 5);
        CHECK_EQ(jack->io_stop(a->io), 0);
        int cycles = a->cycles;
        server_wait_ms(3);
        CHECK_EQ(a->cycles, cycles);
    }
    atomic_store(&a->cycles, 0);
    atomic_store(&a->stop_at, 5); /* from inside */
    CHECK_EQ(jack->io_start(a->io), 0);
    CHECK(await(stopped_itself, a, 3));
    server_wait_ms(50);
    CHECK_EQ(a->cycles, 5);
    atomic_store(&a->stop_at, 0);
    run_a_while(a); /* and on again */
    close_stream(a);
    jack->close(driver);
    server_close(&s);
}

static void ports_that_come_and_go(void)
{
    server s;
    server_open_jack(&s, RATE, PERIOD, CHANNELS);
    void *driver = open_driver();
    atomic_store(&changes, 0);
    pid_t other = SERVER_SPAWN(NULL, "jack_metro", "-b", "120");
    CHECK(await(has_changed, NULL, 3));
    server_end(other, SIGTERM);
    jack->close(driver);
    server_close(&s);
}

static void server_dies_and_comes_back(void)
{
    server s;
    server_open_jack(&s, RATE, PERIOD, CHANNELS);
    void *driver = open_driver();
    stream *a = open_stream(driver, 1, 1, PERIOD), *idle = open_stream(driver, 0, 1, PERIOD);
    run_a_while(a);
    atomic_store(&changes, 0);
    server_kill(&s);
    CHECK(await(is_lost, a, 3));
    CHECK(await(is_lost, idle, 3));
    CHECK(await(has_changed, NULL, 3));
    CHECK_EQ(devices(driver).count, 0);
    char uid[CM_DEVICE_TEXT] = "x";
    CHECK_EQ(jack->get_default(driver, CM_OUTPUT, uid), 0);
    CHECK_STR(uid, "");
    double begin = server_seconds();
    CHECK_EQ(jack->io_start(idle->io), kAudioHardwareBadDeviceError);
    CHECK_EQ(jack->io_stop(a->io), 0);
    CHECK(server_seconds() - begin < 1);
    atomic_store(&changes, 0);
    server_launch(&s);
    CHECK(await(has_changed, NULL, 4));
    CHECK_EQ(devices(driver).count, 1);
    stream *b = open_stream(driver, 1, 1, PERIOD);
    run_a_while(b);
    CHECK_EQ(a->losses, 1);
    CHECK_EQ(b->losses, 0);
    close_stream(b);
    close_stream(a);
    close_stream(idle);
    jack->close(driver);
    server_close(&s);
}

/* libjack misses that a program left while it opens a first client, and gives its dead place to the next. */
static void programs_that_leave_while_it_opens(void)
{
    server s;
    pid_t others[2];
    server_open_jack(&s, RATE, PERIOD, CHANNELS);
    for (int i = 0; i < 2; i++)
        others[i] = SERVER_SPAWN(NULL, "sh", "-c", "while :; do jack_lsp; done");
    for (int i = 0; i < 10; i++) {
        void *driver = NULL;
        for (double end = server_seconds() + 10; jack->open(&host, &driver) && server_seconds() < end;)
            server_wait_ms(50); /* on a busy machine it may take longer than the driver waits for */
        CHECK(driver != NULL);
        stream *a = open_stream(driver, 1, 1, PERIOD);
        run_a_while(a);
        CHECK_EQ(a->losses, 0);
        close_stream(a);
        jack->close(driver);
    }
    for (int i = 0; i < 2; i++)
        server_end(others[i], SIGKILL);
    server_close(&s);
}

static void a_server_that_hangs_hangs_nobody(void)
{
    server s;
    server_open_jack(&s, RATE, PERIOD, CHANNELS);
    void *driver = open_driver();
    stream *a = open_stream(driver, 0, 1, PERIOD);
    run_a_while(a);
    server_pause(&s);
    double begin = server_seconds();
    CHECK_EQ(jack->io_stop(a->io), 0);
    CHECK(server_seconds() - begin < 1);
    close_stream(a);
    jack->close(driver);
    CHECK(server_seconds() - begin < 5);
    begin = server_seconds();
    CHECK_EQ(jack->open(&host, &driver), kAudioHardwareNotRunningError);
    CHECK(server_seconds() - begin < 5);
    server_resume(&s);
    server_wait_ms(1500); /* what was left behind ends by itself */
    driver = open_driver();
    a = open_stream(driver, 0, 1, PERIOD);
    run_a_while(a);
    close_stream(a);
    jack->close(driver);
    server_close(&s);
}

int main(void)
{
    if (server_missing("jackd"))
        return 0;
    RUN(nothing_without_a_server);
    RUN(device_is_as_jack_says);
    RUN(loop_is_exact_and_one_period_late);
    RUN(jack_rec_hears_the_count);
    RUN(times_are_of_the_host_clock);
    RUN(period_changes_under_a_stream);
    RUN(a_cycle_too_long_is_an_overload);
    RUN(stops_and_starts);
    RUN(ports_that_come_and_go);
    RUN(server_dies_and_comes_back);
    RUN(programs_that_leave_while_it_opens);
    RUN(a_server_that_hangs_hangs_nobody);
    return 0;
}
