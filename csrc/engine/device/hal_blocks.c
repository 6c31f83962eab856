/* Blocks as property listeners and IOProcs, called directly or on a dispatch queue. */
#include "../base/block.h"
#include "../base/dispatch.h"
#include "../base/fork.h"
#include "hal_io.h"

#include <CoreAudio/AudioHardware.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* ---- listeners ---- */

typedef struct listener {
    AudioObjectID object;
    AudioObjectPropertyAddress address;
    dispatch_queue_t queue; /* NULL: none */
    const void *block;      /* a copy of this: */
    const void *given;
    _Atomic int references; /* the list's, each notification's on its way */
    _Atomic bool is_removed;
    struct listener *next;
} listener;

/* A change on its way to a dispatch queue. */
typedef struct change {
    listener *to;
    AudioObjectPropertyAddress address;
} change;

static struct {
    pthread_mutex_t lock; /* nothing is called under it */
    listener *first;
} listeners = { .lock = PTHREAD_MUTEX_INITIALIZER };

CM_FREE_IN_CHILD(&listeners.lock)

typedef void (*listener_code)(const void *block, UInt32 count, const AudioObjectPropertyAddress *addresses);

static void release(listener *l)
{
    if (atomic_fetch_sub(&l->references, 1) > 1)
        return;
    cm_block_release(l->block);
    cm_dispatch_release(l->queue);
    free(l);
}

static void call(const listener *l, const AudioObjectPropertyAddress *address)
{
    if (!atomic_load(&l->is_removed))
        ((listener_code)cm_block_invoke(l->block))(l->block, 1, address);
}

static void arrive(void *context)
{
    change *c = context;
    call(c->to, &c->address);
    release(c->to);
    free(c);
}

static OSStatus hear(AudioObjectID object, UInt32 count, const AudioObjectPropertyAddress *addresses,
                     void *client)
{
    listener *l = client;
    (void)object;
    for (UInt32 i = 0; i < count; i++) {
        if (!l->queue) {
            call(l, &addresses[i]);
            continue;
        }
        change *c = malloc(sizeof *c);
        if (!c)
            return cmMemFullError;
        *c = (change){ l, addresses[i] };
        atomic_fetch_add(&l->references, 1);
        cm_dispatch_async(l->queue, c, arrive);
    }
    return noErr;
}

/* A caller's block may be on his stack, where another was when this one came. */
static bool is_same_block(const listener *l, const void *block)
{
    return block == l->block || (block == l->given && cm_block_invoke(block) == cm_block_invoke(l->block));
}

/* Called with the lock held. */
static listener **find(AudioObjectID object, const AudioObjectPropertyAddress *address,
                       dispatch_queue_t queue, const void *block)
{
    listener **at = &listeners.first;
    for (; *at; at = &(*at)->next)
        if ((*at)->object == object && (*at)->queue == queue && is_same_block(*at, block) &&
            memcmp(&(*at)->address, address, sizeof *address) == 0)
            break;
    return at;
}

static listener *take(AudioObjectID object, const AudioObjectPropertyAddress *address, dispatch_queue_t queue,
                      const void *block)
{
    pthread_mutex_lock(&listeners.lock);
    listener **at = find(object, address, queue, block), *found = *at;
    if (found)
        *at = found->next;
    pthread_mutex_unlock(&listeners.lock);
    return found;
}

static OSStatus make(dispatch_queue_t queue, const void *block, listener **out)
{
    OSStatus status = cm_dispatch_check(queue);
    listener *l = status == noErr ? calloc(1, sizeof *l) : NULL;
    *out = l;
    if (!l)
        return status == noErr ? cmMemFullError : status;
    status = cm_block_copy(block, &l->block);
    if (status != noErr) {
        free(l);
        return status;
    }
    cm_dispatch_retain(queue);
    l->queue = queue;
    l->given = block;
    atomic_init(&l->references, 1);
    return noErr;
}

/* False when it is there already. */
static bool add(listener *l)
{
    pthread_mutex_lock(&listeners.lock);
    listener **at = find(l->object, &l->address, l->queue, l->given);
    bool is_new = !*at;
    if (is_new)
        *at = l;
    pthread_mutex_unlock(&listeners.lock);
    return is_new;
}

