/* AudioUnit: life and transport. */
#include "audio_unit.h"

#include "format.h"

PyObject *cm_unit_fail(PyObject *self, OSStatus status, const char *operation, const char *what)
{
    return cm_raise_object(cm_kept(self, CM_UNIT_ERROR), status, operation, "%s", what);
}

AudioUnit cm_unit_handle(PyObject *self)
{
    if (cm_native_check(self) < 0)
        return NULL;
    if (!cm_unit_of(self)->unit)
        PyErr_SetString(cm_kept(self, CM_UNIT_ERROR), "no native unit: use AudioComponent.create_instance()");
    return cm_unit_of(self)->unit;
}

bool cm_unit_take_turn(PyObject *self)
{
    if (cm_sound_take_turn(&cm_unit_of(self)->turn, &cm_unit_of(self)->stream))
        return true;
    PyErr_SetString(cm_kept(self, CM_UNIT_ERROR), "the unit is being started, stopped or changed");
    return false;
}

void cm_unit_end_turn(PyObject *self)
{
    cm_sound_end_turn(&cm_unit_of(self)->turn);
}

/* An action in a turn of its own; -1 with an exception when there is none. */
static int in_turn(PyObject *self, int (*action)(PyObject *self))
{
    if (!cm_unit_take_turn(self))
        return -1;
    int result = action(self);
    cm_unit_end_turn(self);
    return result;
}

static PyObject *none_or_error(int result)
{
    return result < 0 ? NULL : Py_NewRef(Py_None);
}

/* ---- life ---- */

static int init(PyObject *self, PyObject *args, PyObject *keywords)
{
    static const cm_params params = { "AudioUnit", 0, 1, { "description" } };
    PyObject *description;
    if (cm_parse_init(&params, args, keywords, &description) < 0)
        return -1;
    Py_XSETREF(cm_unit_of(self)->description, Py_NewRef(description ? description : Py_None));
    return 0;
}

/* One field of an AudioComponentDescription on Python's side. */
static int description_field(PyObject *description, const char *name, UInt32 *code)
{
    PyObject *value = PyObject_GetAttrString(description, name);
    int result = value ? cm_arg_code(value, name, code) : -1;
    Py_XDECREF(value);
    return result;
}

static int read_description(PyObject *description, AudioComponentDescription *out)
{
    return description_field(description, "type", &out->componentType) < 0 ||
                   description_field(description, "subtype", &out->componentSubType) < 0 ||
                   description_field(description, "manufacturer", &out->componentManufacturer) < 0 ||
                   description_field(description, "flags", &out->componentFlags) < 0 ||
                   description_field(description, "flags_mask", &out->componentFlagsMask) < 0
               ? -1
               : 0;
}

/* In the caller's turn: makes the native unit of an instance that has none. */
static int open_in_turn(PyObject *self)
{
    AudioComponentDescription wanted;
    AudioComponent component;
    AudioUnit unit;
    OSStatus status;
    if (cm_native_check(self) < 0 || cm_unit_of(self)->unit)
        return PyErr_Occurred() ? -1 : 0;
    if (!cm_unit_of(self)->description)
        PyErr_SetString(PyExc_RuntimeError, "AudioUnit.__init__() was not called");
    if (!cm_unit_of(self)->description || read_description(cm_unit_of(self)->description, &wanted) < 0)
        return -1;
    CM_RUN(component = AudioComponentFindNext(NULL, &wanted));
    if (!component) {
        PyErr_Format(cm_kept(self, CM_UNIT_ERROR), "there is no component for %R",
                     cm_unit_of(self)->description);
        return -1;
    }
    CM_CALL(status, AudioComponentInstanceNew(component, &unit));
    if (status) {
        cm_unit_fail(self, status, "AudioComponentInstanceNew", "create an Audio Unit");
        return -1;
    }
    cm_unit_of(self)->unit = unit;
    cm_native_set_handle(self, unit);
    return 0;
}

static int open_unit(PyObject *self)
{
    return in_turn(self, open_in_turn);
}

