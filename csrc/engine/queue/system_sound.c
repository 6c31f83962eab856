/* System sounds: a file's sound in memory, and a queue for each time that it is played. */
#include "../base/block.h"
#include "../base/fork.h"
#include "../base/runloop.h"
#include "../base/status.h"
#include "../format/asbd.h"

#include <AudioToolbox/AudioQueue.h>
#include <AudioToolbox/AudioServices.h>
#include <AudioToolbox/ExtendedAudioFile.h>
#include <CoreAudio/AudioHardware.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_SECONDS 30
#define FIRST_ID (kSystemSoundID_UserPreferredAlert + 1)

enum { READ_FRAMES = 4096 };

typedef struct completion {
    AudioServicesSystemSoundCompletionProc proc; /* NULL: none */
    void *user;
    CFRunLoopRef loop; /* retained, or NULL */
    CFStringRef mode;  /* retained, or NULL */
} completion;

typedef struct sound {
    SystemSoundID id;
    int references; /* the table's, each play's */
    AudioStreamBasicDescription format;
    UInt8 *bytes;
    UInt32 size;
    UInt32 is_ui_sound, completes;
    completion done;
    struct sound *next;
} sound;

/* One time that a sound is played. */
typedef struct play {
    sound *sound;
    AudioQueueRef queue;
    const void *block; /* called at the end; or NULL */
    struct play *next;
} play;

/* A completion on its way to a run loop. */
typedef struct delivery {
    SystemSoundID id;
    AudioServicesSystemSoundCompletionProc proc;
    void *user;
} delivery;

static struct {
    pthread_mutex_t lock; /* guards all here; nothing is called under it */
    pthread_cond_t changed;
    sound *sounds;
    play *plays;
    SystemSoundID last_id, alert;
    bool waits_at_exit;
    int calls; /* completions under way without a run loop */
    pthread_t caller;
} services = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

CM_FREE_IN_CHILD(&services.lock)

/* What plays and who is called stays with the parent. */
static void forget_after_fork(void)
{
    pthread_cond_init(&services.changed, NULL);
    services.plays = NULL;
    services.calls = 0;
}

CM_FORGET_IN_CHILD(forget_after_fork)

/* ---- sounds ---- */

/* Called with the lock held. */
static sound *find(SystemSoundID id)
{
    for (sound *s = services.sounds; s; s = s->next)
        if (s->id == id)
            return s;
    return NULL;
}

static void forget_completion(completion *c)
{
    if (c->loop)
        CFRelease(c->loop);
    if (c->mode)
        CFRelease(c->mode);
    *c = (completion){ 0 };
}

/* Called with the lock held. */
static void release(sound *s)
{
    if (--s->references > 0)
        return;
    forget_completion(&s->done);
    free(s->bytes);
    free(s);
}

/* Room for another READ_FRAMES. */
static bool grow(sound *s, UInt64 *capacity, UInt32 step)
{
    if (*capacity - s->size >= step)
        return true;
    UInt64 larger = *capacity * 2 + step;
    UInt8 *bytes = larger <= UINT32_MAX ? realloc(s->bytes, larger) : NULL;
    if (bytes) {
        s->bytes = bytes;
        *capacity = larger;
    }
    return bytes != NULL;
}

static OSStatus read_all(ExtAudioFileRef file, sound *s)
{
    UInt32 frame = s->format.mBytesPerFrame;
    UInt64 capacity = 0, most = (UInt64)(MAX_SECONDS * s->format.mSampleRate) * frame;
    for (;;) {
        if (!grow(s, &capacity, READ_FRAMES * frame))
            return kAudio_MemFullError;
        UInt32 frames = READ_FRAMES;
        AudioBufferList list = { 1, { { s->format.mChannelsPerFrame, frames * frame, s->bytes + s->size } } };
        OSStatus status = ExtAudioFileRead(file, &frames, &list);
        if (status != noErr)
            return kAudioServicesSystemSoundUnspecifiedError;
        s->size += frames * frame;
        if (s->size > most)
            return kAudioServicesSystemSoundExceededMaximumDurationError;
        if (frames == 0)
            return s->size > 0 ? noErr : kAudioServicesSystemSoundUnspecifiedError;
    }
}

