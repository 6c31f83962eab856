#include "midi/forget.h"
#include "midi/notify.h"

#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { WAITING_MAX = 65536 }; /* notifications; beyond it clients only hear that the setup changed */

typedef struct event {
    struct event *next;
    uint64_t number;
    CFStringRef key; /* retained; NULL but for property changes */
    union {
        MIDINotification any;
        MIDIObjectAddRemoveNotification object;
        MIDIObjectPropertyChangeNotification property;
    } message;
} event;

static struct {
    pthread_mutex_t lock; /* guards all; taken after the server's lock */
    pthread_cond_t changed, turned;
    event *first, *last;
    size_t waiting;
    uint64_t posted;        /* number of the last event, of any kind */
    uint64_t setup_changed; /* number of such an event, to be told when the others have been; 0: none */
    uint64_t turns;
    bool telling;
    pid_t process; /* that the thread runs in; 0: it does not */
} mail = { .lock = PTHREAD_MUTEX_INITIALIZER,
           .changed = PTHREAD_COND_INITIALIZER,
           .turned = PTHREAD_COND_INITIALIZER };

/* ---- the thread ---- */

/* All clients of now, pinned. */
static cm_midi_list pin_clients(void)
{
    cm_midi_list clients = { 0 };
    cm_midi_lock();
    for (size_t i = 0; i < cm_midi.clients.count; i++)
        cm_midi_list_add(&clients, cm_midi.clients.at[i]);
    cm_midi_unlock();
    return clients;
}

/* Those that were there when it happened. */
static void tell_clients(const MIDINotification *message, uint64_t number)
{
    cm_midi_list clients = pin_clients();
    for (size_t i = 0; i < clients.count; i++) {
        cm_midi_client *client = (cm_midi_client *)clients.at[i];
        if (!client->notify || client->born >= number || atomic_load(&client->closed))
            continue;
        cm_midi_enter_callback();
        client->notify(message, client->ref_con);
        cm_midi_leave_callback();
        pthread_mutex_lock(&mail.lock);
        mail.turns++;
        pthread_cond_broadcast(&mail.turned);
        pthread_mutex_unlock(&mail.lock);
    }
    cm_midi_list_free(&clients);
}

static event *take(event *setup)
{
    event *next = mail.first;
    if (next) {
        mail.first = next->next;
        mail.last = mail.first ? mail.last : NULL;
        mail.waiting--;
        return next;
    }
    if (!mail.setup_changed)
        return NULL;
    *setup = (event){ .number = mail.setup_changed,
                      .message.any = { kMIDIMsgSetupChanged, sizeof(MIDINotification) } };
    mail.setup_changed = 0;
    return setup;
}

static void *run(void *unused)
{
    event setup, *next;
    prctl(PR_SET_NAME, "midi notify");
    pthread_mutex_lock(&mail.lock);
    for (;;) {
        while (!(next = take(&setup)))
            pthread_cond_wait(&mail.changed, &mail.lock);
        mail.telling = true;
        pthread_mutex_unlock(&mail.lock);
        tell_clients(&next->message.any, next->number);
        if (next != &setup) {
            CFRelease(next->key);
            free(next);
        }
        pthread_mutex_lock(&mail.lock);
        mail.telling = false;
        pthread_cond_broadcast(&mail.turned);
    }
    return unused;
}

static void start(void)
{
    pthread_t thread;
    if (mail.process == getpid() || pthread_create(&thread, NULL, run, NULL) != 0)
        return;
    pthread_detach(thread);
    mail.process = getpid();
}

void cm_midi_notify_wait(void)
{
    if (cm_midi_is_inside())
        return;
    pthread_mutex_lock(&mail.lock);
    uint64_t turn = mail.turns;
    while (mail.telling && mail.turns == turn)
        pthread_cond_wait(&mail.turned, &mail.lock);
    pthread_mutex_unlock(&mail.lock);
}

/* ---- what others call ---- */

uint64_t cm_midi_notify_last(void)
{
    pthread_mutex_lock(&mail.lock);
    uint64_t last = mail.posted;
    pthread_mutex_unlock(&mail.lock);
    return last;
}

static void post(const event *made)
{
    event *added = malloc(sizeof *added);
    pthread_mutex_lock(&mail.lock);
    mail.posted++;
    if (added && mail.waiting < WAITING_MAX) {
        *added = *made;
        added->next = NULL;
        added->number = mail.posted;
        if (added->key)
            CFRetain(added->key);
        if (mail.last)
            mail.last->next = added;
        else
            mail.first = added;
        mail.last = added;
        mail.waiting++;
    } else {
        free(added);
        mail.setup_changed = mail.posted;
    }
    start();
    pthread_cond_signal(&mail.changed);
    pthread_mutex_unlock(&mail.lock);
}

void cm_midi_notify_object(bool added, const cm_midi_object *parent, const cm_midi_object *child)
{
    event made = { .message.object = { .messageID = added ? kMIDIMsgObjectAdded : kMIDIMsgObjectRemoved,
                                       .messageSize = sizeof(MIDIObjectAddRemoveNotification),
                                       .parent = parent ? parent->ref : 0,
                                       .parentType = parent ? cm_midi_type(parent) : kMIDIObjectType_Other,
                                       .child = child->ref,
                                       .childType = cm_midi_type(child) } };
    post(&made);
}

void cm_midi_notify_setup(void)
{
    pthread_mutex_lock(&mail.lock);
    mail.setup_changed = ++mail.posted;
    start();
    pthread_cond_signal(&mail.changed);
    pthread_mutex_unlock(&mail.lock);
}

void cm_midi_notify_property(const cm_midi_object *object, CFStringRef key)
{
    event made = { .key = key,
                   .message.property = { .messageID = kMIDIMsgPropertyChanged,
                                         .messageSize = sizeof(MIDIObjectPropertyChangeNotification),
                                         .object = object->ref,
                                         .objectType = cm_midi_type(object),
                                         .propertyName = key } };
    post(&made);
}

void cm_midi_notify_plain(MIDINotificationMessageID message)
{
    event made = { .message.any = { message, sizeof(MIDINotification) } };
    post(&made);
}

void cm_midi_notify_forget(void)
{
    pthread_mutex_init(&mail.lock, NULL);
    pthread_cond_init(&mail.changed, NULL);
    pthread_cond_init(&mail.turned, NULL);
    mail.first = mail.last = NULL;
    mail.waiting = 0;
    mail.setup_changed = 0;
    mail.telling = false;
    mail.process = 0;
}
