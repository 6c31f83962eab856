#include "args.h"

#include <string.h>

static int name_index(const cm_params *params, PyObject *keyword)
{
    for (int i = 0; params->names[i]; i++)
        if (PyUnicode_CompareWithASCIIString(keyword, params->names[i]) == 0)
            return i;
    return -1;
}

static int take_keyword(const cm_params *params, PyObject *keyword, PyObject *value, PyObject **values)
{
    int i = name_index(params, keyword);
    if (i < 0) {
        PyErr_Format(PyExc_TypeError, "%s() got an unexpected keyword argument '%U'", params->function,
                     keyword);
        return -1;
    }
    if (values[i]) {
        PyErr_Format(PyExc_TypeError, "%s() got multiple values for argument '%U'", params->function,
                     keyword);
        return -1;
    }
    values[i] = value;
    return 0;
}

static int take_positional(const cm_params *params, PyObject *const *args, Py_ssize_t count,
                           PyObject **values)
{
    if (count > params->positional) {
        PyErr_Format(PyExc_TypeError, "%s() takes at most %d positional argument%s but %zd were given",
                     params->function, params->positional, params->positional == 1 ? "" : "s", count);
        return -1;
    }
    for (int i = 0; params->names[i]; i++)
        values[i] = i < count ? args[i] : NULL;
    return 0;
}

static int check_required(const cm_params *params, PyObject *const *values)
{
    for (int i = 0; i < params->required; i++) {
        if (!values[i]) {
            PyErr_Format(PyExc_TypeError, "%s() missing required argument: '%s'", params->function,
                         params->names[i]);
            return -1;
        }
    }
    return 0;
}

int cm_parse(const cm_params *params, PyObject *const *args, Py_ssize_t count, PyObject *keywords,
             PyObject **values)
{
    if (take_positional(params, args, count, values) < 0)
        return -1;
    Py_ssize_t named = keywords ? PyTuple_GET_SIZE(keywords) : 0;
    for (Py_ssize_t i = 0; i < named; i++)
        if (take_keyword(params, PyTuple_GET_ITEM(keywords, i), args[count + i], values) < 0)
            return -1;
    return check_required(params, values);
}

int cm_parse_init(const cm_params *params, PyObject *args, PyObject *keywords, PyObject **values)
{
    PyObject *name, *value;
    Py_ssize_t at = 0;
    if (take_positional(params, &PyTuple_GET_ITEM(args, 0), PyTuple_GET_SIZE(args), values) < 0)
        return -1;
    while (keywords && PyDict_Next(keywords, &at, &name, &value))
        if (take_keyword(params, name, value, values) < 0)
            return -1;
    return check_required(params, values);
}

static int wrong_type(const char *name, const char *wanted, PyObject *value)
{
    PyErr_Format(PyExc_TypeError, "%s must be %s, not %.100s", name, wanted, Py_TYPE(value)->tp_name);
    return -1;
}

static int out_of_range(const char *name, const char *range)
{
    PyErr_Format(PyExc_OverflowError, "%s must be in %s", name, range);
    return -1;
}

/* A new reference to value as int, or NULL with an exception. Text is no number, although int() would take
 * it. */
static PyObject *as_integer(PyObject *value, const char *name)
{
    if (PyLong_CheckExact(value))
        return Py_NewRef(value);
    PyNumberMethods *number = Py_TYPE(value)->tp_as_number;
    if (!number || !(number->nb_int || number->nb_index)) {
        wrong_type(name, "a number", value);
        return NULL;
    }
    return PyNumber_Long(value);
}

/* The value as a signed 64-bit number; *wide tells that it is 2^63 .. 2^64-1, given modulo 2^64. */
static int integer_bits(PyObject *value, const char *name, int64_t *out, bool *wide, const char *range)
{
    PyObject *integer = as_integer(value, name);
    if (!integer)
        return -1;
    int overflow;
    long long number = PyLong_AsLongLongAndOverflow(integer, &overflow);
    int result = number == -1 && !overflow && PyErr_Occurred() ? -1 : 0;
    *wide = false;
    if (overflow > 0) {
        unsigned long long large = PyLong_AsUnsignedLongLong(integer);
        if (large == (unsigned long long)-1 && PyErr_Occurred()) {
            PyErr_Clear();
            result = out_of_range(name, range);
        }
        number = (long long)large;
        *wide = true;
    } else if (overflow < 0) {
        result = out_of_range(name, range);
    }
    Py_DECREF(integer);
    *out = number;
    return result;
}

