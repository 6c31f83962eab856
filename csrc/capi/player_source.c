#include "player_source.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/*
 * The queue holds BLOCKS blocks. A change (seek, loop, rate, file) begins a new generation: its blocks are
 * queued behind the old ones, and the render thread jumps to them as soon as there are any. RESERVE blocks
 * are kept free for that.
 */
enum { BLOCKS = 64, RESERVE = 8, BLOCK_FRAMES = 1024, POLL_MS = 10 };

typedef struct block {
    unsigned generation;
    bool continues; /* first of a generation that begins where the one before is: what was taken meanwhile
                     * is passed over */
    bool last;      /* nothing follows in this generation */
    double start;   /* position of the first frame */
    double step;    /* positions from a frame to the next: the rate */
    UInt32 frames;
    float samples[BLOCK_FRAMES * CM_PLAYER_CHANNELS];
} block;

struct cm_player_source {
    block *blocks;
    _Atomic unsigned head; /* blocks ever written, by the reading thread */
    _Atomic unsigned tail; /* blocks ever taken, by the render thread */
    _Atomic unsigned wanted;
    _Atomic double position;
    _Atomic int64_t length;
    _Atomic unsigned over; /* the generation that was played to its end; 0: none */
    atomic_ulong underruns;

    /* The render thread's own. */
    UInt32 taken; /* frames of the block at tail */
    unsigned current;
    bool aligning; /* the generation continues, and where it is to begin was not reached yet */
    bool starved;

    /* Under the lock: the file and where its reader is. */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
    pid_t process; /* where the thread is: not in a child after fork() */
    bool quit, orphan, at_end, told, rendering;
    unsigned fresh; /* blocks of this generation so far */
    ExtAudioFileRef file;
    UInt32 channels; /* of the client format */
    double next, rate;
    bool continues;
    bool looping;
    SInt64 loop_begin, loop_end;
    void (*on_end)(void *context);
    void *context;
};

/* ---- reading, on the thread of its own ---- */

/* A client rate below the device's makes the sound longer, that is slower. */
static OSStatus set_client_format(ExtAudioFileRef file, UInt32 channels, double rate)
{
    AudioStreamBasicDescription format = {
        .mSampleRate = CM_PLAYER_RATE / rate,
        .mFormatID = kAudioFormatLinearPCM,
        .mFormatFlags = kAudioFormatFlagIsFloat | kAudioFormatFlagsNativeEndian | kAudioFormatFlagIsPacked,
        .mBytesPerPacket = channels * (UInt32)sizeof(float),
        .mFramesPerPacket = 1,
        .mBytesPerFrame = channels * (UInt32)sizeof(float),
        .mChannelsPerFrame = channels,
        .mBitsPerChannel = 32,
    };
    return ExtAudioFileSetProperty(file, kExtAudioFileProperty_ClientDataFormat, sizeof format, &format);
}

static double file_rate(ExtAudioFileRef file)
{
    AudioStreamBasicDescription format = { 0 };
    UInt32 size = sizeof format;
    ExtAudioFileGetProperty(file, kExtAudioFileProperty_FileDataFormat, &size, &format);
    return format.mSampleRate > 0 ? format.mSampleRate : CM_PLAYER_RATE;
}

static void move_to(cm_player_source *s, double position)
{
    s->next = position;
    s->at_end = false;
    if (s->file)
        ExtAudioFileSeek(s->file, (SInt64)(position * file_rate(s->file) / CM_PLAYER_RATE + 0.5));
}

/* Where the reader has to stop or go back. */
static double reading_end(const cm_player_source *s)
{
    double length = (double)atomic_load(&s->length);
    if (s->looping && s->loop_end > 0 && (double)s->loop_end < length &&
        s->next < (double)s->loop_end + s->rate)
        return (double)s->loop_end;
    return length;
}

static void mono_to_stereo(float *samples, UInt32 frames)
{
    for (UInt32 i = frames; i-- > 0;)
        samples[2 * i] = samples[2 * i + 1] = samples[i];
}

