#include "capi.h"

PyDoc_STRVAR(open_url_doc,
             "audio_file_open_url($module, /, file_path, permissions=1, file_type_hint=0)\n--\n\n"
             "Opens an audio file and returns its handle.\n\n"
             "file_path: str or path. permissions: 1 read, 3 read and write. file_type_hint: a "
             "kAudioFile...Type, 0 for\n"
             "none. ValueError when the path is empty; RuntimeError when the file cannot be opened.");

static PyObject *open_url(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = {
        "audio_file_open_url", 1, 3, { "file_path", "permissions", "file_type_hint" }
    };
    PyObject *v[3];
    int32_t permissions = kAudioFileReadPermission;
    UInt32 hint = 0;
    AudioFileID file;
    OSStatus status;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 ||
        cm_arg_i32(v[1], "permissions", &permissions) < 0 || cm_arg_code(v[2], "file_type_hint", &hint) < 0)
        return NULL;
    CFURLRef url = cm_url_from_path(v[0]);
    if (!url)
        return NULL;
    CM_CALL(status, AudioFileOpenURL(url, (AudioFilePermissions)permissions, hint, &file));
    CFRelease(url);
    return status ? cm_capi_raise(status, "AudioFileOpenURL") : cm_capi_handle(file);
}

PyDoc_STRVAR(close_doc,
             "audio_file_close($module, /, audio_file_id)\n--\n\n"
             "Finishes and closes a file. Returns 0. RuntimeError when the handle is not open or a written\n"
             "file cannot be completed.");

static PyObject *close_file(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "audio_file_close", 1, 1, { "audio_file_id" } };
    PyObject *id;
    AudioFileID file;
    OSStatus status;
    (void)module;
    if (cm_parse(&params, args, count, keywords, &id) < 0 || cm_arg_handle(id, "audio_file_id", &file) < 0)
        return NULL;
    CM_CALL(status, AudioFileClose(file));
    return status ? cm_capi_raise(status, "AudioFileClose") : cm_capi_zero();
}

PyDoc_STRVAR(get_property_doc, "audio_file_get_property($module, /, audio_file_id, property_id)\n--\n\n"
                               "A property's value as bytes, in the machine's byte order. Where Apple "
                               "defines an object, the bytes are its address, and it is the caller's "
                               "to release.\n\n"
                               "RuntimeError when the file does not have the property.");

static PyObject *get_property(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "audio_file_get_property", 2, 2, { "audio_file_id", "property_id" } };
    PyObject *v[2];
    AudioFileID file;
    UInt32 property;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 || cm_arg_handle(v[0], "audio_file_id", &file) < 0 ||
        cm_arg_code(v[1], "property_id", &property) < 0)
        return NULL;
    return cm_capi_property(&cm_audio_file_properties, file, property);
}

/* Packets worth a buffer: no more than the file has, found out only when the request is large. */
static OSStatus clamp_packets(AudioFileID file, SInt64 start, SInt64 largest, SInt64 *packets)
{
    UInt64 in_file = 0;
    UInt32 size = sizeof in_file;
    if (largest == 0 || *packets <= (1 << 20) / largest)
        return noErr;
    OSStatus status = AudioFileGetProperty(file, kAudioFilePropertyAudioDataPacketCount, &size, &in_file);
    SInt64 left = start < (SInt64)in_file ? (SInt64)in_file - start : 1;
    if (status == noErr && *packets > left)
        *packets = left;
    return status;
}

static PyObject *read_into_bytes(AudioFileID file, SInt64 start, UInt32 packets, SInt64 room)
{
    UInt32 bytes = (UInt32)room;
    OSStatus status;
    PyObject *data = PyBytes_FromStringAndSize(NULL, room);
    if (!data)
        return NULL;
    CM_CALL(status,
            AudioFileReadPacketData(file, false, &bytes, NULL, start, &packets, PyBytes_AS_STRING(data)));
    if (status) {
        Py_DECREF(data);
        return cm_capi_raise(status, "AudioFileReadPackets");
    }
    if (_PyBytes_Resize(&data, bytes) < 0)
        return NULL;
    return Py_BuildValue("(NI)", data, packets);
}

PyDoc_STRVAR(
    read_packets_doc,
    "audio_file_read_packets($module, /, audio_file_id, start_packet, num_packets)\n--\n\n"
    "Reads packets and returns (data, packets_read).\n\n"
    "A packet of linear PCM is a frame. Fewer packets come back at the end of the file; RuntimeError with\n"
    "kAudioFileEndOfFileError beyond it. ValueError for negative numbers.");

static PyObject *read_packets(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = {
        "audio_file_read_packets", 3, 3, { "audio_file_id", "start_packet", "num_packets" }
    };
    PyObject *v[3];
    AudioFileID file;
    int64_t start, packets;
    UInt32 largest = 0, size = sizeof largest;
    OSStatus status;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 || cm_arg_handle(v[0], "audio_file_id", &file) < 0 ||
        cm_arg_i64(v[1], "start_packet", &start) < 0 || cm_arg_i64(v[2], "num_packets", &packets) < 0)
        return NULL;
    if (start < 0 || packets < 0)
        return PyErr_Format(PyExc_ValueError, "start_packet and num_packets must not be negative");
    CM_CALL(status, AudioFileGetProperty(file, kAudioFilePropertyMaximumPacketSize, &size, &largest));
    if (status)
        return cm_raise_text(PyExc_RuntimeError, status, "Could not get maximum packet size: %d",
                             (int)status);
    packets = packets < UINT32_MAX ? packets : UINT32_MAX;
    CM_CALL(status, clamp_packets(file, start, largest, &packets));
    if (status)
        return cm_capi_raise(status, "AudioFileGetProperty");
    if (largest > 0 && packets > UINT32_MAX / largest)
        packets = UINT32_MAX / largest;
    return read_into_bytes(file, start, (UInt32)packets, packets * largest);
}

static PyMethodDef methods[] = {
    CM_METHOD("audio_file_open_url", open_url, open_url_doc),
    CM_METHOD("audio_file_close", close_file, close_doc),
    CM_METHOD("audio_file_get_property", get_property, get_property_doc),
    CM_METHOD("audio_file_read_packets", read_packets, read_packets_doc),
    { NULL, NULL, 0, NULL },
};

int cm_capi_audio_file_init(PyObject *module)
{
    return PyModule_AddFunctions(module, methods);
}
