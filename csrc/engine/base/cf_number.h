/* cf_number.h: the inside of CFNumber, for the engine's own code. */
#ifndef CM_BASE_CF_NUMBER_H
#define CM_BASE_CF_NUMBER_H

#include "cf_object.h"

#include <CoreFoundation/CFNumber.h>

/* [any] A new integer of up to 64 bits without a sign, which CFNumberType has no name for. */
CFNumberRef cm_cf_number_new_unsigned(uint64_t value);

/* [any] Appends an integer in decimal, or a real that reads back as the same value. */
void cm_cf_number_text(CFNumberRef number, cm_cf_buffer *out);

#endif