/* Frames into a block; 0 at the end of what there is to read. An error of the file ends it. */
static UInt32 read_block(cm_player_source *s, block *b)
{
    double left = (reading_end(s) - s->next) / s->rate;
    UInt32 frames = left < BLOCK_FRAMES ? left > 0 ? (UInt32)(left + 0.5) : 0 : BLOCK_FRAMES;
    AudioBufferList list = { 1,
                             { { s->channels, frames * s->channels * (UInt32)sizeof(float), b->samples } } };
    if (frames && ExtAudioFileRead(s->file, &frames, &list))
        frames = 0;
    if (s->channels == 1)
        mono_to_stereo(b->samples, frames);
    return frames;
}

static bool has_room(cm_player_source *s)
{
    unsigned used = atomic_load(&s->head) - atomic_load_explicit(&s->tail, memory_order_acquire);
    return used < (s->fresh < RESERVE ? BLOCKS : BLOCKS - RESERVE);
}

/* Queues one block and what follows from it; under the lock. */
static void produce(cm_player_source *s)
{
    unsigned head = atomic_load(&s->head);
    block *b = &s->blocks[head % BLOCKS];
    b->frames = read_block(s, b);
    if (b->frames == 0 && s->looping && s->next > (double)s->loop_begin) {
        move_to(s, (double)s->loop_begin);
        b->frames = read_block(s, b);
    }
    b->generation = atomic_load(&s->wanted);
    b->continues = s->continues;
    b->start = s->next;
    b->step = s->rate;
    s->next += b->frames * s->rate;
    s->continues = false;
    s->fresh++;
    b->last = s->at_end = b->frames == 0 || (!s->looping && s->next >= (double)atomic_load(&s->length));
    atomic_store_explicit(&s->head, head + 1, memory_order_release);
}

static void wait_a_little(cm_player_source *s, int milliseconds)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += milliseconds * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_cond_timedwait(&s->changed, &s->lock, &until);
}

static void tell_end(cm_player_source *s)
{
    s->told = true;
    pthread_mutex_unlock(&s->lock);
    s->on_end(s->context);
    pthread_mutex_lock(&s->lock);
}

static void destroy(cm_player_source *s)
{
    if (s->file)
        ExtAudioFileDispose(s->file);
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
    free(s->blocks);
    free(s);
}

static void *read_ahead(void *context)
{
    cm_player_source *s = context;
    pthread_mutex_lock(&s->lock);
    while (!s->quit) {
        if (s->file && !s->at_end && has_room(s))
            produce(s);
        else if (cm_source_has_ended(s) && !s->told)
            tell_end(s);
        else
            wait_a_little(s, POLL_MS);
    }
    pthread_mutex_unlock(&s->lock);
    if (s->orphan)
        destroy(s);
    return NULL;
}

/* ---- control ---- */

cm_player_source *cm_source_new(void (*ended)(void *context), void *context)
{
    cm_player_source *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->blocks = calloc(BLOCKS, sizeof *s->blocks);
    s->rate = 1.0;
    s->process = getpid();
    s->on_end = ended;
    s->context = context;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->changed, NULL);
    if (s->blocks && pthread_create(&s->thread, NULL, read_ahead, s) == 0)
        return s;
    free(s->blocks);
    free(s);
    return NULL;
}

void cm_source_free(cm_player_source *s)
{
    if (!s || s->process != getpid()) /* in a child the lock may be held for ever: left as it is */
        return;
    bool own = pthread_equal(pthread_self(), s->thread);
    pthread_mutex_lock(&s->lock);
    s->quit = true;
    s->orphan = own;
    pthread_cond_signal(&s->changed);
    pthread_mutex_unlock(&s->lock);
    if (own) {
        pthread_detach(s->thread);
        return;
    }
    pthread_join(s->thread, NULL);
    destroy(s);
}

/* Under the lock. */
static void begin_generation(cm_player_source *s, double position, bool continues)
{
    move_to(s, position);
    s->continues = continues;
    s->told = false;
    s->fresh = 0;
    atomic_fetch_add(&s->wanted, 1);
    if (!s->rendering) { /* nobody takes the old blocks out */
        atomic_store(&s->tail, atomic_load(&s->head));
        s->taken = 0;
    }
    pthread_cond_signal(&s->changed);
}