OSStatus AudioObjectAddPropertyListenerBlock(AudioObjectID inObjectID,
                                             const AudioObjectPropertyAddress *inAddress,
                                             dispatch_queue_t inDispatchQueue,
                                             AudioObjectPropertyListenerBlock inListener)
{
    listener *l;
    if (!inAddress || !inListener)
        return kAudioHardwareIllegalOperationError;
    OSStatus status = make(inDispatchQueue, inListener, &l);
    if (status != noErr)
        return status;
    l->object = inObjectID;
    l->address = *inAddress;
    if (!add(l)) {
        release(l);
        return noErr;
    }
    status = AudioObjectAddPropertyListener(inObjectID, inAddress, hear, l);
    if (status != noErr && (l = take(inObjectID, inAddress, inDispatchQueue, inListener)))
        release(l);
    return status;
}

OSStatus AudioObjectRemovePropertyListenerBlock(AudioObjectID inObjectID,
                                                const AudioObjectPropertyAddress *inAddress,
                                                dispatch_queue_t inDispatchQueue,
                                                AudioObjectPropertyListenerBlock inListener)
{
    if (!inAddress || !inListener)
        return kAudioHardwareIllegalOperationError;
    listener *l = take(inObjectID, inAddress, inDispatchQueue, inListener);
    if (l)
        atomic_store(&l->is_removed, true);
    OSStatus status = AudioObjectRemovePropertyListener(inObjectID, inAddress, hear, l);
    if (l)
        release(l);
    return status;
}

/* ---- IOProcs ---- */

typedef struct io_block {
    const void *block;
    dispatch_queue_t queue; /* NULL: called directly */
} io_block;

/* What the block is given. */
typedef struct cycle {
    const void *block;
    const AudioTimeStamp *now;
    const AudioBufferList *in;
    const AudioTimeStamp *in_time;
    AudioBufferList *out;
    const AudioTimeStamp *out_time;
} cycle;

typedef void (*io_code)(const void *block, const AudioTimeStamp *now, const AudioBufferList *in,
                        const AudioTimeStamp *in_time, AudioBufferList *out, const AudioTimeStamp *out_time);

static void run_cycle(void *context)
{
    const cycle *c = context;
    ((io_code)cm_block_invoke(c->block))(c->block, c->now, c->in, c->in_time, c->out, c->out_time);
}

static OSStatus run_io(AudioObjectID device, const AudioTimeStamp *now, const AudioBufferList *in,
                       const AudioTimeStamp *in_time, AudioBufferList *out, const AudioTimeStamp *out_time,
                       void *client)
{
    const io_block *b = client;
    cycle c = { b->block, now, in, in_time, out, out_time };
    (void)device;
    if (b->queue)
        cm_dispatch_sync(b->queue, &c, run_cycle);
    else
        run_cycle(&c);
    return noErr;
}

static void free_io(void *client)
{
    io_block *b = client;
    cm_block_release(b->block);
    cm_dispatch_release(b->queue);
    free(b);
}

OSStatus AudioDeviceCreateIOProcIDWithBlock(AudioDeviceIOProcID *outIOProcID, AudioObjectID inDevice,
                                            dispatch_queue_t inDispatchQueue, AudioDeviceIOBlock inIOBlock)
{
    if (!outIOProcID || !inIOBlock)
        return kAudioHardwareIllegalOperationError;
    OSStatus status = cm_dispatch_check(inDispatchQueue);
    io_block *b = status == noErr ? calloc(1, sizeof *b) : NULL;
    if (!b)
        return status == noErr ? cmMemFullError : status;
    cm_dispatch_retain(inDispatchQueue);
    b->queue = inDispatchQueue;
    status = cm_block_copy(inIOBlock, &b->block);
    if (status == noErr)
        status = cm_hal_new_io_proc(inDevice, run_io, b, free_io, outIOProcID);
    if (status != noErr)
        free_io(b);
    return status;
}
