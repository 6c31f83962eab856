/*
 * unit.h: Audio Units from the inside. A unit is a static const cm_unit_class, which says what it is in
 * tables and does its work in a few functions; the core does everything that units have in common:
 * properties, formats, parameters and their ramps, connections, render callbacks and notifications, saved
 * state.
 *
 * Adding a unit is a file with its class and a line in units.c.
 *
 * Threads. Control functions of a unit hold its lock; a render thread never takes it. What a render thread
 * reads is either atomic or replaced as a whole (sources, notifications), and the old one is freed once no
 * render call that may have seen it is running. Larger changes (formats, elements, initialize) hold the unit:
 * rendering then answers kAudioUnitErr_CannotDoInCurrentContext.
 */
#ifndef CM_UNIT_UNIT_H
#define CM_UNIT_UNIT_H

#include "../base/realtime.h"
#include "buffers.h"
#include "events.h"
#include "instance.h"

#include <CoreFoundation/CFArray.h>
#include <CoreFoundation/CFDictionary.h>
#include <CoreFoundation/CFString.h>
#include <pthread.h>

typedef struct cm_unit cm_unit;

enum { CM_UNIT_SCOPES = 5 }; /* global, input, output, group, part */

/* A bit for each scope, for tables. */
#define CM_SCOPE(name) (1u << kAudioUnitScope_##name)
#define CM_SCOPES_IO (CM_SCOPE(Input) | CM_SCOPE(Output))
#define CM_SCOPES_ALL ((1u << CM_UNIT_SCOPES) - 1)

/* ---- a class's tables ---- */

typedef struct cm_property_key {
    AudioUnitPropertyID id;
    AudioUnitScope scope;
    AudioUnitElement element;
} cm_property_key;

enum {
    CM_PROPERTY_ANY_ELEMENT = 1,   /* the element is no index but a parameter's ID */
    CM_PROPERTY_UNINITIALIZED = 2, /* set only while the unit is not initialized */
    CM_PROPERTY_HOLDS = 4,         /* setting it changes what rendering uses: the unit is held meanwhile */
    CM_PROPERTY_QUIET = 8,         /* listeners are not told, or by the setter itself */
    CM_PROPERTY_REMOVABLE = 16,    /* may be set to nothing (NULL, 0 bytes) */
    CM_PROPERTY_UNLOCKED = 32      /* set takes the lock itself */
};

/* [control] functions, with the unit's lock held. A row without get or set cannot be got or set. */
typedef struct cm_unit_property {
    AudioUnitPropertyID id;
    UInt32 scopes; /* CM_SCOPE bits */
    UInt32 flags;
    UInt32 size;                     /* bytes; 0: `measure` says */
    bool (*exists)(const cm_unit *); /* NULL: always */
    OSStatus (*measure)(cm_unit *, const cm_property_key *, UInt32 *size);
    OSStatus (*get)(cm_unit *, const cm_property_key *, void *data, UInt32 *size); /* room for size bytes */
    OSStatus (*set)(cm_unit *, const cm_property_key *, const void *data, UInt32 size); /* at least `size` */
} cm_unit_property;

typedef struct cm_unit_parameter {
    AudioUnitParameterID id;
    AudioUnitScope scope;
    const char *name;
    AudioUnitParameterUnit unit;
    AudioUnitParameterValue minimum, maximum, initial;
    AudioUnitParameterOptions flags;  /* kAudioUnitParameterFlag_...; CanRamp: may be ramped by frames */
    const char *const *value_strings; /* of an indexed one, NULL at the end; or NULL */
    const char *unit_name;            /* of kAudioUnitParameterUnit_CustomUnit */
    UInt32 clump;
    bool follows_ramp; /* process() uses cm_unit_ramp; otherwise the core cuts a ramp into short steps */
} cm_unit_parameter;

typedef struct cm_unit_preset {
    const char *name;
    const AudioUnitParameterValue *values; /* one for each row of the parameter table, for element 0 */
} cm_unit_preset;

typedef struct cm_scope_rule {
    UInt32 initial, minimum, maximum; /* elements; maximum > minimum: ElementCount can be set */
    UInt32 channels;                  /* of the initial format of input and output elements */
} cm_scope_rule;

typedef enum {
    CM_FORMAT_PLANAR, /* native float, one buffer for each channel: what process() works on */
    CM_FORMAT_ANY_PCM /* any linear PCM; converted at the unit's edge where it differs from that */
} cm_format_rule;

