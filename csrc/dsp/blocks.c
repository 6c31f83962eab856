#include "blocks.h"

#include "parallel.h"

#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/* From this size of a result on, writing past the caches is faster than through them. */
#define STREAM_FROM_BYTES ((size_t)24 << 20)
/* Short blocks keep reading and writing close together, so that the memory never idles in one direction. */
#define STREAM_BLOCK_BYTES 2048
#define CACHE_LINE 64

#if defined(__SSE2__)

enum { CAN_STREAM = 1 };

static void stream_out(char *to, const char *from, size_t size)
{
    size_t head = cm_smaller((size_t)(-(uintptr_t)to & (CACHE_LINE - 1)), size);
    memcpy(to, from, head);
    to += head, from += head, size -= head;
    for (; size >= CACHE_LINE; to += CACHE_LINE, from += CACHE_LINE, size -= CACHE_LINE) {
        const __m128i *source = (const __m128i *)(const void *)from;
        __m128i *target = (__m128i *)(void *)to;
        for (int i = 0; i < CACHE_LINE / 16; i++)
            _mm_stream_si128(target + i, _mm_loadu_si128(source + i));
    }
    memcpy(to, from, size);
}

static void stream_end(void)
{
    _mm_sfence();
}

#else

enum { CAN_STREAM = 0 };

static void stream_out(char *to, const char *from, size_t size)
{
    memcpy(to, from, size);
}

static void stream_end(void)
{
}

#endif

void cm_prefetch(const cm_view *view, size_t first, size_t frames)
{
    if (first >= view->frames || !cm_view_is_packed(view))
        return;
    frames = cm_smaller(frames, view->frames - first);
    const char *base = view->data + view->frame_stride * (ptrdiff_t)first;
    size_t size = frames * view->channels * cm_view_size(view);
    for (size_t at = 0; at < size; at += CACHE_LINE)
        __builtin_prefetch(base + at);
}

static bool shares(const cm_view *out, const cm_view *in)
{
    return in && in->data == out->data;
}

static size_t widest(const cm_view *out, const cm_view *a, const cm_view *b)
{
    size_t channels = out->channels ? out->channels : 1;
    if (a && a->channels > channels)
        channels = a->channels;
    return b && b->channels > channels ? b->channels : channels;
}

static char *place(const cm_view *view, size_t first)
{
    return view->data + view->frame_stride * (ptrdiff_t)first;
}

/* Blocks of whole cache lines that start with one, if the size of a frame (unit bytes in a row) allows it. */
static void align_to_lines(cm_sink *sink, size_t unit)
{
    uintptr_t start = (uintptr_t)place(sink->view, sink->first);
    size_t misaligned = (size_t)(-start & (CACHE_LINE - 1));
    sink->step -= sink->step > CACHE_LINE ? sink->step % CACHE_LINE : 0;
    sink->lead = misaligned && misaligned % unit == 0 ? cm_smaller(misaligned / unit, sink->step)
                                                      : sink->step;
}

cm_sink cm_sink_open(const cm_view *out, const cm_view *a, const cm_view *b, size_t first, size_t end)
{
    size_t size = out->channels * cm_view_size(out), step = CM_BLOCK_SAMPLES / widest(out, a, b);
    bool packed = cm_view_is_packed(out), in_place = shares(out, a) || shares(out, b);
    /* In place with another type of the same size: a kernel must not see one memory as two types. */
    bool retyped = (shares(out, a) && a->type != out->type) || (shares(out, b) && b->type != out->type);
    bool stream = CAN_STREAM && size > 0 && out->frames >= STREAM_FROM_BYTES / size && !in_place;
    cm_sink sink = { .view = out, .first = first, .end = end, .lead = step, .step = step };
    sink.streamed = stream && packed;
    sink.planes = stream && !packed && out->frame_stride == (ptrdiff_t)cm_view_size(out);
    sink.direct = packed && !stream && !retyped;
    if (sink.streamed)
        sink.step = cm_smaller(step, STREAM_BLOCK_BYTES / size ? STREAM_BLOCK_BYTES / size : 1);
    /* Stores that straddle two lines cost twice, also those within the caches. */
    if (size > 0)
        align_to_lines(&sink, sink.planes ? cm_view_size(out) : size);
    return sink;
}

size_t cm_sink_next(const cm_sink *sink, size_t at)
{
    return cm_smaller(at == sink->first ? sink->lead : sink->step, sink->end - at);
}

void *cm_sink_target(const cm_sink *sink, size_t first, cm_block *scratch)
{
    return sink->direct ? (void *)place(sink->view, first) : scratch;
}

