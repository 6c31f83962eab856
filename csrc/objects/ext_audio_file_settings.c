/* ExtendedAudioFile: properties of the file and of its converter, settings of its encoder. */
#include "ext_audio_file.h"
#include "format.h"
#include "frames_io.h"

static cm_ext_file *file_of(PyObject *self)
{
    return (cm_ext_file *)self;
}

const char cm_ext_file_set_encoder_doc[] = PyDoc_STR(
    "set_encoder($self, /, bit_rate=None, quality=None, vbr_quality=None, bit_rate_mode=None)\n--\n\n"
    "Tells the encoder how to work, before the first frame is written and after client_format is set.\n\n"
    "bit_rate: bits per second. quality: 0 .. 127, the work to spend. vbr_quality: 0 .. 127, of the sound,\n"
    "in variable bit rate. bit_rate_mode: 0 constant, 1 long-term average, 2 constrained variable,\n"
    "3 variable. What is None stays as it is. ValueError for numbers out of range; AudioFileError when the\n"
    "file is not open, has no encoder, or that refuses.");

PyObject *cm_ext_file_set_encoder(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = {
        "set_encoder", 0, 4, { "bit_rate", "quality", "vbr_quality", "bit_rate_mode" }
    };
    PyObject *v[4];
    cm_encoder_settings settings;
    OSStatus status;
    const char *operation = "ExtAudioFileSetProperty";
    cm_ext_file *f = file_of(self);
    if (cm_native_check(self) < 0 || cm_parse(&params, args, count, keywords, v) < 0)
        return NULL;
    PyObject *const given[CM_SETTING_COUNT] = {
        [CM_BIT_RATE] = v[0], [CM_QUALITY] = v[1], [CM_VBR_QUALITY] = v[2], [CM_BIT_RATE_MODE] = v[3]
    };
    if (cm_encoder_settings_read(given, &settings) < 0 || cm_ext_file_begin(f, false) < 0)
        return NULL;
    if (f->encoding)
        status = kExtAudioFileError_InvalidOperationOrder;
    else
        CM_CALL(status, cm_encoder_settings_apply(f->file, &settings, &operation));
    return cm_ext_file_end(f, status ? cm_ext_file_raise(f, status, operation, "set up the encoder")
                                     : Py_NewRef(Py_None));
}

const char cm_ext_file_get_property_doc[] = PyDoc_STR(
    "get_property($self, /, property_id)\n--\n\n"
    "A kExtAudioFileProperty_... as bytes, in the machine's byte order.\n\n"
    "AudioFileError when the file does not have it.");

PyObject *cm_ext_file_get_property(PyObject *self, PyObject *const *args, Py_ssize_t count,
                                   PyObject *keywords)
{
    static const cm_params params = { "get_property", 1, 1, { "property_id" } };
    PyObject *value;
    UInt32 id = 0;
    OSStatus status = noErr;
    const char *operation;
    cm_ext_file *f = file_of(self);
    if (cm_native_check(self) < 0 || cm_parse(&params, args, count, keywords, &value) < 0 ||
        cm_arg_code(value, "property_id", &id) < 0 || cm_ext_file_begin(f, true) < 0)
        return NULL;
    PyObject *bytes = cm_property_bytes(&cm_ext_audio_file_properties, f->file, id, &status, &operation);
    return cm_ext_file_end(f, !bytes && status ? cm_ext_file_raise(f, status, operation, "get the property")
                                               : bytes);
}

/* The arguments property_id and data; data is to be released. */
static int read_setting(const cm_params *params, PyObject *const *args, Py_ssize_t count, PyObject *keywords,
                        UInt32 *id, Py_buffer *data)
{
    PyObject *v[2];
    if (cm_parse(params, args, count, keywords, v) < 0 || cm_arg_code(v[0], "property_id", id) < 0 ||
        cm_arg_bytes(v[1], "data", data) < 0)
        return -1;
    if (data->len <= UINT32_MAX)
        return 0;
    PyErr_SetString(PyExc_OverflowError, "a property has at most 2**32-1 bytes");
    PyBuffer_Release(data);
    return -1;
}

static PyObject *refuse_address(Py_buffer *data)
{
    PyErr_SetString(PyExc_ValueError, "this property is an address; bytes cannot stand for it");
    PyBuffer_Release(data);
    return NULL;
}

static PyObject *finish_setting(cm_ext_file *f, OSStatus status, const char *operation)
{
    return cm_ext_file_end(f, status ? cm_ext_file_raise(f, status, operation, "set the property")
                                     : Py_NewRef(Py_None));
}

/* The client format may be what was set. */
static int refresh_client(cm_ext_file *f, UInt32 id)
{
    OSStatus status;
    UInt32 size = sizeof f->client;
    if (id != kExtAudioFileProperty_ClientDataFormat)
        return 0;
    CM_CALL(status, ExtAudioFileGetProperty(f->file, id, &size, &f->client));
    PyObject *format = status ? NULL : cm_format_from_asbd((PyObject *)f, &f->client);
    if (status)
        cm_ext_file_raise(f, status, "ExtAudioFileGetProperty", "get the client format");
    Py_XSETREF(f->client_format, format);
    return format ? 0 : -1;
}

