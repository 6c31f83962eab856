/* bytes24.h: packed 24-bit samples, which have no type of their own. Four of them are unpacked as one vector.
 */
#ifndef CM_DSP_BYTES24_H
#define CM_DSP_BYTES24_H

#include "simd.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t cm_bytes16 __attribute__((vector_size(16)));
typedef int32_t cm_int4 __attribute__((vector_size(16)));

/* True while four samples at i may be read as 16 bytes, which is four more than they have. */
CM_ALWAYS_INLINE int cm_room24(size_t i, size_t count)
{
    return 3 * (count - i) >= sizeof(cm_bytes16);
}

/* Four samples in the upper bits of four numbers. */
CM_ALWAYS_INLINE cm_int4 cm_four24(const uint8_t *from)
{
    const cm_bytes16 zero = { 0 };
    cm_bytes16 packed;
    memcpy(&packed, from, sizeof packed);
    return (cm_int4)__builtin_shufflevector(packed, zero, 16, 0, 1, 2, 16, 3, 4, 5, 16, 6, 7, 8, 16, 9, 10,
                                            11);
}

CM_ALWAYS_INLINE int32_t cm_one24(const uint8_t *from)
{
    return (int32_t)((uint32_t)from[0] << 8 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 24);
}

#endif
