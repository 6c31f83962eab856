/* AudioConverter: buffers from one format into another. */
#include "format.h"
#include "native.h"
#include "packets_io.h"
#include "samples.h"

#include "common/converting.h"
#include "common/numpy_api.h"

#include <string.h>

typedef struct converter_object {
    cm_native native;
    AudioConverterRef converter;              /* NULL before __init__ and after dispose */
    AudioStreamBasicDescription source, dest; /* as the framework completed them */
    PyObject *source_format, *dest_format;
} converter_object;

static converter_object *converter_of(PyObject *self)
{
    return (converter_object *)self;
}

static PyObject *error_class(converter_object *c)
{
    return cm_kept((PyObject *)c, CM_CONVERTER_ERROR);
}

static PyObject *fail(converter_object *c, OSStatus status, const char *operation, const char *what)
{
    return cm_raise_object(error_class(c), status, operation, "%s", what);
}

/* The end of a call that may also have failed in Python: with anything but a TypeError it is a conversion
 * error. */
static PyObject *wrap(converter_object *c, const char *what)
{
    return PyErr_ExceptionMatches(PyExc_ValueError) || PyErr_ExceptionMatches(PyExc_OverflowError)
               ? cm_wrap_error(error_class(c), "%s", what)
               : NULL;
}

/* ---- life ---- */

static OSStatus get_description(AudioConverterRef converter, AudioConverterPropertyID id,
                                AudioStreamBasicDescription *format)
{
    UInt32 size = sizeof *format;
    return AudioConverterGetProperty(converter, id, &size, format);
}

static OSStatus open_native(converter_object *c, const char **operation)
{
    *operation = "AudioConverterNew";
    OSStatus status = AudioConverterNew(&c->source, &c->dest, &c->converter);
    if (status) {
        c->converter = NULL;
        return status;
    }
    *operation = "AudioConverterGetProperty";
    status = get_description(c->converter, kAudioConverterCurrentInputStreamDescription, &c->source);
    if (!status)
        status = get_description(c->converter, kAudioConverterCurrentOutputStreamDescription, &c->dest);
    return status;
}

static int init(PyObject *self, PyObject *args, PyObject *keywords)
{
    static const cm_params params = { "AudioConverter", 2, 2, { "source_format", "dest_format" } };
    PyObject *v[2];
    OSStatus status;
    const char *operation;
    converter_object *c = converter_of(self);
    if (c->converter) {
        PyErr_SetString(PyExc_RuntimeError, "AudioConverter.__init__() was called before");
        return -1;
    }
    if (cm_parse_init(&params, args, keywords, v) < 0 ||
        cm_asbd_from_format(v[0], "source_format", &c->source) < 0 ||
        cm_asbd_from_format(v[1], "dest_format", &c->dest) < 0)
        return -1;
    Py_XSETREF(c->source_format, Py_NewRef(v[0]));
    Py_XSETREF(c->dest_format, Py_NewRef(v[1]));
    CM_CALL(status, open_native(c, &operation));
    if (status) {
        fail(c, status, operation, "create the converter");
        if (c->converter)
            AudioConverterDispose(c->converter);
        c->converter = NULL;
        return -1;
    }
    cm_native_set_handle(self, c->converter);
    return 0;
}

static int begin(converter_object *c)
{
    if (cm_native_enter((PyObject *)c) < 0)
        return -1;
    if (c->converter)
        return 0;
    PyErr_SetString(PyExc_RuntimeError, "AudioConverter.__init__() was not called");
    cm_native_leave((PyObject *)c);
    return -1;
}

static PyObject *end(converter_object *c, PyObject *result)
{
    cm_native_leave((PyObject *)c);
    return result;
}

static PyObject *done(converter_object *c, OSStatus status, const char *operation, const char *what)
{
    return end(c, status ? fail(c, status, operation, what) : Py_NewRef(Py_None));
}

static void release(PyObject *self)
{
    AudioConverterRef converter = converter_of(self)->converter;
    converter_of(self)->converter = NULL;
    cm_native_mark_disposed(self);
    if (converter)
        CM_RUN(AudioConverterDispose(converter));
}

PyDoc_STRVAR(dispose_doc,
             "dispose($self, /)\n--\n\n"
             "Ends the converter; the object cannot be used again. May be called more than once.");

