/*
 * clerk.h: a thread that talks to a sound server for everyone else, one errand after the other.
 *
 * A server that hangs hangs its clerk, not the caller: who sends an errand waits for a bounded time and then
 * leaves it to the clerk, which finishes it when the server answers again.
 */
#ifndef CM_DEVICE_CLERK_H
#define CM_DEVICE_CLERK_H

#include "base/status.h"

#include <stdbool.h>

typedef struct cm_clerk cm_clerk;
typedef struct cm_errand cm_errand;

/* The head of a block that holds what the errand needs and what it finds. */
struct cm_errand {
    OSStatus (*run)(cm_errand *errand); /* on the clerk's thread; may cm_fail */
    void (*drop)(cm_errand *errand);    /* frees the block, on whichever thread is its last; NULL: free() */
    cm_errand *next;                    /* all from here on is the clerk's */
    int state;
    OSStatus status;
    char detail[200];
};

typedef struct cm_clerk_duty {
    void (*idle)(void *context); /* on the clerk's thread, every second and whenever poked */
    void (*end)(void *context);  /* the last thing on the clerk's thread: frees context */
    void *context;
} cm_clerk_duty;

/* [control] NULL when there is no thread to be had; then `end` has not been called. */
cm_clerk *cm_clerk_start(const cm_clerk_duty *duty);

/* [control] Ends the clerk after the errands that wait. Returns after two seconds at the latest; a clerk that
 * hangs in the server then ends, and frees what it has, when it comes back. */
void cm_clerk_end(cm_clerk *clerk);

/*
 * [control] Runs the errand and returns its status, with its text. The block must come from the heap. True in
 * *kept: it is the caller's again, to read and to drop; false: the clerk took too long (or is busy with an
 * errand that did), the block is the clerk's, and the status kAudioHardwareNotReadyError.
 */
OSStatus cm_clerk_send(cm_clerk *clerk, cm_errand *errand, bool *kept);

/* [any, not render] Leaves the errand to the clerk, which drops it. */
void cm_clerk_post(cm_clerk *clerk, cm_errand *errand);

/* [any, render] Makes `idle` run soon. Never waits. */
void cm_clerk_poke(cm_clerk *clerk);

#endif
