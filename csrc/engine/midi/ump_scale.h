/*
 * ump_scale.h: values of 7 and 14 bits to 16 and 32 bits and back, by M2-115 (Bit Scaling and Resolution):
 * least stays least, centre stays centre, greatest becomes greatest. Above the centre the bits below the
 * first are repeated downwards; going back is a shift, so 7 -> 32 -> 7 is the identity.
 */
#ifndef CM_MIDI_UMP_SCALE_H
#define CM_MIDI_UMP_SCALE_H

#include <stdint.h>

static inline uint32_t cm_ump_7_to_16(uint32_t value)
{
    uint32_t repeat = value > 0x40 ? value & 0x3F : 0;
    return value << 9 | repeat << 3 | repeat >> 3;
}

static inline uint32_t cm_ump_7_to_32(uint32_t value)
{
    uint32_t repeat = value > 0x40 ? value & 0x3F : 0;
    return value << 25 | repeat << 19 | repeat << 13 | repeat << 7 | repeat << 1 | repeat >> 5;
}

static inline uint32_t cm_ump_14_to_32(uint32_t value)
{
    uint32_t repeat = value > 0x2000 ? value & 0x1FFF : 0;
    return value << 18 | repeat << 5 | repeat >> 8;
}

static inline uint32_t cm_ump_16_to_7(uint32_t value)
{
    return value >> 9;
}

static inline uint32_t cm_ump_32_to_7(uint32_t value)
{
    return value >> 25;
}

static inline uint32_t cm_ump_32_to_14(uint32_t value)
{
    return value >> 18;
}

#endif
