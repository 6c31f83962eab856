/*
 * ogg_codec.h: the codecs that Ogg files hold: what their header packets say and how long a packet is.
 */
#ifndef CM_FILE_OGG_CODEC_H
#define CM_FILE_OGG_CODEC_H

#include "../format/cookie.h"

#include <AudioToolbox/AudioFile.h>
#include <coremusic/engine.h>

typedef struct cm_ogg_codec {
    AudioFormatID format;
    UInt32 headers; /* packets before the audio; 0 for FLAC: until a frame comes */
    Float64 rate;   /* Hz of the granule positions */
    UInt32 channels;
    UInt32 bits;     /* FLAC */
    SInt64 pre_skip; /* Opus: frames of 48 kHz */

    /* Vorbis */
    UInt32 blocks[2];  /* frames of short and long ones */
    UInt8 mode_bits;   /* that a packet's mode number takes */
    UInt64 long_modes; /* one bit for each mode */
    UInt32 before;     /* block size of the packet before; 0 at the start */
} cm_ogg_codec;

/* From the first packet; false when it is none of the three. */
bool cm_ogg_identify(cm_span first, cm_ogg_codec *codec);

/* Vorbis: from its third header. kAudioFileInvalidFileError when that is damaged. */
OSStatus cm_ogg_take_setup(cm_span setup, cm_ogg_codec *codec);

/* Frames that a packet stands for, by its first bytes; Vorbis remembers the block size for the next. */
UInt32 cm_ogg_frames(cm_ogg_codec *codec, const UInt8 *packet, size_t size);

/* Bytes of the packet's start that cm_ogg_frames looks at. */
#define CM_OGG_PACKET_HEAD 16u

/* What is in front of the comments in the comment packet, and its size. */
const char *cm_ogg_comment_magic(AudioFormatID format, size_t *size);

#endif
