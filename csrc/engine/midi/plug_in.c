#include "midi/forget.h"
#include "midi/plug_in.h"

#include "base/cf_array.h"
#include "base/cf_string.h"

#include <CoreFoundation/CFRunLoop.h>
#include <coremusic/engine.h>
#include <stdlib.h>

CM_CF_CONST_STRING(kMIDIDriverPropertyUsesSerial, "MIDIDriverUsesSerial");

/* A destination as one driver watches it: converts to what the driver's version takes. */
typedef struct watch {
    cm_midi_port port;
    struct watch *next;
    MIDIDriverRef driver;
    MIDIEndpointRef destination;
    cm_midi_stream *stream; /* the watch pins itself by it until it is closed */
} watch;

typedef struct plug_in {
    struct plug_in *next;
    MIDIDriverRef driver;
    CFStringRef name; /* owned */
    UInt32 version;
    bool monitoring;
    watch *watches;
} plug_in;

static struct {
    pthread_mutex_t lock; /* guards all; no driver is called with it */
    plug_in *first;
} registered = { .lock = PTHREAD_MUTEX_INITIALIZER };

_Atomic unsigned cm_midi_monitors;

static plug_in *find(MIDIDriverRef driver)
{
    plug_in *found = registered.first;
    while (found && found->driver != driver)
        found = found->next;
    return found;
}

/* ---- what the server calls ---- */

static bool send_bytes(void *context, const cm_midi_batch *batch)
{
    cm_midi_endpoint *to = context;
    MIDIDriverRef driver = to->owner;
    return (*driver)->Send(driver, batch->list, atomic_load(&to->ref_con[0]), atomic_load(&to->ref_con[1])) ==
           noErr;
}

static bool send_events(void *context, const cm_midi_batch *batch)
{
    cm_midi_endpoint *to = context;
    MIDIDriverRef driver = to->owner;
    return (*driver)->SendPackets(driver, batch->list, atomic_load(&to->ref_con[0]),
                                  atomic_load(&to->ref_con[1])) == noErr;
}

static void enable(void *context, bool on)
{
    cm_midi_endpoint *source = context;
    MIDIDriverRef driver = source->owner;
    (*driver)->EnableSource(driver, source->object.ref, on);
}

static void flush(void *context)
{
    cm_midi_endpoint *to = context;
    MIDIDriverRef driver = to->owner;
    (*driver)->Flush(driver, to->object.ref, atomic_load(&to->ref_con[0]), atomic_load(&to->ref_con[1]));
}

/* By the version of the interface. */
static const cm_midi_backend backends[] = {
    { .form = CM_MIDI_BYTES, .send = send_bytes },
    { .form = CM_MIDI_BYTES, .send = send_bytes, .enable = enable, .flush = flush },
    { .form = CM_MIDI_UMP1, .send = send_events, .enable = enable, .flush = flush },
};

OSStatus cm_midi_driver_backend(MIDIDriverRef driver, const cm_midi_backend **backend)
{
    pthread_mutex_lock(&registered.lock);
    const plug_in *found = find(driver);
    *backend = found ? &backends[found->version - 1] : NULL;
    pthread_mutex_unlock(&registered.lock);
    return *backend ? noErr : cm_fail(cmParamError, "the owner is no driver that was added");
}

CFStringRef cm_midi_driver_copy_name(MIDIDriverRef driver)
{
    pthread_mutex_lock(&registered.lock);
    const plug_in *found = find(driver);
    CFStringRef name = found ? CFRetain(found->name) : NULL;
    pthread_mutex_unlock(&registered.lock);
    return name;
}

/* ---- coming and going ---- */

static OSStatus add(CFStringRef name, MIDIDriverRef driver, UInt32 version)
{
    plug_in *made = calloc(1, sizeof *made);
    CFStringRef copy = CFStringCreateCopy(kCFAllocatorDefault, name);
    pthread_mutex_lock(&registered.lock);
    OSStatus status = find(driver) ? cm_fail(cmParamError, "the driver was added before") : noErr;
    if (status == noErr && (!made || !copy))
        status = cmMemFullError;
    if (status == noErr) {
        *made = (plug_in){ .next = registered.first, .driver = driver, .name = copy, .version = version };
        registered.first = made;
    }
    pthread_mutex_unlock(&registered.lock);
    if (status != noErr) {
        free(made);
        CFRelease(copy);
    }
    return status;
}

static void install_all(MIDIDeviceListRef list)
{
    for (ItemCount i = 0; i < MIDIDeviceListGetNumberOfDevices(list); i++)
        MIDISetupAddDevice(MIDIDeviceListGetDevice(list, i));
}

