/* append.h: adding packets of varying size at the end of the audio data, for containers that must look first.
 */
#ifndef CM_FILE_APPEND_H
#define CM_FILE_APPEND_H

#include "container.h"

/*
 * As cm_container.write_packets. Packets go to f->data_offset + f->data_bytes and into f->table, with their
 * lengths when has_frames. A file that was not created by this handle is refused.
 */
OSStatus cm_append_packets(cm_file *f, SInt64 first, UInt32 *io_count,
                           const AudioStreamPacketDescription *descriptions, UInt32 bytes, const void *buffer,
                           bool has_frames);

/* noErr when the descriptions lie inside the buffer, first is the next packet, and the file takes packets. */
OSStatus cm_append_check(cm_file *f, SInt64 first, UInt32 count,
                         const AudioStreamPacketDescription *descriptions, UInt32 bytes);

#endif
