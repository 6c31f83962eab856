/* coremusic._capi: the functional API. coremusic.capi is its public face. */
#include "capi/capi.h"

#include "common/callback.h"

static int (*const areas[])(PyObject *module) = {
    cm_capi_fourcc_init,
    cm_capi_constants_init,
    cm_capi_core_audio_object_init,
    cm_capi_audio_file_init,
    cm_capi_audio_file_stream_init,
    cm_capi_audio_converter_init,
    cm_capi_ext_audio_file_init,
    cm_capi_midi_init,
    cm_capi_audio_object_init,
    cm_capi_audio_object_settings_init,
    cm_capi_audio_queue_init,
    cm_capi_system_sound_init,
    cm_capi_audio_component_init,
    cm_capi_audio_unit_init,
    cm_capi_audio_unit_parameters_init,
    cm_capi_audio_unit_render_init,
    cm_capi_audio_player_init,
};

static int exec_module(PyObject *module)
{
    if (cm_callback_init() < 0)
        return -1;
    for (size_t i = 0; i < sizeof areas / sizeof *areas; i++)
        if (areas[i](module) < 0)
            return -1;
    return 0;
}

static PyModuleDef_Slot slots[] = {
    { Py_mod_exec, (void *)exec_module },
#ifdef Py_mod_multiple_interpreters
    { Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED },
#endif
    { 0, NULL },
};

static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "coremusic._capi",
    .m_doc = "Core Audio as functions: handles are ints, data is bytes, formats are dicts.",
    .m_slots = slots,
};

PyMODINIT_FUNC PyInit__capi(void)
{
    return PyModuleDef_Init(&definition);
}