static PyObject *dispose(PyObject *self, PyObject *unused)
{
    (void)unused;
    if (cm_native_enter_any(self) < 0)
        return NULL;
    release(self);
    return end(converter_of(self), Py_NewRef(Py_None));
}

PyDoc_STRVAR(open_doc,
             "open($self, /)\n--\n\n"
             "The object itself: a converter is open from the beginning. RuntimeError after dispose().");

static PyObject *open_method(PyObject *self, PyObject *unused)
{
    (void)unused;
    return begin(converter_of(self)) < 0 ? NULL : end(converter_of(self), Py_NewRef(self));
}

PyDoc_STRVAR(exit_doc, "__exit__($self, exc_type, exc_value, traceback, /)\n--\n\ndispose().");

static PyObject *exit_block(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    (void)args;
    if (count != 3)
        return PyErr_Format(PyExc_TypeError, "__exit__() takes 3 arguments but %zd were given", count);
    return PyObject_CallMethod(self, "dispose", NULL);
}

static void finalize(PyObject *self)
{
    cm_native_finalize(self, release);
}

static int traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(converter_of(self)->source_format);
    Py_VISIT(converter_of(self)->dest_format);
    return cm_native_traverse(self, visit, arg);
}

static int clear(PyObject *self)
{
    Py_CLEAR(converter_of(self)->source_format);
    Py_CLEAR(converter_of(self)->dest_format);
    cm_native_clear(self);
    return 0;
}

static PyObject *repr(PyObject *self)
{
    const converter_object *c = converter_of(self);
    if (!c->source_format || !c->dest_format)
        return PyUnicode_FromString("AudioConverter()");
    return PyUnicode_FromFormat("AudioConverter(%R -> %R)", c->source_format, c->dest_format);
}

/* ---- bytes ---- */

PyDoc_STRVAR(
    convert_doc,
    "convert($self, /, audio_data)\n--\n\n"
    "A whole buffer of linear PCM in another format of the same sample rate, as bytes.\n\n"
    "audio_data: bytes-like, or an array of source_format's samples: whole frames. TypeError for an array "
    "of\n"
    "others. AudioConverterError when the rates differ or one side is compressed: convert_with_callback()\n"
    "does that.");

static PyObject *convert(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "convert", 1, 1, { "audio_data" } };
    PyObject *value;
    Py_buffer input;
    OSStatus status = noErr;
    const char *operation;
    converter_object *c = converter_of(self);
    if (cm_native_check(self) < 0 || cm_parse(&params, args, count, keywords, &value) < 0 ||
        cm_arg_frames(value, "audio_data", &c->source, &input) < 0)
        return NULL;
    if (begin(c) < 0) {
        PyBuffer_Release(&input);
        return NULL;
    }
    PyObject *output = cm_convert_buffer(c->converter, &input, &status, &operation);
    PyBuffer_Release(&input);
    if (!output)
        status ? fail(c, status, operation, "convert") : wrap(c, "convert");
    return end(c, output);
}

#define SHORTEST_PACKET 64 /* frames, of a format whose packets vary in length */

static double frames_in(const converter_object *c, UInt32 packets, const AudioStreamPacketDescription *given)
{
    double frames = 0;
    if (!given)
        return (double)packets * (c->source.mFramesPerPacket ? c->source.mFramesPerPacket : UINT16_MAX);
    for (UInt32 i = 0; i < packets; i++)
        frames += given[i].mVariableFramesInPacket ? given[i].mVariableFramesInPacket
                  : c->source.mFramesPerPacket     ? c->source.mFramesPerPacket
                                                   : UINT16_MAX;
    return frames;
}

/* Room for everything that can come of the input, in packets, with a tenth to spare and what codecs add. */
static UInt32 default_room(const converter_object *c, double frames)
{
    double ratio = c->source.mSampleRate > 0 ? c->dest.mSampleRate / c->source.mSampleRate : 1;
    double length = c->dest.mFramesPerPacket ? c->dest.mFramesPerPacket : SHORTEST_PACKET;
    double packets = frames * ratio * 1.1 / length + 16;
    return packets < UINT32_MAX ? (UInt32)packets : UINT32_MAX;
}

/* One call of convert_with_callback, its arguments read. */
typedef struct request {
    Py_buffer input;
    UInt32 packets, room;
    bool room_given;
    AudioStreamPacketDescription *given; /* or NULL */
    bool want_descriptions;
} request;