/* In the caller's turn, without exceptions: errors of a unit that ends are nobody's. */
static int end_in_turn(PyObject *self)
{
    cm_unit_object *u = cm_unit_of(self);
    AudioUnit unit = u->unit;
    if (u->stream && u->stream->pulled && cm_sound_is_asking(u->stream)) {
        PyErr_SetString(cm_kept(self, CM_UNIT_ERROR), "a unit cannot be disposed of while it renders");
        return -1;
    }
    u->unit = NULL;
    bool running = u->running, initialized = u->initialized;
    u->running = u->initialized = false;
    if (unit)
        CM_RUN({
            if (running)
                AudioOutputUnitStop(unit);
            if (initialized)
                AudioUnitUninitialize(unit);
            AudioComponentInstanceDispose(unit);
        });
    cm_unit_drop_stream(self);
    return 0;
}

static void end_unit(PyObject *self)
{
    if (in_turn(self, end_in_turn) < 0)
        PyErr_Clear();
}

static void finalize(PyObject *self)
{
    cm_native_finalize(self, end_unit);
}

static int traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(cm_unit_of(self)->description);
    Py_VISIT(cm_unit_of(self)->client_format);
    Py_VISIT(cm_unit_of(self)->callback);
    return cm_native_traverse(self, visit, arg);
}

static int clear(PyObject *self)
{
    Py_CLEAR(cm_unit_of(self)->description);
    Py_CLEAR(cm_unit_of(self)->client_format);
    Py_CLEAR(cm_unit_of(self)->callback);
    cm_native_clear(self);
    return 0;
}

PyDoc_STRVAR(open_doc, "open($self, /)\n--\n\n"
                       "Makes the native unit of the description, if there is none yet; returns self.");

static PyObject *open_method(PyObject *self, PyObject *unused)
{
    (void)unused;
    if (cm_native_check(self) < 0 || open_unit(self) < 0)
        return NULL;
    return Py_NewRef(self);
}

PyDoc_STRVAR(default_output_doc, "default_output($type, /)\n--\n\n"
                                 "A unit that plays through the default output device.\n\n"
                                 "AudioUnitError when there is none.");

static PyObject *default_output(PyObject *type, PyObject *unused)
{
    (void)unused;
    PyObject *module = PyImport_ImportModule("coremusic.audio_component");
    PyObject *description = module ? PyObject_CallMethod(module, "AudioComponentDescription", "sss", "auou",
                                                         "def ", "appl")
                                   : NULL;
    PyObject *self = description ? PyObject_CallOneArg(type, description) : NULL;
    Py_XDECREF(description);
    Py_XDECREF(module);
    if (self && open_unit(self) < 0)
        Py_CLEAR(self);
    return self;
}

PyDoc_STRVAR(dispose_doc,
             "dispose($self, /)\n--\n\nStops, uninitialises and frees the unit. May be called again.");

static PyObject *dispose(PyObject *self, PyObject *unused)
{
    (void)unused;
    if (in_turn(self, end_in_turn) < 0)
        return NULL;
    cm_native_mark_disposed(self);
    Py_RETURN_NONE;
}

/* ---- initialising ---- */

int cm_unit_initialize(PyObject *self)
{
    AudioUnit unit = cm_unit_handle(self);
    OSStatus status;
    if (!unit)
        return -1;
    if (cm_unit_of(self)->initialized)
        return 0;
    CM_CALL(status, AudioUnitInitialize(unit));
    cm_unit_of(self)->initialized = status == noErr;
    if (status)
        cm_unit_fail(self, status, "AudioUnitInitialize", "initialize the Audio Unit");
    return status ? -1 : 0;
}

int cm_unit_uninitialize(PyObject *self)
{
    cm_unit_object *u = cm_unit_of(self);
    OSStatus status;
    if (!u->initialized || !u->unit)
        return 0;
    AudioUnit unit = u->unit;
    u->initialized = u->running = false;
    CM_CALL(status, AudioUnitUninitialize(unit));
    cm_unit_end_stream(self);
    if (status)
        cm_unit_fail(self, status, "AudioUnitUninitialize", "uninitialize the Audio Unit");
    return status ? -1 : 0;
}

