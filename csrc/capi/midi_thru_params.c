#include "midi_thru.h"

#include <stddef.h>
#include <string.h>

typedef MIDIThruConnectionParams thru_params;

enum { MAX_ITEMS = 0xFFFF, MAP_LENGTH = 128 };

/* Fields of one byte. */
static const struct {
    const char *key;
    size_t offset;
} bytes[] = {
    { "lowVelocity", offsetof(thru_params, lowVelocity) },
    { "highVelocity", offsetof(thru_params, highVelocity) },
    { "lowNote", offsetof(thru_params, lowNote) },
    { "highNote", offsetof(thru_params, highNote) },
    { "filterOutSysEx", offsetof(thru_params, filterOutSysEx) },
    { "filterOutMTC", offsetof(thru_params, filterOutMTC) },
    { "filterOutBeatClock", offsetof(thru_params, filterOutBeatClock) },
    { "filterOutTuneRequest", offsetof(thru_params, filterOutTuneRequest) },
    { "filterOutAllControls", offsetof(thru_params, filterOutAllControls) },
};

static const struct {
    const char *key;
    size_t offset;
} transforms[] = {
    { "noteNumber", offsetof(thru_params, noteNumber) },
    { "velocity", offsetof(thru_params, velocity) },
    { "keyPressure", offsetof(thru_params, keyPressure) },
    { "channelPressure", offsetof(thru_params, channelPressure) },
    { "programChange", offsetof(thru_params, programChange) },
    { "pitchBend", offsetof(thru_params, pitchBend) },
};

enum { BYTES = sizeof bytes / sizeof *bytes, TRANSFORMS = sizeof transforms / sizeof *transforms };

/* ---- struct to dict ---- */

/* Puts value, whose reference it takes, under key. -1 with an exception, also when value is NULL. */
static int put(PyObject *dict, const char *key, PyObject *value)
{
    int result = value ? PyDict_SetItemString(dict, key, value) : -1;
    Py_XDECREF(value);
    return result;
}

static PyObject *transform_dict(const MIDITransform *t)
{
    return Py_BuildValue("{sHsh}", "transform", t->transform, "param", t->param);
}

static PyObject *endpoint_list(const MIDIThruConnectionEndpoint *endpoints, UInt32 count)
{
    PyObject *list = PyList_New(0);
    for (UInt32 i = 0; list && i < count && i < kMIDIThruConnection_MaxEndpoints; i++) {
        PyObject *item = Py_BuildValue("{sIsi}", "endpointRef", endpoints[i].endpointRef, "uniqueID",
                                       (int)endpoints[i].uniqueID);
        if (!item || PyList_Append(list, item) < 0)
            Py_CLEAR(list);
        Py_XDECREF(item);
    }
    return list;
}

static PyObject *number_list(const UInt8 *numbers, Py_ssize_t count)
{
    PyObject *list = PyList_New(count);
    for (Py_ssize_t i = 0; list && i < count; i++) {
        PyObject *number = PyLong_FromLong(numbers[i]);
        if (number)
            PyList_SET_ITEM(list, i, number);
        else
            Py_CLEAR(list);
    }
    return list;
}

static PyObject *control_list(const UInt8 *at, UInt32 count)
{
    PyObject *list = PyList_New(0);
    for (UInt32 i = 0; list && i < count; i++) {
        MIDIControlTransform c;
        memcpy(&c, at + i * sizeof c, sizeof c);
        PyObject *item = Py_BuildValue("{sBsBsHsHsh}", "controlType", c.controlType, "remappedControlType",
                                       c.remappedControlType, "controlNumber", c.controlNumber, "transform",
                                       c.transform, "param", c.param);
        if (!item || PyList_Append(list, item) < 0)
            Py_CLEAR(list);
        Py_XDECREF(item);
    }
    return list;
}

