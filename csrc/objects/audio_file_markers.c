/* AudioFile: markers and regions, between Apple's packed lists and AudioMarker and AudioRegion. */
#include "audio_file.h"

#include <stddef.h>
#include <string.h>

#define MARKERS_HEAD offsetof(AudioFileMarkerList, mMarkers)
#define REGION_HEAD offsetof(AudioFileRegion, mMarkers)
#define REGIONS_HEAD offsetof(AudioFileRegionList, mRegions)

static cm_audio_file *file_of(PyObject *self)
{
    return (cm_audio_file *)self;
}

/* ---- from a file ---- */

/* A name, which is released; "" for none. */
static PyObject *take_name(CFStringRef name)
{
    if (!name)
        return PyUnicode_FromString("");
    PyObject *text = cm_str_from_cf(name);
    CFRelease(name);
    return text;
}

static PyObject *new_marker(cm_audio_file *f, const char *bytes)
{
    AudioFileMarker m;
    memcpy(&m, bytes, sizeof m);
    PyObject *name = take_name(m.mName);
    PyObject *class = name ? cm_kept_late((PyObject *)f, CM_AUDIO_MARKER) : NULL, *marker = NULL;
    if (class)
        marker = PyObject_CallFunction(class, "dOiIi", m.mFramePosition, name, (int)m.mMarkerID, m.mType,
                                       (int)m.mChannel);
    Py_XDECREF(name);
    return marker;
}

/* A list of count markers; all names are released, also after a failure. */
static PyObject *new_markers(cm_audio_file *f, const char *bytes, Py_ssize_t count)
{
    PyObject *list = PyList_New(count);
    for (Py_ssize_t i = 0; i < count; i++) {
        AudioFileMarker m;
        PyObject *marker = list ? new_marker(f, bytes + i * (Py_ssize_t)sizeof m) : NULL;
        if (marker) {
            PyList_SET_ITEM(list, i, marker);
            continue;
        }
        if (!list) {
            memcpy(&m, bytes + i * (Py_ssize_t)sizeof m, sizeof m);
            if (m.mName)
                CFRelease(m.mName);
        }
        Py_CLEAR(list);
    }
    return list;
}

static UInt32 second_number(PyObject *bytes)
{
    UInt32 head[2] = { 0, 0 };
    if (PyBytes_GET_SIZE(bytes) >= (Py_ssize_t)sizeof head)
        memcpy(head, PyBytes_AS_STRING(bytes), sizeof head);
    return head[1];
}

static PyObject *markers_from_bytes(cm_audio_file *f, PyObject *bytes)
{
    Py_ssize_t room = (PyBytes_GET_SIZE(bytes) - (Py_ssize_t)MARKERS_HEAD) /
                      (Py_ssize_t)sizeof(AudioFileMarker);
    Py_ssize_t count = second_number(bytes);
    return new_markers(f, PyBytes_AS_STRING(bytes) + MARKERS_HEAD,
                       count < room ? count
                       : room > 0   ? room
                                    : 0);
}

static PyObject *new_region(cm_audio_file *f, const AudioFileRegion *r, const char *markers)
{
    PyObject *list = new_markers(f, markers, (Py_ssize_t)r->mNumberMarkers);
    PyObject *name = take_name(r->mName), *region = NULL;
    PyObject *tuple = list ? PyList_AsTuple(list) : NULL;
    PyObject *class = name && tuple ? cm_kept_late((PyObject *)f, CM_AUDIO_REGION) : NULL;
    if (class)
        region = PyObject_CallFunction(class, "IOIO", r->mRegionID, name, r->mFlags, tuple);
    Py_XDECREF(name);
    Py_XDECREF(list);
    Py_XDECREF(tuple);
    return region;
}

static PyObject *regions_from_bytes(cm_audio_file *f, PyObject *bytes)
{
    const char *at = PyBytes_AS_STRING(bytes) + REGIONS_HEAD,
               *end = PyBytes_AS_STRING(bytes) + PyBytes_GET_SIZE(bytes);
    PyObject *list = PyList_New(0);
    for (UInt32 i = 0; list && i < second_number(bytes) && end - at >= (Py_ssize_t)REGION_HEAD; i++) {
        AudioFileRegion r;
        memcpy(&r, at, REGION_HEAD);
        at += REGION_HEAD;
        if (r.mNumberMarkers > (size_t)(end - at) / sizeof(AudioFileMarker))
            break;
        PyObject *region = new_region(f, &r, at);
        if (!region || PyList_Append(list, region) < 0)
            Py_CLEAR(list);
        Py_XDECREF(region);
        at += r.mNumberMarkers * sizeof(AudioFileMarker);
    }
    return list;
}