PyDoc_STRVAR(initialize_doc, "initialize($self, /)\n--\n\n"
                             "Makes the unit ready to render. May be called again.");

static PyObject *initialize(PyObject *self, PyObject *unused)
{
    (void)unused;
    return none_or_error(in_turn(self, cm_unit_initialize));
}

PyDoc_STRVAR(uninitialize_doc,
             "uninitialize($self, /)\n--\n\nThe opposite; nothing happens when it is not ready.");

static PyObject *uninitialize(PyObject *self, PyObject *unused)
{
    (void)unused;
    return none_or_error(in_turn(self, cm_unit_uninitialize));
}

/* ---- transport ---- */

PyDoc_STRVAR(start_doc, "start($self, /)\n--\n\n"
                        "Starts the device of an output unit. AudioUnitError before initialize().");

static int start_in_turn(PyObject *self)
{
    AudioUnit unit = cm_unit_handle(self);
    OSStatus status;
    if (!unit)
        return -1;
    if (!cm_unit_of(self)->initialized)
        return cm_raise_text(cm_kept(self, CM_UNIT_ERROR), kAudioUnitErr_Uninitialized,
                             "AudioUnit not initialized"),
               -1;
    if (!cm_unit_of(self)->running && cm_unit_begin_stream(self) < 0)
        return -1;
    CM_CALL(status, AudioOutputUnitStart(unit));
    cm_unit_of(self)->running = status == noErr;
    if (!status)
        return 0;
    cm_unit_end_stream(self);
    cm_unit_fail(self, status, "AudioOutputUnitStart", "start the Audio Unit");
    return -1;
}

static int stop_in_turn(PyObject *self)
{
    AudioUnit unit = cm_unit_handle(self);
    OSStatus status;
    if (!unit)
        return -1;
    cm_unit_of(self)->running = false;
    CM_CALL(status, AudioOutputUnitStop(unit));
    cm_unit_end_stream(self);
    if (status)
        cm_unit_fail(self, status, "AudioOutputUnitStop", "stop the Audio Unit");
    return status ? -1 : 0;
}

int cm_unit_start(PyObject *self)
{
    int result = start_in_turn(self);
    if (result == 0 && cm_unit_of(self)->turn.stop) /* the callback called stop() meanwhile */
        result = stop_in_turn(self);
    return result;
}

static PyObject *start(PyObject *self, PyObject *unused)
{
    (void)unused;
    return none_or_error(in_turn(self, cm_unit_start));
}

PyDoc_STRVAR(stop_doc,
             "stop($self, /)\n--\n\n"
             "Stops the device; nothing is rendered any more when it returns, unless it is called from the\n"
             "render callback itself while the unit starts or stops.");

static PyObject *stop(PyObject *self, PyObject *unused)
{
    cm_unit_object *u = cm_unit_of(self);
    (void)unused;
    if (!cm_sound_take_turn(&u->turn, &u->stream)) {
        u->turn.stop = true;
        Py_RETURN_NONE;
    }
    int result = stop_in_turn(self);
    cm_unit_end_turn(self);
    return none_or_error(result);
}

static PyObject *enter(PyObject *self, PyObject *unused)
{
    (void)unused;
    return in_turn(self, cm_unit_initialize) < 0 ? NULL : Py_NewRef(self);
}

static PyObject *leave(PyObject *self, PyObject *unused)
{
    PyObject *result = dispose(self, unused);
    Py_XDECREF(result);
    return result ? Py_NewRef(Py_False) : NULL;
}

static PyObject *get_is_initialized(PyObject *self, void *closure)
{
    (void)closure;
    return PyBool_FromLong(cm_unit_of(self)->initialized);
}

static PyObject *get_is_running(PyObject *self, void *closure)
{
    (void)closure;
    return PyBool_FromLong(cm_unit_of(self)->running);
}

