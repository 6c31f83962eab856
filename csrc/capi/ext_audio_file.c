#include "capi.h"

#include <string.h>

PyDoc_STRVAR(open_url_doc, "extended_audio_file_open_url($module, /, file_path)\n--\n\n"
                           "Opens an audio file for reading in any PCM format; returns its handle.\n\n"
                           "ValueError when the path is empty; RuntimeError when the file cannot be opened.");

static PyObject *open_url(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "extended_audio_file_open_url", 1, 1, { "file_path" } };
    PyObject *path;
    ExtAudioFileRef file;
    OSStatus status;
    (void)module;
    if (cm_parse(&params, args, count, keywords, &path) < 0)
        return NULL;
    CFURLRef url = cm_url_from_path(path);
    if (!url)
        return NULL;
    CM_CALL(status, ExtAudioFileOpenURL(url, &file));
    CFRelease(url);
    return status ? cm_capi_raise(status, "ExtAudioFileOpenURL") : cm_capi_handle(file);
}

PyDoc_STRVAR(create_doc,
             "extended_audio_file_create_with_url($module, /, file_path, file_type, source_format, "
             "codec_manufacturer=0)\n"
             "--\n\n"
             "Makes an audio file, in the place of one that may be there, and returns its handle.\n\n"
             "file_type: kAudioFile...Type as int or four-character str. source_format: dict of the file's "
             "data format.\n"
             "codec_manufacturer: the maker of the encoder to use, 0 for any. The old file stays until the "
             "new one is\n"
             "complete.");

static PyObject *create(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "extended_audio_file_create_with_url",
                                      3,
                                      4,
                                      { "file_path", "file_type", "source_format", "codec_manufacturer" } };
    PyObject *v[4];
    UInt32 type, manufacturer = 0;
    AudioStreamBasicDescription format;
    ExtAudioFileRef file;
    OSStatus status;
    const char *operation = "ExtAudioFileCreateWithURL";
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 || cm_arg_code(v[1], "file_type", &type) < 0 ||
        cm_arg_dict(v[2], "source_format") < 0 || cm_asbd_from_dict(v[2], false, &format) < 0 ||
        cm_arg_code(v[3], "codec_manufacturer", &manufacturer) < 0)
        return NULL;
    CFURLRef url = cm_url_from_path(v[0]);
    if (!url)
        return NULL;
    CM_CALL(status, ExtAudioFileCreateWithURL(url, type, &format, NULL, kAudioFileFlags_EraseFile, &file));
    CFRelease(url);
    if (!status && manufacturer) {
        operation = "ExtAudioFileSetProperty";
        status = ExtAudioFileSetProperty(file, kExtAudioFileProperty_CodecManufacturer, sizeof manufacturer,
                                         &manufacturer);
        if (status)
            ExtAudioFileDispose(file);
    }
    return status ? cm_capi_raise(status, operation) : cm_capi_handle(file);
}

PyDoc_STRVAR(dispose_doc, "extended_audio_file_dispose($module, /, ext_file_id)\n--\n\n"
                          "Closes a file, completing one that was written. RuntimeError when that fails.");

static PyObject *dispose(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "extended_audio_file_dispose", 1, 1, { "ext_file_id" } };
    PyObject *value;
    ExtAudioFileRef file;
    OSStatus status;
    (void)module;
    if (cm_parse(&params, args, count, keywords, &value) < 0 ||
        cm_arg_handle(value, "ext_file_id", &file) < 0)
        return NULL;
    CM_CALL(status, ExtAudioFileDispose(file));
    if (status)
        return cm_capi_raise(status, "ExtAudioFileDispose");
    Py_RETURN_NONE;
}

static int non_negative_frames(PyObject *value, int64_t *frames)
{
    if (cm_arg_i64(value, "num_frames", frames) < 0)
        return -1;
    if (*frames < 0) {
        PyErr_SetString(PyExc_ValueError, "num_frames must not be negative");
        return -1;
    }
    return 0;
}

/* The client's format: interleaved, or one buffer of all channels cannot hold it. */
static OSStatus client_format(ExtAudioFileRef file, AudioStreamBasicDescription *format)
{
    UInt32 size = sizeof *format;
    return ExtAudioFileGetProperty(file, kExtAudioFileProperty_ClientDataFormat, &size, format);
}

