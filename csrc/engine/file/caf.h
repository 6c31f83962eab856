/*
 * caf.h: what the files of the Core Audio Format (caf*.c) share.
 *
 * The format is Apple's "Core Audio Format Specification" 1.0: big-endian chunks with 64-bit sizes and no
 * padding, the description first; the audio data may be of unknown size when it comes last.
 */
#ifndef CM_FILE_CAF_H
#define CM_FILE_CAF_H

#include "container.h"

#include <AudioToolbox/CAFFile.h>

enum {
    CM_CAF_FILE_HEAD = 8,
    CM_CAF_HEAD = 12, /* of a chunk */
    CM_CAF_DESC_SIZE = 32,
    CM_CAF_FIRST = CM_CAF_FILE_HEAD + CM_CAF_HEAD + CM_CAF_DESC_SIZE, /* behind the description */
    CM_CAF_DATA_HEAD = CM_CAF_HEAD + 4,                               /* chunk header and edit count */
    CM_CAF_PAKT_HEAD = 24
};

typedef struct cm_caf {
    SInt64 data_begin; /* of the data chunk */
    UInt32 edit_count; /* of the audio data, as in the file */
    bool edited;       /* edit_count was raised for what this handle writes */
    bool info_set;     /* the packet table info is the client's, not the file's */
    SInt64 reserve;    /* bytes to keep free in front of the audio for the packet table */
} cm_caf;

/* caf_format.c: 32 bytes of a description chunk. put: kAudioFileUnsupportedDataFormatError for linear PCM
 * that the format cannot hold. */
OSStatus cm_caf_format_get(const UInt8 bytes[CM_CAF_DESC_SIZE], AudioStreamBasicDescription *format);
OSStatus cm_caf_format_put(UInt8 bytes[CM_CAF_DESC_SIZE], const AudioStreamBasicDescription *format);

/* caf_packets.c */
/* Fills f->table and f->packet_info from the contents of a packet table chunk. */
OSStatus cm_caf_pakt_get(cm_file *f, SInt64 at, SInt64 size);
/* The contents for f as it is; *bytes NULL when the file needs none. The caller's to free. */
OSStatus cm_caf_pakt_make(const cm_file *f, UInt8 **bytes, size_t *size);

/* caf_write.c */
OSStatus cm_caf_create(cm_file *f);
OSStatus cm_caf_flush(cm_file *f);
OSStatus cm_caf_optimize(cm_file *f);

/* caf_info.c */
OSStatus cm_caf_read_info(cm_file *f, CFMutableDictionaryRef info);
OSStatus cm_caf_write_info(cm_file *f, CFDictionaryRef info);

/* caf_strings.c: the strings chunk, names by the number of a marker, region or instrument */
typedef struct cm_caf_string {
    UInt32 id;
    char *text; /* UTF-8, owned */
} cm_caf_string;

typedef struct cm_caf_strings {
    size_t count, capacity;
    cm_caf_string *items; /* ascending by id */
} cm_caf_strings;

OSStatus cm_caf_strings_load(cm_file *f, cm_caf_strings *strings);
/* Replaces the chunk, or removes it when there are no strings. */
OSStatus cm_caf_strings_store(cm_file *f, const cm_caf_strings *strings);
void cm_caf_strings_free(cm_caf_strings *strings);
/* The text for a number, NULL when there is none. Lent. */
const char *cm_caf_strings_find(const cm_caf_strings *strings, UInt32 id);
void cm_caf_strings_remove(cm_caf_strings *strings, UInt32 id);
/* Gives *id the name; when the number has another one already, *id becomes an unused number. name NULL: *id
 * becomes a number without a name. */
OSStatus cm_caf_strings_name(cm_caf_strings *strings, UInt32 *id, const char *name);

/* caf_markers.c */
OSStatus cm_caf_read_markers(cm_file *f, cm_markers *markers);
OSStatus cm_caf_write_markers(cm_file *f, const cm_markers *markers);
OSStatus cm_caf_read_regions(cm_file *f, cm_regions *regions);
OSStatus cm_caf_write_regions(cm_file *f, const cm_regions *regions);

/* caf_properties.c */
OSStatus cm_caf_property_info(cm_file *f, AudioFilePropertyID id, UInt32 *size, bool *writable);
OSStatus cm_caf_get_property(cm_file *f, AudioFilePropertyID id, UInt32 *io_size, void *data);
OSStatus cm_caf_set_property(cm_file *f, AudioFilePropertyID id, UInt32 size, const void *data);

#endif
