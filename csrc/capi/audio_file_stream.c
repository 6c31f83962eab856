#include "capi.h"

#include <string.h>

/* The functional API polls: notifications and packets are discarded. */
static void ignore_property(void *client, AudioFileStreamID stream, AudioFileStreamPropertyID property,
                            AudioFileStreamPropertyFlags *flags)
{
    (void)client, (void)stream, (void)property, (void)flags;
}

static void ignore_packets(void *client, UInt32 bytes, UInt32 packets, const void *data,
                           AudioStreamPacketDescription *descriptions)
{
    (void)client, (void)bytes, (void)packets, (void)data, (void)descriptions;
}

PyDoc_STRVAR(open_doc, "audio_file_stream_open($module, /, file_type_hint=0)\n--\n\n"
                       "A parser for audio bytes as they arrive; returns its handle.\n\n"
                       "file_type_hint: a kAudioFile...Type as int or four-character str, 0 for none.");

static PyObject *open_stream(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "audio_file_stream_open", 0, 1, { "file_type_hint" } };
    PyObject *value;
    UInt32 hint = 0;
    AudioFileStreamID stream;
    (void)module;
    if (cm_parse(&params, args, count, keywords, &value) < 0 ||
        cm_arg_code(value, "file_type_hint", &hint) < 0)
        return NULL;
    OSStatus status;
    CM_CALL(status, AudioFileStreamOpen(NULL, ignore_property, ignore_packets, hint, &stream));
    return status ? cm_capi_raise(status, "AudioFileStreamOpen") : cm_capi_handle(stream);
}

PyDoc_STRVAR(close_doc, "audio_file_stream_close($module, /, stream_id)\n--\n\n"
                        "Ends a parser. Returns 0; RuntimeError when the handle is not open.");

static PyObject *close_stream(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "audio_file_stream_close", 1, 1, { "stream_id" } };
    PyObject *value;
    AudioFileStreamID stream;
    OSStatus status;
    (void)module;
    if (cm_parse(&params, args, count, keywords, &value) < 0 ||
        cm_arg_handle(value, "stream_id", &stream) < 0)
        return NULL;
    CM_CALL(status, AudioFileStreamClose(stream));
    return status ? cm_capi_raise(status, "AudioFileStreamClose") : cm_capi_zero();
}

PyDoc_STRVAR(parse_doc,
             "audio_file_stream_parse_bytes($module, /, stream_id, data, flags=0)\n--\n\n"
             "Gives the parser the next bytes of the stream, in pieces of any size. Returns 0.\n\n"
             "flags: kAudioFileStreamParseFlag_Discontinuity (1) after a jump. RuntimeError when the bytes\n"
             "are no audio that the parser knows.");

static PyObject *parse_bytes(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = {
        "audio_file_stream_parse_bytes", 2, 3, { "stream_id", "data", "flags" }
    };
    PyObject *v[3];
    AudioFileStreamID stream;
    UInt32 flags = 0;
    Py_buffer data;
    OSStatus status = 0;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 || cm_arg_handle(v[0], "stream_id", &stream) < 0 ||
        cm_arg_u32(v[2], "flags", &flags) < 0 || cm_arg_bytes(v[1], "data", &data) < 0)
        return NULL;
    const char *at = data.buf;
    Py_ssize_t left = data.len;
    do { /* at least once: an empty piece is checked like any other */
        UInt32 piece = left > 1 << 30 ? 1u << 30 : (UInt32)left;
        CM_CALL(status, AudioFileStreamParseBytes(stream, piece, at, flags));
        at += piece;
        left -= piece;
        flags = 0;
    } while (!status && left > 0);
    PyBuffer_Release(&data);
    return status ? cm_capi_raise(status, "AudioFileStreamParseBytes") : cm_capi_zero();
}

typedef enum { AS_BYTES, AS_INTEGER, AS_FORMAT } shape;

static const struct {
    AudioFileStreamPropertyID id;
    shape shape;
} shapes[] = {
    { kAudioFileStreamProperty_DataFormat, AS_FORMAT },
    { kAudioFileStreamProperty_ReadyToProducePackets, AS_INTEGER },
    { kAudioFileStreamProperty_FileFormat, AS_INTEGER },
    { kAudioFileStreamProperty_MaximumPacketSize, AS_INTEGER },
    { kAudioFileStreamProperty_AudioDataPacketCount, AS_INTEGER },
    { kAudioFileStreamProperty_BitRate, AS_INTEGER },
    { kAudioFileStreamProperty_AudioDataByteCount, AS_INTEGER },
    { kAudioFileStreamProperty_DataOffset, AS_INTEGER },
};

static shape shape_of(AudioFileStreamPropertyID id)
{
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        if (shapes[i].id == id)
            return shapes[i].shape;
    return AS_BYTES;
}

static PyObject *wrong_size(Py_ssize_t size)
{
    PyErr_Format(PyExc_RuntimeError, "AudioFileStreamGetProperty gave %zd bytes, which is no such value",
                 size);
    return NULL;
}

