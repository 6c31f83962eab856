#include "file.h"

#include "chunks.h"
#include "empty.h"
#include "links.h"
#include "packet_table.h"
#include "types.h"
#include "../base/handle.h"
#include "../format/asbd.h"

#include <stdlib.h>
#include <string.h>

/* What a first look reads: enough for every magic number, and for all of most PCM headers. */
#define HEAD_SIZE 4096
/* What a stream must bring before its type is asked for: the longest magic number, that of Wave64. */
#define PROBE_SIZE 40
#define MOST_CANDIDATES 8

typedef struct candidate {
    const cm_container *container;
    AudioFileTypeID type;
    int score;
} candidate;

static cm_file *new_file(cm_io *io, const cm_container *container, AudioFileTypeID type,
                         AudioFilePermissions permissions)
{
    cm_file *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    cm_lock_init(&f->lock);
    f->io = io;
    f->container = container;
    f->type = type;
    f->permissions = permissions;
    f->packet_count = -1;
    f->defer_sizes = true;
    return f;
}

/* Frees everything but the io. */
static void free_keeping_io(cm_file *f)
{
    if (f->container && f->container->close)
        f->container->close(f);
    cm_chunks_free(f);
    cm_packet_table_free(&f->table);
    cm_links_free(f);
    free(f->layout);
    if (f->cookie)
        CFRelease(f->cookie);
    pthread_mutex_destroy(&f->lock);
    free(f);
}

void cm_file_free(cm_file *f)
{
    if (!f)
        return;
    cm_io *io = f->io;
    free_keeping_io(f);
    cm_io_close(io);
}

/* ---- opening ---- */

static size_t find_candidates(const UInt8 *head, size_t size, AudioFileTypeID hint, candidate *found)
{
    size_t count = 0;
    for (const cm_container *const *c = cm_container_table(); *c; c++) {
        int score = 0;
        AudioFileTypeID type = (*c)->probe(head, size, hint, &score);
        if (!type || count == MOST_CANDIDATES)
            continue;
        size_t at = count++;
        for (; at > 0 && found[at - 1].score < score; at--)
            found[at] = found[at - 1];
        found[at] = (candidate){ *c, type, score };
    }
    return count;
}

static OSStatus open_as(cm_io *io, const candidate *as, const UInt8 *head, size_t head_size,
                        AudioFilePermissions permissions, cm_file **out)
{
    if ((permissions & kAudioFileWritePermission) && !as->container->flush)
        return cm_fail(kAudioFileOperationNotSupportedError, "%s files can only be read",
                       as->container->name);
    cm_file *f = new_file(io, as->container, as->type, permissions);
    if (!f)
        return cmMemFullError;
    f->head = head;
    f->head_size = head_size;
    OSStatus status = as->container->open(f);
    f->head = NULL;
    f->head_size = 0;
    if (status == noErr)
        *out = f;
    else
        free_keeping_io(f);
    return status;
}

/*
 * Reads the beginning and asks whose it is. Of a stream that is decided by the first bytes where they are a
 * magic number or what the client said, by HEAD_SIZE bytes otherwise: never by how much happened to arrive.
 */
static OSStatus look_at_head(cm_io *io, AudioFileTypeID hint, UInt8 *head, size_t *size, candidate *found,
                             size_t *count)
{
    OSStatus status = noErr;
    *count = 0;
    if (cm_io_is_stream(io)) {
        status = cm_io_read(io, 0, head, PROBE_SIZE, size);
        *count = status == noErr ? find_candidates(head, *size, hint, found) : 0;
        if (status != noErr || (*count && (found[0].score >= 100 || found[0].type == hint)))
            return status;
    }
    status = cm_io_read(io, 0, head, HEAD_SIZE, size);
    *count = status == noErr ? find_candidates(head, *size, hint, found) : 0;
    return status;
}

static OSStatus open_best(cm_io *io, AudioFilePermissions permissions, AudioFileTypeID hint, cm_file **out)
{
    UInt8 head[HEAD_SIZE];
    size_t size = 0, count;
    candidate found[MOST_CANDIDATES];
    AudioFileTypeID guess = hint ? hint : cm_file_type_for_path(cm_io_path(io));
    OSStatus status = look_at_head(io, guess, head, &size, found, &count);
    if (status != noErr)
        return status;
    if (count == 0)
        return cm_fail(hint ? kAudioFileInvalidFileError : kAudioFileUnsupportedFileTypeError,
                       size ? "%s: not an audio file of a known type" : "%s: the file is empty",
                       cm_io_path(io));
    status = open_as(io, &found[0], head, size, permissions, out);
    /* Without a magic number the best guess may be wrong; what the first said is what counts in the end. */
    for (size_t i = 1; i < count && status != noErr && found[0].score < 100; i++)
        if (open_as(io, &found[i], head, size, permissions, out) == noErr)
            return noErr;
    return status;
}

OSStatus cm_file_open_io(cm_io *io, AudioFilePermissions permissions, AudioFileTypeID hint, cm_file **out)
{
    *out = NULL;
    OSStatus status = cmParamError;
    if (permissions >= kAudioFileReadPermission && permissions <= kAudioFileReadWritePermission)
        status = (permissions & kAudioFileWritePermission) && !cm_io_writable(io) ? kAudioFilePermissionsError
                                                                                  : noErr;
    if (status == noErr)
        status = open_best(io, permissions, hint, out);
    if (status != noErr)
        cm_io_close(io);
    return status;
}

