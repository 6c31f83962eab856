/* The HAL: setting properties, and hearing of changes. */
#include "audio_object.h"

#include "common/callback.h"

PyDoc_STRVAR(has_doc,
             "audio_object_has_property($module, /, object_id, property_selector, scope, element)\n--\n\n"
             "Whether an object has a property there.");

static PyObject *has(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = {
        "audio_object_has_property", 4, 4, { "object_id", "property_selector", "scope", "element" }
    };
    PyObject *v[4];
    cm_object_property r;
    bool found;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 || cm_object_property_from(v, &r) < 0)
        return NULL;
    CM_RUN(found = AudioObjectHasProperty(r.object, &r.address));
    return PyBool_FromLong(found);
}

PyDoc_STRVAR(
    settable_doc,
    "audio_object_is_property_settable($module, /, object_id, property_selector, scope, element)\n--\n\n"
    "Whether a property can be set. RuntimeError when the object has no such property.");

static PyObject *settable(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = {
        "audio_object_is_property_settable", 4, 4, { "object_id", "property_selector", "scope", "element" }
    };
    PyObject *v[4];
    cm_object_property r;
    Boolean can = false;
    OSStatus status;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 || cm_object_property_from(v, &r) < 0)
        return NULL;
    CM_CALL(status, AudioObjectIsPropertySettable(r.object, &r.address, &can));
    return status ? cm_capi_raise(status, "AudioObjectIsPropertySettable") : PyBool_FromLong(can);
}

PyDoc_STRVAR(
    set_doc,
    "audio_object_set_property_data($module, /, object_id, property_selector, scope, element, data)\n--\n\n"
    "Sets a property from bytes in the machine's byte order: a UInt32, a Float32, an AudioObjectID,\n"
    "an AudioStreamBasicDescription ... Returns 0.");

static PyObject *set_data(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "audio_object_set_property_data",
                                      5,
                                      5,
                                      { "object_id", "property_selector", "scope", "element", "data" } };
    PyObject *v[5];
    cm_object_property r;
    Py_buffer data;
    OSStatus status;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 || cm_object_property_from(v, &r) < 0 ||
        cm_arg_bytes(v[4], "data", &data) < 0)
        return NULL;
    CM_CALL(status, AudioObjectSetPropertyData(r.object, &r.address, 0, NULL, (UInt32)data.len, data.buf));
    PyBuffer_Release(&data);
    return status ? cm_capi_raise(status, "AudioObjectSetPropertyData") : cm_capi_zero();
}

/* ---- listeners ---- */

/*
 * One registered callback. The HAL may be about to call it while it is being removed, so its memory is never
 * freed: it goes to the spare ones, and a late call finds no callback. Everything under the GIL.
 */
typedef struct listener {
    struct listener *next;
    PyObject *callback; /* NULL while spare */
    cm_object_property request;
} listener;

typedef struct listener_list {
    listener *used, *spare;
    unsigned changes; /* of `used` so far */
} listener_list;

#define LISTENERS "_listeners" /* module attribute: capsule of the module's listener_list */

static listener_list *listeners_of(PyObject *module)
{
    PyObject *capsule = PyObject_GetAttrString(module, LISTENERS);
    listener_list *list = capsule ? PyCapsule_GetPointer(capsule, LISTENERS) : NULL;
    Py_XDECREF(capsule);
    return list;
}

static OSStatus changed(AudioObjectID object, UInt32 count, const AudioObjectPropertyAddress *addresses,
                        void *context)
{
    listener *l = context;
    PyGILState_STATE state;
    if (!cm_callback_begin(&state))
        return noErr;
    PyObject *callback = Py_XNewRef(l->callback);
    for (UInt32 i = 0; callback && i < count; i++)
        cm_callback_finish(callback, PyObject_CallFunction(callback, "IIII", object, addresses[i].mSelector,
                                                           addresses[i].mScope, addresses[i].mElement));
    Py_XDECREF(callback);
    cm_callback_end(state, "audio_object_add_property_listener");
    return noErr;
}

static listener *take_spare(listener_list *list, const cm_object_property *request, PyObject *callback)
{
    listener *l = list->spare;
    if (l)
        list->spare = l->next;
    else if (!(l = PyMem_Calloc(1, sizeof *l)))
        return NULL;
    l->request = *request;
    l->callback = Py_NewRef(callback);
    return l;
}

/* Only what the HAL has: what is on its way there, without the GIL, nobody may remove. */
static void enlist(listener_list *list, listener *l)
{
    l->next = list->used;
    list->used = l;
    list->changes++;
}

/* No more listed, so that nobody else finds it. */
static void unlist(listener_list *list, listener *l)
{
    listener **at = &list->used;
    while (*at != l)
        at = &(*at)->next;
    *at = l->next;
    list->changes++;
}

