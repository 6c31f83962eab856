/* AudioUnit: rendering from Python, a block at a time. */
#include "components.h"

#include <string.h>

#define TIMES "_render_times" /* module attribute: dict of unit handle to sample time */
#define MAX_CHANNELS 64

double cm_render_time_advance(PyObject *module, AudioUnit unit, UInt32 frames)
{
    PyObject *times = PyObject_GetAttrString(module, TIMES), *key = cm_capi_handle(unit);
    PyObject *known = times && key ? PyDict_GetItemWithError(times, key) : NULL;
    double now = known ? PyFloat_AsDouble(known) : 0.0;
    PyObject *next = PyErr_Occurred() ? NULL : PyFloat_FromDouble(now + frames);
    if (!next || PyDict_SetItem(times, key, next) < 0)
        now = -1.0;
    Py_XDECREF(next);
    Py_XDECREF(key);
    Py_XDECREF(times);
    return now;
}

int cm_render_time_forget(PyObject *module, AudioUnit unit)
{
    PyObject *times = PyObject_GetAttrString(module, TIMES), *key = cm_capi_handle(unit);
    int result = times && key ? PyDict_Contains(times, key) : -1;
    if (result > 0)
        result = PyDict_DelItem(times, key);
    Py_XDECREF(key);
    Py_XDECREF(times);
    return result;
}

/* Interleaved frames, on Python's side: bytes, which need not be aligned. */
typedef struct frames_view {
    char *samples;
    UInt32 frames, channels;
} frames_view;

static size_t sample_offset(const frames_view *view, UInt32 frame, UInt32 channel)
{
    return ((size_t)frame * view->channels + channel) * sizeof(float);
}

/* Interleaved frames into or out of a unit's buffers, which are interleaved or one for each channel. Channels
 * and frames that one side lacks are silent on the other. */
static void into_buffers(const frames_view *from, UInt32 at, AudioBufferList *list, UInt32 frames)
{
    UInt32 channel = 0;
    for (UInt32 b = 0; b < list->mNumberBuffers; b++) {
        UInt32 width = list->mBuffers[b].mNumberChannels;
        float *out = list->mBuffers[b].mData;
        for (UInt32 c = 0; c < width; c++, channel++)
            for (UInt32 i = 0; i < frames; i++) {
                out[i * width + c] = 0.0f;
                if (channel < from->channels && at + i < from->frames)
                    memcpy(&out[i * width + c], from->samples + sample_offset(from, at + i, channel),
                           sizeof(float));
            }
    }
}

static void from_buffers(const AudioBufferList *list, frames_view *to)
{
    UInt32 channel = 0;
    for (UInt32 b = 0; b < list->mNumberBuffers; b++) {
        UInt32 width = list->mBuffers[b].mNumberChannels;
        const float *in = list->mBuffers[b].mData;
        for (UInt32 c = 0; c < width && channel < to->channels; c++, channel++)
            for (UInt32 i = 0; i < to->frames; i++)
                memcpy(to->samples + sample_offset(to, i, channel), &in[i * width + c], sizeof(float));
    }
}

static bool holds_floats(const AudioBufferList *list, UInt32 frames)
{
    for (UInt32 b = 0; b < list->mNumberBuffers; b++)
        if (list->mBuffers[b].mDataByteSize / sizeof(float) / frames < list->mBuffers[b].mNumberChannels)
            return false;
    return frames > 0;
}

typedef struct pulled_input {
    frames_view data;
    UInt32 at; /* frames given to the unit so far */
} pulled_input;

static OSStatus give_input(void *context, AudioUnitRenderActionFlags *flags, const AudioTimeStamp *time,
                           UInt32 bus, UInt32 frames, AudioBufferList *list)
{
    pulled_input *input = context;
    (void)flags, (void)time, (void)bus;
    if (!holds_floats(list, frames))
        return kAudioUnitErr_FormatNotSupported; /* another thread has changed it meanwhile */
    into_buffers(&input->data, input->at, list, frames);
    input->at += frames;
    return noErr;
}

