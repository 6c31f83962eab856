/* The PulseAudio driver's devices against what pactl says of a private server, and its way through failures.
 */
#include "pulse_kit.h"

#include "device/pulse_library.h"

static void test_no_server(void)
{
    setenv("PULSE_SERVER", "unix:/nonexistent", 1);
    double start = server_seconds();
    void *driver = NULL;
    CHECK_EQ(cm_driver_pulse.open(&pulse_host, &driver), kAudioHardwareNotRunningError);
    CHECK(cm_detail(kAudioHardwareNotRunningError) != NULL);
    CHECK(driver == NULL);
    CHECK(server_seconds() - start < 5);
}

/* A line of `pactl list short`: number, name, module, format, state. */
static void check_short_list(const device_list *list, cm_side side)
{
    char *rest = strdup(server_run("pactl list short %s", side == CM_OUTPUT ? "sinks" : "sources"));
    int found = 0, here = 0;
    for (char *line = rest; (line = strtok(line, "\n")); line = NULL) {
        char name[256], format[32];
        unsigned channels, rate;
        CHECK_EQ(sscanf(line, "%*u %255s %*s %31s %uch %uHz", name, format, &channels, &rate), 4);
        const cm_device_description *device = pulse_find(list, name);
        CHECK(device != NULL);
        CHECK_EQ(device->side[side].channels, channels);
        CHECK_EQ(device->side[CM_SIDES - 1 - side].channels, 0);
        CHECK_EQ(device->rate, rate);
        CHECK_EQ(device->is_loopback, strstr(name, ".monitor") != NULL);
        found++;
    }
    for (int i = 0; i < list->count; i++)
        here += list->items[i].side[side].channels > 0;
    CHECK_EQ(found, here);
    free(rest);
}

static void test_devices_are_what_pactl_lists(void)
{
    server s;
    pulse_begin(&s,
                SERVER_NULL_SINK "load-module module-null-sink sink_name=odd rate=37000 channels=3 "
                                 "sink_properties=\"device.description='A Sink'\"\n"
                                 "load-module module-null-sink sink_name=surround rate=96000 channels=6 "
                                 "channel_map=front-left,front-right,rear-left,rear-right,front-center,lfe "
                                 "sink_properties=device.bus=usb\n");
    device_list list = pulse_list();
    CHECK_EQ(list.count, 6);
    check_short_list(&list, CM_OUTPUT);
    check_short_list(&list, CM_INPUT);
    const cm_device_description *out = pulse_find(&list, "out"), *odd = pulse_find(&list, "odd"),
                                *surround = pulse_find(&list, "surround");
    CHECK_STR(out->name, "Out");
    CHECK_STR(odd->name, "A Sink");
    CHECK_EQ(out->transport, kAudioDeviceTransportTypeVirtual);
    CHECK_EQ(surround->transport, kAudioDeviceTransportTypeUSB);
    CHECK_EQ(out->side[CM_OUTPUT].layout, kAudioChannelLayoutTag_Stereo);
    CHECK_EQ(surround->side[CM_OUTPUT].layout, kAudioChannelLayoutTag_MPEG_5_1_A);
    bool own = false;
    for (UInt32 i = 0; i < odd->rate_count; i++) {
        own |= odd->rates[i] == 37000;
        CHECK(i == 0 || odd->rates[i] > odd->rates[i - 1]);
    }
    CHECK(own);
    CHECK_EQ(odd->rate_count, out->rate_count + 1);
    pulse_end(&s);
}

static void check_default(cm_side side, const char *uid)
{
    char found[CM_DEVICE_TEXT];
    CHECK_EQ(cm_driver_pulse.get_default(pulse, side, found), 0);
    CHECK_STR(found, uid);
}

