/* caf_properties.c: properties that only a CAF file can answer: layered formats, room for the packet table.
 */
#include "caf.h"

#include "chunks.h"
#include "../base/bytes.h"

#include <math.h>
#include <string.h>

enum { LIST_ITEM = CM_CAF_DESC_SIZE + 4, LAYERS_MOST = 64 };

/* Three bytes hold the size of a packet of up to 2 MiB. */
#define PACKET_ENTRY 3

/* The layers of an ldsc chunk; 0 when there is none and the data format is the only one. */
static UInt32 layer_count(const cm_chunk *chunk)
{
    SInt64 count = chunk ? chunk->size / LIST_ITEM : 0;
    return count <= LAYERS_MOST ? (UInt32)count : 0;
}

static OSStatus get_layers(cm_file *f, const cm_chunk *chunk, UInt8 *items, UInt32 *io_size)
{
    UInt32 count = layer_count(chunk);
    OSStatus status = noErr;
    if (*io_size < count * sizeof(AudioFormatListItem))
        return kAudioFileBadPropertySizeError;
    for (UInt32 i = 0; status == noErr && i < count; i++) {
        UInt8 bytes[LIST_ITEM];
        AudioFormatListItem item;
        memset(&item, 0, sizeof item);
        status = cm_chunk_read(f, chunk, (SInt64)i * LIST_ITEM, bytes, sizeof bytes);
        if (status == noErr)
            status = cm_caf_format_get(bytes, &item.mASBD);
        item.mChannelLayoutTag = cm_get_be32(bytes + CM_CAF_DESC_SIZE);
        memcpy(items + i * sizeof item, &item, sizeof item);
    }
    *io_size = count * (UInt32)sizeof(AudioFormatListItem);
    return status;
}

OSStatus cm_caf_property_info(cm_file *f, AudioFilePropertyID id, UInt32 *size, bool *writable)
{
    UInt32 layers = layer_count(cm_chunk_find(f, kCAF_FormatListID, 0));
    if (id == kAudioFilePropertyReserveDuration && f->created && f->data_bytes == 0) {
        *size = sizeof(Float64);
        *writable = true;
        return noErr;
    }
    if (id != kAudioFilePropertyFormatList || layers == 0)
        return kAudioFileUnsupportedPropertyError;
    *size = layers * (UInt32)sizeof(AudioFormatListItem);
    *writable = false;
    return noErr;
}

OSStatus cm_caf_get_property(cm_file *f, AudioFilePropertyID id, UInt32 *io_size, void *data)
{
    const cm_chunk *chunk = cm_chunk_find(f, kCAF_FormatListID, 0);
    if (id != kAudioFilePropertyFormatList || layer_count(chunk) == 0)
        return kAudioFileUnsupportedPropertyError;
    return get_layers(f, chunk, data, io_size);
}

/* Room in front of the audio for the packet table of that many seconds, so that it need not go behind it. */
static OSStatus reserve(cm_file *f, Float64 seconds)
{
    cm_caf *state = f->state;
    const AudioStreamBasicDescription *format = &f->format;
    if (!(seconds >= 0 && seconds < 1e9))
        return cmParamError;
    if (!f->created || f->data_bytes)
        return cm_fail(kAudioFileOperationNotSupportedError, "audio was written already");
    Float64 packets = format->mFramesPerPacket
                          ? ceil(seconds * format->mSampleRate / format->mFramesPerPacket)
                          : 0;
    if (format->mBytesPerPacket || packets == 0 || packets > 1e9)
        return noErr;
    state->reserve = CM_CAF_PAKT_HEAD + (SInt64)packets * PACKET_ENTRY;
    return f->container->flush(f);
}

OSStatus cm_caf_set_property(cm_file *f, AudioFilePropertyID id, UInt32 size, const void *data)
{
    Float64 seconds;
    if (id != kAudioFilePropertyReserveDuration)
        return kAudioFileUnsupportedPropertyError;
    if (size != sizeof seconds)
        return kAudioFileBadPropertySizeError;
    memcpy(&seconds, data, sizeof seconds);
    return reserve(f, seconds);
}
