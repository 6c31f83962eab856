/* flac.h: what the FLAC container's files share. */
#ifndef CM_FILE_FLAC_H
#define CM_FILE_FLAC_H

#include "container.h"
#include "vorbis_comment.h"
#include "../codec/flac_frame.h"
#include "../format/cookie.h"

enum {
    CM_FLAC_STREAMINFO,
    CM_FLAC_PADDING,
    CM_FLAC_APPLICATION,
    CM_FLAC_SEEKTABLE,
    CM_FLAC_COMMENT,
    CM_FLAC_CUESHEET,
    CM_FLAC_PICTURE
};

/* A metadata block other than STREAMINFO and PADDING. Its bytes are in the file until they are wanted. */
typedef struct cm_flac_block {
    UInt8 type;
    SInt64 offset;
    UInt32 size;
    UInt8 *bytes; /* owned, or NULL */
} cm_flac_block;

typedef struct cm_flac {
    SInt64 head; /* where "fLaC" is */
    UInt8 info[CM_FLAC_INFO_SIZE];
    cm_flac_block *blocks;
    size_t count;
    UInt32 bits; /* of a sample, as STREAMINFO has it */
    UInt16 key;  /* of the stream's frames, once one was given */
    bool has_key;
    bool changed; /* blocks differ from the file's */
} cm_flac;

/* The first block of a type, NULL when there is none. */
cm_flac_block *cm_flac_find(const cm_flac *s, UInt8 type);

/* Brings a block's bytes into memory. */
OSStatus cm_flac_load(cm_file *f, cm_flac_block *block);

/* Adds or replaces the first block of a type; bytes (from malloc) are taken over. */
OSStatus cm_flac_give(cm_flac *s, UInt8 type, UInt8 *bytes, size_t size);

/* flac_packets.c */
OSStatus cm_flac_scan(cm_file *f);
OSStatus cm_flac_next(cm_file *f, cm_forward *place, cm_forward_packet *packet);

/*
 * flac_length.c: where the frame at a place ends by what its header and residuals say; its checksum is not
 * looked at. bits: of the stream's samples. False when it is none, or the window ends before.
 */
bool cm_flac_frame_end(cm_window *w, SInt64 at, const cm_flac_frame *frame, UInt32 bits, SInt64 *end);

OSStatus cm_flac_create(cm_file *f);
OSStatus cm_flac_flush(cm_file *f);
OSStatus cm_flac_cookie_changed(cm_file *f);
OSStatus cm_flac_accept(cm_file *f);
OSStatus cm_flac_write_packets(cm_file *f, SInt64 first, UInt32 *io_count,
                               const AudioStreamPacketDescription *descriptions, UInt32 bytes,
                               const void *buffer);

OSStatus cm_flac_read_info(cm_file *f, CFMutableDictionaryRef info);
OSStatus cm_flac_write_info(cm_file *f, CFDictionaryRef info);
OSStatus cm_flac_get_property(cm_file *f, AudioFilePropertyID id, UInt32 *io_size, void *data);
OSStatus cm_flac_set_property(cm_file *f, AudioFilePropertyID id, UInt32 size, const void *data);

#endif