static void test_defaults(void)
{
    server s;
    pulse_begin(&s, SERVER_NULL_SINK "load-module module-null-sink sink_name=other\n");
    check_default(CM_OUTPUT, "out");
    check_default(CM_INPUT, "out.monitor");
    int before = pulse_changes;
    server_run("pactl set-default-sink other");
    CHECK(WITHIN(20, pulse_changes > before));
    check_default(CM_OUTPUT, "other");
    CHECK_EQ(cm_driver_pulse.set_default(pulse, CM_OUTPUT, "out"), 0);
    CHECK_EQ(cm_driver_pulse.set_default(pulse, CM_INPUT, "other.monitor"), 0);
    CHECK_STR(server_run("pactl get-default-sink"), "out\n");
    CHECK_STR(server_run("pactl get-default-source"), "other.monitor\n");
    CHECK_EQ(cm_driver_pulse.set_default(pulse, CM_OUTPUT, "nobody"), kAudioHardwareBadDeviceError);
    pulse_end(&s);
}

static void test_volume_and_mute(void)
{
    server s;
    pulse_begin(&s, SERVER_NULL_SINK);
    CHECK_EQ(cm_driver_pulse.set_volume(pulse, "out", CM_OUTPUT, 0, 0.5f), 0);
    CHECK(strstr(server_run("pactl get-sink-volume out"), "50%") != NULL);
    CHECK_EQ(cm_driver_pulse.set_mute(pulse, "out", CM_OUTPUT, true), 0);
    CHECK_STR(server_run("pactl get-sink-mute out"), "Mute: yes\n");
    CHECK_EQ(cm_driver_pulse.set_volume(pulse, "out.monitor", CM_INPUT, 0, 0.25f), 0);
    CHECK(strstr(server_run("pactl get-source-volume out.monitor"), "25%") != NULL);
    int before = pulse_changes;
    server_run("pactl set-sink-volume out 30%% 60%%; pactl set-sink-mute out 0; pactl set-source-mute "
               "out.monitor 1");
    CHECK(WITHIN(20, pulse_changes >= before + 3));
    device_list list = pulse_list();
    const cm_device_description *out = pulse_find(&list, "out"), *monitor = pulse_find(&list, "out.monitor");
    CHECK_NEAR(out->side[CM_OUTPUT].volume, 0.6, 1e-4);
    CHECK(!out->side[CM_OUTPUT].mute && monitor->side[CM_INPUT].mute);
    CHECK_EQ(cm_driver_pulse.set_volume(pulse, "out", CM_OUTPUT, 0, 0.4f), 0); /* the balance stays */
    const char *volume = server_run("pactl get-sink-volume out");
    CHECK(strstr(volume, "20%") && strstr(volume, "40%"));
    CHECK_EQ(cm_driver_pulse.set_volume(pulse, "nobody", CM_OUTPUT, 0, 0.4f), kAudioHardwareBadDeviceError);
    CHECK_EQ(cm_driver_pulse.set_volume(pulse, "out", CM_OUTPUT, 0, 1.5f), cmParamError);
    pulse_end(&s);
}

/* The server has the channels of this sink in another order than Core Audio. */
static void test_channel_volumes(void)
{
    server s;
    pulse_begin(&s, "load-module module-null-sink sink_name=out channels=4 "
                    "channel_map=rear-right,front-right,rear-left,front-left\n");
    CHECK_EQ(cm_driver_pulse.set_volume(pulse, "out", CM_OUTPUT, 2, 0.5f), 0);
    CHECK_EQ(cm_driver_pulse.set_volume(pulse, "out", CM_OUTPUT, 3, 0.25f), 0);
    const char *volume = server_run("pactl get-sink-volume out | tr -s ' '");
    CHECK(strstr(volume, "front-right: 32768 / 50%") && strstr(volume, "rear-left: 16384 / 25%"));
    CHECK(strstr(volume, "front-left: 65536 / 100%") && strstr(volume, "rear-right: 65536 / 100%"));
    server_run("pactl set-sink-volume out 10%% 20%% 30%% 40%%");
    device_list list = pulse_list();
    const cm_device_side *side = &pulse_find(&list, "out")->side[CM_OUTPUT];
    static const double expected[] = { 0.4, 0.2, 0.3, 0.1 };
    CHECK_EQ(side->volume_count, 4);
    for (int i = 0; i < 4; i++)
        CHECK_NEAR(side->volumes[i], expected[i], 1e-4);
    CHECK_NEAR(side->volume, 0.4, 1e-4);
    CHECK_EQ(cm_driver_pulse.set_volume(pulse, "out", CM_OUTPUT, 5, 0.5f),
             kAudioHardwareUnsupportedOperationError);
    CHECK_EQ(cm_driver_pulse.set_source(pulse, "out", CM_OUTPUT, 1), kAudioHardwareIllegalOperationError);
    pulse_end(&s);
}

