#include "capi.h"

#include <string.h>

PyDoc_STRVAR(
    new_doc,
    "audio_converter_new($module, /, source_format, dest_format)\n--\n\n"
    "A converter between two formats; returns its handle.\n\n"
    "Both formats are dicts with the keys sample_rate, format_id, format_flags, bytes_per_packet,\n"
    "frames_per_packet, bytes_per_frame, channels_per_frame and bits_per_channel. RuntimeError when\n"
    "there is no way from one to the other.");

static PyObject *new_converter(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "audio_converter_new", 2, 2, { "source_format", "dest_format" } };
    PyObject *v[2];
    AudioStreamBasicDescription source, dest;
    AudioConverterRef converter;
    OSStatus status;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 || cm_arg_dict(v[0], "source_format") < 0 ||
        cm_arg_dict(v[1], "dest_format") < 0 || cm_asbd_from_dict(v[0], false, &source) < 0 ||
        cm_asbd_from_dict(v[1], false, &dest) < 0)
        return NULL;
    CM_CALL(status, AudioConverterNew(&source, &dest, &converter));
    return status ? cm_capi_raise(status, "AudioConverterNew") : cm_capi_handle(converter);
}

/* The functions that take a converter and nothing else. */
static PyObject *call_with_converter(const cm_params *params, PyObject *const *args, Py_ssize_t count,
                                     PyObject *keywords, OSStatus (*function)(AudioConverterRef),
                                     const char *operation)
{
    PyObject *value;
    AudioConverterRef converter;
    OSStatus status;
    if (cm_parse(params, args, count, keywords, &value) < 0 ||
        cm_arg_handle(value, "converter_id", &converter) < 0)
        return NULL;
    CM_CALL(status, function(converter));
    if (status)
        return cm_capi_raise(status, operation);
    Py_RETURN_NONE;
}

PyDoc_STRVAR(dispose_doc, "audio_converter_dispose($module, /, converter_id)\n--\n\nEnds a converter.");

static PyObject *dispose(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "audio_converter_dispose", 1, 1, { "converter_id" } };
    (void)module;
    return call_with_converter(&params, args, count, keywords, AudioConverterDispose,
                               "AudioConverterDispose");
}

PyDoc_STRVAR(reset_doc, "audio_converter_reset($module, /, converter_id)\n--\n\n"
                        "Forgets everything that was fed: the next input starts a new stream.");

static PyObject *reset(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "audio_converter_reset", 1, 1, { "converter_id" } };
    (void)module;
    return call_with_converter(&params, args, count, keywords, AudioConverterReset, "AudioConverterReset");
}

PyDoc_STRVAR(convert_buffer_doc,
             "audio_converter_convert_buffer($module, /, converter_id, input_data)\n--\n\n"
             "Converts a whole buffer of linear PCM at one sample rate; returns bytes.\n\n"
             "RuntimeError when the rates differ or one side is compressed: use\n"
             "audio_converter_fill_complex_buffer.");

static PyObject *convert_buffer(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = {
        "audio_converter_convert_buffer", 2, 2, { "converter_id", "input_data" }
    };
    PyObject *v[2];
    AudioConverterRef converter;
    Py_buffer input;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 ||
        cm_arg_handle(v[0], "converter_id", &converter) < 0 || cm_arg_bytes(v[1], "input_data", &input) < 0)
        return NULL;
    OSStatus status;
    const char *operation;
    PyObject *output = cm_convert_buffer(converter, &input, &status, &operation);
    PyBuffer_Release(&input);
    return !output && status ? cm_capi_raise(status, operation) : output;
}

PyDoc_STRVAR(get_property_doc, "audio_converter_get_property($module, /, converter_id, property_id)\n--\n\n"
                               "A property's value as bytes, in the machine's byte order.");

static PyObject *get_property(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = {
        "audio_converter_get_property", 2, 2, { "converter_id", "property_id" }
    };
    PyObject *v[2];
    AudioConverterRef converter;
    UInt32 property;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 ||
        cm_arg_handle(v[0], "converter_id", &converter) < 0 ||
        cm_arg_code(v[1], "property_id", &property) < 0)
        return NULL;
    return cm_capi_property(&cm_audio_converter_properties, converter, property);
}

