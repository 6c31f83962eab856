/* hal.c: which drivers are open, what they have, which devices are the defaults, and the HAL's own thread. */
#include "hal.h"

#include "base/clock.h"
#include "base/fork.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/realtime.h"

#include <coremusic/engine.h>
#include <errno.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

static struct {
    pthread_once_t once;
    pthread_mutex_t control, tree;
    sem_t work;
    pthread_t thread;
    bool has_thread;
    _Atomic bool opened;
    _Atomic bool stale;  /* a driver said that something changed */
    _Atomic bool ending; /* the HAL's thread shall end */
    _Atomic bool exiting;

    /* Under both locks to write, either to read. The chosen driver, if any; the virtual one; aggregates. */
    cm_plugin *plugins[CM_MAX_PLUGINS];
    size_t plugin_count;
    AudioObjectID defaults[CM_DEFAULTS];
    AudioObjectID chosen[CM_DEFAULTS]; /* set here where the driver has no say */

    _Atomic bool waits;       /* no driver opened: there may be one later */
    _Atomic UInt64 next_look; /* host time, not before which they are tried again */
    const cm_driver *awaited; /* under the control lock: the one that was asked for; NULL: any */
} hal = { .once = PTHREAD_ONCE_INIT };

static _Thread_local bool own_thread;

void cm_hal_lock(void)
{
    pthread_mutex_lock(&hal.control);
}

void cm_hal_unlock(void)
{
    pthread_mutex_unlock(&hal.control);
}

void cm_tree_lock(void)
{
    pthread_mutex_lock(&hal.tree);
}

void cm_tree_unlock(void)
{
    pthread_mutex_unlock(&hal.tree);
}

void cm_tree_wait(pthread_cond_t *condition)
{
    pthread_cond_wait(condition, &hal.tree);
}

void cm_hal_wake(void)
{
    sem_post(&hal.work);
}

bool cm_hal_is_exiting(void)
{
    return atomic_load(&hal.exiting);
}

bool cm_hal_is_own_thread(void)
{
    return own_thread;
}

const cm_plugin *cm_hal_plugin(size_t index)
{
    return index < hal.plugin_count ? hal.plugins[index] : NULL;
}

static void free_system(cm_object *object)
{
    (void)object;
}

static cm_object system_object = { .id = kAudioObjectSystemObject,
                                   .class_id = kAudioSystemObjectClassID,
                                   .base_class = kAudioObjectClassID,
                                   .properties = &cm_system_properties,
                                   .destroy = free_system };

/* ---- what the drivers have ---- */

typedef struct found_devices {
    cm_device_description *list;
    size_t count, room;
    bool is_short; /* of memory: there are more */
} found_devices;

static void visit(void *context, const cm_device_description *description)
{
    found_devices *found = context;
    if (found->count == found->room) {
        size_t room = found->room ? 2 * found->room : 8;
        cm_device_description *grown = realloc(found->list, room * sizeof *grown);
        if (!grown) {
            found->is_short = true;
            return;
        }
        found->list = grown;
        found->room = room;
    }
    found->list[found->count++] = *description;
}

static bool has_uid(const found_devices *found, const char *uid)
{
    for (size_t i = 0; i < found->count; i++)
        if (strcmp(found->list[i].uid, uid) == 0)
            return true;
    return false;
}

/* Closes its stream and takes it out of the list of devices. The control lock is held. */
static void bury(cm_device *device)
{
    bool was_running = cm_hal_io_is_running(device);
    cm_hal_io_disable(device);
    cm_hal_io_close(device);
    cm_tree_lock();
    device->alive = false;
    cm_notify(device->object.id, kAudioDevicePropertyDeviceIsAlive, kAudioObjectPropertyScopeGlobal, 0);
    if (was_running)
        cm_notify(device->object.id, kAudioDevicePropertyIOStoppedAbnormally, kAudioObjectPropertyScopeGlobal,
                  0);
    cm_notify(kAudioObjectSystemObject, kAudioHardwarePropertyDevices, kAudioObjectPropertyScopeGlobal, 0);
    cm_notify(device->plugin->object.id, kAudioPlugInPropertyDeviceList, kAudioObjectPropertyScopeGlobal, 0);
    cm_tree_unlock();
}

/* Devices may be added and removed by what is done with one, so each step looks again. */
static cm_device *next_device(size_t *at)
{
    cm_device *device = NULL;
    cm_tree_lock();
    for (cm_object *object; !device && (object = cm_tree_next(at));)
        if (cm_object_is_device(object))
            device = (cm_device *)object;
    cm_tree_unlock();
    return device;
}

