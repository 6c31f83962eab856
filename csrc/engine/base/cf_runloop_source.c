/* Run loop sources of version 0: a client's function that runs on a loop's thread when it was signalled. */
#include "cf_string.h"
#include "runloop.h"

#include <pthread.h>
#include <stdlib.h>

/* A loop and mode that the source was added to, which thereby holds it. */
typedef struct place {
    CFRunLoopRef loop; /* retained */
    CFStringRef mode;  /* retained */
    struct place *next;
} place;

struct __CFRunLoopSource {
    cm_cf_object object;
    CFRunLoopSourceContext context;
    CFIndex order;
    pthread_mutex_t lock; /* guards all below; no client's code runs under it */
    place *places;
    bool is_invalid, is_signalled;
};

static CFStringRef usual(CFRunLoopMode mode)
{
    return !mode || CFEqual(mode, kCFRunLoopCommonModes) ? kCFRunLoopDefaultMode : mode;
}

/* Places hold the source, so there are none. */
static void destroy(void *object)
{
    CFRunLoopSourceRef source = object;
    if (source->context.release)
        source->context.release(source->context.info);
    pthread_mutex_destroy(&source->lock);
}

static void describe(CFTypeRef object, cm_cf_buffer *out)
{
    CFRunLoopSourceRef source = (CFRunLoopSourceRef)(uintptr_t)object;
    cm_cf_buffer_printf(out, "<CFRunLoopSource of order %ld%s>", (long)source->order,
                        CFRunLoopSourceIsValid(source) ? "" : ", invalid");
}

const cm_cf_class cm_cf_run_loop_source_class = { .name = "CFRunLoopSource",
                                                  .destroy = destroy,
                                                  .describe = describe };

static CFRunLoopSourceRef as_source(CFRunLoopSourceRef source)
{
    return cm_cf_is(source, CM_CF_RUN_LOOP_SOURCE) ? source : NULL;
}

CFTypeID CFRunLoopSourceGetTypeID(void)
{
    return CM_CF_RUN_LOOP_SOURCE;
}

CFRunLoopSourceRef CFRunLoopSourceCreate(CFAllocatorRef allocator, CFIndex order,
                                         CFRunLoopSourceContext *context)
{
    (void)allocator;
    if (!context || context->version != 0)
        return NULL;
    CFRunLoopSourceRef source = cm_cf_new(CM_CF_RUN_LOOP_SOURCE, sizeof *source);
    if (!source)
        return NULL;
    source->context = *context;
    source->order = order;
    pthread_mutex_init(&source->lock, NULL);
    if (context->retain)
        source->context.info = (void *)(uintptr_t)context->retain(context->info);
    return source;
}

/* On the loop's thread. */
static void fire(void *object)
{
    CFRunLoopSourceRef source = object;
    pthread_mutex_lock(&source->lock);
    bool calls = source->is_signalled && !source->is_invalid && source->places;
    if (calls)
        CFRetain(source);
    source->is_signalled = false;
    pthread_mutex_unlock(&source->lock);
    if (!calls)
        return;
    if (source->context.perform)
        source->context.perform(source->context.info);
    CFRelease(source);
}

void CFRunLoopSourceSignal(CFRunLoopSourceRef source)
{
    if (!as_source(source))
        return;
    pthread_mutex_lock(&source->lock);
    bool is_new = !source->is_signalled && !source->is_invalid;
    source->is_signalled = !source->is_invalid;
    for (const place *at = is_new ? source->places : NULL; at; at = at->next)
        cm_runloop_perform(at->loop, at->mode, fire, source);
    pthread_mutex_unlock(&source->lock);
}

Boolean CFRunLoopSourceIsValid(CFRunLoopSourceRef source)
{
    if (!as_source(source))
        return false;
    pthread_mutex_lock(&source->lock);
    bool is_valid = !source->is_invalid;
    pthread_mutex_unlock(&source->lock);
    return is_valid;
}

/* Called with the lock held. */
static place **find(CFRunLoopSourceRef source, CFRunLoopRef loop, CFStringRef mode)
{
    place **at = &source->places;
    while (*at && !((*at)->loop == loop && CFEqual((*at)->mode, mode)))
        at = &(*at)->next;
    return at;
}

/* What was queued for the place is taken back, and what runs there has ended, unless this is it. */
static void leave(CFRunLoopSourceRef source, place *left)
{
    cm_runloop_cancel(left->loop, source);
    if (source->context.cancel)
        source->context.cancel(source->context.info, left->loop, left->mode);
    CFRelease(left->loop);
    CFRelease(left->mode);
    free(left);
    CFRelease(source);
}

void CFRunLoopSourceInvalidate(CFRunLoopSourceRef source)
{
    if (!as_source(source))
        return;
    pthread_mutex_lock(&source->lock);
    place *left = source->places;
    source->places = NULL;
    source->is_invalid = true;
    pthread_mutex_unlock(&source->lock);
    while (left) {
        place *next = left->next;
        leave(source, left);
        left = next;
    }
}

void CFRunLoopAddSource(CFRunLoopRef loop, CFRunLoopSourceRef source, CFRunLoopMode mode)
{
    place *added = as_source(source) && cm_cf_is(loop, CM_CF_RUN_LOOP) ? calloc(1, sizeof *added) : NULL;
    if (!added)
        return;
    pthread_mutex_lock(&source->lock);
    bool is_new = !source->is_invalid && !*find(source, loop, usual(mode));
    if (is_new) {
        *added = (place){ (CFRunLoopRef)(uintptr_t)CFRetain(loop), CFRetain(usual(mode)), source->places };
        source->places = added;
        CFRetain(source);
        if (source->is_signalled)
            cm_runloop_perform(loop, mode, fire, source);
    }
    pthread_mutex_unlock(&source->lock);
    if (!is_new)
        free(added);
    else if (source->context.schedule)
        source->context.schedule(source->context.info, loop, usual(mode));
}

void CFRunLoopRemoveSource(CFRunLoopRef loop, CFRunLoopSourceRef source, CFRunLoopMode mode)
{
    if (!as_source(source) || !cm_cf_is(loop, CM_CF_RUN_LOOP))
        return;
    pthread_mutex_lock(&source->lock);
    place **at = find(source, loop, usual(mode)), *left = *at;
    if (left)
        *at = left->next;
    pthread_mutex_unlock(&source->lock);
    if (left)
        leave(source, left);
}

Boolean CFRunLoopContainsSource(CFRunLoopRef loop, CFRunLoopSourceRef source, CFRunLoopMode mode)
{
    if (!as_source(source) || !cm_cf_is(loop, CM_CF_RUN_LOOP))
        return false;
    pthread_mutex_lock(&source->lock);
    bool is_there = *find(source, loop, usual(mode)) != NULL;
    pthread_mutex_unlock(&source->lock);
    return is_there;
}