static OSStatus set_input(AudioUnit unit, AURenderCallback callback, pulled_input *input)
{
    AURenderCallbackStruct value = { callback, input };
    return AudioUnitSetProperty(unit, kAudioUnitProperty_SetRenderCallback, kAudioUnitScope_Input, 0, &value,
                                sizeof value);
}

typedef struct render_request {
    AudioUnit unit;
    AudioStreamBasicDescription format; /* of the unit's output 0 */
    pulled_input input;
    frames_view output;
    double sample_time;
} render_request;

/* One slice: the unit renders into memory of ours, which follows the layout of its output format. */
static OSStatus render_slice(render_request *r, float *memory, UInt32 frames, double sample_time)
{
    struct {
        AudioBufferList list;
        AudioBuffer more[MAX_CHANNELS];
    } buffers;
    AudioTimeStamp time = { .mSampleTime = sample_time, .mFlags = kAudioTimeStampSampleTimeValid };
    AudioUnitRenderActionFlags flags = 0;
    bool planar = r->format.mFormatFlags & kAudioFormatFlagIsNonInterleaved;
    UInt32 width = planar ? 1 : r->format.mChannelsPerFrame;
    buffers.list.mNumberBuffers = planar ? r->format.mChannelsPerFrame : 1;
    for (UInt32 b = 0; b < buffers.list.mNumberBuffers; b++)
        (&buffers.list.mBuffers[0])[b] = (AudioBuffer){ width, frames * width * (UInt32)sizeof(float),
                                                        memory + (size_t)b * frames };
    memset(memory, 0, sizeof(float) * frames * r->format.mChannelsPerFrame);
    OSStatus status = AudioUnitRender(r->unit, &flags, &time, 0, frames, &buffers.list);
    if (!status) {
        frames_view part = r->output;
        part.frames = frames;
        from_buffers(&buffers.list, &part);
    }
    return status;
}

static UInt32 slice_frames(AudioUnit unit)
{
    UInt32 frames = 0, size = sizeof frames;
    if (AudioUnitGetProperty(unit, kAudioUnitProperty_MaximumFramesPerSlice, kAudioUnitScope_Global, 0,
                             &frames, &size) ||
        frames == 0)
        frames = 512;
    return frames;
}

/* Without the GIL. */
static OSStatus render_all(render_request *r)
{
    UInt32 slice = slice_frames(r->unit), left = r->output.frames;
    OSStatus status = noErr;
    if (slice > left)
        slice = left;
    float *memory = malloc(sizeof(float) * slice * r->format.mChannelsPerFrame + 1);
    if (!memory)
        return kAudio_MemFullError;
    bool pulls = set_input(r->unit, give_input, &r->input) == noErr;
    while (left && !status) {
        UInt32 frames = left < slice ? left : slice;
        status = render_slice(r, memory, frames, r->sample_time);
        r->sample_time += frames;
        r->output.samples += sample_offset(&r->output, frames, 0);
        left -= frames;
    }
    if (pulls)
        set_input(r->unit, NULL, NULL);
    free(memory);
    return status;
}

static bool is_float(const AudioStreamBasicDescription *f)
{
    return f->mFormatID == kAudioFormatLinearPCM && f->mFormatFlags & kAudioFormatFlagIsFloat &&
           f->mBitsPerChannel == 32 && f->mChannelsPerFrame <= MAX_CHANNELS;
}