/* Frames worth a buffer: what is left of the file, when the request is large. */
static void clamp_frames(ExtAudioFileRef file, const AudioStreamBasicDescription *client, int64_t *frames)
{
    AudioStreamBasicDescription own;
    SInt64 length = 0, at = 0;
    UInt32 format_size = sizeof own, length_size = sizeof length;
    if (client->mBytesPerFrame == 0 || *frames <= (1 << 20) / client->mBytesPerFrame ||
        ExtAudioFileGetProperty(file, kExtAudioFileProperty_FileLengthFrames, &length_size, &length) ||
        ExtAudioFileGetProperty(file, kExtAudioFileProperty_FileDataFormat, &format_size, &own) ||
        ExtAudioFileTell(file, &at) || own.mSampleRate <= 0)
        return;
    double left = (double)(length - at) * client->mSampleRate / own.mSampleRate + 1;
    if (left < (double)*frames)
        *frames = left > 0 ? (int64_t)left : 0;
}

static PyObject *read_interleaved(ExtAudioFileRef file, const AudioStreamBasicDescription *format,
                                  int64_t wanted)
{
    OSStatus status;
    int64_t most = UINT32_MAX / (format->mBytesPerFrame ? format->mBytesPerFrame : 1);
    UInt32 frames = (UInt32)(wanted < most ? wanted : most);
    PyObject *data = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)frames * format->mBytesPerFrame);
    if (!data)
        return NULL;
    AudioBufferList list = {
        1, { { format->mChannelsPerFrame, (UInt32)PyBytes_GET_SIZE(data), PyBytes_AS_STRING(data) } }
    };
    CM_CALL(status, ExtAudioFileRead(file, &frames, &list));
    if (status) {
        Py_DECREF(data);
        return cm_capi_raise(status, "ExtAudioFileRead");
    }
    if (_PyBytes_Resize(&data, frames ? list.mBuffers[0].mDataByteSize : 0) < 0)
        return NULL;
    return Py_BuildValue("(NI)", data, frames);
}

PyDoc_STRVAR(read_doc,
             "extended_audio_file_read($module, /, ext_file_id, num_frames)\n--\n\n"
             "Reads on from where the last read ended: (data, frames_read), (b'', 0) at the end.\n\n"
             "Data is interleaved, in the client data format, or the file's while none is set.\n"
             "ValueError for a negative number of frames or a client format that is not interleaved.");

static PyObject *read_frames(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "extended_audio_file_read", 2, 2, { "ext_file_id", "num_frames" } };
    PyObject *v[2];
    ExtAudioFileRef file;
    AudioStreamBasicDescription format;
    int64_t frames;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 || cm_arg_handle(v[0], "ext_file_id", &file) < 0 ||
        non_negative_frames(v[1], &frames) < 0)
        return NULL;
    OSStatus status;
    CM_CALL(status, client_format(file, &format));
    if (status)
        return cm_capi_raise(status, "ExtAudioFileGetProperty");
    if (format.mFormatID == kAudioFormatLinearPCM && format.mFormatFlags & kAudioFormatFlagIsNonInterleaved &&
        format.mChannelsPerFrame > 1)
        return PyErr_Format(PyExc_ValueError, "the client data format must be interleaved");
    CM_RUN(clamp_frames(file, &format, &frames));
    return read_interleaved(file, &format, frames);
}

PyDoc_STRVAR(write_doc, "extended_audio_file_write($module, /, ext_file_id, num_frames, audio_data)\n--\n\n"
                        "Writes frames (not samples) of interleaved data in the client data format.\n\n"
                        "ValueError when audio_data does not hold num_frames frames.");