static OSStatus read_file(CFURLRef url, sound *s)
{
    ExtAudioFileRef file = NULL;
    AudioStreamBasicDescription format;
    UInt32 size = sizeof format;
    SInt64 frames = 0;
    UInt32 frames_size = sizeof frames;
    OSStatus status = ExtAudioFileOpenURL(url, &file);
    if (status == noErr)
        status = ExtAudioFileGetProperty(file, kExtAudioFileProperty_FileDataFormat, &size, &format);
    if (status == noErr)
        status = ExtAudioFileGetProperty(file, kExtAudioFileProperty_FileLengthFrames, &frames_size, &frames);
    if (status == noErr) {
        s->format = cm_asbd_float32(format.mSampleRate, format.mChannelsPerFrame);
        status = ExtAudioFileSetProperty(file, kExtAudioFileProperty_ClientDataFormat, sizeof s->format,
                                         &s->format);
    }
    if (status != noErr)
        status = kAudioServicesSystemSoundUnspecifiedError;
    else if ((Float64)frames > MAX_SECONDS * format.mSampleRate)
        status = kAudioServicesSystemSoundExceededMaximumDurationError;
    else
        status = read_all(file, s);
    if (file)
        ExtAudioFileDispose(file);
    return status;
}

OSStatus AudioServicesCreateSystemSoundID(CFURLRef inFileURL, SystemSoundID *outSystemSoundID)
{
    if (!inFileURL || !outSystemSoundID)
        return kAudio_ParamError;
    *outSystemSoundID = 0;
    sound *s = calloc(1, sizeof *s);
    if (!s)
        return kAudio_MemFullError;
    s->references = 1;
    s->is_ui_sound = 1;
    OSStatus status = read_file(inFileURL, s);
    pthread_mutex_lock(&services.lock);
    if (status == noErr) {
        if (services.last_id < FIRST_ID - 1)
            services.last_id = FIRST_ID - 1;
        s->id = ++services.last_id;
        s->next = services.sounds;
        services.sounds = s;
        *outSystemSoundID = s->id;
    } else {
        release(s);
    }
    pthread_mutex_unlock(&services.lock);
    return status;
}

/* ---- completions ---- */

static void perform_delivery(void *context)
{
    delivery *d = context;
    bool is_wanted;
    pthread_mutex_lock(&services.lock);
    const sound *s = find(d->id);
    is_wanted = s && s->done.proc == d->proc && s->done.user == d->user;
    pthread_mutex_unlock(&services.lock);
    if (is_wanted)
        d->proc(d->id, d->user);
    free(d);
}

/* Called with the lock held, which is dropped meanwhile. */
static void complete(sound *s)
{
    completion done = s->done;
    delivery *d = done.proc ? malloc(sizeof *d) : NULL;
    if (!d)
        return;
    *d = (delivery){ s->id, done.proc, done.user };
    if (done.loop) {
        if (cm_runloop_perform(done.loop, done.mode, perform_delivery, d) != noErr)
            free(d);
        return;
    }
    services.calls++;
    pthread_t outer = services.caller;
    services.caller = pthread_self();
    pthread_mutex_unlock(&services.lock);
    perform_delivery(d);
    pthread_mutex_lock(&services.lock);
    services.caller = outer;
    services.calls--;
    pthread_cond_broadcast(&services.changed);
}

/* Called with the lock held: until no completion runs, but for one that this is inside of. */
static void wait_for_calls(void)
{
    while (services.calls > 0 && !pthread_equal(services.caller, pthread_self()))
        pthread_cond_wait(&services.changed, &services.lock);
}

/* ---- playing ---- */

static void no_more(void *user, AudioQueueRef queue, AudioQueueBufferRef buffer)
{
    (void)user;
    (void)queue;
    (void)buffer;
}

/* Called with the lock held. NULL when somebody else ends this play. */
static play *take_out(AudioQueueRef queue)
{
    for (play **at = &services.plays; *at; at = &(*at)->next) {
        play *found = *at;
        if (found->queue == queue) {
            *at = found->next;
            return found;
        }
    }
    return NULL;
}

/* Calls the block of one play, and lets go of it. */
static void finish(const void *block)
{
    if (block)
        ((void (*)(const void *))cm_block_invoke(block))(block);
    cm_block_release(block);
}

