#include "feed.h"

#include "../base/fiber.h"

#include <AudioToolbox/AudioFileStream.h>
#include <stdlib.h>
#include <string.h>

struct cm_feed {
    cm_fiber *fiber; /* the container's */
    bool stopping;
    bool ended;
    void (*work)(void *context);
    void *context;

    UInt8 *bytes; /* of the stream from `start` on */
    size_t size, capacity;
    SInt64 start;
    bool starving; /* the turn was given back for want of bytes up to this offset: */
    SInt64 wanted;
    bool interrupted; /* the client jumped: the waiting read fails */
    UInt8 *head;      /* the first bytes of the stream, kept for late questions about the header */
    SInt64 head_size;
};

OSStatus cm_feed_new(void (*work)(void *context), void *context, cm_feed **out)
{
    cm_feed *feed = calloc(1, sizeof *feed);
    if (!feed)
        return cmMemFullError;
    feed->fiber = cm_fiber_new(work, context);
    if (!feed->fiber) {
        free(feed);
        return cm_fail(cmMemFullError, "no stack for the stream's parser");
    }
    *out = feed;
    return noErr;
}

void cm_feed_free(cm_feed *feed)
{
    if (!feed)
        return;
    feed->stopping = true;
    while (cm_fiber_has_begun(feed->fiber) && !cm_fiber_has_finished(feed->fiber))
        cm_fiber_resume(feed->fiber); /* it may pause once more before it notices */
    cm_fiber_free(feed->fiber);
    free(feed->bytes);
    free(feed->head);
    free(feed);
}

OSStatus cm_feed_append(cm_feed *feed, const void *bytes, size_t size)
{
    if (size > feed->capacity - feed->size) {
        size_t capacity = feed->capacity ? feed->capacity : 4096;
        while (capacity - feed->size < size && capacity <= SIZE_MAX / 4)
            capacity *= 2;
        UInt8 *larger = capacity - feed->size < size ? NULL : realloc(feed->bytes, capacity);
        if (!larger)
            return cmMemFullError;
        feed->bytes = larger;
        feed->capacity = capacity;
    }
    if (size)
        memcpy(feed->bytes + feed->size, bytes, size);
    feed->size += size;
    return noErr;
}

void cm_feed_end(cm_feed *feed)
{
    feed->ended = true;
}

cm_feed_state cm_feed_resume(cm_feed *feed)
{
    bool in_vain = feed->starving && !feed->ended && !feed->interrupted;
    if (in_vain && cm_feed_available(feed) < feed->wanted)
        return CM_FEED_STARVING; /* the container would only ask again */
    feed->starving = false;
    cm_fiber_resume(feed->fiber);
    return cm_fiber_has_finished(feed->fiber) ? CM_FEED_FINISHED
           : feed->starving                   ? CM_FEED_STARVING
                                              : CM_FEED_PAUSED;
}

void cm_feed_restart(cm_feed *feed, SInt64 offset)
{
    feed->size = 0;
    feed->start = offset;
    feed->ended = false;
    feed->interrupted = true;
}

void cm_feed_pause(cm_feed *feed)
{
    cm_fiber_pause(feed->fiber);
}

OSStatus cm_feed_keep_head(cm_feed *feed, SInt64 size)
{
    free(feed->head);
    feed->head = NULL;
    feed->head_size = 0;
    SInt64 kept = size < cm_feed_available(feed) ? size : cm_feed_available(feed);
    if (feed->start > 0 || kept <= 0)
        return noErr;
    feed->head = malloc((size_t)kept);
    if (!feed->head)
        return cmMemFullError;
    memcpy(feed->head, feed->bytes, (size_t)kept);
    feed->head_size = kept;
    return noErr;
}

void cm_feed_forget(cm_feed *feed, SInt64 offset)
{
    SInt64 gone = offset - feed->start;
    if (gone <= 0)
        return;
    size_t drop = (SInt64)feed->size < gone ? feed->size : (size_t)gone;
    if (drop < feed->size / 2 && drop < 1 << 16)
        return; /* moving the rest costs more than the room is worth */
    memmove(feed->bytes, feed->bytes + drop, feed->size - drop);
    feed->size -= drop;
    feed->start += (SInt64)drop;
}

SInt64 cm_feed_available(const cm_feed *feed)
{
    return feed->start + (SInt64)feed->size;
}

void cm_feed_accept_restart(cm_feed *feed)
{
    feed->interrupted = false;
}

bool cm_feed_stopping(const cm_feed *feed)
{
    return feed->stopping;
}

/* ---- the io ---- */

/* Waits until the bytes are there, the stream has ended, or the read has become pointless. */
static OSStatus wait_for(cm_feed *feed, SInt64 end)
{
    while (!feed->ended && cm_feed_available(feed) < end) {
        if (!cm_fiber_is_running(feed->fiber)) /* a property that needs bytes still to come */
            return kAudioFileStreamError_DataUnavailable;
        feed->starving = true;
        feed->wanted = end;
        cm_feed_pause(feed);
        if (feed->stopping)
            return kAudioFileStreamError_IllegalOperation;
        if (feed->interrupted)
            return kAudioFileStreamError_DiscontinuityCantRecover;
    }
    return noErr;
}

static OSStatus read_feed(void *context, SInt64 at, void *buffer, size_t least, size_t size, size_t *got)
{
    cm_feed *feed = context;
    if (at + (SInt64)size <= feed->head_size) {
        memcpy(buffer, feed->head + at, size);
        *got = size;
        return noErr;
    }
    OSStatus status = wait_for(feed, at + (SInt64)least);
    if (status != noErr)
        return status;
    if (at < feed->start)
        return cm_fail(kAudioFileStreamError_NotOptimized, "the stream would have to be read backwards");
    SInt64 there = cm_feed_available(feed) - at;
    *got = there <= 0 ? 0 : (SInt64)size < there ? size : (size_t)there;
    if (*got)
        memcpy(buffer, feed->bytes + (at - feed->start), *got);
    return noErr;
}

static SInt64 feed_size(void *context)
{
    cm_feed *feed = context;
    return feed->ended ? cm_feed_available(feed) : CM_IO_SIZE_UNKNOWN;
}

static const cm_io_stream feed_stream = { read_feed, feed_size };

OSStatus cm_feed_io(cm_feed *feed, cm_io **out)
{
    return cm_io_wrap_stream(&feed_stream, feed, out);
}
