/* CoreAudioObject: the base class of the object layer. */
#include "common/core_object.h"

#include "capi.h"

#include <structmember.h>

/* Subclasses choose their own __init__, so arguments are accepted and ignored here. */
static PyObject *object_new(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    (void)args, (void)keywords;
    return type->tp_alloc(type, 0);
}

static int object_init(PyObject *self, PyObject *args, PyObject *keywords)
{
    (void)self, (void)args, (void)keywords;
    return 0;
}

static int object_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((cm_core_object *)self)->dict);
    return 0;
}

static int object_clear(PyObject *self)
{
    Py_CLEAR(((cm_core_object *)self)->dict);
    return 0;
}

static void object_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    if (((cm_core_object *)self)->weak_references)
        PyObject_ClearWeakRefs(self);
    ((cm_core_object *)self)->disposed = true;
    object_clear(self);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyObject *get_object_id(PyObject *self, void *closure)
{
    (void)closure;
    return PyLong_FromLong(((cm_core_object *)self)->object_id);
}

static PyObject *get_is_disposed(PyObject *self, void *closure)
{
    (void)closure;
    return PyBool_FromLong(((cm_core_object *)self)->disposed);
}

PyDoc_STRVAR(dispose_doc,
             "dispose($self, /)\n--\n\n"
             "Marks the object disposed and its id 0. May be called again; releases nothing native.");

static PyObject *dispose(PyObject *self, PyObject *unused)
{
    (void)unused;
    ((cm_core_object *)self)->disposed = true;
    ((cm_core_object *)self)->object_id = 0;
    Py_RETURN_NONE;
}

PyDoc_STRVAR(ensure_doc, "_ensure_not_disposed($self, /)\n--\n\n"
                         "RuntimeError \"<class name> has been disposed\" when it has.");

static PyObject *ensure_not_disposed(PyObject *self, PyObject *unused)
{
    (void)unused;
    if (!((cm_core_object *)self)->disposed)
        Py_RETURN_NONE;
    PyObject *name = PyType_GetName(Py_TYPE(self));
    if (name)
        PyErr_Format(PyExc_RuntimeError, "%U has been disposed", name);
    Py_XDECREF(name);
    return NULL;
}

PyDoc_STRVAR(set_id_doc, "_set_object_id($self, /, object_id)\n--\n\n"
                         "Stores the native handle, a number of 64 bits.");

static PyObject *set_object_id(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "_set_object_id", 1, 1, { "object_id" } };
    PyObject *value;
    int64_t number;
    if (cm_parse(&params, args, count, keywords, &value) < 0 || cm_arg_i64(value, "object_id", &number) < 0)
        return NULL;
    ((cm_core_object *)self)->object_id = (long)number;
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    { "dispose", dispose, METH_NOARGS, dispose_doc },
    { "_ensure_not_disposed", ensure_not_disposed, METH_NOARGS, ensure_doc },
    CM_METHOD("_set_object_id", set_object_id, set_id_doc),
    { NULL, NULL, 0, NULL },
};

static PyMemberDef members[] = {
    { "__dictoffset__", T_PYSSIZET, offsetof(cm_core_object, dict), READONLY, NULL },
    { "__weaklistoffset__", T_PYSSIZET, offsetof(cm_core_object, weak_references), READONLY, NULL },
    { NULL, 0, 0, 0, NULL },
};

static PyGetSetDef properties[] = {
    { "object_id", get_object_id, NULL, "The native handle as int; 0 at first and after disposal.", NULL },
    { "is_disposed", get_is_disposed, NULL, "True once the object was disposed.", NULL },
    { NULL, NULL, NULL, NULL, NULL },
};

PyDoc_STRVAR(type_doc, "CoreAudioObject(*args, **kwargs)\n--\n\n"
                       "Base class of everything that has a native handle. Extra arguments are ignored.");

static PyType_Slot slots[] = {
    { Py_tp_doc, (void *)type_doc },     { Py_tp_new, object_new },
    { Py_tp_init, object_init },         { Py_tp_dealloc, object_dealloc },
    { Py_tp_traverse, object_traverse }, { Py_tp_clear, object_clear },
    { Py_tp_methods, methods },          { Py_tp_members, members },
    { Py_tp_getset, properties },        { 0, NULL },
};

static PyType_Spec spec = {
    .name = "coremusic.capi.CoreAudioObject",
    .basicsize = sizeof(cm_core_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};

int cm_capi_core_audio_object_init(PyObject *module)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &spec, NULL);
    int result = type ? PyModule_AddObjectRef(module, "CoreAudioObject", type) : -1;
    Py_XDECREF(type);
    return result;
}