static int read_request(const converter_object *c, PyObject **v, request *r)
{
    PyObject *room = v[2] == Py_None ? NULL : v[2];
    *r = (request){ .room_given = room != NULL };
    if (cm_arg_count(v[1], "input_packet_count", &r->packets) < 0 ||
        cm_arg_count(room, "output_packet_count", &r->room) < 0 ||
        cm_arg_bool(v[4], &r->want_descriptions) < 0 ||
        cm_arg_frames(v[0], "input_data", &c->source, &r->input) < 0)
        return -1;
    if (!v[3] || v[3] == Py_None)
        return 0;
    Py_ssize_t count = cm_descriptions_from_list(v[3], r->input.len, &r->given);
    if (count >= 0 && count < (Py_ssize_t)r->packets)
        PyErr_Format(PyExc_ValueError, "%zd descriptions are too few for %u packets", count,
                     (unsigned)r->packets);
    if (count >= (Py_ssize_t)r->packets)
        return 0;
    PyMem_Free(r->given);
    PyBuffer_Release(&r->input);
    return -1;
}

static PyObject *fill(converter_object *c, const request *r)
{
    OSStatus status = noErr;
    const char *operation;
    AudioStreamPacketDescription *made = NULL;
    UInt32 room = r->room_given ? r->room : default_room(c, frames_in(c, r->packets, r->given));
    bool describe = c->dest.mFormatID != kAudioFormatLinearPCM;
    if (describe && !(made = PyMem_Calloc((size_t)room + 1, sizeof *made)))
        return PyErr_NoMemory();
    PyObject *output = cm_fill_described(c->converter, &r->input, r->packets, r->given, &c->source, &room,
                                         made, &status, &operation);
    if (!output)
        status ? fail(c, status, operation, "convert") : wrap(c, "convert");
    else if (r->want_descriptions)
        output = Py_BuildValue("(NN)", output, made ? cm_list_from_descriptions(made, room) : PyList_New(0));
    PyMem_Free(made);
    return output;
}

PyDoc_STRVAR(
    fill_doc,
    "convert_with_callback($self, /, input_data, input_packet_count, output_packet_count=None, *, "
    "descriptions=None, "
    "with_descriptions=False)\n--\n\n"
    "Converts a whole sound, with a change of sample rate or of coding too; returns bytes.\n\n"
    "input_data: bytes-like, input_packet_count packets in source_format (a packet of linear PCM is a "
    "frame).\n"
    "output_packet_count: the most that may come; None for all that can. The result holds what came.\n"
    "descriptions: (offset, size, frames) of each input packet, as AudioFile.read_packet_data() gives them; "
    "needed\n"
    "where packets differ in size. with_descriptions: True returns (data, descriptions) of the output "
    "packets.\n"
    "AudioConverterError when the data does not hold the packets, or the conversion fails.");

static PyObject *convert_with_callback(PyObject *self, PyObject *const *args, Py_ssize_t count,
                                       PyObject *keywords)
{
    static const cm_params params = { "convert_with_callback",
                                      2,
                                      3,
                                      { "input_data", "input_packet_count", "output_packet_count",
                                        "descriptions", "with_descriptions" } };
    PyObject *v[5], *result = NULL;
    request r;
    converter_object *c = converter_of(self);
    if (cm_native_check(self) < 0 || cm_parse(&params, args, count, keywords, v) < 0)
        return NULL;
    if (read_request(c, v, &r) < 0)
        return wrap(c, "convert");
    if (begin(c) == 0)
        result = end(c, fill(c, &r));
    PyMem_Free(r.given);
    PyBuffer_Release(&r.input);
    return result;
}

/* ---- arrays ---- */

/* Frames that the converter has yet to take. */
typedef struct array_feed {
    const char *at;
    Py_ssize_t frames;
    UInt32 frame_bytes, channels;
} array_feed;

static OSStatus serve(AudioConverterRef converter, UInt32 *io_packets, AudioBufferList *data,
                      AudioStreamPacketDescription **descriptions, void *user)
{
    array_feed *f = user;
    UInt32 most = UINT32_MAX / f->frame_bytes;
    (void)converter, (void)descriptions;
    if (*io_packets > most)
        *io_packets = most;
    if (*io_packets > f->frames)
        *io_packets = (UInt32)f->frames;
    data->mBuffers[0] = (AudioBuffer){ f->channels, *io_packets * f->frame_bytes, (void *)(uintptr_t)f->at };
    f->at += (size_t)*io_packets * f->frame_bytes;
    f->frames -= *io_packets;
    return noErr;
}

