/* Core MIDI's devices, entities and endpoints by index, and virtual endpoints. */
#include "midi.h"

#include "common/midi_inlet.h"

CM_MIDI_COUNT(devices, "midi_get_number_of_devices", MIDIGetNumberOfDevices, 0, (NULL))
CM_MIDI_COUNT(sources, "midi_get_number_of_sources", MIDIGetNumberOfSources, 0, (NULL))
CM_MIDI_COUNT(destinations, "midi_get_number_of_destinations", MIDIGetNumberOfDestinations, 0, (NULL))
CM_MIDI_COUNT(entities_of, "midi_device_get_number_of_entities", MIDIDeviceGetNumberOfEntities, 1, ("device"),
              (MIDIDeviceRef)n[0])
CM_MIDI_COUNT(sources_of, "midi_entity_get_number_of_sources", MIDIEntityGetNumberOfSources, 1, ("entity"),
              (MIDIEntityRef)n[0])
CM_MIDI_COUNT(destinations_of, "midi_entity_get_number_of_destinations", MIDIEntityGetNumberOfDestinations, 1,
              ("entity"), (MIDIEntityRef)n[0])

/* ---- one of several ---- */

/* A family of objects: how many of them an owner has, and the one of an index. The system has owner 0. */
typedef struct {
    const char *kind;
    ItemCount (*count)(MIDIObjectRef owner);
    MIDIObjectRef (*get)(MIDIObjectRef owner, ItemCount index);
} family;

static PyObject *member(const family *of, MIDIObjectRef owner, PyObject *value, const char *name)
{
    int32_t index;
    ItemCount number;
    MIDIObjectRef ref = 0;
    if (cm_arg_i32(value, name, &index) < 0)
        return NULL;
    CM_RUN(number = of->count(owner));
    if (index >= 0 && (ItemCount)index < number)
        CM_RUN(ref = of->get(owner, (ItemCount)index));
    if (ref)
        return PyLong_FromUnsignedLong(ref);
    return PyErr_Format(PyExc_ValueError, "%s index %d out of range (0-%zd)", of->kind, (int)index,
                        (Py_ssize_t)number - 1);
}

static PyObject *member_of_system(const family *of, const cm_params *params, PyObject *const *args,
                                  Py_ssize_t count, PyObject *keywords)
{
    PyObject *value;
    if (cm_parse(params, args, count, keywords, &value) < 0)
        return NULL;
    return member(of, 0, value, params->names[0]);
}

static PyObject *member_of_owner(const family *of, const cm_params *params, PyObject *const *args,
                                 Py_ssize_t count, PyObject *keywords)
{
    PyObject *v[2];
    UInt32 owner;
    if (cm_parse(params, args, count, keywords, v) < 0 || cm_arg_u32(v[0], params->names[0], &owner) < 0)
        return NULL;
    return member(of, owner, v[1], params->names[1]);
}

static ItemCount count_devices(MIDIObjectRef owner)
{
    (void)owner;
    return MIDIGetNumberOfDevices();
}

static MIDIObjectRef get_device(MIDIObjectRef owner, ItemCount index)
{
    (void)owner;
    return MIDIGetDevice(index);
}

static ItemCount count_sources(MIDIObjectRef owner)
{
    (void)owner;
    return MIDIGetNumberOfSources();
}

static MIDIObjectRef get_source(MIDIObjectRef owner, ItemCount index)
{
    (void)owner;
    return MIDIGetSource(index);
}

static ItemCount count_destinations(MIDIObjectRef owner)
{
    (void)owner;
    return MIDIGetNumberOfDestinations();
}

static MIDIObjectRef get_destination(MIDIObjectRef owner, ItemCount index)
{
    (void)owner;
    return MIDIGetDestination(index);
}

#define MEMBER(identifier, python, kind, counter, getter, caller, number, ...)                               \
    static PyObject *identifier(PyObject *module, PyObject *const *args, Py_ssize_t count,                   \
                                PyObject *keywords)                                                          \
    {                                                                                                        \
        static const cm_params params = { python, number, number, { __VA_ARGS__ } };                         \
        static const family of = { kind, counter, getter };                                                  \
        (void)module;                                                                                        \
        return caller(&of, &params, args, count, keywords);                                                  \
    }

MEMBER(device, "midi_get_device", "Device", count_devices, get_device, member_of_system, 1, "device_index")
MEMBER(source, "midi_get_source", "Source", count_sources, get_source, member_of_system, 1, "source_index")
MEMBER(destination, "midi_get_destination", "Destination", count_destinations, get_destination,
       member_of_system, 1, "dest_index")
MEMBER(entity_of, "midi_device_get_entity", "Entity", MIDIDeviceGetNumberOfEntities, MIDIDeviceGetEntity,
       member_of_owner, 2, "device", "entity_index")
MEMBER(source_of, "midi_entity_get_source", "Source", MIDIEntityGetNumberOfSources, MIDIEntityGetSource,
       member_of_owner, 2, "entity", "source_index")
MEMBER(destination_of, "midi_entity_get_destination", "Destination", MIDIEntityGetNumberOfDestinations,
       MIDIEntityGetDestination, member_of_owner, 2, "entity", "dest_index")

/* ---- virtual endpoints ---- */

