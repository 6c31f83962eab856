/* AudioFile.blocks(): an iterator that reads a file block by block. */
#include "audio_file.h"

typedef struct blocks {
    PyObject_HEAD
    cm_audio_file *file; /* NULL at the end */
    const cm_sample_type *type;
    SInt64 size, overlap; /* frames */
    SInt64 next;          /* the first frame of the next block */
} blocks;

static int traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((blocks *)self)->file);
    return 0;
}

static int clear(PyObject *self)
{
    Py_CLEAR(((blocks *)self)->file);
    return 0;
}

static void dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    clear(self);
    type->tp_free(self);
    Py_DECREF(type);
}

/* The next block, NULL without exception at the end. A block of nothing new is not one. */
static PyObject *next_block(blocks *b, cm_audio_file *f)
{
    SInt64 length = cm_audio_file_length(f);
    if (length < 0 || b->next >= length)
        return NULL;
    SInt64 position = f->position;
    PyObject *block = cm_audio_file_read_array(f, b->type, b->next, b->size);
    f->position = position;
    Py_ssize_t frames = block ? PyObject_Length(block) : -1;
    if (frames == 0)
        Py_CLEAR(block);
    b->next = frames < b->size ? length : b->next + b->size - b->overlap;
    if (frames > 0 && b->next + b->overlap >= length)
        b->next = length;
    return block;
}

static PyObject *next(PyObject *self)
{
    blocks *b = (blocks *)self;
    cm_audio_file *f = (cm_audio_file *)Py_XNewRef(b->file);
    if (!f)
        return NULL;
    PyObject *block = NULL;
    if (cm_audio_file_begin(f) == 0)
        block = cm_audio_file_end(f, next_block(b, f));
    if (!block)
        Py_CLEAR(b->file);
    Py_DECREF(f);
    return block;
}

static PyObject *iter(PyObject *self)
{
    return Py_NewRef(self);
}

static PyType_Slot slots[] = {
    { Py_tp_doc, "Blocks of an AudioFile, one array after another." },
    { Py_tp_dealloc, dealloc },
    { Py_tp_traverse, traverse },
    { Py_tp_clear, clear },
    { Py_tp_iter, iter },
    { Py_tp_iternext, next },
    { 0, NULL },
};

static PyType_Spec spec = {
    .name = "coremusic.objects.AudioFileBlocks",
    .basicsize = sizeof(blocks),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE |
             Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = slots,
};

int cm_audio_file_blocks_init(PyObject *module, cm_objects_state *state)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &spec, NULL);
    state->kept[CM_AUDIO_FILE_BLOCKS] = type;
    return type ? PyModule_AddType(module, (PyTypeObject *)type) : -1;
}

static PyObject *new_blocks(cm_audio_file *f, SInt64 size, const cm_sample_type *type, SInt64 overlap)
{
    if (size < 1 || overlap < 0 || overlap >= size)
        return PyErr_Format(PyExc_ValueError, "a block must have a frame or more, and more than its overlap");
    if (cm_audio_file_begin(f) < 0)
        return NULL;
    PyTypeObject *kind = (PyTypeObject *)cm_kept((PyObject *)f, CM_AUDIO_FILE_BLOCKS);
    blocks *b = cm_audio_file_check_readable(f) < 0 ? NULL : (blocks *)kind->tp_alloc(kind, 0);
    if (b) {
        b->file = (cm_audio_file *)Py_NewRef(f);
        b->type = type;
        b->size = size;
        b->overlap = overlap;
        b->next = f->position;
    }
    return cm_audio_file_end(f, (PyObject *)b);
}

const char cm_audio_file_blocks_doc[] = PyDoc_STR(
    "blocks($self, /, size=65536, dtype='float32', overlap=0)\n--\n\n"
    "An iterator over the file from where read() would go on: arrays as read() gives them.\n\n"
    "size: frames of a block; the last one may be shorter. dtype: as for read(). overlap: how many frames\n"
    "at the end of a block come again at the beginning of the next. The iterator has a place of its own,\n"
    "so that seek() and read() do not disturb it. ValueError unless 0 <= overlap < size.");

PyObject *cm_audio_file_blocks(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "blocks", 0, 3, { "size", "dtype", "overlap" } };
    PyObject *v[3];
    int64_t size = 65536, overlap = 0;
    if (cm_native_check(self) < 0 || cm_parse(&params, args, count, keywords, v) < 0 ||
        cm_arg_i64(v[0], "size", &size) < 0 || cm_arg_i64(v[2], "overlap", &overlap) < 0)
        return NULL;
    const cm_sample_type *type = v[1] ? cm_sample_type_of(v[1]) : cm_float32;
    return type ? new_blocks((cm_audio_file *)self, size, type, overlap) : NULL;
}

PyObject *cm_audio_file_iter(PyObject *self)
{
    return cm_native_check(self) < 0 ? NULL : new_blocks((cm_audio_file *)self, 65536, cm_float32, 0);
}
