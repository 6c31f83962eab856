/*
 * ape.h: APEv2 tags, which MP3 files have behind the audio: mp3gain, foobar2000 and others write them.
 *
 * A tag is its bytes from the header, or the first item, to the footer. Text items become the keys of
 * kAFInfoDictionary_*, others the user's own keys by their name. MP3GAIN_* are what mp3gain needs to undo its
 * work: not shown, and always kept. All functions are [any]; tags are untrusted.
 */
#ifndef CM_FILE_APE_H
#define CM_FILE_APE_H

#include "../format/cookie.h"

#include <AudioToolbox/AudioFile.h>
#include <CoreFoundation/CoreFoundation.h>
#include <stdbool.h>

#define CM_APE_FOOTER_SIZE 32

/* Bytes of the tag that ends with this footer, 0 when it is none. */
SInt64 cm_ape_size(const UInt8 footer[CM_APE_FOOTER_SIZE]);

/* Adds what the tag says to info; keys that are there already stay as they are. */
OSStatus cm_ape_read(cm_span tag, CFMutableDictionaryRef info);

/* The front cover, or else the first picture, the caller's to release; *out NULL when there is none. */
OSStatus cm_ape_copy_artwork(cm_span tag, CFDataRef *out);

/*
 * The tag without the texts that say something else than info (NULL: keeps them) and, when asked to, without
 * pictures. *bytes is new memory, the caller's to free; *size 0 when nothing is left.
 */
OSStatus cm_ape_reduce(cm_span tag, CFDictionaryRef info, bool drop_pictures, UInt8 **bytes, size_t *size);

#endif
