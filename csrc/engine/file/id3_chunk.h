/* id3_chunk.h: an ID3 tag that is kept in a chunk of a file: 'ID3 ' in AIFF, 'id3 ' in RIFF. */
#ifndef CM_FILE_ID3_CHUNK_H
#define CM_FILE_ID3_CHUNK_H

#include "container.h"

/* Adds what the tag says to info; keys that are there stay. No tag, or one that cannot be read: noErr. */
OSStatus cm_id3_chunk_read(cm_file *f, UInt32 chunk_id, CFMutableDictionaryRef info);

/* Replaces what the tag says; NULL leaves as it is. A tag that would say nothing is removed. */
OSStatus cm_id3_chunk_write(cm_file *f, UInt32 chunk_id, CFDictionaryRef info, CFDataRef artwork);

/* kAudioFilePropertyID3Tag, ID3TagOffset and AlbumArtwork; as the members of cm_container. */
OSStatus cm_id3_chunk_property_info(cm_file *f, UInt32 chunk_id, AudioFilePropertyID id, UInt32 *size,
                                    bool *writable);
OSStatus cm_id3_chunk_get_property(cm_file *f, UInt32 chunk_id, AudioFilePropertyID id, UInt32 *io_size,
                                   void *data);
OSStatus cm_id3_chunk_set_property(cm_file *f, UInt32 chunk_id, AudioFilePropertyID id, UInt32 size,
                                   const void *data);

#endif