#define PIECE ((Py_ssize_t)1 << 20)
#define SPARE ((Py_ssize_t)1 << 12)

/* Pulls everything into an array that is made longer when the estimate was short. */
static int pull(converter_object *c, array_feed *feed, PyObject *array, void *data, Py_ssize_t room)
{
    UInt32 frame_bytes = c->dest.mBytesPerFrame;
    OSStatus status;
    for (Py_ssize_t ready = 0;;) {
        Py_ssize_t left = room - ready;
        UInt32 frames = (UInt32)(left < PIECE ? left : PIECE);
        AudioBufferList list = {
            1, { { c->dest.mChannelsPerFrame, frames * frame_bytes, (char *)data + ready * frame_bytes } }
        };
        CM_CALL(status, AudioConverterFillComplexBuffer(c->converter, serve, feed, &frames, &list, NULL));
        ready += frames;
        if (status) {
            fail(c, status, "AudioConverterFillComplexBuffer", "convert");
            return -1;
        }
        if (frames == 0)
            return cm_numpy_set_rows(array, ready, &data);
        if (PyErr_CheckSignals() < 0 || (ready == room && cm_numpy_set_rows(array, room += SPARE, &data) < 0))
            return -1;
    }
}

static PyObject *convert_frames(converter_object *c, const cm_frames *from, const cm_sample_type *to)
{
    UInt32 channels = c->dest.mChannelsPerFrame;
    array_feed feed = { from->data, from->count, c->source.mBytesPerFrame, c->source.mChannelsPerFrame };
    double ratio = c->source.mSampleRate > 0 ? c->dest.mSampleRate / c->source.mSampleRate : 1;
    Py_ssize_t shape[2] = { (Py_ssize_t)((double)from->count * ratio) + SPARE, channels };
    void *data;
    PyObject *array = cm_numpy_new_array(to->code, from->view.ndim == 1 && channels == 1 ? 1 : 2, shape,
                                         &data);
    if (array && pull(c, &feed, array, data, shape[0]) < 0) {
        Py_CLEAR(array);
        AudioConverterReset(c->converter);
    }
    return array;
}

static PyObject *convert_array(converter_object *c, PyObject *array)
{
    cm_frames from;
    PyObject *result = NULL;
    const cm_sample_type *source = cm_sample_type_in(&c->source), *dest = cm_sample_type_in(&c->dest);
    if (!source || !dest)
        return PyErr_Format(PyExc_ValueError,
                            "%s is not of native float32, float64, int16 or int32, interleaved; "
                            "convert() takes and gives bytes of any format",
                            source ? "dest_format" : "source_format");
    if (cm_frames_get(array, "array", c->source.mChannelsPerFrame, false, &from) < 0)
        return NULL;
    if (from.type != source)
        PyErr_Format(PyExc_ValueError, "the array holds %s, but source_format is of %s", from.type->name,
                     source->name);
    else
        result = convert_frames(c, &from, dest);
    cm_frames_release(&from);
    return result;
}

PyDoc_STRVAR(
    convert_numpy_doc,
    "convert_numpy($self, /, array)\n--\n\n"
    "A whole sound as a new array of dest_format's samples, also at another sample rate.\n\n"
    "array: of source_format's samples (float32, float64, int16 or int32), shape (n, channels), or (n,) for\n"
    "one channel; any strides. The result has the shape (m, channels) of dest_format; a result of one "
    "channel\n"
    "has as many dimensions as array. ImportError without NumPy; ValueError for another shape or type;\n"
    "AudioConverterError when the conversion fails.");

static PyObject *convert_numpy(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "convert_numpy", 1, 1, { "array" } };
    PyObject *array;
    converter_object *c = converter_of(self);
    if (cm_numpy_load() < 0 || cm_native_check(self) < 0 ||
        cm_parse(&params, args, count, keywords, &array) < 0 || begin(c) < 0)
        return NULL;
    return end(c, convert_array(c, array));
}

/* ---- settings ---- */

PyDoc_STRVAR(reset_doc, "reset($self, /)\n--\n\nForgets what was fed: the next input begins another sound.");