OSStatus CMMIDIDriverAdd(CFStringRef name, MIDIDriverRef driver, UInt32 version)
{
    if (!cm_cf_as_string(name) || !driver || !*driver || version < 1 || version > 3)
        return cmParamError;
    cm_midi_start();
    OSStatus status = add(name, driver, version);
    if (status != noErr)
        return status;
    MIDIDeviceListRef devices = MIDIGetDriverDeviceList(driver);
    if (version == 1) {
        status = (*driver)->FindDevices(driver, devices);
        install_all(devices);
    }
    if (status == noErr)
        status = (*driver)->Start(driver, devices);
    MIDIDeviceListDispose(devices);
    if (status != noErr)
        CMMIDIDriverRemove(driver);
    return status;
}

static cm_midi_device *find_owned(const cm_midi_list *devices, MIDIDriverRef driver)
{
    for (size_t i = 0; i < devices->count; i++)
        if (((cm_midi_device *)devices->at[i])->owner == driver)
            return (cm_midi_device *)devices->at[i];
    return NULL;
}

static void take_devices_out(MIDIDriverRef driver)
{
    cm_midi_list gone = { 0 };
    cm_midi_device *device;
    cm_midi_lock();
    while ((device = find_owned(&cm_midi.devices, driver)) || (device = find_owned(&cm_midi.loose, driver)))
        cm_midi_device_take_out(device, &gone);
    cm_midi_unlock();
    cm_midi_let_go(&gone);
}

OSStatus CMMIDIDriverRemove(MIDIDriverRef driver)
{
    pthread_mutex_lock(&registered.lock);
    bool known = find(driver) != NULL;
    pthread_mutex_unlock(&registered.lock);
    if (!known)
        return cm_fail(cmParamError, "not a driver that was added");
    MIDIDriverEnableMonitoring(driver, false);
    (*driver)->Stop(driver);
    take_devices_out(driver);
    pthread_mutex_lock(&registered.lock);
    plug_in **link = &registered.first;
    while (*link && (*link)->driver != driver)
        link = &(*link)->next;
    plug_in *gone = *link;
    if (gone)
        *link = gone->next;
    pthread_mutex_unlock(&registered.lock);
    if (gone)
        CFRelease(gone->name);
    free(gone);
    return noErr;
}

/* ---- monitoring ---- */

static void destroy_watch(cm_midi_object *object)
{
    cm_midi_receiver_free(&((watch *)object)->port.receiver);
    free(object);
}

static void show_bytes(cm_midi_receiver *receiver, cm_midi_stream *stream, const void *list)
{
    (void)receiver;
    const watch *w = (const watch *)stream->owner;
    (*w->driver)->Monitor(w->driver, w->destination, list);
}

static void show_events(cm_midi_receiver *receiver, cm_midi_stream *stream, const void *list)
{
    (void)receiver;
    const watch *w = (const watch *)stream->owner;
    (*w->driver)->MonitorEvents(w->driver, w->destination, list);
}

static void show(cm_midi_receiver *receiver, cm_midi_stream *stream, const cm_midi_batch *batch)
{
    cm_midi_convert(receiver, stream, batch, receiver->form == CM_MIDI_BYTES ? show_bytes : show_events);
}

static watch *new_watch(const plug_in *p, const cm_midi_endpoint *destination)
{
    watch *made = cm_midi_new(CM_MIDI_INPUT_PORT, sizeof *made, destroy_watch);
    if (!made)
        return NULL;
    made->driver = p->driver;
    made->destination = destination->object.ref;
    made->port.receiver.form = p->version < 3                               ? CM_MIDI_BYTES
                               : destination->protocol == kMIDIProtocol_2_0 ? CM_MIDI_UMP2
                                                                            : CM_MIDI_UMP1;
    made->port.receiver.call = show;
    cm_midi_receiver_init(&made->port.receiver);
    made->stream = cm_midi_stream_new(&made->port.receiver, &made->port.object, true);
    if (made->stream)
        return made;
    cm_midi_release(made);
    return NULL;
}

/* The stream by which a driver watches a destination, pinned; NULL when it does not. */
static cm_midi_stream *pin_stream(plug_in *p, const cm_midi_endpoint *destination)
{
    watch *found = p->watches;
    while (found && found->destination != destination->object.ref)
        found = found->next;
    if (!found && (found = new_watch(p, destination))) {
        found->next = p->watches;
        p->watches = found;
    }
    if (found)
        cm_midi_stream_retain(found->stream);
    return found ? found->stream : NULL;
}

