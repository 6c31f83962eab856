/* cf_data.h: the inside of CFData, for the engine's own code. */
#ifndef CM_BASE_CF_DATA_H
#define CM_BASE_CF_DATA_H

#include "cf_object.h"

#include <CoreFoundation/CFData.h>

/* [any] A mutable data object becomes an immutable one; only by its maker, before anyone else sees it. */
void cm_cf_data_freeze(CFMutableDataRef data);

/* [any] New data that takes the buffer's bytes over; the buffer is empty afterwards. NULL when it failed. */
CFMutableDataRef cm_cf_data_take(cm_cf_buffer *buffer);

#endif
