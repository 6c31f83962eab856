/*
 * Sound through the PulseAudio driver: what is played comes out of the sink's monitor bit for bit, through
 * the driver's own input and through an independent parec; sample time stays true through everything.
 */
#include "pulse_kit.h"

#include "base/realtime.h"

#define HEARD "heard.f32"

static char *in_folder(const server *s, const char *name)
{
    static char path[96];
    snprintf(path, sizeof path, "%s/%s", s->folder, name);
    return path;
}

/* Buffers that a busy machine keeps up with, where a test is not about small ones. */
enum { LARGE = 2048, TRIES = 5 };

/* The sound arrives whole: no frame is missing, doubled or changed. */
static void check_whole(run found, size_t at_least)
{
    if (found.breaks)
        fprintf(stderr, "%zu frames, %zu breaks, %zu silent\n", found.frames, found.breaks, found.silent);
    CHECK(found.frames >= at_least);
    CHECK_EQ(found.first, 1);
    CHECK_EQ(found.breaks, 0);
    CHECK_EQ(found.frames, found.last - found.first + 1);
}

/* True when the machine was too busy for a test that nothing may disturb; what is told must be true even so.
 */
static bool was_late(const stream *s)
{
    CHECK(!s->wrong_time);
    CHECK_EQ(s->lost, 0);
    CHECK(s->skipped == 0 || s->overloads > 0);
    return s->overloads > 0;
}

static void check_recording(const char *path, size_t at_least)
{
    Float32 *heard;
    size_t count = sound_read(path, 2, &heard);
    check_whole(sound_run(heard, count, 2), at_least);
    free(heard);
}

/* Whether either recording has holes. */
static bool is_broken(const stream *in, const char *path)
{
    Float32 *heard;
    size_t count = sound_read(path, 2, &heard);
    bool broken = sound_run(heard, count, 2).breaks || sound_run(in->heard, in->heard_frames, 2).breaks;
    free(heard);
    return broken;
}

/*
 * Plays for some time on `out`; the driver's own input and parec hear it. False: the machine was late. A
 * server may play silence when its own cycle is late and tell nobody: PipeWire.
 */
static bool try_to_hear(server *s, UInt32 frames, long ms, bool tells_all)
{
    stream out, in;
    stream_open(&in, "out.monitor", CM_INPUT, 2, 48000, frames);
    stream_open(&out, "out", CM_OUTPUT, 2, 48000, frames);
    pid_t recorder = server_record("out.monitor", in_folder(s, HEARD), 48000, 2);
    stream_start(&in);
    CHECK(WITHIN(20, in.cycles > 5));
    server_wait_ms(100);
    stream_start(&out);
    server_wait_ms(ms);
    stream_stop(&out);
    server_wait_ms(150);
    stream_stop(&in);
    server_end(recorder, SIGTERM);
    bool late = was_late(&out) | was_late(&in) | (!tells_all && is_broken(&in, in_folder(s, HEARD)));
    if (!late) {
        check_whole(sound_run(in.heard, in.heard_frames, 2), (size_t)(48 * ms * 6 / 10));
        check_recording(in_folder(s, HEARD), (size_t)(48 * ms * 6 / 10));
    }
    stream_close(&out);
    stream_close(&in);
    return !late;
}

static void play_and_hear(server *s, UInt32 frames, long ms, bool tells_all)
{
    bool heard = false;
    for (int i = 0; i < TRIES && !heard; i++)
        heard = try_to_hear(s, frames, ms, tells_all);
    CHECK(heard);
}

static void test_bit_exact(void)
{
    server s;
    const char *violation = NULL;
    unsigned long before = cm_render_violations(NULL);
    pulse_begin(&s, SERVER_NULL_SINK);
    play_and_hear(&s, LARGE, 1000, true);
    play_and_hear(&s, 1999, 1000, true);
    unsigned long count = cm_render_violations(&violation) - before;
    if (count)
        fprintf(stderr, "%s\n", violation);
    CHECK_EQ(count, 0);
    pulse_end(&s);
}