static void stream_planes(const cm_view *out, size_t first, size_t frames, const void *block)
{
    cm_block rows;
    size_t size = cm_view_size(out), row = frames * size;
    cm_view apart = { (char *)&rows, out->type, frames, out->channels, (ptrdiff_t)size, (ptrdiff_t)row };
    cm_scatter(&apart, 0, frames, block);
    for (size_t c = 0; c < out->channels; c++)
        stream_out(place(out, first) + out->channel_stride * (ptrdiff_t)c, (char *)&rows + c * row, row);
}

void cm_sink_store(const cm_sink *sink, size_t first, size_t frames, const void *block, const cm_view *next)
{
    if (sink->planes) {
        if (next)
            cm_prefetch(next, first + frames, frames);
        stream_planes(sink->view, first, frames, block);
    } else if (sink->streamed) {
        if (next)
            cm_prefetch(next, first + frames, frames);
        stream_out(place(sink->view, first), block, frames * sink->view->channels * cm_view_size(sink->view));
    } else if (!sink->direct) {
        cm_scatter(sink->view, first, frames, block);
    }
}

void cm_sink_close(const cm_sink *sink)
{
    if (sink->streamed || sink->planes)
        stream_end();
}

const void *cm_load(const cm_view *from, size_t first, size_t frames, cm_block *scratch)
{
    if (cm_view_is_packed(from))
        return place(from, first);
    cm_gather(scratch, from, first, frames);
    return scratch;
}

typedef struct {
    const cm_view *out, *a, *b;
    cm_map_fn kernel;
    cm_map2_fn kernel2;
    const void *context;
} map_job;

static void map_piece(void *argument, size_t first, size_t end)
{
    const map_job *job = argument;
    cm_block from_scratch, to_scratch;
    cm_sink sink = cm_sink_open(job->out, job->a, NULL, first, end);
    for (size_t frames; (frames = cm_sink_next(&sink, first)) > 0; first += frames) {
        const void *from = cm_load(job->a, first, frames, &from_scratch);
        void *to = cm_sink_target(&sink, first, &to_scratch);
        job->kernel(job->context, to, from, first, frames);
        cm_sink_store(&sink, first, frames, to, job->a);
    }
    cm_sink_close(&sink);
}

static size_t frame_bytes(const cm_view *view)
{
    return view->channels * cm_view_size(view);
}

void cm_map(const cm_view *out, const cm_view *in, cm_map_fn kernel, const void *context)
{
    map_job job = { .out = out, .a = in, .kernel = kernel, .context = context };
    cm_parallel(in->frames, frame_bytes(out) + frame_bytes(in), map_piece, &job);
}

static void map2_piece(void *argument, size_t first, size_t end)
{
    const map_job *job = argument;
    cm_block a_scratch, b_scratch, to_scratch;
    cm_sink sink = cm_sink_open(job->out, job->a, job->b, first, end);
    for (size_t frames; (frames = cm_sink_next(&sink, first)) > 0; first += frames) {
        const void *a = cm_load(job->a, first, frames, &a_scratch);
        const void *b = cm_load(job->b, first, frames, &b_scratch);
        void *to = cm_sink_target(&sink, first, &to_scratch);
        job->kernel2(job->context, to, a, b, first, frames);
        if (sink.streamed)
            cm_prefetch(job->b, first + frames, frames);
        cm_sink_store(&sink, first, frames, to, job->a);
    }
    cm_sink_close(&sink);
}

void cm_map2(const cm_view *out, const cm_view *a, const cm_view *b, cm_map2_fn kernel, const void *context)
{
    map_job job = { .out = out, .a = a, .b = b, .kernel2 = kernel, .context = context };
    cm_parallel(out->frames, frame_bytes(out) + frame_bytes(a) + frame_bytes(b), map2_piece, &job);
}

static void copy_piece(void *argument, size_t first, size_t end)
{
    const map_job *job = argument;
    const cm_view *in = job->a;
    bool from_packed = cm_view_is_packed(in);
    cm_block scratch;
    cm_sink sink = cm_sink_open(job->out, in, NULL, first, end);
    for (size_t frames; (frames = cm_sink_next(&sink, first)) > 0; first += frames) {
        void *to = cm_sink_target(&sink, first, &scratch);
        if (!from_packed)
            cm_gather(to, in, first, frames);
        cm_sink_store(&sink, first, frames, from_packed ? place(in, first) : to, in);
    }
    cm_sink_close(&sink);
}

void cm_copy(const cm_view *out, const cm_view *in)
{
    map_job job = { .out = out, .a = in };
    if (cm_view_is_packed(in) && cm_view_is_packed(out)) {
        if (out->frames > 0 && out->data != in->data)
            memcpy(out->data, in->data, out->frames * frame_bytes(out));
        return;
    }
    cm_parallel(out->frames, frame_bytes(out) + frame_bytes(in), copy_piece, &job);
}
