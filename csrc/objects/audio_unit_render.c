/* AudioUnit: render callbacks and rendering. */
#include "audio_unit.h"
#include "format.h"

#include <string.h>

/* Of the ring between a Python callback and a device. */
enum { BLOCK_FRAMES = 512, BLOCKS = 4, MAX_BUFFERS = 256 };

/* ---- render callback ---- */

static AudioStreamBasicDescription interleaved_float(Float64 rate, UInt32 channels)
{
    UInt32 frame = channels * (UInt32)sizeof(float);
    return (AudioStreamBasicDescription){
        .mSampleRate = rate,
        .mFormatID = kAudioFormatLinearPCM,
        .mFormatFlags = kAudioFormatFlagIsFloat | kAudioFormatFlagsNativeEndian | kAudioFormatFlagIsPacked,
        .mBytesPerPacket = frame,
        .mFramesPerPacket = 1,
        .mBytesPerFrame = frame,
        .mChannelsPerFrame = channels,
        .mBitsPerChannel = 32,
    };
}

void cm_unit_end_stream(PyObject *self)
{
    cm_sound_stream *stream = cm_unit_of(self)->stream;
    if (!stream || !stream->has_pump)
        return;
    CM_RUN(cm_sound_stop(stream));
}

int cm_unit_begin_stream(PyObject *self)
{
    cm_unit_object *u = cm_unit_of(self);
    cm_sound_stream *stream = u->stream;
    OSStatus status;
    if (!stream || !u->callback || !cm_unit_has_device(self))
        return 0;
    stream->callable = Py_NewRef(u->callback);
    CM_RUN({
        status = cm_sound_prepare(stream);
        if (!status)
            cm_sound_fill(stream);
        if (!status)
            status = cm_sound_start_pump(stream);
    });
    if (!status)
        return 0;
    Py_CLEAR(stream->callable);
    cm_unit_fail(self, status, "AudioOutputUnitStart", "start the render callback's thread");
    return -1;
}

/* A unit without a device is pulled by whoever renders: the callback is asked there and then. */
static OSStatus pull_now(void *context, AudioUnitRenderActionFlags *flags, const AudioTimeStamp *time,
                         UInt32 bus, UInt32 frames, AudioBufferList *list)
{
    cm_sound_stream *s = context;
    (void)flags, (void)time, (void)bus;
    if (!cm_sound_fits(s, frames, list))
        return kAudioUnitErr_FormatNotSupported;
    atomic_fetch_add(&s->references, 1); /* the callback may replace itself */
    cm_sound_ask(s, frames, list->mBuffers[0].mData);
    cm_sound_release(s);
    return noErr;
}

static OSStatus install(AudioUnit unit, UInt32 bus, AURenderCallback function, void *context)
{
    AURenderCallbackStruct value = { function, context };
    return AudioUnitSetProperty(unit, kAudioUnitProperty_SetRenderCallback, kAudioUnitScope_Input, bus,
                                &value, sizeof value);
}

/* Makes the bus interleaved Float32 of its own rate and channels. */
static OSStatus prepare_bus(AudioUnit unit, UInt32 bus, cm_sound_settings *settings)
{
    AudioStreamBasicDescription format;
    UInt32 size = sizeof format;
    OSStatus status = AudioUnitGetProperty(unit, kAudioUnitProperty_StreamFormat, kAudioUnitScope_Input, bus,
                                           &format, &size);
    if (status)
        return status;
    settings->rate = format.mSampleRate;
    settings->channels = format.mChannelsPerFrame;
    AudioStreamBasicDescription wanted = interleaved_float(format.mSampleRate, format.mChannelsPerFrame);
    return memcmp(&wanted, &format, sizeof format) == 0
               ? noErr
               : AudioUnitSetProperty(unit, kAudioUnitProperty_StreamFormat, kAudioUnitScope_Input, bus,
                                      &wanted, sizeof wanted);
}

void cm_unit_drop_stream(PyObject *self)
{
    cm_unit_object *u = cm_unit_of(self);
    cm_unit_end_stream(self);
    cm_sound_stream *stream = u->stream;
    u->stream = NULL;
    if (stream && stream->pulled)
        Py_CLEAR(stream->callable);
    cm_sound_release(stream);
    Py_CLEAR(u->callback);
}

