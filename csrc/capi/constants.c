/* The constant getters, all from constants.def. */
#include "capi.h"

#include <AudioUnit/AudioUnit.h>
#include <CoreAudio/CoreAudio.h>
#include <CoreMIDI/CoreMIDI.h>

#define CM_GETTER(name, constant)                                                                            \
    static PyObject *name(PyObject *module, PyObject *unused)                                                \
    {                                                                                                        \
        (void)module, (void)unused;                                                                          \
        return PyLong_FromLong((SInt32)(constant));                                                          \
    }
#define CM_GETTER_STR(name, text)                                                                            \
    static PyObject *name(PyObject *module, PyObject *unused)                                                \
    {                                                                                                        \
        (void)module, (void)unused;                                                                          \
        return PyUnicode_FromString(text);                                                                   \
    }
#include "constants.def"

#define CM_ROW(name, value) { #name, name, METH_NOARGS, #name "($module, /)\n--\n\nThe constant " value "." },
#define CM_GETTER(name, constant) CM_ROW(name, #constant)
#define CM_GETTER_STR(name, text) CM_ROW(name, #text)
static PyMethodDef methods[] = {
#include "constants.def"
    { NULL, NULL, 0, NULL },
};

int cm_capi_constants_init(PyObject *module)
{
    return PyModule_AddFunctions(module, methods);
}
