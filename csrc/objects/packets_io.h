/* packets_io.h: packets out of an AudioFileID into memory, and lists of packet descriptions. */
#ifndef CM_OBJECTS_PACKETS_IO_H
#define CM_OBJECTS_PACKETS_IO_H

#include "objects.h"

/* What a read of packets moved, and the call that refused. */
typedef struct cm_packet_read {
    SInt64 packets;
    Py_ssize_t bytes;
    OSStatus status;
    const char *operation;
} cm_packet_read;

/*
 * How many of `wanted` packets (-1: all) from `start` on exist, and how many bytes they take at most. -1 with
 * read->status.
 */
int cm_packets_present(AudioFileID file, SInt64 start, SInt64 wanted, cm_packet_read *read, SInt64 *present,
                       UInt32 *packet_bytes);

/*
 * Reads packets, present as above, into memory of `room` bytes; descriptions of that many, or NULL. The GIL
 * is dropped meanwhile, and signals are handled now and then. -1 with read->status, or an exception and
 * status noErr. It is no error when fewer come.
 */
int cm_packets_read(AudioFileID file, SInt64 start, SInt64 packets, UInt32 packet_bytes, void *memory,
                    Py_ssize_t room, AudioStreamPacketDescription *descriptions, cm_packet_read *read);

/* A list of (offset, size, frames) tuples; frames is 0 where packets have all the same length. */
PyObject *cm_list_from_descriptions(const AudioStreamPacketDescription *descriptions, size_t count);

/*
 * Reads such a list, for `bytes` bytes of packets. *out is allocated with PyMem_Malloc. The number of
 * packets, or -1 with TypeError or ValueError.
 */
Py_ssize_t cm_descriptions_from_list(PyObject *list, Py_ssize_t bytes, AudioStreamPacketDescription **out);

#endif
