/*
 * dispatch.h: queues of libdispatch. The engine does not load that library: whoever hands over a queue has it
 * in the process, and its functions are found there.
 */
#ifndef CM_BASE_DISPATCH_H
#define CM_BASE_DISPATCH_H

#include "status.h"

#include <CoreAudioTypes/CoreAudioTypes.h>

/* [any] cmParamError, with the text, for a queue without libdispatch in the process; NULL is all right. */
OSStatus cm_dispatch_check(dispatch_queue_t queue);

/* [any] One more reference to a queue, or one less; NULL is allowed. */
void cm_dispatch_retain(dispatch_queue_t queue);
void cm_dispatch_release(dispatch_queue_t queue);

/* [any] For a queue that was checked: work(context) on it, soon, or before the call returns. */
void cm_dispatch_async(dispatch_queue_t queue, void *context, void (*work)(void *context));
void cm_dispatch_sync(dispatch_queue_t queue, void *context, void (*work)(void *context));

#endif
