#include "capi.h"

PyDoc_STRVAR(fourchar_to_int_doc,
             "fourchar_to_int($module, /, code)\n--\n\n"
             "The number of a four-character code, first character most significant.\n\n"
             "code: str of four characters. AssertionError for another length, TypeError for another type.");

static PyObject *fourchar_to_int(PyObject *module, PyObject *const *args, Py_ssize_t count,
                                 PyObject *keywords)
{
    static const cm_params params = { "fourchar_to_int", 1, 1, { "code" } };
    PyObject *code;
    (void)module;
    if (cm_parse(&params, args, count, keywords, &code) < 0)
        return NULL;
    if (!PyUnicode_Check(code))
        return PyErr_Format(PyExc_TypeError, "code must be str, not %.100s", Py_TYPE(code)->tp_name);
    if (PyUnicode_GET_LENGTH(code) != 4)
        return PyErr_Format(PyExc_AssertionError, "a code has four characters, not %zd: %R",
                            PyUnicode_GET_LENGTH(code), code);
    unsigned long long number = 0;
    for (Py_ssize_t i = 0; i < 4; i++)
        number = (number << 8) + PyUnicode_READ_CHAR(code, i);
    return PyLong_FromUnsignedLongLong(number);
}

PyDoc_STRVAR(int_to_fourchar_doc,
             "int_to_fourchar($module, /, n)\n--\n\n"
             "The four characters of a number's low 32 bits, each byte as a Latin-1 character.\n\n"
             "n: int (NumPy's too) of any size, also negative. TypeError for another type.");

static PyObject *int_to_fourchar(PyObject *module, PyObject *const *args, Py_ssize_t count,
                                 PyObject *keywords)
{
    static const cm_params params = { "int_to_fourchar", 1, 1, { "n" } };
    PyObject *n;
    (void)module;
    if (cm_parse(&params, args, count, keywords, &n) < 0)
        return NULL;
    if (!PyIndex_Check(n) || PyBool_Check(n))
        return PyErr_Format(PyExc_TypeError, "n must be int, not %.100s", Py_TYPE(n)->tp_name);
    UInt32 code = (UInt32)PyLong_AsUnsignedLongLongMask(n);
    return PyErr_Occurred() ? NULL : cm_str_from_code(code);
}

static PyMethodDef methods[] = {
    CM_METHOD("fourchar_to_int", fourchar_to_int, fourchar_to_int_doc),
    CM_METHOD("int_to_fourchar", int_to_fourchar, int_to_fourchar_doc),
    { NULL, NULL, 0, NULL },
};

int cm_capi_fourcc_init(PyObject *module)
{
    return PyModule_AddFunctions(module, methods);
}
