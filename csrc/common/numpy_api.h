/*
 * numpy_api.h: the only door to NumPy. Nothing needs it to import; it is loaded when an array is first made,
 * and where it is missing that raises ImportError("NumPy is required ..."). GIL held.
 */
#ifndef CM_COMMON_NUMPY_API_H
#define CM_COMMON_NUMPY_API_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdbool.h>

/* ImportError where NumPy is missing. The other functions do this themselves. */
int cm_numpy_load(void);

/*
 * A new C-contiguous array, not initialised; *data is its memory. format is an item's letter in the buffer
 * protocol (f, d, b, B, h, i ...). NULL with an exception.
 */
PyObject *cm_numpy_new_array(char format, int dimensions, const Py_ssize_t *shape, void **data);

/*
 * object itself when it is an array of that type, else a new array with its values cast, without scaling.
 * TypeError for complex numbers, whose imaginary part would be lost.
 */
PyObject *cm_numpy_cast(PyObject *object, char format);

/* As cm_numpy_new_array, for a dtype object. */
PyObject *cm_numpy_new_of_type(PyObject *dtype, int dimensions, const Py_ssize_t *shape, void **data);

/* Changes the length of the first axis of an array that nobody else has seen; *data is where it lies then. */
int cm_numpy_set_rows(PyObject *array, Py_ssize_t rows, void **data);

/*
 * The name of the type that NumPy takes dtype for: 'f4', float and numpy.float64 are names of types too. A
 * new reference; NULL, without an exception, for None, bytes, types in the other byte order, what is no type
 * at all, and where NumPy is missing.
 */
PyObject *cm_numpy_type_name(PyObject *dtype);

bool cm_numpy_is_array(PyObject *object);

#endif