static PyObject *write_frames(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = {
        "extended_audio_file_write", 3, 3, { "ext_file_id", "num_frames", "audio_data" }
    };
    PyObject *v[3];
    ExtAudioFileRef file;
    AudioStreamBasicDescription format;
    int64_t frames;
    Py_buffer data;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 || cm_arg_handle(v[0], "ext_file_id", &file) < 0 ||
        non_negative_frames(v[1], &frames) < 0 || cm_arg_bytes(v[2], "audio_data", &data) < 0)
        return NULL;
    OSStatus status;
    CM_CALL(status, client_format(file, &format));
    const char *operation = "ExtAudioFileGetProperty";
    if (!status && (frames > UINT32_MAX || (Py_ssize_t)(frames * format.mBytesPerFrame) > data.len)) {
        PyErr_Format(PyExc_ValueError, "audio_data holds %zd bytes, not %lld frames of %u", data.len,
                     (long long)frames, (unsigned)format.mBytesPerFrame);
        PyBuffer_Release(&data);
        return NULL;
    }
    if (!status) {
        UInt32 bytes = data.len > UINT32_MAX ? UINT32_MAX : (UInt32)data.len;
        AudioBufferList list = { 1, { { format.mChannelsPerFrame, bytes, data.buf } } };
        operation = "ExtAudioFileWrite";
        CM_CALL(status, ExtAudioFileWrite(file, (UInt32)frames, &list));
    }
    PyBuffer_Release(&data);
    if (status)
        return cm_capi_raise(status, operation);
    Py_RETURN_NONE;
}

PyDoc_STRVAR(get_property_doc,
             "extended_audio_file_get_property($module, /, ext_file_id, property_id)\n--\n\n"
             "A property's value as bytes, in the machine's byte order.");

static PyObject *get_property(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = {
        "extended_audio_file_get_property", 2, 2, { "ext_file_id", "property_id" }
    };
    PyObject *v[2];
    ExtAudioFileRef file;
    UInt32 property;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 || cm_arg_handle(v[0], "ext_file_id", &file) < 0 ||
        cm_arg_code(v[1], "property_id", &property) < 0)
        return NULL;
    return cm_capi_property(&cm_ext_audio_file_properties, file, property);
}

PyDoc_STRVAR(set_property_doc,
             "extended_audio_file_set_property($module, /, ext_file_id, property_id, data)\n--\n\n"
             "Sets a property from bytes, e.g. kExtAudioFileProperty_ClientDataFormat from the 40\n"
             "bytes of an AudioStreamBasicDescription.\n\n"
             "ValueError for a property whose value is an address, unless the address is NULL.");

/* Bytes must not be taken for pointers; NULL is what tells of a converter changed by its own properties. */
static bool holds_address(UInt32 property, const Py_buffer *data)
{
    const void *address = NULL;
    if (property != kExtAudioFileProperty_ConverterConfig && property != kExtAudioFileProperty_IOBuffer)
        return false;
    if (data->len == sizeof address)
        memcpy(&address, data->buf, sizeof address);
    return address != NULL;
}

static PyObject *set_property(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = {
        "extended_audio_file_set_property", 3, 3, { "ext_file_id", "property_id", "data" }
    };
    PyObject *v[3];
    ExtAudioFileRef file;
    UInt32 property;
    Py_buffer data;
    OSStatus status;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 || cm_arg_handle(v[0], "ext_file_id", &file) < 0 ||
        cm_arg_code(v[1], "property_id", &property) < 0)
        return NULL;
    if (cm_arg_bytes(v[2], "data", &data) < 0)
        return NULL;
    if (holds_address(property, &data)) {
        PyBuffer_Release(&data);
        return PyErr_Format(PyExc_ValueError, "this property is an address; bytes cannot stand for it");
    }
    CM_CALL(status, ExtAudioFileSetProperty(file, property, (UInt32)data.len, data.buf));
    PyBuffer_Release(&data);
    if (status)
        return cm_capi_raise(status, "ExtAudioFileSetProperty");
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    CM_METHOD("extended_audio_file_open_url", open_url, open_url_doc),
    CM_METHOD("extended_audio_file_create_with_url", create, create_doc),
    CM_METHOD("extended_audio_file_dispose", dispose, dispose_doc),
    CM_METHOD("extended_audio_file_read", read_frames, read_doc),
    CM_METHOD("extended_audio_file_write", write_frames, write_doc),
    CM_METHOD("extended_audio_file_get_property", get_property, get_property_doc),
    CM_METHOD("extended_audio_file_set_property", set_property, set_property_doc),
    { NULL, NULL, 0, NULL },
};

int cm_capi_ext_audio_file_init(PyObject *module)
{
    return PyModule_AddFunctions(module, methods);
}