/* A part of a slice without an event in it. */
typedef struct cm_segment {
    UInt32 frames;
    AudioTimeStamp time; /* of the first frame */
    UInt32 *flags;       /* kAudioUnitRenderAction_OutputIsSilence may be set or taken back */
    /* Planar float, from the segment's first frame; an input without a source is NULL. */
    const AudioBufferList *const *in;
    AudioBufferList *const *out;
} cm_segment;

/* What AudioUnitRender was called with. */
typedef struct cm_slice {
    AudioUnitRenderActionFlags *flags;
    const AudioTimeStamp *time;
    UInt32 bus, frames;
} cm_slice;

typedef struct cm_unit_class {
    AudioComponentDescription description;
    const char *name; /* "Maker: Name" */
    UInt32 version;   /* 0xMMMMmmDD */

    cm_scope_rule scopes[CM_UNIT_SCOPES]; /* a scope with maximum 0 is absent; global has one element */
    cm_format_rule formats;
    const AUChannelInfo *channels; /* in and out of process(); NULL: as many out as in */
    UInt32 channel_count;
    UInt32 max_frames; /* 0: 1156, as is usual */

    const cm_unit_property *properties; /* beside those of every unit, and looked at first */
    UInt32 property_count;
    const cm_unit_parameter *parameters;
    UInt32 parameter_count;
    const cm_unit_preset *presets;
    UInt32 preset_count;

    bool needs_input;               /* rendering without a source at input 0 is kAudioUnitErr_NoConnection */
    bool can_bypass;                /* BypassEffect: input 0 goes to output 0 */
    bool changes_while_initialized; /* formats may be set; initialize() is called again then */

    size_t state_size; /* of cm_unit.state, which begins zeroed */

    /* [control] close takes a half-opened unit, uninitialize a half-initialized one. All may be NULL. */
    OSStatus (*open)(cm_unit *);
    void (*close)(cm_unit *);
    OSStatus (*initialize)(cm_unit *);
    void (*uninitialize)(cm_unit *);
    /* [control or render] Nothing is rendering on another thread. */
    void (*reset)(cm_unit *, AudioUnitScope, AudioUnitElement);
    /* [control] May a format be set? Checked already: linear PCM that the class's rule allows. */
    OSStatus (*check_format)(cm_unit *, AudioUnitScope, AudioUnitElement,
                             const AudioStreamBasicDescription *);
    /* [control] A format was set. */
    void (*format_changed)(cm_unit *, AudioUnitScope, AudioUnitElement);

    /*
     * [render] One of the two. process: as many frames out as in, in segments, inputs pulled by the core.
     * render: everything by itself, into list, whose buffers have memory and the output element's format.
     */
    OSStatus (*process)(cm_unit *, const cm_segment *);
    OSStatus (*render)(cm_unit *, const cm_slice *, AudioBufferList *list);

    /* [render] At the start of a segment of process(). */
    void (*midi_event)(cm_unit *, const UInt8 bytes[3]);
    /* [any] */
    OSStatus (*sysex)(cm_unit *, const UInt8 *data, UInt32 length);

    /* [control] Seconds. */
    Float64 (*latency)(cm_unit *);
    Float64 (*tail)(cm_unit *);

    /* [control] Output units. stop: also [render], from inside the unit's own callbacks. */
    OSStatus (*start)(cm_unit *);
    OSStatus (*stop)(cm_unit *);

    /* [control] On the minder's thread, without the lock: something about the device changed. True: again
     * soon. */
    bool (*attend)(cm_unit *);

    /* [control] What ClassInfo holds beside the parameters; new keys only. */
    OSStatus (*save)(cm_unit *, CFMutableDictionaryRef state);
    OSStatus (*restore)(cm_unit *, CFDictionaryRef state);
} cm_unit_class;

/* The classes that are always there; NULL ends the list. */
extern const cm_unit_class *const cm_unit_classes[];

extern const cm_unit_class cm_unit_generic_output, cm_unit_hal_output, cm_unit_default_output,
    cm_unit_system_output;

/* ---- a unit ---- */

/* What a render thread may still be looking at when it is replaced; its owner's struct begins with it. */
typedef struct cm_retired {
    struct cm_retired *next;
    void (*free)(struct cm_retired *);
} cm_retired;