/* False: the machine was late. */
static bool start_and_stop(stream *out, stream *in)
{
    in->heard_frames = 0;
    atomic_store(&in->cycles, 0);
    atomic_store(&in->overloads, 0);
    atomic_store(&out->overloads, 0);
    stream_start(in);
    CHECK(WITHIN(20, in->cycles > 3));
    stream_start(out);
    server_wait_ms(250);
    stream_stop(out);
    int cycles = out->cycles;
    server_wait_ms(150);
    CHECK_EQ(out->cycles, cycles);
    stream_stop(in);
    bool late = was_late(out) | was_late(in);
    if (!late)
        check_whole(sound_run(in->heard, in->heard_frames, 2), 4000);
    return !late;
}

/* Every start is a new beginning: the first frame is heard and nothing old is. */
static void test_start_and_stop_again(void)
{
    server s;
    stream out, in;
    int heard = 0;
    pulse_begin(&s, SERVER_NULL_SINK);
    stream_open(&in, "out.monitor", CM_INPUT, 2, 48000, LARGE);
    stream_open(&out, "out", CM_OUTPUT, 2, 48000, LARGE);
    for (int round = 0; round < 10; round++)
        heard += start_and_stop(&out, &in);
    CHECK(heard >= 3);
    stream_close(&in);
    stream_close(&out);
    pulse_end(&s);
}

static void test_stop_from_inside(void)
{
    server s;
    stream out, in;
    pulse_begin(&s, SERVER_NULL_SINK);
    stream_open(&in, "out.monitor", CM_INPUT, 2, 48000, 256);
    stream_open(&out, "out", CM_OUTPUT, 2, 48000, 256);
    in.stop_after = out.stop_after = 7;
    stream_start(&in);
    stream_start(&out);
    CHECK(WITHIN(20, in.cycles == 7 && out.cycles == 7));
    server_wait_ms(60);
    CHECK_EQ(in.cycles, 7);
    CHECK_EQ(out.cycles, 7);
    stream_stop(&out); /* waits until it has */
    out.stop_after = 0;
    stream_start(&out);
    CHECK(WITHIN(20, out.cycles > 20));
    stream_close(&in);
    stream_close(&out);
    pulse_end(&s);
}

static void test_times(void)
{
    server s;
    stream out;
    AudioTimeStamp now;
    pulse_begin(&s, SERVER_NULL_SINK);
    stream_open(&out, "out", CM_OUTPUT, 2, 48000, LARGE);
    CHECK_EQ(cm_driver_pulse.io_time(out.io, &now), kAudioHardwareNotRunningError);
    stream_start(&out);
    CHECK(WITHIN(20, out.cycles > 30));
    CHECK_EQ(cm_driver_pulse.io_time(out.io, &now), 0);
    UInt64 host = AudioGetCurrentHostTime();
    CHECK(host >= now.mHostTime && host - now.mHostTime < 500000000);
    stream_stop(&out);
    CHECK(!out.wrong_time);
    /* What is written now is heard later, by as much as the settings say and one cycle at most. */
    Float64 lead = ((Float64)out.last.output_time.mHostTime - (Float64)out.last.now.mHostTime) * 48e-6 /
                   out.last.output_time.mRateScalar;
    CHECK(lead > 0 && lead < out.settings.latency[CM_OUTPUT] + 2 * LARGE);
    CHECK_NEAR(out.last.output_time.mSampleTime - out.last.now.mSampleTime, lead, 1);
    CHECK_NEAR(out.last.output_time.mRateScalar, 1, 5e-3);
    stream_close(&out);
    pulse_end(&s);
}

/* The server resamples: sample time goes at the stream's rate by our own watch. */
static void test_other_rates(void)
{
    static const Float64 rates[] = { 8000, 44100, 96000 };
    server s;
    pulse_begin(&s, SERVER_NULL_SINK);
    for (int i = 0; i < 3; i++) {
        stream out;
        stream_open(&out, "out", CM_OUTPUT, 1, rates[i], (UInt32)(rates[i] / 100));
        CHECK_EQ(out.settings.rate, rates[i]);
        stream_start(&out);
        double start = server_seconds();
        server_wait_ms(800);
        stream_stop(&out);
        /* Where the queue grew, that much was asked for ahead of time. */
        Float64 ahead = cm_driver_pulse.io_latency(out.io, CM_OUTPUT) - out.settings.latency[CM_OUTPUT];
        CHECK_NEAR((out.next - ahead) / rates[i] / (server_seconds() - start), 1, 0.08);
        CHECK(!out.wrong_time);
        stream_close(&out);
    }
    pulse_end(&s);
}