static PyObject *get_description(PyObject *self, void *closure)
{
    (void)closure;
    PyObject *description = cm_unit_of(self)->description;
    return Py_NewRef(description ? description : Py_None);
}

static PyObject *get_dropouts(PyObject *self, void *closure)
{
    cm_sound_stream *stream = cm_unit_of(self)->stream;
    (void)closure;
    return PyLong_FromUnsignedLong(stream ? atomic_load(&stream->dropouts) : 0);
}

/* ---- properties as methods ---- */

static PyObject *get_rate(PyObject *self, PyObject *unused)
{
    (void)unused;
    return cm_unit_get_sample_rate(self, NULL);
}

static PyObject *set_rate(PyObject *self, PyObject *value)
{
    return none_or_error(cm_unit_set_sample_rate(self, value, NULL));
}

static PyObject *get_slice(PyObject *self, PyObject *unused)
{
    (void)unused;
    return cm_unit_get_max_frames(self, NULL);
}

static PyObject *set_slice(PyObject *self, PyObject *value)
{
    return none_or_error(cm_unit_set_max_frames(self, value, NULL));
}

static PyObject *repr(PyObject *self)
{
    cm_unit_object *u = cm_unit_of(self);
    return PyUnicode_FromFormat("AudioUnit(%R%s%s%s)", u->description ? u->description : Py_None,
                                u->initialized ? ", initialized" : "", u->running ? ", running" : "",
                                u->native.core.disposed ? ", disposed" : "");
}

PyDoc_STRVAR(get_property_doc, "get_property($self, /, property_id, scope, element)\n--\n\n"
                               "A property's value as bytes, in the machine's byte order.");
PyDoc_STRVAR(set_property_doc, "set_property($self, /, property_id, scope, element, data)\n--\n\n"
                               "Sets a property from bytes, in the machine's byte order.");
PyDoc_STRVAR(get_format_doc,
             "get_stream_format($self, /, scope='output', element=0)\n--\n\n"
             "The AudioFormat at a side of the unit: scope \"input\", \"output\" or \"global\".\n\n"
             "Of an output unit: what set_stream_format was given for \"output\", if it was.");
PyDoc_STRVAR(
    set_format_doc,
    "set_stream_format($self, /, format, scope='output', element=0)\n--\n\n"
    "Sets the AudioFormat at a side of the unit, which is initialised again if it was.\n\n"
    "An output unit takes \"output\", element 0, for the format of what it is given to play, which is\n"
    "its input.");
PyDoc_STRVAR(parameter_list_doc, "get_parameter_list($self, /, scope='global')\n--\n\n"
                                 "The ids of the parameters; [] where there are none.");
PyDoc_STRVAR(
    callback_doc,
    "set_render_callback($self, /, callback, bus=0)\n--\n\n"
    "What the unit pulls on an input bus.\n\n"
    "A callable: callback(frames) returns so many frames of float32 samples, shape (frames, channels),\n"
    "(frames,) for one channel, or bytes of interleaved ones; fewer for silence behind them, None to\n"
    "end. The bus's format becomes interleaved float32. A unit with a\n"
    "device calls it ahead, on a thread of its own; others while they render. An int: the address of\n"
    "a C function of type AURenderCallback, called on the render thread without the GIL. None: silence.");
PyDoc_STRVAR(
    render_doc,
    "render($self, /, num_frames, timestamp=None)\n--\n\n"
    "Renders num_frames frames of output 0 and returns them, interleaved, as bytes.\n\n"
    "timestamp: sample time of the first frame; None goes on where the last call ended. The samples are\n"
    "those of the output stream format. AudioUnitError before initialize().");