typedef struct cm_source cm_source; /* sources.c: where an input's sound comes from */
typedef struct cm_notifies cm_notifies;

typedef struct cm_element {
    AudioStreamBasicDescription format; /* of input and output elements */
    AudioChannelLayout *layout;         /* NULL: none was set */
    UInt32 layout_size;
    CFStringRef name;
    _Atomic UInt32 *values; /* Float32 bits, one for each row of the parameter table */
    bool allocates;         /* ShouldAllocateBuffer */
    _Atomic(cm_source *) source;
    cm_buffers client; /* in `format` */
    cm_buffers planar; /* what process() sees; not allocated where `format` is that already */
} cm_element;

typedef struct cm_scope {
    _Atomic UInt32 count;
    UInt32 room;
    cm_element **elements; /* of `room`; one that was made stays until the unit goes */
} cm_scope;

enum { CM_RAMPS = 64, CM_RAMP_STEP = 32 /* frames */ };

typedef struct cm_ramp {
    UInt32 scope, element, index;
    Float32 end, step; /* step: for each frame */
    Float32 written;   /* the value that the ramp last set; another one means that somebody else did */
    UInt32 frames_left;
} cm_ramp;

typedef struct cm_listener {
    AudioUnitPropertyID id;
    AudioUnitPropertyListenerProc proc;
    void *user;
} cm_listener;

struct cm_unit {
    const cm_unit_class *kind;
    AudioUnit self;
    void *state; /* of kind->state_size bytes */
    pthread_mutex_t lock;
    atomic_bool is_initialized;
    atomic_bool is_shut;    /* disposed of */
    atomic_bool is_left;    /* in a child process: its device's threads are the parent's */
    atomic_bool is_running; /* output units */

    /* minder.c */
    _Atomic UInt32 attention; /* CM_ATTEND_ bits */
    atomic_bool is_minded;
    struct cm_unit *next_minded;

    cm_scope scopes[CM_UNIT_SCOPES];
    const cm_unit_parameter *parameters; /* the class's; open() may put others here */
    UInt32 parameter_count;
    UInt32 max_frames;
    HostCallbackInfo host;
    bool has_host;
    UInt32 offline;
    atomic_bool bypass;
    SInt32 preset_number;
    CFStringRef preset_name, context_name, nick_name;

    cm_listener *listeners;
    UInt32 listener_count, listener_room;

    /* The render thread's, whoever that is. */
    _Atomic uintptr_t renderer; /* the thread that renders or holds the unit; 0: none */
    _Atomic UInt64 renders;     /* ended */
    UInt32 depth;               /* render calls, one inside the other */
    UInt32 holds;               /* cm_unit_hold, likewise */
    UInt64 busy;                /* output buses that are being rendered, a bit each */
    bool has_cache;             /* the outputs hold the slice of cached_time */
    Float64 cached_time;
    UInt32 cached_frames, cached_flags;
    _Atomic(cm_notifies *) notifies;
    cm_retired *retired; /* by the render thread itself; freed at the next chance */
    cm_event_queue *events;
    cm_event *pending; /* CM_EVENTS of them, by offset */
    UInt32 pending_count;
    cm_ramp ramps[CM_RAMPS];
    UInt32 ramp_count;
    const AudioBufferList **in_lists, **segment_in; /* of the slice, of a segment of it */
    AudioBufferList **out_lists;
    AudioBufferList **windows; /* lists that start at a segment, inputs first */
    UInt32 window_count;
    _Atomic OSStatus last_error;
    _Atomic Float64 last_time;
    _Atomic Float32 load;
};

/* ---- unit.c: life ---- */

/* [control] */
OSStatus cm_unit_new(const cm_unit_class *kind, AudioUnit self, cm_unit **out);

/* [control] Takes NULL. Nobody else is using it. */
void cm_unit_free(cm_unit *unit);

/* [any] Stops, uninitializes and disconnects; the unit answers errors from then on. */
void cm_unit_shut_down(cm_unit *unit);

const cm_unit_methods *cm_unit_methods_of(const cm_unit_class *kind);

/* [control] With the lock held: initialize again where a change needs it. */
OSStatus cm_unit_reinitialize(cm_unit *unit);

/* ---- guard.c: who may touch what ---- */

/*
 * [any] The unit's lock. A render thread of the unit gets it only if it is free:
 * kAudioUnitErr_CannotDoInCurrentContext otherwise, since the thread that has it may be waiting for the
 * render.
 */