static void bury_missing(const cm_plugin *plugin, const found_devices *found)
{
    size_t at = 0;
    for (cm_device *device; (device = next_device(&at));)
        if (device->alive && device->plugin == plugin && !has_uid(found, device->description.uid))
            bury(device);
}

static void meet(cm_plugin *plugin, const cm_device_description *description)
{
    cm_tree_lock();
    cm_device *device = cm_tree_device_by_uid(description->uid, plugin);
    cm_tree_unlock();
    if (device) {
        cm_device_update(device, description);
        return;
    }
    cm_tree_lock();
    if (cm_device_new(plugin, description)) {
        cm_notify(kAudioObjectSystemObject, kAudioHardwarePropertyDevices, kAudioObjectPropertyScopeGlobal,
                  0);
        cm_notify(plugin->object.id, kAudioPlugInPropertyDeviceList, kAudioObjectPropertyScopeGlobal, 0);
    }
    cm_tree_unlock();
}

/* Where the driver cannot tell, what was known stays, since a slow server may play on. */
static void refresh_plugin(cm_plugin *plugin)
{
    found_devices found = { 0 };
    OSStatus status = plugin->driver->devices(plugin->instance, visit, &found);
    bool told = status == noErr || status == kAudioHardwareNotRunningError;
    if (status != noErr)
        cm_log(CM_LOG_WARNING, "driver %s: %s (%d)", plugin->driver->name,
               told ? "no devices" : "no list of devices", (int)status);
    if (told && !found.is_short)
        bury_missing(plugin, &found);
    for (size_t i = 0; i < found.count; i++)
        meet(plugin, &found.list[i]);
    free(found.list);
    plugin->is_overdue = !told;
}

/* ---- defaults ---- */

static const struct {
    AudioObjectPropertySelector selector;
    cm_side side;
} roles[CM_DEFAULTS] = { { kAudioHardwarePropertyDefaultInputDevice, CM_INPUT },
                         { kAudioHardwarePropertyDefaultOutputDevice, CM_OUTPUT },
                         { kAudioHardwarePropertyDefaultSystemOutputDevice, CM_OUTPUT } };

static AudioObjectID living(AudioObjectID id)
{
    cm_tree_lock();
    const cm_device *device = cm_tree_device(id);
    if (!device || !device->alive)
        id = kAudioObjectUnknown;
    cm_tree_unlock();
    return id;
}

/* The first driver that has one decides; while that cannot tell, the old one stays if it lives. */
static AudioObjectID find_default(cm_default which)
{
    AudioObjectID found = hal.chosen[which] = living(hal.chosen[which]);
    for (size_t i = 0; i < hal.plugin_count && !found; i++) {
        const cm_plugin *plugin = hal.plugins[i];
        char uid[CM_DEVICE_TEXT] = "";
        if (plugin->is_overdue) {
            found = living(hal.defaults[which]);
            continue;
        }
        if (plugin->driver->get_default(plugin->instance, roles[which].side, uid) != noErr || !*uid)
            continue;
        cm_tree_lock();
        const cm_device *device = cm_tree_device_by_uid(uid, plugin);
        found = device ? device->object.id : kAudioObjectUnknown;
        cm_tree_unlock();
    }
    return found;
}

static void refresh_defaults(void)
{
    for (int which = 0; which < CM_DEFAULTS; which++) {
        AudioObjectID found = find_default((cm_default)which);
        cm_tree_lock();
        if (found != hal.defaults[which]) {
            hal.defaults[which] = found;
            cm_notify(kAudioObjectSystemObject, roles[which].selector, kAudioObjectPropertyScopeGlobal, 0);
        }
        cm_tree_unlock();
    }
}

AudioObjectID cm_hal_default(cm_default which)
{
    return hal.defaults[which];
}

/* Asks the driver to make it everybody's default; without the driver's consent it is this process's only. */
OSStatus cm_hal_set_default(cm_default which, AudioObjectID id)
{
    cm_side side = roles[which].side;
    cm_tree_lock();
    const cm_device *device = cm_tree_device(id);
    cm_tree_unlock();
    if (!device || !device->alive || !device->description.side[side].channels)
        return kAudioHardwareBadDeviceError;
    const cm_plugin *plugin = device->plugin;
    hal.chosen[which] = id;
    if (which != CM_DEFAULT_SYSTEM && plugin == hal.plugins[0] && plugin->driver->set_default &&
        plugin->driver->set_default(plugin->instance, side, device->description.uid) == noErr)
        hal.chosen[which] = kAudioObjectUnknown;
    refresh_defaults();
    return noErr;
}

