/*
 * properties.h: the getters and setters behind the table in properties.c, by domain.
 *
 * A getter is called with room for at least the property's size and leaves in *io_size what it wrote. All are
 * called with the file's lock held.
 */
#ifndef CM_FILE_PROPERTIES_H
#define CM_FILE_PROPERTIES_H

#include "file.h"

typedef OSStatus (*cm_property_size_fn)(cm_file *f, UInt32 *size);
typedef OSStatus (*cm_property_get_fn)(cm_file *f, UInt32 *io_size, void *data);
typedef OSStatus (*cm_property_set_fn)(cm_file *f, UInt32 size, const void *data);

/* translations.c: the structs are filled in place. */
OSStatus cm_get_packet_to_frame(cm_file *f, UInt32 *io_size, void *data);
OSStatus cm_get_frame_to_packet(cm_file *f, UInt32 *io_size, void *data);
OSStatus cm_get_packet_to_byte(cm_file *f, UInt32 *io_size, void *data);
OSStatus cm_get_byte_to_packet(cm_file *f, UInt32 *io_size, void *data);
OSStatus cm_get_roll_distance(cm_file *f, UInt32 *io_size, void *data);
OSStatus cm_get_previous_independent(cm_file *f, UInt32 *io_size, void *data);
OSStatus cm_get_next_independent(cm_file *f, UInt32 *io_size, void *data);
OSStatus cm_get_dependency_info(cm_file *f, UInt32 *io_size, void *data);
OSStatus cm_get_range_byte_bound(cm_file *f, UInt32 *io_size, void *data);

/* metadata.c */
OSStatus cm_get_info(cm_file *f, UInt32 *io_size, void *data);
OSStatus cm_set_info(cm_file *f, UInt32 size, const void *data);
OSStatus cm_size_markers(cm_file *f, UInt32 *size);
OSStatus cm_get_markers(cm_file *f, UInt32 *io_size, void *data);
OSStatus cm_set_markers(cm_file *f, UInt32 size, const void *data);
OSStatus cm_size_regions(cm_file *f, UInt32 *size);
OSStatus cm_get_regions(cm_file *f, UInt32 *io_size, void *data);
OSStatus cm_set_regions(cm_file *f, UInt32 size, const void *data);
OSStatus cm_size_chunk_ids(cm_file *f, UInt32 *size);
OSStatus cm_get_chunk_ids(cm_file *f, UInt32 *io_size, void *data);

#endif