OSStatus cm_unit_lock(cm_unit *unit);
void cm_unit_unlock(cm_unit *unit);

/* [control] With the lock: no render call runs until release. Not from inside one: CannotDoInCurrentContext.
 */
OSStatus cm_unit_hold(cm_unit *unit);
void cm_unit_release(cm_unit *unit);

/* [render] False when another thread renders or holds the unit. */
bool cm_unit_enter(cm_unit *unit);
void cm_unit_leave(cm_unit *unit);

/* [any] True inside a render call of this unit, on this thread. */
bool cm_unit_renders_here(const cm_unit *unit);

/* [any] With the lock: frees what was replaced, once no render call can see it. Takes NULL. */
void cm_unit_retire(cm_unit *unit, cm_retired *old);

/* ---- minder.c: what must not be done on the thread that finds it out ---- */

enum { CM_ATTEND_ERROR = 1, CM_ATTEND_RUNNING = 2, CM_ATTEND_DEVICE = 4 };

/* [control] The unit may call from now on. Again: does nothing. */
OSStatus cm_unit_mind(cm_unit *unit);
void cm_unit_unmind(cm_unit *unit);

/* [any, render] Listeners of the last error or of IsRunning are told, or the class's attend is called, soon.
 */
void cm_unit_call(cm_unit *unit, UInt32 what);

/* ---- elements.c ---- */

/* NULL with kAudioUnitErr_InvalidScope or ..InvalidElement in *status. */
cm_element *cm_unit_element(const cm_unit *unit, AudioUnitScope scope, AudioUnitElement element,
                            OSStatus *status);

static inline cm_element *cm_unit_input(const cm_unit *unit, UInt32 element)
{
    return unit->scopes[kAudioUnitScope_Input].elements[element];
}

static inline cm_element *cm_unit_output(const cm_unit *unit, UInt32 element)
{
    return unit->scopes[kAudioUnitScope_Output].elements[element];
}

OSStatus cm_unit_open_elements(cm_unit *unit);
void cm_unit_free_elements(cm_unit *unit);
/* [control] Held. */
OSStatus cm_unit_set_element_count(cm_unit *unit, AudioUnitScope scope, UInt32 count);
OSStatus cm_unit_set_format(cm_unit *unit, AudioUnitScope scope, AudioUnitElement element,
                            const AudioStreamBasicDescription *format);
/* [control] Memory for slices, and the formats checked against each other. */
OSStatus cm_unit_alloc_buffers(cm_unit *unit);
void cm_unit_free_buffers(cm_unit *unit);

/* The usual format of units: native float, one buffer for each channel. */
AudioStreamBasicDescription cm_unit_planar_format(Float64 rate, UInt32 channels);
bool cm_unit_is_planar_float(const AudioStreamBasicDescription *format);

/* ---- sources.c ---- */

/* [control] With the lock. proc NULL: none. */
OSStatus cm_unit_set_callback(cm_unit *unit, UInt32 input, AURenderCallback proc, void *user);
/* [control] Without the lock: the other unit's is taken too, and two units may be connected both ways at
 * once. */
OSStatus cm_unit_connect(cm_unit *unit, const AudioUnitConnection *connection);
void cm_unit_disconnect_all(cm_unit *unit);

/* [render] The source's sound in the element's own format, in the element's memory or the source's. */
OSStatus cm_unit_pull(cm_unit *unit, UInt32 input, AudioUnitRenderActionFlags *flags,
                      const AudioTimeStamp *time, UInt32 frames, AudioBufferList **list);

/* ---- render.c ---- */

OSStatus cm_unit_render(void *self, AudioUnitRenderActionFlags *flags, const AudioTimeStamp *time, UInt32 bus,
                        UInt32 frames, AudioBufferList *data);
OSStatus cm_unit_process(void *self, AudioUnitRenderActionFlags *flags, const AudioTimeStamp *time,
                         UInt32 frames, AudioBufferList *data);
OSStatus cm_unit_process_multiple(void *self, AudioUnitRenderActionFlags *flags, const AudioTimeStamp *time,
                                  UInt32 frames, UInt32 input_count, const AudioBufferList **inputs,
                                  UInt32 output_count, AudioBufferList **outputs);
OSStatus cm_unit_add_render_notify(void *self, AURenderCallback proc, void *user);
OSStatus cm_unit_remove_render_notify(void *self, AURenderCallback proc, void *user);

