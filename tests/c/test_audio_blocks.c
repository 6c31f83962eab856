/* Blocks of AudioQueue, devices and system sounds, called directly and on a dispatch queue of this program's.
 */
#include "audio_queue_kit.h"
#include "dispatch_kit.h"

#include <CoreAudio/AudioHardware.h>

/* ---- queues ---- */

typedef struct heard {
    atomic_int calls, on_dispatch;
    atomic_uint bytes;
} heard;

static void check_output(dispatch_queue_t dispatch)
{
    AudioStreamBasicDescription format = pcm(48000, 2, 16, INT);
    heard *h = calloc(1, sizeof *h);
    AudioQueueRef queue;
    CHECK_EQ(AudioQueueNewOutputWithDispatchQueue(&queue, &format, 0, dispatch,
                                                  ^(AudioQueueRef from, AudioQueueBufferRef buffer) {
                                                    bool here = dispatch && pthread_equal(pthread_self(),
                                                                                          dispatch->thread);
                                                    atomic_fetch_add(&h->on_dispatch, here);
                                                    if (atomic_fetch_add(&h->calls, 1) < 7)
                                                        AudioQueueEnqueueBuffer(from, buffer, 0, NULL);
                                                  }),
             noErr);
    for (int i = 0; i < 2; i++) {
        AudioQueueBufferRef buffer;
        CHECK_EQ(AudioQueueAllocateBuffer(queue, 512 * 4, &buffer), noErr);
        buffer->mAudioDataByteSize = 512 * 4;
        CHECK_EQ(AudioQueueEnqueueBuffer(queue, buffer, 0, NULL), noErr);
    }
    CHECK_EQ(AudioQueueStart(queue, NULL), noErr);
    for (int i = 0; i < 400 && h->calls < 9; i++) {
        CHECK_EQ(CMVirtualAdvance(512, 48000), noErr);
        rest(1);
    }
    CHECK_EQ(h->calls, 9);
    CHECK_EQ(h->on_dispatch, dispatch ? 9 : 0);
    CHECK_EQ(AudioQueueDispose(queue, true), noErr);
    free(h); /* no block runs any more */
}

static void test_an_output_queue_calls_its_block(void)
{
    dispatch_queue_t dispatch = new_dispatch_queue();
    check_output(NULL);
    check_output(dispatch);
    end_dispatch_queue(dispatch);
}

static void test_an_input_queue_calls_its_block(void)
{
    AudioStreamBasicDescription format = pcm(48000, 2, 32, FLOAT);
    dispatch_queue_t dispatch = new_dispatch_queue();
    heard h = { 0 }, *log = &h;
    AudioQueueRef queue;
    AudioQueueBufferRef allocated;
    CHECK_EQ(AudioQueueNewInputWithDispatchQueue(&queue, &format, 0, dispatch,
                                                 ^(AudioQueueRef from, AudioQueueBufferRef buffer,
                                                   const AudioTimeStamp *start, UInt32 packets,
                                                   const AudioStreamPacketDescription *descriptions) {
                                                   (void)from;
                                                   CHECK(start->mFlags & kAudioTimeStampSampleTimeValid);
                                                   CHECK(!descriptions);
                                                   CHECK_EQ(packets * 8, buffer->mAudioDataByteSize);
                                                   atomic_fetch_add(&log->bytes, buffer->mAudioDataByteSize);
                                                   atomic_fetch_add(&log->calls, 1);
                                                 }),
             noErr);
    CHECK_EQ(AudioQueueAllocateBuffer(queue, 256 * 8, &allocated), noErr);
    CHECK_EQ(AudioQueueEnqueueBuffer(queue, allocated, 0, NULL), noErr);
    CHECK_EQ(AudioQueueStart(queue, NULL), noErr);
    CHECK_EQ(CMVirtualAdvance(1024, 48000), noErr);
    WAIT_UNTIL(h.calls == 1);
    CHECK_EQ(h.bytes, 256 * 8);
    CHECK_EQ(AudioQueueDispose(queue, true), noErr);
    end_dispatch_queue(dispatch);
}

/* A job that comes after the queue was disposed of finds it closed. */
static void test_a_disposed_queue_calls_nothing_late(void)
{
    AudioStreamBasicDescription format = pcm(48000, 2, 16, INT);
    dispatch_queue_t dispatch = new_dispatch_queue();
    AudioQueueRef queue;
    AudioQueueBufferRef buffer;
    sem_t gate, *held = &gate;
    heard h = { 0 }, *log = &h;
    sem_init(&gate, 0, 0);
    CHECK_EQ(AudioQueueNewOutputWithDispatchQueue(&queue, &format, 0, dispatch,
                                                  ^(AudioQueueRef from, AudioQueueBufferRef played) {
                                                    (void)from, (void)played;
                                                    atomic_fetch_add(&log->calls, 1);
                                                  }),
             noErr);
    CHECK_EQ(AudioQueueAllocateBuffer(queue, 400, &buffer), noErr);
    buffer->mAudioDataByteSize = 400;
    CHECK_EQ(AudioQueueEnqueueBuffer(queue, buffer, 0, NULL), noErr);
    dispatch_async_f(dispatch, held, (void (*)(void *))sem_wait);
    CHECK_EQ(AudioQueueReset(queue), noErr);
    CHECK_EQ(AudioQueueDispose(queue, true), noErr);
    sem_post(&gate);
    end_dispatch_queue(dispatch);
    CHECK_EQ(h.calls, 0);
}

