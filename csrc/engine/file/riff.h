/*
 * riff.h: what the parts of the RIFF container share: WAVE (Microsoft "Multimedia Programming Interface and
 * Data Specifications 1.0"), RF64 (EBU Tech 3306), BW64 (ITU-R BS.2088) and Sony's Wave64.
 *
 * All chunks but the audio's are in cm_file.chunks, 'fmt ' and 'fact' too; fillers are not. A LIST chunk is
 * kept under its list type ('INFO', 'adtl') with the contents behind the type. In Wave64, where a chunk is
 * named by a GUID, the four-character code is the GUID's beginning.
 */
#ifndef CM_FILE_RIFF_H
#define CM_FILE_RIFF_H

#include "container.h"
#include "framing.h"

#define CM_RIFF_HEAD 8u
#define CM_RIFF_FIRST 12 /* where the first chunk begins */
#define CM_W64_HEAD 24u
#define CM_W64_FIRST 40
#define CM_DS64_SIZE 28u           /* contents without a table */
#define CM_DS64_ENTRY 12u          /* bytes of a table entry */
#define CM_RIFF_OPEN 0xFFFFFFFFu   /* a 32-bit size that is somewhere else, or was never filled in */
#define CM_RIFF_LIMIT 0xFFFFFFFEll /* bytes of the largest file whose sizes are 32-bit */
#define CM_FMT_MAX 4096u           /* no sane format chunk is larger */

#define WAVE_FORMAT_PCM 0x0001u
#define WAVE_FORMAT_ADPCM 0x0002u
#define WAVE_FORMAT_IEEE_FLOAT 0x0003u
#define WAVE_FORMAT_ALAW 0x0006u
#define WAVE_FORMAT_MULAW 0x0007u
#define WAVE_FORMAT_DVI_ADPCM 0x0011u
#define WAVE_FORMAT_GSM610 0x0031u
#define WAVE_FORMAT_MPEG 0x0050u
#define WAVE_FORMAT_MPEGLAYER3 0x0055u
#define WAVE_FORMAT_EXTENSIBLE 0xFFFEu

typedef struct cm_riff {
    UInt32 form;         /* 'RIFF', 'RIFX', 'RF64', 'BW64'; 'riff' for Wave64: what the file says now */
    SInt64 data_begin;   /* of the data chunk's head */
    SInt64 reserve_size; /* contents of the ds64 chunk, or of the JUNK chunk kept for it, at 20; 0: none */

    /* MPEG audio in a stream: */
    cm_window window;
    cm_frame first;
    SInt64 next;   /* where to look for the next frame */
    bool relayout; /* chunks must be laid out anew: one that describes the audio has changed its size */
} cm_riff;

/* riff_format.c: the format chunk */

/* Sets format, layout, cookie and source bit depth from a format chunk. For MPEG audio the packets' own
 * headers have the last word: see cm_riff_mpeg_open. */
OSStatus cm_riff_format_get(cm_file *f, const UInt8 *bytes, size_t size);
/* Checks f->format, fills in what may be left open, and writes the format chunk for it and f->layout.
 * to has room for CM_FMT_MAX bytes. */
OSStatus cm_riff_format_make(cm_file *f, UInt8 *to, size_t *size);
/* True when the format needs a fact chunk: all but PCM do. */
bool cm_riff_format_needs_fact(const cm_file *f);
/* True when the format chunk can tell of so many priming frames: layer 3's alone has a place for them. */
bool cm_riff_format_takes_priming(const cm_file *f, SInt32 frames);

/* riff_mpeg.c: MPEG audio in a WAVE file; in a stream it is found as it arrives */
/* fact_frames: what the fact chunk tells, or -1. Believed where a codec delay is told too and both can be. */
OSStatus cm_riff_mpeg_open(cm_file *f, SInt64 fact_frames);
OSStatus cm_riff_mpeg_scan(cm_file *f);
OSStatus cm_riff_mpeg_more(cm_file *f, SInt64 packet);

/* riff_write.c */
OSStatus cm_riff_create(cm_file *f);
OSStatus cm_riff_flush(cm_file *f);
OSStatus cm_riff_optimize(cm_file *f);
OSStatus cm_riff_format_changed(cm_file *f);
OSStatus cm_riff_packet_info_changed(cm_file *f);

/* riff_info.c */
OSStatus cm_riff_read_info(cm_file *f, CFMutableDictionaryRef info);
OSStatus cm_riff_write_info(cm_file *f, CFDictionaryRef info);
OSStatus cm_riff_property_info(cm_file *f, AudioFilePropertyID id, UInt32 *size, bool *writable);
OSStatus cm_riff_get_property(cm_file *f, AudioFilePropertyID id, UInt32 *io_size, void *data);
OSStatus cm_riff_set_property(cm_file *f, AudioFilePropertyID id, UInt32 size, const void *data);

/* riff_markers.c */
OSStatus cm_riff_read_markers(cm_file *f, cm_markers *markers);
OSStatus cm_riff_write_markers(cm_file *f, const cm_markers *markers);
OSStatus cm_riff_read_regions(cm_file *f, cm_regions *regions);
OSStatus cm_riff_write_regions(cm_file *f, const cm_regions *regions);

/* riff_chunk.c: how chunks are named */

/* Fills `to` with a chunk's head and returns its bytes; to may be NULL. */
UInt32 cm_riff_put_head(UInt8 *to, const cm_chunk *chunk);
UInt32 cm_w64_put_head(UInt8 *to, const cm_chunk *chunk);
/* Heads of chunks that have nothing but a code and a size. */
void cm_riff_put_plain_head(UInt8 *to, UInt32 id, SInt64 size);
void cm_w64_put_plain_head(UInt8 *to, UInt32 id, SInt64 size);
/* Adds a chunk that was found in the file. list: it is a LIST chunk, id its type. */
OSStatus cm_riff_note(cm_file *f, UInt32 id, SInt64 at, SInt64 size, bool list);
/* The same for Wave64; the code comes from the GUID. */
OSStatus cm_w64_note(cm_file *f, const UInt8 *guid, SInt64 at, SInt64 size);
/* The code that a GUID stands for; a code of our own for those without one. */
UInt32 cm_w64_code(const UInt8 *guid);
bool cm_w64_is_riff(const UInt8 *guid);
bool cm_w64_is_wave(const UInt8 *guid);
void cm_w64_put_file_head(UInt8 *to, SInt64 size);

static inline bool cm_riff_is_w64(const cm_file *f)
{
    return f->type == kAudioFileWave64Type;
}

#endif