static int install_callable(PyObject *self, AudioUnit unit, UInt32 bus, PyObject *callable)
{
    cm_unit_object *u = cm_unit_of(self);
    cm_sound_settings settings = { .block = BLOCK_FRAMES, .blocks = BLOCKS };
    bool device = cm_unit_has_device(self);
    OSStatus status;
    CM_CALL(status, prepare_bus(unit, bus, &settings));
    cm_sound_stream *stream = status ? NULL : cm_sound_new(&settings);
    if (!status && !stream) {
        PyErr_NoMemory();
        return -1;
    }
    if (!status)
        CM_CALL(status, install(unit, bus, device ? cm_sound_play : pull_now, stream));
    if (!status && u->stream && u->callback_bus != bus)
        CM_RUN(install(unit, u->callback_bus, NULL, NULL));
    if (status) {
        cm_sound_release(stream);
        cm_unit_fail(self, status, "AudioUnitSetProperty", "set the render callback");
        return -1;
    }
    cm_unit_drop_stream(self);
    u->stream = stream;
    u->callback = Py_NewRef(callable);
    u->callback_bus = bus;
    stream->pulled = !device;
    if (!device)
        stream->callable = Py_NewRef(callable);
    return 0;
}

static int install_function(PyObject *self, AudioUnit unit, UInt32 bus, AURenderCallback function)
{
    OSStatus status;
    CM_CALL(status, install(unit, bus, function, NULL));
    if (status)
        return cm_unit_fail(self, status, "AudioUnitSetProperty", "set the render callback"), -1;
    if (cm_unit_of(self)->callback_bus == bus)
        cm_unit_drop_stream(self);
    return 0;
}

/* In the caller's turn. */
static int change_callback(PyObject *self, UInt32 bus, PyObject *callable, AURenderCallback function)
{
    AudioUnit unit = cm_unit_handle(self);
    if (!unit)
        return -1;
    if (cm_unit_of(self)->running) {
        PyErr_SetString(cm_kept(self, CM_UNIT_ERROR), "stop the unit before its render callback is changed");
        return -1;
    }
    return callable ? install_callable(self, unit, bus, callable)
                    : install_function(self, unit, bus, function);
}

PyObject *cm_unit_set_render_callback(PyObject *self, PyObject *const *args, Py_ssize_t count,
                                      PyObject *keywords)
{
    static const cm_params params = { "set_render_callback", 1, 2, { "callback", "bus" } };
    PyObject *v[2];
    UInt32 bus = 0;
    AURenderCallback function = NULL;
    if (!cm_unit_handle(self) || cm_parse(&params, args, count, keywords, v) < 0 ||
        cm_arg_u32(v[1], "bus", &bus) < 0)
        return NULL;
    bool callable = PyCallable_Check(v[0]);
    if ((!callable && v[0] != Py_None && cm_arg_handle(v[0], "callback", &function) < 0) ||
        !cm_unit_take_turn(self))
        return NULL;
    int result = change_callback(self, bus, callable ? v[0] : NULL, function);
    cm_unit_end_turn(self);
    return result < 0 ? NULL : Py_NewRef(Py_None);
}

/* ---- rendering ---- */

typedef struct slice_buffers {
    AudioBufferList list;
    AudioBuffer more[MAX_BUFFERS];
} slice_buffers;

/* Planes, one after the other in memory, or one buffer of all channels. */
static void lay_out(slice_buffers *buffers, const AudioStreamBasicDescription *format, char *memory,
                    UInt32 frames)
{
    UInt32 planes = cm_asbd_planes(format), bytes = frames * format->mBytesPerFrame;
    buffers->list.mNumberBuffers = planes;
    for (UInt32 i = 0; i < planes; i++)
        (&buffers->list.mBuffers[0])[i] = (AudioBuffer){ format->mChannelsPerFrame / planes, bytes,
                                                         memory + (size_t)i * bytes };
}