static PyObject *reset(PyObject *self, PyObject *unused)
{
    OSStatus status;
    converter_object *c = converter_of(self);
    (void)unused;
    if (begin(c) < 0)
        return NULL;
    CM_CALL(status, AudioConverterReset(c->converter));
    return done(c, status, "AudioConverterReset", "reset the converter");
}

PyDoc_STRVAR(get_property_doc, "get_property($self, /, property_id)\n--\n\n"
                               "A kAudioConverter... property as bytes, in the machine's byte order.\n\n"
                               "AudioConverterError when the converter does not have it.");

static PyObject *get_property(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "get_property", 1, 1, { "property_id" } };
    PyObject *value;
    UInt32 id = 0;
    OSStatus status = noErr;
    const char *operation;
    converter_object *c = converter_of(self);
    if (cm_native_check(self) < 0 || cm_parse(&params, args, count, keywords, &value) < 0 ||
        cm_arg_code(value, "property_id", &id) < 0 || begin(c) < 0)
        return NULL;
    PyObject *bytes = cm_property_bytes(&cm_audio_converter_properties, c->converter, id, &status,
                                        &operation);
    return end(c, !bytes && status ? fail(c, status, operation, "get the property") : bytes);
}

/* What may have changed with a property. */
static OSStatus set_native(converter_object *c, UInt32 id, const Py_buffer *data)
{
    OSStatus status = AudioConverterSetProperty(c->converter, id, (UInt32)data->len, data->buf);
    if (!status)
        get_description(c->converter, kAudioConverterCurrentOutputStreamDescription, &c->dest);
    return status;
}

PyDoc_STRVAR(set_property_doc,
             "set_property($self, /, property_id, data)\n--\n\n"
             "Sets a kAudioConverter... property from bytes.\n\n"
             "ValueError for a property whose value is an address. AudioConverterError when the\n"
             "converter does not take it.");

static PyObject *set_property(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "set_property", 2, 2, { "property_id", "data" } };
    PyObject *v[2];
    UInt32 id = 0;
    Py_buffer data;
    OSStatus status;
    converter_object *c = converter_of(self);
    if (cm_native_check(self) < 0 || cm_parse(&params, args, count, keywords, v) < 0 ||
        cm_arg_code(v[0], "property_id", &id) < 0)
        return NULL;
    if (id == kAudioConverterPropertySettings)
        return PyErr_Format(PyExc_ValueError, "this property is an address; bytes cannot stand for it");
    if (cm_arg_bytes(v[1], "data", &data) < 0)
        return NULL;
    if (data.len > UINT32_MAX || begin(c) < 0) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_OverflowError, "a property has at most 2**32-1 bytes");
        PyBuffer_Release(&data);
        return NULL;
    }
    CM_CALL(status, set_native(c, id, &data));
    PyBuffer_Release(&data);
    return done(c, status, "AudioConverterSetProperty", "set the property");
}

static PyObject *set_number(converter_object *c, AudioConverterPropertyID id, UInt32 value, const char *what)
{
    OSStatus status;
    if (begin(c) < 0)
        return NULL;
    CM_CALL(status, AudioConverterSetProperty(c->converter, id, sizeof value, &value));
    return done(c, status, "AudioConverterSetProperty", what);
}

PyDoc_STRVAR(set_quality_doc,
             "set_quality($self, /, quality)\n--\n\n"
             "How much work the encoder, or without one the sample rate converter, spends.\n\n"
             "quality: 0 .. 127. ValueError for other numbers.");

static PyObject *set_quality(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "set_quality", 1, 1, { "quality" } };
    PyObject *value;
    int64_t quality;
    converter_object *c = converter_of(self);
    if (cm_native_check(self) < 0 || cm_parse(&params, args, count, keywords, &value) < 0 ||
        cm_arg_i64(value, "quality", &quality) < 0)
        return NULL;
    if (quality < 0 || quality > kAudioConverterQuality_Max)
        return PyErr_Format(PyExc_ValueError, "quality must be in 0 .. %d", (int)kAudioConverterQuality_Max);
    bool encodes = c->dest.mFormatID != kAudioFormatLinearPCM;
    return set_number(c, encodes ? kAudioConverterCodecQuality : kAudioConverterSampleRateConverterQuality,
                      (UInt32)quality, "set the quality");
}

