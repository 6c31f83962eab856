/* AudioFile: frames and packets into a file. */
#include "audio_file.h"
#include "format.h"
#include "packets_io.h"

#include <string.h>

#define MIXED "a new file is written by write() or by write_packets(), not by both"

static cm_audio_file *file_of(PyObject *self)
{
    return (cm_audio_file *)self;
}

/* ---- frames ---- */

static bool is_compressed(const cm_audio_file *f)
{
    return f->data.mFormatID != kAudioFormatLinearPCM;
}

/* The ExtAudioFile over the file, taking frames of this format; an encoder gets its settings. */
static OSStatus set_up(cm_audio_file *f, const AudioStreamBasicDescription *client, const char **operation)
{
    OSStatus status = noErr;
    if (!f->ext) {
        *operation = "ExtAudioFileWrapAudioFileID";
        status = ExtAudioFileWrapAudioFileID(f->file, true, &f->ext);
    }
    if (!status) {
        *operation = "ExtAudioFileSetProperty";
        status = ExtAudioFileSetProperty(f->ext, kExtAudioFileProperty_ClientDataFormat, sizeof *client,
                                         client);
    }
    if (!status && is_compressed(f) && f->client.mFormatID == 0)
        status = cm_encoder_settings_apply(f->ext, &f->encoder, operation);
    return status;
}

static int open_writer(cm_audio_file *f, const AudioStreamBasicDescription *client)
{
    OSStatus status;
    const char *operation;
    if (!f->ext && f->length > 0) {
        PyErr_SetString(PyExc_ValueError, MIXED);
        return -1;
    }
    if (f->ext && memcmp(&f->client, client, sizeof *client) == 0)
        return 0;
    if (f->ext && is_compressed(f) && f->client.mFormatID) {
        PyErr_SetString(PyExc_ValueError,
                        "the encoder is at work: all samples must be of the type written first");
        return -1;
    }
    CM_CALL(status, set_up(f, client, &operation));
    if (status) {
        cm_audio_file_raise(f, status, operation, "write frames");
        return -1;
    }
    f->client = *client;
    return 0;
}

static PyObject *write_memory(cm_audio_file *f, const AudioStreamBasicDescription *client, const void *data,
                              Py_ssize_t frames)
{
    OSStatus status;
    if (open_writer(f, client) < 0)
        return NULL;
    if (cm_write_frames(f->ext, client, data, frames, &status) < 0)
        return status ? cm_audio_file_raise(f, status, "ExtAudioFileWrite", "write frames") : NULL;
    f->length += frames;
    f->position = f->length;
    return PyLong_FromSsize_t(frames);
}

/* Bytes without a sample type are frames in the format that was asked for. */
static bool is_raw(PyObject *data, const cm_audio_file *f)
{
    if (is_compressed(f) || !PyObject_CheckBuffer(data))
        return false;
    Py_buffer view;
    if (PyObject_GetBuffer(data, &view, PyBUF_FORMAT | PyBUF_ND) < 0) {
        PyErr_Clear();
        return false;
    }
    bool raw = view.ndim == 1 && view.itemsize == 1 && (!view.format || strchr("Bc", view.format[0]));
    PyBuffer_Release(&view);
    return raw;
}

static PyObject *write_raw(cm_audio_file *f, PyObject *data)
{
    Py_buffer view;
    PyObject *result = NULL;
    UInt32 frame = f->wanted.mBytesPerFrame * cm_asbd_planes(&f->wanted);
    if (cm_arg_bytes(data, "data", &view) < 0)
        return NULL;
    if (frame == 0 || view.len % frame)
        PyErr_Format(PyExc_ValueError, "%zd bytes are no whole number of frames of %u", view.len,
                     (unsigned)frame);
    else
        result = write_memory(f, &f->wanted, view.buf, view.len / frame);
    PyBuffer_Release(&view);
    return result;
}

static PyObject *write_array(cm_audio_file *f, PyObject *data)
{
    cm_frames from;
    UInt32 channels = f->data.mChannelsPerFrame;
    if (cm_frames_get(data, "data", channels, false, &from) < 0)
        return NULL;
    AudioStreamBasicDescription client = cm_sample_format(from.type, f->data.mSampleRate, channels);
    PyObject *result = write_memory(f, &client, from.data, from.count);
    cm_frames_release(&from);
    return result;
}

const char cm_audio_file_write_doc[] = PyDoc_STR(
    "write($self, /, data)\n--\n\n"
    "Appends frames to a file that was opened with mode 'w', and returns their number.\n\n"
    "data: an array or buffer of float32, float64 (full scale is 1.0), int16 or int32 (full scale is the\n"
    "type's), of shape (n, channels), or (n,) for one channel; any strides. It is converted to the file's\n"
    "format. bytes are frames of linear PCM in the format that was given to AudioFile.\n"
    "TypeError for other samples, ValueError for another shape, or another sample type in the middle of a\n"
    "compressed file; AudioFileError when the file cannot be written.");

PyObject *cm_audio_file_write(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "write", 1, 1, { "data" } };
    PyObject *data, *result = NULL;
    cm_audio_file *f = file_of(self);
    if (cm_native_check(self) < 0 || cm_parse(&params, args, count, keywords, &data) < 0 ||
        cm_audio_file_begin(f) < 0)
        return NULL;
    if (f->mode != CM_MODE_WRITE)
        cm_audio_file_raise(f, kAudioFilePermissionsError, "ExtAudioFileWrite",
                            "write frames to a file that was not opened with mode 'w'");
    else
        result = is_raw(data, f) ? write_raw(f, data) : write_array(f, data);
    return cm_audio_file_end(f, result);
}

