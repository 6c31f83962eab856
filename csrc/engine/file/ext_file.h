/*
 * ext_file.h: what is behind an ExtAudioFileRef.
 *
 * Reading: a frame reader gives decoded PCM at the file's rate; a converter follows only where rate or
 * channels differ. Writing: one converter takes the client's PCM to the file's format, an encoder included.
 * Every function here is called with the object's lock held, except those of the asynchronous writer.
 */
#ifndef CM_FILE_EXT_FILE_H
#define CM_FILE_EXT_FILE_H

#include "../base/lock.h"
#include "../base/status.h"
#include "../base/status.h"
#include "ext_async.h"
#include "file.h"
#include "frame_reader.h"

#include <AudioToolbox/AudioConverter.h>
#include <AudioToolbox/ExtendedAudioFile.h>

typedef struct cm_ext_file {
    pthread_mutex_t lock;
    AudioFileID id;
    cm_file *file; /* pinned through id for as long as this object lives */
    bool owns_id;  /* made by this object, so closed with it */
    bool writing;

    AudioStreamBasicDescription file_format;
    AudioStreamBasicDescription client_format; /* the file's until the client sets one */
    cm_pcm client_pcm;                         /* of client_format when that is linear PCM */
    bool client_is_pcm;
    AudioChannelLayout *client_layout; /* owned or NULL */
    UInt32 client_layout_size;
    UInt32 codec_manufacturer;
    UInt32 io_buffer_bytes;
    void *io_buffer; /* the client's, or NULL */

    AudioConverterRef converter; /* NULL while none is needed or none was made yet */

    cm_frame_reader *reader; /* made by the first call that needs it */
    SInt64 read_base;        /* file frame that reading last started from */
    SInt64 read_frames;      /* client frames read since */

    bool started;  /* audio was written: the formats are fixed */
    bool finished; /* the last packets were written */
    OSStatus write_status;
    SInt64 next_packet;
    SInt64 frames_in;                     /* client frames taken by the encoder */
    AudioFilePacketTableInfo packet_info; /* the client's override, or zeros */
    bool has_packet_info;
    UInt8 *packets; /* one converter output, packet_bytes long; owned */
    UInt32 packet_bytes, packet_capacity;
    UInt32 packet_frames; /* of each packet that the encoder makes; 0: they differ, and it says so itself */
    AudioStreamPacketDescription *descriptions;
    const AudioBufferList *pending; /* the client's buffers during a write */
    UInt32 pending_frames, pending_used;
    bool draining;

    cm_ext_async *async; /* NULL until ExtAudioFileWriteAsync is first called */
} cm_ext_file;

/* ext_format.c: the client's format, and the converter that follows from it. */
OSStatus cm_ext_set_client_format(cm_ext_file *e, const AudioStreamBasicDescription *format);
OSStatus cm_ext_set_client_layout(cm_ext_file *e, const AudioChannelLayout *layout, UInt32 size);
/* Makes the converter if one is needed and missing. */
OSStatus cm_ext_need_converter(cm_ext_file *e);
/* Throws the converter away; the next call that needs one makes it from the formats as they are then. */
void cm_ext_drop_converter(cm_ext_file *e);

/* ext_read.c */
OSStatus cm_ext_need_reader(cm_ext_file *e);
OSStatus cm_ext_read(cm_ext_file *e, UInt32 *io_frames, AudioBufferList *data);
OSStatus cm_ext_seek(cm_ext_file *e, SInt64 frame);
SInt64 cm_ext_tell(const cm_ext_file *e);
OSStatus cm_ext_length(cm_ext_file *e, SInt64 *frames);

/* ext_write.c */
OSStatus cm_ext_write(cm_ext_file *e, UInt32 frames, const AudioBufferList *data);
/* Drains the encoder and hands the file what only the end shows: priming, remainder, the final cookie. */
OSStatus cm_ext_finish(cm_ext_file *e);

/* Checks the client's buffers against its format; *frames is how many they hold, at most as many as asked. */
OSStatus cm_ext_check_buffers(const cm_ext_file *e, const AudioBufferList *data, UInt32 frames,
                              void **planes);

#endif
