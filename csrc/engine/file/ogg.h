/* ogg.h: what the Ogg container's files share. */
#ifndef CM_FILE_OGG_H
#define CM_FILE_OGG_H

#include "container.h"
#include "ogg_codec.h"
#include "ogg_page.h"
#include "vorbis_comment.h"

/* A packet in memory; owned. */
typedef struct cm_ogg_packet {
    UInt8 *bytes;
    size_t size;
} cm_ogg_packet;

/* The page that is being filled while a file is written. It reaches the file when the next one is begun, so
 * that the last can be marked as such. */
typedef struct cm_ogg_building {
    cm_ogg_page page;
    SInt64 offset;  /* from f->data_offset */
    SInt64 granule; /* of the last packet that ends on it */
    UInt8 body[255 * 255];
} cm_ogg_building;

typedef struct cm_ogg {
    cm_ogg_codec codec;
    UInt32 serial;
    cm_ogg_packet first;   /* identification header */
    cm_ogg_packet comment; /* the comment packet as it is or shall be */
    cm_ogg_packet setup;   /* Vorbis only */
    cm_ogg_packet *more;   /* FLAC: metadata blocks behind the comments */
    size_t more_count;
    bool head_changed;
    bool head_is_plain; /* the file's pages before the audio are this stream's and hold nothing else */
    UInt32 head_pages;
    SInt64 head_at; /* of the first of them */

    SInt64 *spread; /* of each packet: 0, or the place of its first page when it goes on on the next */
    SInt64 spread_room;

    cm_ogg_building *building; /* NULL until a packet is written */
    SInt64 frames_written;
    Float64 granule_scale; /* granules per frame of f->format: Opus counts at 48 kHz whatever its rate */
} cm_ogg;

/* Reading: ogg_read.c. */
OSStatus cm_ogg_scan(cm_file *f);
OSStatus cm_ogg_begin(cm_file *f, cm_window *w); /* priming and length, without reading it all */
OSStatus cm_ogg_read_packets(cm_file *f, SInt64 first, UInt32 *io_count,
                             AudioStreamPacketDescription *descriptions, UInt32 *io_bytes, void *buffer);

/* Streams in a row: ogg_chain.c. */
typedef struct cm_ogg_next {
    cm_ogg_codec codec;
    UInt32 serial;
    SInt64 at;        /* of the first page whose packets are to be read */
    SInt64 audio;     /* of the first page behind its headers */
    UInt32 headers;   /* packets to be read that are headers */
    CFDataRef cookie; /* owned; equal for streams that one decoder can take after the other */
} cm_ogg_next;

/* The stream that begins at a place, behind one whose cookie was `before`. False when it does not continue
 * the file: see ogg.c. */
bool cm_ogg_follow(cm_file *f, cm_window *w, SInt64 at, CFDataRef before, cm_ogg_next *next);

/*
 * Whether the pages on the way to the last one look like one stream's. A file that follows its own copy bears
 * the same number all through.
 */
bool cm_ogg_is_one(const cm_file *f, cm_window *w, const cm_ogg_page *last);

/* The same for bytes that arrive: ogg_forward.c. */
OSStatus cm_ogg_next_packet(cm_file *f, cm_forward *place, cm_forward_packet *packet);

/* Writing: ogg_write.c. */
OSStatus cm_ogg_create(cm_file *f);
OSStatus cm_ogg_flush(cm_file *f);
OSStatus cm_ogg_cookie_changed(cm_file *f);
OSStatus cm_ogg_accept(cm_file *f);
OSStatus cm_ogg_write_packets(cm_file *f, SInt64 first, UInt32 *io_count,
                              const AudioStreamPacketDescription *descriptions, UInt32 bytes,
                              const void *buffer);
/* Brings the page that is being filled to the file, so that its packets can be read. */
OSStatus cm_ogg_show_page(cm_file *f);

/* Header pages: ogg_head.c. */
/* The headers of the first stream that can be read, among those that begin at a place, into a head that was
 * zeroed; *end becomes the place of its audio. On failure head may hold something for cm_ogg_free_head. */
OSStatus cm_ogg_read_head(cm_file *f, cm_window *w, SInt64 at, cm_ogg *head, SInt64 *end);
OSStatus cm_ogg_write_head(cm_file *f);
OSStatus cm_ogg_take_cookie(cm_file *f, cm_span cookie); /* the header packets from a magic cookie */
OSStatus cm_ogg_make_cookie(const cm_ogg *s, const cm_ogg_packet *comment, CFDataRef *out); /* the caller's */
void cm_ogg_free_head(cm_ogg *s);

/* Comments: ogg_comments.c. */
OSStatus cm_ogg_new_comments(cm_ogg *s);
OSStatus cm_ogg_read_info(cm_file *f, CFMutableDictionaryRef info);
OSStatus cm_ogg_write_info(cm_file *f, CFDictionaryRef info);
OSStatus cm_ogg_get_property(cm_file *f, AudioFilePropertyID id, UInt32 *io_size, void *data);
OSStatus cm_ogg_set_property(cm_file *f, AudioFilePropertyID id, UInt32 size, const void *data);

#endif
