/* What runs on JACK's process thread: bytes between rings and port buffers. No lock, no allocation. */
#include "midi/jack.h"

#include <CoreAudio/HostTime.h>
#include <string.h>

typedef struct cycle {
    jack_nframes_t frames;
    UInt64 start, length; /* host ticks */
} cycle;

static cycle cycle_of(const cm_jack *driver, jack_nframes_t frames)
{
    jack_nframes_t current;
    jack_time_t started, next;
    float period;
    cycle now = { .frames = frames };
    UInt64 host = AudioGetCurrentHostTime();
    now.length = (UInt64)frames * 1000000000u / cm_jack_midi.jack_get_sample_rate(driver->client);
    if (cm_jack_midi.jack_get_cycle_times(driver->client, &current, &started, &next, &period) != 0)
        started = cm_jack_midi.jack_get_time();
    now.start = host - AudioConvertNanosToHostTime((cm_jack_midi.jack_get_time() - started) * 1000);
    return now;
}

/* ---- out ---- */

static bool fetch(cm_jack_port *port)
{
    if (port->is_waiting)
        return true;
    if (!cm_ring_read(&port->ring, &port->waiting, CM_JACK_HEAD))
        return false;
    port->is_waiting = cm_ring_read(&port->ring, port->waiting.bytes, port->waiting.size);
    return port->is_waiting;
}

/*
 * The buffer has no room for the event that waits. Of a SysEx that is in pieces anyway, or that no buffer of
 * this server takes whole, what fits goes out now.
 */
static void send_part(cm_jack_port *port, void *buffer, jack_nframes_t at, bool is_empty)
{
    size_t fits = cm_jack_midi.jack_midi_max_event_size(buffer);
    bool may_split = is_empty || port->waiting.size == CM_JACK_EVENT;
    uint8_t *room = may_split && fits > 0 && fits < port->waiting.size
                        ? cm_jack_midi.jack_midi_event_reserve(buffer, at, fits)
                        : NULL;
    if (!room)
        return;
    memcpy(room, port->waiting.bytes, fits);
    port->waiting.size -= (uint32_t)fits;
    memmove(port->waiting.bytes, port->waiting.bytes + fits, port->waiting.size);
}

/*
 * A message of time t goes out one period after t, at its own frame of the cycle: whenever in the period it
 * came, the delay is the same.
 */
static void send(cm_jack_port *port, const cycle *now, void *buffer)
{
    jack_nframes_t last = 0;
    bool is_empty = true;
    cm_jack_midi.jack_midi_clear_buffer(buffer);
    if (atomic_exchange(&port->flush, false)) {
        cm_ring_clear(&port->ring);
        port->is_waiting = false;
    }
    int hold = atomic_load(&port->hold);
    if (hold > 0) {
        if (hold <= CM_JACK_SETTLE)
            atomic_compare_exchange_strong(&port->hold, &hold, hold - 1);
        return;
    }
    while (fetch(port) && port->waiting.time < now->start) {
        UInt64 late = now->start - port->waiting.time;
        UInt64 frame = late < now->length ? (now->length - late) * now->frames / now->length : 0;
        jack_nframes_t at = frame < now->frames ? (jack_nframes_t)frame : now->frames - 1;
        at = at > last ? at : last;
        uint8_t *room = cm_jack_midi.jack_midi_event_reserve(buffer, at, port->waiting.size);
        if (!room) { /* the rest in the next cycle */
            send_part(port, buffer, at, is_empty);
            return;
        }
        memcpy(room, port->waiting.bytes, port->waiting.size);
        port->is_waiting = is_empty = false;
        last = at;
    }
}

/* ---- in ---- */

static bool receive_event(cm_jack_port *port, const jack_midi_event_t *event, MIDITimeStamp time)
{
    struct {
        MIDITimeStamp time;
        uint32_t port, size;
        uint8_t bytes[CM_JACK_PIECE];
    } record = { .time = time, .port = port->id };
    _Static_assert(offsetof(__typeof__(record), bytes) == CM_JACK_HEAD, "a cm_jack_event cut short");
    for (size_t at = 0; at < event->size; at += record.size) {
        size_t left = event->size - at;
        record.size = (uint32_t)(left < CM_JACK_PIECE ? left : CM_JACK_PIECE);
        memcpy(record.bytes, event->buffer + at, record.size);
        if (!cm_ring_write(&port->driver->received, &record, CM_JACK_HEAD + record.size))
            return false;
    }
    return true;
}

static bool receive(cm_jack_port *port, const cycle *now, void *buffer)
{
    jack_midi_event_t event;
    uint32_t count = cm_jack_midi.jack_midi_get_event_count(buffer);
    for (uint32_t i = 0; i < count; i++) {
        if (cm_jack_midi.jack_midi_event_get(&event, buffer, i) != 0)
            continue;
        MIDITimeStamp time = now->start + now->length * event.time / now->frames;
        if (!receive_event(port, &event, time))
            cm_midi_host_count_loss();
    }
    return count > 0;
}

int cm_jack_process(jack_nframes_t frames, void *context)
{
    cm_jack *driver = context;
    bool work = false; /* for the driver's thread */
    if (frames == 0)
        return 0;
    cycle now = cycle_of(driver, frames);
    cm_grace_enter(&driver->grace);
    for (size_t i = 0; i < CM_JACK_PORTS; i++) {
        cm_jack_port *port = atomic_load(&driver->active[i]);
        if (!port)
            continue;
        void *buffer = cm_jack_midi.jack_port_get_buffer(port->port, frames);
        if (buffer && port->sends)
            send(port, &now, buffer);
        else if (buffer)
            work |= receive(port, &now, buffer);
        work |= atomic_load(&port->behind) > 0;
    }
    cm_grace_leave(&driver->grace);
    if (work)
        sem_post(&driver->wake);
    return 0;
}
