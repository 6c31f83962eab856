/*
 * CoreFoundation/CFRunLoop.h: one run loop per thread, enough to be passed to the audio functions that take
 * one.
 *
 * Work queued with coremusic's own callbacks runs inside CFRunLoopRunInMode on the loop's thread; every other
 * function is [any]. Of the caller's own there are sources of version 0, but no timers or observers.
 */
#ifndef CoreFoundation_CFRunLoop_h
#define CoreFoundation_CFRunLoop_h

#include <CoreFoundation/CFBase.h>
#include <CoreFoundation/CFDate.h>
#include <CoreFoundation/CFString.h>

typedef struct __CFRunLoop *CFRunLoopRef;
typedef struct __CFRunLoopSource *CFRunLoopSourceRef;
typedef CFStringRef CFRunLoopMode;

typedef SInt32 CFRunLoopRunResult;
enum {
    kCFRunLoopRunFinished = 1,
    kCFRunLoopRunStopped = 2,
    kCFRunLoopRunTimedOut = 3,
    kCFRunLoopRunHandledSource = 4
};

/* info is kept by retain and let go by release, which may be NULL, as all functions may; copyDescription,
 * equal and hash are not looked at. schedule and cancel tell of loops that the source is added to and taken
 * from. */
typedef struct CFRunLoopSourceContext {
    CFIndex version; /* 0 */
    void *info;
    const void *(*retain)(const void *info);
    void (*release)(const void *info);
    CFStringRef (*copyDescription)(const void *info);
    Boolean (*equal)(const void *info1, const void *info2);
    CFHashCode (*hash)(const void *info);
    void (*schedule)(void *info, CFRunLoopRef rl, CFRunLoopMode mode);
    void (*cancel)(void *info, CFRunLoopRef rl, CFRunLoopMode mode);
    void (*perform)(void *info);
} CFRunLoopSourceContext;

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

/*
 * Sources. perform(info) runs once on the thread of a loop that the source was added to, in that mode
 * (kCFRunLoopCommonModes and NULL: kCFRunLoopDefaultMode), after it was signalled, which also wakes the loop.
 * A loop holds its sources until they are removed or invalidated; then perform runs no more, unless that is
 * what does it. NULL for a context of another version.
 */
extern CFTypeID CFRunLoopSourceGetTypeID(void);
extern CFRunLoopSourceRef CFRunLoopSourceCreate(CFAllocatorRef allocator, CFIndex order,
                                                CFRunLoopSourceContext *context);
extern void CFRunLoopSourceSignal(CFRunLoopSourceRef source);
extern void CFRunLoopSourceInvalidate(CFRunLoopSourceRef source);
extern Boolean CFRunLoopSourceIsValid(CFRunLoopSourceRef source);
extern void CFRunLoopAddSource(CFRunLoopRef rl, CFRunLoopSourceRef source, CFRunLoopMode mode);
extern void CFRunLoopRemoveSource(CFRunLoopRef rl, CFRunLoopSourceRef source, CFRunLoopMode mode);
extern Boolean CFRunLoopContainsSource(CFRunLoopRef rl, CFRunLoopSourceRef source, CFRunLoopMode mode);

CF_EXTERN_C_END

#endif
