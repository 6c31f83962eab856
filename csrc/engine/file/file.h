/*
 * file.h: audio files for the rest of the engine, without the handle table's cost per packet.
 *
 * A cm_file is made by one of the open and create functions and ended by cm_file_close, or it is given to the
 * handle table by cm_file_publish and then belongs to its AudioFileID. Whoever shares a file with an
 * AudioFileID holds a pin for as long as he uses it and the lock during each call; the sole owner of an
 * unpublished file needs neither. No function here is for render threads.
 */
#ifndef CM_FILE_FILE_H
#define CM_FILE_FILE_H

#include "container.h"

/* Opens the bytes of io, which is taken over, also on failure. hint 0: the path's extension is the hint. */
OSStatus cm_file_open_io(cm_io *io, AudioFilePermissions permissions, AudioFileTypeID hint, cm_file **out);

/* As above, for a path. */
OSStatus cm_file_open_path(const char *path, AudioFilePermissions permissions, AudioFileTypeID hint,
                           cm_file **out);

/* Makes an empty file of a type in io, which is taken over, also on failure. format need not be complete. */
OSStatus cm_file_create_io(cm_io *io, AudioFileTypeID type, const AudioStreamBasicDescription *format,
                           AudioFileFlags flags, cm_file **out);

/*
 * Writes down everything and puts the result in its place. When the last write of audio failed, or this does,
 * nothing is replaced and the reason is returned. No-op for a file open for reading only.
 */
OSStatus cm_file_finish(cm_file *f);

/* Frees f; what was not finished is thrown away. NULL is allowed. */
void cm_file_free(cm_file *f);

/* cm_file_finish, then cm_file_free whatever the outcome. */
OSStatus cm_file_close(cm_file *f);

/* A handle for f, which owns it from now on. On failure f is freed. */
OSStatus cm_file_publish(cm_file *f, AudioFileID *out);

/* The file of a live handle, pinned until cm_file_unpin, or NULL: kAudioFileNotOpenError. Not locked. */
cm_file *cm_file_pin(AudioFileID id);
void cm_file_unpin(AudioFileID id);

/* The same for the length of one call: pinned and locked. NULL when the handle is stale. */
cm_file *cm_file_enter(AudioFileID id);
void cm_file_leave(AudioFileID id, cm_file *f);

static inline void cm_file_lock(cm_file *f)
{
    pthread_mutex_lock(&f->lock);
}

static inline void cm_file_unlock(cm_file *f)
{
    pthread_mutex_unlock(&f->lock);
}

/* kAudioFilePermissionsError unless f was opened or created for that. */
OSStatus cm_file_check_readable(const cm_file *f);
OSStatus cm_file_check_writable(const cm_file *f);

/* The number of packets; reads the file through when that is the only way to know. */
OSStatus cm_file_count_packets(cm_file *f, SInt64 *count);

/* The size of the largest packet; may read the file through. */
OSStatus cm_file_max_packet_size(cm_file *f, UInt32 *size);

/* A size that no packet exceeds, at no cost. */
UInt32 cm_file_packet_size_bound(cm_file *f);

/* Frames in the packet with this number, which must exist. */
UInt32 cm_file_packet_frames(const cm_file *f, SInt64 packet);

/* Valid frames, priming and remainder; a file that does not say has only valid frames. */
OSStatus cm_file_frames(cm_file *f, AudioFilePacketTableInfo *info);

/* Seconds; exact where the number of packets is known, the container's estimate otherwise. */
Float64 cm_file_duration(cm_file *f);

/*
 * Fills in a description. frames is told to the client only where it differs from the format's number; 0 says
 * the same as that number.
 */
void cm_file_describe(const cm_file *f, AudioStreamPacketDescription *to, SInt64 offset, UInt32 size,
                      UInt32 frames);

/*
 * As many of *io_count packets from `first` on as exist and fit in *io_bytes bytes of buffer; descriptions
 * may be NULL. On return both tell what was read. kAudioFileEndOfFileError only when nothing can be read.
 */
OSStatus cm_file_read_packets(cm_file *f, SInt64 first, UInt32 *io_count,
                              AudioStreamPacketDescription *descriptions, UInt32 *io_bytes, void *buffer);

/* Packets of constant size go anywhere up to the end, others only to the end. *io_count: what was written. */
OSStatus cm_file_write_packets(cm_file *f, SInt64 first, UInt32 *io_count,
                               const AudioStreamPacketDescription *descriptions, UInt32 bytes,
                               const void *buffer);

/* Audio data by bytes, counted from its beginning. At the end: what there is and kAudioFileEndOfFileError. */
OSStatus cm_file_read_bytes(cm_file *f, SInt64 at, UInt32 *io_bytes, void *buffer);
OSStatus cm_file_write_bytes(cm_file *f, SInt64 at, UInt32 *io_bytes, const void *buffer);

/* noErr when the type's largest file holds data_bytes of audio, the present chunks and `more` bytes;
 * kAudioFileDoesNotAllow64BitDataSizeError otherwise. */
OSStatus cm_file_check_room(const cm_file *f, SInt64 data_bytes, UInt64 more);

/* Shortens the audio data. Longer: kAudioFileOperationNotSupportedError. */
OSStatus cm_file_set_data_bytes(cm_file *f, UInt64 bytes);

/* AudioFileGetPropertyInfo and its kin for a file whose lock is held. */
OSStatus cm_file_property_info(cm_file *f, AudioFilePropertyID id, UInt32 *size, UInt32 *writable);
OSStatus cm_file_get_property(cm_file *f, AudioFilePropertyID id, UInt32 *io_size, void *data);
OSStatus cm_file_set_property(cm_file *f, AudioFilePropertyID id, UInt32 size, const void *data);

void cm_markers_free(cm_markers *markers);
void cm_regions_free(cm_regions *regions);

/* Appends a marker; name is retained. */
OSStatus cm_markers_add(cm_markers *markers, Float64 frame, SInt32 id, CFStringRef name);
/* Appends a region with room for `markers` markers; name is retained. NULL when there is no memory. */
cm_region *cm_regions_add(cm_regions *regions, UInt32 id, CFStringRef name, AudioFileRegionFlags flags);

#endif