OSStatus cm_file_open_path(const char *path, AudioFilePermissions permissions, AudioFileTypeID hint,
                           cm_file **out)
{
    cm_io *io = NULL;
    *out = NULL;
    OSStatus status = cm_io_open(path, (permissions & kAudioFileWritePermission) != 0, &io);
    return status == noErr ? cm_file_open_io(io, permissions, hint, out) : status;
}

/* ---- creating ---- */

/* Formats to try for linear PCM whose flags are left open, so that each type gets the byte order it stores.
 */
static const AudioFormatFlags open_flags[] = {
    kAudioFormatFlagIsSignedInteger | kAudioFormatFlagIsPacked,
    kAudioFormatFlagIsSignedInteger | kAudioFormatFlagIsPacked | kAudioFormatFlagIsBigEndian,
    kAudioFormatFlagIsPacked,
};

static OSStatus create_as(cm_file *f, const AudioStreamBasicDescription *format)
{
    f->format = *format;
    cm_asbd_complete(&f->format);
    OSStatus status = cm_asbd_check(&f->format);
    return status == noErr ? f->container->create(f) : status;
}

/* Of fixed point samples with an integer part no file type can say so. */
static bool has_fraction(const AudioStreamBasicDescription *format)
{
    return format->mFormatID == kAudioFormatLinearPCM &&
           (format->mFormatFlags & kLinearPCMFormatFlagsSampleFractionMask);
}

static OSStatus create_format(cm_file *f, const AudioStreamBasicDescription *format)
{
    if (format->mFormatID != kAudioFormatLinearPCM || format->mFormatFlags != 0)
        return create_as(f, format);
    OSStatus status = kAudioFileUnsupportedDataFormatError;
    for (size_t i = 0; i < sizeof open_flags / sizeof *open_flags; i++) {
        AudioStreamBasicDescription tried = *format;
        tried.mFormatFlags = open_flags[i];
        status = create_as(f, &tried);
        if (status != kAudioFileUnsupportedDataFormatError)
            break;
        f->container->close(f);
        f->state = NULL;
        cm_chunks_free(f);
    }
    return status;
}

OSStatus cm_file_create_io(cm_io *io, AudioFileTypeID type, const AudioStreamBasicDescription *format,
                           AudioFileFlags flags, cm_file **out)
{
    *out = NULL;
    const cm_container *container = NULL;
    const cm_file_type *known = cm_file_type_find(type, &container);
    OSStatus status = noErr;
    if (!known || !container->create)
        status = cm_fail(kAudioFileUnsupportedFileTypeError, "files of this type cannot be written");
    else if (!format)
        status = cmParamError;
    else if (!cm_format_in(known->writable, format->mFormatID) || has_fraction(format))
        status = cm_fail(kAudioFileUnsupportedDataFormatError, "this data format does not go into a %s file",
                         known->name);
    cm_file *f = status == noErr ? new_file(io, container, type, kAudioFileReadWritePermission) : NULL;
    if (!f) {
        cm_io_close(io);
        return status == noErr ? cmMemFullError : status;
    }
    f->flags = flags;
    f->created = true;
    f->dirty = true;
    if (cm_io_size(io) > 0)
        status = cm_io_set_size(io, 0);
    if (status == noErr)
        status = create_format(f, format);
    if (status == noErr)
        *out = f;
    else
        cm_file_free(f);
    return status;
}

/* ---- the end of it ---- */

OSStatus cm_file_finish(cm_file *f)
{
    if (!(f->permissions & kAudioFileWritePermission))
        return noErr;
    if (f->given_up) /* an encoder's last packets, written on closing, have set write_status anew */
        f->write_status = cmUserCanceled;
    bool has_path = cm_io_path(f->io)[0] != 0;
    if (f->write_status != noErr && has_path)
        return cm_fail(f->write_status, "%s: left as it was, because the last write of audio failed",
                       cm_io_path(f->io));
    OSStatus status = cm_file_complete_empty(f);
    if (status == noErr && f->dirty)
        status = f->container->flush(f);
    if (status != noErr)
        return status;
    f->dirty = false;
    return f->write_status != noErr ? f->write_status : cm_io_commit(f->io);
}

OSStatus cm_file_close(cm_file *f)
{
    OSStatus status = cm_file_finish(f);
    cm_file_free(f);
    return status;
}

/* ---- handles ---- */

static void destroy(void *object)
{
    cm_file_free(object);
}

OSStatus cm_file_publish(cm_file *f, AudioFileID *out)
{
    *out = cm_handle_new(CM_KIND_AUDIO_FILE, f, destroy);
    if (*out)
        return noErr;
    cm_file_free(f);
    return cmMemFullError;
}

cm_file *cm_file_pin(AudioFileID id)
{
    return cm_handle_pin(id, CM_KIND_AUDIO_FILE);
}

void cm_file_unpin(AudioFileID id)
{
    cm_handle_unpin(id);
}

cm_file *cm_file_enter(AudioFileID id)
{
    cm_file *f = cm_file_pin(id);
    if (!f)
        return NULL;
    cm_file_lock(f);
    if (!f->closed)
        return f;
    cm_file_leave(id, f);
    return NULL;
}

void cm_file_leave(AudioFileID id, cm_file *f)
{
    cm_file_unlock(f);
    cm_file_unpin(id);
}

OSStatus cm_file_check_readable(const cm_file *f)
{
    return f->permissions & kAudioFileReadPermission ? noErr : kAudioFilePermissionsError;
}

OSStatus cm_file_check_writable(const cm_file *f)
{
    return f->permissions & kAudioFileWritePermission ? noErr : kAudioFilePermissionsError;
}
