/* AudioFile: packets as the file has them. */
#include "audio_file.h"
#include "packets_io.h"

#include "common/numpy_api.h"

#include <string.h>

static cm_audio_file *file_of(PyObject *self)
{
    return (cm_audio_file *)self;
}

static PyObject *fail(cm_audio_file *f, const cm_packet_read *read)
{
    return read->status ? cm_audio_file_raise(f, read->status, read->operation, "read packets") : NULL;
}

/* Packets as bytes; descriptions: room for a pointer to as many, to be freed by the caller, or NULL. */
static PyObject *packet_bytes(cm_audio_file *f, SInt64 start, SInt64 wanted,
                              AudioStreamPacketDescription **descriptions, cm_packet_read *read)
{
    SInt64 present;
    UInt32 largest;
    if (cm_audio_file_check_readable(f) < 0)
        return NULL;
    if (cm_packets_present(f->file, start, wanted, read, &present, &largest) < 0)
        return fail(f, read);
    if (descriptions && !(*descriptions = PyMem_New(AudioStreamPacketDescription, (size_t)present + 1)))
        return PyErr_NoMemory();
    if (largest && present > PY_SSIZE_T_MAX / 2 / largest)
        return PyErr_NoMemory();
    PyObject *data = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)present * largest);
    if (!data)
        return NULL;
    if (cm_packets_read(f->file, start, present, largest, PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data),
                        descriptions ? *descriptions : NULL, read) < 0) {
        Py_DECREF(data);
        return fail(f, read);
    }
    _PyBytes_Resize(&data, read->bytes);
    return data;
}

/*
 * A packet number and a count. Numbers that no file has are an AudioFileError, as all that these methods
 * cannot read; None as count stands for -1 where that is allowed.
 */
static int packet_range(cm_audio_file *f, PyObject *start_value, PyObject *count_value, SInt64 *start,
                        SInt64 *count)
{
    int64_t first = 0, number = -1;
    bool all = !count_value || count_value == Py_None;
    if (cm_arg_i64(start_value, "start_packet", &first) < 0 ||
        (!all && cm_arg_i64(count_value, "packet_count", &number) < 0)) {
        if (PyErr_ExceptionMatches(PyExc_OverflowError))
            cm_audio_file_wrap(f, "read packets");
        return -1;
    }
    if (first < 0 || (!all && number < 0)) {
        PyErr_SetString(PyExc_ValueError, "start_packet and packet_count must not be negative");
        cm_audio_file_wrap(f, "read packets");
        return -1;
    }
    *start = first;
    *count = number;
    return 0;
}

const char cm_audio_file_read_packets_doc[] = PyDoc_STR(
    "read_packets($self, /, start_packet, packet_count)\n--\n\n"
    "Packets as the file has them: (data, packets_read).\n\n"
    "A packet of linear PCM is a frame. Fewer come at the end of the file, and (b'', 0) behind it.\n"
    "AudioFileError for negative numbers and when the file cannot be read.");

PyObject *cm_audio_file_read_packets(PyObject *self, PyObject *const *args, Py_ssize_t count,
                                     PyObject *keywords)
{
    static const cm_params params = { "read_packets", 2, 2, { "start_packet", "packet_count" } };
    PyObject *v[2];
    SInt64 start, wanted;
    cm_packet_read read;
    cm_audio_file *f = file_of(self);
    if (cm_native_check(self) < 0 || cm_parse(&params, args, count, keywords, v) < 0 ||
        packet_range(f, v[0], v[1], &start, &wanted) < 0 || cm_audio_file_begin(f) < 0)
        return NULL;
    PyObject *data = packet_bytes(f, start, wanted, NULL, &read);
    return cm_audio_file_end(f, data ? Py_BuildValue("(NL)", data, (long long)read.packets) : NULL);
}

