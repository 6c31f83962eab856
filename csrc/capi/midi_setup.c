/* Core MIDI's setup: devices and entities that programs make, device lists, what drivers ask for. */
#include "midi.h"

#include <CoreMIDI/MIDIDriver.h>
#include <CoreMIDI/MIDISetup.h>

/* ---- entities ---- */

/* What the functions that add an entity have in common. */
typedef struct {
    UInt32 device, sources, destinations;
    CFStringRef name; /* to be released */
    bool embedded;
} new_entity;

/* values: device, name, embedded, number of sources, of destinations. False with an exception. */
static bool read_entity(PyObject *const *values, new_entity *entity)
{
    entity->embedded = false;
    if (cm_arg_u32(values[0], "device", &entity->device) < 0 ||
        cm_arg_bool(values[2], &entity->embedded) < 0 ||
        cm_arg_count(values[3], "num_source_endpoints", &entity->sources) < 0 ||
        cm_arg_count(values[4], "num_destination_endpoints", &entity->destinations) < 0)
        return false;
    entity->name = cm_midi_text(values[1], "name");
    return entity->name != NULL;
}

PyDoc_STRVAR(entity_new_doc,
             "midi_device_new_entity($module, /, device, name, protocol, embedded, num_source_endpoints, "
             "num_destination_endpoints)\n--\n\n"
             "Adds an entity with endpoints to a device; returns its reference.\n\n"
             "protocol: 1 for MIDI 1.0, 2 for MIDI 2.0. embedded: it is inside the device, not a connector.");

static PyObject *entity_new(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "midi_device_new_entity",
                                      6,
                                      6,
                                      { "device", "name", "protocol", "embedded", "num_source_endpoints",
                                        "num_destination_endpoints" } };
    PyObject *v[6];
    int32_t protocol;
    new_entity entity;
    MIDIEntityRef made = 0;
    OSStatus status;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 || cm_arg_i32(v[2], "protocol", &protocol) < 0)
        return NULL;
    PyObject *const others[] = { v[0], v[1], v[3], v[4], v[5] };
    if (!read_entity(others, &entity))
        return NULL;
    CM_CALL(status, MIDIDeviceNewEntity(entity.device, entity.name, protocol, entity.embedded, entity.sources,
                                        entity.destinations, &made));
    CFRelease(entity.name);
    return cm_midi_made(status, "MIDIDeviceNewEntity", made);
}

PyDoc_STRVAR(entity_add_doc,
             "midi_device_add_entity($module, /, device, name, embedded, num_source_endpoints, "
             "num_destination_endpoints)\n--\n\n"
             "The same as midi_device_new_entity() with MIDI 1.0.");

static PyObject *entity_add(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "midi_device_add_entity",
                                      5,
                                      5,
                                      { "device", "name", "embedded", "num_source_endpoints",
                                        "num_destination_endpoints" } };
    PyObject *v[5];
    new_entity entity;
    MIDIEntityRef made = 0;
    OSStatus status;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 || !read_entity(v, &entity))
        return NULL;
    CM_CALL(status, MIDIDeviceAddEntity(entity.device, entity.name, entity.embedded, entity.sources,
                                        entity.destinations, &made));
    CFRelease(entity.name);
    return cm_midi_made(status, "MIDIDeviceAddEntity", made);
}

PyDoc_STRVAR(resize_doc, "midi_entity_add_or_remove_endpoints($module, /, entity, num_source_endpoints, "
                         "num_destination_endpoints)\n--\n\n"
                         "Gives an entity so many endpoints, by adding or removing at the end. Returns 0.");

static PyObject *resize(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "midi_entity_add_or_remove_endpoints",
                                      3,
                                      3,
                                      { "entity", "num_source_endpoints", "num_destination_endpoints" } };
    PyObject *v[3];
    UInt32 entity, sources, destinations;
    OSStatus status;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 || cm_arg_u32(v[0], "entity", &entity) < 0 ||
        cm_arg_count(v[1], "num_source_endpoints", &sources) < 0 ||
        cm_arg_count(v[2], "num_destination_endpoints", &destinations) < 0)
        return NULL;
    CM_CALL(status, MIDIEntityAddOrRemoveEndpoints(entity, sources, destinations));
    return cm_midi_done(status, "MIDIEntityAddOrRemoveEndpoints");
}