/* The unit's formats, if Python's side can be converted to them. */
static int check_format(render_request *r, double sample_rate)
{
    const AudioStreamBasicDescription *f = &r->format;
    AudioStreamBasicDescription input;
    UInt32 size = sizeof r->format, input_size = sizeof input;
    OSStatus status, has_input;
    CM_CALL(status, AudioUnitGetProperty(r->unit, kAudioUnitProperty_StreamFormat, kAudioUnitScope_Output, 0,
                                         &r->format, &size));
    if (status)
        return cm_capi_raise(status, "AudioUnitGetProperty"), -1;
    CM_CALL(has_input, AudioUnitGetProperty(r->unit, kAudioUnitProperty_StreamFormat, kAudioUnitScope_Input,
                                            0, &input, &input_size));
    if (!is_float(f) || (has_input == noErr && !is_float(&input))) {
        PyErr_SetString(PyExc_ValueError, "the unit's formats must be Float32 of at most 64 channels");
        return -1;
    }
    if (sample_rate > 0 && sample_rate != f->mSampleRate) {
        PyErr_Format(PyExc_ValueError, "the unit runs at %d Hz, not at the sample_rate given",
                     (int)f->mSampleRate);
        return -1;
    }
    return 0;
}

PyDoc_STRVAR(
    render_doc,
    "audio_unit_render($module, /, audio_unit_id, input_data, num_frames, sample_rate=44100.0, "
    "num_channels=2)\n--\n\n"
    "Renders num_frames frames of a unit's output 0 and returns them as bytes.\n\n"
    "input_data: interleaved Float32 that the unit pulls on input 0; silence follows where it is shorter.\n"
    "sample_rate: Hz, if given that of the unit. num_channels: of input and output; channels that the unit\n"
    "lacks are silent. The unit's time goes on from call to call. ValueError for a unit that renders other\n"
    "samples or at another rate.");

static PyObject *render(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "audio_unit_render",
                                      3,
                                      5,
                                      { "audio_unit_id", "input_data", "num_frames", "sample_rate",
                                        "num_channels" } };
    PyObject *v[5];
    render_request r = { .input = { .at = 0 } };
    UInt32 frames, channels = 2;
    double sample_rate = 0;
    Py_buffer data;
    OSStatus status;
    if (cm_parse(&params, args, count, keywords, v) < 0 ||
        cm_arg_handle(v[0], "audio_unit_id", &r.unit) < 0 || cm_arg_count(v[2], "num_frames", &frames) < 0 ||
        cm_arg_f64(v[3], "sample_rate", &sample_rate) < 0 ||
        cm_arg_count(v[4], "num_channels", &channels) < 0)
        return NULL;
    if (channels == 0 || channels > MAX_CHANNELS)
        return PyErr_Format(PyExc_ValueError, "num_channels must be 1 .. %d", MAX_CHANNELS);
    if (check_format(&r, sample_rate) < 0 || cm_arg_bytes(v[1], "input_data", &data) < 0)
        return NULL;
    PyObject *result = PyBytes_FromStringAndSize(NULL,
                                                 (Py_ssize_t)frames * channels * (Py_ssize_t)sizeof(float));
    r.sample_time = result ? cm_render_time_advance(module, r.unit, frames) : -1.0;
    if (r.sample_time >= 0) {
        size_t held = (size_t)data.len / sizeof(float) / channels;
        memset(PyBytes_AS_STRING(result), 0, (size_t)PyBytes_GET_SIZE(result));
        r.input.data = (frames_view){ data.buf, held < frames ? (UInt32)held : frames, channels };
        r.output = (frames_view){ PyBytes_AS_STRING(result), frames, channels };
        CM_CALL(status, render_all(&r));
        if (status)
            cm_capi_raise(status, "AudioUnitRender");
    }
    PyBuffer_Release(&data);
    if (PyErr_Occurred())
        Py_CLEAR(result);
    return result;
}

static PyMethodDef methods[] = {
    CM_METHOD("audio_unit_render", render, render_doc),
    { NULL, NULL, 0, NULL },
};

int cm_capi_audio_unit_render_init(PyObject *module)
{
    PyObject *times = PyDict_New();
    int result = times ? PyModule_AddObjectRef(module, TIMES, times) : -1;
    Py_XDECREF(times);
    return result < 0 ? -1 : PyModule_AddFunctions(module, methods);
}