static void interleave(const slice_buffers *buffers, UInt32 sample, UInt32 frames, char *out)
{
    UInt32 planes = buffers->list.mNumberBuffers;
    for (UInt32 p = 0; p < planes; p++)
        for (UInt32 i = 0; i < frames; i++)
            memcpy(out + ((size_t)i * planes + p) * sample,
                   (const char *)(&buffers->list.mBuffers[0])[p].mData + (size_t)i * sample, sample);
}

/* Without the GIL. memory holds `slice` frames. */
static OSStatus render_frames(AudioUnit unit, const AudioStreamBasicDescription *format, double time,
                              UInt32 frames, UInt32 slice, char *memory, char *out)
{
    UInt32 planes = cm_asbd_planes(format), frame = format->mBytesPerFrame * planes;
    OSStatus status = noErr;
    while (frames && !status) {
        slice_buffers buffers;
        AudioUnitRenderActionFlags flags = 0;
        AudioTimeStamp stamp = { .mSampleTime = time, .mFlags = kAudioTimeStampSampleTimeValid };
        UInt32 part = frames < slice ? frames : slice;
        lay_out(&buffers, format, memory, part);
        memset(memory, 0, (size_t)part * frame);
        status = AudioUnitRender(unit, &flags, &stamp, 0, part, &buffers.list);
        if (!status)
            interleave(&buffers, planes > 1 ? format->mBytesPerFrame : frame, part, out);
        out += (size_t)part * frame;
        frames -= part;
        time += part;
    }
    return status;
}

static PyObject *render_bytes(PyObject *self, AudioUnit unit, const AudioStreamBasicDescription *format,
                              UInt32 frames)
{
    UInt32 slice = 512, size = sizeof slice, frame = format->mBytesPerFrame * cm_asbd_planes(format);
    double time = cm_unit_of(self)->sample_time; /* under the GIL: another thread may be rendering, too */
    OSStatus status;
    CM_CALL(status, AudioUnitGetProperty(unit, kAudioUnitProperty_MaximumFramesPerSlice,
                                         kAudioUnitScope_Global, 0, &slice, &size));
    if (status || slice == 0)
        slice = 512;
    if (slice > frames)
        slice = frames ? frames : 1;
    char *memory = PyMem_RawMalloc((size_t)slice * frame);
    PyObject *data = memory ? PyBytes_FromStringAndSize(NULL, (Py_ssize_t)frames * frame) : PyErr_NoMemory();
    if (data) {
        CM_CALL(status, render_frames(unit, format, time, frames, slice, memory, PyBytes_AS_STRING(data)));
        if (status) {
            Py_CLEAR(data);
            cm_unit_fail(self, status, "AudioUnitRender", "render");
        } else {
            cm_unit_of(self)->sample_time += frames;
        }
    }
    PyMem_RawFree(memory);
    return data;
}

PyObject *cm_unit_render(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "render", 1, 2, { "num_frames", "timestamp" } };
    PyObject *v[2];
    UInt32 frames, size = sizeof(AudioStreamBasicDescription);
    AudioStreamBasicDescription format;
    OSStatus status;
    AudioUnit unit = cm_unit_handle(self);
    if (!unit || cm_parse(&params, args, count, keywords, v) < 0 ||
        cm_arg_count(v[0], "num_frames", &frames) < 0 ||
        (v[1] && v[1] != Py_None && cm_arg_f64(v[1], "timestamp", &cm_unit_of(self)->sample_time) < 0))
        return NULL;
    CM_CALL(status, AudioUnitGetProperty(unit, kAudioUnitProperty_StreamFormat, kAudioUnitScope_Output, 0,
                                         &format, &size));
    if (status)
        return cm_unit_fail(self, status, "AudioUnitGetProperty", "get the output format");
    if (format.mFormatID != kAudioFormatLinearPCM || format.mBytesPerFrame == 0 ||
        cm_asbd_planes(&format) > MAX_BUFFERS)
        return cm_unit_fail(self, kAudioUnitErr_FormatNotSupported, "AudioUnitRender", "render");
    return render_bytes(self, unit, &format, frames);
}