/* A cycle that comes 500 ms late loses sound; what is heard after it is where sample time says. */
static void test_overload(void)
{
    server s;
    stream out, in;
    pulse_begin(&s, SERVER_NULL_SINK);
    stream_open(&in, "out.monitor", CM_INPUT, 2, 48000, LARGE);
    stream_open(&out, "out", CM_OUTPUT, 2, 48000, LARGE);
    out.sleep_at = 10;
    out.sleep_ms = 500;
    stream_start(&in);
    CHECK(WITHIN(20, in.cycles > 3));
    stream_start(&out);
    CHECK(WITHIN(20, out.cycles > 25));
    stream_stop(&out);
    server_wait_ms(200);
    stream_stop(&in);
    CHECK(was_late(&out));
    CHECK(out.skipped > 0.35 * 48000 && out.skipped < 0.6 * 48000);
    run found = sound_run(in.heard, in.heard_frames, 2);
    CHECK_EQ(found.first, 1);
    CHECK(found.breaks >= 1 && found.silent >= out.skipped);
    CHECK_EQ(found.last - found.first + 1, found.frames + found.silent);
    stream_close(&in);
    stream_close(&out);
    pulse_end(&s);
}

/* Microseconds of sound that the server holds for its only playing stream, and in the sink, as it says. */
static double queued_us(void)
{
    const char *text = server_run("pactl list sink-inputs");
    const char *buffer = strstr(text, "Buffer Latency:"), *sink = strstr(text, "Sink Latency:");
    CHECK(buffer && sink);
    return strtod(buffer + strlen("Buffer Latency:"), NULL) + strtod(sink + strlen("Sink Latency:"), NULL);
}

/*
 * The queue begins with less than two cycles, and a cycle that comes late makes it longer: the latency that
 * is told is that of what the server says that it holds. A new start begins short again.
 */
static void test_queue_grows(void)
{
    enum { CYCLE = 1920 };
    server s;
    stream out;
    pulse_begin(&s, SERVER_NULL_SINK);
    stream_open(&out, "out", CM_OUTPUT, 2, 48000, CYCLE);
    UInt32 at_first = cm_driver_pulse.io_latency(out.io, CM_OUTPUT);
    CHECK_EQ(at_first, out.settings.latency[CM_OUTPUT]);
    CHECK(at_first <= 1.25 * CYCLE);
    out.sleep_at = 10;
    out.sleep_ms = 120;
    stream_start(&out);
    CHECK(WITHIN(20, out.cycles > 20));
    UInt32 grown = cm_driver_pulse.io_latency(out.io, CM_OUTPUT);
    CHECK(out.delays >= 1 && grown >= at_first + CYCLE);
    CHECK(queued_us() < 1e6 * (grown + CYCLE) / 48000 + 5000);
    CHECK(WITHIN(20, queued_us() > 1e6 * (at_first + CYCLE) / 48000));
    stream_stop(&out);
    out.sleep_at = 0;
    stream_start(&out);
    CHECK(WITHIN(20, out.cycles > 25));
    CHECK(cm_driver_pulse.io_latency(out.io, CM_OUTPUT) < grown);
    stream_close(&out);
    pulse_end(&s);
}

/* One short delay does not take the latency to the most that it may be. */
static void test_queue_grows_by_what_was_late(void)
{
    enum { CYCLE = 480, MUCH = 60 * 48 };
    server s;
    stream out;
    bool fits = false;
    pulse_begin(&s, SERVER_NULL_SINK);
    stream_open(&out, "out", CM_OUTPUT, 2, 48000, CYCLE);
    for (int i = 0; i < TRIES && !fits; i++) {
        atomic_store(&out.cycles, 0);
        atomic_store(&out.delays, 0);
        out.sleep_at = 20;
        out.sleep_ms = 15;
        stream_start(&out);
        CHECK(WITHIN(20, out.cycles > 60));
        fits = out.delays >= 1 && cm_driver_pulse.io_latency(out.io, CM_OUTPUT) < MUCH;
        stream_stop(&out);
    }
    CHECK(fits);
    stream_close(&out);
    pulse_end(&s);
}

