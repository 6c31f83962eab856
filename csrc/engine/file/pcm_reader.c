#include "pcm_reader.h"

#include "../base/workers.h"
#include "file.h"

#include <stdatomic.h>

#define BLOCK_BYTES (64u * 1024)            /* read and converted at once: stays in the cache */
#define PIECE_BYTES ((size_t)2 << 20)       /* of output, for one worker at a time: a huge page, see cut */
#define SHARED_READ_BYTES ((size_t)4 << 20) /* from here on the workers help */

typedef struct pcm_read {
    cm_file *file;
    const cm_pcm *from, *to;
    void *const *planes;
    SInt64 first;
    size_t frames;
    size_t head;             /* frames of the first piece */
    size_t piece;            /* frames of the others */
    _Atomic size_t complete; /* frames that were read without a gap: the smallest end of a short piece */
    _Atomic OSStatus status;
} pcm_read;

/* Frames of the file's own encoding. Short only at the end. */
static OSStatus read_raw(cm_file *f, SInt64 first, size_t frames, size_t stride, void *buffer, size_t *got)
{
    if (!f->container->read_packets) {
        size_t bytes = 0;
        OSStatus status = cm_io_read(f->io, f->data_offset + first * (SInt64)stride, buffer, frames * stride,
                                     &bytes);
        *got = bytes / stride;
        return status;
    }
    UInt32 count = (UInt32)frames, bytes = (UInt32)(frames * stride);
    OSStatus status = cm_file_read_packets(f, first, &count, NULL, &bytes, buffer);
    *got = status == noErr ? count : 0;
    return status == kAudioFileEndOfFileError ? noErr : status;
}

static void planes_at(const pcm_read *job, size_t frame, void **out)
{
    UInt32 count = job->to->planar ? job->to->channels : 1;
    for (UInt32 c = 0; c < count; c++)
        out[c] = (char *)job->planes[c] + frame * cm_pcm_stride(job->to);
}

static OSStatus read_piece(const pcm_read *job, size_t start, size_t frames, size_t *got)
{
    UInt8 block[BLOCK_BYTES];
    void *at[CM_MAX_CHANNELS];
    size_t stride = cm_pcm_stride(job->from);
    bool copy = cm_pcm_same(job->from, job->to) && !job->to->planar;
    size_t step = copy ? PIECE_BYTES / stride : BLOCK_BYTES / stride;
    OSStatus status = noErr;
    for (*got = 0; status == noErr && *got < frames;) {
        size_t wanted = frames - *got < step ? frames - *got : step, actual;
        planes_at(job, start + *got, at);
        status = read_raw(job->file, job->first + (SInt64)(start + *got), wanted, stride,
                          copy ? at[0] : block, &actual);
        if (!copy && actual > 0)
            cm_pcm_convert(job->to, at, job->from, &(const void *){ block }, actual);
        *got += actual;
        if (actual < wanted)
            break;
    }
    return status;
}

static void run_piece(void *context, size_t index)
{
    pcm_read *job = context;
    size_t start = index ? job->head + (index - 1) * job->piece : 0, got;
    size_t wanted = index ? job->piece : job->head;
    size_t frames = job->frames - start < wanted ? job->frames - start : wanted;
    OSStatus status = read_piece(job, start, frames, &got);
    if (status != noErr)
        atomic_store(&job->status, status);
    size_t end = atomic_load(&job->complete);
    while (got < frames && start + got < end &&
           !atomic_compare_exchange_weak(&job->complete, &end, start + got))
        ;
}

/*
 * Pieces end where huge pages of the output do: in fresh memory two threads that meet in one would both have
 * it zeroed by the kernel, and one of the two pages is thrown away.
 */
static void cut(pcm_read *job)
{
    size_t stride = cm_pcm_stride(job->to);
    size_t before = PIECE_BYTES - (uintptr_t)job->planes[0] % PIECE_BYTES;
    job->piece = PIECE_BYTES / stride;
    job->head = before / stride > 0 ? before / stride : job->piece;
}

OSStatus cm_pcm_read(cm_file *f, const cm_pcm *from, SInt64 first, const cm_pcm *to, void *const *planes,
                     size_t frames, size_t *got)
{
    size_t stride = cm_pcm_stride(from);
    SInt64 available = f->data_bytes / (SInt64)stride - first;
    *got = 0;
    if (available <= 0 || stride > BLOCK_BYTES)
        return available <= 0 ? noErr : kAudioFileUnsupportedDataFormatError;
    if ((SInt64)frames > available)
        frames = (size_t)available;
    pcm_read job = { .file = f, .from = from, .to = to, .planes = planes, .first = first, .frames = frames };
    size_t out_frame = (size_t)to->bytes * to->channels;
    bool shared = frames * out_frame >= SHARED_READ_BYTES && cm_io_path(f->io)[0] &&
                  !f->container->read_packets;
    if (!shared)
        return read_piece(&job, 0, frames, got);
    cut(&job);
    atomic_store(&job.complete, frames);
    cm_workers_run(1 + (frames - job.head + job.piece - 1) / job.piece, run_piece, &job);
    *got = atomic_load(&job.complete);
    return *got > 0 ? noErr : atomic_load(&job.status);
}
