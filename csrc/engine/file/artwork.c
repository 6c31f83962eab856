#include "artwork.h"

#include <string.h>

OSStatus cm_artwork_property_info(cm_file *f, AudioFilePropertyID id, UInt32 *size, bool *writable)
{
    (void)f;
    if (id != kAudioFilePropertyAlbumArtwork)
        return kAudioFileUnsupportedPropertyError;
    *size = sizeof(CFDataRef);
    *writable = true;
    return noErr;
}

OSStatus cm_artwork_get_property(cm_file *f, AudioFilePropertyID id, UInt32 *io_size, void *data,
                                 cm_artwork_copy_fn copy)
{
    CFDataRef image = NULL;
    if (id != kAudioFilePropertyAlbumArtwork)
        return kAudioFileUnsupportedPropertyError;
    if (*io_size < sizeof image)
        return kAudioFileBadPropertySizeError;
    OSStatus status = copy(f, &image);
    memcpy(data, &image, sizeof image);
    *io_size = sizeof image;
    return status;
}

OSStatus cm_artwork_set_property(cm_file *f, AudioFilePropertyID id, UInt32 size, const void *data,
                                 cm_artwork_set_fn set)
{
    CFDataRef image;
    if (id != kAudioFilePropertyAlbumArtwork)
        return kAudioFileUnsupportedPropertyError;
    if (size != sizeof image)
        return kAudioFileBadPropertySizeError;
    memcpy(&image, data, sizeof image);
    if (image && CFGetTypeID(image) != CFDataGetTypeID())
        return cmParamError;
    f->dirty = true;
    return set(f, image);
}
