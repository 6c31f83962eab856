#include "io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_BLOCK ((size_t)1 << 20)

typedef struct io_ops {
    OSStatus (*read)(cm_io *io, SInt64 at, void *buffer, size_t size, size_t *got);
    OSStatus (*write)(cm_io *io, SInt64 at, const void *bytes, size_t size);
    SInt64 (*size)(cm_io *io);
    OSStatus (*set_size)(cm_io *io, SInt64 size);
} io_ops;

struct cm_io {
    const io_ops *ops;
    bool writable;

    /* a path */
    int fd;
    char *path;    /* as the caller gave it */
    char *target;  /* what a commit replaces: path with links resolved */
    char *part;    /* the temporary file that fd writes, or NULL while nothing was changed */
    pid_t process; /* who made part: a child of fork() shares fd with it, and may neither write nor replace */
    SInt64 fixed;  /* the size when it was opened, for files that are only read */

    /* callbacks */
    void *client;
    AudioFile_ReadProc client_read;
    AudioFile_WriteProc client_write;
    AudioFile_GetSizeProc client_size;
    AudioFile_SetSizeProc client_set_size;

    /* a stream */
    const cm_io_stream *stream;
    void *context;

    /* memory */
    const char *bytes;
    size_t byte_count;
};

static OSStatus new_io(const io_ops *ops, bool writable, cm_io **out)
{
    cm_io *io = calloc(1, sizeof *io);
    *out = io;
    if (!io)
        return cmMemFullError;
    io->ops = ops;
    io->writable = writable;
    io->fd = -1;
    return noErr;
}

/* ---- files ---- */

static OSStatus file_read(cm_io *io, SInt64 at, void *buffer, size_t size, size_t *got)
{
    size_t done = 0;
    while (done < size) {
        ssize_t n = pread(io->fd, (char *)buffer + done, size - done, (off_t)at + (off_t)done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return cm_fail_errno(errno, io->path);
        if (n == 0)
            break;
        done += (size_t)n;
    }
    *got = done;
    return noErr;
}

static SInt64 file_size(cm_io *io)
{
    struct stat info;
    if (!io->writable)
        return io->fixed;
    return fstat(io->fd, &info) == 0 ? (SInt64)info.st_size : 0;
}

static OSStatus write_fd(int fd, SInt64 at, const void *bytes, size_t size, const char *path)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = pwrite(fd, (const char *)bytes + done, size - done, (off_t)at + (off_t)done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return cm_fail_errno(n < 0 ? errno : ENOSPC, path);
        done += (size_t)n;
    }
    return noErr;
}

/* Creates ".name.XXXXXX.part" beside target with the permissions of a new file. The fd, or -1 with errno set.
 */
static int create_part(const char *target, char **part)
{
    const char *slash = strrchr(target, '/');
    const char *name = slash ? slash + 1 : target;
    int folder = slash ? (int)(slash - target) + 1 : 0;
    size_t size = strlen(target) + 32;
    *part = malloc(size);
    if (!*part)
        return -1;
    for (int attempt = 0; attempt < 64; attempt++) {
        uint32_t random = 0;
        if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
            break;
        snprintf(*part, size, "%.*s.%.200s.%06x.part", folder, target, name, random & 0xFFFFFF);
        int fd = open(*part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0 || errno != EEXIST)
            return fd;
    }
    return -1;
}

static OSStatus copy_contents(int from, int to, const char *path)
{
    if (ioctl(to, FICLONE, from) == 0)
        return noErr;
    loff_t in = 0, out = 0;
    ssize_t n;
    while ((n = copy_file_range(from, &in, to, &out, (size_t)1 << 30, 0)) > 0)
        ;
    if (n == 0)
        return noErr;
    char *block = malloc(COPY_BLOCK);
    if (!block)
        return cmMemFullError;
    OSStatus status = noErr;
    while (status == noErr && (n = pread(from, block, COPY_BLOCK, (off_t)in)) != 0) {
        if (n < 0) {
            status = cm_fail_errno(errno, path);
        } else {
            status = write_fd(to, in, block, (size_t)n, path);
            in += n;
        }
    }
    free(block);
    return status;
}

