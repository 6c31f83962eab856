/*
 * feed.h: the client's end of a converter: asks the input procedure for packets, checks what it gives, and
 * hands it on piece by piece. The client's memory is used in place; by the input procedure's contract it
 * stays valid until the procedure is called again. One thread at a time.
 */
#ifndef CM_CONVERT_FEED_H
#define CM_CONVERT_FEED_H

#include "stage.h"

#include <AudioToolbox/AudioConverter.h>

struct cm_feed {
    AudioConverterRef converter;             /* passed to the procedure */
    AudioConverterComplexInputDataProc proc; /* NULL: there is no more than what is here */
    void *user;

    UInt32 planes;           /* buffers that the procedure fills */
    UInt32 plane_channels;   /* channels in each */
    UInt32 bytes_per_packet; /* in one buffer; 0: every packet has a description */
    bool takes_descriptions; /* compressed input */

    AudioBufferList *buffers;                         /* `planes` of them */
    const AudioStreamPacketDescription *descriptions; /* lent by the procedure; NULL when not needed */
    UInt32 packets;                                   /* supplied by the last call */
    UInt32 next;                                      /* first packet not yet handed on */
    bool ended;                                       /* the procedure said so */
};

/* For packets of input. Their bytes are format->mBytesPerPacket. */
OSStatus cm_feed_open(cm_feed *feed, const AudioStreamBasicDescription *format);
void cm_feed_close(cm_feed *feed);

/* Forgets what the procedure supplied. */
void cm_feed_clear(cm_feed *feed);

static inline UInt32 cm_feed_left(const cm_feed *feed)
{
    return feed->packets - feed->next;
}

/*
 * Asks the procedure for about `wanted` packets when none are left. noErr with none left: the input has
 * ended. The procedure's own error is passed through; kAudioConverterErr_InvalidInputSize and
 * kAudioConverterErr_RequiresPacketDescriptionsError are for what it did wrong.
 */
OSStatus cm_feed_fill(cm_feed *feed, size_t wanted);

/* Hands on `frames` frames of PCM (no more than are left); planes gets a pointer for each buffer. */
void cm_feed_take_frames(cm_feed *feed, size_t frames, const void **planes);

/* Hands on a packet, or a run of at most `most` (> 0) where they have one constant size. Some are left. */
void cm_feed_take_packet(cm_feed *feed, size_t most, cm_packet *packet);

#endif
