/* midi_description.h: coremusic._engine's part of Core MIDI. */
#ifndef CM_ENGINE_BINDING_MIDI_DESCRIPTION_H
#define CM_ENGINE_BINDING_MIDI_DESCRIPTION_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

/* midi_set_description(...); see its docstring. */
PyObject *cm_midi_set_description(PyObject *module, PyObject *const *args, Py_ssize_t count,
                                  PyObject *keywords);
extern const char cm_midi_set_description_doc[];

#endif