const char cm_ext_file_set_property_doc[] = PyDoc_STR(
    "set_property($self, /, property_id, data)\n--\n\n"
    "Sets a kExtAudioFileProperty_... from bytes.\n\n"
    "ValueError for a property whose value is an address. AudioFileError when the file does not take it.");

PyObject *cm_ext_file_set_property(PyObject *self, PyObject *const *args, Py_ssize_t count,
                                   PyObject *keywords)
{
    static const cm_params params = { "set_property", 2, 2, { "property_id", "data" } };
    UInt32 id = 0;
    Py_buffer data;
    OSStatus status;
    cm_ext_file *f = file_of(self);
    if (cm_native_check(self) < 0 || read_setting(&params, args, count, keywords, &id, &data) < 0)
        return NULL;
    if (id == kExtAudioFileProperty_ConverterConfig || id == kExtAudioFileProperty_IOBuffer)
        return refuse_address(&data);
    if (cm_ext_file_begin(f, true) < 0) {
        PyBuffer_Release(&data);
        return NULL;
    }
    CM_CALL(status, ExtAudioFileSetProperty(f->file, id, (UInt32)data.len, data.buf));
    PyBuffer_Release(&data);
    if (!status && refresh_client(f, id) < 0)
        return cm_ext_file_end(f, NULL);
    return finish_setting(f, status, "ExtAudioFileSetProperty");
}

/* ---- the converter between file and client ---- */

const char cm_ext_file_get_converter_property_doc[] = PyDoc_STR(
    "get_converter_property($self, /, property_id)\n--\n\n"
    "A kAudioConverter... property of the file's converter as bytes, in the machine's byte order.\n\n"
    "There is a converter once client_format is set to something other than file_format. AudioFileError\n"
    "when there is none, or it does not have the property.");

static PyObject *converter_property(cm_ext_file *f, UInt32 id)
{
    OSStatus status;
    AudioConverterRef converter;
    const char *operation;
    PyObject *bytes = NULL;
    CM_CALL(status, cm_file_converter(f->file, &converter, &operation));
    if (!status)
        bytes = cm_property_bytes(&cm_audio_converter_properties, converter, id, &status, &operation);
    return !bytes && status ? cm_ext_file_raise(f, status, operation, "get the converter's property") : bytes;
}

PyObject *cm_ext_file_get_converter_property(PyObject *self, PyObject *const *args, Py_ssize_t count,
                                             PyObject *keywords)
{
    static const cm_params params = { "get_converter_property", 1, 1, { "property_id" } };
    PyObject *value;
    UInt32 id = 0;
    cm_ext_file *f = file_of(self);
    if (cm_native_check(self) < 0 || cm_parse(&params, args, count, keywords, &value) < 0 ||
        cm_arg_code(value, "property_id", &id) < 0 || cm_ext_file_begin(f, true) < 0)
        return NULL;
    return cm_ext_file_end(f, converter_property(f, id));
}

static OSStatus set_on_converter(ExtAudioFileRef file, UInt32 id, const Py_buffer *data,
                                 const char **operation)
{
    AudioConverterRef converter;
    OSStatus status = cm_file_converter(file, &converter, operation);
    if (status)
        return status;
    *operation = "AudioConverterSetProperty";
    status = AudioConverterSetProperty(converter, id, (UInt32)data->len, data->buf);
    return status ? status : cm_file_converter_changed(file, operation);
}

const char cm_ext_file_set_converter_property_doc[] = PyDoc_STR(
    "set_converter_property($self, /, property_id, data)\n--\n\n"
    "Sets a kAudioConverter... property of the file's converter from bytes, after client_format.\n\n"
    "ValueError for a property whose value is an address. AudioFileError when there is no converter, or it\n"
    "does not take the value.");

PyObject *cm_ext_file_set_converter_property(PyObject *self, PyObject *const *args, Py_ssize_t count,
                                             PyObject *keywords)
{
    static const cm_params params = { "set_converter_property", 2, 2, { "property_id", "data" } };
    UInt32 id = 0;
    Py_buffer data;
    OSStatus status;
    const char *operation;
    cm_ext_file *f = file_of(self);
    if (cm_native_check(self) < 0 || read_setting(&params, args, count, keywords, &id, &data) < 0)
        return NULL;
    if (id == kAudioConverterPropertySettings)
        return refuse_address(&data);
    if (cm_ext_file_begin(f, true) < 0) {
        PyBuffer_Release(&data);
        return NULL;
    }
    CM_CALL(status, set_on_converter(f->file, id, &data, &operation));
    PyBuffer_Release(&data);
    return finish_setting(f, status, operation);
}
