/* pinned.h: from an AudioConverterRef to the converter, for the functions of AudioConverter.h. */
#ifndef CM_CONVERT_PINNED_H
#define CM_CONVERT_PINNED_H

#include "converter.h"

/* [any] The converter, pinned and locked, or NULL when the reference is not a live one. */
cm_converter *cm_converter_pin(AudioConverterRef ref);

/* [any] Undoes cm_converter_pin; the converter is destroyed here if it was disposed of meanwhile. */
void cm_converter_unpin(AudioConverterRef ref, cm_converter *c);

#endif
