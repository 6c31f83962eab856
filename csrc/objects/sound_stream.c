#include "sound_stream.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Frames that a cycle of an input may have at most, where the unit does not say. */
#define DEFAULT_SLICE 4096

size_t cm_sound_frame_bytes(const cm_sound_stream *s)
{
    return sizeof(float) * s->settings.channels;
}

size_t cm_sound_block_bytes(const cm_sound_stream *s)
{
    return cm_sound_frame_bytes(s) * s->settings.block;
}

cm_sound_stream *cm_sound_new(const cm_sound_settings *settings)
{
    cm_sound_stream *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    atomic_init(&s->references, 1);
    s->settings = *settings;
    s->process = getpid();
    s->moved = cm_platform_signal_new();
    if (s->moved)
        return s;
    cm_sound_release(s);
    return NULL;
}

void cm_sound_release(cm_sound_stream *s)
{
    if (!s || atomic_fetch_sub(&s->references, 1) > 1)
        return;
    cm_platform_signal_free(s->moved);
    cm_ring_free(&s->ring);
    free(s->scratch);
    free(s);
}

/* ---- rendering ---- */

/* Whole frames of what the ring has, silence for the rest. */
static void play_from_ring(cm_sound_stream *s, float *out, UInt32 frames)
{
    size_t frame = cm_sound_frame_bytes(s), wanted = frame * frames;
    size_t there = cm_ring_readable(&s->ring);
    size_t taken = there < wanted ? there - there % frame : wanted;
    if (taken && cm_ring_read(&s->ring, out, taken))
        s->primed = true;
    memset((char *)out + taken, 0, wanted - taken);
    if (taken < wanted && s->primed && !atomic_load(&s->finished)) {
        atomic_fetch_add(&s->dropouts, 1);
        s->primed = taken > 0; /* one gap counts once */
    }
    cm_platform_signal_raise(s->moved);
}

bool cm_sound_fits(const cm_sound_stream *s, UInt32 frames, AudioBufferList *list)
{
    for (UInt32 i = 0; i < list->mNumberBuffers; i++)
        memset(list->mBuffers[i].mData, 0, list->mBuffers[i].mDataByteSize);
    return list->mNumberBuffers == 1 && list->mBuffers[0].mNumberChannels == s->settings.channels &&
           list->mBuffers[0].mDataByteSize >= cm_sound_frame_bytes(s) * frames;
}

OSStatus cm_sound_play(void *context, AudioUnitRenderActionFlags *flags, const AudioTimeStamp *time,
                       UInt32 bus, UInt32 frames, AudioBufferList *list)
{
    cm_sound_stream *s = context;
    float *out = list->mBuffers[0].mData;
    (void)flags, (void)time, (void)bus;
    if (!cm_sound_fits(s, frames, list))
        return kAudioUnitErr_FormatNotSupported;
    if (s->function) {
        s->function(out, frames, s->settings.channels, s->user);
    } else {
        play_from_ring(s, out, frames);
    }
    atomic_fetch_add(&s->frames, frames);
    return noErr;
}

static OSStatus record(void *context, AudioUnitRenderActionFlags *flags, const AudioTimeStamp *time,
                       UInt32 bus, UInt32 frames, AudioBufferList *unused)
{
    cm_sound_stream *s = context;
    UInt32 channels = s->settings.channels;
    size_t bytes = cm_sound_frame_bytes(s) * frames;
    (void)unused;
    if (frames > s->scratch_frames)
        return kAudioUnitErr_TooManyFramesToProcess;
    AudioBufferList list = { 1, { { channels, (UInt32)bytes, s->scratch } } };
    OSStatus status = AudioUnitRender(s->unit, flags, time, bus, frames, &list);
    if (status)
        return status;
    if (s->function)
        s->function(list.mBuffers[0].mData, frames, channels, s->user);
    else if (cm_ring_readable(&s->ring) + bytes > s->most ||
             !cm_ring_write(&s->ring, list.mBuffers[0].mData, bytes))
        atomic_fetch_add(&s->dropouts, 1);
    atomic_fetch_add(&s->frames, frames);
    cm_platform_signal_raise(s->moved);
    return noErr;
}

/* ---- the unit ---- */

static AudioStreamBasicDescription stream_format(const cm_sound_settings *settings)
{
    UInt32 frame = settings->channels * (UInt32)sizeof(float);
    return (AudioStreamBasicDescription){
        .mSampleRate = settings->rate,
        .mFormatID = kAudioFormatLinearPCM,
        .mFormatFlags = kAudioFormatFlagIsFloat | kAudioFormatFlagsNativeEndian | kAudioFormatFlagIsPacked,
        .mBytesPerPacket = frame,
        .mFramesPerPacket = 1,
        .mBytesPerFrame = frame,
        .mChannelsPerFrame = settings->channels,
        .mBitsPerChannel = 32,
    };
}

static OSStatus set_number(AudioUnit unit, AudioUnitPropertyID id, AudioUnitScope scope,
                           AudioUnitElement element, UInt32 value)
{
    return AudioUnitSetProperty(unit, id, scope, element, &value, sizeof value);
}