const char cm_audio_file_read_packet_data_doc[] = PyDoc_STR(
    "read_packet_data($self, /, start_packet=0, packet_count=None)\n--\n\n"
    "Packets with what tells them apart: (data, descriptions).\n\n"
    "packet_count: None for all to the end. descriptions is a list of (offset, size, frames), one for each\n"
    "packet: where in data it lies, and how many frames it holds, 0 where all hold the same number.\n"
    "write_packets() takes both. AudioFileError for negative numbers and when the file cannot be read.");

PyObject *cm_audio_file_read_packet_data(PyObject *self, PyObject *const *args, Py_ssize_t count,
                                         PyObject *keywords)
{
    static const cm_params params = { "read_packet_data", 0, 2, { "start_packet", "packet_count" } };
    PyObject *v[2], *result = NULL;
    SInt64 start, wanted;
    cm_packet_read read;
    AudioStreamPacketDescription *descriptions = NULL;
    cm_audio_file *f = file_of(self);
    if (cm_native_check(self) < 0 || cm_parse(&params, args, count, keywords, v) < 0 ||
        packet_range(f, v[0], v[1], &start, &wanted) < 0 || cm_audio_file_begin(f) < 0)
        return NULL;
    PyObject *data = packet_bytes(f, start, wanted, &descriptions, &read);
    PyObject *list = data ? cm_list_from_descriptions(descriptions, (size_t)read.packets) : NULL;
    if (list)
        result = PyTuple_Pack(2, data, list);
    Py_XDECREF(data);
    Py_XDECREF(list);
    PyMem_Free(descriptions);
    return cm_audio_file_end(f, result);
}

/* ---- arrays of the file's own samples ---- */

/* Samples of 24 bits, in three bytes or in four, as int32 with their values unchanged. */
static void widen_24(const UInt8 *from, SInt32 *to, size_t samples, const AudioStreamBasicDescription *data)
{
    UInt32 size = data->mBytesPerFrame / data->mChannelsPerFrame;
    bool big = data->mFormatFlags & kAudioFormatFlagIsBigEndian;
    bool high = data->mFormatFlags & kAudioFormatFlagIsAlignedHigh && size == 4;
    for (size_t i = 0; i < samples; i++, from += size) {
        const UInt8 *low = big ? from + size - 1 - high : from + high;
        int step = big ? -1 : 1;
        UInt32 bits = (UInt32)low[0] | (UInt32)low[step] << 8 | (UInt32)low[2 * step] << 16;
        to[i] = (SInt32)(bits ^ 0x800000) - 0x800000;
    }
}

static bool needs_widening(const AudioStreamBasicDescription *data)
{
    return !(data->mFormatFlags & kAudioFormatFlagIsFloat) && data->mBitsPerChannel == 24;
}

/* Reads through a buffer of the file's bytes that is as long as the array. */
static int read_widened(cm_audio_file *f, SInt64 start, SInt64 packets, SInt32 *to, cm_packet_read *read)
{
    UInt32 size = f->data.mBytesPerPacket;
    UInt8 *bytes = PyMem_Malloc((size_t)packets * size + 1);
    if (!bytes) {
        *read = (cm_packet_read){ .status = noErr };
        PyErr_NoMemory();
        return -1;
    }
    int result = cm_packets_read(f->file, start, packets, size, bytes, (Py_ssize_t)packets * size, NULL,
                                 read);
    if (result == 0)
        widen_24(bytes, to, (size_t)read->packets * f->data.mChannelsPerFrame, &f->data);
    PyMem_Free(bytes);
    return result;
}

static PyObject *packet_array(cm_audio_file *f, PyObject *dtype, SInt64 start, SInt64 wanted)
{
    SInt64 present;
    UInt32 largest, channels = f->data.mChannelsPerFrame;
    void *data;
    cm_packet_read read;
    if (cm_packets_present(f->file, start, wanted, &read, &present, &largest) < 0)
        return fail(f, &read);
    Py_ssize_t shape[2] = { (Py_ssize_t)present, channels };
    PyObject *array = cm_numpy_new_of_type(dtype, channels == 1 ? 1 : 2, shape, &data);
    if (!array)
        return NULL;
    int result = needs_widening(&f->data)
                     ? read_widened(f, start, present, data, &read)
                     : cm_packets_read(f->file, start, present, f->data.mBytesPerPacket, data,
                                       (Py_ssize_t)present * f->data.mBytesPerPacket, NULL, &read);
    if (result == 0 && cm_numpy_set_rows(array, (Py_ssize_t)read.packets, &data) == 0)
        return array;
    Py_DECREF(array);
    return fail(f, &read);
}

