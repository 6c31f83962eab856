/* au_listener_life.c: making listeners to units and disposing of them. */
#include "../base/block.h"
#include "../base/clock.h"
#include "../base/dispatch.h"
#include "../base/handle.h"
#include "../base/runloop.h"
#include "au_listeners.h"
#include "instance.h"

#include <math.h>
#include <stdlib.h>

static void destroy(void *object)
{
    cm_au_listener *l = object;
    if (l->loop)
        CFRelease(l->loop);
    if (l->mode)
        CFRelease(l->mode);
    cm_dispatch_release(l->queue);
    cm_block_release(l->block);
    free(l->watches);
    free(l);
}

static UInt64 to_host_time(Float32 seconds)
{
    return (UInt64)((Float64)seconds * (Float64)CM_HOST_TICKS_PER_SECOND);
}

static bool is_time(Float32 seconds)
{
    return seconds >= 0 && seconds <= 86400;
}

/* Owns the block of the settings from now on. */
static OSStatus create(const cm_au_listener *settings, CFRunLoopRef loop, CFStringRef mode,
                       AUEventListenerRef *out)
{
    cm_au_listener *l = malloc(sizeof *l);
    if (!l) {
        cm_block_release(settings->block);
        return kAudio_MemFullError;
    }
    *l = *settings;
    cm_dispatch_retain(l->queue);
    if (!l->queue)
        l->loop = (CFRunLoopRef)(uintptr_t)CFRetain(loop ? loop : CFRunLoopGetCurrent());
    l->mode = mode ? CFRetain(mode) : NULL;
    l->handle = cm_handle_new(CM_KIND_AU_LISTENER, l, destroy);
    if (!l->handle) {
        destroy(l);
        return kAudio_MemFullError;
    }
    cm_au_lock();
    l->next = cm_au_listeners;
    cm_au_listeners = l;
    cm_au_unlock();
    *out = l->handle;
    return noErr;
}

OSStatus AUEventListenerCreate(AUEventListenerProc inProc, void *inUserData, CFRunLoopRef inRunLoop,
                               CFStringRef inRunLoopMode, Float32 inNotificationInterval,
                               Float32 inValueChangeGranularity, AUEventListenerRef *outListener)
{
    if (!inProc || !outListener || !is_time(inNotificationInterval) || !is_time(inValueChangeGranularity))
        return kAudio_ParamError;
    const cm_au_listener settings = { .event_proc = inProc,
                                      .user = inUserData,
                                      .interval = to_host_time(inNotificationInterval),
                                      .granularity = to_host_time(inValueChangeGranularity) };
    return create(&settings, inRunLoop, inRunLoopMode, outListener);
}

OSStatus AUListenerCreate(AUParameterListenerProc inProc, void *inUserData, CFRunLoopRef inRunLoop,
                          CFStringRef inRunLoopMode, Float32 inNotificationInterval,
                          AUParameterListenerRef *outListener)
{
    if (!inProc || !outListener || !is_time(inNotificationInterval))
        return kAudio_ParamError;
    const cm_au_listener settings = { .parameter_proc = inProc,
                                      .hears_values_only = true,
                                      .user = inUserData,
                                      .interval = to_host_time(inNotificationInterval) };
    return create(&settings, inRunLoop, inRunLoopMode, outListener);
}

static OSStatus create_with_queue(cm_au_listener *settings, const void *block, AUEventListenerRef *out)
{
    OSStatus status = cm_dispatch_check(settings->queue);
    if (status == noErr)
        status = cm_block_copy(block, &settings->block);
    return status == noErr ? create(settings, NULL, NULL, out) : status;
}

OSStatus AUEventListenerCreateWithDispatchQueue(AUEventListenerRef *outListener,
                                                Float32 inNotificationInterval,
                                                Float32 inValueChangeGranularity,
                                                dispatch_queue_t inDispatchQueue,
                                                AUEventListenerBlock inBlock)
{
    if (!inBlock || !inDispatchQueue || !outListener || !is_time(inNotificationInterval) ||
        !is_time(inValueChangeGranularity))
        return kAudio_ParamError;
    cm_au_listener settings = { .queue = inDispatchQueue,
                                .interval = to_host_time(inNotificationInterval),
                                .granularity = to_host_time(inValueChangeGranularity) };
    return create_with_queue(&settings, inBlock, outListener);
}

OSStatus AUListenerCreateWithDispatchQueue(AUParameterListenerRef *outListener,
                                           Float32 inNotificationInterval, dispatch_queue_t inDispatchQueue,
                                           AUParameterListenerBlock inBlock)
{
    if (!inBlock || !inDispatchQueue || !outListener || !is_time(inNotificationInterval))
        return kAudio_ParamError;
    cm_au_listener settings = { .queue = inDispatchQueue,
                                .hears_values_only = true,
                                .interval = to_host_time(inNotificationInterval) };
    return create_with_queue(&settings, inBlock, outListener);
}

/* Out of the list it is told nothing any more. */
static void take_out(cm_au_listener *l)
{
    cm_au_lock();
    l->is_over = true;
    cm_au_forget(l, NULL);
    for (cm_au_listener **link = &cm_au_listeners; *link; link = &(*link)->next)
        if (*link == l) {
            *link = l->next;
            break;
        }
    cm_au_unlock();
}

OSStatus AUListenerDispose(AUParameterListenerRef inListener)
{
    cm_au_listener *l = cm_handle_pin(inListener, CM_KIND_AU_LISTENER);
    if (!l)
        return kAudio_ParamError;
    take_out(l);
    cm_au_leave_units(l);
    if (l->loop)
        cm_runloop_cancel(l->loop, inListener);
    cm_au_lock();
    cm_au_wait(l);
    cm_au_unlock();
    bool was_live = cm_handle_retire(inListener, CM_KIND_AU_LISTENER);
    cm_handle_unpin(inListener);
    return was_live ? noErr : kAudio_ParamError;
}
