/*
 * stream.h: what is behind an AudioFileStreamID.
 *
 * The client brings bytes and gets the callbacks; the feed's fiber runs the container and fills the batch.
 * One of the two runs at a time (feed.h). The object's lock keeps other client threads out, and lets a
 * callback call back.
 */
#ifndef CM_FILE_STREAM_H
#define CM_FILE_STREAM_H

#include "../base/lock.h"
#include "feed.h"
#include "file.h"
#include "forward.h"

#include <AudioToolbox/AudioFileStream.h>

#define CM_STREAM_BATCH_PACKETS 256u

typedef struct cm_stream {
    pthread_mutex_t lock;
    void *client;
    AudioFileStream_PropertyListenerProc property_listener;
    AudioFileStream_PacketsProc packets_proc;
    AudioFileTypeID hint;

    cm_feed *feed;
    cm_file *file;   /* once the container has read its header */
    OSStatus status; /* why the container gave up; parsing returns it from then on */
    bool constant;   /* all packets have one size, so they come without descriptions */
    bool announced;  /* the properties were reported */
    bool parsing;    /* inside ParseBytes: a callback may not parse */
    bool closing;    /* closed from inside a callback */

    cm_forward place;   /* for containers that find their packets by reading on */
    SInt64 next_packet; /* that the container reads next */
    SInt64 seek_packet; /* set by AudioFileStreamSeek for the next discontinuity; -1 none */
    bool restarted;     /* the client jumped; the worker has not followed yet */
    bool drained;       /* the stream has ended and every packet was read */
    SInt64 packet_base; /* packets before the last jump */

    UInt8 *batch; /* packets not yet given to the client */
    UInt32 batch_capacity, batch_bytes, batch_count;
    AudioStreamPacketDescription descriptions[CM_STREAM_BATCH_PACKETS];

    UInt64 bytes_seen, packets_seen; /* of audio data, for averages */
    UInt32 largest_packet;           /* of those that were read */
} cm_stream;

/* The stream of a live handle, pinned and locked until cm_stream_leave, or NULL. leave returns status. */
cm_stream *cm_stream_enter(AudioFileStreamID id);
OSStatus cm_stream_leave(AudioFileStreamID id, cm_stream *s, OSStatus status);

/* stream_worker.c: what the feed runs: opens the file, then reads packets as they become whole. */
void cm_stream_work(void *stream);

/* stream_properties.c */
OSStatus cm_stream_property_info(cm_stream *s, AudioFileStreamPropertyID id, UInt32 *size);
OSStatus cm_stream_get_property(cm_stream *s, AudioFileStreamPropertyID id, UInt32 *io_size, void *data);
/* Reports every property that is known to the client's listener, ReadyToProducePackets last. */
void cm_stream_announce(cm_stream *s, AudioFileStreamID id);

/* True when what the stream began with is needed to read on behind a jump to anywhere. */
bool cm_stream_needs_head(const cm_stream *s);
/* True when a packet's place follows from its number or a table, so that a jump can be followed. */
bool cm_stream_has_places(const cm_stream *s);
/* True while packets are found by reading on, so that only the end tells how many there are. */
bool cm_stream_reads_on(const cm_stream *s);
/* The place of a packet, from the beginning of the audio data. */
OSStatus cm_stream_place(cm_stream *s, SInt64 packet, SInt64 *offset, bool *estimated);

#endif