static void keep_permissions(int from, int to)
{
    struct stat info;
    if (fstat(from, &info) != 0)
        return;
    if (fchown(to, info.st_uid, info.st_gid) != 0)
        errno = 0; /* only the superuser may give a file away; the copy is then the caller's */
    fchmod(to, info.st_mode & 07777);
}

static OSStatus check_owner(const cm_io *io)
{
    if (io->process == getpid())
        return noErr;
    return cm_fail(kAudioFilePermissionsError, "%s: opened before fork(), the parent's to write and close",
                   io->path);
}

/* Before the first change: from here on fd is a private copy of the file. */
static OSStatus detach(cm_io *io)
{
    if (io->part)
        return check_owner(io);
    char *part = NULL;
    int fd = create_part(io->target, &part);
    OSStatus status = fd < 0 ? cm_fail_errno(errno, part ? part : io->path) : noErr;
    if (status == noErr) {
        status = copy_contents(io->fd, fd, io->path);
        keep_permissions(io->fd, fd);
    }
    if (status != noErr) {
        if (fd >= 0) {
            unlink(part);
            close(fd);
        }
        free(part);
        return status;
    }
    close(io->fd);
    io->fd = fd;
    io->part = part;
    io->process = getpid();
    return noErr;
}

static OSStatus file_write(cm_io *io, SInt64 at, const void *bytes, size_t size)
{
    OSStatus status = detach(io);
    return status != noErr ? status : write_fd(io->fd, at, bytes, size, io->path);
}

static OSStatus file_set_size(cm_io *io, SInt64 size)
{
    OSStatus status = detach(io);
    if (status == noErr && ftruncate(io->fd, (off_t)size) != 0)
        status = cm_fail_errno(errno, io->path);
    return status;
}

static const io_ops file_ops = { file_read, file_write, file_size, file_set_size };

static OSStatus new_file_io(const char *path, bool writable, cm_io **out)
{
    OSStatus status = new_io(&file_ops, writable, out);
    if (status != noErr)
        return status;
    cm_io *io = *out;
    io->path = strdup(path);
    io->target = writable ? realpath(path, NULL) : NULL;
    if (writable && !io->target)
        io->target = strdup(path);
    return io->path && (io->target || !writable) ? noErr : cmMemFullError;
}

/* A device, pipe or folder is no audio file, and opening one must not wait for a writer. */
static OSStatus refuse_irregular(mode_t mode, const char *path)
{
    if (S_ISREG(mode))
        return noErr;
    return cm_fail_errno(S_ISDIR(mode) ? EISDIR : ENXIO, path);
}

OSStatus cm_io_open(const char *path, bool writable, cm_io **out)
{
    OSStatus status = new_file_io(path, writable, out);
    struct stat info;
    if (status == noErr && writable && access(path, W_OK) != 0)
        status = cm_fail_errno(errno, path);
    if (status == noErr) {
        (*out)->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        if ((*out)->fd < 0 || fstat((*out)->fd, &info) != 0)
            status = cm_fail_errno(errno, path);
    }
    if (status == noErr) {
        (*out)->fixed = (SInt64)info.st_size;
        status = refuse_irregular(info.st_mode, path);
    }
    if (status != noErr) {
        cm_io_close(*out);
        *out = NULL;
    }
    return status;
}

OSStatus cm_io_create(const char *path, bool replace, cm_io **out)
{
    OSStatus status = new_file_io(path, true, out);
    struct stat info;
    bool exists = stat(path, &info) == 0;
    if (status == noErr && exists) {
        status = refuse_irregular(info.st_mode, path);
        if (status == noErr && !replace)
            status = cm_fail_errno(EEXIST, path);
        if (status == noErr && access(path, W_OK) != 0)
            status = cm_fail_errno(errno, path);
    }
    if (status == noErr) {
        (*out)->process = getpid();
        (*out)->fd = create_part((*out)->target, &(*out)->part);
        if ((*out)->fd < 0) {
            status = cm_fail_errno(errno, path);
            free((*out)->part);
            (*out)->part = NULL;
        } else if (exists) {
            fchmod((*out)->fd, info.st_mode & 07777);
        }
    }
    if (status != noErr) {
        cm_io_close(*out);
        *out = NULL;
    }
    return status;
}