static PyObject *get_list(PyObject *self, AudioFilePropertyID id, const char *what,
                          PyObject *(*convert)(cm_audio_file *f, PyObject *bytes))
{
    cm_audio_file *f = file_of(self);
    if (cm_audio_file_begin(f) < 0)
        return NULL;
    PyObject *bytes = cm_audio_file_property(f, id, what), *list = NULL;
    if (bytes)
        list = convert(f, bytes);
    else if (!PyErr_Occurred())
        list = PyList_New(0);
    Py_XDECREF(bytes);
    return cm_audio_file_end(f, list);
}

PyObject *cm_audio_file_get_markers(PyObject *self, void *closure)
{
    (void)closure;
    return get_list(self, kAudioFilePropertyMarkerList, "get the markers", markers_from_bytes);
}

PyObject *cm_audio_file_get_regions(PyObject *self, void *closure)
{
    (void)closure;
    return get_list(self, kAudioFilePropertyRegionList, "get the regions", regions_from_bytes);
}

/* ---- into a file ---- */

/* A packed list as it grows, and the names in it, which live as long as it does. */
typedef struct packed {
    char *bytes;
    size_t size, room;
    CFMutableArrayRef names;
} packed;

static int packed_begin(packed *p, UInt32 count)
{
    UInt32 head[2] = { 0, count };
    *p = (packed){ .room = 256, .bytes = PyMem_Malloc(256) };
    p->names = CFArrayCreateMutable(NULL, 0, &kCFTypeArrayCallBacks);
    if (!p->bytes || !p->names) {
        PyErr_NoMemory();
        return -1;
    }
    memcpy(p->bytes, head, sizeof head);
    p->size = sizeof head;
    return 0;
}

static void packed_end(packed *p)
{
    PyMem_Free(p->bytes);
    if (p->names)
        CFRelease(p->names);
}

static int packed_add(packed *p, const void *data, size_t size)
{
    if (p->room - p->size < size) {
        size_t room = 2 * p->room + size;
        char *bytes = PyMem_Realloc(p->bytes, room);
        if (!bytes) {
            PyErr_NoMemory();
            return -1;
        }
        p->bytes = bytes;
        p->room = room;
    }
    memcpy(p->bytes + p->size, data, size);
    p->size += size;
    return 0;
}

/* The text as a CFString that the list keeps. */
static int add_name(packed *p, PyObject *text, CFStringRef *name)
{
    const char *unused;
    if (cm_arg_text(text, "name", &unused) < 0)
        return -1;
    *name = cm_cf_from_str(text);
    if (!*name)
        return -1;
    CFArrayAppendValue(p->names, *name);
    CFRelease(*name);
    return 0;
}

static PyObject *part(PyObject *parts, Py_ssize_t i)
{
    return i < PyTuple_GET_SIZE(parts) ? PyTuple_GET_ITEM(parts, i) : NULL;
}

static int check_parts(PyObject *parts, Py_ssize_t least, Py_ssize_t most, const char *what)
{
    if (PyTuple_GET_SIZE(parts) >= least && PyTuple_GET_SIZE(parts) <= most)
        return 0;
    PyErr_Format(PyExc_ValueError, "%s takes %zd to %zd values, not %zd", what, least, most,
                 PyTuple_GET_SIZE(parts));
    return -1;
}

static int read_marker(packed *p, PyObject *parts, AudioFileMarker *m)
{
    uint32_t channel = 0;
    if (check_parts(parts, 1, 5, "AudioMarker") < 0 ||
        cm_arg_f64(part(parts, 0), "frame", &m->mFramePosition) < 0 ||
        (part(parts, 1) && add_name(p, part(parts, 1), &m->mName) < 0) ||
        cm_arg_i32(part(parts, 2), "id", &m->mMarkerID) < 0 ||
        cm_arg_u32(part(parts, 3), "type", &m->mType) < 0 ||
        cm_arg_count(part(parts, 4), "channel", &channel) < 0)
        return -1;
    if (channel > UINT16_MAX || !(m->mFramePosition >= 0)) {
        PyErr_SetString(PyExc_ValueError,
                        "a marker's frame must not be negative, and its channel below 65536");
        return -1;
    }
    m->mChannel = (UInt16)channel;
    return 0;
}

