/*
 * container.h: what a file format is to AudioFile services.
 *
 * A container fills a cm_file when it opens or creates one; most of the work is then done once, for all of
 * them, in the files around this one: packets of constant size, and packets with a table of places, are read
 * and written by the common code straight from the bytes. A container whose packets are not whole in the file
 * (Ogg) brings its own read_packets; one that another library writes brings its own write_packets.
 *
 * Every call on a cm_file is made with its lock held.
 */
#ifndef CM_FILE_CONTAINER_H
#define CM_FILE_CONTAINER_H

#include "../base/io.h"
#include "../base/lock.h"
#include "window.h"

#include <AudioToolbox/AudioFile.h>
#include <CoreFoundation/CoreFoundation.h>

typedef struct cm_container cm_container;

/* A chunk that is neither format nor audio data: what AudioFileGetUserData gives, and where metadata is kept.
 */
typedef struct cm_chunk {
    UInt32 id;
    SInt64 offset; /* of the contents in the file; -1 while they exist in memory only */
    SInt64 size;
    UInt8 *bytes; /* contents that are newer than the file's, or NULL; owned */
    UInt8 uuid[16];
} cm_chunk;

#define CM_MOST_OWN_CHUNKS 8

/* Where packets of differing size or length lie. Arrays of count members, or NULL where the value is
 * constant. */
typedef struct cm_packet_table {
    SInt64 count;
    SInt64 capacity;
    SInt64 *offsets; /* in the file, absolute */
    UInt32 *sizes;
    UInt32 *frames;
} cm_packet_table;

typedef struct cm_markers {
    UInt32 smpte_type;
    UInt32 count;
    AudioFileMarker *items; /* owned; names retained or NULL */
} cm_markers;

typedef struct cm_region {
    UInt32 id;
    CFStringRef name; /* retained or NULL */
    AudioFileRegionFlags flags;
    cm_markers markers;
} cm_region;

typedef struct cm_regions {
    UInt32 smpte_type;
    UInt32 count;
    cm_region *items; /* owned */
} cm_regions;

/* One of several streams in a row, each with a decoder that begins anew. */
typedef struct cm_link {
    SInt64 packet;     /* number of its first packet with audio */
    SInt64 end_packet; /* number behind its last */
    SInt64 first;      /* of its frames that count, in the file */
    SInt64 frames;     /* that count */
    SInt64 priming;    /* decoded frames before them */
    CFDataRef cookie;  /* owned */
} cm_link;

typedef struct cm_file {
    pthread_mutex_t lock;
    const cm_container *container;
    void *state;       /* the container's own; freed by its close */
    cm_io *io;         /* owned */
    const UInt8 *head; /* while open runs: the file's first bytes, already read; NULL afterwards */
    size_t head_size;
    AudioFileTypeID type;
    AudioFilePermissions permissions;
    AudioFileFlags flags; /* of creation */
    bool created;         /* by this handle, so that the format may still be changed by properties */
    bool dirty;           /* the bytes on disk are not yet a complete file */
    bool audio_changed;   /* audio data was written since the file was opened */
    bool defer_sizes;     /* kAudioFilePropertyDeferSizeUpdates; when false every write leaves a valid file */
    bool closed;          /* AudioFileClose has run; another thread that waited for the lock goes away */
    OSStatus write_status; /* of the last write of audio data; closing replaces nothing unless it is noErr */
    bool given_up;         /* closing replaces nothing, whatever is still written; CMAudioFileDiscard */

    AudioStreamBasicDescription format;
    SInt64 data_offset;
    SInt64 data_bytes;     /* of audio data present in the file, never more than the file holds */
    bool described_behind; /* the container's own description, or part of it, lies behind the audio data */
    UInt64 max_bytes;    /* the largest file that the type can describe; 0: no limit. Checked before writes */
    SInt64 packet_count; /* -1 until known; cm_file_count_packets finds out */
    UInt32 max_packet_size;
    cm_packet_table table;
    bool
        grows; /* of a stream: the table has the packets found so far; the container's more_packets goes on */
    bool has_packet_info;
    AudioFilePacketTableInfo packet_info;
    UInt32 bit_rate;         /* 0: compute it */
    UInt32 source_bit_depth; /* 0 unknown; negative of bits for float as the property has it is computed from
                                this */
    Float64 duration;        /* 0: compute it from packets; only an estimate otherwise */

    CFDataRef cookie; /* owned or NULL */
    AudioChannelLayout *layout;
    UInt32 layout_size;

    cm_chunk *chunks;
    size_t chunk_count;
    /* Where the file has the chunks that the container makes itself, the first of each code. */
    cm_chunk own_chunks[CM_MOST_OWN_CHUNKS];
    size_t own_chunk_count;

    cm_link *links; /* owned; none for a file of one stream, and until its packets are counted */
    size_t link_count;
} cm_file;

/* The place in a file that is read forward once. Zeroed before the first packet. */
typedef struct cm_forward {
    cm_window window;
    SInt64 at; /* bytes before it are done with */
    bool began;
    UInt8 *bytes; /* a packet that was put together; owned */
    size_t room;
    void *own;                   /* the container's */
    void (*free_own)(void *own); /* NULL: free */
} cm_forward;