/* ---- callbacks ---- */

static OSStatus client_read(cm_io *io, SInt64 at, void *buffer, size_t size, size_t *got)
{
    *got = 0;
    while (*got < size) {
        size_t left = size - *got;
        UInt32 wanted = left > COPY_BLOCK ? (UInt32)COPY_BLOCK : (UInt32)left;
        UInt32 actual = 0;
        OSStatus status = io->client_read(io->client, at + (SInt64)*got, wanted, (char *)buffer + *got,
                                          &actual);
        if (actual > wanted)
            return cm_fail(kAudioFileUnspecifiedError,
                           "a read callback reported more bytes than it was asked for");
        *got += actual;
        if (status == kAudioFileEndOfFileError || (status == noErr && actual == 0))
            return noErr;
        if (status != noErr)
            return status;
    }
    return noErr;
}

static OSStatus client_put(cm_io *io, SInt64 at, const void *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        size_t left = size - done;
        UInt32 wanted = left > COPY_BLOCK ? (UInt32)COPY_BLOCK : (UInt32)left;
        UInt32 actual = 0;
        OSStatus status = io->client_write(io->client, at + (SInt64)done, wanted, (const char *)bytes + done,
                                           &actual);
        if (status != noErr)
            return status;
        if (actual == 0 || actual > wanted)
            return cm_fail(cmDiskFullError, "a write callback took no bytes");
        done += actual;
    }
    return noErr;
}

static SInt64 client_size(cm_io *io)
{
    return io->client_size ? io->client_size(io->client) : 0;
}

/* A client need not know what a gap between its end and a write is filled with. */
static OSStatus client_write(cm_io *io, SInt64 at, const void *bytes, size_t size)
{
    static const char zeros[4096];
    OSStatus status = io->client_write ? noErr : kAudioFilePermissionsError;
    for (SInt64 end = status == noErr ? client_size(io) : at; status == noErr && end < at;) {
        size_t gap = at - end < (SInt64)sizeof zeros ? (size_t)(at - end) : sizeof zeros;
        status = client_put(io, end, zeros, gap);
        end += (SInt64)gap;
    }
    return status == noErr ? client_put(io, at, bytes, size) : status;
}

static OSStatus client_set_size(cm_io *io, SInt64 size)
{
    return io->client_set_size ? io->client_set_size(io->client, size) : kAudioFilePermissionsError;
}

static const io_ops client_ops = { client_read, client_write, client_size, client_set_size };

OSStatus cm_io_wrap_callbacks(void *client, AudioFile_ReadProc read, AudioFile_WriteProc write,
                              AudioFile_GetSizeProc get_size, AudioFile_SetSizeProc set_size, cm_io **out)
{
    if (!read || !get_size)
        return cmParamError;
    OSStatus status = new_io(&client_ops, write != NULL, out);
    if (status == noErr) {
        (*out)->client = client;
        (*out)->client_read = read;
        (*out)->client_write = write;
        (*out)->client_size = get_size;
        (*out)->client_set_size = set_size;
    }
    return status;
}

/* ---- memory ---- */

static OSStatus memory_read(cm_io *io, SInt64 at, void *buffer, size_t size, size_t *got)
{
    size_t left = (uint64_t)at < io->byte_count ? io->byte_count - (size_t)at : 0;
    *got = size < left ? size : left;
    if (*got)
        memcpy(buffer, io->bytes + at, *got);
    return noErr;
}

static OSStatus refuse_write(cm_io *io, SInt64 at, const void *bytes, size_t size)
{
    (void)io, (void)at, (void)bytes, (void)size;
    return kAudioFilePermissionsError;
}

static SInt64 memory_size(cm_io *io)
{
    return (SInt64)io->byte_count;
}

static OSStatus refuse_set_size(cm_io *io, SInt64 size)
{
    (void)io, (void)size;
    return kAudioFilePermissionsError;
}

static const io_ops memory_ops = { memory_read, refuse_write, memory_size, refuse_set_size };