/* ---- the HAL's thread ---- */

static void refresh(void)
{
    for (size_t i = 0; i < hal.plugin_count; i++)
        refresh_plugin(hal.plugins[i]);
    refresh_defaults();
}

static void attend_devices(void)
{
    size_t at = 0;
    for (cm_device *device; (device = next_device(&at));) {
        if (!cm_hal_io_attend(device) || !device->alive)
            continue;
        bury(device);
        atomic_store(&hal.stale, true);
    }
}

/* A dead device answers as long as a client has an IOProc or a listener on it. */
static bool is_forgotten(const cm_device *device)
{
    return !device->alive && !cm_hal_io_count(device) && !device->object.listeners &&
           !cm_notify_pending(device->object.id);
}

static void sweep(void)
{
    cm_tree_lock();
    size_t at = 0;
    for (cm_object *object; (object = cm_tree_next(&at));) {
        cm_device *device = (cm_device *)object;
        if (!cm_object_is_device(object) || !is_forgotten(device))
            continue;
        cm_device_remove(device);
        at = 0;
    }
    cm_tree_unlock();
}

static void catch_up(void)
{
    attend_devices();
    if (atomic_exchange(&hal.stale, false))
        refresh();
}

void cm_hal_catch_up(void)
{
    if (!atomic_load(&hal.opened) || cm_render_active())
        return;
    cm_hal_lock();
    catch_up();
    cm_hal_unlock();
}

static void *run(void *unused)
{
    (void)unused;
    own_thread = true;
    for (;;) {
        while (sem_wait(&hal.work) == -1 && errno == EINTR)
            ;
        while (sem_trywait(&hal.work) == 0)
            ;
        if (atomic_load(&hal.ending))
            return NULL;
        cm_hal_lock();
        catch_up();
        cm_hal_unlock();
        cm_notify_deliver();
        cm_hal_lock();
        sweep();
        cm_hal_unlock();
    }
}

static void driver_changed(void *unused)
{
    (void)unused;
    atomic_store(&hal.stale, true);
    cm_hal_wake();
}

/* ---- opening ---- */

static const cm_driver_host host = { .changed = driver_changed };

static void free_plugin(cm_object *object)
{
    free(object);
}

/* Opens a driver and puts it in the list at that place. The control lock is held. */
static OSStatus add_plugin(const cm_driver *driver, size_t place)
{
    cm_plugin *plugin = calloc(1, sizeof *plugin);
    if (!plugin)
        return cmMemFullError;
    OSStatus status = driver->open(&host, &plugin->instance);
    if (status != noErr) {
        driver->close(plugin->instance);
        free(plugin);
        return status;
    }
    plugin->driver = driver;
    plugin->object = (cm_object){ .class_id = kAudioPlugInClassID,
                                  .base_class = kAudioObjectClassID,
                                  .owner = kAudioObjectSystemObject,
                                  .properties = &cm_plugin_properties,
                                  .destroy = free_plugin };
    cm_tree_lock();
    bool added = cm_tree_add(&plugin->object);
    if (added) {
        memmove(hal.plugins + place + 1, hal.plugins + place,
                (hal.plugin_count - place) * sizeof *hal.plugins);
        hal.plugins[place] = plugin;
        hal.plugin_count++;
        cm_notify(kAudioObjectSystemObject, kAudioHardwarePropertyPlugInList, kAudioObjectPropertyScopeGlobal,
                  0);
    }
    cm_tree_unlock();
    if (added)
        return noErr;
    driver->close(plugin->instance);
    free(plugin);
    return cmMemFullError;
}

/* Closes a driver and forgets its devices. The control lock is held. */
static void remove_plugin(size_t index)
{
    cm_plugin *plugin = hal.plugins[index];
    bury_missing(plugin, &(found_devices){ 0 });
    cm_tree_lock();
    size_t at = 0;
    for (cm_object *object; (object = cm_tree_next(&at));)
        if (cm_object_is_device(object) && ((cm_device *)object)->plugin == plugin)
            ((cm_device *)object)->plugin = NULL;
    hal.plugin_count--;
    memmove(hal.plugins + index, hal.plugins + index + 1, (hal.plugin_count - index) * sizeof *hal.plugins);
    void *instance = plugin->instance;
    const cm_driver *driver = plugin->driver;
    cm_tree_remove(&plugin->object);
    cm_notify(kAudioObjectSystemObject, kAudioHardwarePropertyPlugInList, kAudioObjectPropertyScopeGlobal, 0);
    cm_tree_unlock();
    driver->close(instance);
    cm_hal_wake(); /* its devices have to be swept away */
}

