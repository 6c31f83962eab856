/* AudioPlayer: plays one file, from disk, through the default output unit. */
#include "capi.h"

#include "common/callback.h"
#include "player_source.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <structmember.h>
#include <unistd.h>

#define PREFILL_MS 2000

/* What the render thread needs. It outlives the unit. */
typedef struct deck {
    cm_player_source *source;
    atomic_bool playing;
    _Atomic float volume; /* linear */
    float heard;          /* the render thread's: the volume that the last cycle ended with */
} deck;

typedef struct player_object {
    PyObject_HEAD
    PyObject *dict, *weak_references;
    PyObject *link_session, *on_end;
    deck deck;
    AudioUnit unit; /* NULL until setup_output */
    bool started, looping;
    double rate;                 /* under the GIL; what the source has is its own */
    double loop_begin, loop_end; /* s */
    pthread_mutex_t control;     /* one control call at a time; taken without the GIL */
    pid_t process;               /* where its threads are: a child after fork() has none of them */
} player_object;

static player_object *player(PyObject *self)
{
    return (player_object *)self;
}

static bool is_here(player_object *p)
{
    return p->process == getpid();
}

/* False, with the error set, in a child after fork(): there the locks may be held for ever. */
static bool check_here(player_object *p)
{
    if (is_here(p))
        return true;
    cm_raise_text(PyExc_RuntimeError, kAudio_ParamError,
                  "the player belongs to the process that has forked this one");
    return false;
}

/* Control calls exclude each other and run without the GIL. */
#define CONTROL(p, call) CM_RUN(pthread_mutex_lock(&(p)->control); call; pthread_mutex_unlock(&(p)->control))

/* ---- rendering ---- */

/* The volume goes to its new value over one cycle, so that it does not click. */
static void apply_volume(deck *d, float *samples, UInt32 frames)
{
    float from = d->heard, to = atomic_load(&d->volume);
    d->heard = to;
    if (from == 1.0f && to == 1.0f)
        return;
    for (UInt32 i = 0; i < frames; i++) {
        float gain = from + (to - from) * (float)(i + 1) / (float)frames;
        samples[2 * i] *= gain;
        samples[2 * i + 1] *= gain;
    }
}

static OSStatus render(void *context, AudioUnitRenderActionFlags *flags, const AudioTimeStamp *time,
                       UInt32 bus, UInt32 frames, AudioBufferList *list)
{
    deck *d = context;
    (void)time, (void)bus;
    for (UInt32 b = 0; b < list->mNumberBuffers; b++)
        memset(list->mBuffers[b].mData, 0, list->mBuffers[b].mDataByteSize);
    UInt32 room = list->mBuffers[0].mDataByteSize / (UInt32)(sizeof(float) * CM_PLAYER_CHANNELS);
    float *out = list->mBuffers[0].mData;
    UInt32 played = 0;
    if (atomic_load(&d->playing))
        played = cm_source_take(d->source, out, frames < room ? frames : room);
    apply_volume(d, out, played);
    if (played == 0)
        *flags |= kAudioUnitRenderAction_OutputIsSilence;
    return noErr;
}

/* ---- output unit, without the GIL ---- */

static const AudioStreamBasicDescription working_format = {
    .mSampleRate = CM_PLAYER_RATE,
    .mFormatID = kAudioFormatLinearPCM,
    .mFormatFlags = kAudioFormatFlagIsFloat | kAudioFormatFlagsNativeEndian | kAudioFormatFlagIsPacked,
    .mBytesPerPacket = CM_PLAYER_CHANNELS * sizeof(float),
    .mFramesPerPacket = 1,
    .mBytesPerFrame = CM_PLAYER_CHANNELS * sizeof(float),
    .mChannelsPerFrame = CM_PLAYER_CHANNELS,
    .mBitsPerChannel = 32,
};

static OSStatus prepare(AudioUnit unit, deck *d, const char **what)
{
    AURenderCallbackStruct callback = { render, d };
    *what = "Could not set stream format";
    OSStatus status = AudioUnitSetProperty(unit, kAudioUnitProperty_StreamFormat, kAudioUnitScope_Input, 0,
                                           &working_format, sizeof working_format);
    if (status)
        return status;
    *what = "Could not set render callback";
    status = AudioUnitSetProperty(unit, kAudioUnitProperty_SetRenderCallback, kAudioUnitScope_Global, 0,
                                  &callback, sizeof callback);
    if (status)
        return status;
    *what = "Could not initialize AudioUnit";
    return AudioUnitInitialize(unit);
}

