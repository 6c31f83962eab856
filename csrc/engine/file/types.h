/* types.h: file types, looked up over all containers. */
#ifndef CM_FILE_TYPES_H
#define CM_FILE_TYPES_H

#include "container.h"

/* The type and its container, or NULL when no container has it. container may be NULL. */
const cm_file_type *cm_file_type_find(AudioFileTypeID id, const cm_container **container);

/* The type at a running number over all containers, NULL behind the last. */
const cm_file_type *cm_file_type_at(size_t index);

/* The first type with this extension (no dot, case does not matter), 0 when there is none. */
AudioFileTypeID cm_file_type_for_extension(const char *extension);

/* The same for the extension of a path. */
AudioFileTypeID cm_file_type_for_path(const char *path);

/* True when the format is in a list that ends with 0. */
bool cm_format_in(const AudioFormatID *list, AudioFormatID format);

#endif