PyDoc_STRVAR(set_bit_rate_doc, "set_bit_rate($self, /, bit_rate)\n--\n\n"
                               "Bits per second that the encoder is to make.\n\n"
                               "AudioConverterError without an encoder, or when it cannot.");

static PyObject *set_bit_rate(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "set_bit_rate", 1, 1, { "bit_rate" } };
    PyObject *value;
    UInt32 rate = 0;
    if (cm_native_check(self) < 0 || cm_parse(&params, args, count, keywords, &value) < 0 ||
        cm_arg_count(value, "bit_rate", &rate) < 0)
        return NULL;
    return set_number(converter_of(self), kAudioConverterEncodeBitRate, rate, "set the bit rate");
}

static PyObject *get_channel_map(PyObject *self, void *closure)
{
    OSStatus status = noErr;
    const char *operation;
    converter_object *c = converter_of(self);
    (void)closure;
    if (begin(c) < 0)
        return NULL;
    PyObject *bytes = cm_property_bytes(&cm_audio_converter_properties, c->converter,
                                        kAudioConverterChannelMap, &status, &operation);
    if (!bytes)
        return end(c, status ? fail(c, status, operation, "get the channel map") : NULL);
    PyObject *list = PyList_New(PyBytes_GET_SIZE(bytes) / (Py_ssize_t)sizeof(SInt32));
    for (Py_ssize_t i = 0; list && i < PyList_GET_SIZE(list); i++) {
        SInt32 channel;
        memcpy(&channel, PyBytes_AS_STRING(bytes) + i * (Py_ssize_t)sizeof channel, sizeof channel);
        PyObject *number = PyLong_FromLong(channel);
        if (!number) {
            Py_CLEAR(list);
            break;
        }
        PyList_SET_ITEM(list, i, number);
    }
    Py_DECREF(bytes);
    return end(c, list);
}

/* The numbers of a sequence as an array, to be freed; *count of them. */
static SInt32 *read_map(PyObject *value, Py_ssize_t *count)
{
    PyObject *items = PySequence_Tuple(value);
    if (!items)
        return NULL;
    *count = PyTuple_GET_SIZE(items);
    SInt32 *map = *count < 1 << 16 ? PyMem_New(SInt32, (size_t)*count + 1) : NULL;
    if (!map)
        PyErr_NoMemory();
    for (Py_ssize_t i = 0; map && i < *count; i++) {
        if (cm_arg_i32(PyTuple_GET_ITEM(items, i), "a channel", &map[i]) < 0) {
            PyMem_Free(map);
            map = NULL;
        }
    }
    Py_DECREF(items);
    return map;
}

static int set_channel_map(PyObject *self, PyObject *value, void *closure)
{
    OSStatus status;
    Py_ssize_t channels;
    converter_object *c = converter_of(self);
    (void)closure;
    if (cm_native_check(self) < 0)
        return -1;
    if (!value) {
        PyErr_SetString(PyExc_AttributeError, "channel_map can be set, but not deleted");
        return -1;
    }
    SInt32 *map = read_map(value, &channels);
    if (!map || begin(c) < 0) {
        PyMem_Free(map);
        return -1;
    }
    UInt32 size = (UInt32)channels * (UInt32)sizeof *map;
    CM_CALL(status, AudioConverterSetProperty(c->converter, kAudioConverterChannelMap, size, map));
    PyMem_Free(map);
    PyObject *result = done(c, status, "AudioConverterSetProperty", "set the channel map");
    Py_XDECREF(result);
    return result ? 0 : -1;
}

/* A property of our engine's converters, which Apple's do not have. */
#define PERFORM_DOWNMIX 'dmix'

static PyObject *get_downmix(PyObject *self, void *closure)
{
    UInt32 on = 0, size = sizeof on;
    OSStatus status;
    converter_object *c = converter_of(self);
    (void)closure;
    if (begin(c) < 0)
        return NULL;
    CM_CALL(status, AudioConverterGetProperty(c->converter, PERFORM_DOWNMIX, &size, &on));
    bool known = status != kAudioConverterErr_PropertyNotSupported;
    return end(c, status && known ? fail(c, status, "AudioConverterGetProperty", "get the property")
                                  : PyBool_FromLong(known && on));
}