/*
 * NumPy's name for the file's samples, as AudioFormat.to_numpy_dtype gives it. ValueError when they do not
 * fill the bytes that they take (but for the 24 bits that are widened), or are not linear PCM.
 */
static PyObject *dtype_name(const AudioStreamBasicDescription *data)
{
    bool is_float = data->mFormatFlags & kAudioFormatFlagIsFloat, wide = needs_widening(data);
    bool is_signed = data->mFormatFlags & kAudioFormatFlagIsSignedInteger;
    UInt32 channels = data->mChannelsPerFrame, size = channels ? data->mBytesPerFrame / channels : 0;
    bool known = is_float ? size == 4 || size == 8 : size == 1 || size == 2 || size == 4 || size == 8;
    if (data->mFormatID != kAudioFormatLinearPCM)
        return PyErr_Format(PyExc_ValueError,
                            "packets of compressed audio have no NumPy type; read() decodes them");
    if (wide && (size == 3 || size == 4) && data->mBytesPerPacket == size * channels)
        return PyUnicode_FromString("int32");
    if (!known || size * 8 != data->mBitsPerChannel || data->mBytesPerPacket != size * channels)
        return PyErr_Format(PyExc_ValueError, "samples of %u bits in %u bytes have no NumPy type",
                            (unsigned)data->mBitsPerChannel, (unsigned)size);
    return PyUnicode_FromFormat("%c%c%u", data->mFormatFlags & kAudioFormatFlagIsBigEndian ? '>' : '<',
                                is_float    ? 'f'
                                : is_signed ? 'i'
                                            : 'u',
                                (unsigned)size);
}

PyObject *cm_audio_file_packet_array(cm_audio_file *f, SInt64 start, SInt64 packets)
{
    if (cm_audio_file_check_readable(f) < 0)
        return NULL;
    PyObject *dtype = dtype_name(&f->data);
    if (!dtype)
        return cm_audio_file_wrap(f, "read as a NumPy array");
    PyObject *array = packet_array(f, dtype, start, packets);
    Py_DECREF(dtype);
    return array;
}

const char cm_audio_file_read_as_numpy_doc[] = PyDoc_STR(
    "read_as_numpy($self, /, start_packet=0, packet_count=None)\n--\n\n"
    "Linear PCM as a new array with the values of the file: (frames,) of one channel, (frames, channels)\n"
    "of more.\n\n"
    "packet_count: None for all to the end. The dtype is that of format.to_numpy_dtype(): 24-bit samples\n"
    "are widened to int32 without scaling, big-endian files give a byte-swapped type. read() converts and\n"
    "scales, and decodes compressed files. ImportError without NumPy; AudioFileError for compressed files,\n"
    "negative numbers and when the file cannot be read.");

PyObject *cm_audio_file_read_as_numpy(PyObject *self, PyObject *const *args, Py_ssize_t count,
                                      PyObject *keywords)
{
    static const cm_params params = { "read_as_numpy", 0, 2, { "start_packet", "packet_count" } };
    PyObject *v[2];
    SInt64 start, wanted;
    cm_audio_file *f = file_of(self);
    if (cm_numpy_load() < 0 || cm_native_check(self) < 0 || cm_parse(&params, args, count, keywords, v) < 0 ||
        packet_range(f, v[0], v[1], &start, &wanted) < 0 || cm_audio_file_begin(f) < 0)
        return NULL;
    return cm_audio_file_end(f, cm_audio_file_packet_array(f, start, wanted));
}
