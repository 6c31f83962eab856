/*
 * aiff.h: what the AIFF and AIFF-C files (aiff*.c) share.
 *
 * The format is Apple's "Audio Interchange File Format" 1.3 and "AIFF-C" draft of 1991: big-endian chunks of
 * at most 4 GiB, padded to even length.
 */
#ifndef CM_FILE_AIFF_H
#define CM_FILE_AIFF_H

#include "container.h"

enum {
    CM_AIFF_HEAD = 8,       /* of a chunk */
    CM_AIFF_SSND_HEAD = 16, /* chunk header, offset and block size */
    CM_AIFF_FIRST = 12      /* after "FORM", size and form type */
};

enum { CM_AIFF_LENGTH = 16 }; /* bytes of our application chunk */

#define CM_AIFF_LIMIT 0xFFFFFFFFll /* of a file: what 32 bits can say */

typedef struct cm_aiff {
    SInt64 data_begin; /* of the SSND chunk */
    bool has_ssnd;
    UInt32 compression; /* as found; 0 in a new file */
} cm_aiff;

/* The contents of a COMM chunk, decoded. */
typedef struct cm_aiff_comm {
    UInt16 channels;
    UInt32 frames; /* of samples; packets when the compression has packets of many frames */
    UInt16 bits;
    Float64 rate;
    UInt32 compression; /* 'NONE' in plain AIFF */
} cm_aiff_comm;

#define CM_AIFF_COMM_MAX 64

/* IEEE 754 80-bit extended, big-endian. NaN and infinity are kept as such; reading rounds to nearest. */
Float64 cm_extended_get(const UInt8 from[10]);
void cm_extended_put(UInt8 to[10], Float64 value);

/* Format of a COMM chunk; kAudioFileUnsupportedDataFormatError, with text, for compressions that are not
 * readable. */
OSStatus cm_aiff_format(const cm_aiff_comm *comm, AudioStreamBasicDescription *format);

/* The other way. type is kAudioFileAIFFType or kAudioFileAIFCType; of several compression types for the same
 * samples `prefer` is taken (0: any). */
OSStatus cm_aiff_comm_for(AudioFileTypeID type, const AudioStreamBasicDescription *format, UInt32 prefer,
                          cm_aiff_comm *comm);

/* Contents of a COMM chunk of `size` bytes. */
OSStatus cm_aiff_comm_get(const UInt8 *bytes, size_t size, bool aifc, cm_aiff_comm *comm);
size_t cm_aiff_comm_put(UInt8 bytes[CM_AIFF_COMM_MAX], const cm_aiff_comm *comm, bool aifc);

/* aiff_write.c */
OSStatus cm_aiff_create(cm_file *f);
OSStatus cm_aiff_flush(cm_file *f);
OSStatus cm_aiff_optimize(cm_file *f);

/* aiff_length.c: whether an application chunk with contents of size bytes at `at` is ours, and what it says,
 * once the format and the audio are known. Numbers that cannot be true are passed over. */
bool cm_aiff_length_is_in(cm_file *f, SInt64 at, SInt64 size);
OSStatus cm_aiff_length_get(cm_file *f, SInt64 at);

/* Contents of our application chunk; false where none is needed. */
bool cm_aiff_length_put(const cm_file *f, UInt8 bytes[CM_AIFF_LENGTH]);

/* aiff_info.c */
OSStatus cm_aiff_read_info(cm_file *f, CFMutableDictionaryRef info);
OSStatus cm_aiff_write_info(cm_file *f, CFDictionaryRef info);
OSStatus cm_aiff_property_info(cm_file *f, AudioFilePropertyID id, UInt32 *size, bool *writable);
OSStatus cm_aiff_get_property(cm_file *f, AudioFilePropertyID id, UInt32 *io_size, void *data);
OSStatus cm_aiff_set_property(cm_file *f, AudioFilePropertyID id, UInt32 size, const void *data);

/* aiff_markers.c */
OSStatus cm_aiff_read_markers(cm_file *f, cm_markers *markers);
OSStatus cm_aiff_write_markers(cm_file *f, const cm_markers *markers);
OSStatus cm_aiff_read_regions(cm_file *f, cm_regions *regions);
OSStatus cm_aiff_write_regions(cm_file *f, const cm_regions *regions);

#endif
