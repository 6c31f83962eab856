/* artwork.h: kAudioFilePropertyAlbumArtwork, the same for every container that keeps a picture. */
#ifndef CM_FILE_ARTWORK_H
#define CM_FILE_ARTWORK_H

#include "container.h"

/* The picture, the caller's to release; *out NULL when there is none. */
typedef OSStatus (*cm_artwork_copy_fn)(cm_file *f, CFDataRef *out);
/* Replaces it; NULL or an empty one removes it. */
typedef OSStatus (*cm_artwork_set_fn)(cm_file *f, CFDataRef image);

/* For cm_container's functions of the same names: kAudioFileUnsupportedPropertyError for other properties. */
OSStatus cm_artwork_property_info(cm_file *f, AudioFilePropertyID id, UInt32 *size, bool *writable);
OSStatus cm_artwork_get_property(cm_file *f, AudioFilePropertyID id, UInt32 *io_size, void *data,
                                 cm_artwork_copy_fn copy);
OSStatus cm_artwork_set_property(cm_file *f, AudioFilePropertyID id, UInt32 size, const void *data,
                                 cm_artwork_set_fn set);

#endif