/* ---- packets ---- */

typedef struct packets {
    const void *bytes;
    UInt32 size;
    UInt32 count;
    AudioStreamPacketDescription *descriptions; /* or NULL */
} packets;

/* Packets without descriptions are of constant size. */
static int count_packets(const cm_audio_file *f, const Py_buffer *view, PyObject *descriptions, packets *p)
{
    UInt32 size = f->data.mBytesPerPacket;
    *p = (packets){ .bytes = view->buf, .size = (UInt32)view->len };
    if (view->len > UINT32_MAX) {
        PyErr_SetString(PyExc_OverflowError, "one call writes at most 2**32-1 bytes of packets");
        return -1;
    }
    if (descriptions && descriptions != Py_None) {
        Py_ssize_t count = cm_descriptions_from_list(descriptions, view->len, &p->descriptions);
        p->count = (UInt32)count;
        return count < 0 ? -1 : 0;
    }
    if (size == 0 || view->len % size) {
        PyErr_Format(PyExc_ValueError,
                     size ? "%zd bytes are no whole number of packets of %u"
                          : "packets of this format differ in size and need descriptions",
                     view->len, (unsigned)size);
        return -1;
    }
    p->count = (UInt32)(view->len / size);
    return 0;
}

static OSStatus append(AudioFileID file, SInt64 start, packets *p, const char **operation)
{
    UInt64 present = 0;
    UInt32 size = sizeof present;
    OSStatus status = noErr;
    *operation = "AudioFileGetProperty";
    if (start < 0) {
        status = AudioFileGetProperty(file, kAudioFilePropertyAudioDataPacketCount, &size, &present);
        start = (SInt64)present;
    }
    if (status)
        return status;
    *operation = "AudioFileWritePackets";
    return AudioFileWritePackets(file, false, p->size, p->descriptions, start, &p->count, p->bytes);
}

/* The reader stands on audio that is about to change. */
static void close_reader(cm_audio_file *f)
{
    ExtAudioFileRef ext = f->ext;
    f->ext = NULL;
    f->length = f->ext_position = -1;
    if (ext)
        CM_RUN(ExtAudioFileDispose(ext));
}

/* In a file that is only written, frames are counted as packets come. */
static void count_frames(cm_audio_file *f, const packets *p)
{
    for (UInt32 i = 0; i < p->count; i++) {
        UInt32 own = p->descriptions ? p->descriptions[i].mVariableFramesInPacket : 0;
        f->length += own ? own : f->data.mFramesPerPacket;
    }
    f->position = f->length;
}

static PyObject *write_some(cm_audio_file *f, packets *p, SInt64 start)
{
    OSStatus status;
    const char *operation;
    if (f->mode == CM_MODE_WRITE && f->ext)
        return PyErr_Format(PyExc_ValueError, MIXED);
    if (f->mode != CM_MODE_WRITE)
        close_reader(f);
    CM_CALL(status, append(f->file, start, p, &operation));
    if (status)
        return cm_audio_file_raise(f, status, operation, "write packets");
    if (f->mode == CM_MODE_WRITE)
        count_frames(f, p);
    return PyLong_FromUnsignedLong(p->count);
}

const char cm_audio_file_write_packets_doc[] = PyDoc_STR(
    "write_packets($self, /, data, descriptions=None, *, start=None)\n--\n\n"
    "Writes packets as they are, and returns their number. For modes 'r+' and 'w'.\n\n"
    "data: bytes of packets in the format of the file. descriptions: (offset, size, frames) of each, as\n"
    "read_packet_data() gives them; needed where packets differ in size. start: the number of the first\n"
    "packet to overwrite, where packets are all of one size; by default they are appended.\n"
    "ValueError when data and descriptions do not fit; AudioFileError when the file cannot be written.");

PyObject *cm_audio_file_write_packets(PyObject *self, PyObject *const *args, Py_ssize_t count,
                                      PyObject *keywords)
{
    static const cm_params params = { "write_packets", 1, 2, { "data", "descriptions", "start" } };
    PyObject *v[3], *result = NULL;
    int64_t start = -1;
    Py_buffer view;
    packets p;
    cm_audio_file *f = file_of(self);
    if (cm_native_check(self) < 0 || cm_parse(&params, args, count, keywords, v) < 0 ||
        cm_arg_i64(v[2] == Py_None ? NULL : v[2], "start", &start) < 0)
        return NULL;
    if (v[2] && v[2] != Py_None && start < 0)
        return PyErr_Format(PyExc_ValueError, "start must not be negative");
    if (cm_arg_bytes(v[0], "data", &view) < 0)
        return NULL;
    if (cm_audio_file_begin(f) == 0) {
        if (cm_audio_file_check_writable(f) == 0 && count_packets(f, &view, v[1], &p) == 0) {
            result = write_some(f, &p, start);
            PyMem_Free(p.descriptions);
        }
        result = cm_audio_file_end(f, result);
    }
    PyBuffer_Release(&view);
    return result;
}