static PyMethodDef methods[] = {
    { "default_output", default_output, METH_NOARGS | METH_CLASS, default_output_doc },
    CM_METHOD("get_property", cm_unit_get_property, get_property_doc),
    CM_METHOD("set_property", cm_unit_set_property, set_property_doc),
    CM_METHOD("get_stream_format", cm_unit_get_stream_format, get_format_doc),
    CM_METHOD("set_stream_format", cm_unit_set_stream_format, set_format_doc),
    CM_METHOD("get_parameter_list", cm_unit_get_parameter_list, parameter_list_doc),
    CM_METHOD("set_render_callback", cm_unit_set_render_callback, callback_doc),
    CM_METHOD("render", cm_unit_render, render_doc),
    { "open", open_method, METH_NOARGS, open_doc },
    { "close", dispose, METH_NOARGS, "close($self, /)\n--\n\nThe same as dispose()." },
    { "get_sample_rate", get_rate, METH_NOARGS,
      "get_sample_rate($self, /)\n--\n\nThe property sample_rate." },
    { "set_sample_rate", set_rate, METH_O,
      "set_sample_rate($self, value, /)\n--\n\nSets the property sample_rate." },
    { "get_maximum_frames_per_slice", get_slice, METH_NOARGS,
      "get_maximum_frames_per_slice($self, /)\n--\n\nThe property max_frames_per_slice." },
    { "set_maximum_frames_per_slice", set_slice, METH_O,
      "set_maximum_frames_per_slice($self, value, /)\n--\n\nSets the property max_frames_per_slice." },
    { "dispose", dispose, METH_NOARGS, dispose_doc },
    { "initialize", initialize, METH_NOARGS, initialize_doc },
    { "uninitialize", uninitialize, METH_NOARGS, uninitialize_doc },
    { "start", start, METH_NOARGS, start_doc },
    { "stop", stop, METH_NOARGS, stop_doc },
    { "__enter__", enter, METH_NOARGS, NULL },
    { "__exit__", leave, METH_VARARGS, NULL },
    { NULL, NULL, 0, NULL },
};

static PyGetSetDef properties[] = {
    { "is_initialized", get_is_initialized, NULL, "True between initialize() and uninitialize().", NULL },
    { "is_running", get_is_running, NULL, "True between start() and stop().", NULL },
    { "_description", get_description, NULL, "What the unit was made for.", NULL },
    { "description", get_description, NULL, "What the unit was made for.", NULL },
    { "dropouts", get_dropouts, NULL, "How often a Python render callback was too slow since start().",
      NULL },
    { "sample_rate", cm_unit_get_sample_rate, cm_unit_set_sample_rate, "Hz; 0.0 when the unit does not say.",
      NULL },
    { "latency", cm_unit_get_latency, NULL, "Seconds; 0.0 when the unit does not say.", NULL },
    { "cpu_load", cm_unit_get_cpu_load, NULL, "Part of the time there is that rendering takes: 0 .. 1.",
      NULL },
    { "max_frames_per_slice", cm_unit_get_max_frames, cm_unit_set_max_frames,
      "The most frames of one render call.", NULL },
    { NULL, NULL, NULL, NULL, NULL },
};

PyDoc_STRVAR(type_doc,
             "AudioUnit(description=None)\n--\n\n"
             "An instance of a component that makes, changes, plays or records sound.\n\n"
             "AudioUnit.default_output() and AudioComponent.create_instance() make ones with a native\n"
             "unit; as a context manager it initialises, and disposes of itself at the end.");

static PyType_Slot slots[] = {
    { Py_tp_doc, (void *)type_doc },
    { Py_tp_new, cm_native_new },
    { Py_tp_init, init },
    { Py_tp_dealloc, cm_native_dealloc },
    { Py_tp_finalize, finalize },
    { Py_tp_traverse, traverse },
    { Py_tp_clear, clear },
    { Py_tp_methods, methods },
    { Py_tp_getset, properties },
    { Py_tp_repr, repr },
    { 0, NULL },
};

static PyType_Spec spec = {
    .name = "coremusic.objects.AudioUnit",
    .basicsize = sizeof(cm_unit_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};

int cm_audio_unit_init(PyObject *module, cm_objects_state *state)
{
    return cm_native_add_type(module, state, &spec);
}
