/*
 * feed.h: bytes that arrive, as a cm_io that a container can read.
 *
 * Containers pull, streams push. A feed lets both have their way: the container runs in a fiber
 * (base/fiber.h), which is left when it needs bytes that are not there and entered again when the client has
 * brought more.
 */
#ifndef CM_FILE_FEED_H
#define CM_FILE_FEED_H

#include "../base/io.h"

typedef struct cm_feed cm_feed;

/*
 * [control] A feed whose container is work(context): it begins when first resumed.
 */
OSStatus cm_feed_new(void (*work)(void *context), void *context, cm_feed **out);

/* [control] Lets work end (reads fail from now on) and frees. Not from inside work. NULL is allowed. */
void cm_feed_free(cm_feed *feed);

/* The client's side. */

/* Copies bytes behind those that are there. */
OSStatus cm_feed_append(cm_feed *feed, const void *bytes, size_t size);
/* No more bytes will come: reads at the end are short from now on. */
void cm_feed_end(cm_feed *feed);
typedef enum {
    CM_FEED_PAUSED,   /* by cm_feed_pause: resume when ready */
    CM_FEED_STARVING, /* it needs bytes that are not there */
    CM_FEED_FINISHED, /* work has returned */
} cm_feed_state;

/* Runs the container until it cannot or does not want to go on. */
cm_feed_state cm_feed_resume(cm_feed *feed);
/*
 * Forgets all bytes; the next ones appended stand at this offset of the stream. The read that the container
 * may be waiting in fails with kAudioFileStreamError_DiscontinuityCantRecover when it is resumed.
 */
void cm_feed_restart(cm_feed *feed, SInt64 offset);

/* The container's side, inside work. */

/* A new io over the feed. Closing it leaves the feed alone. */
OSStatus cm_feed_io(cm_feed *feed, cm_io **out);
/* Hands over to the client until it resumes. */
void cm_feed_pause(cm_feed *feed);
/* Keeps the first `size` bytes of the stream (as far as they are there), for late questions about the header;
 * none of an earlier head. */
OSStatus cm_feed_keep_head(cm_feed *feed, SInt64 size);
/* Bytes before offset, but for the kept head, will not be read again. */
void cm_feed_forget(cm_feed *feed, SInt64 offset);
/* Offset behind the last byte that is there. */
SInt64 cm_feed_available(const cm_feed *feed);
/* The jump was noticed: reads go on with the bytes that came after it. */
void cm_feed_accept_restart(cm_feed *feed);
/* True once cm_feed_free was called: work should return. */
bool cm_feed_stopping(const cm_feed *feed);

#endif
