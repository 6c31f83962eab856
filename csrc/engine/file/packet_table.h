/*
 * packet_table.h: building cm_packet_table, the places of packets that differ in size or length.
 */
#ifndef CM_FILE_PACKET_TABLE_H
#define CM_FILE_PACKET_TABLE_H

#include "container.h"

/*
 * Adds a packet at the end. has_sizes and has_frames say which arrays the table keeps; they must be the same
 * in every call. Offsets are kept whenever sizes are.
 */
OSStatus cm_packet_table_add(cm_packet_table *table, bool has_sizes, bool has_frames, SInt64 offset,
                             UInt32 size, UInt32 frames);

/* Room for count packets in all; count must be bounded by what the file can hold. */
OSStatus cm_packet_table_reserve(cm_packet_table *table, bool has_sizes, bool has_frames, SInt64 count);

void cm_packet_table_free(cm_packet_table *table);

#endif