/* *what stays NULL when there is no such component at all. */
static OSStatus open_output(deck *d, AudioUnit *unit, const char **what)
{
    const AudioComponentDescription wanted = { .componentType = kAudioUnitType_Output,
                                               .componentSubType = kAudioUnitSubType_DefaultOutput,
                                               .componentManufacturer = kAudioUnitManufacturer_Apple };
    AudioComponent component = AudioComponentFindNext(NULL, &wanted);
    *what = NULL;
    if (!component)
        return kAudio_UnimplementedError;
    *what = "Could not create AudioUnit instance";
    OSStatus status = AudioComponentInstanceNew(component, unit);
    if (status)
        return status;
    status = prepare(*unit, d, what);
    if (status)
        AudioComponentInstanceDispose(*unit);
    return status;
}

static void close_output(player_object *p)
{
    AudioUnit unit = p->unit;
    p->unit = NULL;
    if (!unit)
        return;
    if (p->started)
        AudioOutputUnitStop(unit);
    p->started = false;
    if (p->deck.source)
        cm_source_set_rendering(p->deck.source, false);
    AudioUnitUninitialize(unit);
    AudioComponentInstanceDispose(unit);
}

static OSStatus replace_output(player_object *p, const char **what)
{
    AudioUnit unit = NULL;
    OSStatus status = open_output(&p->deck, &unit, what);
    if (status)
        return status;
    close_output(p);
    p->unit = unit;
    return noErr;
}

/* Rolls from where the source is. */
static OSStatus roll(player_object *p)
{
    cm_source_wait(p->deck.source, PREFILL_MS);
    atomic_store(&p->deck.playing, true);
    cm_source_set_rendering(p->deck.source, true);
    OSStatus status = p->started ? noErr : AudioOutputUnitStart(p->unit);
    p->started = status == noErr;
    if (status) {
        atomic_store(&p->deck.playing, false);
        cm_source_set_rendering(p->deck.source, false);
    }
    return status;
}

static OSStatus start_over(player_object *p)
{
    cm_source_seek(p->deck.source, 0);
    return roll(p);
}

static OSStatus halt(player_object *p)
{
    atomic_store(&p->deck.playing, false);
    if (!p->unit || !p->started)
        return noErr;
    OSStatus status = AudioOutputUnitStop(p->unit);
    p->started = false;
    cm_source_set_rendering(p->deck.source, false);
    return status;
}

static OSStatus load(player_object *p, CFURLRef url, const char **what)
{
    halt(p);
    OSStatus status = cm_source_load(p->deck.source, url, what);
    if (status)
        return status;
    p->loop_begin = p->loop_end = 0;
    p->looping = false;
    return noErr;
}

/* ---- life ---- */

/* On the reading thread. */
static void ended(void *context)
{
    player_object *p = context;
    PyGILState_STATE state;
    if (!cm_callback_begin(&state))
        return;
    PyObject *callback = Py_XNewRef(p->on_end);
    if (callback)
        cm_callback_finish(callback, PyObject_CallNoArgs(callback));
    Py_XDECREF(callback);
    cm_callback_end(state, "AudioPlayer");
}

static PyObject *new_player(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    (void)args, (void)keywords;
    PyObject *self = type->tp_alloc(type, 0);
    if (!self)
        return NULL;
    player_object *p = player(self);
    p->process = getpid();
    pthread_mutex_init(&p->control, NULL);
    p->rate = 1.0;
    p->deck.heard = 1.0f;
    atomic_store(&p->deck.volume, 1.0f);
    p->deck.source = cm_source_new(ended, self);
    if (p->deck.source)
        return self;
    Py_DECREF(self);
    return PyErr_NoMemory();
}

static int init(PyObject *self, PyObject *args, PyObject *keywords)
{
    static const cm_params params = { "AudioPlayer", 0, 1, { "link_session" } };
    PyObject *session;
    if (cm_parse_init(&params, args, keywords, &session) < 0)
        return -1;
    Py_XSETREF(player(self)->link_session, Py_XNewRef(session == Py_None ? NULL : session));
    return 0;
}

