/*
 * riff_order.h: RIFX, which is RIFF with its numbers the other way round (Microsoft "Multimedia Programming
 * Interface and Data Specifications 1.0", chapter 2). Chunks that are looked into are put in RIFF's order
 * first. Such files are read, not written.
 */
#ifndef CM_FILE_RIFF_ORDER_H
#define CM_FILE_RIFF_ORDER_H

#include "riff.h"

static inline bool cm_riff_is_rifx(const cm_file *f)
{
    return ((const cm_riff *)f->state)->form == 'RIFX';
}

/*
 * Turns the numbers of a chunk's contents, which were copied from a RIFX file, round. For the format chunk,
 * cue points, their labels and sections, loops and the INFO list; others stay as they are. size may cut an
 * item.
 */
void cm_riff_turn_round(UInt32 id, UInt8 *bytes, size_t size);

#endif