PyDoc_STRVAR(source_create_doc,
             "midi_source_create($module, /, client, name)\n--\n\n"
             "A virtual source, whose messages come from midi_received(); returns its reference.\n\n"
             "RuntimeError when client is none.");

static PyObject *source_create(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "midi_source_create", 2, 2, { "client", "name" } };
    PyObject *v[2];
    UInt32 client;
    MIDIEndpointRef made = 0;
    OSStatus status;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 || cm_arg_u32(v[0], "client", &client) < 0)
        return NULL;
    CFStringRef name = cm_midi_text(v[1], "name");
    if (!name)
        return NULL;
    CM_CALL(status, MIDISourceCreate(client, name, &made));
    CFRelease(name);
    return cm_midi_made(status, "MIDISourceCreate", made);
}

PyDoc_STRVAR(
    destination_create_doc,
    "midi_destination_create($module, /, client, name)\n--\n\n"
    "A virtual destination; returns its reference. What is sent to it waits for midi_receive(), or goes\n"
    "to the callback of midi_set_callback().\n\nRuntimeError when client is none.");

static PyObject *destination_create(PyObject *module, PyObject *const *args, Py_ssize_t count,
                                    PyObject *keywords)
{
    static const cm_params params = { "midi_destination_create", 2, 2, { "client", "name" } };
    PyObject *v[2];
    UInt32 client;
    if (cm_parse(&params, args, count, keywords, v) < 0 || cm_arg_u32(v[0], "client", &client) < 0)
        return NULL;
    return cm_midi_make_inlet(module, client, v[1], MIDIDestinationCreate, "MIDIDestinationCreate");
}

PyDoc_STRVAR(endpoint_dispose_doc,
             "midi_endpoint_dispose($module, /, endpoint)\n--\n\n"
             "Ends a virtual source or destination. Returns 0; RuntimeError for any other.");

static PyObject *endpoint_dispose(PyObject *module, PyObject *const *args, Py_ssize_t count,
                                  PyObject *keywords)
{
    static const cm_params params = { "midi_endpoint_dispose", 1, 1, { "endpoint" } };
    UInt64 endpoint;
    OSStatus status;
    (void)module;
    if (cm_midi_numbers(&params, 0, args, count, keywords, &endpoint) < 0)
        return NULL;
    CM_CALL(status, MIDIEndpointDispose((MIDIEndpointRef)endpoint));
    if (status == noErr)
        cm_inlet_close_object((MIDIEndpointRef)endpoint);
    return cm_midi_done(status, "MIDIEndpointDispose");
}

#define DOC(call, text) call "\n--\n\n" text
#define INDEX_ERROR "\n\nValueError when the index is out of range."

static PyMethodDef methods[] = {
    CM_METHOD("midi_get_number_of_devices", devices,
              DOC("midi_get_number_of_devices($module, /)", "How many MIDI devices there are.")),
    CM_METHOD("midi_get_device", device,
              DOC("midi_get_device($module, /, device_index)", "The device of an index." INDEX_ERROR)),
    CM_METHOD("midi_device_get_number_of_entities", entities_of,
              DOC("midi_device_get_number_of_entities($module, /, device)",
                  "How many entities a device has, 0 for what is no device.")),
    CM_METHOD("midi_device_get_entity", entity_of,
              DOC("midi_device_get_entity($module, /, device, entity_index)",
                  "An entity of a device." INDEX_ERROR)),
    CM_METHOD("midi_entity_get_number_of_sources", sources_of,
              DOC("midi_entity_get_number_of_sources($module, /, entity)",
                  "How many sources an entity has, 0 for what is no entity.")),
    CM_METHOD("midi_entity_get_source", source_of,
              DOC("midi_entity_get_source($module, /, entity, source_index)",
                  "A source of an entity." INDEX_ERROR)),
    CM_METHOD("midi_entity_get_number_of_destinations", destinations_of,
              DOC("midi_entity_get_number_of_destinations($module, /, entity)",
                  "How many destinations an entity has, 0 for what is no entity.")),
    CM_METHOD("midi_entity_get_destination", destination_of,
              DOC("midi_entity_get_destination($module, /, entity, dest_index)",
                  "A destination of an entity." INDEX_ERROR)),
    CM_METHOD("midi_get_number_of_sources", sources,
              DOC("midi_get_number_of_sources($module, /)",
                  "How many sources there are, those of devices and virtual ones.")),
    CM_METHOD("midi_get_source", source,
              DOC("midi_get_source($module, /, source_index)", "The source of an index." INDEX_ERROR)),
    CM_METHOD("midi_get_number_of_destinations", destinations,
              DOC("midi_get_number_of_destinations($module, /)",
                  "How many destinations there are, those of devices and virtual ones.")),
    CM_METHOD(
        "midi_get_destination", destination,
        DOC("midi_get_destination($module, /, dest_index)", "The destination of an index." INDEX_ERROR)),
    CM_METHOD("midi_source_create", source_create, source_create_doc),
    CM_METHOD("midi_destination_create", destination_create, destination_create_doc),
    CM_METHOD("midi_endpoint_dispose", endpoint_dispose, endpoint_dispose_doc),
    { NULL, NULL, 0, NULL },
};

int cm_capi_midi_tree_init(PyObject *module)
{
    return PyModule_AddFunctions(module, methods);
}
