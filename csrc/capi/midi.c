/* What the files of Core MIDI share, and the order in which they join the module. */
#include "midi.h"

int cm_midi_numbers(const cm_params *params, unsigned wide, PyObject *const *args, Py_ssize_t count,
                    PyObject *keywords, UInt64 *numbers)
{
    PyObject *values[CM_MIDI_MAX_NUMBERS];
    if (cm_parse(params, args, count, keywords, values) < 0)
        return -1;
    for (int i = 0; i < params->required; i++) {
        uint32_t narrow = 0;
        if (wide >> i & 1) {
            if (cm_arg_u64(values[i], params->names[i], &numbers[i]) < 0)
                return -1;
            continue;
        }
        if (cm_arg_u32(values[i], params->names[i], &narrow) < 0)
            return -1;
        numbers[i] = narrow;
    }
    return 0;
}

CFStringRef cm_midi_text(PyObject *value, const char *name)
{
    if (PyUnicode_Check(value))
        return cm_cf_from_str(value);
    PyErr_Format(PyExc_TypeError, "%s must be str, not %.100s", name, Py_TYPE(value)->tp_name);
    return NULL;
}

PyObject *cm_midi_done(OSStatus status, const char *operation)
{
    return status ? cm_capi_raise(status, operation) : cm_capi_zero();
}

PyObject *cm_midi_made(OSStatus status, const char *operation, MIDIObjectRef ref)
{
    return status ? cm_capi_raise(status, operation) : PyLong_FromUnsignedLong(ref);
}

PyObject *cm_midi_words(MIDIMessage_64 message)
{
    return Py_BuildValue("(II)", message.word0, message.word1);
}

int cm_capi_midi_init(PyObject *module)
{
    static int (*const parts[])(PyObject * module) = {
        cm_capi_midi_ports_init,   cm_capi_midi_tree_init,  cm_capi_midi_properties_init,
        cm_capi_midi_packets_init, cm_capi_midi_setup_init, cm_capi_midi_thru_init,
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i](module) < 0)
            return -1;
    return 0;
}
