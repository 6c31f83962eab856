/* AudioFile: raw properties and user data chunks. */
#include "audio_file.h"

#include <string.h>

static cm_audio_file *file_of(PyObject *self)
{
    return (cm_audio_file *)self;
}

/* ---- properties as bytes ---- */

const char cm_audio_file_get_property_doc[] = PyDoc_STR(
    "get_property($self, /, property_id)\n--\n\n"
    "A property's value as bytes, in the machine's byte order.\n\n"
    "property_id: a kAudioFileProperty... number, or its four characters. Where Apple defines an object,\n"
    "the bytes are the address of one that the caller must release: metadata, artwork and markers spare\n"
    "that. AudioFileError when the file does not have the property.");

PyObject *cm_audio_file_get_property(PyObject *self, PyObject *const *args, Py_ssize_t count,
                                     PyObject *keywords)
{
    static const cm_params params = { "get_property", 1, 1, { "property_id" } };
    PyObject *value;
    UInt32 id = 0;
    OSStatus status = noErr;
    const char *operation;
    cm_audio_file *f = file_of(self);
    if (cm_native_check(self) < 0 || cm_parse(&params, args, count, keywords, &value) < 0 ||
        cm_arg_code(value, "property_id", &id) < 0 || cm_audio_file_begin(f) < 0)
        return NULL;
    PyObject *bytes = cm_property_bytes(&cm_audio_file_properties, f->file, id, &status, &operation);
    if (!bytes && status)
        cm_audio_file_raise(f, status, operation, "get the property");
    return cm_audio_file_end(f, bytes);
}

/* Bytes must not be taken for pointers. */
static bool holds_address(UInt32 id)
{
    static const AudioFilePropertyID pointers[] = {
        kAudioFilePropertyInfoDictionary, kAudioFilePropertyMarkerList,     kAudioFilePropertyRegionList,
        kAudioFilePropertyAlbumArtwork,   kAudioFilePropertyDataFormatName,
    };
    for (size_t i = 0; i < sizeof pointers / sizeof *pointers; i++)
        if (pointers[i] == id)
            return true;
    return false;
}

const char cm_audio_file_set_property_doc[] = PyDoc_STR(
    "set_property($self, /, property_id, data)\n--\n\n"
    "Sets a property from bytes, such as the magic cookie ('mgic') of packets that are copied.\n\n"
    "For modes 'r+' and 'w'. ValueError for a property whose value is an address: metadata, artwork,\n"
    "markers and regions are for those. AudioFileError when the file does not take it.");

PyObject *cm_audio_file_set_property(PyObject *self, PyObject *const *args, Py_ssize_t count,
                                     PyObject *keywords)
{
    static const cm_params params = { "set_property", 2, 2, { "property_id", "data" } };
    PyObject *v[2];
    UInt32 id = 0;
    Py_buffer data;
    OSStatus status;
    cm_audio_file *f = file_of(self);
    if (cm_native_check(self) < 0 || cm_parse(&params, args, count, keywords, v) < 0 ||
        cm_arg_code(v[0], "property_id", &id) < 0)
        return NULL;
    if (holds_address(id))
        return PyErr_Format(PyExc_ValueError, "this property is an address; bytes cannot stand for it");
    if (cm_arg_bytes(v[1], "data", &data) < 0)
        return NULL;
    if (data.len > UINT32_MAX || cm_audio_file_begin(f) < 0) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_OverflowError, "a property has at most 2**32-1 bytes");
        PyBuffer_Release(&data);
        return NULL;
    }
    CM_CALL(status, AudioFileSetProperty(f->file, id, (UInt32)data.len, data.buf));
    PyBuffer_Release(&data);
    if (status)
        cm_audio_file_raise(f, status, "AudioFileSetProperty", "set the property");
    else if (id == kAudioFilePropertyDataFormat || id == kAudioFilePropertyAudioDataByteCount)
        cm_audio_file_changed(f);
    return cm_audio_file_end(f, status ? NULL : Py_NewRef(Py_None));
}

/* ---- chunks ---- */

static PyObject *list_of_codes(PyObject *bytes)
{
    Py_ssize_t count = PyBytes_GET_SIZE(bytes) / (Py_ssize_t)sizeof(UInt32);
    PyObject *list = PyList_New(count);
    for (Py_ssize_t i = 0; list && i < count; i++) {
        UInt32 code;
        memcpy(&code, PyBytes_AS_STRING(bytes) + i * (Py_ssize_t)sizeof code, sizeof code);
        PyObject *text = cm_str_from_code(code);
        if (text)
            PyList_SET_ITEM(list, i, text);
        else
            Py_CLEAR(list);
    }
    return list;
}

PyObject *cm_audio_file_get_chunk_ids(PyObject *self, void *closure)
{
    cm_audio_file *f = file_of(self);
    (void)closure;
    if (cm_audio_file_begin(f) < 0)
        return NULL;
    PyObject *list = NULL;
    PyObject *bytes = cm_audio_file_property(f, kAudioFilePropertyChunkIDs, "get the chunk codes");
    if (bytes)
        list = list_of_codes(bytes);
    else if (!PyErr_Occurred())
        list = PyList_New(0);
    Py_XDECREF(bytes);
    return cm_audio_file_end(f, list);
}

