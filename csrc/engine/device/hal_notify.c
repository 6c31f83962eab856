/* hal_notify.c: property listeners, and the queue of what they have to be told. */
#include "hal.h"

#include "base/realtime.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

typedef struct note {
    AudioObjectID object;
    AudioObjectPropertyAddress address;
    struct note *next;
} note;

/* All under the tree's lock. */
static struct {
    note *first, **last;
    AudioObjectID delivering;   /* the object of the note that is being delivered */
    const cm_listener *calling; /* a copy of the listener that runs now */
    pthread_cond_t called;      /* it has returned */
} queue = { .called = PTHREAD_COND_INITIALIZER };

static bool same_address(const AudioObjectPropertyAddress *a, const AudioObjectPropertyAddress *b)
{
    return a->mSelector == b->mSelector && a->mScope == b->mScope && a->mElement == b->mElement;
}

static bool hears(const cm_listener *listener, const AudioObjectPropertyAddress *address)
{
    const AudioObjectPropertyAddress *wanted = &listener->address;
    return (wanted->mSelector == address->mSelector ||
            wanted->mSelector == kAudioObjectPropertySelectorWildcard) &&
           (wanted->mScope == address->mScope || wanted->mScope == kAudioObjectPropertyScopeWildcard) &&
           (wanted->mElement == address->mElement || wanted->mElement == kAudioObjectPropertyElementWildcard);
}

void cm_notify(AudioObjectID object, AudioObjectPropertySelector selector, AudioObjectPropertyScope scope,
               AudioObjectPropertyElement element)
{
    const cm_object *subject = cm_tree_find(object);
    if (!subject || !subject->listeners)
        return;
    note *added = malloc(sizeof *added);
    if (!added)
        return;
    *added = (note){ .object = object, .address = { selector, scope, element } };
    if (!queue.first)
        queue.last = &queue.first;
    *queue.last = added;
    queue.last = &added->next;
    cm_hal_wake();
}

bool cm_notify_pending(AudioObjectID object)
{
    for (const note *n = queue.first; n; n = n->next)
        if (n->object == object)
            return true;
    return queue.delivering == object;
}

void cm_listeners_free(cm_object *object)
{
    while (object->listeners) {
        cm_listener *gone = object->listeners;
        object->listeners = gone->next;
        free(gone);
    }
}

void cm_notify_forget(void)
{
    while (queue.first) {
        note *gone = queue.first;
        queue.first = gone->next;
        free(gone);
    }
    pthread_cond_init(&queue.called, NULL);
    queue.delivering = kAudioObjectUnknown;
    queue.calling = NULL;
}

static bool still_listens(const note *n, const cm_listener *listener)
{
    const cm_object *object = cm_tree_find(n->object);
    for (const cm_listener *l = object ? object->listeners : NULL; l; l = l->next)
        if (l->proc == listener->proc && l->client == listener->client &&
            same_address(&l->address, &listener->address))
            return true;
    return false;
}

/*
 * The listeners are copied first: any of them may add and remove others, and one that was removed meanwhile
 * is not called any more. The tree's lock is held on entry and on return, not during the calls.
 */
static void deliver(const note *n)
{
    const cm_object *object = cm_tree_find(n->object);
    size_t count = 0, at = 0;
    for (const cm_listener *l = object ? object->listeners : NULL; l; l = l->next)
        count += hears(l, &n->address);
    cm_listener *copies = count ? malloc(count * sizeof *copies) : NULL;
    for (const cm_listener *l = copies ? object->listeners : NULL; l; l = l->next)
        if (hears(l, &n->address))
            copies[at++] = *l;
    for (size_t i = 0; i < at; i++) {
        if (!still_listens(n, &copies[i]))
            continue;
        queue.calling = &copies[i];
        cm_tree_unlock();
        copies[i].proc(n->object, 1, &n->address, copies[i].client);
        cm_tree_lock();
        queue.calling = NULL;
        pthread_cond_broadcast(&queue.called);
    }
    free(copies);
}

void cm_notify_deliver(void)
{
    cm_tree_lock();
    while (queue.first) {
        note *n = queue.first;
        queue.first = n->next;
        queue.delivering = n->object;
        deliver(n);
        queue.delivering = kAudioObjectUnknown;
        free(n);
    }
    cm_tree_unlock();
}

static cm_listener **find(cm_object *object, const cm_listener *wanted)
{
    cm_listener **link = &object->listeners;
    while (*link && !((*link)->proc == wanted->proc && (*link)->client == wanted->client &&
                      same_address(&(*link)->address, &wanted->address)))
        link = &(*link)->next;
    return link;
}

OSStatus AudioObjectAddPropertyListener(AudioObjectID inObjectID, const AudioObjectPropertyAddress *inAddress,
                                        AudioObjectPropertyListenerProc inListener, void *inClientData)
{
    if (!inAddress || !inListener)
        return kAudioHardwareIllegalOperationError;
    cm_listener *added = malloc(sizeof *added);
    if (!added)
        return cmMemFullError;
    *added = (cm_listener){ .address = *inAddress, .proc = inListener, .client = inClientData };
    cm_hal_open();
    cm_tree_lock();
    cm_object *object = cm_tree_find(inObjectID);
    cm_listener **link = object ? find(object, added) : NULL;
    bool is_new = link && !*link;
    if (is_new)
        *link = added;
    cm_tree_unlock();
    if (!is_new)
        free(added);
    return object ? noErr : kAudioHardwareBadObjectError;
}

OSStatus AudioObjectRemovePropertyListener(AudioObjectID inObjectID,
                                           const AudioObjectPropertyAddress *inAddress,
                                           AudioObjectPropertyListenerProc inListener, void *inClientData)
{
    if (!inAddress || !inListener)
        return kAudioHardwareIllegalOperationError;
    cm_hal_open();
    const cm_listener wanted = { .address = *inAddress, .proc = inListener, .client = inClientData };
    cm_listener *gone = NULL;
    cm_tree_lock();
    cm_object *object = cm_tree_find(inObjectID);
    cm_listener **link = object ? find(object, &wanted) : NULL;
    if (link && (gone = *link))
        *link = gone->next;
    /* So that the caller may free what the client data points to. */
    while (!cm_hal_is_own_thread() && !cm_render_active() && queue.calling &&
           queue.calling->proc == inListener && queue.calling->client == inClientData)
        cm_tree_wait(&queue.called);
    cm_tree_unlock();
    free(gone);
    cm_hal_wake(); /* it may have been the last that kept a dead device */
    return object ? noErr : kAudioHardwareBadObjectError;
}
