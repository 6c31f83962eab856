/*
 * args.h: parameters of METH_FASTCALL | METH_KEYWORDS functions, and conversions of single values.
 *
 * Converters return 0 on success and -1 with an exception set that names the parameter. They leave *out alone
 * when the value is NULL (an optional parameter that was not given), so that a caller presets its default.
 */
#ifndef CM_COMMON_ARGS_H
#define CM_COMMON_ARGS_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdbool.h>
#include <stdint.h>

#define CM_MAX_PARAMS 16

typedef struct cm_params {
    const char *function;
    int required;   /* how many must be given */
    int positional; /* how many may be given by position; the rest by keyword only */
    const char *names[CM_MAX_PARAMS + 1];
} cm_params;

/*
 * Sorts the arguments into values, one per name, NULL where none was given (borrowed). TypeError in the words
 * of a Python function: missing, unexpected, given twice, too many.
 */
int cm_parse(const cm_params *params, PyObject *const *args, Py_ssize_t count, PyObject *keywords,
             PyObject **values);

/* The same for a tp_init, whose arguments come as a tuple and a dict. */
int cm_parse_init(const cm_params *params, PyObject *args, PyObject *keywords, PyObject **values);

/* Numbers: anything with __int__ or __index__; floats lose their fraction. */
int cm_arg_i32(PyObject *value, const char *name, int32_t *out);
/* Any value of -2^31 .. 2^32-1, modulo 2^32, for Apple's UInt32 parameters. */
int cm_arg_u32(PyObject *value, const char *name, uint32_t *out);
/* A count of 0 .. 2^32-1; ValueError when negative. */
int cm_arg_count(PyObject *value, const char *name, uint32_t *out);
int cm_arg_i64(PyObject *value, const char *name, int64_t *out);
/* -2^63 .. 2^64-1, modulo 2^64. */
int cm_arg_u64(PyObject *value, const char *name, uint64_t *out);
int cm_arg_f64(PyObject *value, const char *name, double *out);
int cm_arg_bool(PyObject *value, bool *out);
/* A handle as the functional API shows it: the pointer-sized number of an opaque reference. */
int cm_arg_handle(PyObject *value, const char *name, void *out_pointer);

/* A str; the text belongs to value. ValueError when it holds a NUL. */
int cm_arg_text(PyObject *value, const char *name, const char **out);
/* A four-character code as str of four Latin-1 characters or as int. ValueError for other lengths. */
int cm_arg_code(PyObject *value, const char *name, uint32_t *out);
/* Any object with a C-contiguous buffer; the caller releases view. TypeError otherwise. */
int cm_arg_bytes(PyObject *value, const char *name, Py_buffer *view);
/* A dict, or TypeError. */
int cm_arg_dict(PyObject *value, const char *name);

/* Constants for tables of functions. */
#define CM_FAST(function) ((PyCFunction)(void (*)(void))(function))
#define CM_METHOD(name, function, doc)                                                                       \
    {                                                                                                        \
        name, CM_FAST(function), METH_FASTCALL | METH_KEYWORDS, doc                                          \
    }

#endif
