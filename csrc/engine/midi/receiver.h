/*
 * receiver.h: where messages arrive: an input port, a virtual destination, a driver's destination, the bus.
 *
 * A receiver is called by one thread at a time, and by nobody recursively. Whoever brings a message while
 * another thread is inside leaves a copy, which that thread delivers before it goes. So the way in needs no
 * lock and no copy as long as nobody else is there, and no callback can wait for another.
 */
#ifndef CM_MIDI_RECEIVER_H
#define CM_MIDI_RECEIVER_H

#include "midi/object.h"
#include "midi/packets.h"
#include "midi/ump.h"

#include <coremusic/engine.h>
#include <pthread.h>
#include <stdatomic.h>

enum {
    CM_MIDI_HOPS = 256,            /* a message goes from callback to callback at most this often */
    CM_MIDI_SCRATCH = 4096,        /* bytes of a list that was converted */
    CM_MIDI_MAIL_MAX = 1024 * 1024 /* bytes that wait for one receiver */
};

typedef struct cm_midi_receiver cm_midi_receiver;
typedef struct cm_midi_stream cm_midi_stream;

/* A list on its way. It was checked and lives during the call. */
typedef struct cm_midi_batch {
    cm_midi_form form;
    const void *list;
    size_t size;         /* bytes */
    MIDITimeStamp stamp; /* what a time of 0 stands for; 0: it stays */
    bool retried;        /* the sender tries again, so that a refusal is no loss */
} cm_midi_batch;

/* A client's callback: a function and its refCon, or a block. Each may be NULL. */
typedef struct cm_midi_callee {
    MIDIReadProc read;         /* of a receiver that wants bytes */
    CMMIDIReceiveProc receive; /* of one that wants events */
    void *ref_con;
    const void *block; /* MIDIReadBlock or MIDIReceiveBlock, in place of the function */
} cm_midi_callee;

struct cm_midi_receiver {
    cm_midi_form
        form; /* what it wants; CM_MIDI_FORMS: call gets batches as they came, stamp still to be put in */
    void (*call)(cm_midi_receiver *receiver, cm_midi_stream *stream, const cm_midi_batch *batch);
    union {
        MIDIReadProc read;         /* may be NULL */
        CMMIDIReceiveProc receive; /* may be NULL */
        void *custom;
    } proc;
    void *ref_con;
    const void *block; /* owned; ref_con then */
    _Atomic bool closed;
    _Atomic bool answers; /* a client's virtual destination that has an identity (discovery.h) */
    bool refused;         /* set by call when something was not taken; inside only */
    bool retried;         /* as in the batch that call has; inside only */
    /* receiver.c's own: */
    _Atomic int state;
    _Atomic unsigned waiters;
    pthread_mutex_t lock; /* guards what follows, but scratch, which is the thread's that is inside */
    pthread_cond_t turned;
    uint64_t turns;
    struct {
        uint8_t *bytes;
        size_t used, capacity;
    } mail, opened;
    _Alignas(8) uint8_t scratch[CM_MIDI_SCRATCH];
};

/* What one sender says to one receiver: where it is in the middle of something. */
struct cm_midi_stream {
    _Atomic uint32_t pins;
    _Atomic bool closed;
    cm_midi_receiver *receiver;
    cm_midi_object *owner; /* the object that the receiver is part of; retained if owns_owner */
    bool owns_owner;
    const void *source;      /* not retained; tells a port's streams apart */
    _Atomic(void *) ref_con; /* connRefCon */
    cm_ump_reader reader;    /* only inside the receiver, from here on */
    cm_ump_translator translator;
};

/* [any] Has a zeroed receiver call a client, with lists of this form. cmMemFullError, or what a block lacks.
 */
OSStatus cm_midi_receiver_set_callee(cm_midi_receiver *receiver, cm_midi_form form,
                                     const cm_midi_callee *callee);

/* [any] Prepares a zeroed receiver whose form, call, proc and ref_con are set. */
void cm_midi_receiver_init(cm_midi_receiver *receiver);
/* [any] Nobody may be inside. */
void cm_midi_receiver_free(cm_midi_receiver *receiver);

/*
 * [any] No call begins afterwards and, unless this thread is inside of a MIDI callback, none is running when
 * it returns.
 */
void cm_midi_receiver_close(cm_midi_receiver *receiver);

/* [any] As that, but for one stream of a receiver. */
void cm_midi_stream_close(cm_midi_stream *stream);

/*
 * [any] A stream into owner's receiver with one pin; retain_owner keeps the owner pinned by the stream. NULL
 * when there is no memory.
 */
cm_midi_stream *cm_midi_stream_new(cm_midi_receiver *receiver, cm_midi_object *owner, bool retain_owner);
void cm_midi_stream_retain(cm_midi_stream *stream);
void cm_midi_stream_release(cm_midi_stream *stream);

/*
 * [any, render where the receiver's callback is] Delivers, now or by the thread that is inside. The caller
 * has pinned the receiver's object or the stream. kMIDIMessageSendErr, counted, at the last hop and when the
 * mail is full.
 */
OSStatus cm_midi_receiver_take(cm_midi_stream *stream, const cm_midi_batch *batch);

/* [any, render] True in a MIDI callback of any kind. */
bool cm_midi_is_inside(void);
/* [any] Marks the begin and end of a callback that no receiver makes (notifications). */
void cm_midi_enter_callback(void);
void cm_midi_leave_callback(void);

/*
 * [receiver's inside] Puts the batch into the receiver's form and calls back once or more; stamps are put
 * in. In convert.c.
 */
void cm_midi_convert(cm_midi_receiver *receiver, cm_midi_stream *stream, const cm_midi_batch *batch,
                     void (*emit)(cm_midi_receiver *receiver, cm_midi_stream *stream, const void *list));

/* Messages that never arrived, since the server started. */
typedef struct cm_midi_losses {
    _Atomic UInt64 mail_full, schedule_full, hops, gone, untranslated, driver;
} cm_midi_losses;
extern cm_midi_losses cm_midi_lost;

#endif