void cm_unit_remove_all_notifies(cm_unit *unit);

/* [render] Remembers the first error since the property was last read. Returns status. */
OSStatus cm_unit_note_error(cm_unit *unit, OSStatus status);

/* ---- segments.c: a slice, event by event ---- */

/* [render] process() over whole lists, cut at events and ramp steps. */
OSStatus cm_unit_run_segments(cm_unit *unit, AudioUnitRenderActionFlags *flags, const AudioTimeStamp *time,
                              UInt32 frames);
/* [render] The same for units that render by themselves: events take effect at the start. */
void cm_unit_apply_events(cm_unit *unit, UInt32 frames);
/* [render or held] Forgets events and ramps. */
void cm_unit_drop_events(cm_unit *unit);

/* ---- parameters.c ---- */

OSStatus cm_unit_get_parameter(void *self, AudioUnitParameterID id, AudioUnitScope scope,
                               AudioUnitElement element, AudioUnitParameterValue *value);
OSStatus cm_unit_set_parameter(void *self, AudioUnitParameterID id, AudioUnitScope scope,
                               AudioUnitElement element, AudioUnitParameterValue value, UInt32 offset);
OSStatus cm_unit_schedule_parameters(void *self, const AudioUnitParameterEvent *events, UInt32 count);
OSStatus cm_unit_midi_event(void *self, UInt32 status, UInt32 data1, UInt32 data2, UInt32 offset);
OSStatus cm_unit_sysex(void *self, const UInt8 *data, UInt32 length);

/* [any, render] By row of the parameter table. */
Float32 cm_unit_value(const cm_unit *unit, AudioUnitScope scope, UInt32 element, UInt32 index);
void cm_unit_set_value(cm_unit *unit, AudioUnitScope scope, UInt32 element, UInt32 index, Float32 value);

/* [render] In process(): how much the value changes from frame to frame of this segment. */
Float32 cm_unit_ramp(const cm_unit *unit, AudioUnitScope scope, UInt32 element, UInt32 index);

/* [any] The row of a parameter; false when the scope has none with this ID. */
bool cm_unit_find_parameter(const cm_unit *unit, AudioUnitParameterID id, AudioUnitScope scope,
                            UInt32 *index);

/* ---- properties.c, listeners.c, state.c ---- */

OSStatus cm_unit_get_property_info(void *self, AudioUnitPropertyID id, AudioUnitScope scope,
                                   AudioUnitElement element, UInt32 *size, Boolean *writable);
OSStatus cm_unit_get_property(void *self, AudioUnitPropertyID id, AudioUnitScope scope,
                              AudioUnitElement element, void *data, UInt32 *size);
OSStatus cm_unit_set_property(void *self, AudioUnitPropertyID id, AudioUnitScope scope,
                              AudioUnitElement element, const void *data, UInt32 size);
OSStatus cm_unit_add_listener(void *self, AudioUnitPropertyID id, AudioUnitPropertyListenerProc proc,
                              void *user);
OSStatus cm_unit_remove_listener(void *self, AudioUnitPropertyID id, AudioUnitPropertyListenerProc proc);
OSStatus cm_unit_remove_listener_with_user(void *self, AudioUnitPropertyID id,
                                           AudioUnitPropertyListenerProc proc, void *user);

/* [any, not render] Tells the listeners, on this thread. Without the lock, or inside a setter that has it. */
void cm_unit_tell(cm_unit *unit, AudioUnitPropertyID id, AudioUnitScope scope, AudioUnitElement element);

/* The rows of every unit, and the parts of them that are in files of their own. */
extern const cm_unit_property cm_unit_base_properties[], cm_unit_parameter_properties[];
extern const UInt32 cm_unit_base_property_count, cm_unit_parameter_property_count;

OSStatus cm_unit_get_class_info(cm_unit *unit, const cm_property_key *key, void *data, UInt32 *size);
OSStatus cm_unit_set_class_info(cm_unit *unit, const cm_property_key *key, const void *data, UInt32 size);
OSStatus cm_unit_get_presets(cm_unit *unit, const cm_property_key *key, void *data, UInt32 *size);
OSStatus cm_unit_get_present_preset(cm_unit *unit, const cm_property_key *key, void *data, UInt32 *size);
OSStatus cm_unit_set_present_preset(cm_unit *unit, const cm_property_key *key, const void *data, UInt32 size);

#endif
