/* System sounds on the virtual device. */
#include "audio_queue_kit.h"

#include "../../csrc/engine/base/handle.h"

#include <CoreAudio/AudioHardware.h>
#include <sys/wait.h>
#include <unistd.h>

static CFURLRef url_of(const char *path)
{
    return CFURLCreateFromFileSystemRepresentation(NULL, (const UInt8 *)path, (CFIndex)strlen(path), false);
}

/* A WAV of silence but for its beginning. */
static const char *write_sound(const char *path, double seconds)
{
    AudioStreamBasicDescription format = pcm(8000, 1, 16, INT);
    ExtAudioFileRef file;
    CFURLRef url = url_of(path);
    CHECK_EQ(
        ExtAudioFileCreateWithURL(url, kAudioFileWAVEType, &format, NULL, kAudioFileFlags_EraseFile, &file),
        noErr);
    UInt32 frames = (UInt32)(seconds * 8000);
    int16_t *samples = calloc(frames, 2);
    samples[0] = 1000;
    AudioBufferList list = { 1, { { 1, frames * 2, samples } } };
    CHECK_EQ(ExtAudioFileWrite(file, frames, &list), noErr);
    CHECK_EQ(ExtAudioFileDispose(file), noErr);
    CFRelease(url);
    free(samples);
    return path;
}

static OSStatus create(const char *path, SystemSoundID *id)
{
    CFURLRef url = url_of(path);
    OSStatus status = AudioServicesCreateSystemSoundID(url, id);
    CFRelease(url);
    return status;
}

static atomic_int completed;
static pthread_t completed_on;

static void complete(SystemSoundID id, void *user)
{
    CHECK(id != 0);
    CHECK(user == &completed);
    completed_on = pthread_self();
    atomic_fetch_add(&completed, 1);
}

static char folder[] = "/tmp/system_sound_XXXXXX";

