#include "channel_chunk.h"

#include "../base/bytes.h"
#include "../format/pcm.h"

#include <stddef.h>
#include <stdlib.h>

enum { HEAD = 12, DESCRIPTION = 20 };

static UInt32 channels_of(UInt32 tag, UInt32 bitmap, UInt32 descriptions)
{
    if (tag == kAudioChannelLayoutTag_UseChannelDescriptions)
        return descriptions;
    if (tag == kAudioChannelLayoutTag_UseChannelBitmap)
        return (UInt32)__builtin_popcount(bitmap);
    return tag & 0xFFFF;
}

static void get_description(AudioChannelDescription *to, const UInt8 *from)
{
    to->mChannelLabel = cm_get_be32(from);
    to->mChannelFlags = cm_get_be32(from + 4);
    for (int i = 0; i < 3; i++)
        to->mCoordinates[i] = cm_get_be_f32(from + 8 + 4 * i);
}

OSStatus cm_channel_chunk_get(cm_file *f, const UInt8 *bytes, size_t size)
{
    if (size < HEAD)
        return noErr;
    UInt32 tag = cm_get_be32(bytes), bitmap = cm_get_be32(bytes + 4), count = cm_get_be32(bytes + 8);
    if (count > (size - HEAD) / DESCRIPTION || count > CM_MAX_CHANNELS)
        return noErr;
    if (channels_of(tag, bitmap, count) != f->format.mChannelsPerFrame)
        return noErr;
    size_t wanted = offsetof(AudioChannelLayout, mChannelDescriptions) +
                    count * sizeof(AudioChannelDescription);
    /* At least the whole struct, whose array has one member. */
    AudioChannelLayout *layout = calloc(1, wanted < sizeof *layout ? sizeof *layout : wanted);
    if (!layout)
        return cmMemFullError;
    layout->mChannelLayoutTag = tag;
    layout->mChannelBitmap = bitmap;
    layout->mNumberChannelDescriptions = count;
    for (UInt32 i = 0; i < count; i++)
        get_description(&layout->mChannelDescriptions[i], bytes + HEAD + (size_t)i * DESCRIPTION);
    free(f->layout);
    f->layout = layout;
    f->layout_size = (UInt32)wanted;
    return noErr;
}

OSStatus cm_channel_chunk_make(const cm_file *f, UInt8 **bytes, size_t *size)
{
    *bytes = NULL;
    *size = 0;
    size_t fixed = offsetof(AudioChannelLayout, mChannelDescriptions);
    if (!f->layout || f->layout_size < fixed)
        return noErr;
    size_t room = (f->layout_size - fixed) / sizeof(AudioChannelDescription);
    size_t count = f->layout->mNumberChannelDescriptions < room ? f->layout->mNumberChannelDescriptions
                                                                : room;
    UInt8 *made = malloc(HEAD + count * DESCRIPTION);
    if (!made)
        return cmMemFullError;
    cm_put_be32(made, f->layout->mChannelLayoutTag);
    cm_put_be32(made + 4, f->layout->mChannelBitmap);
    cm_put_be32(made + 8, (UInt32)count);
    for (size_t i = 0; i < count; i++) {
        const AudioChannelDescription *from = &f->layout->mChannelDescriptions[i];
        UInt8 *to = made + HEAD + i * DESCRIPTION;
        cm_put_be32(to, from->mChannelLabel);
        cm_put_be32(to + 4, from->mChannelFlags);
        for (int axis = 0; axis < 3; axis++)
            cm_put_be_f32(to + 8 + 4 * axis, from->mCoordinates[axis]);
    }
    *bytes = made;
    *size = HEAD + count * DESCRIPTION;
    return noErr;
}