PyDoc_STRVAR(set_property_doc,
             "audio_converter_set_property($module, /, converter_id, property_id, data)\n--\n\n"
             "Sets a property from bytes, e.g. the sample-rate converter's quality from a UInt32.\n\n"
             "ValueError for a property whose value is an address.");

static PyObject *set_property(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = {
        "audio_converter_set_property", 3, 3, { "converter_id", "property_id", "data" }
    };
    PyObject *v[3];
    AudioConverterRef converter;
    UInt32 property;
    Py_buffer data;
    OSStatus status;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 ||
        cm_arg_handle(v[0], "converter_id", &converter) < 0 ||
        cm_arg_code(v[1], "property_id", &property) < 0)
        return NULL;
    if (property == kAudioConverterPropertySettings)
        return PyErr_Format(PyExc_ValueError, "this property is an address; bytes cannot stand for it");
    if (cm_arg_bytes(v[2], "data", &data) < 0)
        return NULL;
    CM_CALL(status, AudioConverterSetProperty(converter, property, (UInt32)data.len, data.buf));
    PyBuffer_Release(&data);
    if (status)
        return cm_capi_raise(status, "AudioConverterSetProperty");
    Py_RETURN_NONE;
}

PyDoc_STRVAR(
    fill_doc,
    "audio_converter_fill_complex_buffer($module, /, converter_id, input_data, input_packet_count, "
    "output_packet_count, source_format_dict)\n--\n\n"
    "Converts with a change of sample rate or of coding: (data, packets_produced).\n\n"
    "input_data holds input_packet_count packets of the size that source_format_dict (all eight keys) "
    "states;\n"
    "of a format without a fixed packet size it holds one packet. After it the input has ended. At most\n"
    "output_packet_count packets come back; planes of a non-interleaved format follow one another.\n"
    "ValueError when the data is shorter than the packets; KeyError when a format key is missing.");

static PyObject *fill(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "audio_converter_fill_complex_buffer",
                                      5,
                                      5,
                                      { "converter_id", "input_data", "input_packet_count",
                                        "output_packet_count", "source_format_dict" } };
    PyObject *v[5];
    AudioConverterRef converter;
    AudioStreamBasicDescription source;
    Py_buffer input;
    UInt32 in_packets, out_packets;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 ||
        cm_arg_handle(v[0], "converter_id", &converter) < 0 ||
        cm_arg_count(v[2], "input_packet_count", &in_packets) < 0 ||
        cm_arg_count(v[3], "output_packet_count", &out_packets) < 0 ||
        cm_arg_dict(v[4], "source_format_dict") < 0 || cm_asbd_from_dict(v[4], true, &source) < 0 ||
        cm_arg_bytes(v[1], "input_data", &input) < 0)
        return NULL;
    OSStatus status = 0;
    const char *operation;
    PyObject *output = cm_fill_complex(converter, &input, in_packets, &source, &out_packets, &status,
                                       &operation);
    PyBuffer_Release(&input);
    if (!output)
        return status ? cm_capi_raise(status, operation) : NULL;
    return Py_BuildValue("(NI)", output, out_packets);
}

static PyMethodDef methods[] = {
    CM_METHOD("audio_converter_new", new_converter, new_doc),
    CM_METHOD("audio_converter_dispose", dispose, dispose_doc),
    CM_METHOD("audio_converter_reset", reset, reset_doc),
    CM_METHOD("audio_converter_convert_buffer", convert_buffer, convert_buffer_doc),
    CM_METHOD("audio_converter_get_property", get_property, get_property_doc),
    CM_METHOD("audio_converter_set_property", set_property, set_property_doc),
    CM_METHOD("audio_converter_fill_complex_buffer", fill, fill_doc),
    { NULL, NULL, 0, NULL },
};

int cm_capi_audio_converter_init(PyObject *module)
{
    return PyModule_AddFunctions(module, methods);
}