static PyObject *as_integer(PyObject *bytes)
{
    UInt32 small;
    UInt64 large;
    if (PyBytes_GET_SIZE(bytes) == sizeof small) {
        memcpy(&small, PyBytes_AS_STRING(bytes), sizeof small);
        return PyLong_FromUnsignedLong(small);
    }
    if (PyBytes_GET_SIZE(bytes) != sizeof large)
        return wrong_size(PyBytes_GET_SIZE(bytes));
    memcpy(&large, PyBytes_AS_STRING(bytes), sizeof large);
    return PyLong_FromUnsignedLongLong(large);
}

static PyObject *as_format(PyObject *bytes)
{
    AudioStreamBasicDescription format;
    if (PyBytes_GET_SIZE(bytes) != sizeof format)
        return wrong_size(PyBytes_GET_SIZE(bytes));
    memcpy(&format, PyBytes_AS_STRING(bytes), sizeof format);
    return cm_dict_from_asbd(&format);
}

PyDoc_STRVAR(get_property_doc,
             "audio_file_stream_get_property($module, /, stream_id, property_id)\n--\n\n"
             "A property of the stream so far: a dict for DataFormat, an int for counts, sizes, the\n"
             "file format, the bit rate and readiness, bytes for anything else.\n\n"
             "RuntimeError when it is not known, or not known yet.");

static PyObject *get_property(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = {
        "audio_file_stream_get_property", 2, 2, { "stream_id", "property_id" }
    };
    PyObject *v[2];
    AudioFileStreamID stream;
    UInt32 property;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 || cm_arg_handle(v[0], "stream_id", &stream) < 0 ||
        cm_arg_code(v[1], "property_id", &property) < 0)
        return NULL;
    PyObject *bytes = cm_capi_property(&cm_audio_file_stream_properties, stream, property);
    shape wanted = shape_of(property);
    if (!bytes || wanted == AS_BYTES)
        return bytes;
    PyObject *value = wanted == AS_FORMAT ? as_format(bytes) : as_integer(bytes);
    Py_DECREF(bytes);
    return value;
}

PyDoc_STRVAR(ready_doc,
             "audio_file_stream_get_property_ready_to_produce_packets($module, /, stream_id)\n--\n\n"
             "True once the stream's format is known and packets come out.");

static PyObject *get_ready(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = {
        "audio_file_stream_get_property_ready_to_produce_packets", 1, 1, { "stream_id" }
    };
    PyObject *value;
    AudioFileStreamID stream;
    UInt32 ready = 0, size = sizeof ready;
    (void)module;
    if (cm_parse(&params, args, count, keywords, &value) < 0 ||
        cm_arg_handle(value, "stream_id", &stream) < 0)
        return NULL;
    OSStatus status;
    CM_CALL(status, AudioFileStreamGetProperty(stream, kAudioFileStreamProperty_ReadyToProducePackets, &size,
                                               &ready));
    return status ? cm_capi_raise(status, "AudioFileStreamGetProperty") : PyBool_FromLong(ready != 0);
}

PyDoc_STRVAR(seek_doc,
             "audio_file_stream_seek($module, /, stream_id, packet_offset)\n--\n\n"
             "Where in the stream's bytes a packet begins, for the caller to jump to.\n\n"
             "Returns a dict: byte_offset (from the start of the audio data), flags, is_estimated.");

static PyObject *seek(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "audio_file_stream_seek", 2, 2, { "stream_id", "packet_offset" } };
    PyObject *v[2];
    AudioFileStreamID stream;
    int64_t packet;
    SInt64 offset = 0;
    AudioFileStreamSeekFlags flags = 0;
    OSStatus status;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 || cm_arg_handle(v[0], "stream_id", &stream) < 0 ||
        cm_arg_i64(v[1], "packet_offset", &packet) < 0)
        return NULL;
    CM_CALL(status, AudioFileStreamSeek(stream, packet, &offset, &flags));
    if (status)
        return cm_capi_raise(status, "AudioFileStreamSeek");
    return Py_BuildValue("{sLsIsO}", "byte_offset", (long long)offset, "flags", flags, "is_estimated",
                         flags & kAudioFileStreamSeekFlag_OffsetIsEstimated ? Py_True : Py_False);
}

static PyMethodDef methods[] = {
    CM_METHOD("audio_file_stream_open", open_stream, open_doc),
    CM_METHOD("audio_file_stream_close", close_stream, close_doc),
    CM_METHOD("audio_file_stream_parse_bytes", parse_bytes, parse_doc),
    CM_METHOD("audio_file_stream_get_property", get_property, get_property_doc),
    CM_METHOD("audio_file_stream_get_property_ready_to_produce_packets", get_ready, ready_doc),
    CM_METHOD("audio_file_stream_seek", seek, seek_doc),
    { NULL, NULL, 0, NULL },
};

int cm_capi_audio_file_stream_init(PyObject *module)
{
    return PyModule_AddFunctions(module, methods);
}
