/*
 * picture.h: the PICTURE block of FLAC (RFC 9639, 8.8), which Ogg files have too, as base64 in a comment.
 */
#ifndef CM_FILE_PICTURE_H
#define CM_FILE_PICTURE_H

#include "vorbis_comment.h"

#include <stdbool.h>

/* The image inside a block, lent; false when the block is damaged or only links to an image. */
bool cm_picture_image(const UInt8 *block, size_t size, const UInt8 **image, size_t *image_size,
                      bool *is_front);

/* Appends a block with a front cover. */
void cm_picture_append(CFDataRef image, CFMutableDataRef to);

/* The MIME type that an image's first bytes tell; "image/" when they do not. */
const char *cm_picture_mime(const UInt8 *image, size_t size);

/* The front cover, or else the first picture, among comments; the caller's to release, NULL when there is
 * none. */
OSStatus cm_picture_from_comments(const cm_comments *comments, CFDataRef *image);

/* Replaces all pictures among comments; NULL or an empty image removes them. */
OSStatus cm_picture_to_comments(cm_comments *comments, CFDataRef image);

#endif