static void test_hot_plug(void)
{
    server s;
    pulse_begin(&s, SERVER_NULL_SINK);
    int before = pulse_changes;
    int module = atoi(server_run("pactl load-module module-null-sink sink_name=later"));
    CHECK(WITHIN(20, pulse_changes > before));
    CHECK(WITHIN(20, pulse_has("later") && pulse_has("later.monitor")));
    before = pulse_changes;
    server_run("pactl unload-module %d", module);
    CHECK(WITHIN(20, pulse_changes > before));
    CHECK(WITHIN(20, !pulse_has("later")));
    pulse_end(&s);
}

static void test_rate_is_set_for_this_process(void)
{
    server s;
    pulse_begin(&s, SERVER_NULL_SINK);
    int before = pulse_changes;
    CHECK_EQ(cm_driver_pulse.set_rate(pulse, "out", 44100), 0);
    CHECK(pulse_changes > before);
    device_list list = pulse_list();
    CHECK_EQ(pulse_find(&list, "out")->rate, 44100);
    CHECK_EQ(pulse_find(&list, "out.monitor")->rate, 48000);
    CHECK_EQ(cm_driver_pulse.set_rate(pulse, "out", 1e9), kAudioDeviceUnsupportedFormatError);
    pulse_end(&s);
}

static void test_streams_that_cannot_be(void)
{
    server s;
    pulse_begin(&s, SERVER_NULL_SINK);
    cm_io_settings settings = { .rate = 48000, .buffer_frames = 512, .channels = { 0, 2 } };
    void *io = NULL;
    CHECK_EQ(cm_driver_pulse.io_open(pulse, "nobody", &settings, &io), kAudioHardwareBadDeviceError);
    CHECK_EQ(cm_driver_pulse.io_open(pulse, "out.monitor", &settings, &io), kAudioHardwareBadDeviceError);
    settings.channels[CM_INPUT] = 2;
    CHECK_EQ(cm_driver_pulse.io_open(pulse, "out", &settings, &io), kAudioHardwareUnsupportedOperationError);
    settings.channels[CM_INPUT] = 0;
    settings.channels[CM_OUTPUT] = 3;
    CHECK_EQ(cm_driver_pulse.io_open(pulse, "out", &settings, &io), kAudioDeviceUnsupportedFormatError);
    settings.channels[CM_OUTPUT] = 2;
    settings.rate = 1e7;
    CHECK_EQ(cm_driver_pulse.io_open(pulse, "out", &settings, &io), kAudioDeviceUnsupportedFormatError);
    CHECK(io == NULL);
    pulse_end(&s);
}

/*
 * Whoever asks the server something waits for its answer in one of these two. That none is called says that
 * nothing is waited for, however long a busy machine takes; what hangs in another way, main's alarm ends.
 */
static _Thread_local int waits;
static __typeof__(cm_pulse.pa_threaded_mainloop_wait) wait_for_answer;
static __typeof__(cm_pulse.pa_mainloop_poll) poll_for_answer;

static void count_wait(pa_threaded_mainloop *loop)
{
    waits++;
    wait_for_answer(loop);
}

static int count_poll(pa_mainloop *loop)
{
    waits++;
    return poll_for_answer(loop);
}