OSStatus cm_io_wrap_memory(const void *bytes, size_t size, cm_io **out)
{
    OSStatus status = new_io(&memory_ops, false, out);
    if (status == noErr) {
        (*out)->bytes = bytes;
        (*out)->byte_count = size;
    }
    return status;
}

/* ---- streams ---- */

static OSStatus stream_read(cm_io *io, SInt64 at, void *buffer, size_t size, size_t *got)
{
    return io->stream->read(io->context, at, buffer, size, size, got);
}

static SInt64 stream_size(cm_io *io)
{
    return io->stream->size(io->context);
}

static const io_ops stream_ops = { stream_read, refuse_write, stream_size, refuse_set_size };

OSStatus cm_io_wrap_stream(const cm_io_stream *stream, void *context, cm_io **out)
{
    OSStatus status = new_io(&stream_ops, false, out);
    if (status == noErr) {
        (*out)->stream = stream;
        (*out)->context = context;
    }
    return status;
}

bool cm_io_is_stream(const cm_io *io)
{
    return io->ops == &stream_ops;
}

/* ---- all kinds ---- */

OSStatus cm_io_read(cm_io *io, SInt64 at, void *buffer, size_t size, size_t *got)
{
    *got = 0;
    return at < 0 ? kAudioFilePositionError : io->ops->read(io, at, buffer, size, got);
}

OSStatus cm_io_read_least(cm_io *io, SInt64 at, void *buffer, size_t least, size_t size, size_t *got)
{
    *got = 0;
    if (at >= 0 && cm_io_is_stream(io))
        return io->stream->read(io->context, at, buffer, least, size, got);
    return cm_io_read(io, at, buffer, size, got);
}

OSStatus cm_io_read_all(cm_io *io, SInt64 at, void *buffer, size_t size)
{
    size_t got;
    OSStatus status = cm_io_read(io, at, buffer, size, &got);
    return status == noErr && got < size ? kAudioFileEndOfFileError : status;
}

OSStatus cm_io_write(cm_io *io, SInt64 at, const void *bytes, size_t size)
{
    if (!io->writable)
        return kAudioFilePermissionsError;
    return at < 0 ? kAudioFilePositionError : io->ops->write(io, at, bytes, size);
}

SInt64 cm_io_size(cm_io *io)
{
    return io->ops->size(io);
}

OSStatus cm_io_set_size(cm_io *io, SInt64 size)
{
    if (!io->writable)
        return kAudioFilePermissionsError;
    return size < 0 ? kAudioFilePositionError : io->ops->set_size(io, size);
}

OSStatus cm_io_move(cm_io *io, SInt64 from, SInt64 to, SInt64 size)
{
    char *block = malloc(COPY_BLOCK);
    if (!block)
        return cmMemFullError;
    OSStatus status = noErr;
    for (SInt64 done = 0; status == noErr && done < size;) {
        SInt64 n = size - done < (SInt64)COPY_BLOCK ? size - done : (SInt64)COPY_BLOCK;
        SInt64 offset = to > from ? size - done - n : done; /* towards the end: from the back */
        status = cm_io_read_all(io, from + offset, block, (size_t)n);
        if (status == noErr)
            status = cm_io_write(io, to + offset, block, (size_t)n);
        done += n;
    }
    free(block);
    return status;
}

bool cm_io_writable(const cm_io *io)
{
    return io->writable;
}

const char *cm_io_path(const cm_io *io)
{
    return io->path ? io->path : "";
}

OSStatus cm_io_commit(cm_io *io)
{
    if (!io->part)
        return noErr;
    OSStatus status = check_owner(io);
    if (status != noErr)
        return status;
    if (rename(io->part, io->target) != 0)
        return cm_fail_errno(errno, io->target);
    free(io->part);
    io->part = NULL;
    return noErr;
}

void cm_io_close(cm_io *io)
{
    if (!io)
        return;
    if (io->part && io->process == getpid())
        unlink(io->part);
    if (io->fd >= 0)
        close(io->fd);
    free(io->part);
    free(io->target);
    free(io->path);
    free(io);
}