static PyObject *map_list(const UInt8 *at, UInt32 count)
{
    PyObject *list = PyList_New(0);
    for (UInt32 i = 0; list && i < count; i++) {
        PyObject *item = number_list(at + i * sizeof(MIDIValueMap), MAP_LENGTH);
        if (!item || PyList_Append(list, item) < 0)
            Py_CLEAR(list);
        Py_XDECREF(item);
    }
    return list;
}

static int put_all(PyObject *dict, const thru_params *p, const UInt8 *behind)
{
    const UInt8 *maps = behind + p->numControlTransforms * sizeof(MIDIControlTransform);
    if (put(dict, "version", PyLong_FromUnsignedLong(p->version)) < 0 ||
        put(dict, "sources", endpoint_list(p->sources, p->numSources)) < 0 ||
        put(dict, "destinations", endpoint_list(p->destinations, p->numDestinations)) < 0 ||
        put(dict, "channelMap", number_list(p->channelMap, sizeof p->channelMap)) < 0)
        return -1;
    for (size_t i = 0; i < BYTES; i++)
        if (put(dict, bytes[i].key, PyLong_FromLong(*((const UInt8 *)p + bytes[i].offset))) < 0)
            return -1;
    for (size_t i = 0; i < TRANSFORMS; i++) {
        const void *field = (const char *)p + transforms[i].offset;
        if (put(dict, transforms[i].key, transform_dict(field)) < 0)
            return -1;
    }
    if (put(dict, "controlTransforms", control_list(behind, p->numControlTransforms)) < 0 ||
        put(dict, "valueMaps", map_list(maps, p->numMaps)) < 0 ||
        put(dict, "numControlTransforms", PyLong_FromLong(p->numControlTransforms)) < 0)
        return -1;
    return put(dict, "numMaps", PyLong_FromLong(p->numMaps));
}

PyObject *cm_thru_dict(CFDataRef data)
{
    thru_params p;
    CFIndex length = CFDataGetLength(data);
    if ((size_t)length >= sizeof p)
        memcpy(&p, CFDataGetBytePtr(data), sizeof p);
    if ((size_t)length < sizeof p || (size_t)length < MIDIThruConnectionParamsSize(&p))
        return PyErr_Format(PyExc_RuntimeError, "thru parameters of %zd bytes are too short",
                            (Py_ssize_t)length);
    PyObject *dict = PyDict_New();
    if (dict && put_all(dict, &p, CFDataGetBytePtr(data) + sizeof p) < 0)
        Py_CLEAR(dict);
    return dict;
}

/* ---- dict to struct ---- */

/* A member of a dict, borrowed; NULL when it is missing, or with an exception. */
static PyObject *get(PyObject *dict, const char *key)
{
    PyObject *name = PyUnicode_FromString(key);
    PyObject *value = name ? PyDict_GetItemWithError(dict, name) : NULL;
    Py_XDECREF(name);
    return value;
}

/* A number within a field's range; *out stays as it is when value is NULL. */
static int number(PyObject *value, const char *key, int64_t least, int64_t most, int64_t *out)
{
    int64_t got;
    if (!value)
        return PyErr_Occurred() ? -1 : 0;
    Py_INCREF(value); /* its __int__ may take it out of the dict */
    int result = cm_arg_i64(value, key, &got);
    Py_DECREF(value);
    if (result < 0)
        return -1;
    if (got < least || got > most) {
        PyErr_Format(PyExc_OverflowError, "%s must be in %lld .. %lld, not %lld", key, (long long)least,
                     (long long)most, (long long)got);
        return -1;
    }
    *out = got;
    return 0;
}

static int member_number(PyObject *dict, const char *key, int64_t least, int64_t most, int64_t *out)
{
    return number(get(dict, key), key, least, most, out);
}