static OSStatus new_unit(OSType subtype, AudioUnit *unit)
{
    const AudioComponentDescription wanted = { .componentType = kAudioUnitType_Output,
                                               .componentSubType = subtype,
                                               .componentManufacturer = kAudioUnitManufacturer_Apple };
    AudioComponent component = AudioComponentFindNext(NULL, &wanted);
    return component ? AudioComponentInstanceNew(component, unit) : kAudio_UnimplementedError;
}

static AudioObjectID default_device(bool is_input)
{
    const AudioObjectPropertyAddress address = { is_input ? kAudioHardwarePropertyDefaultInputDevice
                                                          : kAudioHardwarePropertyDefaultOutputDevice,
                                                 kAudioObjectPropertyScopeGlobal,
                                                 kAudioObjectPropertyElementMain };
    AudioObjectID device = kAudioObjectUnknown;
    UInt32 size = sizeof device;
    AudioObjectGetPropertyData(kAudioObjectSystemObject, &address, 0, NULL, &size, &device);
    return device;
}

/* The device's cycle should be as short as the stream's blocks. One that runs for others, too, is left alone,
 * and a size out of its range is its own affair. */
static void suit_buffer_size(AudioObjectID device, UInt32 frames)
{
    const AudioObjectPropertyAddress running = { kAudioDevicePropertyDeviceIsRunning,
                                                 kAudioObjectPropertyScopeGlobal,
                                                 kAudioObjectPropertyElementMain };
    const AudioObjectPropertyAddress buffer = { kAudioDevicePropertyBufferFrameSize,
                                                kAudioObjectPropertyScopeGlobal,
                                                kAudioObjectPropertyElementMain };
    UInt32 is_running = 0, size = sizeof is_running;
    if (AudioObjectGetPropertyData(device, &running, 0, NULL, &size, &is_running) == noErr && !is_running)
        AudioObjectSetPropertyData(device, &buffer, 0, NULL, sizeof frames, &frames);
}

static OSStatus open_output(cm_sound_stream *s, const char **what)
{
    const cm_sound_settings *settings = &s->settings;
    AURenderCallbackStruct callback = { cm_sound_play, s };
    AudioStreamBasicDescription format = stream_format(settings);
    bool chosen = settings->device != kAudioObjectUnknown;
    *what = "find the output unit";
    OSStatus status = new_unit(chosen ? kAudioUnitSubType_HALOutput : kAudioUnitSubType_DefaultOutput,
                               &s->unit);
    if (status)
        return status;
    suit_buffer_size(chosen ? settings->device : default_device(false), settings->block);
    *what = "choose the device";
    if (chosen)
        status = set_number(s->unit, kAudioOutputUnitProperty_CurrentDevice, kAudioUnitScope_Global, 0,
                            settings->device);
    if (status)
        return status;
    *what = "set the format";
    status = AudioUnitSetProperty(s->unit, kAudioUnitProperty_StreamFormat, kAudioUnitScope_Input, 0, &format,
                                  sizeof format);
    if (status)
        return status;
    *what = "set the render callback";
    return AudioUnitSetProperty(s->unit, kAudioUnitProperty_SetRenderCallback, kAudioUnitScope_Input, 0,
                                &callback, sizeof callback);
}

static OSStatus allocate_scratch(cm_sound_stream *s)
{
    UInt32 frames = 0, size = sizeof frames;
    AudioUnitGetProperty(s->unit, kAudioUnitProperty_MaximumFramesPerSlice, kAudioUnitScope_Global, 0,
                         &frames, &size);
    s->scratch_frames = frames > DEFAULT_SLICE ? frames : DEFAULT_SLICE;
    free(s->scratch);
    s->scratch = malloc(sizeof(float) * s->settings.channels * s->scratch_frames);
    return s->scratch ? noErr : kAudio_MemFullError;
}

static OSStatus open_input(cm_sound_stream *s, const char **what)
{
    AURenderCallbackStruct callback = { record, s };
    AudioStreamBasicDescription format = stream_format(&s->settings);
    AudioObjectID device = s->settings.device != kAudioObjectUnknown ? s->settings.device
                                                                     : default_device(true);
    *what = "find an input device";
    if (device == kAudioObjectUnknown)
        return kAudioHardwareBadDeviceError;
    *what = "find the input unit";
    OSStatus status = new_unit(kAudioUnitSubType_HALOutput, &s->unit);
    if (status)
        return status;
    suit_buffer_size(device, s->settings.block);
    *what = "enable input";
    status = set_number(s->unit, kAudioOutputUnitProperty_EnableIO, kAudioUnitScope_Input, 1, 1);
    if (!status)
        status = set_number(s->unit, kAudioOutputUnitProperty_EnableIO, kAudioUnitScope_Output, 0, 0);
    if (status)
        return status;
    *what = "choose the device";
    status = set_number(s->unit, kAudioOutputUnitProperty_CurrentDevice, kAudioUnitScope_Global, 0, device);
    if (status)
        return status;
    *what = "set the format";
    status = AudioUnitSetProperty(s->unit, kAudioUnitProperty_StreamFormat, kAudioUnitScope_Output, 1,
                                  &format, sizeof format);
    if (status)
        return status;
    *what = "set the input callback";
    status = AudioUnitSetProperty(s->unit, kAudioOutputUnitProperty_SetInputCallback, kAudioUnitScope_Global,
                                  0, &callback, sizeof callback);
    return status ? status : allocate_scratch(s);
}