static int traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(player(self)->dict);
    Py_VISIT(player(self)->link_session);
    Py_VISIT(player(self)->on_end);
    return 0;
}

static int clear(PyObject *self)
{
    Py_CLEAR(player(self)->dict);
    Py_CLEAR(player(self)->link_session);
    Py_CLEAR(player(self)->on_end);
    return 0;
}

/* Ends the sound; `ended` finds no callback any more. The source stays: finalizers of other objects that die
 * with this one may still use it. */
static void finalize(PyObject *self)
{
    player_object *p = player(self);
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    Py_CLEAR(p->on_end);
    if (is_here(p))
        CONTROL(p, close_output(p));
    PyErr_Restore(type, value, traceback);
}

static void end_source(player_object *p)
{
    PyObject *type, *value, *traceback;
    if (!is_here(p))
        return;
    PyErr_Fetch(&type, &value, &traceback);
    CM_RUN(close_output(p); cm_source_free(p->deck.source));
    PyErr_Restore(type, value, traceback);
}

static void dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    if (PyObject_CallFinalizerFromDealloc(self) < 0)
        return;
    PyObject_GC_UnTrack(self);
    if (player(self)->weak_references)
        PyObject_ClearWeakRefs(self);
    clear(self);
    end_source(player(self));
    pthread_mutex_destroy(&player(self)->control);
    type->tp_free(self);
    Py_DECREF(type);
}

/* ---- methods ---- */

static PyObject *fail(OSStatus status, const char *what)
{
    return cm_raise_text(PyExc_RuntimeError, status, "%s: status %d", what, (int)status);
}

PyDoc_STRVAR(load_doc,
             "load_file($self, /, file_path)\n--\n\n"
             "Opens an audio file, of any format and rate, and goes to its beginning. Returns 0.\n\n"
             "The file is read while it plays, never as a whole. Playing stops and looping is off.\n"
             "ValueError for an empty path; RuntimeError when it cannot be read.");

static PyObject *load_file(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "load_file", 1, 1, { "file_path" } };
    player_object *p = player(self);
    PyObject *path;
    const char *what;
    OSStatus status;
    if (cm_parse(&params, args, count, keywords, &path) < 0 || !check_here(p))
        return NULL;
    CFURLRef url = cm_url_from_path(path);
    if (!url)
        return NULL;
    CONTROL(p, status = load(p, url, &what));
    CFRelease(url);
    return status ? cm_raise_text(PyExc_RuntimeError, status, "%s '%S': status %d", what, path, (int)status)
                  : cm_capi_zero();
}

PyDoc_STRVAR(setup_doc, "setup_output($self, /)\n--\n\n"
                        "Opens the default output, in the place of one opened before. Returns 0.");

static PyObject *setup_output(PyObject *self, PyObject *unused)
{
    player_object *p = player(self);
    const char *what;
    OSStatus status;
    (void)unused;
    if (!check_here(p))
        return NULL;
    CONTROL(p, status = replace_output(p, &what));
    if (status && !what)
        return PyErr_Format(PyExc_RuntimeError, "Could not find the default output component");
    return status ? fail(status, what) : cm_capi_zero();
}

static PyObject *begin(PyObject *self, OSStatus (*action)(player_object *))
{
    player_object *p = player(self);
    OSStatus status = noErr;
    bool ready;
    if (!check_here(p))
        return NULL;
    CONTROL(p, {
        ready = p->unit != NULL;
        if (ready)
            status = action(p);
    });
    if (!ready)
        return PyErr_Format(PyExc_RuntimeError, "setup_output() must be called first");
    return status ? fail(status, "Could not start AudioUnit") : cm_capi_zero();
}

PyDoc_STRVAR(start_doc,
             "start($self, /)\n--\n\nPlays from the beginning; without a file, silence. Returns 0.");

static PyObject *start(PyObject *self, PyObject *unused)
{
    (void)unused;
    return begin(self, start_over);
}

PyDoc_STRVAR(play_doc, "play($self, /)\n--\n\nThe same as start().");
PyDoc_STRVAR(resume_doc, "resume($self, /)\n--\n\nPlays from the current position. Returns 0.");

static PyObject *resume(PyObject *self, PyObject *unused)
{
    (void)unused;
    return begin(self, roll);
}

PyDoc_STRVAR(stop_doc, "stop($self, /)\n--\n\nStops where it is. Returns 0, also when nothing plays.");

