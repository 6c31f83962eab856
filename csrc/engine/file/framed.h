/*
 * framed.h: files that are nothing but frames with headers of their own, with tags before and behind: MP3 and
 * its kin, ADTS, AC-3, AMR. What the containers in mpeg.c share.
 */
#ifndef CM_FILE_FRAMED_H
#define CM_FILE_FRAMED_H

#include "container.h"
#include "framing.h"
#include "smpb.h"
#include "../format/cookie.h"
#include "xing.h"

typedef struct cm_framed_kind {
    cm_frame_parser parse;
    UInt32 head;       /* bytes of a frame that parse wants to see */
    const char *magic; /* what the file begins with, "" for nothing */
    bool has_tags;     /* ID3 is in use for files of this kind */
    bool has_xing;
    bool has_smpb; /* iTunes' gapless numbers in the ID3 tag, where there is no other place for them */
} cm_framed_kind;

typedef struct cm_framed {
    const cm_framed_kind *kind;
    cm_frame first;   /* the first frame of audio; size 0 while there is none */
    UInt8 head[4];    /* its first bytes */
    SInt64 tag_end;   /* in the file: the ID3v2 tags at the start take the bytes up to here */
    CFDataRef tag;    /* the tag as it shall be, or NULL: none */
    bool tag_changed; /* tag is not what the file has */
    UInt8 *tail;      /* what is behind the audio: ID3v1, APE ... */
    size_t tail_size;
    bool has_v1;      /* tail is, or ends with, an ID3v1 tag */
    size_t ape_at;    /* in tail: an APEv2 tag */
    size_t ape_size;  /* of its bytes; 0: there is none */
    UInt32 xing_size; /* bytes of the information frame right before the audio; 0: none */
    bool has_xing;
    cm_xing xing;
    bool is_cut;      /* there are fewer bytes than that frame tells of: what is there has to be counted */
    UInt16 crc;       /* of the audio written */
    bool is_variable; /* frames written differ in bit rate */
    bool has_smpb;    /* the tag has gapless numbers: */
    cm_smpb smpb;     /* in frames of the headers' sample rate */
    bool appended;    /* packets were written; xing must be made anew */
} cm_framed;

/* Container functions; the kind is given by those of mpeg.c. */
OSStatus cm_framed_open(cm_file *f, const cm_framed_kind *kind);
void cm_framed_close(cm_file *f);
OSStatus cm_framed_scan(cm_file *f);
OSStatus cm_framed_next(cm_file *f, cm_forward *place, cm_forward_packet *packet);
OSStatus cm_framed_create(cm_file *f, const cm_framed_kind *kind);
OSStatus cm_framed_write_packets(cm_file *f, SInt64 first, UInt32 *io_count,
                                 const AudioStreamPacketDescription *descriptions, UInt32 bytes,
                                 const void *buffer);
OSStatus cm_framed_flush(cm_file *f);
OSStatus cm_framed_accept(cm_file *f);

/* Finds the end of the audio and keeps what is behind it. framed_tail.c */
#define CM_FRAMED_MOST_TAGS 8
OSStatus cm_framed_find_tail(cm_file *f, SInt64 from, SInt64 size, SInt64 *end);
cm_span cm_framed_ape(const cm_framed *s);
/* Takes out of the tags behind the audio what would contradict the ID3 tag: v1 and what cm_ape_reduce does.
 */
OSStatus cm_framed_settle_tail(cm_framed *s, CFDictionaryRef info, bool new_artwork);

/* ID3: info dictionary, tag and artwork. */
OSStatus cm_framed_read_tag(cm_file *f, size_t size);
OSStatus cm_framed_read_smpb(cm_file *f);
OSStatus cm_framed_update_smpb(cm_file *f);
OSStatus cm_framed_read_info(cm_file *f, CFMutableDictionaryRef info);
OSStatus cm_framed_write_info(cm_file *f, CFDictionaryRef info);
OSStatus cm_framed_property_info(cm_file *f, AudioFilePropertyID id, UInt32 *size, bool *writable);
OSStatus cm_framed_get_property(cm_file *f, AudioFilePropertyID id, UInt32 *io_size, void *data);
OSStatus cm_framed_set_property(cm_file *f, AudioFilePropertyID id, UInt32 size, const void *data);

#endif