/* Surround sound is mixed down where the file says what its channels are. */
static void mix_to_stereo(ExtAudioFileRef file)
{
    AudioChannelLayout stereo = { .mChannelLayoutTag = kAudioChannelLayoutTag_Stereo };
    ExtAudioFileSetProperty(file, kExtAudioFileProperty_ClientChannelLayout,
                            (UInt32)offsetof(AudioChannelLayout, mChannelDescriptions), &stereo);
}

static OSStatus open_file(CFURLRef url, double rate, ExtAudioFileRef *file, UInt32 *channels, SInt64 *length,
                          const char **what)
{
    AudioStreamBasicDescription format;
    UInt32 size = sizeof format, length_size = sizeof *length;
    *what = "Could not open audio file";
    OSStatus status = ExtAudioFileOpenURL(url, file);
    if (status)
        return status;
    *what = "Could not get file format";
    status = ExtAudioFileGetProperty(*file, kExtAudioFileProperty_FileDataFormat, &size, &format);
    if (!status) {
        *channels = format.mChannelsPerFrame == 1 ? 1 : CM_PLAYER_CHANNELS;
        *what = "Could not set client format";
        status = set_client_format(*file, *channels, rate);
    }
    if (!status) {
        if (format.mChannelsPerFrame > CM_PLAYER_CHANNELS)
            mix_to_stereo(*file);
        *what = "Could not get file length";
        status = ExtAudioFileGetProperty(*file, kExtAudioFileProperty_FileLengthFrames, &length_size, length);
    }
    if (status)
        ExtAudioFileDispose(*file);
    else
        *length = (SInt64)((double)*length * CM_PLAYER_RATE / format.mSampleRate + 0.5);
    return status;
}

OSStatus cm_source_load(cm_player_source *s, CFURLRef url, const char **what)
{
    ExtAudioFileRef file, old;
    UInt32 channels;
    SInt64 length;
    OSStatus status = open_file(url, s->rate, &file, &channels, &length, what);
    if (status)
        return status;
    pthread_mutex_lock(&s->lock);
    old = s->file;
    s->file = file;
    s->channels = channels;
    s->loop_begin = s->loop_end = 0;
    s->looping = false;
    atomic_store(&s->length, length);
    begin_generation(s, 0.0, false);
    if (!s->rendering)
        atomic_store(&s->position, 0.0);
    pthread_mutex_unlock(&s->lock);
    if (old)
        ExtAudioFileDispose(old);
    return noErr;
}

SInt64 cm_source_length(cm_player_source *s)
{
    return atomic_load(&s->length);
}

void cm_source_set_rendering(cm_player_source *s, bool rendering)
{
    if (s->process != getpid()) /* the reading thread may have had the lock */
        return;
    pthread_mutex_lock(&s->lock);
    s->rendering = rendering;
    pthread_mutex_unlock(&s->lock);
}

void cm_source_seek(cm_player_source *s, SInt64 frame)
{
    pthread_mutex_lock(&s->lock);
    begin_generation(s, (double)frame, false);
    if (!s->rendering)
        atomic_store(&s->position, (double)frame);
    pthread_mutex_unlock(&s->lock);
}

void cm_source_set_loop(cm_player_source *s, bool on, SInt64 begin, SInt64 end)
{
    pthread_mutex_lock(&s->lock);
    s->looping = on;
    s->loop_begin = begin;
    s->loop_end = end;
    if (s->file && !cm_source_has_ended(s))
        begin_generation(s, atomic_load(&s->position), true);
    pthread_mutex_unlock(&s->lock);
}

void cm_source_set_rate(cm_player_source *s, double rate)
{
    pthread_mutex_lock(&s->lock);
    s->rate = rate;
    if (s->file) {
        set_client_format(s->file, s->channels, rate);
        if (!cm_source_has_ended(s))
            begin_generation(s, atomic_load(&s->position), true);
    }
    pthread_mutex_unlock(&s->lock);
}

