/* MIDISendSysex and its relatives: long messages, a piece at a time, on a thread of their own. */
#include "midi/forget.h"
#include "midi/server.h"
#include "midi/ump.h"

#include <CoreAudio/HostTime.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum {
    PIECE = 256,        /* bytes */
    RETRY = 1000 * 1000 /* nanoseconds until a receiver that was full is tried again */
};

typedef struct job {
    struct job *next;
    cm_midi_endpoint *destination; /* pinned */
    MIDISysexSendRequest *bytes;   /* one of the two */
    MIDISysexSendRequestUMP *words;
    UInt64 due; /* when the next piece may go */
} job;

static struct {
    pthread_mutex_t lock; /* guards all */
    pthread_cond_t added;
    job *first;
    pid_t process; /* that the thread runs in; 0: it does not */
} sending = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* ---- one piece ---- */

static OSStatus send_list(cm_midi_endpoint *destination, cm_midi_form form, const void *list,
                          size_t available)
{
    cm_midi_batch batch = { .form = form, .list = list, .stamp = AudioGetCurrentHostTime(), .retried = true };
    OSStatus status = cm_midi_list_check(form, list, available, &batch.size);
    return status == noErr ? cm_midi_destination_take(destination, &batch) : status;
}

static UInt32 send_bytes(job *j, OSStatus *status)
{
    union {
        MIDIPacketList list;
        char room[PIECE + 32];
    } memory;
    UInt32 size = j->bytes->bytesToSend < PIECE ? j->bytes->bytesToSend : PIECE;
    MIDIPacket *packet = MIDIPacketListInit(&memory.list);
    MIDIPacketListAdd(&memory.list, sizeof memory, packet, 0, size, j->bytes->data);
    *status = send_list(j->destination, CM_MIDI_BYTES, &memory, sizeof memory);
    if (*status != noErr)
        return 0;
    j->bytes->data += size;
    j->bytes->bytesToSend -= size;
    return size;
}

/* As many whole messages as a packet takes. */
static UInt32 send_words(job *j, OSStatus *status)
{
    MIDIEventList list;
    const uint32_t *at = j->words->words, *end = at + j->words->wordsToSend;
    UInt32 count = 0;
    while (cm_ump_next(&at, end) && (UInt32)(at - j->words->words) <= CM_MIDI_EVENT_WORDS)
        count = (UInt32)(at - j->words->words);
    MIDIEventPacket *packet = MIDIEventListInit(&list, kMIDIProtocol_2_0);
    MIDIEventListAdd(&list, sizeof list, packet, 0, count, j->words->words);
    *status = send_list(j->destination, CM_MIDI_UMP2, &list, sizeof list);
    if (*status != noErr)
        return 0;
    j->words->words += count;
    j->words->wordsToSend -= count;
    return 4 * count;
}

/* ---- a whole request ---- */

static bool is_over(const job *j)
{
    if (!cm_midi_is_live(j->destination->object.ref, CM_MIDI_DESTINATION))
        return true;
    if (j->bytes)
        return __atomic_load_n(&j->bytes->complete, __ATOMIC_ACQUIRE) || !j->bytes->bytesToSend;
    return __atomic_load_n(&j->words->complete, __ATOMIC_ACQUIRE) || !j->words->wordsToSend;
}

/* Bytes per second; 0 where the property does not say. */
static UInt64 speed_of(const cm_midi_endpoint *destination)
{
    SInt32 speed = 0;
    if (!destination->backend)
        return 0;
    cm_midi_lock();
    CFTypeRef value = cm_midi_get_property(&destination->object, kMIDIPropertyMaxSysExSpeed);
    if (value)
        CFNumberGetValue(value, kCFNumberSInt32Type, &speed);
    cm_midi_unlock();
    return speed > 0 ? (UInt64)speed : 0;
}

static void send_piece(job *j)
{
    OSStatus status;
    UInt32 size = j->bytes ? send_bytes(j, &status) : send_words(j, &status);
    UInt64 speed = speed_of(j->destination), now = AudioGetCurrentHostTime();
    if (status != noErr)
        j->due = now + AudioConvertNanosToHostTime(RETRY);
    else if (speed)
        j->due = now + AudioConvertNanosToHostTime((UInt64)size * 1000000000u / speed);
}

/* The caller may free the request in its completion procedure. */
static void finish(job *j)
{
    cm_midi_enter_callback();
    if (j->bytes) {
        __atomic_store_n(&j->bytes->complete, true, __ATOMIC_RELEASE);
        if (j->bytes->completionProc)
            j->bytes->completionProc(j->bytes);
    } else {
        __atomic_store_n(&j->words->complete, true, __ATOMIC_RELEASE);
        if (j->words->completionProc)
            j->words->completionProc(j->words);
    }
    cm_midi_leave_callback();
    cm_midi_release(j->destination);
    free(j);
}

