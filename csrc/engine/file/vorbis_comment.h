/*
 * vorbis_comment.h: the "NAME=text" comments of FLAC and Ogg files (Xiph.Org, "Ogg Vorbis I format
 * specification: comment field and header specification"), as bytes and as an info dictionary.
 */
#ifndef CM_FILE_VORBIS_COMMENT_H
#define CM_FILE_VORBIS_COMMENT_H

#include "../base/status.h"

#include <CoreFoundation/CoreFoundation.h>

typedef struct cm_comment {
    char *text; /* NAME=value, UTF-8, with a NUL behind it; owned */
    size_t size;
} cm_comment;

typedef struct cm_comments {
    char *vendor; /* the encoder's name; owned, NULL for none */
    cm_comment *items;
    size_t count;
} cm_comments;

/* kAudioFileInvalidFileError when the lengths in it go beyond size. End it in any case with cm_comments_free.
 */
OSStatus cm_comments_parse(const UInt8 *bytes, size_t size, cm_comments *comments);
void cm_comments_free(cm_comments *comments);

/* Appends the bytes that cm_comments_parse reads. */
OSStatus cm_comments_write(const cm_comments *comments, CFMutableDataRef to);

/* Adds what the comments say to info; of several with one name the first. */
OSStatus cm_comments_read_info(const cm_comments *comments, CFMutableDictionaryRef info);

/*
 * Makes the comments say what info says. Comments whose text stays as it is keep their place, further ones of
 * the same name too; embedded pictures are left alone.
 */
OSStatus cm_comments_write_info(cm_comments *comments, CFDictionaryRef info);

/* The value of the first comment with this name (any case), NULL when there is none. Lent. */
const char *cm_comments_get(const cm_comments *comments, const char *name);

/* Removes all comments with a name; then adds one, unless value is NULL. */
OSStatus cm_comments_set(cm_comments *comments, const char *name, const char *value);

#endif