static int read_transform(PyObject *dict, const char *key, MIDITransform *out)
{
    int64_t transform = 0, param = 0;
    if (!PyDict_Check(dict)) {
        PyErr_Format(PyExc_TypeError, "%s must be a dict, not %.100s", key, Py_TYPE(dict)->tp_name);
        return -1;
    }
    if (member_number(dict, "transform", 0, UINT16_MAX, &transform) < 0 ||
        member_number(dict, "value", INT16_MIN, INT16_MAX, &param) < 0 || /* the README's name for param */
        member_number(dict, "param", INT16_MIN, INT16_MAX, &param) < 0)
        return -1;
    *out = (MIDITransform){ (UInt16)transform, (SInt16)param };
    return 0;
}

/* The list under a key as a new reference; an empty tuple when it is missing. */
static PyObject *items_of(PyObject *dict, const char *key)
{
    PyObject *value = get(dict, key);
    if (!value)
        return PyErr_Occurred() ? NULL : PyTuple_New(0);
    if (PyUnicode_Check(value) || PyDict_Check(value) || !PySequence_Check(value))
        return PyErr_Format(PyExc_TypeError, "%s must be a list, not %.100s", key, Py_TYPE(value)->tp_name);
    Py_INCREF(value); /* its __iter__ may take it out of the dict */
    PyObject *items = PySequence_Tuple(value);
    Py_DECREF(value);
    return items;
}

static int read_endpoint(PyObject *dict, MIDIThruConnectionEndpoint *out)
{
    int64_t ref = 0, id = 0;
    if (!PyDict_Check(dict))
        return 0; /* it takes a place all the same */
    if (member_number(dict, "endpointRef", 0, UINT32_MAX, &ref) < 0 ||
        member_number(dict, "uniqueID", INT32_MIN, INT32_MAX, &id) < 0)
        return -1;
    *out = (MIDIThruConnectionEndpoint){ (MIDIEndpointRef)ref, (MIDIUniqueID)id };
    return 0;
}

static int read_endpoints(PyObject *dict, const char *key, MIDIThruConnectionEndpoint *out, UInt32 *count)
{
    PyObject *items = items_of(dict, key);
    int result = items ? 0 : -1;
    *count = 0;
    for (Py_ssize_t i = 0; result == 0 && i < PyTuple_GET_SIZE(items) && i < kMIDIThruConnection_MaxEndpoints;
         i++) {
        result = read_endpoint(PyTuple_GET_ITEM(items, i), &out[i]);
        *count = (UInt32)i + 1;
    }
    Py_XDECREF(items);
    return result;
}

/* Bytes from a sequence, at most `most` of them; *count how many there were. */
static int read_bytes(PyObject *items, const char *key, UInt8 *out, Py_ssize_t most, Py_ssize_t *count)
{
    *count = PyTuple_GET_SIZE(items);
    for (Py_ssize_t i = 0; i < *count && i < most; i++) {
        int64_t value = 0;
        if (number(PyTuple_GET_ITEM(items, i), key, 0, UINT8_MAX, &value) < 0)
            return -1;
        out[i] = (UInt8)value;
    }
    return 0;
}

static int read_channel_map(PyObject *dict, UInt8 *map)
{
    PyObject *items = items_of(dict, "channelMap");
    Py_ssize_t count = 0;
    int result = items ? read_bytes(items, "channelMap", map, 16, &count) : -1;
    if (result == 0 && count > 16) {
        PyErr_Format(PyExc_ValueError, "channelMap has %zd channels; there are 16", count);
        result = -1;
    }
    Py_XDECREF(items);
    return result;
}

static int read_control(PyObject *dict, MIDIControlTransform *out)
{
    int64_t type = 0, remapped = 0, control = 0;
    MIDITransform how;
    if (read_transform(dict, "controlTransforms", &how) < 0 ||
        member_number(dict, "controlType", 0, UINT8_MAX, &type) < 0 ||
        member_number(dict, "remappedControlType", 0, UINT8_MAX, &remapped) < 0 ||
        member_number(dict, "controlNumber", 0, UINT16_MAX, &control) < 0)
        return -1;
    *out = (MIDIControlTransform){ (UInt8)type, (UInt8)remapped, (UInt16)control, how.transform, how.param };
    return 0;
}