void cm_midi_monitor(cm_midi_endpoint *destination, const cm_midi_batch *batch)
{
    enum { WATCHERS = 16 };
    cm_midi_stream *streams[WATCHERS];
    size_t count = 0;
    cm_midi_batch whole = *batch;
    if (!whole.size && cm_midi_list_check(whole.form, whole.list, CM_MIDI_LIST_MAX, &whole.size) != noErr)
        return;
    pthread_mutex_lock(&registered.lock);
    for (plug_in *p = registered.first; p && count < WATCHERS; p = p->next)
        if (p->monitoring && (streams[count] = pin_stream(p, destination)))
            count++;
    pthread_mutex_unlock(&registered.lock);
    for (size_t i = 0; i < count; i++) {
        cm_midi_receiver_take(streams[i], &whole);
        cm_midi_stream_release(streams[i]);
    }
}

OSStatus MIDIDriverEnableMonitoring(MIDIDriverRef driver, Boolean enabled)
{
    watch *gone = NULL;
    pthread_mutex_lock(&registered.lock);
    plug_in *p = find(driver);
    OSStatus status = p && p->version >= 2 ? noErr : cmParamError;
    if (status == noErr && p->monitoring != (enabled != 0)) {
        p->monitoring = enabled != 0;
        atomic_fetch_add(&cm_midi_monitors, enabled ? 1u : ~0u);
        gone = p->watches;
        p->watches = NULL;
    }
    pthread_mutex_unlock(&registered.lock);
    while (gone) {
        watch *next = gone->next;
        cm_midi_stream_close(gone->stream);
        cm_midi_stream_release(gone->stream);
        cm_midi_release(gone);
        gone = next;
    }
    return status == noErr ? noErr : cm_fail(status, "not a driver of version 2 or 3 that was added");
}

/* ---- what drivers ask for ---- */

static struct {
    pthread_once_t once;
    pthread_mutex_t lock;
    pthread_cond_t ready;
    CFRunLoopRef loop; /* retained for ever */
    bool tried;
} io = { .once = PTHREAD_ONCE_INIT, .lock = PTHREAD_MUTEX_INITIALIZER, .ready = PTHREAD_COND_INITIALIZER };

static void *run_loop(void *unused)
{
    CFRunLoopRef loop = CFRunLoopGetCurrent();
    if (loop)
        CFRetain(loop);
    pthread_mutex_lock(&io.lock);
    io.loop = loop;
    io.tried = true;
    pthread_cond_broadcast(&io.ready);
    pthread_mutex_unlock(&io.lock);
    while (loop)
        CFRunLoopRun();
    return unused;
}

static void start_loop(void)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, run_loop, NULL) != 0)
        return;
    pthread_detach(thread);
    pthread_mutex_lock(&io.lock);
    while (!io.tried)
        pthread_cond_wait(&io.ready, &io.lock);
    pthread_mutex_unlock(&io.lock);
}

CFRunLoopRef MIDIGetDriverIORunLoop(void)
{
    pthread_once(&io.once, start_loop);
    return io.loop;
}

OSStatus MIDIGetSerialPortDrivers(CFArrayRef *outDriverNames)
{
    if (!outDriverNames)
        return cmParamError;
    CFMutableArrayRef names = CFArrayCreateMutable(kCFAllocatorDefault, 0, &kCFTypeArrayCallBacks);
    *outDriverNames = names;
    cm_midi_lock();
    for (size_t i = 0; names && i < cm_midi.devices.count; i++) {
        const cm_midi_object *device = cm_midi.devices.at[i];
        CFTypeRef uses = cm_midi_get_property(device, kMIDIDriverPropertyUsesSerial);
        CFTypeRef owner = cm_midi_get_property(device, kMIDIPropertyDriverOwner);
        SInt32 yes = 0;
        if (uses && owner && CFNumberGetValue(uses, kCFNumberSInt32Type, &yes) && yes &&
            !CFArrayContainsValue(names, CFRangeMake(0, CFArrayGetCount(names)), owner))
            CFArrayAppendValue(names, owner);
    }
    cm_midi_unlock();
    return names ? noErr : cmMemFullError;
}

void cm_midi_plug_ins_forget(void)
{
    pthread_mutex_init(&registered.lock, NULL);
    registered.first = NULL;
    atomic_store(&cm_midi_monitors, 0);
    io.once = (pthread_once_t)PTHREAD_ONCE_INIT;
    pthread_mutex_init(&io.lock, NULL);
    pthread_cond_init(&io.ready, NULL);
    io.loop = NULL;
    io.tried = false;
}