static PyObject *stop(PyObject *self, PyObject *unused)
{
    player_object *p = player(self);
    OSStatus status;
    (void)unused;
    if (!check_here(p))
        return NULL;
    CONTROL(p, status = halt(p));
    return status ? fail(status, "Could not stop AudioUnit") : cm_capi_zero();
}

static void tell_loop(player_object *p)
{
    cm_source_set_loop(p->deck.source, p->looping, (SInt64)(p->loop_begin * CM_PLAYER_RATE + 0.5),
                       (SInt64)(p->loop_end * CM_PLAYER_RATE + 0.5));
}

PyDoc_STRVAR(set_looping_doc,
             "set_looping($self, /, loop)\n--\n\n"
             "Whether the end is followed by the beginning (of the loop region) instead of silence.");

static PyObject *set_looping(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "set_looping", 1, 1, { "loop" } };
    player_object *p = player(self);
    PyObject *value;
    bool loop;
    if (cm_parse(&params, args, count, keywords, &value) < 0 || cm_arg_bool(value, &loop) < 0 ||
        !check_here(p))
        return NULL;
    CONTROL(p, {
        if (p->looping != loop) {
            p->looping = loop;
            tell_loop(p);
        }
    });
    Py_RETURN_NONE;
}

static double length_of(player_object *p)
{
    return (double)cm_source_length(p->deck.source) / CM_PLAYER_RATE;
}

PyDoc_STRVAR(set_region_doc, "set_loop_region($self, /, start, end)\n--\n\n"
                             "Loops between two times of the file, in seconds, and turns looping on.\n\n"
                             "ValueError unless 0 <= start < end <= duration.");

static PyObject *set_loop_region(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "set_loop_region", 2, 2, { "start", "end" } };
    player_object *p = player(self);
    PyObject *v[2];
    double from, to;
    if (cm_parse(&params, args, count, keywords, v) < 0 || cm_arg_f64(v[0], "start", &from) < 0 ||
        cm_arg_f64(v[1], "end", &to) < 0 || !check_here(p))
        return NULL;
    if (!(from >= 0 && from < to && to <= length_of(p) + 1.0 / CM_PLAYER_RATE))
        return PyErr_Format(PyExc_ValueError, "a loop region needs 0 <= start < end <= duration");
    CONTROL(p, {
        p->loop_begin = from;
        p->loop_end = to;
        p->looping = true;
        tell_loop(p);
    });
    Py_RETURN_NONE;
}

PyDoc_STRVAR(seek_doc, "seek($self, /, seconds)\n--\n\n"
                       "Goes on at a time of the file, whether it plays or not. ValueError beyond its ends.");

static PyObject *seek(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "seek", 1, 1, { "seconds" } };
    player_object *p = player(self);
    PyObject *value;
    double seconds;
    if (cm_parse(&params, args, count, keywords, &value) < 0 || cm_arg_f64(value, "seconds", &seconds) < 0 ||
        !check_here(p))
        return NULL;
    if (!(seconds >= 0 && seconds <= length_of(p) + 1.0 / CM_PLAYER_RATE))
        return PyErr_Format(PyExc_ValueError, "seconds must be within the file");
    CONTROL(p, cm_source_seek(p->deck.source, (SInt64)(seconds * CM_PLAYER_RATE + 0.5)));
    Py_RETURN_NONE;
}

PyDoc_STRVAR(reset_doc, "reset_playback($self, /)\n--\n\nGoes to the beginning; plays on if it plays.");

static PyObject *reset_playback(PyObject *self, PyObject *unused)
{
    player_object *p = player(self);
    (void)unused;
    if (!check_here(p))
        return NULL;
    CONTROL(p, cm_source_seek(p->deck.source, 0));
    Py_RETURN_NONE;
}

static bool plays(player_object *p)
{
    return atomic_load(&p->deck.playing) && !cm_source_has_ended(p->deck.source);
}

PyDoc_STRVAR(is_playing_doc, "is_playing($self, /)\n--\n\n"
                             "True from start() to stop() or the natural end of a file that does not loop.");

static PyObject *is_playing(PyObject *self, PyObject *unused)
{
    (void)unused;
    return PyBool_FromLong(plays(player(self)));
}