static int read_map(PyObject *value, MIDIValueMap *out)
{
    Py_ssize_t count = 0;
    PyObject *items = PySequence_Tuple(value);
    int result = items ? read_bytes(items, "valueMaps", out->value, MAP_LENGTH, &count) : -1;
    if (result == 0 && count != MAP_LENGTH) {
        PyErr_Format(PyExc_ValueError, "a value map has %d numbers, not %zd", MAP_LENGTH, count);
        result = -1;
    }
    Py_XDECREF(items);
    return result;
}

static int read_fields(PyObject *dict, thru_params *p)
{
    int64_t version = 0;
    if (member_number(dict, "version", 0, UINT32_MAX, &version) < 0 ||
        read_endpoints(dict, "sources", p->sources, &p->numSources) < 0 ||
        read_endpoints(dict, "destinations", p->destinations, &p->numDestinations) < 0 ||
        read_channel_map(dict, p->channelMap) < 0)
        return -1;
    p->version = (UInt32)version;
    for (size_t i = 0; i < BYTES; i++) {
        UInt8 *field = (UInt8 *)p + bytes[i].offset;
        int64_t value = *field;
        if (member_number(dict, bytes[i].key, 0, UINT8_MAX, &value) < 0)
            return -1;
        *field = (UInt8)value;
    }
    for (size_t i = 0; i < TRANSFORMS; i++) {
        PyObject *value = get(dict, transforms[i].key);
        if (!value && PyErr_Occurred())
            return -1;
        Py_XINCREF(value);
        int result = value ? read_transform(value, transforms[i].key,
                                            (void *)((char *)p + transforms[i].offset))
                           : 0;
        Py_XDECREF(value);
        if (result < 0)
            return -1;
    }
    return 0;
}

/* What follows the struct, behind it in data. */
static int append_lists(CFMutableDataRef data, PyObject *controls, PyObject *maps)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(controls); i++) {
        MIDIControlTransform control;
        if (read_control(PyTuple_GET_ITEM(controls, i), &control) < 0)
            return -1;
        CFDataAppendBytes(data, (const UInt8 *)&control, sizeof control);
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(maps); i++) {
        MIDIValueMap map;
        if (read_map(PyTuple_GET_ITEM(maps, i), &map) < 0)
            return -1;
        CFDataAppendBytes(data, (const UInt8 *)&map, sizeof map);
    }
    return 0;
}

static CFDataRef data_of(thru_params *p, PyObject *controls, PyObject *maps)
{
    if (PyTuple_GET_SIZE(controls) > MAX_ITEMS || PyTuple_GET_SIZE(maps) > MAX_ITEMS) {
        PyErr_Format(PyExc_ValueError, "there can be at most %d control transforms and value maps",
                     MAX_ITEMS);
        return NULL;
    }
    p->numControlTransforms = (UInt16)PyTuple_GET_SIZE(controls);
    p->numMaps = (UInt16)PyTuple_GET_SIZE(maps);
    CFMutableDataRef data = CFDataCreateMutable(NULL, 0);
    if (!data)
        return (CFDataRef)PyErr_NoMemory();
    CFDataAppendBytes(data, (const UInt8 *)p, sizeof *p);
    if (append_lists(data, controls, maps) == 0)
        return data;
    CFRelease(data);
    return NULL;
}

CFDataRef cm_thru_data(PyObject *dict)
{
    thru_params p;
    MIDIThruConnectionParamsInitialize(&p);
    if (read_fields(dict, &p) < 0)
        return NULL;
    PyObject *controls = items_of(dict, "controlTransforms");
    PyObject *maps = controls ? items_of(dict, "valueMaps") : NULL;
    CFDataRef data = maps ? data_of(&p, controls, maps) : NULL;
    Py_XDECREF(controls);
    Py_XDECREF(maps);
    return data;
}