typedef struct cm_forward_packet {
    const UInt8 *bytes;
    UInt32 size;
    UInt32 frames;
} cm_forward_packet;

/* A file type as the global info properties describe it. Lists end with NULL or 0. */
typedef struct cm_file_type {
    AudioFileTypeID id;
    const char *name;
    const char *const *extensions; /* without a dot, lower case, the usual one first */
    const char *const *mime_types;
    const char *const *utis;
    const UInt32 *hfs_types;
    const AudioFormatID *readable; /* formats that can be in it */
    const AudioFormatID *writable;
} cm_file_type;

struct cm_container {
    const char *name;
    const cm_file_type *types;
    size_t type_count;
    bool has_chunks;    /* flush writes f->chunks, so that AudioFileSetUserData can be allowed */
    bool needs_packets; /* a file without any tells its format to nobody, or is refused by other readers */
    /* NULL, or: chunks with this code describe the audio and are the container's to write, or cannot be. */
    bool (*owns_chunk)(UInt32 id);

    /*
     * The type that the first bytes of a file show, 0 when they are not this container's. size may be any
     * number; *score tells how sure it is: 100 magic number, 50 a plausible frame header, 10 the hint alone.
     */
    AudioFileTypeID (*probe)(const UInt8 *head, size_t size, AudioFileTypeID hint, int *score);

    /* Fills f from f->io. On failure everything set so far is freed by close. */
    OSStatus (*open)(cm_file *f);
    /* f->type and f->format (completed, checked) are set: accept them and write what must come first. */
    OSStatus (*create)(cm_file *f);
    /* Makes the bytes on disk a complete, valid file of everything known. May be called often. */
    OSStatus (*flush)(cm_file *f);
    /* Frees f->state. Accepts a half-opened file. */
    void (*close)(cm_file *f);

    /* From here on NULL means: not in this container, or done by the common code. */

    /* Rewrites the file without gaps, audio data after everything that describes it. */
    OSStatus (*optimize)(cm_file *f);
    /* Fills f->table, f->packet_count and f->max_packet_size by reading the file through. */
    OSStatus (*scan_packets)(cm_file *f);
    OSStatus (*read_packets)(cm_file *f, SInt64 first, UInt32 *io_count,
                             AudioStreamPacketDescription *descriptions, UInt32 *io_bytes, void *buffer);
    OSStatus (*write_packets)(cm_file *f, SInt64 first, UInt32 *io_count,
                              const AudioStreamPacketDescription *descriptions, UInt32 bytes,
                              const void *buffer);

    /*
     * For files whose packets are only found by reading: the next one, for bytes that arrive once and in
     * order. The packet is lent until the next call. kAudioFileEndOfFileError behind the last.
     */
    OSStatus (*next_packet)(cm_file *f, cm_forward *place, cm_forward_packet *packet);

    /*
     * For files that grow (f->grows): finds packets in bytes that arrive once and in order until the table
     * has this one, and everything in front of its bytes was passed. kAudioFileEndOfFileError when there is
     * none; f->packet_count and f->packet_info are known then.
     */
    OSStatus (*more_packets)(cm_file *f, SInt64 packet);

    /* The keys of AudioFile.h's kAFInfoDictionary, values CFString. write replaces what read would give. */
    OSStatus (*read_info)(cm_file *f, CFMutableDictionaryRef info);
    OSStatus (*write_info)(cm_file *f, CFDictionaryRef info);
    OSStatus (*read_markers)(cm_file *f, cm_markers *markers);
    OSStatus (*write_markers)(cm_file *f, const cm_markers *markers);
    OSStatus (*read_regions)(cm_file *f, cm_regions *regions);
    OSStatus (*write_regions)(cm_file *f, const cm_regions *regions);
    /* f->cookie, f->layout or f->packet_info was changed by a property: take it over, or refuse it. */
    OSStatus (*cookie_changed)(cm_file *f);
    OSStatus (*layout_changed)(cm_file *f);
    OSStatus (*packet_info_changed)(cm_file *f);
    /* NULL, or: whether that property can be changed at all in this very file; otherwise it is fixed. */
    bool (*can_change)(const cm_file *f, AudioFilePropertyID id);
    /* Properties of this container alone: ID3 tag, album artwork. kAudioFileUnsupportedPropertyError for
     * others. */
    OSStatus (*property_info)(cm_file *f, AudioFilePropertyID id, UInt32 *size, bool *writable);
    OSStatus (*get_property)(cm_file *f, AudioFilePropertyID id, UInt32 *io_size, void *data);
    OSStatus (*set_property)(cm_file *f, AudioFilePropertyID id, UInt32 size, const void *data);
};

/* A can_change: what a file has been created with stays. */
bool cm_change_while_created(const cm_file *f, AudioFilePropertyID id);

/* All containers in order of preference; NULL ends the list. containers.c is the only place that names them.
 */
const cm_container *const *cm_container_table(void);

#endif
