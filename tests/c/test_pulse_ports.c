/*
 * The ports of a sink or a source are the data sources of its device. A null sink has none, so this takes the
 * kernel's dummy card, whose mixer has a microphone and a line input (`make test-alsa` starts a kernel that
 * has it).
 */
#include "hal_help.h"
#include "server_kit.h"

#define SOURCE "alsa_input.dummy.both"

enum { IN = kAudioObjectPropertyScopeInput };

static const char profiles[] = "[General]\nauto-profiles = yes\n"
                               "[Mapping both]\ndevice-strings = hw:%f\nchannel-map = left,right\n"
                               "paths-output = analog-output\n"
                               "paths-input = analog-input-mic analog-input-linein\n";

static void begin(server *s)
{
    char path[64], script[256];
    snprintf(path, sizeof path, "/tmp/coremusic-profiles-%d.conf", (int)getpid());
    FILE *file = fopen(path, "w");
    CHECK(file && fputs(profiles, file) >= 0);
    fclose(file);
    snprintf(script, sizeof script,
             "load-module module-alsa-card device_id=Dummy name=dummy profile_set=%s\n", path);
    server_open_pulse(s, script);
    unlink(path);
    CHECK_EQ(CMEngineSelectDriver("pulse"), noErr);
}

static _Atomic int news;

static OSStatus hear(AudioObjectID object, UInt32 count, const AudioObjectPropertyAddress *addresses,
                     void *client)
{
    (void)object, (void)count, (void)addresses, (void)client;
    atomic_fetch_add(&news, 1);
    return noErr;
}

static void check_name(AudioObjectID device, UInt32 source, const char *expected)
{
    CFStringRef name = NULL;
    AudioValueTranslation translation = { &source, sizeof source, &name, sizeof name };
    get(device, at(kAudioDevicePropertyDataSourceNameForIDCFString, IN), &translation, sizeof translation);
    CHECK_STR(CFStringGetCStringPtr(name, kCFStringEncodingUTF8), expected);
    CFRelease(name);
}

static bool server_says(const char *port)
{
    return strstr(server_run("pactl list sources | grep 'Active Port'"), port) != NULL;
}

static void ports_are_data_sources(void)
{
    server s;
    begin(&s);
    AudioObjectID device = device_of_uid(SOURCE);
    AudioObjectPropertyAddress source = at(kAudioDevicePropertyDataSource, IN);
    UInt32 sources[2];
    CHECK(device != kAudioObjectUnknown);
    get(device, at(kAudioDevicePropertyDataSources, IN), sources, sizeof sources);
    CHECK(sources[0] != sources[1]);
    CHECK_EQ(get_u32(device, source), sources[0]);
    check_name(device, sources[0], "Microphone");
    check_name(device, sources[1], "Line In");
    CHECK_EQ(AudioObjectAddPropertyListener(device, &source, hear, NULL), noErr);
    CHECK_EQ(set_u32(device, source, sources[1]), noErr);
    CHECK(server_says("analog-input-linein"));
    CHECK_EQ(get_u32(device, source), sources[1]);
    WAIT_FOR(news == 1);
    server_run("pactl set-source-port " SOURCE " analog-input-mic"); /* someone else */
    WAIT_FOR(get_u32(device, source) == sources[0] && news == 2);
    CHECK_EQ(set_u32(device, source, 7), kAudioHardwareIllegalOperationError);
    CHECK_EQ(AudioObjectRemovePropertyListener(device, &source, hear, NULL), noErr);
    CHECK_EQ(CMEngineSelectDriver("virtual"), noErr);
    server_close(&s);
}

int main(void)
{
    alarm(200);
    setvbuf(stdout, NULL, _IOLBF, 0);
    setenv("COREMUSIC_DRIVER", "virtual", 1);
    if (server_missing("pulseaudio"))
        return 0;
    if (access("/proc/asound/Dummy", F_OK) != 0) {
        printf("skipped: this kernel has no dummy card; make test-alsa starts one that has\n");
        return 0;
    }
    RUN(ports_are_data_sources);
    return 0;
}