static const cm_driver *find_driver(const char *name)
{
    for (const cm_driver *const *driver = cm_drivers; *driver; driver++)
        if (strcmp((*driver)->name, name) == 0)
            return *driver;
    return NULL;
}

/* Puts a driver in front of the virtual one: the named one, or the first that opens. The control lock is
 * held. */
static OSStatus choose_driver(const char *name)
{
    if (name && strcmp(name, cm_driver_virtual.name) == 0)
        return noErr;
    const cm_driver *wanted = name ? find_driver(name) : NULL;
    if (name && !wanted)
        return cm_fail(kAudioHardwareIllegalOperationError, "there is no audio driver \"%s\"", name);
    if (wanted)
        return add_plugin(wanted, 0);
    for (const cm_driver *const *driver = cm_drivers; *driver != &cm_driver_virtual; driver++)
        if (add_plugin(*driver, 0) == noErr)
            break;
    return noErr;
}

/* The control lock is held. */
static bool is_any_running(void)
{
    size_t at = 0;
    for (cm_device *device; (device = next_device(&at));)
        if (cm_hal_io_is_running(device))
            return true;
    return false;
}

/* From now on, or no more. The control lock is held. */
static void wait_for_driver(bool waits, const cm_driver *awaited)
{
    hal.awaited = awaited;
    atomic_store(&hal.next_look, AudioGetCurrentHostTime() + CM_HOST_TICKS_PER_SECOND);
    atomic_store(&hal.waits, waits);
}

void cm_hal_look_again(void)
{
    if (!atomic_load(&hal.waits) || cm_render_active() ||
        AudioGetCurrentHostTime() < atomic_load(&hal.next_look))
        return;
    cm_hal_lock();
    if (atomic_load(&hal.waits) && AudioGetCurrentHostTime() >= atomic_load(&hal.next_look) &&
        !is_any_running()) {
        OSStatus status = choose_driver(hal.awaited ? hal.awaited->name : NULL);
        bool found = status == noErr && hal.plugins[0]->driver != &cm_driver_virtual;
        wait_for_driver(!found, hal.awaited);
        if (found)
            refresh();
        else
            CMEngineForgetErrorDetail(); /* nobody asked for a driver */
    }
    cm_hal_unlock();
}

static void start_thread(void)
{
    hal.has_thread = pthread_create(&hal.thread, NULL, run, NULL) == 0;
    if (hal.has_thread)
        pthread_setname_np(hal.thread, "coremusic-hal");
}

/* Ends all streams. The control lock is held. */
static void end_streams(void)
{
    size_t at = 0;
    for (cm_device *device; (device = next_device(&at));) {
        cm_hal_io_disable(device);
        cm_hal_io_close(device);
    }
}

static struct timespec a_second_from_now(void)
{
    struct timespec when;
    clock_gettime(CLOCK_REALTIME, &when);
    when.tv_sec++;
    return when;
}

/*
 * At exit streams end first, while the libraries that they use are still whole, then the HAL's thread, which
 * uses them too; but nobody waits for a thread that hangs in a driver, a listener or an IOProc (one in Python
 * may wait for an interpreter that is gone). From inside an IOProc its stream cannot end before the process.
 */
static void end(void)
{
    enum { PATIENCE = 500 }; /* ms */
    size_t at = 0;
    if (!atomic_load(&hal.opened) || cm_render_active())
        return;
    atomic_store(&hal.exiting, true);
    atomic_store(&hal.ending, true);
    cm_hal_wake();
    struct timespec until = a_second_from_now();
    bool is_locked = pthread_mutex_timedlock(&hal.control, &until) == 0;
    for (cm_device *device; is_locked && (device = next_device(&at));) {
        cm_hal_io_disable(device);
        if (cm_grace_wait_for(&device->io.grace, PATIENCE))
            cm_hal_io_close(device);
    }
    if (is_locked)
        cm_hal_unlock();
    until = a_second_from_now();
    if (hal.has_thread && !own_thread && pthread_timedjoin_np(hal.thread, NULL, &until) == 0)
        hal.has_thread = false;
}

static void make_locks(void)
{
    cm_lock_init(&hal.control);
    pthread_mutex_init(&hal.tree, NULL);
    sem_init(&hal.work, 0, 0);
}

/* A child has none of the threads: it starts anew, and what the parent had is not freed. */
static void forget_after_fork(void)
{
    make_locks();
    cm_tree_forget();
    system_object.listeners = NULL;
    cm_notify_forget();
    hal.has_thread = false;
    hal.plugin_count = 0;
    memset(hal.defaults, 0, sizeof hal.defaults);
    memset(hal.chosen, 0, sizeof hal.chosen);
    atomic_store(&hal.waits, false);
    atomic_store(&hal.opened, false);
    own_thread = false;
}

