/*
 * A process that exits while a queue, an output unit and a listener are at work, at any moment of it: it ends
 * by itself, soon, with the code that it was to have, and the sanitizers have nothing to say (theirs is
 * another code).
 */
#include "audio_queue_kit.h"
#include "server_kit.h"

#include <CoreAudio/AudioHardware.h>

#ifdef __SANITIZE_THREAD__
/* In which it looks for races of the threads that are left; it would be a second. */
__attribute__((visibility("default"))) const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
    return "atexit_sleep_ms=50";
}
#endif

enum { TIMES = 200, AT_A_TIME = 4, LATEST_MS = 40, CODE = 7 };

typedef enum { EXIT_ON_MAIN_THREAD, EXIT_ON_ANOTHER, EXIT_WHILE_STARTING, WAYS } way;

static atomic_int played, rendered;
static useconds_t moment; /* microseconds of playing before the exit */

static void play_again(void *user, AudioQueueRef queue, AudioQueueBufferRef buffer)
{
    (void)user;
    atomic_fetch_add(&played, 1);
    AudioQueueEnqueueBuffer(queue, buffer, 0, NULL);
}

static OSStatus render(void *user, AudioUnitRenderActionFlags *flags, const AudioTimeStamp *time, UInt32 bus,
                       UInt32 frames, AudioBufferList *data)
{
    (void)user, (void)flags, (void)time, (void)bus, (void)frames;
    memset(data->mBuffers[0].mData, 0, data->mBuffers[0].mDataByteSize);
    atomic_fetch_add(&rendered, 1);
    return noErr;
}

static OSStatus be_told(AudioObjectID object, UInt32 count, const AudioObjectPropertyAddress *addresses,
                        void *user)
{
    (void)object, (void)count, (void)addresses, (void)user;
    rest(1);
    return noErr;
}

/* A server that many ask at a time, on a busy machine, may not answer within the second that it has. */
#define START(call)                                                                                          \
    do {                                                                                                     \
        OSStatus started = call;                                                                             \
        for (int tries = 1; tries < 5 && started != noErr; tries++)                                          \
            started = call;                                                                                  \
        CHECK_EQ(started, noErr);                                                                            \
    } while (0)

static AudioQueueRef start_queue(void)
{
    AudioStreamBasicDescription format = pcm(44100, 2, 16, INT);
    AudioQueueRef queue;
    CHECK_EQ(AudioQueueNewOutput(&format, play_again, NULL, NULL, NULL, 0, &queue), noErr);
    for (int i = 0; i < 3; i++) {
        AudioQueueBufferRef buffer;
        CHECK_EQ(AudioQueueAllocateBuffer(queue, 1024, &buffer), noErr);
        buffer->mAudioDataByteSize = 1024;
        CHECK_EQ(AudioQueueEnqueueBuffer(queue, buffer, 0, NULL), noErr);
    }
    START(AudioQueueStart(queue, NULL));
    return queue;
}

static void start_unit(void)
{
    AudioComponentDescription wanted = { kAudioUnitType_Output, kAudioUnitSubType_DefaultOutput,
                                         kAudioUnitManufacturer_Apple, 0, 0 };
    AURenderCallbackStruct callback = { render, NULL };
    AudioUnit unit;
    CHECK_EQ(AudioComponentInstanceNew(AudioComponentFindNext(NULL, &wanted), &unit), noErr);
    CHECK_EQ(AudioUnitSetProperty(unit, kAudioUnitProperty_SetRenderCallback, kAudioUnitScope_Input, 0,
                                  &callback, sizeof callback),
             noErr);
    START(AudioUnitInitialize(unit));
    START(AudioOutputUnitStart(unit));
}

static void *leave(void *unused)
{
    usleep(moment);
    exit(CODE);
    return unused;
}

static void *stop_and_start(void *queue)
{
    for (;;) {
        AudioQueueStop(queue, true);
        AudioQueueStart(queue, NULL);
    }
    return NULL;
}

static void live_and_die(way how)
{
    AudioObjectPropertyAddress overload = { kAudioDeviceProcessorOverload, kAudioObjectPropertyScopeGlobal,
                                            0 };
    AudioObjectPropertyAddress of_output = { kAudioHardwarePropertyDefaultOutputDevice,
                                             kAudioObjectPropertyScopeGlobal, 0 };
    AudioObjectID device = 0;
    UInt32 size = sizeof device;
    pthread_t thread;
    alarm(30);
    CHECK_EQ(AudioObjectGetPropertyData(kAudioObjectSystemObject, &of_output, 0, NULL, &size, &device),
             noErr);
    CHECK_EQ(AudioObjectAddPropertyListener(device, &overload, be_told, NULL), noErr);
    AudioQueueRef queue = start_queue();
    start_unit();
    WAIT_UNTIL(atomic_load(&played) > 2);
    WAIT_UNTIL(atomic_load(&rendered) > 2);
    if (how == EXIT_ON_ANOTHER) {
        CHECK_EQ(pthread_create(&thread, NULL, leave, NULL), 0);
        for (float volume = 0;; volume = 1 - volume)
            AudioQueueSetParameter(queue, kAudioQueueParam_Volume, volume);
    }
    if (how == EXIT_WHILE_STARTING)
        CHECK_EQ(pthread_create(&thread, NULL, stop_and_start, queue), 0);
    leave(NULL);
}

static pid_t begin_life(int number)
{
    pid_t child = fork(); /* before this process has used a device */
    if (child == 0) {
        servers_open = NULL; /* the parent's to close */
        moment = (useconds_t)(number * 7919 % (LATEST_MS * 1000));
        live_and_die((way)(number % WAYS));
    }
    CHECK(child > 0);
    return child;
}

static void end_life(pid_t child, int number)
{
    int status = -1;
    CHECK_EQ(waitpid(child, &status, 0), child);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != CODE)
        printf("life %d ended with status 0x%x\n", number, (unsigned)status);
    CHECK(WIFEXITED(status)); /* not by the alarm */
    CHECK_EQ(WEXITSTATUS(status), CODE);
}

static void live_many_lives(void)
{
    pid_t children[AT_A_TIME];
    fflush(stdout);
    for (int begun = 0, ended = 0; ended < TIMES; ended++) {
        while (begun < TIMES && begun < ended + AT_A_TIME) {
            children[begun % AT_A_TIME] = begin_life(begun);
            begun++;
        }
        end_life(children[ended % AT_A_TIME], ended);
    }
}

static void test_on_the_virtual_device(void)
{
    setenv("COREMUSIC_DRIVER", "virtual", 1);
    live_many_lives();
}

static void test_on_pulseaudio(void)
{
    server s;
    if (server_missing("pulseaudio"))
        return;
    server_open_pulse(&s, SERVER_NULL_SINK);
    setenv("COREMUSIC_DRIVER", "pulse", 1);
    live_many_lives();
    server_close(&s);
}

int main(void)
{
    RUN(test_on_the_virtual_device);
    RUN(test_on_pulseaudio);
    return 0;
}
