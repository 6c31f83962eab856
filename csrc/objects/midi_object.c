#include "midi_object.h"

PyObject *cm_midi_fail(PyObject *self, OSStatus status, const char *operation, const char *what)
{
    return cm_raise_object(cm_kept(self, CM_MIDI_ERROR), status, operation, "%s", what);
}

typedef struct {
    OSStatus (*dispose)(MIDIObjectRef);
    MIDIObjectRef ref;
} disposal;

static void *run_disposal(void *context)
{
    disposal *d = context;
    d->dispose(d->ref);
    return NULL;
}

void cm_midi_dispose(OSStatus (*dispose)(MIDIObjectRef), MIDIObjectRef ref)
{
    pthread_t thread;
    disposal d = { dispose, ref };
    if (pthread_create(&thread, NULL, run_disposal, &d) == 0)
        pthread_join(thread, NULL);
    else
        dispose(ref);
}

int cm_midi_add_record(PyObject *module, cm_objects_state *state, cm_kept_object which,
                       PyStructSequence_Desc *description)
{
    PyTypeObject *type = PyStructSequence_NewType(description);
    if (!type)
        return -1;
    Py_XSETREF(state->kept[which], (PyObject *)type);
    return PyModule_AddType(module, type);
}

CFStringRef cm_midi_name(PyObject *value)
{
    if (PyUnicode_Check(value))
        return cm_cf_from_str(value);
    PyErr_Format(PyExc_TypeError, "name must be str, not %.100s", Py_TYPE(value)->tp_name);
    return NULL;
}