static bool is_ready(cm_player_source *s)
{
    unsigned head = atomic_load(&s->head);
    return !s->file || s->at_end ||
           (head != atomic_load(&s->tail) &&
            s->blocks[(head - 1) % BLOCKS].generation == atomic_load(&s->wanted) &&
            head - atomic_load(&s->tail) >= RESERVE);
}

bool cm_source_is_ready(cm_player_source *s)
{
    pthread_mutex_lock(&s->lock);
    bool ready = is_ready(s);
    pthread_mutex_unlock(&s->lock);
    return ready;
}

/* On the reading thread there is nobody to wait for. */
static void read_here(cm_player_source *s)
{
    pthread_mutex_lock(&s->lock);
    while (s->file && !is_ready(s) && has_room(s))
        produce(s);
    pthread_mutex_unlock(&s->lock);
}

void cm_source_wait(cm_player_source *s, int milliseconds)
{
    if (pthread_equal(pthread_self(), s->thread))
        read_here(s);
    for (int waited = 0; waited < milliseconds && !cm_source_is_ready(s); waited++)
        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

/* ---- rendering ---- */

/* Passes over the blocks before the wanted generation, once that has any. */
static unsigned jump(cm_player_source *s, unsigned tail, unsigned head)
{
    unsigned wanted = atomic_load(&s->wanted);
    if (s->current == wanted)
        return tail;
    for (unsigned i = tail; i != head; i++) {
        if (s->blocks[i % BLOCKS].generation == wanted) {
            s->current = wanted;
            s->taken = 0;
            s->aligning = s->blocks[i % BLOCKS].continues;
            return i;
        }
    }
    return tail;
}

/* What was played of the generation before, while this one was being read, is not played again. */
static void align(cm_player_source *s, const block *b)
{
    double ahead = (atomic_load(&s->position) - b->start) / b->step;
    s->taken = ahead <= 0 ? 0 : ahead < b->frames ? (UInt32)(ahead + 0.5) : b->frames;
    s->aligning = s->taken == b->frames && !b->last;
}

/* Frames of one block. */
static UInt32 take_from(cm_player_source *s, const block *b, float *out, UInt32 frames)
{
    if (s->aligning)
        align(s, b);
    UInt32 n = b->frames - s->taken < frames ? b->frames - s->taken : frames;
    memcpy(out, b->samples + (size_t)s->taken * CM_PLAYER_CHANNELS, sizeof(float) * CM_PLAYER_CHANNELS * n);
    s->taken += n;
    if (n)
        atomic_store(&s->position, b->start + s->taken * b->step);
    return n;
}

UInt32 cm_source_take(cm_player_source *s, float *out, UInt32 frames)
{
    unsigned head = atomic_load_explicit(&s->head, memory_order_acquire);
    unsigned tail = jump(s, atomic_load_explicit(&s->tail, memory_order_relaxed), head);
    UInt32 done = 0;
    while (done < frames && tail != head && !cm_source_has_ended(s)) {
        const block *b = &s->blocks[tail % BLOCKS];
        done += take_from(s, b, out + (size_t)done * CM_PLAYER_CHANNELS, frames - done);
        if (s->taken < b->frames)
            break;
        if (b->last) /* if the control thread wants another one by now, this is not its end */
            atomic_store(&s->over, b->generation);
        s->taken = 0;
        tail++;
    }
    atomic_store_explicit(&s->tail, tail, memory_order_release);
    bool starved = done < frames && !cm_source_has_ended(s) && atomic_load(&s->length) > 0;
    if (starved && !s->starved)
        atomic_fetch_add(&s->underruns, 1);
    s->starved = starved;
    return done;
}

double cm_source_position(cm_player_source *s)
{
    return atomic_load(&s->position);
}

bool cm_source_has_ended(cm_player_source *s)
{
    unsigned over = atomic_load(&s->over);
    return over != 0 && over == atomic_load(&s->wanted);
}

unsigned long cm_source_underruns(cm_player_source *s)
{
    return atomic_load(&s->underruns);
}