static int set_downmix(PyObject *self, PyObject *value, void *closure)
{
    bool on = false;
    (void)closure;
    if (cm_native_check(self) < 0)
        return -1;
    if (!value)
        PyErr_SetString(PyExc_AttributeError, "downmix can be set, but not deleted");
    if (!value || cm_arg_bool(value, &on) < 0)
        return -1;
    PyObject *result = set_number(converter_of(self), PERFORM_DOWNMIX, on, "set the downmix");
    Py_XDECREF(result);
    return result ? 0 : -1;
}

static PyObject *get_source_format(PyObject *self, void *closure)
{
    (void)closure;
    return begin(converter_of(self)) < 0
               ? NULL
               : end(converter_of(self), Py_NewRef(converter_of(self)->source_format));
}

static PyObject *get_dest_format(PyObject *self, void *closure)
{
    (void)closure;
    return begin(converter_of(self)) < 0
               ? NULL
               : end(converter_of(self), Py_NewRef(converter_of(self)->dest_format));
}

/* ---- the type ---- */

static PyMethodDef methods[] = {
    { "open", open_method, METH_NOARGS, open_doc },
    { "close", dispose, METH_NOARGS, "close($self, /)\n--\n\nThe same as dispose()." },
    { "dispose", dispose, METH_NOARGS, dispose_doc },
    { "__enter__", open_method, METH_NOARGS, "__enter__($self, /)\n--\n\nopen()." },
    { "__exit__", CM_FAST(exit_block), METH_FASTCALL, exit_doc },
    CM_METHOD("convert", convert, convert_doc),
    CM_METHOD("convert_with_callback", convert_with_callback, fill_doc),
    CM_METHOD("convert_numpy", convert_numpy, convert_numpy_doc),
    { "reset", reset, METH_NOARGS, reset_doc },
    CM_METHOD("get_property", get_property, get_property_doc),
    CM_METHOD("set_property", set_property, set_property_doc),
    CM_METHOD("set_quality", set_quality, set_quality_doc),
    CM_METHOD("set_bit_rate", set_bit_rate, set_bit_rate_doc),
    { NULL, NULL, 0, NULL },
};

static PyGetSetDef properties[] = {
    { "source_format", get_source_format, NULL, "The AudioFormat that goes in, the object that was given.",
      NULL },
    { "dest_format", get_dest_format, NULL, "The AudioFormat that comes out, the object that was given.",
      NULL },
    { "channel_map", get_channel_map, set_channel_map,
      "For each output channel the number of the input channel it gets, -1 for silence. Settable.", NULL },
    { "downmix", get_downmix, set_downmix,
      "Whether channels are mixed where their numbers differ. False, as in Core Audio: they go by number, "
      "and\n"
      "those without a counterpart are dropped. True mixes by ITU-R BS.775: centre and surround at -3 dB, "
      "no\n"
      "LFE; mono is half the sum of the stereo mix, and goes to both sides unchanged. Settable.",
      NULL },
    { NULL, NULL, NULL, NULL, NULL },
};

PyDoc_STRVAR(
    type_doc,
    "AudioConverter(source_format, dest_format)\n--\n\n"
    "A converter between two formats: sample type, byte order, channels, sample rate, encoding, decoding.\n\n"
    "source_format, dest_format: AudioFormat. AudioConverterError when there is no way from one to the\n"
    "other.\n\n"
    ">>> from coremusic import AudioConverter, AudioFormat\n"
    ">>> c = AudioConverter(AudioFormat.pcm(44100, 1), AudioFormat.float32(44100, 1))\n"
    ">>> c.convert(bytes(2)) == bytes(4)\n"
    "True");

static PyType_Slot slots[] = {
    { Py_tp_doc, (void *)type_doc },
    { Py_tp_new, cm_native_new },
    { Py_tp_init, init },
    { Py_tp_dealloc, cm_native_dealloc },
    { Py_tp_finalize, finalize },
    { Py_tp_traverse, traverse },
    { Py_tp_clear, clear },
    { Py_tp_repr, repr },
    { Py_tp_methods, methods },
    { Py_tp_getset, properties },
    { 0, NULL },
};

static PyType_Spec spec = {
    .name = "coremusic.objects.AudioConverter",
    .basicsize = sizeof(converter_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};

int cm_audio_converter_init(PyObject *module, cm_objects_state *state)
{
    return cm_native_add_type(module, state, &spec);
}
