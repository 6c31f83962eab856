/* validate.h: the checks of AudioComponentValidate. */
#ifndef CM_UNIT_VALIDATE_H
#define CM_UNIT_VALIDATE_H

#include "../base/status.h"

#include <AudioToolbox/AudioToolbox.h>

typedef struct cm_validation {
    AudioComponent component;
    AudioComponentValidationResult result;
    char reason[160]; /* the first thing that is wrong; "" */
} cm_validation;

/*
 * [control] Opens the component and tries it: sets result and reason. Takes as long as the component does,
 * and ends where that crashes.
 */
void cm_validate(cm_validation *validation);

#endif
