#include "frames_io.h"

#include "format.h"

#include <AudioToolbox/AudioCodec.h>
#include <stddef.h>
#include <string.h>

/* Long enough to cost nothing, short enough that Ctrl-C is answered while a slow codec works. */
#define PIECE_FRAMES ((Py_ssize_t)1 << 20)
#define PIECE_BYTES ((Py_ssize_t)1 << 30)

/* ---- memory as the framework sees it ---- */

typedef struct plane_list {
    AudioBufferList *list;
    UInt32 frame_bytes; /* in one plane */
} plane_list;

static int new_planes(const AudioStreamBasicDescription *client, plane_list *planes)
{
    UInt32 count = cm_asbd_planes(client);
    planes->frame_bytes = client->mBytesPerFrame;
    planes->list = PyMem_Calloc(1, offsetof(AudioBufferList, mBuffers) + count * sizeof(AudioBuffer));
    if (!planes->list) {
        PyErr_NoMemory();
        return -1;
    }
    planes->list->mNumberBuffers = count;
    for (UInt32 i = 0; i < count; i++)
        planes->list->mBuffers[i].mNumberChannels = count > 1 ? 1 : client->mChannelsPerFrame;
    return 0;
}

/* Shows `frames` frames from `first` on, in planes of `total` frames. */
static void aim(plane_list *planes, const void *memory, Py_ssize_t total, Py_ssize_t first, UInt32 frames)
{
    const char *at = (const char *)memory + first * planes->frame_bytes;
    for (UInt32 i = 0; i < planes->list->mNumberBuffers; i++) {
        planes->list->mBuffers[i].mData = (void *)(uintptr_t)(at + i * total * planes->frame_bytes);
        planes->list->mBuffers[i].mDataByteSize = frames * planes->frame_bytes;
    }
}

/* Planes with room for `total` frames that got only `done`: moves them together. */
static void close_gaps(const plane_list *planes, char *memory, Py_ssize_t total, Py_ssize_t done)
{
    size_t size = (size_t)done * planes->frame_bytes;
    for (UInt32 i = 1; done < total && i < planes->list->mNumberBuffers; i++)
        memmove(memory + i * size, memory + (size_t)i * (size_t)total * planes->frame_bytes, size);
}

static UInt32 piece(const plane_list *planes, Py_ssize_t left)
{
    Py_ssize_t most = planes->frame_bytes ? PIECE_BYTES / planes->frame_bytes : PIECE_FRAMES;
    most = most < PIECE_FRAMES ? most : PIECE_FRAMES;
    return (UInt32)(left < most ? left : most);
}

int cm_read_frames(ExtAudioFileRef file, const AudioStreamBasicDescription *client, void *memory,
                   Py_ssize_t frames, Py_ssize_t *done, OSStatus *status)
{
    plane_list planes;
    *done = 0;
    *status = noErr;
    if (new_planes(client, &planes) < 0)
        return -1;
    int result = 0;
    while (result == 0 && *done < frames) {
        UInt32 moved = piece(&planes, frames - *done);
        aim(&planes, memory, frames, *done, moved);
        CM_CALL(*status, ExtAudioFileRead(file, &moved, planes.list));
        if (*status)
            result = -1;
        else if (moved == 0)
            break;
        else if ((*done += moved) < frames)
            result = PyErr_CheckSignals();
    }
    if (result == 0)
        close_gaps(&planes, memory, frames, *done);
    PyMem_Free(planes.list);
    return result;
}

int cm_write_frames(ExtAudioFileRef file, const AudioStreamBasicDescription *client, const void *memory,
                    Py_ssize_t frames, OSStatus *status)
{
    plane_list planes;
    *status = noErr;
    if (new_planes(client, &planes) < 0)
        return -1;
    int result = 0;
    for (Py_ssize_t done = 0; result == 0 && done < frames;) {
        UInt32 moved = piece(&planes, frames - done);
        aim(&planes, memory, frames, done, moved);
        CM_CALL(*status, ExtAudioFileWrite(file, moved, planes.list));
        done += moved;
        result = *status ? -1 : PyErr_CheckSignals();
    }
    PyMem_Free(planes.list);
    return result;
}