CM_FORGET_IN_CHILD(forget_after_fork)

static void prepare(void)
{
    make_locks();
    atexit(end);
}

static void open_all(void)
{
    start_thread();
    cm_tree_lock();
    cm_tree_add(&system_object);
    cm_process_add();
    cm_tree_unlock();
    add_plugin(&cm_driver_virtual, 0);
    const char *name = getenv("COREMUSIC_DRIVER");
    name = name && *name ? name : NULL;
    if (choose_driver(name) != noErr && name)
        cm_log(CM_LOG_ERROR, "COREMUSIC_DRIVER=%s: %s; only the virtual devices are there", name,
               cm_detail(kAudioHardwareNotRunningError) ?: "not available");
    const cm_driver *awaited = name ? find_driver(name) : NULL;
    bool may_come = !name || (awaited && awaited != &cm_driver_virtual);
    wait_for_driver(may_come && hal.plugins[0]->driver == &cm_driver_virtual, awaited);
    refresh();
}

void cm_hal_open(void)
{
    if (atomic_load(&hal.opened))
        return;
    pthread_once(&hal.once, prepare);
    cm_hal_lock();
    if (!atomic_load(&hal.opened)) {
        open_all();
        atomic_store(&hal.opened, true);
    }
    cm_hal_unlock();
}

OSStatus cm_hal_add_driver(const cm_driver *driver)
{
    for (size_t i = 0; i < hal.plugin_count; i++)
        if (hal.plugins[i]->driver == driver)
            return noErr;
    return add_plugin(driver, hal.plugin_count);
}

/* What was there before is closed when the new one is open, so that a name that fails changes nothing. */
static OSStatus select_driver(const char *name)
{
    bool was_chosen = hal.plugins[0]->driver != &cm_driver_virtual;
    if (name && strcmp(hal.plugins[0]->driver->name, name) == 0) {
        wait_for_driver(false, NULL); /* the virtual devices are what was wanted */
        return noErr;
    }
    if (!name && was_chosen) {
        remove_plugin(0);
        was_chosen = false;
    }
    const cm_plugin *before = hal.plugins[0];
    OSStatus status = choose_driver(name);
    if (status == noErr && was_chosen)
        remove_plugin(hal.plugins[0] == before ? 0 : 1);
    if (status == noErr)
        wait_for_driver(!name && hal.plugins[0]->driver == &cm_driver_virtual, NULL);
    refresh();
    return status;
}

OSStatus CMEngineSelectDriver(const char *name)
{
    if (cm_render_active())
        return kAudioHardwareIllegalOperationError;
    cm_hal_open();
    cm_hal_lock();
    OSStatus status = select_driver(name);
    cm_hal_unlock();
    return status;
}

static void stop_own_thread(void)
{
    atomic_store(&hal.ending, true);
    cm_hal_wake();
    if (hal.has_thread)
        pthread_join(hal.thread, NULL);
    hal.has_thread = false;
    atomic_store(&hal.ending, false);
}

/* The control lock is held, and the HAL's thread has ended. */
static void close_all(void)
{
    end_streams();
    while (hal.plugin_count)
        remove_plugin(0);
    cm_tree_lock();
    cm_tree_clear();
    cm_notify_forget();
    memset(hal.defaults, 0, sizeof hal.defaults);
    memset(hal.chosen, 0, sizeof hal.chosen);
    cm_tree_unlock();
    atomic_store(&hal.waits, false);
    atomic_store(&hal.opened, false);
}

OSStatus AudioHardwareUnload(void)
{
    static _Atomic bool unloading;
    if (cm_render_active() || own_thread || atomic_exchange(&unloading, true))
        return kAudioHardwareIllegalOperationError;
    if (atomic_load(&hal.opened)) {
        stop_own_thread();
        cm_hal_lock();
        close_all();
        cm_hal_unlock();
    }
    atomic_store(&unloading, false);
    return noErr;
}

const char *CMEngineGetDriver(void)
{
    cm_hal_open();
    cm_hal_look_again();
    cm_tree_lock();
    const char *name = hal.plugins[0]->driver->name;
    cm_tree_unlock();
    return name;
}

const char *CMEngineGetDriverAtIndex(UInt32 index)
{
    for (UInt32 i = 0; cm_drivers[i]; i++)
        if (i == index)
            return cm_drivers[i]->name;
    return NULL;
}
