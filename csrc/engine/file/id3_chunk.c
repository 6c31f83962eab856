#include "id3_chunk.h"

#include "chunks.h"
#include "id3.h"

#include <stdlib.h>
#include <string.h>

#define TAG_MOST ((size_t)1 << 28) /* what the 28-bit size of a tag can say */

/* The tag's bytes, the caller's to free; *bytes NULL when there is none. */
static OSStatus copy_tag(cm_file *f, UInt32 chunk_id, UInt8 **bytes, size_t *size)
{
    const cm_chunk *chunk = cm_chunk_find(f, chunk_id, 0);
    *bytes = NULL;
    *size = 0;
    return chunk ? cm_chunk_copy(f, chunk, TAG_MOST, bytes, size) : noErr;
}

OSStatus cm_id3_chunk_read(cm_file *f, UInt32 chunk_id, CFMutableDictionaryRef info)
{
    UInt8 *bytes;
    size_t size;
    OSStatus status = copy_tag(f, chunk_id, &bytes, &size);
    if (status == noErr && bytes && cm_id3_size(bytes, size))
        status = cm_id3_read(bytes, size, info);
    free(bytes);
    bool bad_tag = status == kAudioFileInvalidFileError || status == kAudioFileInvalidChunkError;
    return bad_tag ? noErr : status;
}

OSStatus cm_id3_chunk_write(cm_file *f, UInt32 chunk_id, CFDictionaryRef info, CFDataRef artwork)
{
    UInt8 *old;
    size_t size;
    CFDataRef tag = NULL;
    OSStatus status = copy_tag(f, chunk_id, &old, &size);
    if (status == noErr)
        status = cm_id3_update(old ? old : (const UInt8 *)"", size, info, artwork, &tag);
    free(old);
    if (status != noErr)
        return status;
    if (!tag) {
        cm_chunk_remove_all(f, chunk_id);
        return noErr;
    }
    status = cm_chunk_set(f, chunk_id, 0, CFDataGetBytePtr(tag), (size_t)CFDataGetLength(tag));
    CFRelease(tag);
    return status;
}

/* ---- properties ---- */

OSStatus cm_id3_chunk_property_info(cm_file *f, UInt32 chunk_id, AudioFilePropertyID id, UInt32 *size,
                                    bool *writable)
{
    const cm_chunk *chunk = cm_chunk_find(f, chunk_id, 0);
    bool present = chunk != NULL && chunk->size <= (SInt64)TAG_MOST;
    *writable = id != kAudioFilePropertyID3TagOffset;
    switch (id) {
    case kAudioFilePropertyID3Tag:
        *size = present ? (UInt32)chunk->size : 0;
        return noErr;
    case kAudioFilePropertyID3TagOffset:
        *size = sizeof(SInt64);
        return present ? noErr : kAudioFileUnsupportedPropertyError;
    case kAudioFilePropertyAlbumArtwork:
        *size = sizeof(CFDataRef);
        return noErr;
    }
    return kAudioFileUnsupportedPropertyError;
}

static OSStatus get_artwork(cm_file *f, UInt32 chunk_id, void *data)
{
    UInt8 *bytes;
    size_t size;
    CFDataRef artwork = NULL;
    OSStatus status = copy_tag(f, chunk_id, &bytes, &size);
    if (status == noErr && bytes && cm_id3_copy_artwork(bytes, size, &artwork) != noErr)
        artwork = NULL;
    free(bytes);
    if (status == noErr)
        memcpy(data, &artwork, sizeof artwork);
    return status;
}

OSStatus cm_id3_chunk_get_property(cm_file *f, UInt32 chunk_id, AudioFilePropertyID id, UInt32 *io_size,
                                   void *data)
{
    const cm_chunk *chunk = cm_chunk_find(f, chunk_id, 0);
    UInt32 size;
    bool writable;
    OSStatus status = cm_id3_chunk_property_info(f, chunk_id, id, &size, &writable);
    if (status != noErr)
        return status;
    if (*io_size < size)
        return kAudioFileBadPropertySizeError;
    *io_size = size;
    if (id == kAudioFilePropertyAlbumArtwork)
        return get_artwork(f, chunk_id, data);
    if (!chunk || size == 0)
        return kAudioFileUnsupportedPropertyError;
    if (id == kAudioFilePropertyID3Tag)
        return cm_chunk_read(f, chunk, 0, data, size);
    if (chunk->offset < 0)
        return cm_fail(kAudioFileNotOptimizedError, "the ID3 tag is not in the file yet");
    memcpy(data, &chunk->offset, sizeof chunk->offset);
    return noErr;
}

static OSStatus set_artwork(cm_file *f, UInt32 chunk_id, CFDataRef artwork)
{
    CFDataRef none = artwork ? NULL : CFDataCreate(NULL, NULL, 0);
    if (!artwork && !none)
        return cmMemFullError;
    OSStatus status = cm_id3_chunk_write(f, chunk_id, NULL, artwork ? artwork : none);
    if (none)
        CFRelease(none);
    return status;
}

OSStatus cm_id3_chunk_set_property(cm_file *f, UInt32 chunk_id, AudioFilePropertyID id, UInt32 size,
                                   const void *data)
{
    CFDataRef artwork;
    if (id == kAudioFilePropertyID3Tag) {
        if (size < CM_ID3_HEAD_SIZE || cm_id3_size(data, size) != size)
            return cm_fail(kAudioFileBadPropertySizeError, "not one whole ID3 tag");
        return cm_chunk_set(f, chunk_id, 0, data, size);
    }
    if (id != kAudioFilePropertyAlbumArtwork)
        return kAudioFileUnsupportedPropertyError;
    if (size != sizeof artwork)
        return kAudioFileBadPropertySizeError;
    memcpy(&artwork, data, sizeof artwork);
    if (artwork && CFGetTypeID(artwork) != CFDataGetTypeID())
        return cmParamError;
    return set_artwork(f, chunk_id, artwork);
}
