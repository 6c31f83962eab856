/* Audio objects and IOProcs on the JACK driver, against real servers. */
#include "hal_help.h"
#include "server_kit.h"

#include <CoreAudio/AudioHardwareBase.h>

enum { RATE = 48000, PERIOD = 4096, KEPT = 1 << 18 };

typedef struct player {
    AudioDeviceIOProcID id;
    _Atomic int calls;
    _Atomic UInt32 frames;
    int sent, heard;
    int kept_from; /* the first frame that was not silent */
    _Atomic int keeps;
    Float32 kept[KEPT];
} player;

static Float32 count_sample(int n)
{
    return (Float32)(n % 30000 + 1) / 32768;
}

static OSStatus play(AudioObjectID device, const AudioTimeStamp *now, const AudioBufferList *in,
                     const AudioTimeStamp *in_time, AudioBufferList *out, const AudioTimeStamp *out_time,
                     void *context)
{
    (void)device, (void)now, (void)in_time, (void)out_time;
    player *p = context;
    UInt32 frames = out->mBuffers[0].mDataByteSize / (UInt32)sizeof(Float32) /
                    out->mBuffers[0].mNumberChannels;
    Float32 *samples = out->mBuffers[0].mData;
    const Float32 *heard = in->mBuffers[0].mData;
    for (UInt32 i = 0; i < frames; i++, p->sent++)
        samples[i * out->mBuffers[0].mNumberChannels] = count_sample(p->sent);
    for (UInt32 i = 0; i < frames; i++, p->heard++) {
        Float32 sample = heard[i * in->mBuffers[0].mNumberChannels];
        if (!p->keeps)
            p->kept_from = p->heard;
        if (p->keeps < KEPT && (p->keeps || sample != 0))
            p->kept[p->keeps++] = sample;
    }
    atomic_store(&p->frames, frames);
    atomic_fetch_add(&p->calls, 1);
    return noErr;
}

static AudioObjectID jack_device(const server *s)
{
    char uid[96];
    snprintf(uid, sizeof uid, "jack:%s", s->name);
    return device_of_uid(uid);
}

static void begin(server *s)
{
    server_open_jack(s, RATE, PERIOD, 2);
    CHECK_EQ(CMEngineSelectDriver("jack"), noErr);
    CHECK_STR(CMEngineGetDriver(), "jack");
}

static void end(server *s)
{
    CHECK_EQ(CMEngineSelectDriver("virtual"), noErr);
    server_close(s);
}

static void an_io_proc_is_a_client_of_the_server(void)
{
    server s;
    begin(&s);
    AudioObjectID device = jack_device(&s);
    CHECK(device != kAudioObjectUnknown);
    CHECK_EQ(get_u32(kAudioObjectSystemObject, global(kAudioHardwarePropertyDefaultOutputDevice)), device);
    CHECK_EQ(get_u32(kAudioObjectSystemObject, global(kAudioHardwarePropertyDefaultInputDevice)), device);
    CHECK_EQ(get_f64(device, global(kAudioDevicePropertyNominalSampleRate)), RATE);
    CHECK_EQ(set_f64(device, global(kAudioDevicePropertyNominalSampleRate), 44100),
             kAudioHardwareIllegalOperationError);
    player *p = calloc(1, sizeof *p);
    CHECK_EQ(AudioDeviceCreateIOProcID(device, play, p, &p->id), noErr);
    CHECK_EQ(AudioDeviceStart(device, p->id), noErr);
    server_ask_jack("jack_connect coremusic:output_1 coremusic:input_1 && echo done");
    WAIT_FOR(p->keeps > RATE / 2);
    CHECK_EQ(AudioDeviceStop(device, p->id), noErr);
    for (int i = 0; i < p->keeps; i++)
        CHECK(p->kept[i] == count_sample(p->kept_from + i - PERIOD));
    CHECK_EQ(AudioDeviceDestroyIOProcID(device, p->id), noErr);
    CHECK_EQ(cm_render_violations(NULL), 0);
    free(p);
    end(&s);
}

static void buffer_size_is_the_server_s_both_ways(void)
{
    server s;
    begin(&s);
    AudioObjectID device = jack_device(&s);
    player *p = calloc(1, sizeof *p);
    CHECK_EQ(AudioDeviceCreateIOProcID(device, play, p, &p->id), noErr);
    CHECK_EQ(AudioDeviceStart(device, p->id), noErr);
    WAIT_FOR(p->frames == PERIOD);
    server_ask_jack("jack_bufsize 512 && echo done");
    WAIT_FOR(get_u32(device, global(kAudioDevicePropertyBufferFrameSize)) == 512);
    WAIT_FOR(p->frames == 512);
    CHECK_EQ(atoi(server_ask_jack("jack_bufsize")), 512);
    CHECK_EQ(set_u32(device, global(kAudioDevicePropertyBufferFrameSize), 2048), noErr);
    WAIT_FOR(p->frames == 2048);
    CHECK_EQ(atoi(server_ask_jack("jack_bufsize")), 2048);
    CHECK_EQ(AudioDeviceStop(device, p->id), noErr);
    CHECK_EQ(AudioDeviceDestroyIOProcID(device, p->id), noErr);
    free(p);
    end(&s);
}

static void a_killed_server_s_device_goes_and_comes_back(void)
{
    server s;
    begin(&s);
    AudioObjectID device = jack_device(&s);
    player *p = calloc(1, sizeof *p);
    CHECK_EQ(AudioDeviceCreateIOProcID(device, play, p, &p->id), noErr);
    CHECK_EQ(AudioDeviceStart(device, p->id), noErr);
    WAIT_FOR(p->calls > 5);
    server_kill(&s);
    WAIT_FOR(jack_device(&s) == kAudioObjectUnknown);
    int calls = p->calls;
    server_wait_ms(100);
    CHECK_EQ(p->calls, calls);
    server_launch(&s);
    WAIT_FOR(jack_device(&s) != kAudioObjectUnknown);
    device = jack_device(&s);
    CHECK_EQ(AudioDeviceCreateIOProcID(device, play, p, &p->id), noErr);
    CHECK_EQ(AudioDeviceStart(device, p->id), noErr);
    WAIT_FOR(p->calls > calls + 5);
    CHECK_EQ(AudioDeviceDestroyIOProcID(device, p->id), noErr);
    end(&s);
    free(p);
}

int main(void)
{
    if (server_missing("jackd"))
        return 0;
    setenv("COREMUSIC_DRIVER", "virtual", 1);
    RUN(an_io_proc_is_a_client_of_the_server);
    RUN(buffer_size_is_the_server_s_both_ways);
    RUN(a_killed_server_s_device_goes_and_comes_back);
    return 0;
}