static PyObject *read_chunk(cm_audio_file *f, UInt32 id, UInt32 index)
{
    UInt64 size = 0;
    OSStatus status;
    CM_CALL(status, AudioFileGetUserDataSize64(f->file, id, index, &size));
    if (status)
        return cm_audio_file_raise(f, status, "AudioFileGetUserDataSize64", "get user data");
    if (size > UINT32_MAX)
        return PyErr_Format(PyExc_OverflowError, "a chunk of %llu bytes is too large",
                            (unsigned long long)size);
    UInt32 room = (UInt32)size;
    PyObject *data = PyBytes_FromStringAndSize(NULL, room);
    if (!data)
        return NULL;
    CM_CALL(status, AudioFileGetUserData(f->file, id, index, &room, PyBytes_AS_STRING(data)));
    if (status) {
        Py_DECREF(data);
        return cm_audio_file_raise(f, status, "AudioFileGetUserData", "get user data");
    }
    _PyBytes_Resize(&data, room);
    return data;
}

const char cm_audio_file_user_data_doc[] = PyDoc_STR(
    "user_data($self, /, chunk_id, index=0)\n--\n\n"
    "The contents of a chunk as bytes.\n\n"
    "chunk_id: its code, four characters or their number. index: which of the chunks with that code.\n"
    "AudioFileError when there is none.");

PyObject *cm_audio_file_user_data(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "user_data", 1, 2, { "chunk_id", "index" } };
    PyObject *v[2];
    UInt32 id = 0, index = 0;
    cm_audio_file *f = file_of(self);
    if (cm_native_check(self) < 0 || cm_parse(&params, args, count, keywords, v) < 0 ||
        cm_arg_code(v[0], "chunk_id", &id) < 0 || cm_arg_count(v[1], "index", &index) < 0 ||
        cm_audio_file_begin(f) < 0)
        return NULL;
    return cm_audio_file_end(f, read_chunk(f, id, index));
}

static PyObject *done(cm_audio_file *f, OSStatus status, const char *operation, const char *what)
{
    return cm_audio_file_end(f,
                             status ? cm_audio_file_raise(f, status, operation, what) : Py_NewRef(Py_None));
}

const char cm_audio_file_set_user_data_doc[] = PyDoc_STR(
    "set_user_data($self, /, chunk_id, data, index=0)\n--\n\n"
    "Replaces the contents of a chunk, or adds one when index is the number of those there are.\n\n"
    "For modes 'r+' and 'w'. AudioFileError when the file type has no chunks, or the chunk is not the\n"
    "user's to write.");

PyObject *cm_audio_file_set_user_data(PyObject *self, PyObject *const *args, Py_ssize_t count,
                                      PyObject *keywords)
{
    static const cm_params params = { "set_user_data", 2, 3, { "chunk_id", "data", "index" } };
    PyObject *v[3];
    UInt32 id = 0, index = 0;
    Py_buffer data;
    OSStatus status;
    cm_audio_file *f = file_of(self);
    if (cm_native_check(self) < 0 || cm_parse(&params, args, count, keywords, v) < 0 ||
        cm_arg_code(v[0], "chunk_id", &id) < 0 || cm_arg_count(v[2], "index", &index) < 0 ||
        cm_arg_bytes(v[1], "data", &data) < 0)
        return NULL;
    if (data.len > UINT32_MAX || cm_audio_file_begin(f) < 0) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_OverflowError, "a chunk has at most 2**32-1 bytes");
        PyBuffer_Release(&data);
        return NULL;
    }
    CM_CALL(status, AudioFileSetUserData(f->file, id, index, (UInt32)data.len, data.buf));
    PyBuffer_Release(&data);
    return done(f, status, "AudioFileSetUserData", "set user data");
}

const char cm_audio_file_remove_user_data_doc[] = PyDoc_STR(
    "remove_user_data($self, /, chunk_id, index=0)\n--\n\n"
    "Removes a chunk. For modes 'r+' and 'w'. AudioFileError when there is none.");

PyObject *cm_audio_file_remove_user_data(PyObject *self, PyObject *const *args, Py_ssize_t count,
                                         PyObject *keywords)
{
    static const cm_params params = { "remove_user_data", 1, 2, { "chunk_id", "index" } };
    PyObject *v[2];
    UInt32 id = 0, index = 0;
    OSStatus status;
    cm_audio_file *f = file_of(self);
    if (cm_native_check(self) < 0 || cm_parse(&params, args, count, keywords, v) < 0 ||
        cm_arg_code(v[0], "chunk_id", &id) < 0 || cm_arg_count(v[1], "index", &index) < 0 ||
        cm_audio_file_begin(f) < 0)
        return NULL;
    CM_CALL(status, AudioFileRemoveUserData(f->file, id, index));
    return done(f, status, "AudioFileRemoveUserData", "remove user data");
}

const char cm_audio_file_optimize_doc[] = PyDoc_STR(
    "optimize($self, /)\n--\n\n"
    "Rewrites the file without gaps, what describes the audio before the audio.\n\n"
    "For modes 'r+' and 'w'. AudioFileError when that fails.");

PyObject *cm_audio_file_optimize(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "optimize", 0, 0, { NULL } };
    OSStatus status;
    cm_audio_file *f = file_of(self);
    if (cm_native_check(self) < 0 || cm_parse(&params, args, count, keywords, NULL) < 0 ||
        cm_audio_file_begin(f) < 0)
        return NULL;
    CM_CALL(status, AudioFileOptimize(f->file));
    return done(f, status, "AudioFileOptimize", "optimize the file");
}