/* Whoever took the play out ends it. */
static void end_play(play *p, bool is_over)
{
    AudioQueueDispose(p->queue, true);
    finish(p->block);
    pthread_mutex_lock(&services.lock);
    if (is_over)
        complete(p->sound);
    release(p->sound);
    pthread_cond_broadcast(&services.changed);
    pthread_mutex_unlock(&services.lock);
    free(p);
}

static void running_changed(void *user, AudioQueueRef queue, AudioQueuePropertyID id)
{
    (void)user;
    UInt32 is_running = 1, size = sizeof is_running;
    if (AudioQueueGetProperty(queue, id, &is_running, &size) != noErr || is_running)
        return;
    pthread_mutex_lock(&services.lock);
    play *p = take_out(queue);
    pthread_mutex_unlock(&services.lock);
    if (p)
        end_play(p, true);
}

/* Where the system's own sounds go, if that is another device than the usual one. */
static void choose_device(AudioQueueRef queue)
{
    AudioObjectPropertyAddress address = { kAudioHardwarePropertyDefaultSystemOutputDevice,
                                           kAudioObjectPropertyScopeGlobal, kAudioObjectPropertyElementMain };
    AudioObjectID device = kAudioObjectUnknown, usual = kAudioObjectUnknown;
    UInt32 size = sizeof device;
    CFStringRef uid = NULL;
    AudioObjectGetPropertyData(kAudioObjectSystemObject, &address, 0, NULL, &size, &device);
    address.mSelector = kAudioHardwarePropertyDefaultOutputDevice;
    AudioObjectGetPropertyData(kAudioObjectSystemObject, &address, 0, NULL, &size, &usual);
    address.mSelector = kAudioDevicePropertyDeviceUID;
    size = sizeof uid;
    if (device == kAudioObjectUnknown || device == usual ||
        AudioObjectGetPropertyData(device, &address, 0, NULL, &size, &uid) != noErr)
        return;
    AudioQueueSetProperty(queue, kAudioQueueProperty_CurrentDevice, &uid, sizeof uid);
    CFRelease(uid);
}

static OSStatus make_queue(const sound *s, AudioQueueRef *queue)
{
    AudioQueueBufferRef buffer = NULL;
    OSStatus status = AudioQueueNewOutput(&s->format, no_more, NULL, NULL, NULL, 0, queue);
    if (status == noErr)
        status = AudioQueueAllocateBuffer(*queue, s->size, &buffer);
    if (status != noErr)
        return status;
    choose_device(*queue);
    memcpy(buffer->mAudioData, s->bytes, s->size);
    buffer->mAudioDataByteSize = s->size;
    AudioQueueEnqueueBuffer(*queue, buffer, 0, NULL);
    return AudioQueueAddPropertyListener(*queue, kAudioQueueProperty_IsRunning, running_changed, NULL);
}

/* Called with the lock held. Sounds that are to be heard to their end keep the process until they have been.
 */
static bool must_wait(void)
{
    for (const play *p = services.plays; p; p = p->next)
        if (p->sound->completes)
            return true;
    return false;
}

static void wait_at_exit(void)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += MAX_SECONDS + 1;
    pthread_mutex_lock(&services.lock);
    while (must_wait() && pthread_cond_timedwait(&services.changed, &services.lock, &until) == 0)
        ;
    pthread_mutex_unlock(&services.lock);
}

/* Called with the lock held. Not before a device was used: at exit this comes before what ends all sound
 * then. */
static void note_exit(void)
{
    if (!services.waits_at_exit && must_wait())
        services.waits_at_exit = atexit(wait_at_exit) == 0;
}

/*
 * A play is in the list before it can end. From then on it may be gone at any time, with its queue; the
 * queue's handle is still a name for both.
 */