static void begin_counting(void)
{
    waits = 0;
    wait_for_answer = cm_pulse.pa_threaded_mainloop_wait;
    poll_for_answer = cm_pulse.pa_mainloop_poll;
    cm_pulse.pa_threaded_mainloop_wait = count_wait;
    cm_pulse.pa_mainloop_poll = count_poll;
}

/* How often this thread waited. */
static int end_counting(void)
{
    cm_pulse.pa_threaded_mainloop_wait = wait_for_answer;
    cm_pulse.pa_mainloop_poll = poll_for_answer;
    return waits;
}

static int waits_of(void (*act)(stream *s), stream *s)
{
    begin_counting();
    act(s);
    return end_counting();
}

static void test_server_dies_and_comes_back(void)
{
    server s;
    stream out, in;
    pulse_begin(&s, SERVER_NULL_SINK);
    stream_open(&out, "out", CM_OUTPUT, 2, 48000, 480);
    stream_open(&in, "out.monitor", CM_INPUT, 2, 48000, 480);
    stream_start(&out);
    stream_start(&in);
    CHECK(WITHIN(20, out.cycles > 20 && in.cycles > 20));
    int before = pulse_changes;
    server_kill(&s);
    CHECK(WITHIN(1, out.lost && in.lost && pulse_changes > before));
    int cycles = out.cycles;
    server_wait_ms(100);
    CHECK_EQ(out.cycles, cycles);
    CHECK_EQ(cm_driver_pulse.io_start(out.io), kAudioHardwareNotRunningError);
    CHECK_EQ(waits_of(stream_stop, &out), 0);
    CHECK_EQ(waits_of(stream_close, &out), 0);
    CHECK_EQ(waits_of(stream_close, &in), 0);
    CHECK_EQ(out.lost, 1);
    CHECK_EQ(in.lost, 1);
    device_list none = { .count = 0 };
    CHECK_EQ(cm_driver_pulse.devices(pulse, pulse_keep_device, &none), kAudioHardwareNotRunningError);
    before = pulse_changes;
    server_launch(&s);
    CHECK(WITHIN(20, pulse_changes > before));
    stream_open(&out, "out", CM_OUTPUT, 2, 48000, 480);
    stream_start(&out);
    CHECK(WITHIN(20, out.cycles > 20));
    stream_close(&out);
    pulse_end(&s);
}

static void test_server_that_hangs(void)
{
    server s;
    stream out, spare;
    pulse_begin(&s, SERVER_NULL_SINK);
    stream_open(&out, "out", CM_OUTPUT, 2, 48000, 480);
    stream_open(&spare, "out", CM_OUTPUT, 2, 48000, 480);
    stream_start(&out);
    CHECK(WITHIN(20, out.cycles > 20));
    server_pause(&s);
    double start = server_seconds();
    device_list none = { .count = 0 };
    CHECK_EQ(cm_driver_pulse.devices(pulse, pulse_keep_device, &none), kAudioHardwareNotReadyError);
    CHECK(server_seconds() - start < 5);
    CHECK_EQ(waits_of(stream_stop, &out), 0);
    CHECK_EQ(waits_of(stream_close, &out), 0);
    CHECK_EQ(waits_of(stream_start, &spare), 0);
    CHECK_EQ(waits_of(stream_close, &spare), 0);
    void *second = NULL;
    start = server_seconds();
    CHECK_EQ(cm_driver_pulse.open(&pulse_host, &second), kAudioHardwareNotRunningError);
    CHECK(server_seconds() - start < 5);
    server_resume(&s);
    CHECK(WITHIN(20, cm_driver_pulse.devices(pulse, pulse_keep_device, &none) == 0));
    pulse_end(&s);
}

/* Whether it is between two tries to reach it, or in the middle of one. */
static void test_close_while_the_server_is_dead(void)
{
    static const long after_ms[] = { 0, 20, 150, 400 };
    for (int i = 0; i < 4; i++) {
        server s;
        pulse_begin(&s, SERVER_NULL_SINK);
        server_kill(&s);
        server_wait_ms(after_ms[i]);
        begin_counting();
        cm_driver_pulse.close(pulse);
        CHECK_EQ(end_counting(), 0);
        server_close(&s);
    }
}

