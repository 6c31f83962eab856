/* midi.h: what the files of the functional API's Core MIDI part share. */
#ifndef CM_CAPI_MIDI_H
#define CM_CAPI_MIDI_H

#include "capi.h"

#include <CoreMIDI/CoreMIDI.h>

enum { CM_MIDI_MAX_NUMBERS = 9 };

/*
 * Arguments that are all numbers, none of them left out. Bit i of wide: number i may be of 64 bits (-2^63 ..
 * 2^64-1); the others are of 32 (-2^31 .. 2^32-1).
 */
int cm_midi_numbers(const cm_params *params, unsigned wide, PyObject *const *args, Py_ssize_t count,
                    PyObject *keywords, UInt64 *numbers);

/* A str as CFString for the caller to release; TypeError for other types. */
CFStringRef cm_midi_text(PyObject *value, const char *name);

/* 0, or RuntimeError. */
PyObject *cm_midi_done(OSStatus status, const char *operation);

/* A reference as int, or RuntimeError. */
PyObject *cm_midi_made(OSStatus status, const char *operation, MIDIObjectRef ref);

/* Two words as a tuple. */
PyObject *cm_midi_words(MIDIMessage_64 message);

/* MIDIInputPortCreate or MIDIDestinationCreate. */
typedef OSStatus (*cm_midi_maker)(MIDIClientRef client, CFStringRef name, MIDIReadProc read, void *ref_con,
                                  MIDIObjectRef *made);

/* A new port or destination with an inlet (common/midi_inlet.h), as int. */
PyObject *cm_midi_make_inlet(PyObject *module, MIDIClientRef client, PyObject *name_value, cm_midi_maker make,
                             const char *operation);

#define CM_MIDI_NAMES(...)                                                                                   \
    {                                                                                                        \
        __VA_ARGS__                                                                                          \
    }

/*
 * The functions of numbers, which differ only in what they call. CM_MIDI_ACTION(identifier, python name,
 * framework function, number of arguments, their names, arguments of the call as n[0], n[1], ...) returns 0
 * or raises; CM_MIDI_COUNT returns what the framework function returns; CM_MIDI_VALUE calls no framework, so
 * keeps the GIL.
 */
#define CM_MIDI_FUNCTION(identifier, python, number, names, wide, body)                                      \
    static PyObject *identifier(PyObject *module, PyObject *const *args, Py_ssize_t count,                   \
                                PyObject *keywords)                                                          \
    {                                                                                                        \
        static const cm_params params = { python, number, number, names };                                   \
        UInt64 n[CM_MIDI_MAX_NUMBERS];                                                                       \
        (void)module;                                                                                        \
        if (cm_midi_numbers(&params, wide, args, count, keywords, n) < 0)                                    \
            return NULL;                                                                                     \
        body                                                                                                 \
    }

#define CM_MIDI_ACTION(identifier, python, framework, number, names, ...)                                    \
    CM_MIDI_FUNCTION(identifier, python, number, CM_MIDI_NAMES names, 0, OSStatus status;                    \
                     CM_CALL(status, framework(__VA_ARGS__)); return cm_midi_done(status, #framework);)

#define CM_MIDI_COUNT(identifier, python, framework, number, names, ...)                                     \
    CM_MIDI_FUNCTION(identifier, python, number, CM_MIDI_NAMES names, 0, ItemCount result;                   \
                     CM_RUN(result = framework(__VA_ARGS__)); return PyLong_FromUnsignedLong(result);)

#define CM_MIDI_VALUE(identifier, python, number, names, wide, value)                                        \
    CM_MIDI_FUNCTION(identifier, python, number, CM_MIDI_NAMES names, wide, return value;)

int cm_capi_midi_ports_init(PyObject *module);
int cm_capi_midi_tree_init(PyObject *module);
int cm_capi_midi_properties_init(PyObject *module);
int cm_capi_midi_packets_init(PyObject *module);
int cm_capi_midi_setup_init(PyObject *module);
int cm_capi_midi_thru_init(PyObject *module);

#endif