CM_MIDI_ACTION(entity_remove, "midi_device_remove_entity", MIDIDeviceRemoveEntity, 2, ("device", "entity"),
               (MIDIDeviceRef)n[0], (MIDIEntityRef)n[1])

/* ---- devices ---- */

/* Name, manufacturer and model, to be released; all NULL with an exception. Those that were not given are "".
 */
static bool read_texts(PyObject *const *values, CFStringRef *texts)
{
    static const char *const names[] = { "name", "manufacturer", "model" };
    for (int i = 0; i < 3; i++) {
        texts[i] = values[i] ? cm_midi_text(values[i], names[i]) : CFSTR("");
        if (texts[i])
            continue;
        while (i-- > 0)
            CFRelease(texts[i]);
        return false;
    }
    return true;
}

static void release_texts(CFStringRef *texts)
{
    for (int i = 0; i < 3; i++)
        CFRelease(texts[i]); /* constant strings do not mind */
}

PyDoc_STRVAR(device_create_doc, "midi_device_create($module, /, name, manufacturer='', model='')\n--\n\n"
                                "A device that is in no setup yet; returns its reference.");

static PyObject *device_create(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "midi_device_create", 1, 3, { "name", "manufacturer", "model" } };
    PyObject *v[3];
    CFStringRef texts[3];
    MIDIDeviceRef made = 0;
    OSStatus status;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 || !read_texts(v, texts))
        return NULL;
    CM_CALL(status, MIDIDeviceCreate(NULL, texts[0], texts[1], texts[2], &made));
    release_texts(texts);
    return cm_midi_made(status, "MIDIDeviceCreate", made);
}

PyDoc_STRVAR(external_create_doc, "midi_external_device_create($module, /, name, manufacturer, model)\n--\n\n"
                                  "An external device that is in no setup yet; returns its reference.");

static PyObject *external_create(PyObject *module, PyObject *const *args, Py_ssize_t count,
                                 PyObject *keywords)
{
    static const cm_params params = {
        "midi_external_device_create", 3, 3, { "name", "manufacturer", "model" }
    };
    PyObject *v[3];
    CFStringRef texts[3];
    MIDIDeviceRef made = 0;
    OSStatus status;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 || !read_texts(v, texts))
        return NULL;
    CM_CALL(status, MIDIExternalDeviceCreate(texts[0], texts[1], texts[2], &made));
    release_texts(texts);
    return cm_midi_made(status, "MIDIExternalDeviceCreate", made);
}

CM_MIDI_ACTION(device_dispose, "midi_device_dispose", MIDIDeviceDispose, 1, ("device"), (MIDIDeviceRef)n[0])
CM_MIDI_ACTION(device_add, "midi_setup_add_device", MIDISetupAddDevice, 1, ("device"), (MIDIDeviceRef)n[0])
CM_MIDI_ACTION(device_remove, "midi_setup_remove_device", MIDISetupRemoveDevice, 1, ("device"),
               (MIDIDeviceRef)n[0])
CM_MIDI_ACTION(external_add, "midi_setup_add_external_device", MIDISetupAddExternalDevice, 1, ("device"),
               (MIDIDeviceRef)n[0])
CM_MIDI_ACTION(external_remove, "midi_setup_remove_external_device", MIDISetupRemoveExternalDevice, 1,
               ("device"), (MIDIDeviceRef)n[0])

/* ---- device lists and drivers ---- */

CM_MIDI_COUNT(list_count, "midi_device_list_get_number_of_devices", MIDIDeviceListGetNumberOfDevices, 1,
              ("dev_list"), (MIDIDeviceListRef)n[0])
CM_MIDI_ACTION(list_add, "midi_device_list_add_device", MIDIDeviceListAddDevice, 2, ("dev_list", "device"),
               (MIDIDeviceListRef)n[0], (MIDIDeviceRef)n[1])
