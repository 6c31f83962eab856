#include "parallel.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define WORTH_BYTES ((size_t)16 << 20)
#define MAX_WIDTH 4
#define STACK_BYTES ((size_t)1 << 20)
/* Pieces start at multiples of this many frames, hence, in aligned memory, at a cache line. */
#define GRAIN ((size_t)4096)

typedef struct {
    cm_piece_fn piece;
    void *context;
    size_t first, end;
    pthread_t thread;
} share;

static size_t processors(void)
{
#ifdef __linux__
    cpu_set_t usable;
    if (sched_getaffinity(0, sizeof usable, &usable) == 0)
        return (size_t)CPU_COUNT(&usable);
#endif
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (size_t)online : 1;
}

/* Threads for work that moves that many bytes. */
static size_t width_for(size_t bytes)
{
    if (bytes < WORTH_BYTES)
        return 1;
    size_t width = processors();
    const char *limit = getenv("COREMUSIC_THREADS");
    if (limit && atoi(limit) > 0 && (size_t)atoi(limit) < width)
        width = (size_t)atoi(limit);
    return width < MAX_WIDTH ? width : MAX_WIDTH;
}

static void *run_share(void *argument)
{
    share *s = argument;
    s->piece(s->context, s->first, s->end);
    return NULL;
}

/* Signals stay with the threads that know them. */
static int start(share *s)
{
    sigset_t all, before;
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0)
        return -1;
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&s->thread, &attributes, run_share, s);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return error ? -1 : 0;
}

static void share_out(size_t count, size_t grain, size_t width, cm_piece_fn piece, void *context)
{
    share shares[MAX_WIDTH];
    size_t started = 1;
    for (size_t i = 0; i < width; i++) {
        size_t first = count / width * i / grain * grain;
        size_t end = i + 1 < width ? count / width * (i + 1) / grain * grain : count;
        shares[i] = (share){ .piece = piece, .context = context, .first = first, .end = end };
    }
    while (started < width && start(&shares[started]) == 0)
        started++;
    shares[0].piece(context, shares[0].first, shares[0].end);
    /* Without a thread for it, the rest is done here. */
    for (size_t i = started; i < width; i++)
        piece(context, shares[i].first, shares[i].end);
    for (size_t i = 1; i < started; i++)
        pthread_join(shares[i].thread, NULL);
}

void cm_parallel(size_t frames, size_t bytes_per_frame, cm_piece_fn piece, void *context)
{
    size_t bytes, width = 1;
    if (frames >= MAX_WIDTH * GRAIN && !__builtin_mul_overflow(frames, bytes_per_frame, &bytes))
        width = width_for(bytes);
    share_out(frames, GRAIN, width, piece, context);
}

void cm_parallel_pieces(size_t pieces, size_t bytes, cm_piece_fn run, void *context)
{
    size_t width = width_for(bytes);
    share_out(pieces, 1, pieces < width ? pieces : width, run, context);
}
