/* loas.h: what the files of the LOAS container share. */
#ifndef CM_FILE_LOAS_H
#define CM_FILE_LOAS_H

#include "container.h"
#include "latm.h"

typedef struct cm_loas {
    cm_latm_config config; /* of the stream; without one until the magic cookie is set */
    UInt8 *bits;           /* of each packet in f->table: how many bits of its first byte are not its */
    SInt64 bits_room;
    bool is_begun; /* a stream's first packet was asked for */
} cm_loas;

/* Adds a packet that begins at a bit of the frame at a place. */
OSStatus cm_loas_add(cm_file *f, SInt64 frame, size_t bit, UInt32 size);

/* Writing: loas_write.c. */
OSStatus cm_loas_create(cm_file *f);
OSStatus cm_loas_cookie_changed(cm_file *f);
OSStatus cm_loas_write_packets(cm_file *f, SInt64 first, UInt32 *io_count,
                               const AudioStreamPacketDescription *descriptions, UInt32 bytes,
                               const void *buffer);
OSStatus cm_loas_flush(cm_file *f);

#endif