static const char *in_folder(const char *name)
{
    static char path[200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void play_and_exit(void)
{
    SystemSoundID id;
    UInt32 completes = 1;
    alarm(20);
    CHECK_EQ(create(in_folder("a.wav"), &id), noErr);
    CHECK_EQ(AudioServicesSetProperty(kAudioServicesPropertyCompletePlaybackIfAppDies, sizeof id, &id,
                                      sizeof completes, &completes),
             noErr);
    AudioServicesPlaySystemSound(id);
    exit(0);
}

/* By the device's own clock, in a process that ends at once. */
static void test_is_heard_to_its_end_at_exit(void)
{
    struct timespec before, after;
    int status = -1;
    write_sound(in_folder("a.wav"), 0.5);
    fflush(stdout);
    clock_gettime(CLOCK_MONOTONIC, &before);
    pid_t child = fork(); /* before this process has used a device */
    if (child == 0)
        play_and_exit();
    CHECK_EQ(waitpid(child, &status, 0), child);
    clock_gettime(CLOCK_MONOTONIC, &after);
    CHECK(WIFEXITED(status)); /* not by the alarm */
    CHECK_EQ(WEXITSTATUS(status), 0);
    CHECK((double)(after.tv_sec - before.tv_sec) + 1e-9 * (double)(after.tv_nsec - before.tv_nsec) > 0.45);
}

static void test_plays_and_completes(void)
{
    SystemSoundID id;
    CHECK_EQ(create(write_sound(in_folder("a.wav"), 0.25), &id), noErr);
    CHECK(id > kSystemSoundID_UserPreferredAlert);
    CHECK_EQ(AudioServicesAddSystemSoundCompletion(id, NULL, NULL, complete, &completed), noErr);
    AudioServicesPlaySystemSound(id);
    CHECK_EQ(CMVirtualAdvance(9600, 48000), noErr);
    CHECK_EQ(completed, 0);
    CHECK_EQ(CMVirtualAdvance(9600, 48000), noErr);
    WAIT_UNTIL(completed == 1);
    AudioServicesPlayAlertSound(id);
    AudioServicesPlaySystemSound(id);
    CHECK_EQ(CMVirtualAdvance(19200, 48000), noErr);
    WAIT_UNTIL(completed == 3);
    WAIT_UNTIL(cm_handle_count(CM_KIND_AUDIO_QUEUE) == 0);
    AudioServicesRemoveSystemSoundCompletion(id);
    AudioServicesPlaySystemSound(id);
    CHECK_EQ(CMVirtualAdvance(19200, 48000), noErr);
    WAIT_UNTIL(cm_handle_count(CM_KIND_AUDIO_QUEUE) == 0);
    CHECK_EQ(completed, 3);
    CHECK_EQ(AudioServicesDisposeSystemSoundID(id), noErr);
}

static void test_completes_on_a_run_loop(void)
{
    SystemSoundID id;
    completed = 0;
    CHECK_EQ(create(in_folder("a.wav"), &id), noErr);
    CHECK_EQ(AudioServicesAddSystemSoundCompletion(id, CFRunLoopGetCurrent(), kCFRunLoopDefaultMode, complete,
                                                   &completed),
             noErr);
    AudioServicesPlaySystemSound(id);
    CHECK_EQ(CMVirtualAdvance(19200, 48000), noErr);
    CHECK_EQ(completed, 0);
    for (int i = 0; i < 1000 && completed == 0; i++)
        CFRunLoopRunInMode(kCFRunLoopDefaultMode, 0.01, true);
    CHECK_EQ(completed, 1);
    CHECK(pthread_equal(completed_on, pthread_self()));
    CHECK_EQ(AudioServicesDisposeSystemSoundID(id), noErr);
}

static void test_disposal_ends_the_sound(void)
{
    SystemSoundID id;
    completed = 0;
    CHECK_EQ(create(in_folder("a.wav"), &id), noErr);
    CHECK_EQ(AudioServicesAddSystemSoundCompletion(id, NULL, NULL, complete, &completed), noErr);
    for (int i = 0; i < 5; i++)
        AudioServicesPlaySystemSound(id);
    CHECK_EQ(CMVirtualAdvance(4800, 48000), noErr);
    CHECK_EQ(AudioServicesDisposeSystemSoundID(id), noErr);
    CHECK_EQ(cm_handle_count(CM_KIND_AUDIO_QUEUE), 0);
    CHECK_EQ(AudioServicesDisposeSystemSoundID(id), kAudioServicesSystemSoundUnspecifiedError);
    CHECK_EQ(completed, 0);
}

static void test_limits_and_errors(void)
{
    SystemSoundID id;
    UInt32 value = 7, size = sizeof value;
    Boolean writable = false;
    CHECK_EQ(create(write_sound(in_folder("long.wav"), 30.5), &id),
             kAudioServicesSystemSoundExceededMaximumDurationError);
    CHECK_EQ(create(write_sound(in_folder("limit.wav"), 30), &id), noErr);
    CHECK_EQ(AudioServicesDisposeSystemSoundID(id), noErr);
    CHECK_EQ(create(in_folder("missing.wav"), &id), kAudioServicesSystemSoundUnspecifiedError);
    CHECK_EQ(AudioServicesCreateSystemSoundID(NULL, &id), kAudio_ParamError);
    CHECK_EQ(create(in_folder("a.wav"), &id), noErr);
    CHECK_EQ(AudioServicesGetPropertyInfo('nope', 4, &id, &size, &writable),
             kAudioServicesUnsupportedPropertyError);
    CHECK_EQ(AudioServicesGetPropertyInfo(kAudioServicesPropertyIsUISound, 0, NULL, &size, &writable),
             kAudioServicesBadSpecifierSizeError);
    CHECK_EQ(AudioServicesGetPropertyInfo(kAudioServicesPropertyIsUISound, 4, &id, &size, &writable), noErr);
    CHECK(size == 4 && writable);
    CHECK_EQ(AudioServicesGetProperty(kAudioServicesPropertyIsUISound, 4, &id, &size, &value), noErr);
    CHECK_EQ(value, 1);
    value = 0;
    CHECK_EQ(AudioServicesSetProperty(kAudioServicesPropertyIsUISound, 4, &id, 2, &value),
             kAudioServicesBadPropertySizeError);
    CHECK_EQ(AudioServicesSetProperty(kAudioServicesPropertyIsUISound, 4, &id, 4, &value), noErr);
    value = 7;
    CHECK_EQ(AudioServicesGetProperty(kAudioServicesPropertyIsUISound, 4, &id, &size, &value), noErr);
    CHECK_EQ(value, 0);
    CHECK_EQ(AudioServicesDisposeSystemSoundID(id), noErr);
    CHECK_EQ(AudioServicesGetProperty(kAudioServicesPropertyIsUISound, 4, &id, &size, &value),
             kAudioServicesSystemSoundUnspecifiedError);
    AudioServicesPlaySystemSound(kSystemSoundID_Vibrate);
    AudioServicesPlaySystemSound(kSystemSoundID_FlashScreen);
    AudioServicesPlaySystemSound(id);
    CHECK_EQ(cm_handle_count(CM_KIND_AUDIO_QUEUE), 0);
}

int main(void)
{
    CHECK(mkdtemp(folder) != NULL);
    setenv("COREMUSIC_DRIVER", "virtual", 1);
    RUN(test_is_heard_to_its_end_at_exit);
    CHECK_EQ(CMVirtualSetManualClock(true), noErr);
    RUN(test_plays_and_completes);
    RUN(test_completes_on_a_run_loop);
    RUN(test_disposal_ends_the_sound);
    RUN(test_limits_and_errors);
    unlink(in_folder("a.wav"));
    unlink(in_folder("long.wav"));
    unlink(in_folder("limit.wav"));
    rmdir(folder);
    return 0;
}