PyObject *cm_read_frame_bytes(ExtAudioFileRef file, const AudioStreamBasicDescription *client,
                              Py_ssize_t frames, Py_ssize_t *done, OSStatus *status)
{
    Py_ssize_t frame_bytes = (Py_ssize_t)client->mBytesPerFrame * cm_asbd_planes(client);
    *status = noErr;
    if (frame_bytes == 0 || frames > PY_SSIZE_T_MAX / 2 / frame_bytes) {
        PyErr_SetString(PyExc_ValueError, "this format has no frames of constant size");
        return NULL;
    }
    PyObject *data = PyBytes_FromStringAndSize(NULL, frames * frame_bytes);
    if (!data)
        return NULL;
    if (cm_read_frames(file, client, PyBytes_AS_STRING(data), frames, done, status) < 0)
        Py_CLEAR(data);
    else if (*done < frames)
        _PyBytes_Resize(&data, *done * frame_bytes);
    return data;
}

OSStatus cm_length_in_frames(ExtAudioFileRef file, SInt64 *frames)
{
    UInt32 size = sizeof *frames;
    OSStatus status;
    CM_CALL(status, ExtAudioFileGetProperty(file, kExtAudioFileProperty_FileLengthFrames, &size, frames));
    return status;
}

/* ---- encoders ---- */

static const struct {
    const char *name;
    SInt64 most;
    AudioConverterPropertyID id;
} setting_table[CM_SETTING_COUNT] = {
    [CM_BIT_RATE_MODE] = { "bit_rate_mode", kAudioCodecBitRateControlMode_Variable,
                           kAudioCodecPropertyBitRateControlMode },
    [CM_BIT_RATE] = { "bit_rate", UINT32_MAX, kAudioConverterEncodeBitRate },
    [CM_QUALITY] = { "quality", kAudioConverterQuality_Max, kAudioConverterCodecQuality },
    [CM_VBR_QUALITY] = { "vbr_quality", kAudioConverterQuality_Max, kAudioCodecPropertySoundQualityForVBR },
};

static int read_setting(PyObject *given, int i, SInt64 *out)
{
    int64_t value = -1;
    *out = -1;
    if (!given || given == Py_None)
        return 0;
    if (cm_arg_i64(given, setting_table[i].name, &value) < 0)
        return -1;
    if (value < 0 || value > setting_table[i].most) {
        PyErr_Format(PyExc_ValueError, "%s must be in 0 .. %lld", setting_table[i].name,
                     (long long)setting_table[i].most);
        return -1;
    }
    *out = value;
    return 0;
}

int cm_encoder_settings_read(PyObject *const given[CM_SETTING_COUNT], cm_encoder_settings *settings)
{
    for (int i = 0; i < CM_SETTING_COUNT; i++)
        if (read_setting(given[i], i, &settings->values[i]) < 0)
            return -1;
    return 0;
}

bool cm_encoder_settings_given(const cm_encoder_settings *settings)
{
    for (int i = 0; i < CM_SETTING_COUNT; i++)
        if (settings->values[i] >= 0)
            return true;
    return false;
}

OSStatus cm_file_converter(ExtAudioFileRef file, AudioConverterRef *converter, const char **operation)
{
    UInt32 size = sizeof *converter;
    *converter = NULL;
    *operation = "ExtAudioFileGetProperty";
    OSStatus status = ExtAudioFileGetProperty(file, kExtAudioFileProperty_AudioConverter, &size, converter);
    return status || *converter ? status : kExtAudioFileError_InvalidProperty;
}

OSStatus cm_file_converter_changed(ExtAudioFileRef file, const char **operation)
{
    CFArrayRef as_it_is = NULL;
    *operation = "ExtAudioFileSetProperty";
    return ExtAudioFileSetProperty(file, kExtAudioFileProperty_ConverterConfig, sizeof as_it_is, &as_it_is);
}

OSStatus cm_encoder_settings_apply(ExtAudioFileRef file, const cm_encoder_settings *settings,
                                   const char **operation)
{
    AudioConverterRef converter;
    if (!cm_encoder_settings_given(settings))
        return noErr;
    OSStatus status = cm_file_converter(file, &converter, operation);
    if (status)
        return status;
    *operation = "AudioConverterSetProperty";
    for (int i = 0; !status && i < CM_SETTING_COUNT; i++) {
        UInt32 value = (UInt32)settings->values[i];
        if (settings->values[i] >= 0)
            status = AudioConverterSetProperty(converter, setting_table[i].id, sizeof value, &value);
    }
    return status ? status : cm_file_converter_changed(file, operation);
}