/* As a compiler without blocks would have it: a global one, made by hand. */
typedef struct global_block {
    void *isa;
    int flags, reserved;
    void (*invoke)(const void *self, AudioQueueRef queue, AudioQueueBufferRef buffer);
    const unsigned long *descriptor;
} global_block;

static atomic_int by_hand;

static void count_by_hand(const void *self, AudioQueueRef queue, AudioQueueBufferRef buffer)
{
    (void)queue, (void)buffer;
    CHECK(self != NULL);
    atomic_fetch_add(&by_hand, 1);
}

static void test_a_block_made_by_hand(void)
{
    static const unsigned long descriptor[] = { 0, sizeof(global_block) };
    static const global_block made = { NULL, 1 << 28, 0, count_by_hand, descriptor };
    union {
        const void *pointer;
        AudioQueueOutputCallbackBlock block;
    } as = { &made };
    AudioStreamBasicDescription format = pcm(48000, 2, 16, INT);
    AudioQueueRef queue;
    AudioQueueBufferRef buffer;
    CHECK_EQ(AudioQueueNewOutputWithDispatchQueue(&queue, &format, 0, NULL, as.block), noErr);
    CHECK_EQ(AudioQueueAllocateBuffer(queue, 400, &buffer), noErr);
    buffer->mAudioDataByteSize = 400;
    CHECK_EQ(AudioQueueEnqueueBuffer(queue, buffer, 0, NULL), noErr);
    CHECK_EQ(AudioQueueReset(queue), noErr);
    WAIT_UNTIL(by_hand == 1);
    CHECK_EQ(AudioQueueDispose(queue, true), noErr);
    CHECK_EQ(AudioQueueNewOutputWithDispatchQueue(&queue, &format, 0, NULL, NULL), kAudio_ParamError);
}

/* ---- devices ---- */

static void check_listener(dispatch_queue_t dispatch)
{
    const AudioObjectPropertyAddress devices = { kAudioHardwarePropertyDevices,
                                                 kAudioObjectPropertyScopeGlobal,
                                                 kAudioObjectPropertyElementMain };
    heard h = { 0 }, *log = &h;
    AudioObjectPropertyListenerBlock block = ^(UInt32 count, const AudioObjectPropertyAddress *addresses) {
      CHECK_EQ(count, 1);
      CHECK_EQ(addresses[0].mSelector, kAudioHardwarePropertyDevices);
      atomic_fetch_add(&log->on_dispatch, dispatch && pthread_equal(pthread_self(), dispatch->thread));
      atomic_fetch_add(&log->calls, 1);
    };
    AudioObjectID system = kAudioObjectSystemObject;
    CHECK_EQ(AudioObjectAddPropertyListenerBlock(system, &devices, dispatch, block), noErr);
    CHECK_EQ(AudioObjectAddPropertyListenerBlock(system, &devices, dispatch, block), noErr);
    CHECK_EQ(CMVirtualAddDevice("blocks", NULL, 1, 1, 48000), noErr);
    WAIT_UNTIL(h.calls == 1);
    CHECK_EQ(h.on_dispatch, dispatch ? 1 : 0);
    CHECK_EQ(AudioObjectRemovePropertyListenerBlock(system, &devices, dispatch, block), noErr);
    CHECK_EQ(AudioObjectRemovePropertyListenerBlock(system, &devices, dispatch, block), noErr);
    CHECK_EQ(CMVirtualRemoveDevice("blocks"), noErr);
    rest(30);
    CHECK_EQ(h.calls, 1);
    CHECK_EQ(AudioObjectAddPropertyListenerBlock(999999, &devices, dispatch, block),
             kAudioHardwareBadObjectError);
    CHECK_EQ(AudioObjectAddPropertyListenerBlock(system, &devices, dispatch, NULL),
             kAudioHardwareIllegalOperationError);
}

static void test_listeners_are_blocks(void)
{
    dispatch_queue_t dispatch = new_dispatch_queue();
    check_listener(NULL);
    check_listener(dispatch);
    end_dispatch_queue(dispatch);
}

static AudioObjectID default_output(void)
{
    const AudioObjectPropertyAddress address = { kAudioHardwarePropertyDefaultOutputDevice,
                                                 kAudioObjectPropertyScopeGlobal,
                                                 kAudioObjectPropertyElementMain };
    AudioObjectID id = 0;
    UInt32 size = sizeof id;
    CHECK_EQ(AudioObjectGetPropertyData(kAudioObjectSystemObject, &address, 0, NULL, &size, &id), noErr);
    return id;
}