PyDoc_STRVAR(progress_doc, "get_progress($self, /)\n--\n\n"
                           "How much of the file was played: 0.0 .. 1.0; 0.0 without a file.");

static PyObject *get_progress(PyObject *self, PyObject *unused)
{
    player_object *p = player(self);
    double length = (double)cm_source_length(p->deck.source);
    (void)unused;
    if (length > 0 && cm_source_has_ended(p->deck.source))
        return PyFloat_FromDouble(1.0);
    double progress = length > 0 ? cm_source_position(p->deck.source) / length : 0.0;
    return PyFloat_FromDouble(progress < 1.0 ? progress : 1.0);
}

PyDoc_STRVAR(
    timing_doc,
    "get_link_timing($self, /, quantum=4.0)\n--\n\n"
    "Where the link session is now: dict of tempo (bpm), beat, phase and is_playing; None without one.");

static PyObject *get_link_timing(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "get_link_timing", 0, 1, { "quantum" } };
    PyObject *session = player(self)->link_session, *value;
    double quantum = 4.0;
    if (cm_parse(&params, args, count, keywords, &value) < 0 || cm_arg_f64(value, "quantum", &quantum) < 0)
        return NULL;
    if (!session)
        Py_RETURN_NONE;
    Py_INCREF(session); /* __init__ may replace it meanwhile */
    PyObject *state = PyObject_CallMethod(session, "capture_app_session_state", NULL);
    PyObject *clock = state ? PyObject_GetAttrString(session, "clock") : NULL;
    PyObject *now = clock ? PyObject_CallMethod(clock, "micros", NULL) : NULL;
    PyObject *result = NULL;
    if (now)
        result = Py_BuildValue("{sNsNsNsN}", "tempo", PyObject_GetAttrString(state, "tempo"), "beat",
                               PyObject_CallMethod(state, "beat_at_time", "Od", now, quantum), "phase",
                               PyObject_CallMethod(state, "phase_at_time", "Od", now, quantum), "is_playing",
                               PyObject_GetAttrString(state, "is_playing"));
    Py_XDECREF(now);
    Py_XDECREF(clock);
    Py_XDECREF(state);
    Py_DECREF(session);
    return result;
}

/* ---- properties ---- */

static PyObject *get_session(PyObject *self, void *closure)
{
    (void)closure;
    PyObject *session = player(self)->link_session;
    return Py_NewRef(session ? session : Py_None);
}

static PyObject *get_on_end(PyObject *self, void *closure)
{
    (void)closure;
    PyObject *callback = player(self)->on_end;
    return Py_NewRef(callback ? callback : Py_None);
}

static int set_on_end(PyObject *self, PyObject *value, void *closure)
{
    (void)closure;
    if (value && value != Py_None && !PyCallable_Check(value)) {
        PyErr_SetString(PyExc_TypeError, "on_end must be callable or None");
        return -1;
    }
    Py_XSETREF(player(self)->on_end, Py_XNewRef(value == Py_None ? NULL : value));
    return 0;
}

static PyObject *get_volume(PyObject *self, void *closure)
{
    (void)closure;
    return PyFloat_FromDouble((double)atomic_load(&player(self)->deck.volume));
}

static int take_number(PyObject *value, const char *name, double low, double high, double *out)
{
    if (!value) {
        PyErr_Format(PyExc_AttributeError, "%s cannot be deleted", name);
        return -1;
    }
    if (cm_arg_f64(value, name, out) < 0)
        return -1;
    if (*out >= low && *out <= high)
        return 0;
    PyErr_Format(PyExc_ValueError, "%s is out of range", name);
    return -1;
}

static int set_volume(PyObject *self, PyObject *value, void *closure)
{
    double volume;
    (void)closure;
    if (take_number(value, "volume", 0.0, 16.0, &volume) < 0)
        return -1;
    atomic_store(&player(self)->deck.volume, (float)volume);
    return 0;
}

static PyObject *get_rate(PyObject *self, void *closure)
{
    (void)closure;
    return PyFloat_FromDouble(player(self)->rate);
}

static int set_rate(PyObject *self, PyObject *value, void *closure)
{
    player_object *p = player(self);
    double rate;
    (void)closure;
    if (take_number(value, "rate", 1.0 / 16, 16.0, &rate) < 0 || !check_here(p))
        return -1;
    CONTROL(p, cm_source_set_rate(p->deck.source, rate));
    p->rate = rate;
    return 0;
}

