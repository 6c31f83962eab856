/* Notifications: what they say, in which order, and clients that go while they are told. */
#include "midi_kit.h"

enum { MOST = 256 };

typedef struct told {
    struct {
        MIDINotificationMessageID id;
        UInt32 size;
        MIDIObjectRef parent, child;
        MIDIObjectType parent_type, child_type;
        char key[64];
    } list[MOST];
    _Atomic size_t count;
    MIDIClientRef dispose; /* in the next call */
    _Atomic size_t calls;
} told;

static void note(const MIDINotification *message, void *ref_con)
{
    told *t = ref_con;
    size_t at = atomic_load(&t->count);
    CHECK(at < MOST);
    t->list[at].id = message->messageID;
    t->list[at].size = message->messageSize;
    if (message->messageID == kMIDIMsgObjectAdded || message->messageID == kMIDIMsgObjectRemoved) {
        const MIDIObjectAddRemoveNotification *object = (const MIDIObjectAddRemoveNotification *)message;
        t->list[at].parent = object->parent;
        t->list[at].child = object->child;
        t->list[at].parent_type = object->parentType;
        t->list[at].child_type = object->childType;
    } else if (message->messageID == kMIDIMsgPropertyChanged) {
        const MIDIObjectPropertyChangeNotification *property = (const MIDIObjectPropertyChangeNotification *)
            message;
        t->list[at].child = property->object;
        t->list[at].child_type = property->objectType;
        CFStringGetCString(property->propertyName, t->list[at].key, 64, kCFStringEncodingUTF8);
    }
    atomic_store(&t->count, at + 1);
    atomic_fetch_add(&t->calls, 1);
    if (t->dispose)
        CHECK_EQ(MIDIClientDispose(t->dispose), noErr);
}

/* Waits until the last notification is `id`, and no other comes for a while. */
static void wait_last(told *t, MIDINotificationMessageID id)
{
    for (int i = 0; i < 5000; i++) {
        size_t count = atomic_load(&t->count);
        if (count && t->list[count - 1].id == id)
            break;
        nap(0.001);
    }
    nap(0.01);
    CHECK(atomic_load(&t->count) > 0);
    CHECK_EQ(t->list[atomic_load(&t->count) - 1].id, id);
}

static MIDIClientRef make_told(told *t)
{
    MIDIClientRef client = 0;
    memset(t, 0, sizeof *t);
    CHECK_EQ(MIDIClientCreate(CFSTR("told"), note, t, &client), noErr);
    return client;
}

static void delay(const MIDINotification *message, void *ref_con)
{
    (void)message;
    atomic_store((_Atomic bool *)ref_con, true);
    nap(0.1);
}

/* Events wait while a slow client is told of them; a client that comes then finds what they made. */
static void test_a_new_client_hears_nothing_old(void)
{
    static told t;
    _Atomic bool inside = false;
    MIDIClientRef slow = 0, late = 0;
    MIDIEndpointRef source = 0;
    CHECK_EQ(MIDIClientCreate(CFSTR("slow"), delay, &inside, &slow), noErr);
    CHECK_EQ(MIDISourceCreate(slow, CFSTR("one"), &source), noErr);
    while (!atomic_load(&inside))
        nap(0.001);
    CHECK_EQ(MIDISourceCreate(slow, CFSTR("two"), &source), noErr);
    memset(&t, 0, sizeof t);
    CHECK_EQ(MIDIClientCreate(CFSTR("late"), note, &t, &late), noErr);
    nap(0.5);
    CHECK_EQ(t.count, 0);
    CHECK_EQ(MIDISourceCreate(late, CFSTR("three"), &source), noErr);
    wait_last(&t, kMIDIMsgSetupChanged);
    CHECK_EQ(t.list[0].id, kMIDIMsgObjectAdded);
    CHECK_EQ(t.list[0].child, source);
    CHECK_EQ(t.count, 2);
    CHECK_EQ(MIDIClientDispose(late), noErr);
    CHECK_EQ(MIDIClientDispose(slow), noErr);
}

static void test_virtual_endpoint(void)
{
    static told t;
    MIDIClientRef client = make_told(&t), other = make_client();
    MIDIEndpointRef source = 0;
    CHECK_EQ(MIDISourceCreate(other, CFSTR("s"), &source), noErr);
    wait_last(&t, kMIDIMsgSetupChanged);
    CHECK_EQ(t.list[0].id, kMIDIMsgObjectAdded);
    CHECK_EQ(t.list[0].size, sizeof(MIDIObjectAddRemoveNotification));
    CHECK_EQ(t.list[0].child, source);
    CHECK_EQ(t.list[0].child_type, kMIDIObjectType_Source);
    CHECK_EQ(t.list[0].parent, 0);
    CHECK_EQ(t.count, 2);
    atomic_store(&t.count, 0);
    CHECK_EQ(MIDIObjectSetStringProperty(source, kMIDIPropertyName, CFSTR("new")), noErr);
    wait_last(&t, kMIDIMsgPropertyChanged);
    CHECK_EQ(t.list[0].child, source);
    CHECK_STR(t.list[0].key, "name");
    CHECK_EQ(MIDIObjectSetStringProperty(source, kMIDIPropertyName, CFSTR("new")), noErr); /* no change */
    CHECK_EQ(t.count, 1);
    atomic_store(&t.count, 0);
    CHECK_EQ(MIDIClientDispose(other), noErr);
    wait_last(&t, kMIDIMsgSetupChanged);
    CHECK_EQ(t.list[0].id, kMIDIMsgObjectRemoved);
    CHECK_EQ(t.list[0].child, source);
    CHECK_EQ(MIDIClientDispose(client), noErr);
}

static void test_dispose_in_notification(void)
{
    static told t;
    MIDIClientRef client = make_told(&t), other = make_client();
    MIDIEndpointRef source = 0;
    t.dispose = client;
    CHECK_EQ(MIDISourceCreate(other, CFSTR("s"), &source), noErr);
    for (int i = 0; i < 5000 && !atomic_load(&t.count); i++)
        nap(0.001);
    nap(0.02);
    CHECK_EQ(t.count, 1); /* none after it was disposed of */
    CHECK_EQ(MIDIClientDispose(client), kMIDIInvalidClient);
    CHECK_EQ(MIDIClientDispose(other), noErr);
}

/* Once its client is disposed of, a procedure's memory may go. */
static void test_dispose_while_told(void)
{
    MIDIClientRef other = make_client();
    for (int i = 0; i < 200; i++) {
        told *t = calloc(1, sizeof *t);
        MIDIClientRef client = 0;
        MIDIEndpointRef source = 0;
        CHECK_EQ(MIDIClientCreate(CFSTR("told"), note, t, &client), noErr);
        CHECK_EQ(MIDISourceCreate(other, CFSTR("s"), &source), noErr);
        if (i % 2)
            nap(2e-4);
        CHECK_EQ(MIDIClientDispose(client), noErr);
        memset(t, 0xAA, sizeof *t);
        free(t);
        CHECK_EQ(MIDIEndpointDispose(source), noErr);
    }
    CHECK_EQ(MIDIClientDispose(other), noErr);
}

int main(void)
{
    RUN(test_a_new_client_hears_nothing_old);
    RUN(test_virtual_endpoint);
    RUN(test_dispose_in_notification);
    RUN(test_dispose_while_told);
    return 0;
}