static void retire(listener_list *list, listener *l)
{
    PyObject *callback = l->callback;
    l->callback = NULL;
    l->next = list->spare;
    list->spare = l;
    Py_DECREF(callback);
}

PyDoc_STRVAR(
    add_doc,
    "audio_object_add_property_listener($module, /, object_id, property_selector, scope, element, "
    "callback)\n--\n\n"
    "Calls callback(object_id, selector, scope, element) on a thread of the HAL's, after each change\n"
    "of a property. '****' and 0xFFFFFFFF stand for any selector or scope and any element. Returns 0.");

static PyObject *add(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "audio_object_add_property_listener",
                                      5,
                                      5,
                                      { "object_id", "property_selector", "scope", "element", "callback" } };
    PyObject *v[5];
    cm_object_property r;
    OSStatus status;
    listener_list *list = listeners_of(module);
    if (!list || cm_parse(&params, args, count, keywords, v) < 0 || cm_object_property_from(v, &r) < 0)
        return NULL;
    if (!PyCallable_Check(v[4]))
        return PyErr_Format(PyExc_TypeError, "callback must be callable");
    listener *l = take_spare(list, &r, v[4]);
    if (!l)
        return PyErr_NoMemory();
    CM_CALL(status, AudioObjectAddPropertyListener(r.object, &r.address, changed, l));
    if (!status) {
        enlist(list, l);
        return cm_capi_zero();
    }
    retire(list, l);
    return cm_capi_raise(status, "AudioObjectAddPropertyListener");
}

static bool is_same_request(const cm_object_property *a, const cm_object_property *b)
{
    return a->object == b->object && a->address.mSelector == b->address.mSelector &&
           a->address.mScope == b->address.mScope && a->address.mElement == b->address.mElement;
}

/*
 * The registration that is equal in everything, callback by identity or ==; NULL when there is none, or with
 * an exception. What == does may be anything: nothing of the list is touched after it unless it is as it was.
 */
static listener *find(listener_list *list, const cm_object_property *r, PyObject *callback)
{
    for (listener *l = list->used; l; l = l->next) {
        if (!is_same_request(&l->request, r))
            continue;
        unsigned before = list->changes;
        PyObject *candidate = Py_NewRef(l->callback);
        int equal = PyObject_RichCompareBool(candidate, callback, Py_EQ);
        Py_DECREF(candidate);
        if (equal < 0)
            return NULL;
        if (list->changes != before) {
            PyErr_SetString(PyExc_RuntimeError, "the listeners changed while they were compared");
            return NULL;
        }
        if (equal)
            return l;
    }
    return NULL;
}

PyDoc_STRVAR(
    remove_doc,
    "audio_object_remove_property_listener($module, /, object_id, property_selector, scope, element, "
    "callback)\n--\n\n"
    "Ends what the same arguments began. Returns 0, also when there is nothing to end.");

static PyObject *remove_listener(PyObject *module, PyObject *const *args, Py_ssize_t count,
                                 PyObject *keywords)
{
    static const cm_params params = { "audio_object_remove_property_listener",
                                      5,
                                      5,
                                      { "object_id", "property_selector", "scope", "element", "callback" } };
    PyObject *v[5];
    cm_object_property r;
    listener_list *list = listeners_of(module);
    if (!list || cm_parse(&params, args, count, keywords, v) < 0 || cm_object_property_from(v, &r) < 0)
        return NULL;
    listener *l = find(list, &r, v[4]);
    if (!l)
        return PyErr_Occurred() ? NULL : cm_capi_zero();
    unlist(list, l);
    CM_RUN(AudioObjectRemovePropertyListener(r.object, &r.address, changed, l));
    retire(list, l);
    return cm_capi_zero();
}

static PyMethodDef methods[] = {
    CM_METHOD("audio_object_has_property", has, has_doc),
    CM_METHOD("audio_object_is_property_settable", settable, settable_doc),
    CM_METHOD("audio_object_set_property_data", set_data, set_doc),
    CM_METHOD("audio_object_add_property_listener", add, add_doc),
    CM_METHOD("audio_object_remove_property_listener", remove_listener, remove_doc),
    { NULL, NULL, 0, NULL },
};

int cm_capi_audio_object_settings_init(PyObject *module)
{
    listener_list *list = PyMem_Calloc(1, sizeof *list);
    PyObject *capsule = list ? PyCapsule_New(list, LISTENERS, NULL) : PyErr_NoMemory();
    int result = capsule ? PyModule_AddObjectRef(module, LISTENERS, capsule) : -1;
    Py_XDECREF(capsule);
    return result < 0 ? -1 : PyModule_AddFunctions(module, methods);
}
