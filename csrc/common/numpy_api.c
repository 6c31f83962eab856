#include "numpy_api.h"

#define NPY_NO_DEPRECATED_API NPY_2_0_API_VERSION
#include <numpy/arrayobject.h>
#include <string.h>

/* Fills the table of NumPy's C functions, which is not a Python object and stays for the life of the process.
 */
int cm_numpy_load(void)
{
    if (PyArray_API)
        return 0;
    PyObject *numpy = PyImport_ImportModule("numpy");
    if (!numpy) {
        if (PyErr_ExceptionMatches(PyExc_ModuleNotFoundError)) {
            PyErr_Clear();
            PyErr_SetString(PyExc_ImportError, "NumPy is required to make an array (pip install numpy)");
        }
        return -1;
    }
    Py_DECREF(numpy);
    return _import_array();
}

PyObject *cm_numpy_new_array(char format, int dimensions, const Py_ssize_t *shape, void **data)
{
    if (cm_numpy_load() < 0)
        return NULL;
    PyObject *array = PyArray_SimpleNew(dimensions, shape, format);
    if (array)
        *data = PyArray_DATA((PyArrayObject *)array);
    return array;
}

PyObject *cm_numpy_cast(PyObject *object, char format)
{
    if (cm_numpy_load() < 0)
        return NULL;
    PyArrayObject *array = (PyArrayObject *)PyArray_FromAny(object, NULL, 0, 0, 0, NULL);
    if (!array)
        return NULL;
    PyObject *cast = NULL;
    PyArray_Descr *type = PyArray_DescrFromType(format);
    if (PyArray_ISCOMPLEX(array)) {
        PyErr_Format(PyExc_TypeError, "complex numbers (%S) are not samples",
                     (PyObject *)PyArray_DESCR(array));
        Py_DECREF(type);
    } else {
        cast = PyArray_FromArray(array, type, NPY_ARRAY_FORCECAST);
    }
    Py_DECREF(array);
    return cast;
}

PyObject *cm_numpy_new_of_type(PyObject *dtype, int dimensions, const Py_ssize_t *shape, void **data)
{
    PyArray_Descr *type = NULL;
    if (cm_numpy_load() < 0 || !PyArray_DescrConverter(dtype, &type))
        return NULL;
    PyObject *array = PyArray_NewFromDescr(&PyArray_Type, type, dimensions, shape, NULL, NULL, 0, NULL);
    if (array)
        *data = PyArray_DATA((PyArrayObject *)array);
    return array;
}

int cm_numpy_set_rows(PyObject *array, Py_ssize_t rows, void **data)
{
    PyArrayObject *a = (PyArrayObject *)array;
    Py_ssize_t shape[NPY_MAXDIMS];
    PyArray_Dims wanted = { shape, PyArray_NDIM(a) };
    for (int i = 0; i < wanted.len; i++)
        shape[i] = i ? PyArray_DIM(a, i) : rows;
    if (PyArray_DIM(a, 0) != rows) {
        PyObject *none = PyArray_Resize(a, &wanted, 0, NPY_CORDER);
        if (!none)
            return -1;
        Py_DECREF(none);
    }
    *data = PyArray_DATA(a);
    return 0;
}

PyObject *cm_numpy_type_name(PyObject *dtype)
{
    PyArray_Descr *type = NULL;
    PyObject *name = NULL;
    if (dtype == Py_None || PyBytes_Check(dtype))
        return NULL;
    if (cm_numpy_load() == 0 && PyArray_DescrConverter(dtype, &type) && PyArray_ISNBO(type->byteorder))
        name = PyObject_GetAttrString((PyObject *)type, "name");
    PyErr_Clear();
    Py_XDECREF(type);
    return name;
}

bool cm_numpy_is_array(PyObject *object)
{
    /* An object of a type of NumPy's exists only where NumPy can be loaded. */
    if (!PyArray_API && strncmp(Py_TYPE(object)->tp_name, "numpy", 5) != 0)
        return false;
    if (cm_numpy_load() < 0) {
        PyErr_Clear();
        return false;
    }
    return PyArray_Check(object);
}