/* A suspended device: no cycle comes, stopping does not wait, and afterwards sample time has gone on. */
static void test_suspended_sink(void)
{
    server s;
    stream out;
    pulse_begin(&s, SERVER_NULL_SINK);
    stream_open(&out, "out", CM_OUTPUT, 2, 48000, 480);
    stream_start(&out);
    CHECK(WITHIN(20, out.cycles > 50));
    double away = server_seconds();
    server_run("pactl suspend-sink out 1");
    server_wait_ms(100);
    int cycles = out.cycles;
    server_wait_ms(400);
    CHECK(out.cycles <= cycles + 1);
    server_run("pactl suspend-sink out 0");
    CHECK(WITHIN(20, out.cycles > cycles));
    away = server_seconds() - away;
    CHECK(WITHIN(20, out.cycles > cycles + 50));
    server_run("pactl suspend-sink out 1");
    double start = server_seconds();
    stream_stop(&out);
    stream_close(&out);
    CHECK(server_seconds() - start < 5); /* the sink will not wake up by itself */
    CHECK(!out.wrong_time);
    CHECK_EQ(out.lost, 0);
    CHECK(out.overloads >= 1);
    CHECK(out.skipped > 0.4 * 48000 && out.skipped < away * 48000 + 4800);
    pulse_end(&s);
}

/* A server that stood still for half a second goes on where its own time is. */
static void test_server_stands_still(void)
{
    server s;
    stream out, in;
    pulse_begin(&s, SERVER_NULL_SINK);
    stream_open(&in, "out.monitor", CM_INPUT, 2, 48000, 480);
    stream_open(&out, "out", CM_OUTPUT, 2, 48000, 480);
    stream_start(&in);
    stream_start(&out);
    CHECK(WITHIN(20, out.cycles > 50));
    double away = server_seconds();
    server_pause(&s);
    server_wait_ms(500);
    server_resume(&s);
    int cycles = out.cycles;
    CHECK(WITHIN(20, out.cycles > cycles));
    away = server_seconds() - away;
    CHECK(WITHIN(20, out.cycles > cycles + 50));
    stream_stop(&out);
    stream_stop(&in);
    CHECK(out.overloads >= 1 && !out.wrong_time && out.lost == 0 && in.lost == 0);
    CHECK(out.skipped > 0.3 * 48000 && out.skipped < away * 48000 + 4800);
    stream_close(&in);
    stream_close(&out);
    pulse_end(&s);
}

#define SURROUND "front-left,front-right,rear-left,rear-right,front-center,lfe"

/* Core Audio's order of channels on this side, the sink's on the other. */
static void test_surround_order(void)
{
    server s;
    stream out;
    pulse_begin(&s, "load-module module-null-sink sink_name=surround rate=48000 channels=6 format=float32le "
                    "norewinds=1 channel_map=" SURROUND "\n");
    stream_open(&out, "surround", CM_OUTPUT, 6, 48000, LARGE);
    pid_t recorder = SERVER_SPAWN(in_folder(&s, HEARD), "parec", "--raw", "--format=float32le",
                                  "--rate=48000", "--channels=6", "--channel-map=" SURROUND,
                                  "--device=surround.monitor", "--latency-msec=20");
    struct stat written;
    CHECK(WITHIN(20, stat(in_folder(&s, HEARD), &written) == 0 && written.st_size > 0));
    stream_start(&out);
    server_wait_ms(600);
    stream_stop(&out);
    server_wait_ms(100);
    server_end(recorder, SIGTERM);
    Float32 *heard;
    size_t count = sound_read(in_folder(&s, HEARD), 6, &heard);
    /* Where L R Ls Rs C LFE are in Core Audio's L R C LFE Ls Rs. */
    static const UInt32 theirs[] = { 0, 1, 4, 5, 2, 3 };
    size_t whole = 0;
    for (size_t i = 0; i < count; i++) {
        UInt32 sample = sound_count(heard + i * 6, 1);
        bool same = sample > 0;
        for (UInt32 c = 0; same && c < 6; c++)
            same = heard[i * 6 + c] == sound_at(sample - 1, theirs[c]);
        whole += same;
    }
    CHECK(whole > 20000);
    free(heard);
    stream_close(&out);
    pulse_end(&s);
}

