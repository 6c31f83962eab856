/* call.h: calling the framework. */
#ifndef CM_COMMON_CALL_H
#define CM_COMMON_CALL_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "platform.h"

/*
 * Functions of the framework that may block, decode, render or call back run without the GIL. What an earlier
 * failure left is forgotten, so that it does not explain the one that may come.
 */
#define CM_RUN(call)                                                                                         \
    do {                                                                                                     \
        cm_platform_forget_detail();                                                                         \
        Py_BEGIN_ALLOW_THREADS                                                                               \
        call;                                                                                                \
        Py_END_ALLOW_THREADS                                                                                 \
    } while (0)

#define CM_CALL(status, call) CM_RUN(status = (call))

#endif