static int bounded(PyObject *value, const char *name, int64_t low, int64_t high, int64_t *out,
                   const char *range)
{
    bool wide;
    if (integer_bits(value, name, out, &wide, range) < 0)
        return -1;
    return wide || *out < low || *out > high ? out_of_range(name, range) : 0;
}

int cm_arg_i32(PyObject *value, const char *name, int32_t *out)
{
    int64_t number;
    if (!value)
        return 0;
    if (bounded(value, name, INT32_MIN, INT32_MAX, &number, "-2**31 .. 2**31-1") < 0)
        return -1;
    *out = (int32_t)number;
    return 0;
}

int cm_arg_u32(PyObject *value, const char *name, uint32_t *out)
{
    int64_t number;
    if (!value)
        return 0;
    if (bounded(value, name, INT32_MIN, UINT32_MAX, &number, "-2**31 .. 2**32-1") < 0)
        return -1;
    *out = (uint32_t)number;
    return 0;
}

int cm_arg_count(PyObject *value, const char *name, uint32_t *out)
{
    int64_t number;
    if (!value)
        return 0;
    if (bounded(value, name, INT64_MIN, UINT32_MAX, &number, "0 .. 2**32-1") < 0)
        return -1;
    if (number < 0) {
        PyErr_Format(PyExc_ValueError, "%s must not be negative", name);
        return -1;
    }
    *out = (uint32_t)number;
    return 0;
}

int cm_arg_i64(PyObject *value, const char *name, int64_t *out)
{
    return value ? bounded(value, name, INT64_MIN, INT64_MAX, out, "-2**63 .. 2**63-1") : 0;
}

int cm_arg_u64(PyObject *value, const char *name, uint64_t *out)
{
    int64_t number;
    bool wide;
    if (!value)
        return 0;
    if (integer_bits(value, name, &number, &wide, "-2**63 .. 2**64-1") < 0)
        return -1;
    *out = (uint64_t)number;
    return 0;
}

int cm_arg_f64(PyObject *value, const char *name, double *out)
{
    if (!value)
        return 0;
    double number = PyFloat_AsDouble(value);
    if (number == -1.0 && PyErr_Occurred()) {
        if (PyErr_ExceptionMatches(PyExc_TypeError)) {
            PyErr_Clear();
            return wrong_type(name, "a number", value);
        }
        return -1;
    }
    *out = number;
    return 0;
}

int cm_arg_bool(PyObject *value, bool *out)
{
    if (!value)
        return 0;
    int truth = PyObject_IsTrue(value);
    if (truth < 0)
        return -1;
    *out = truth != 0;
    return 0;
}

int cm_arg_handle(PyObject *value, const char *name, void *out_pointer)
{
    uint64_t bits = 0;
    if (cm_arg_u64(value, name, &bits) < 0)
        return -1;
    if (value) {
        uintptr_t address = (uintptr_t)bits;
        memcpy(out_pointer, &address, sizeof address);
    }
    return 0;
}

int cm_arg_text(PyObject *value, const char *name, const char **out)
{
    if (!value)
        return 0;
    if (!PyUnicode_Check(value))
        return wrong_type(name, "str", value);
    Py_ssize_t size;
    const char *text = PyUnicode_AsUTF8AndSize(value, &size);
    if (!text)
        return -1;
    if (strlen(text) != (size_t)size) {
        PyErr_Format(PyExc_ValueError, "%s must not contain a null character", name);
        return -1;
    }
    *out = text;
    return 0;
}

int cm_arg_code(PyObject *value, const char *name, uint32_t *out)
{
    if (!value)
        return 0;
    if (!PyUnicode_Check(value))
        return cm_arg_u32(value, name, out);
    if (PyUnicode_GET_LENGTH(value) != 4 || PyUnicode_MAX_CHAR_VALUE(value) > 255) {
        PyErr_Format(PyExc_ValueError, "%s must be a code of four characters, not %R", name, value);
        return -1;
    }
    uint32_t code = 0;
    for (Py_ssize_t i = 0; i < 4; i++)
        code = code << 8 | (uint32_t)PyUnicode_READ_CHAR(value, i);
    *out = code;
    return 0;
}

int cm_arg_bytes(PyObject *value, const char *name, Py_buffer *view)
{
    if (!PyObject_CheckBuffer(value))
        return wrong_type(name, "a bytes-like object", value);
    return PyObject_GetBuffer(value, view, PyBUF_SIMPLE);
}

int cm_arg_dict(PyObject *value, const char *name)
{
    return PyDict_Check(value) ? 0 : wrong_type(name, "dict", value);
}