/* One channel of a stereo sink is the left one; the other stays silent. */
static void test_fewer_channels(void)
{
    server s;
    stream out, in;
    pulse_begin(&s, SERVER_NULL_SINK);
    stream_open(&in, "out.monitor", CM_INPUT, 2, 48000, 480);
    stream_open(&out, "out", CM_OUTPUT, 1, 48000, LARGE);
    stream_start(&in);
    stream_start(&out);
    server_wait_ms(500);
    stream_stop(&out);
    stream_stop(&in);
    size_t left = 0, right = 0;
    for (size_t i = 0; i < in.heard_frames; i++) {
        left += sound_count(in.heard + 2 * i, 1) > 0;
        right += in.heard[2 * i + 1] != 0;
    }
    CHECK(left > 9600);
    CHECK_EQ(right, 0);
    stream_close(&in);
    stream_close(&out);
    pulse_end(&s);
}

/* What PipeWire lost for want of our sound it tells, and sample time goes on by it. */
static void check_late_cycle_is_told(void)
{
    stream out;
    stream_open(&out, "out", CM_OUTPUT, 2, 48000, LARGE);
    out.sleep_at = 10;
    out.sleep_ms = 500;
    stream_start(&out);
    CHECK(WITHIN(20, out.cycles > 25));
    stream_stop(&out);
    CHECK(was_late(&out));
    CHECK(out.skipped > 0.35 * 48000 && out.skipped < 0.6 * 48000);
    stream_close(&out);
}

static void test_pipewire(void)
{
    server s;
    stream out, in;
    static const char *const programs[] = { "pipewire", "wireplumber", "pipewire-pulse", "dbus-daemon" };
    for (int i = 0; i < 4; i++)
        if (server_missing(programs[i]))
            return;
    server_open_pipewire(&s);
    CHECK_EQ(cm_driver_pulse.open(&pulse_host, &pulse), 0);
    char uid[CM_DEVICE_TEXT];
    CHECK_EQ(cm_driver_pulse.get_default(pulse, CM_OUTPUT, uid), 0);
    CHECK_STR(uid, "out");
    CHECK(pulse_has("out") && pulse_has("out.monitor"));
    play_and_hear(&s, LARGE, 1000, false);
    check_late_cycle_is_told();
    stream_open(&out, "out", CM_OUTPUT, 2, 48000, 1024);
    stream_open(&in, "out.monitor", CM_INPUT, 2, 48000, 1024);
    stream_start(&out);
    stream_start(&in);
    CHECK(WITHIN(20, out.cycles > 10 && in.cycles > 10));
    CHECK_EQ(cm_driver_pulse.set_volume(pulse, "out", CM_OUTPUT, 0, 0.5f), 0);
    CHECK(strstr(server_run("pactl get-sink-volume out"), "50%") != NULL);
    int before = pulse_changes;
    server_kill(&s);
    CHECK(WITHIN(20, out.lost == 1 && in.lost == 1 && pulse_changes > before));
    stream_close(&out);
    stream_close(&in);
    before = pulse_changes;
    server_launch(&s);
    CHECK(WITHIN(20, pulse_changes > before));
    CHECK(WITHIN(20, pulse_has("out")));
    pulse_end(&s);
}

int main(void)
{
    alarm(120);
    if (server_missing("pulseaudio") || server_missing("parec"))
        return 0;
    RUN(test_bit_exact);
    RUN(test_start_and_stop_again);
    RUN(test_stop_from_inside);
    RUN(test_times);
    RUN(test_other_rates);
    RUN(test_overload);
    RUN(test_queue_grows);
    RUN(test_queue_grows_by_what_was_late);
    RUN(test_suspended_sink);
    RUN(test_server_stands_still);
    RUN(test_surround_order);
    RUN(test_fewer_channels);
    RUN(test_pipewire);
    return 0;
}