static PyObject *get_position(PyObject *self, void *closure)
{
    (void)closure;
    return PyFloat_FromDouble(cm_source_position(player(self)->deck.source) / CM_PLAYER_RATE);
}

static PyObject *get_duration(PyObject *self, void *closure)
{
    (void)closure;
    return PyFloat_FromDouble(length_of(player(self)));
}

static PyObject *get_is_ready(PyObject *self, void *closure)
{
    cm_player_source *source = player(self)->deck.source;
    bool ready;
    (void)closure;
    if (!check_here(player(self)))
        return NULL;
    CM_RUN(ready = cm_source_is_ready(source));
    return PyBool_FromLong(ready);
}

static PyObject *get_underruns(PyObject *self, void *closure)
{
    (void)closure;
    return PyLong_FromUnsignedLong(cm_source_underruns(player(self)->deck.source));
}

static PyMethodDef methods[] = {
    CM_METHOD("load_file", load_file, load_doc),
    CM_METHOD("set_looping", set_looping, set_looping_doc),
    CM_METHOD("set_loop_region", set_loop_region, set_region_doc),
    CM_METHOD("seek", seek, seek_doc),
    CM_METHOD("get_link_timing", get_link_timing, timing_doc),
    { "setup_output", setup_output, METH_NOARGS, setup_doc },
    { "start", start, METH_NOARGS, start_doc },
    { "play", start, METH_NOARGS, play_doc },
    { "resume", resume, METH_NOARGS, resume_doc },
    { "stop", stop, METH_NOARGS, stop_doc },
    { "reset_playback", reset_playback, METH_NOARGS, reset_doc },
    { "is_playing", is_playing, METH_NOARGS, is_playing_doc },
    { "get_progress", get_progress, METH_NOARGS, progress_doc },
    { NULL, NULL, 0, NULL },
};

static PyMemberDef members[] = {
    { "__dictoffset__", T_PYSSIZET, offsetof(player_object, dict), READONLY, NULL },
    { "__weaklistoffset__", T_PYSSIZET, offsetof(player_object, weak_references), READONLY, NULL },
    { NULL, 0, 0, 0, NULL },
};

static PyGetSetDef properties[] = {
    { "link_session", get_session, NULL, "The Link session that get_link_timing asks, or None.", NULL },
    { "on_end", get_on_end, set_on_end,
      "Called without arguments, on a thread of the player's, when a file that does not loop has ended.",
      NULL },
    { "volume", get_volume, set_volume, "Linear gain, 0 .. 16; 1 leaves the sound as it is.", NULL },
    { "rate", get_rate, set_rate, "Speed, and pitch with it, 1/16 .. 16; 1 as recorded.", NULL },
    { "position", get_position, NULL, "Seconds from the file's beginning to what is played next.", NULL },
    { "duration", get_duration, NULL, "Seconds; 0.0 without a file.", NULL },
    { "is_ready", get_is_ready, NULL, "True when what is heard next was read from disk already.", NULL },
    { "underruns", get_underruns, NULL, "How often the disk was too slow and silence was played.", NULL },
    { NULL, NULL, NULL, NULL, NULL },
};

PyDoc_STRVAR(type_doc, "AudioPlayer(link_session=None)\n--\n\n"
                       "Plays one file through the default output, read from disk as it plays.\n\n"
                       "load_file(), setup_output(), start(). link_session: a LinkSession whose time\n"
                       "get_link_timing() tells.");

static PyType_Slot slots[] = {
    { Py_tp_doc, (void *)type_doc },
    { Py_tp_new, new_player },
    { Py_tp_init, init },
    { Py_tp_dealloc, dealloc },
    { Py_tp_finalize, finalize },
    { Py_tp_traverse, traverse },
    { Py_tp_clear, clear },
    { Py_tp_methods, methods },
    { Py_tp_members, members },
    { Py_tp_getset, properties },
    { 0, NULL },
};

static PyType_Spec spec = {
    .name = "coremusic.capi.AudioPlayer",
    .basicsize = sizeof(player_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};

int cm_capi_audio_player_init(PyObject *module)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &spec, NULL);
    int result = type ? PyModule_AddObjectRef(module, "AudioPlayer", type) : -1;
    Py_XDECREF(type);
    return result;
}