/* Markers without an id are numbered by their place, from 1. */
static int add_marker(packed *p, PyObject *item, Py_ssize_t number)
{
    AudioFileMarker m = { 0 };
    PyObject *parts = PySequence_Tuple(item);
    int result = parts ? read_marker(p, parts, &m) : -1;
    Py_XDECREF(parts);
    if (m.mMarkerID == 0)
        m.mMarkerID = (SInt32)(number + 1);
    return result < 0 ? -1 : packed_add(p, &m, sizeof m);
}

static int add_markers(packed *p, PyObject *items)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(items); i++)
        if (add_marker(p, PyTuple_GET_ITEM(items, i), i) < 0)
            return -1;
    return 0;
}

static int pack_region(packed *p, PyObject *parts, PyObject *markers)
{
    AudioFileRegion r = { .mNumberMarkers = (UInt32)PyTuple_GET_SIZE(markers) };
    if (cm_arg_u32(part(parts, 0), "id", &r.mRegionID) < 0 ||
        (part(parts, 1) && add_name(p, part(parts, 1), &r.mName) < 0) ||
        cm_arg_u32(part(parts, 2), "flags", &r.mFlags) < 0)
        return -1;
    return packed_add(p, &r, REGION_HEAD) < 0 ? -1 : add_markers(p, markers);
}

static int add_region(packed *p, PyObject *item)
{
    PyObject *parts = PySequence_Tuple(item);
    if (!parts)
        return -1;
    PyObject *markers = NULL;
    if (check_parts(parts, 1, 4, "AudioRegion") == 0)
        markers = part(parts, 3) ? PySequence_Tuple(part(parts, 3)) : PyTuple_New(0);
    int result = markers ? pack_region(p, parts, markers) : -1;
    Py_XDECREF(markers);
    Py_DECREF(parts);
    return result;
}

static int add_regions(packed *p, PyObject *items)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(items); i++)
        if (add_region(p, PyTuple_GET_ITEM(items, i)) < 0)
            return -1;
    return 0;
}

static int store(cm_audio_file *f, AudioFilePropertyID id, const packed *p, const char *what)
{
    OSStatus status;
    if (p->size > UINT32_MAX) {
        PyErr_SetString(PyExc_OverflowError, "the list is too long");
        return -1;
    }
    if (cm_audio_file_begin(f) < 0)
        return -1;
    CM_CALL(status, AudioFileSetProperty(f->file, id, (UInt32)p->size, p->bytes));
    if (status)
        cm_audio_file_raise(f, status, "AudioFileSetProperty", what);
    PyObject *done = cm_audio_file_end(f, status ? NULL : Py_NewRef(Py_None));
    Py_XDECREF(done);
    return done ? 0 : -1;
}

static int set_list(PyObject *self, PyObject *value, AudioFilePropertyID id, const char *what,
                    int (*add)(packed *p, PyObject *items))
{
    packed p;
    if (cm_native_check(self) < 0)
        return -1;
    if (!value) {
        PyErr_SetString(PyExc_AttributeError, "markers and regions can be set, but not deleted");
        return -1;
    }
    PyObject *items = PySequence_Tuple(value);
    if (!items)
        return -1;
    int result = packed_begin(&p, (UInt32)PyTuple_GET_SIZE(items));
    if (result == 0)
        result = add(&p, items);
    if (result == 0)
        result = store(file_of(self), id, &p, what);
    packed_end(&p);
    Py_DECREF(items);
    return result;
}

int cm_audio_file_set_markers(PyObject *self, PyObject *value, void *closure)
{
    (void)closure;
    return set_list(self, value, kAudioFilePropertyMarkerList, "set the markers", add_markers);
}

int cm_audio_file_set_regions(PyObject *self, PyObject *value, void *closure)
{
    (void)closure;
    return set_list(self, value, kAudioFilePropertyRegionList, "set the regions", add_regions);
}