static void play_sound(sound *s, const void *block)
{
    play *p = calloc(1, sizeof *p);
    AudioQueueRef queue = NULL;
    OSStatus status = p ? make_queue(s, &queue) : kAudio_MemFullError;
    pthread_mutex_lock(&services.lock);
    if (status == noErr && find(s->id)) {
        *p = (play){ s, queue, block, services.plays };
        services.plays = p;
        note_exit();
    } else {
        status = kAudioServicesSystemSoundUnspecifiedError;
        release(s);
        free(p);
    }
    pthread_mutex_unlock(&services.lock);
    if (status != noErr) {
        AudioQueueDispose(queue, true);
        finish(block);
        return;
    }
    if (AudioQueueStart(queue, NULL) == noErr && AudioQueueStop(queue, false) == noErr)
        return;
    pthread_mutex_lock(&services.lock);
    p = take_out(queue);
    pthread_mutex_unlock(&services.lock);
    if (p)
        end_play(p, false);
}

/* The sound theme of most desktops; loaded when it is first wanted. */
static SystemSoundID alert_sound(void)
{
    static const char *const files[] = { "/usr/share/sounds/freedesktop/stereo/bell.oga",
                                         "/usr/share/sounds/freedesktop/stereo/dialog-warning.oga" };
    pthread_mutex_lock(&services.lock);
    SystemSoundID alert = services.alert;
    pthread_mutex_unlock(&services.lock);
    for (size_t i = 0; i < sizeof files / sizeof *files && alert == 0; i++) {
        CFURLRef url = CFURLCreateFromFileSystemRepresentation(NULL, (const UInt8 *)files[i],
                                                               (CFIndex)strlen(files[i]), false);
        if (url && AudioServicesCreateSystemSoundID(url, &alert) != noErr)
            alert = 0;
        if (url)
            CFRelease(url);
    }
    pthread_mutex_lock(&services.lock);
    services.alert = alert;
    pthread_mutex_unlock(&services.lock);
    return alert;
}

void AudioServicesPlaySystemSoundWithCompletion(SystemSoundID inSystemSoundID, const void *inCompletionBlock)
{
    const void *block;
    if (cm_block_copy(inCompletionBlock, &block) != noErr)
        return;
    SystemSoundID id = inSystemSoundID == kSystemSoundID_UserPreferredAlert ? alert_sound() : inSystemSoundID;
    pthread_mutex_lock(&services.lock);
    sound *s = find(id);
    if (s)
        s->references++;
    pthread_mutex_unlock(&services.lock);
    if (s)
        play_sound(s, block);
    else
        finish(block);
}

void AudioServicesPlayAlertSoundWithCompletion(SystemSoundID inSystemSoundID, const void *inCompletionBlock)
{
    AudioServicesPlaySystemSoundWithCompletion(inSystemSoundID, inCompletionBlock);
}

void AudioServicesPlaySystemSound(SystemSoundID inSystemSoundID)
{
    AudioServicesPlaySystemSoundWithCompletion(inSystemSoundID, NULL);
}

void AudioServicesPlayAlertSound(SystemSoundID inSystemSoundID)
{
    AudioServicesPlaySystemSoundWithCompletion(inSystemSoundID, NULL);
}

/* Called with the lock held, which is dropped meanwhile. */
static void stop_plays(const sound *s)
{
    for (;;) {
        play *p = services.plays;
        while (p && p->sound != s)
            p = p->next;
        if (!p)
            return;
        take_out(p->queue);
        pthread_mutex_unlock(&services.lock);
        end_play(p, false);
        pthread_mutex_lock(&services.lock);
    }
}

OSStatus AudioServicesDisposeSystemSoundID(SystemSoundID inSystemSoundID)
{
    OSStatus status = kAudioServicesSystemSoundUnspecifiedError;
    pthread_mutex_lock(&services.lock);
    for (sound **at = &services.sounds; *at; at = &(*at)->next) {
        sound *s = *at;
        if (s->id != inSystemSoundID)
            continue;
        *at = s->next;
        stop_plays(s);
        wait_for_calls();
        release(s);
        pthread_cond_broadcast(&services.changed);
        status = noErr;
        break;
    }
    pthread_mutex_unlock(&services.lock);
    return status;
}