static void test_close_while_the_server_hangs(void)
{
    server s;
    device_list none = { .count = 0 };
    pulse_begin(&s, SERVER_NULL_SINK);
    server_pause(&s);
    begin_counting();
    CHECK_EQ(cm_driver_pulse.devices(pulse, pulse_keep_device, &none), kAudioHardwareNotReadyError);
    CHECK(end_counting() > 0); /* this is what counts */
    begin_counting();
    cm_driver_pulse.close(pulse);
    CHECK_EQ(end_counting(), 0);
    server_close(&s);
}

/* Nothing plays and nothing changes on the server: only the late answer is news. */
static void test_news_when_the_server_answers_again(void)
{
    server s;
    device_list list = { .count = 0 };
    pulse_begin(&s, SERVER_NULL_SINK);
    server_wait_ms(200);
    int before = pulse_changes;
    server_pause(&s);
    for (int i = 0; i < 2; i++)
        CHECK_EQ(cm_driver_pulse.devices(pulse, pulse_keep_device, &list), kAudioHardwareNotReadyError);
    CHECK_EQ(pulse_changes, before);
    server_resume(&s);
    CHECK(WITHIN(10, pulse_changes > before));
    CHECK(pulse_has("out"));
    pulse_end(&s);
}

static void test_unloaded_sink(void)
{
    server s;
    stream out, in;
    pulse_begin(&s, SERVER_NULL_SINK);
    int module = atoi(server_run("pactl load-module module-null-sink sink_name=brief norewinds=1"));
    stream_open(&out, "brief", CM_OUTPUT, 2, 48000, 480);
    stream_open(&in, "brief.monitor", CM_INPUT, 2, 48000, 480);
    stream_start(&out); /* the other one is lost while it is idle */
    CHECK(WITHIN(20, out.cycles > 10));
    server_run("pactl unload-module %d", module);
    CHECK(WITHIN(20, out.lost == 1 && in.lost == 1));
    stream_close(&out);
    stream_close(&in);
    CHECK_EQ(out.lost, 1);
    CHECK_EQ(in.lost, 1);
    pulse_end(&s);
}

static void test_many_openings(void)
{
    server s;
    pulse_begin(&s, SERVER_NULL_SINK);
    for (int i = 0; i < 50; i++) {
        stream out;
        stream_open(&out, i % 2 ? "out" : "out.monitor", i % 2 ? CM_OUTPUT : CM_INPUT, 2, 48000, 480);
        if (i % 3)
            stream_start(&out);
        stream_close(&out);
        CHECK_EQ(out.lost, 0);
    }
    pulse_end(&s);
    for (int i = 0; i < 20; i++) {
        if (i == 0)
            server_open_pulse(&s, SERVER_NULL_SINK);
        CHECK_EQ(cm_driver_pulse.open(&pulse_host, &pulse), 0);
        cm_driver_pulse.close(pulse);
    }
    server_close(&s);
}

int main(void)
{
    alarm(120);
    if (server_missing("pulseaudio") || server_missing("pactl"))
        return 0;
    RUN(test_no_server);
    RUN(test_devices_are_what_pactl_lists);
    RUN(test_defaults);
    RUN(test_volume_and_mute);
    RUN(test_channel_volumes);
    RUN(test_hot_plug);
    RUN(test_rate_is_set_for_this_process);
    RUN(test_streams_that_cannot_be);
    RUN(test_server_dies_and_comes_back);
    RUN(test_server_that_hangs);
    RUN(test_close_while_the_server_is_dead);
    RUN(test_close_while_the_server_hangs);
    RUN(test_news_when_the_server_answers_again);
    RUN(test_unloaded_sink);
    RUN(test_many_openings);
    return 0;
}
