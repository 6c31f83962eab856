/* audio_object.h: which property of which object is meant, for the files about audio objects. */
#ifndef CM_CAPI_AUDIO_OBJECT_H
#define CM_CAPI_AUDIO_OBJECT_H

#include "capi.h"

#include <CoreAudio/CoreAudio.h>

typedef struct cm_object_property {
    AudioObjectID object;
    AudioObjectPropertyAddress address;
} cm_object_property;

/* From the four arguments object_id, property_selector, scope, element. 0, or -1 with an exception. */
static inline int cm_object_property_from(PyObject *const *v, cm_object_property *out)
{
    return cm_arg_u32(v[0], "object_id", &out->object) < 0 ||
                   cm_arg_code(v[1], "property_selector", &out->address.mSelector) < 0 ||
                   cm_arg_code(v[2], "scope", &out->address.mScope) < 0 ||
                   cm_arg_u32(v[3], "element", &out->address.mElement) < 0
               ? -1
               : 0;
}

#endif