CM_MIDI_ACTION(list_dispose, "midi_device_list_dispose", MIDIDeviceListDispose, 1, ("dev_list"),
               (MIDIDeviceListRef)n[0])

PyDoc_STRVAR(list_get_doc, "midi_device_list_get_device($module, /, dev_list, index)\n--\n\n"
                           "A device of a list.\n\nIndexError when the index is out of range.");

static PyObject *list_get(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "midi_device_list_get_device", 2, 2, { "dev_list", "index" } };
    PyObject *v[2];
    UInt32 list;
    int32_t index;
    ItemCount number;
    MIDIDeviceRef device = 0;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 || cm_arg_u32(v[0], "dev_list", &list) < 0 ||
        cm_arg_i32(v[1], "index", &index) < 0)
        return NULL;
    CM_RUN(number = MIDIDeviceListGetNumberOfDevices(list));
    if (index < 0 || (ItemCount)index >= number)
        return PyErr_Format(PyExc_IndexError, "Device index %d out of range (0-%zd)", (int)index,
                            (Py_ssize_t)number - 1);
    CM_RUN(device = MIDIDeviceListGetDevice(list, (ItemCount)index));
    if (device)
        return PyLong_FromUnsignedLong(device);
    return PyErr_Format(PyExc_RuntimeError, "MIDIDeviceListGetDevice gave no device");
}

PyDoc_STRVAR(run_loop_doc, "midi_get_driver_io_runloop($module, /)\n--\n\n"
                           "The run loop on which drivers do their work, as a handle; may be 0.");

static PyObject *run_loop(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "midi_get_driver_io_runloop", 0, 0, { NULL } };
    CFRunLoopRef loop;
    (void)module;
    if (cm_parse(&params, args, count, keywords, NULL) < 0)
        return NULL;
    CM_RUN(loop = MIDIGetDriverIORunLoop());
    return cm_capi_handle(loop);
}

PyDoc_STRVAR(driver_list_doc, "midi_get_driver_device_list($module, /, driver)\n--\n\n"
                              "The devices of a driver, as a device list for the caller to dispose of.");

static PyObject *driver_list(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "midi_get_driver_device_list", 1, 1, { "driver" } };
    PyObject *value;
    MIDIDriverRef driver;
    MIDIDeviceListRef list;
    (void)module;
    if (cm_parse(&params, args, count, keywords, &value) < 0 || cm_arg_handle(value, "driver", &driver) < 0)
        return NULL;
    CM_RUN(list = MIDIGetDriverDeviceList(driver));
    return PyLong_FromUnsignedLong(list);
}

PyDoc_STRVAR(monitoring_doc, "midi_driver_enable_monitoring($module, /, driver, enabled)\n--\n\n"
                             "Lets a driver see what is sent to the destinations of others. Returns 0.");

static PyObject *monitoring(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "midi_driver_enable_monitoring", 2, 2, { "driver", "enabled" } };
    PyObject *v[2];
    MIDIDriverRef driver;
    bool enabled = false;
    OSStatus status;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 || cm_arg_handle(v[0], "driver", &driver) < 0 ||
        cm_arg_bool(v[1], &enabled) < 0)
        return NULL;
    CM_CALL(status, MIDIDriverEnableMonitoring(driver, enabled));
    return cm_midi_done(status, "MIDIDriverEnableMonitoring");
}

/* ---- two numbers of an endpoint ---- */

PyDoc_STRVAR(set_ref_cons_doc, "midi_endpoint_set_ref_cons($module, /, endpoint, ref1=0, ref2=0)\n--\n\n"
                               "Keeps two numbers of 64 bits with an endpoint, for its driver. Returns 0.");

static PyObject *set_ref_cons(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "midi_endpoint_set_ref_cons", 1, 3, { "endpoint", "ref1", "ref2" } };
    PyObject *v[3];
    UInt32 endpoint;
    UInt64 refs[2] = { 0, 0 };
    OSStatus status;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 || cm_arg_u32(v[0], "endpoint", &endpoint) < 0 ||
        cm_arg_u64(v[1], "ref1", &refs[0]) < 0 || cm_arg_u64(v[2], "ref2", &refs[1]) < 0)
        return NULL;
    CM_CALL(status, MIDIEndpointSetRefCons(endpoint, (void *)(uintptr_t)refs[0], (void *)(uintptr_t)refs[1]));
    return cm_midi_done(status, "MIDIEndpointSetRefCons");
}

