/*
 * channel_chunk.h: the channel layout chunk of AIFF ('CHAN') and CAF ('chan'): an AudioChannelLayout in
 * big-endian byte order.
 */
#ifndef CM_FILE_CHANNEL_CHUNK_H
#define CM_FILE_CHANNEL_CHUNK_H

#include "container.h"

/*
 * Sets f->layout from the contents of a chunk. Contents that are no layout, or one for another number of
 * channels than f->format has, are ignored: the audio is readable without.
 */
OSStatus cm_channel_chunk_get(cm_file *f, const UInt8 *bytes, size_t size);

/* The contents for f->layout in new memory, the caller's to free; *size 0 and *bytes NULL without a layout.
 */
OSStatus cm_channel_chunk_make(const cm_file *f, UInt8 **bytes, size_t *size);

#endif
