#include "feed.h"

#include <stdlib.h>

OSStatus cm_feed_open(cm_feed *feed, const AudioStreamBasicDescription *format)
{
    bool is_pcm = format->mFormatID == kAudioFormatLinearPCM;
    bool planar = is_pcm && (format->mFormatFlags & kAudioFormatFlagIsNonInterleaved);
    feed->planes = planar ? format->mChannelsPerFrame : 1;
    feed->plane_channels = planar ? 1 : format->mChannelsPerFrame;
    feed->bytes_per_packet = format->mBytesPerPacket;
    feed->takes_descriptions = !is_pcm;
    feed->buffers = calloc(1, offsetof(AudioBufferList, mBuffers) + feed->planes * sizeof(AudioBuffer));
    return feed->buffers ? noErr : kAudio_MemFullError;
}

void cm_feed_close(cm_feed *feed)
{
    free(feed->buffers);
    feed->buffers = NULL;
}

void cm_feed_clear(cm_feed *feed)
{
    feed->packets = feed->next = 0;
    feed->ended = false;
}

/* Each packet must lie within the bytes that the procedure said there are. */
static OSStatus check_descriptions(const cm_feed *feed)
{
    SInt64 size = feed->buffers->mBuffers[0].mDataByteSize;
    for (UInt32 i = 0; i < feed->packets; i++) {
        const AudioStreamPacketDescription *d = &feed->descriptions[i];
        if (d->mStartOffset < 0 || d->mStartOffset > size || d->mDataByteSize > size - d->mStartOffset)
            return cm_fail(kAudioConverterErr_InvalidInputSize,
                           "packet %u lies outside the %lld bytes that the input procedure supplied", i,
                           (long long)size);
    }
    return noErr;
}

static OSStatus check_supply(const cm_feed *feed)
{
    UInt64 bytes = (UInt64)feed->packets * feed->bytes_per_packet;
    for (UInt32 i = 0; i < feed->planes; i++) {
        const AudioBuffer *buffer = &feed->buffers->mBuffers[i];
        if (!buffer->mData || buffer->mDataByteSize < bytes)
            return cm_fail(kAudioConverterErr_InvalidInputSize,
                           "the input procedure supplied %u packets but %u bytes in buffer %u", feed->packets,
                           buffer->mData ? buffer->mDataByteSize : 0, i);
    }
    if (feed->bytes_per_packet != 0)
        return noErr;
    if (!feed->descriptions)
        return cm_fail(kAudioConverterErr_RequiresPacketDescriptionsError,
                       "the input procedure supplied packets of varying size without descriptions");
    return check_descriptions(feed);
}

static void offer_buffers(cm_feed *feed)
{
    feed->buffers->mNumberBuffers = feed->planes;
    for (UInt32 i = 0; i < feed->planes; i++)
        feed->buffers->mBuffers[i] = (AudioBuffer){ .mNumberChannels = feed->plane_channels };
}

static OSStatus ask(cm_feed *feed, UInt32 wanted)
{
    AudioStreamPacketDescription *descriptions = NULL;
    UInt32 packets = wanted;
    feed->packets = feed->next = 0;
    offer_buffers(feed);
    OSStatus status = feed->proc(feed->converter, &packets, feed->buffers,
                                 feed->takes_descriptions ? &descriptions : NULL, feed->user);
    if (status != noErr)
        return status;
    feed->descriptions = descriptions;
    feed->packets = packets;
    feed->ended = packets == 0;
    if (!feed->ended)
        status = check_supply(feed);
    if (status != noErr)
        feed->packets = 0;
    return status;
}

OSStatus cm_feed_fill(cm_feed *feed, size_t wanted)
{
    if (cm_feed_left(feed) > 0 || feed->ended)
        return noErr;
    if (!feed->proc) {
        feed->ended = true;
        return noErr;
    }
    return ask(feed, wanted > UINT32_MAX ? UINT32_MAX : wanted < 1 ? 1 : (UInt32)wanted);
}

void cm_feed_take_frames(cm_feed *feed, size_t frames, const void **planes)
{
    size_t at = (size_t)feed->next * feed->bytes_per_packet;
    for (UInt32 i = 0; i < feed->planes; i++)
        planes[i] = (const UInt8 *)feed->buffers->mBuffers[i].mData + at;
    feed->next += (UInt32)frames;
}

void cm_feed_take_packet(cm_feed *feed, size_t most, cm_packet *packet)
{
    const UInt8 *bytes = feed->buffers->mBuffers[0].mData;
    if (feed->bytes_per_packet == 0) {
        const AudioStreamPacketDescription *d = &feed->descriptions[feed->next++];
        *packet = (cm_packet){ bytes + d->mStartOffset, d->mDataByteSize, d->mVariableFramesInPacket };
        return;
    }
    UInt32 run = UINT32_MAX / feed->bytes_per_packet;
    if (run > cm_feed_left(feed))
        run = cm_feed_left(feed);
    if (run > most)
        run = (UInt32)most;
    size_t at = (size_t)feed->next * feed->bytes_per_packet;
    *packet = (cm_packet){ bytes + at, run * feed->bytes_per_packet, 0 };
    feed->next += run;
}
