/*
 * id3.h: ID3 tags, as they stand in MP3, ADTS, AIFF and WAVE files and elsewhere.
 *
 * Read: ID3v1 and v1.1, v2.2, v2.3 and v2.4 (unsynchronisation, extended header, footer, every text
 * encoding); compressed and encrypted frames are skipped. Written: v2.4 in UTF-8. The dictionaries have the
 * keys of kAFInfoDictionary_* and CFString values; besides these "lyrics", "album artist" and "disc number",
 * and the user's own keys, which are TXXX frames with the key as description. Year and date, genre numbers
 * and the like are turned into plain text. All functions are [any]; tags are untrusted.
 */
#ifndef CM_FILE_ID3_H
#define CM_FILE_ID3_H

#include "../base/status.h"

#include <CoreFoundation/CoreFoundation.h>

#define CM_ID3_HEAD_SIZE 10 /* what cm_id3_size needs to see of a v2 tag */
#define CM_ID3V1_SIZE 128

/* Total bytes of the tag that starts here, header and footer included, or 0 if none does. */
CM_API size_t cm_id3_size(const UInt8 *head, size_t n);

/* Adds what the tag at the start of bytes says to info; keys that are there already stay as they are.
 * kAudioFileInvalidFileError when there is no tag; a truncated one gives what is there. */
CM_API OSStatus cm_id3_read(const UInt8 *bytes, size_t size, CFMutableDictionaryRef info);

/* The front cover, or else the first picture, the caller's to release; *out NULL when there is none. */
CM_API OSStatus cm_id3_copy_artwork(const UInt8 *bytes, size_t size, CFDataRef *out);

/* The text of the comment with a description, new memory, the caller's to free; *out NULL when there is none.
 */
CM_API OSStatus cm_id3_copy_comment(const UInt8 *bytes, size_t size, const char *description, char **out);

/* A new tag like an old one (size 0: none), with another text in that comment. */
CM_API OSStatus cm_id3_set_comment(const UInt8 *old, size_t size, const char *description, const char *text,
                                   CFDataRef *out);

/* A new tag; both may be NULL. *out is the caller's to release; NULL when there would be nothing in it. */
CM_API OSStatus cm_id3_write(CFDictionaryRef info, CFDataRef artwork, CFDataRef *out);

/*
 * A new tag like an old one (size 0: none), with other info and, when artwork is not NULL, another front
 * cover (an empty one removes it). info NULL keeps what there is. Frames that mean nothing to cm_id3_read are
 * carried over.
 */
CM_API OSStatus cm_id3_update(const UInt8 *old, size_t size, CFDictionaryRef info, CFDataRef artwork,
                              CFDataRef *out);

#endif
