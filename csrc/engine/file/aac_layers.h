/*
 * aac_layers.h: one AAC stream, several formats: the base layer, with spectral band replication (SBR) twice
 * its rate, with parametric stereo two channels (ISO/IEC 14496-3, 1.6.5).
 */
#ifndef CM_FILE_AAC_LAYERS_H
#define CM_FILE_AAC_LAYERS_H

#include "container.h"

/* [control] What the file's packets can be decoded to, the richest first, which is f->format: 1 to 3. */
UInt32 cm_aac_layers(const cm_file *f, AudioStreamBasicDescription formats[3]);

/* Whether only the first packet tells if there is SBR: the configuration leaves it open at a rate where the
 * standard lets it. */
bool cm_aac_is_open(const cm_file *f);

/*
 * When the first packet of such a file has SBR, makes f->format and f->cookie what they were if the
 * configuration had told it. One channel becomes two: parametric stereo may begin in any packet. Leaves the
 * file as it is where no decoder is there to ask.
 */
OSStatus cm_aac_find_layers(cm_file *f, const void *packet, size_t size);

#endif