static void close_unit(cm_sound_stream *s)
{
    AudioUnit unit = s->unit;
    if (!unit)
        return;
    AudioOutputUnitStop(unit);
    s->unit = NULL; /* `record` looked at it up to now */
    AudioUnitUninitialize(unit);
    AudioComponentInstanceDispose(unit);
}

/* ---- control ---- */

/* The device's cycle in frames of the stream's rate, 0 when it does not say; is_exact: nothing is resampled,
 * every cycle takes that many. */
static double cycle_frames(const cm_sound_stream *s, bool *is_exact)
{
    const AudioObjectPropertyAddress buffer = { kAudioDevicePropertyBufferFrameSize,
                                                kAudioObjectPropertyScopeGlobal,
                                                kAudioObjectPropertyElementMain };
    const AudioObjectPropertyAddress rate = { kAudioDevicePropertyNominalSampleRate,
                                              kAudioObjectPropertyScopeGlobal,
                                              kAudioObjectPropertyElementMain };
    AudioObjectID device = s->settings.device;
    UInt32 frames = 0, frames_size = sizeof frames, rate_size = sizeof(Float64);
    Float64 hertz = 0;
    *is_exact = false;
    if (device == kAudioObjectUnknown)
        device = default_device(s->settings.is_input);
    if (AudioObjectGetPropertyData(device, &buffer, 0, NULL, &frames_size, &frames) ||
        AudioObjectGetPropertyData(device, &rate, 0, NULL, &rate_size, &hertz) || hertz <= 0)
        return 0;
    *is_exact = hertz == s->settings.rate;
    return frames * s->settings.rate / hertz;
}

/*
 * A block that is made of whole cycles is enough by itself: it was made while the one before was played. In
 * any other case there is room for two cycles at least, or the ring would run dry between two of them.
 */
static UInt32 least_blocks(const cm_sound_stream *s)
{
    bool is_exact;
    double cycle = cycle_frames(s, &is_exact);
    bool is_whole = is_exact && cycle >= 1 && s->settings.block % (UInt32)cycle == 0;
    return is_whole ? 1 : (UInt32)(2 * cycle / s->settings.block) + 1;
}

OSStatus cm_sound_prepare(cm_sound_stream *s)
{
    atomic_store(&s->stopping, false);
    atomic_store(&s->finished, false);
    s->primed = false;
    size_t blocks = least_blocks(s);
    if (blocks < s->settings.blocks)
        blocks = s->settings.blocks;
    s->most = blocks * cm_sound_block_bytes(s);
    cm_ring_free(&s->ring);
    return cm_ring_init(&s->ring, s->most) ? noErr : kAudio_MemFullError;
}

OSStatus cm_sound_start_pump(cm_sound_stream *s)
{
    if (!s->callable)
        return noErr;
    atomic_fetch_add(&s->references, 1);
    s->has_pump = pthread_create(&s->pump, NULL, cm_sound_pump, s) == 0;
    if (!s->has_pump)
        atomic_fetch_sub(&s->references, 1);
    return s->has_pump ? noErr : kAudio_MemFullError;
}

/* A callable that never got its pump is let go of here. */
static void drop_callable(cm_sound_stream *s)
{
    PyGILState_STATE state;
    PyObject *callable = s->callable;
    s->callable = NULL;
    if (callable && cm_callback_begin(&state)) {
        Py_DECREF(callable);
        cm_callback_end(state, "SoundStream");
    }
}

OSStatus cm_sound_start(cm_sound_stream *s, const char **what)
{
    OSStatus status = s->settings.is_input ? open_input(s, what) : open_output(s, what);
    if (!status) {
        *what = "initialise the unit";
        status = AudioUnitInitialize(s->unit);
    }
    if (!status)
        status = cm_sound_prepare(s);
    if (!status && s->callable && !s->settings.is_input)
        cm_sound_fill(s); /* so that the first cycle has sound */
    if (!status) {
        *what = "start a thread";
        status = cm_sound_start_pump(s);
    }
    if (!status) {
        *what = "start the device";
        status = AudioOutputUnitStart(s->unit);
    }
    atomic_store(&s->active, status == noErr);
    if (status) {
        cm_sound_stop(s);
        drop_callable(s);
    }
    return status;
}

OSStatus cm_sound_stop(cm_sound_stream *s)
{
    atomic_store(&s->stopping, true);
    atomic_store(&s->active, false);
    close_unit(s);
    cm_platform_signal_raise(s->moved);
    if (s->has_pump) {
        s->has_pump = false;
        if (s->process != getpid()) /* there is no such thread here */
            atomic_fetch_sub(&s->references, 1);
        else if (pthread_equal(pthread_self(), s->pump))
            pthread_detach(s->pump);
        else
            pthread_join(s->pump, NULL);
    }
    return noErr;
}
