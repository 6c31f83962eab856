#include "empty.h"

#include "file.h"
#include "../format/asbd.h"

#include <AudioToolbox/AudioConverter.h>
#include <stdlib.h>

#define MOST_PACKET ((UInt32)1 << 20)
#define USUAL_FRAMES 1024u /* where packets differ in length */

typedef struct silence {
    UInt32 left; /* frames */
    UInt32 channels;
    float zeros[4096];
} silence;

/* AudioConverterComplexInputDataProc. */
static OSStatus feed(AudioConverterRef converter, UInt32 *io_packets, AudioBufferList *data,
                     AudioStreamPacketDescription **descriptions, void *user)
{
    silence *s = user;
    UInt32 room = (UInt32)(sizeof s->zeros / sizeof *s->zeros) / s->channels;
    (void)converter;
    if (descriptions)
        *descriptions = NULL;
    if (*io_packets > room)
        *io_packets = room;
    if (*io_packets > s->left)
        *io_packets = s->left;
    s->left -= *io_packets;
    data->mBuffers[0].mData = s->zeros;
    data->mBuffers[0].mDataByteSize = *io_packets * s->channels * (UInt32)sizeof *s->zeros;
    return noErr;
}

static OSStatus new_encoder(const cm_file *f, AudioConverterRef *out)
{
    AudioStreamBasicDescription pcm = cm_asbd_float32(f->format.mSampleRate, f->format.mChannelsPerFrame);
    OSStatus status = AudioConverterNew(&pcm, &f->format, out);
    if (status == noErr && f->layout)
        AudioConverterSetProperty(*out, kAudioConverterOutputChannelLayout, f->layout_size, f->layout);
    return status;
}

static OSStatus take_cookie(cm_file *f, AudioConverterRef encoder)
{
    UInt32 size = 0;
    if (AudioConverterGetPropertyInfo(encoder, kAudioConverterCompressionMagicCookie, &size, NULL) != noErr ||
        size == 0)
        return noErr;
    UInt8 *cookie = malloc(size);
    if (!cookie)
        return cmMemFullError;
    OSStatus status = AudioConverterGetProperty(encoder, kAudioConverterCompressionMagicCookie, &size,
                                                cookie);
    if (status == noErr)
        status = cm_file_set_property(f, kAudioFilePropertyMagicCookieData, size, cookie);
    free(cookie);
    return status;
}

/* All of the packets' frames are the encoder's. */
static void tell_nothing_valid(cm_file *f, AudioConverterRef encoder, SInt64 total)
{
    AudioConverterPrimeInfo prime = { 0, 0 };
    UInt32 size = sizeof prime;
    AudioConverterGetProperty(encoder, kAudioConverterPrimeInfo, &size, &prime);
    SInt64 priming = prime.leadingFrames < total ? prime.leadingFrames : total;
    AudioFilePacketTableInfo info = { .mPrimingFrames = (SInt32)priming,
                                      .mRemainderFrames = (SInt32)(total - priming) };
    cm_file_set_property(f, kAudioFilePropertyPacketTableInfo, sizeof info, &info);
}

/* One packet into the file; *frames becomes what is in it, 0 behind the last. */
static OSStatus write_packet(cm_file *f, AudioConverterRef encoder, SInt64 number, silence *s, UInt8 *room,
                             UInt32 size, UInt32 *frames)
{
    AudioStreamBasicDescription made;
    AudioStreamPacketDescription description = { 0 };
    AudioBufferList out = { 1, { { f->format.mChannelsPerFrame, size, room } } };
    UInt32 count = 1, made_size = sizeof made;
    *frames = 0;
    OSStatus status = AudioConverterFillComplexBuffer(encoder, feed, s, &count, &out, &description);
    if (status != noErr || count == 0)
        return status;
    status = AudioConverterGetProperty(encoder, kAudioConverterCurrentOutputStreamDescription, &made_size,
                                       &made);
    *frames = made.mFramesPerPacket ? made.mFramesPerPacket : description.mVariableFramesInPacket;
    if (f->format.mFramesPerPacket == 0)
        description.mVariableFramesInPacket = *frames;
    return status == noErr
               ? cm_file_write_packets(f, number, &count, &description, out.mBuffers[0].mDataByteSize, room)
               : status;
}

/* All that the encoder makes of a little silence; one packet where it will be heard. */
static OSStatus write_silence(cm_file *f, AudioConverterRef encoder)
{
    bool is_told = f->container->packet_info_changed != NULL;
    UInt32 size = sizeof(UInt32), most = 0, frames = 1;
    OSStatus status = AudioConverterGetProperty(encoder, kAudioConverterPropertyMaximumOutputPacketSize,
                                                &size, &most);
    if (status != noErr || most > MOST_PACKET)
        return status;
    silence *s = calloc(1, sizeof *s);
    UInt8 *room = malloc(most);
    SInt64 number = 0, total = 0;
    if (!s || !room)
        status = cmMemFullError;
    else
        *s = (silence){ .left = f->format.mFramesPerPacket ? f->format.mFramesPerPacket : USUAL_FRAMES,
                        .channels = f->format.mChannelsPerFrame };
    for (; status == noErr && frames > 0 && (is_told || number == 0); number++) {
        status = write_packet(f, encoder, number, s, room, most, &frames);
        total += frames;
    }
    free(room);
    free(s);
    if (status == noErr && is_told)
        tell_nothing_valid(f, encoder, total);
    return status;
}

static bool lacks_cookie(const cm_file *f)
{
    const cm_container *c = f->container;
    return !f->cookie && c->cookie_changed &&
           (!c->can_change || c->can_change(f, kAudioFilePropertyMagicCookieData));
}

/* Packets of constant size are counted by the bytes. */
static bool needs_packets(const cm_file *f)
{
    return f->container->needs_packets && f->format.mBytesPerPacket == 0;
}

OSStatus cm_file_complete_empty(cm_file *f)
{
    bool empty = f->created && !cm_asbd_is_pcm(&f->format) && f->data_bytes == 0 && f->table.count == 0;
    AudioConverterRef encoder = NULL;
    if (!empty || !(lacks_cookie(f) || needs_packets(f)))
        return noErr;
    if (new_encoder(f, &encoder) != noErr)
        return noErr;
    OSStatus status = lacks_cookie(f) ? take_cookie(f, encoder) : noErr;
    if (status == noErr && needs_packets(f))
        status = write_silence(f, encoder);
    AudioConverterDispose(encoder);
    return status;
}