PyDoc_STRVAR(get_ref_cons_doc, "midi_endpoint_get_ref_cons($module, /, endpoint)\n--\n\n"
                               "The two numbers kept with an endpoint, (ref1, ref2).");

static PyObject *get_ref_cons(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "midi_endpoint_get_ref_cons", 1, 1, { "endpoint" } };
    UInt64 endpoint;
    void *refs[2] = { NULL, NULL };
    OSStatus status;
    (void)module;
    if (cm_midi_numbers(&params, 0, args, count, keywords, &endpoint) < 0)
        return NULL;
    CM_CALL(status, MIDIEndpointGetRefCons((MIDIEndpointRef)endpoint, &refs[0], &refs[1]));
    if (status)
        return cm_capi_raise(status, "MIDIEndpointGetRefCons");
    return Py_BuildValue("(nn)", (Py_ssize_t)refs[0], (Py_ssize_t)refs[1]);
}

#define DOC(call, text) call "\n--\n\n" text

static PyMethodDef methods[] = {
    CM_METHOD("midi_device_new_entity", entity_new, entity_new_doc),
    CM_METHOD("midi_device_add_entity", entity_add, entity_add_doc),
    CM_METHOD("midi_device_remove_entity", entity_remove,
              DOC("midi_device_remove_entity($module, /, device, entity)",
                  "Takes an entity and its endpoints out of a device. Returns 0.")),
    CM_METHOD("midi_entity_add_or_remove_endpoints", resize, resize_doc),
    CM_METHOD("midi_setup_add_device", device_add,
              DOC("midi_setup_add_device($module, /, device)", "Puts a device into the setup. Returns 0.")),
    CM_METHOD(
        "midi_setup_remove_device", device_remove,
        DOC("midi_setup_remove_device($module, /, device)", "Takes a device out of the setup. Returns 0.")),
    CM_METHOD("midi_setup_add_external_device", external_add,
              DOC("midi_setup_add_external_device($module, /, device)",
                  "Puts an external device into the setup. Returns 0.")),
    CM_METHOD("midi_setup_remove_external_device", external_remove,
              DOC("midi_setup_remove_external_device($module, /, device)",
                  "Takes an external device out of the setup. Returns 0.")),
    CM_METHOD("midi_external_device_create", external_create, external_create_doc),
    CM_METHOD("midi_device_create", device_create, device_create_doc),
    CM_METHOD(
        "midi_device_dispose", device_dispose,
        DOC("midi_device_dispose($module, /, device)", "Ends a device that is in no setup. Returns 0.")),
    CM_METHOD("midi_device_list_get_number_of_devices", list_count,
              DOC("midi_device_list_get_number_of_devices($module, /, dev_list)",
                  "How many devices a list has, 0 for what is no list.")),
    CM_METHOD("midi_device_list_get_device", list_get, list_get_doc),
    CM_METHOD("midi_device_list_add_device", list_add,
              DOC("midi_device_list_add_device($module, /, dev_list, device)",
                  "Adds a device to a list. Returns 0.")),
    CM_METHOD(
        "midi_device_list_dispose", list_dispose,
        DOC("midi_device_list_dispose($module, /, dev_list)", "Ends a list; its devices stay. Returns 0.")),
    CM_METHOD("midi_get_driver_io_runloop", run_loop, run_loop_doc),
    CM_METHOD("midi_get_driver_device_list", driver_list, driver_list_doc),
    CM_METHOD("midi_driver_enable_monitoring", monitoring, monitoring_doc),
    CM_METHOD("midi_endpoint_set_ref_cons", set_ref_cons, set_ref_cons_doc),
    CM_METHOD("midi_endpoint_get_ref_cons", get_ref_cons, get_ref_cons_doc),
    { NULL, NULL, 0, NULL },
};

int cm_capi_midi_setup_init(PyObject *module)
{
    return PyModule_AddFunctions(module, methods);
}
