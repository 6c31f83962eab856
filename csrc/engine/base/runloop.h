/*
 * runloop.h: handing work to the thread behind a CFRunLoopRef, for the functions of the audio frameworks
 * that call back on a run loop of the caller's choice.
 */
#ifndef CM_BASE_RUNLOOP_H
#define CM_BASE_RUNLOOP_H

#include "status.h"

#include <CoreFoundation/CFRunLoop.h>

/*
 * [any, but not render: it allocates] Queues perform(context) for the loop's thread and wakes it. The call
 * happens inside CFRunLoopRunInMode, in the order of queueing, when that runs in `mode`;
 * kCFRunLoopCommonModes or NULL stand for kCFRunLoopDefaultMode. cmParamError for what is no loop or one
 * whose thread has ended, cmMemFullError.
 */
OSStatus cm_runloop_perform(CFRunLoopRef loop, CFRunLoopMode mode, void (*perform)(void *context),
                            void *context);

/*
 * [any] Takes back everything that was queued with this context. When it returns, perform(context) is not
 * running either, unless the caller is the loop's own thread; hence the caller may not hold a lock that
 * perform takes.
 */
void cm_runloop_cancel(CFRunLoopRef loop, void *context);

#endif
