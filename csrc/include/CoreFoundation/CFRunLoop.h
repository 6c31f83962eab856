/*
 * CoreFoundation/CFRunLoop.h: one run loop per thread, enough to be passed to the audio functions that take
 * one.
 *
 * Work queued with coremusic's own callbacks runs inside CFRunLoopRunInMode on the loop's thread; every other
 * function is [any]. There are no timers, sources or observers of the caller's own.
 */
#ifndef CoreFoundation_CFRunLoop_h
#define CoreFoundation_CFRunLoop_h

#include <CoreFoundation/CFBase.h>
#include <CoreFoundation/CFDate.h>
#include <CoreFoundation/CFString.h>

typedef struct __CFRunLoop *CFRunLoopRef;
typedef CFStringRef CFRunLoopMode;

typedef SInt32 CFRunLoopRunResult;
enum {
    kCFRunLoopRunFinished = 1,
    kCFRunLoopRunStopped = 2,
    kCFRunLoopRunTimedOut = 3,
    kCFRunLoopRunHandledSource = 4
};

CF_EXTERN_C_BEGIN

extern const CFStringRef kCFRunLoopDefaultMode;
extern const CFStringRef kCFRunLoopCommonModes;

extern CFTypeID CFRunLoopGetTypeID(void);
/* Lent; the loop lives as long as its thread, or longer if retained. */
extern CFRunLoopRef CFRunLoopGetCurrent(void);
extern CFRunLoopRef CFRunLoopGetMain(void);
/*
 * Runs the calling thread's loop: waits for queued work up to `seconds`, and returns after the first piece
 * when return_after_source_handled. With 0 seconds it does what is queued already. kCFRunLoopRunFinished
 * only when mode is none to run in (kCFRunLoopCommonModes, NULL).
 */
extern CFRunLoopRunResult CFRunLoopRunInMode(CFRunLoopMode mode, CFTimeInterval seconds,
                                             Boolean return_after_source_handled);
/* Until CFRunLoopStop. */
extern void CFRunLoopRun(void);
/* Ends the loop's run, or its next one when it is not running. */
extern void CFRunLoopStop(CFRunLoopRef loop);
extern void CFRunLoopWakeUp(CFRunLoopRef loop);
extern Boolean CFRunLoopIsWaiting(CFRunLoopRef loop);

CF_EXTERN_C_END

#endif
