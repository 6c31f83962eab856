/* coremusic._objects: types that own native objects. coremusic.objects is their public face. */
#include "objects/objects.h"

static int (*const types[])(PyObject *module, cm_objects_state *state) = {
    cm_audio_file_init,      cm_audio_file_blocks_init, cm_audio_file_stream_init, cm_ext_audio_file_init,
    cm_audio_converter_init, cm_sound_stream_init,      cm_audio_buffer_init,      cm_audio_queue_init,
    cm_audio_unit_init,      cm_midi_receiver_init,     cm_midi_sender_init,       cm_midi_notifier_init,
};

/* Those of rare use, whose modules take long to import, are imported late: when they are first asked for. */
static const struct {
    const char *module, *name;
    bool late;
} foreign[CM_KEPT_COUNT] = {
    [CM_CORE_OBJECT] = { "coremusic._capi", "CoreAudioObject" },
    [CM_AUDIO_FORMAT] = { "coremusic.audio_format", "AudioFormat" },
    [CM_AUDIO_MARKER] = { "coremusic.audio_marker", "AudioMarker", true },
    [CM_AUDIO_REGION] = { "coremusic.audio_marker", "AudioRegion", true },
    [CM_FILE_ERROR] = { "coremusic.exceptions", "AudioFileError" },
    [CM_CONVERTER_ERROR] = { "coremusic.exceptions", "AudioConverterError" },
    [CM_DEVICE_ERROR] = { "coremusic.exceptions", "AudioDeviceError" },
    [CM_QUEUE_ERROR] = { "coremusic.exceptions", "AudioQueueError" },
    [CM_UNIT_ERROR] = { "coremusic.exceptions", "AudioUnitError" },
    [CM_MIDI_ERROR] = { "coremusic.exceptions", "MIDIError" },
};

static int import_class(cm_objects_state *state, cm_kept_object which)
{
    PyObject *module = PyImport_ImportModule(foreign[which].module);
    PyObject *found = module ? PyObject_GetAttrString(module, foreign[which].name) : NULL;
    Py_XDECREF(module);
    if (found)
        Py_XSETREF(state->kept[which], found);
    return found ? 0 : -1;
}

static int import_classes(cm_objects_state *state)
{
    for (int i = 0; i < CM_KEPT_COUNT; i++)
        if (foreign[i].module && !foreign[i].late && import_class(state, i) < 0)
            return -1;
    return 0;
}

PyObject *cm_kept_late(PyObject *self, cm_kept_object which)
{
    cm_objects_state *state = cm_objects_state_of(Py_TYPE(self));
    return state->kept[which] || import_class(state, which) == 0 ? state->kept[which] : NULL;
}

static int exec_module(PyObject *module)
{
    cm_objects_state *state = PyModule_GetState(module);
    if (import_classes(state) < 0)
        return -1;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i](module, state) < 0)
            return -1;
    return 0;
}

static int traverse_module(PyObject *module, visitproc visit, void *arg)
{
    cm_objects_state *state = PyModule_GetState(module);
    for (int i = 0; i < CM_KEPT_COUNT; i++)
        Py_VISIT(state->kept[i]);
    return 0;
}

static int clear_module(PyObject *module)
{
    cm_objects_state *state = PyModule_GetState(module);
    for (int i = 0; i < CM_KEPT_COUNT; i++)
        Py_CLEAR(state->kept[i]);
    return 0;
}

static void free_module(void *module)
{
    clear_module(module);
}

static PyModuleDef_Slot slots[] = {
    { Py_mod_exec, (void *)exec_module },
#ifdef Py_mod_multiple_interpreters
    { Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED },
#endif
    { 0, NULL },
};

PyModuleDef cm_objects_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "coremusic._objects",
    .m_doc = "Core Audio as objects: each owns a native object and releases it once.",
    .m_size = sizeof(cm_objects_state),
    .m_slots = slots,
    .m_traverse = traverse_module,
    .m_clear = clear_module,
    .m_free = free_module,
};

PyMODINIT_FUNC PyInit__objects(void)
{
    return PyModuleDef_Init(&cm_objects_module);
}