OSStatus AudioServicesAddSystemSoundCompletion(SystemSoundID inSystemSoundID, CFRunLoopRef inRunLoop,
                                               CFStringRef inRunLoopMode,
                                               AudioServicesSystemSoundCompletionProc inCompletionRoutine,
                                               void *inClientData)
{
    OSStatus status = kAudioServicesSystemSoundUnspecifiedError;
    if (!inCompletionRoutine)
        return kAudio_ParamError;
    pthread_mutex_lock(&services.lock);
    sound *s = find(inSystemSoundID);
    if (s) {
        forget_completion(&s->done);
        s->done.proc = inCompletionRoutine;
        s->done.user = inClientData;
        s->done.loop = inRunLoop ? (CFRunLoopRef)(uintptr_t)CFRetain(inRunLoop) : NULL;
        s->done.mode = inRunLoop && inRunLoopMode ? CFRetain(inRunLoopMode) : NULL;
        status = noErr;
    }
    pthread_mutex_unlock(&services.lock);
    return status;
}

void AudioServicesRemoveSystemSoundCompletion(SystemSoundID inSystemSoundID)
{
    pthread_mutex_lock(&services.lock);
    sound *s = find(inSystemSoundID);
    if (s)
        forget_completion(&s->done);
    wait_for_calls();
    pthread_mutex_unlock(&services.lock);
}

/* ---- properties ---- */

/* Called with the lock held. The value that is meant, or NULL with the reason. */
static UInt32 *find_value(AudioServicesPropertyID id, UInt32 size, const void *specifier, OSStatus *status)
{
    SystemSoundID sound_id;
    *status = noErr;
    if (id != kAudioServicesPropertyIsUISound && id != kAudioServicesPropertyCompletePlaybackIfAppDies)
        *status = kAudioServicesUnsupportedPropertyError;
    else if (size != sizeof sound_id || !specifier)
        *status = kAudioServicesBadSpecifierSizeError;
    if (*status != noErr)
        return NULL;
    memcpy(&sound_id, specifier, sizeof sound_id);
    sound *s = find(sound_id);
    *status = s ? noErr : kAudioServicesSystemSoundUnspecifiedError;
    if (!s)
        return NULL;
    return id == kAudioServicesPropertyIsUISound ? &s->is_ui_sound : &s->completes;
}

OSStatus AudioServicesGetPropertyInfo(AudioServicesPropertyID inPropertyID, UInt32 inSpecifierSize,
                                      const void *inSpecifier, UInt32 *outPropertyDataSize,
                                      Boolean *outWritable)
{
    OSStatus status;
    pthread_mutex_lock(&services.lock);
    find_value(inPropertyID, inSpecifierSize, inSpecifier, &status);
    pthread_mutex_unlock(&services.lock);
    if (status == noErr && outPropertyDataSize)
        *outPropertyDataSize = sizeof(UInt32);
    if (status == noErr && outWritable)
        *outWritable = true;
    return status;
}

OSStatus AudioServicesGetProperty(AudioServicesPropertyID inPropertyID, UInt32 inSpecifierSize,
                                  const void *inSpecifier, UInt32 *ioPropertyDataSize, void *outPropertyData)
{
    OSStatus status;
    if (!ioPropertyDataSize)
        return kAudio_ParamError;
    pthread_mutex_lock(&services.lock);
    const UInt32 *value = find_value(inPropertyID, inSpecifierSize, inSpecifier, &status);
    if (value && *ioPropertyDataSize < sizeof *value)
        status = kAudioServicesBadPropertySizeError;
    if (status == noErr && outPropertyData)
        memcpy(outPropertyData, value, sizeof *value);
    pthread_mutex_unlock(&services.lock);
    if (status == noErr)
        *ioPropertyDataSize = sizeof(UInt32);
    return status;
}

OSStatus AudioServicesSetProperty(AudioServicesPropertyID inPropertyID, UInt32 inSpecifierSize,
                                  const void *inSpecifier, UInt32 inPropertyDataSize,
                                  const void *inPropertyData)
{
    OSStatus status;
    if (!inPropertyData)
        return kAudio_ParamError;
    pthread_mutex_lock(&services.lock);
    UInt32 *value = find_value(inPropertyID, inSpecifierSize, inSpecifier, &status);
    if (value && inPropertyDataSize != sizeof *value)
        status = kAudioServicesBadPropertySizeError;
    if (status == noErr)
        memcpy(value, inPropertyData, sizeof *value);
    note_exit();
    pthread_mutex_unlock(&services.lock);
    return status;
}