static void check_io(dispatch_queue_t dispatch)
{
    static const char *const output = "coremusic:virtual:output";
    Float32 level = 0.25f, sound[1024 * 2];
    heard h = { 0 }, *log = &h;
    AudioDeviceIOProcID id;
    AudioObjectID device = default_output();
    CHECK_EQ(AudioDeviceCreateIOProcIDWithBlock(
                 &id, device, dispatch,
                 ^(const AudioTimeStamp *now, const AudioBufferList *in, const AudioTimeStamp *in_time,
                   AudioBufferList *out, const AudioTimeStamp *out_time) {
                   (void)now, (void)in, (void)in_time;
                   CHECK(out_time->mFlags & kAudioTimeStampSampleTimeValid);
                   Float32 *to = out->mBuffers[0].mData;
                   for (UInt32 i = 0; i < out->mBuffers[0].mDataByteSize / 4; i++)
                       to[i] = level;
                   atomic_fetch_add(&log->on_dispatch,
                                    dispatch && pthread_equal(pthread_self(), dispatch->thread));
                   atomic_fetch_add(&log->calls, 1);
                 }),
             noErr);
    CHECK_EQ(CMVirtualStartCapture(output, 1024), noErr);
    CHECK_EQ(AudioDeviceStart(device, id), noErr);
    CHECK_EQ(CMVirtualAdvance(1024, 48000), noErr);
    UInt32 frames = 1024;
    CHECK_EQ(CMVirtualReadCapture(output, &frames, sound), noErr);
    CHECK_EQ(CMVirtualStopCapture(output), noErr);
    CHECK(frames >= 512);
    for (UInt32 i = 0; i < frames * 2; i++)
        CHECK(sound[i] == level);
    CHECK_EQ(AudioDeviceStop(device, id), noErr);
    CHECK(h.calls > 0);
    CHECK_EQ(h.on_dispatch, dispatch ? h.calls : 0);
    CHECK_EQ(AudioDeviceDestroyIOProcID(device, id), noErr);
    CHECK_EQ(AudioDeviceCreateIOProcIDWithBlock(&id, device, dispatch, NULL),
             kAudioHardwareIllegalOperationError);
}

static void test_io_procs_are_blocks(void)
{
    dispatch_queue_t dispatch = new_dispatch_queue();
    check_io(NULL);
    check_io(dispatch);
    end_dispatch_queue(dispatch);
}

/* ---- system sounds ---- */

static SystemSoundID new_sound(const char *path)
{
    AudioStreamBasicDescription format = pcm(8000, 1, 16, INT);
    CFURLRef url = CFURLCreateFromFileSystemRepresentation(NULL, (const UInt8 *)path, (CFIndex)strlen(path),
                                                           false);
    ExtAudioFileRef file;
    static int16_t samples[800] = { 1000 };
    AudioBufferList list = { 1, { { 1, sizeof samples, samples } } };
    SystemSoundID id = 0;
    CHECK_EQ(
        ExtAudioFileCreateWithURL(url, kAudioFileWAVEType, &format, NULL, kAudioFileFlags_EraseFile, &file),
        noErr);
    CHECK_EQ(ExtAudioFileWrite(file, 800, &list), noErr);
    CHECK_EQ(ExtAudioFileDispose(file), noErr);
    CHECK_EQ(AudioServicesCreateSystemSoundID(url, &id), noErr);
    CFRelease(url);
    return id;
}

static void test_a_sound_tells_a_block_when_it_is_over(void)
{
    char path[] = "/tmp/sound_blocks_XXXXXX.wav";
    CHECK(mkstemps(path, 4) >= 0);
    SystemSoundID id = new_sound(path);
    heard h = { 0 }, *log = &h;
    void (^count)(void) = ^{ atomic_fetch_add(&log->calls, 1); };
    AudioServicesPlaySystemSoundWithCompletion(999999, count);
    CHECK_EQ(h.calls, 1);
    AudioServicesPlaySystemSoundWithCompletion(id, count);
    AudioServicesPlayAlertSoundWithCompletion(id, count);
    AudioServicesPlaySystemSoundWithCompletion(id, NULL);
    CHECK_EQ(CMVirtualAdvance(2048, 48000), noErr);
    CHECK_EQ(h.calls, 1);
    CHECK_EQ(CMVirtualAdvance(8000, 48000), noErr);
    WAIT_UNTIL(h.calls == 3);
    AudioServicesPlaySystemSoundWithCompletion(id, count);
    CHECK_EQ(AudioServicesDisposeSystemSoundID(id), noErr);
    CHECK_EQ(h.calls, 4);
    remove(path);
}

int main(void)
{
    setenv("COREMUSIC_DRIVER", "virtual", 1);
    CHECK_EQ(CMVirtualSetManualClock(true), noErr);
    RUN(test_an_output_queue_calls_its_block);
    RUN(test_an_input_queue_calls_its_block);
    RUN(test_a_disposed_queue_calls_nothing_late);
    RUN(test_a_block_made_by_hand);
    RUN(test_listeners_are_blocks);
    RUN(test_io_procs_are_blocks);
    RUN(test_a_sound_tells_a_block_when_it_is_over);
    rest(50); /* the HAL's thread, which nobody joins, has done what was left */
    return 0;
}
