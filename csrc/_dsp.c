/* coremusic._dsp: kernels over buffers of samples. Needs neither the engine nor, to be imported, NumPy. */
#include "dsp/bind.h"

static int fill(PyObject *module)
{
    PyMethodDef *const tables[] = { cm_buffer_methods,  cm_wrapper_methods, cm_edit_methods,   cm_mix_methods,
                                    cm_measure_methods, cm_layout_methods,  cm_decibel_methods };
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        if (PyModule_AddFunctions(module, tables[i]) < 0)
            return -1;
    PyObject *meter = PyType_FromModuleAndSpec(module, &cm_level_meter_spec, NULL);
    int result = meter ? PyModule_AddType(module, (PyTypeObject *)meter) : -1;
    Py_XDECREF(meter);
    return result;
}

static PyModuleDef_Slot slots[] = {
    { Py_mod_exec, (void *)fill },
    { 0, NULL },
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "coremusic._dsp",
    .m_doc = "Vectorised operations on buffers of samples; see coremusic.dsp and coremusic.capi.",
    .m_slots = slots,
};

PyMODINIT_FUNC PyInit__dsp(void)
{
    return PyModuleDef_Init(&definition);
}
