/* mp4.h: what the files of the MPEG-4 container share. */
#ifndef CM_FILE_MP4_H
#define CM_FILE_MP4_H

#include "container.h"
#include "mp4_box.h"
#include "smpb.h"
#include "window.h"

#define CM_MP4_MOST_BOXES 100000000

/* A box that is in no other one. */
typedef struct cm_mp4_top_box {
    UInt32 type, head;
    SInt64 at, size;
    bool cut;    /* its end is not in the file */
    bool to_end; /* its header says that it goes on to the end of the file */
} cm_mp4_top_box;

typedef struct cm_mp4 {
    UInt8 *moov; /* the file's movie box, header included; owned. NULL in a file that is being made */
    size_t moov_size;
    SInt64 moov_at;
    SInt64 ftyp_end;   /* where the boxes behind the file type begin */
    SInt64 first_mdat; /* where the first media data box begins */
    bool is_fragmented;
    cm_window window;    /* of a stream of fragments: its boxes; */
    SInt64 passed;       /* those before it are done with */
    SInt64 most_in_moof; /* packets that the table may have behind the fragment that is being read */

    /* the track that is read */
    cm_span track; /* its box, in the moov that was read; while the file is opened, and of a stream */
    UInt32 track_id;
    UInt32 timescale; /* of the media: units a second */
    UInt32 movie_timescale;
    UInt64 media_units; /* that all samples take */
    Float64 frames_per_unit;

    CFMutableDataRef ilst; /* the metadata list as it shall be, without box header; NULL: none */
    bool tags_changed;
    SInt64 mdat_at;  /* a file being made: where its media data box begins, behind 8 spare bytes */
    bool moov_first; /* ... and whether the movie box is in front of it */
} cm_mp4;

/*
 * Where the last box ends: the file's end, unless something else follows. *closed is false when it is cut off
 * or goes on to the end of the file by definition, so that nothing can be put behind it. mp4.c.
 */
SInt64 cm_mp4_boxes_end(cm_file *f, bool *closed);

/* mp4_format.c: f->format, cookie and layout from a sample description; track's media is in state. */
OSStatus cm_mp4_read_format(cm_file *f, cm_span stsd);
/* True of formats that only a packet tells in full: MPEG layers, AC-3. */
bool cm_mp4_needs_packet(AudioFormatID format);
/* Completes what only a packet tells. The table has the first one. */
OSStatus cm_mp4_complete_format(cm_file *f);
/* The sample description for f->format and f->cookie. */
OSStatus cm_mp4_put_stsd(cm_file *f, CFMutableDataRef to);

/* mp4_samples.c: f->table, lengths and edits. */
OSStatus cm_mp4_read_samples(cm_file *f, cm_span stbl);
OSStatus cm_mp4_read_edits(cm_file *f);
/* PCM frames of a sample that lasts `delta` units of the media. */
UInt32 cm_mp4_frames_of(const cm_mp4 *s, UInt32 delta);
/* Formats whose packets may differ in length. */
bool cm_mp4_may_vary(AudioFormatID format);

/* mp4_fragments.c */

/* The box at a place; false where there is none. Media data may be cut off. */
bool cm_mp4_next_top_box(cm_window *w, SInt64 at, cm_mp4_top_box *box);
/* Its bytes, header included, for the caller to free; NULL on failure. */
OSStatus cm_mp4_load_box(cm_file *f, const cm_mp4_top_box *box, UInt8 **bytes);
/* Adds the packets of all movie fragments. */
OSStatus cm_mp4_read_fragments(cm_file *f, cm_window *w);
/*
 * A stream of fragments, whose movie box was read: f->grows from now on. Waits for the first packet only if
 * the format is not complete without it.
 */
OSStatus cm_mp4_begin_growing(cm_file *f);
OSStatus cm_mp4_more_packets(cm_file *f, SInt64 packet);

/* mp4_tags.c */
OSStatus cm_mp4_load_tags(cm_file *f);
bool cm_mp4_smpb(const cm_mp4 *s, cm_smpb *smpb);
OSStatus cm_mp4_set_smpb(cm_mp4 *s, const cm_smpb *smpb);
OSStatus cm_mp4_put_udta(const cm_mp4 *s, CFMutableDataRef to);
OSStatus cm_mp4_read_info(cm_file *f, CFMutableDictionaryRef info);
OSStatus cm_mp4_write_info(cm_file *f, CFDictionaryRef info);
OSStatus cm_mp4_copy_artwork(cm_file *f, CFDataRef *out);
OSStatus cm_mp4_set_artwork(cm_file *f, CFDataRef image);

/* mp4_write.c and mp4_edit.c */
OSStatus cm_mp4_create(cm_file *f);
OSStatus cm_mp4_flush(cm_file *f);
OSStatus cm_mp4_optimize(cm_file *f);
OSStatus cm_mp4_accept(cm_file *f);
OSStatus cm_mp4_write_packets(cm_file *f, SInt64 first, UInt32 *io_count,
                              const AudioStreamPacketDescription *descriptions, UInt32 bytes,
                              const void *buffer);
OSStatus cm_mp4_flush_tags(cm_file *f);
OSStatus cm_mp4_optimize_existing(cm_file *f);

#endif
