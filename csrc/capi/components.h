/* components.h: what the files about Audio Units share: how far each unit has rendered. */
#ifndef CM_CAPI_COMPONENTS_H
#define CM_CAPI_COMPONENTS_H

#include "capi.h"

/* The sample time at which the unit's next render begins; advances it by frames. -1.0 with an exception. */
double cm_render_time_advance(PyObject *module, AudioUnit unit, UInt32 frames);

/* A disposed unit's time is dropped, since its handle may come again. 0, or -1 with an exception. */
int cm_render_time_forget(PyObject *module, AudioUnit unit);

#endif