/* ---- the thread ---- */

/* True for the job before all others of its destination: two SysEx must not get mixed. */
static bool may_send(const job *j)
{
    for (const job *before = sending.first; before != j; before = before->next)
        if (before->destination == j->destination)
            return false;
    return true;
}

/* The job that is due, or NULL with *next saying when one is. */
static job *due_job(UInt64 now, UInt64 *next)
{
    *next = ~(UInt64)0;
    for (job *j = sending.first; j; j = j->next) {
        if (is_over(j) || (j->due <= now && may_send(j)))
            return j;
        if (may_send(j) && j->due < *next)
            *next = j->due;
    }
    return NULL;
}

static void take_out(job *j)
{
    job **link = &sending.first;
    while (*link != j)
        link = &(*link)->next;
    *link = j->next;
}

static void wait_for_job(UInt64 until)
{
    if (until == ~(UInt64)0) {
        pthread_cond_wait(&sending.added, &sending.lock);
        return;
    }
    UInt64 soon = AudioGetCurrentHostTime() +
                  AudioConvertNanosToHostTime(20 * 1000 * 1000); /* see `complete` */
    UInt64 nanos = AudioConvertHostTimeToNanos(until < soon ? until : soon);
    struct timespec at = { .tv_sec = (time_t)(nanos / 1000000000u), .tv_nsec = (long)(nanos % 1000000000u) };
    pthread_cond_timedwait(&sending.added, &sending.lock, &at);
}

static void *run(void *unused)
{
    UInt64 next;
    prctl(PR_SET_NAME, "midi sysex");
    pthread_mutex_lock(&sending.lock);
    for (;;) {
        job *j = due_job(AudioGetCurrentHostTime(), &next);
        if (!j) {
            wait_for_job(next);
            continue;
        }
        bool over = is_over(j);
        if (over)
            take_out(j);
        pthread_mutex_unlock(&sending.lock);
        if (over)
            finish(j);
        else
            send_piece(j);
        pthread_mutex_lock(&sending.lock);
    }
    return unused;
}

static bool start(void)
{
    if (sending.process == getpid())
        return true;
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&sending.added, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_t thread;
    if (pthread_create(&thread, NULL, run, NULL) != 0)
        return false;
    pthread_detach(thread);
    sending.process = getpid();
    return true;
}

/* Takes the destination's pin over. */
static OSStatus add(const job *made)
{
    job *added = malloc(sizeof *added);
    pthread_mutex_lock(&sending.lock);
    bool started = added && start();
    if (started) {
        job **end = &sending.first;
        while (*end)
            end = &(*end)->next;
        *added = *made;
        *end = added;
        pthread_cond_signal(&sending.added);
    }
    pthread_mutex_unlock(&sending.lock);
    if (started)
        return noErr;
    cm_midi_release(made->destination);
    free(added);
    return cmMemFullError;
}

/* ---- what clients call ---- */

OSStatus MIDISendSysex(MIDISysexSendRequest *request)
{
    OSStatus status;
    if (!request || (request->bytesToSend && !request->data))
        return cmParamError;
    job made = { .bytes = request };
    made.destination = cm_midi_pin_endpoint(request->destination, CM_MIDI_DESTINATION, &status);
    if (!made.destination)
        return status;
    request->complete = false;
    return add(&made);
}

static bool are_all_of_type(const MIDISysexSendRequestUMP *request, UInt32 type)
{
    const uint32_t *at = request->words, *end = at + request->wordsToSend, *message;
    while ((message = cm_ump_next(&at, end)))
        if (message[0] >> 28 != type)
            return false;
    return at == end;
}

static OSStatus send_request(MIDISysexSendRequestUMP *request, UInt32 type)
{
    OSStatus status;
    if (!request || (request->wordsToSend && !request->words))
        return cmParamError;
    if (!are_all_of_type(request, type))
        return cm_fail(cmParamError, "not whole messages of type %u only", type);
    job made = { .words = request };
    made.destination = cm_midi_pin_endpoint(request->destination, CM_MIDI_DESTINATION, &status);
    if (!made.destination)
        return status;
    request->complete = false;
    return add(&made);
}

OSStatus MIDISendUMPSysex(MIDISysexSendRequestUMP *umpRequest)
{
    return send_request(umpRequest, 3);
}

OSStatus MIDISendUMPSysex8(MIDISysexSendRequestUMP *umpRequest)
{
    return send_request(umpRequest, 5);
}

void cm_midi_sysex_forget(void)
{
    pthread_mutex_init(&sending.lock, NULL);
    sending.first = NULL;
    sending.process = 0;
}
