#include "pipeline.h"
#include "queue.h"
#include "recorder.h"

#include "../format/layout.h"
#include "../format/pcm.h"

#include <coremusic/engine.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What a silent channel's level is in decibels. */
#define LEAST_DB (-120.0f)

enum { OUTPUT = 1, INPUT = 2, BOTH = 3, MAX_COOKIE = 1 << 20 };

/* A property that is not settable has no `set`; `size` of NULL means a constant number of bytes. */
typedef struct property {
    AudioQueuePropertyID id;
    int kinds;
    UInt32 bytes;
    OSStatus (*size)(cm_queue *q, UInt32 *bytes);
    OSStatus (*get)(cm_queue *q, void *data, UInt32 *io_bytes); /* there is room for `size` */
    OSStatus (*set)(cm_queue *q, const void *data, UInt32 bytes);
    bool when_stopped; /* set only then */
} property;

/* All functions run with `work` held. */

static OSStatus put32(void *data, UInt32 value)
{
    memcpy(data, &value, sizeof value);
    return noErr;
}

static UInt32 take32(const void *data)
{
    UInt32 value;
    memcpy(&value, data, sizeof value);
    return value;
}

static OSStatus get_is_running(cm_queue *q, void *data, UInt32 *io_bytes)
{
    (void)io_bytes;
    return put32(data, q->state != CM_STOPPED);
}

/* ---- the device ---- */

/* Opens the device for as long as it takes to look. */
static OSStatus look_at_device(cm_queue *q, Float64 *rate, UInt32 *channels)
{
    bool was_open = q->device.id != kAudioObjectUnknown;
    if (q->offline) {
        *rate = q->offline_format.mSampleRate;
        *channels = q->offline_format.mChannelsPerFrame;
        return noErr;
    }
    OSStatus status = cm_queue_open_device(q);
    *rate = q->device.rate;
    *channels = q->device.channels;
    if (status == noErr && !was_open && q->is_input)
        cm_queue_device_close(&q->device);
    return status;
}

static OSStatus get_device_rate(cm_queue *q, void *data, UInt32 *io_bytes)
{
    (void)io_bytes;
    Float64 rate;
    UInt32 channels;
    OSStatus status = look_at_device(q, &rate, &channels);
    memcpy(data, &rate, sizeof rate);
    return status;
}

static OSStatus get_device_channels(cm_queue *q, void *data, UInt32 *io_bytes)
{
    (void)io_bytes;
    Float64 rate;
    UInt32 channels;
    OSStatus status = look_at_device(q, &rate, &channels);
    return status == noErr ? put32(data, channels) : status;
}

static OSStatus get_current_device(cm_queue *q, void *data, UInt32 *io_bytes)
{
    (void)io_bytes;
    CFStringRef uid = q->device_uid ? CFRetain(q->device_uid) : cm_queue_device_copy_default_uid(q->is_input);
    memcpy(data, &uid, sizeof uid);
    return uid ? noErr : kAudioQueueErr_InvalidDevice;
}

static OSStatus set_current_device(cm_queue *q, const void *data, UInt32 bytes)
{
    (void)bytes;
    CFStringRef uid;
    memcpy(&uid, data, sizeof uid);
    if (uid && CFGetTypeID(uid) != CFStringGetTypeID())
        return kAudioQueueErr_InvalidPropertyValue;
    if (uid && cm_queue_device_find(uid) == kAudioObjectUnknown)
        return cm_fail(kAudioQueueErr_InvalidDevice, "no device has this UID");
    if (uid)
        CFRetain(uid);
    if (q->device_uid)
        CFRelease(q->device_uid);
    q->device_uid = uid;
    cm_queue_device_close(&q->device);
    return noErr;
}

static OSStatus size_assignments(cm_queue *q, UInt32 *bytes)
{
    *bytes = q->format.mChannelsPerFrame * (UInt32)sizeof(AudioQueueChannelAssignment);
    return noErr;
}

static OSStatus get_assignments(cm_queue *q, void *data, UInt32 *io_bytes)
{
    (void)io_bytes;
    if (!q->assignments)
        return kAudioQueueErr_InvalidPropertyValue;
    CFStringRef uid = q->device_uid ? CFRetain(q->device_uid) : cm_queue_device_copy_default_uid(q->is_input);
    for (UInt32 c = 0; c < q->format.mChannelsPerFrame; c++) {
        AudioQueueChannelAssignment assignment = { uid, (UInt32)(q->assignments[c] + 1) };
        if (uid && c > 0)
            CFRetain(uid);
        memcpy((UInt8 *)data + c * sizeof assignment, &assignment, sizeof assignment);
    }
    return noErr;
}

/* All channels go to one device, which becomes the queue's. */
static OSStatus set_assignments(cm_queue *q, const void *data, UInt32 bytes)
{
    UInt32 channels = q->format.mChannelsPerFrame;
    const AudioQueueChannelAssignment *given = data;
    if (bytes != channels * sizeof *given)
        return kAudioQueueErr_InvalidPropertySize;
    SInt32 *assignments = calloc(channels, sizeof *assignments);
    if (!assignments)
        return kAudio_MemFullError;
    OSStatus status = noErr;
    for (UInt32 c = 0; c < channels && status == noErr; c++) {
        CFStringRef uid = given[c].mDeviceUID;
        bool same = uid == given[0].mDeviceUID ||
                    (uid && given[0].mDeviceUID && CFEqual(uid, given[0].mDeviceUID));
        assignments[c] = (SInt32)given[c].mChannelNumber - 1;
        if (!same || given[c].mChannelNumber > CM_MAX_CHANNELS)
            status = cm_fail(kAudioQueueErr_InvalidPropertyValue,
                             "channels of one device, counted from 1, are needed");
    }
    if (status == noErr)
        status = set_current_device(q, &given[0].mDeviceUID, sizeof(CFStringRef));
    if (status == noErr) {
        free(q->assignments);
        q->assignments = assignments;
    } else {
        free(assignments);
    }
    return status;
}

/* ---- the format ---- */

static OSStatus get_format(cm_queue *q, void *data, UInt32 *io_bytes)
{
    (void)io_bytes;
    memcpy(data, &q->format, sizeof q->format);
    return noErr;
}

static OSStatus size_cookie(cm_queue *q, UInt32 *bytes)
{
    if (!q->is_input) {
        *bytes = q->cookie_size;
        return q->cookie_size ? noErr : kAudioQueueErr_InvalidProperty;
    }
    OSStatus status = cm_recorder_size_encoder(q->recorder, kAudioConverterCompressionMagicCookie, bytes);
    return status == noErr ? noErr : kAudioQueueErr_InvalidProperty;
}

static OSStatus get_cookie(cm_queue *q, void *data, UInt32 *io_bytes)
{
    if (q->is_input)
        return cm_recorder_get_encoder(q->recorder, kAudioConverterCompressionMagicCookie, io_bytes, data);
    memcpy(data, q->cookie, q->cookie_size);
    *io_bytes = q->cookie_size;
    return noErr;
}

static OSStatus set_cookie(cm_queue *q, const void *data, UInt32 bytes)
{
    if (q->is_input)
        return kAudioQueueErr_InvalidQueueType;
    if (bytes > MAX_COOKIE)
        return kAudioQueueErr_InvalidPropertyValue;
    void *copy = malloc(bytes > 0 ? bytes : 1);
    if (!copy)
        return kAudio_MemFullError;
    memcpy(copy, data, bytes);
    OSStatus status = cm_pipeline_set_decoder(q->pipeline, kAudioConverterDecompressionMagicCookie, bytes,
                                              copy);
    if (status != noErr) {
        free(copy);
        return cm_fail(kAudioQueueErr_InvalidPropertyValue, "not a magic cookie of this format");
    }
    free(q->cookie);
    q->cookie = copy;
    q->cookie_size = bytes;
    return noErr;
}

static OSStatus get_max_packet(cm_queue *q, void *data, UInt32 *io_bytes)
{
    return cm_recorder_get_encoder(q->recorder, kAudioConverterPropertyMaximumOutputPacketSize, io_bytes,
                                   data);
}

static OSStatus size_layout(cm_queue *q, UInt32 *bytes)
{
    *bytes = q->layout ? q->layout_size : (UInt32)CM_LAYOUT_HEADER;
    return noErr;
}

static OSStatus get_layout(cm_queue *q, void *data, UInt32 *io_bytes)
{
    AudioChannelLayout usual = { .mChannelLayoutTag = cm_layout_default_tag(q->format.mChannelsPerFrame) };
    size_layout(q, io_bytes);
    memcpy(data, q->layout ? q->layout : &usual, *io_bytes);
    return noErr;
}

static OSStatus set_layout(cm_queue *q, const void *data, UInt32 bytes)
{
    const AudioChannelLayout *layout = data;
    UInt32 size;
    if (bytes < CM_LAYOUT_HEADER)
        return kAudioQueueErr_InvalidPropertySize;
    if (cm_layout_check(layout, bytes) != noErr || cm_layout_channels(layout) != q->format.mChannelsPerFrame)
        return kAudioQueueErr_InvalidPropertyValue;
    AudioChannelLayout *copy = cm_layout_new_copy(layout, &size);
    if (!copy)
        return kAudio_MemFullError;
    free(q->layout);
    q->layout = copy;
    q->layout_size = size;
    if (q->offline)
        return cm_queue_set_output(q, q->offline_format.mSampleRate, q->offline_format.mChannelsPerFrame,
                                   q->offline_layout);
    cm_queue_device_close(&q->device);
    return noErr;
}

/* ---- meters ---- */

static OSStatus get_metering(cm_queue *q, void *data, UInt32 *io_bytes)
{
    (void)io_bytes;
    return put32(data, atomic_load(&q->playout.meters));
}

static OSStatus set_metering(cm_queue *q, const void *data, UInt32 bytes)
{
    (void)bytes;
    atomic_store(&q->playout.meters, take32(data) != 0);
    return noErr;
}

static OSStatus size_meters(cm_queue *q, UInt32 *bytes)
{
    *bytes = q->format.mChannelsPerFrame * (UInt32)sizeof(AudioQueueLevelMeterState);
    return noErr;
}

static Float32 decibels(Float32 level)
{
    return level > 1e-6f ? 20 * log10f(level) : LEAST_DB;
}

static OSStatus put_meters(cm_queue *q, void *data, bool in_decibels)
{
    if (!atomic_load(&q->playout.meters))
        return cm_fail(kAudioQueueErr_InvalidPropertyValue, "metering is not enabled");
    for (UInt32 c = 0; c < q->format.mChannelsPerFrame; c++) {
        AudioQueueLevelMeterState level = { sqrtf(atomic_load(&q->playout.power[c])),
                                            atomic_load(&q->playout.peak[c]) };
        if (in_decibels)
            level = (AudioQueueLevelMeterState){ decibels(level.mAveragePower), decibels(level.mPeakPower) };
        memcpy((UInt8 *)data + c * sizeof level, &level, sizeof level);
    }
    return noErr;
}

static OSStatus get_meters(cm_queue *q, void *data, UInt32 *io_bytes)
{
    (void)io_bytes;
    return put_meters(q, data, false);
}

static OSStatus get_meters_db(cm_queue *q, void *data, UInt32 *io_bytes)
{
    (void)io_bytes;
    return put_meters(q, data, true);
}

/* ---- decoding ---- */

static OSStatus get_decode_frames(cm_queue *q, void *data, UInt32 *io_bytes)
{
    (void)io_bytes;
    return put32(data, q->decode_frames);
}

static OSStatus set_decode_frames(cm_queue *q, const void *data, UInt32 bytes)
{
    (void)bytes;
    UInt32 frames = take32(data);
    if (frames < 64 || frames > 1u << 22)
        return kAudioQueueErr_InvalidPropertyValue;
    q->decode_frames = frames;
    cm_queue_device_close(&q->device);
    return noErr;
}

static OSStatus get_time_pitch(cm_queue *q, void *data, UInt32 *io_bytes)
{
    (void)io_bytes;
    return put32(data, q->speed_enabled);
}

static OSStatus set_time_pitch(cm_queue *q, const void *data, UInt32 bytes)
{
    (void)bytes;
    q->speed_enabled = take32(data) != 0;
    return noErr;
}

static OSStatus get_pitch_algorithm(cm_queue *q, void *data, UInt32 *io_bytes)
{
    (void)io_bytes;
    return put32(data, q->speed_algorithm);
}

static OSStatus set_pitch_algorithm(cm_queue *q, const void *data, UInt32 bytes)
{
    static const UInt32 algorithms[] = { kAudioQueueTimePitchAlgorithm_Spectral,
                                         kAudioQueueTimePitchAlgorithm_TimeDomain,
                                         kAudioQueueTimePitchAlgorithm_Varispeed };
    (void)bytes;
    UInt32 algorithm = take32(data);
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++) {
        if (algorithm != algorithms[i])
            continue;
        if (algorithm != q->speed_algorithm)
            cm_pipeline_forget_speed(q->pipeline);
        q->speed_algorithm = algorithm;
        return noErr;
    }
    return cm_fail(kAudioQueueErr_InvalidPropertyValue, "not an algorithm that changes time and pitch");
}

static OSStatus get_pitch_bypass(cm_queue *q, void *data, UInt32 *io_bytes)
{
    (void)io_bytes;
    return put32(data, q->speed_bypassed);
}

static OSStatus set_pitch_bypass(cm_queue *q, const void *data, UInt32 bytes)
{
    (void)bytes;
    q->speed_bypassed = take32(data) != 0;
    return noErr;
}

static OSStatus get_converter_error(cm_queue *q, void *data, UInt32 *io_bytes)
{
    (void)io_bytes;
    pthread_mutex_lock(&q->lock);
    OSStatus status = q->converter_error;
    pthread_mutex_unlock(&q->lock);
    memcpy(data, &status, sizeof status);
    return noErr;
}

static OSStatus get_underruns(cm_queue *q, void *data, UInt32 *io_bytes)
{
    (void)io_bytes;
    UInt64 count = q->is_input ? cm_recorder_overruns(q->recorder) : atomic_load(&q->playout.underruns);
    return put32(data, count < UINT32_MAX ? (UInt32)count : UINT32_MAX);
}

static const property properties[] = {
    { kAudioQueueProperty_IsRunning, BOTH, 4, NULL, get_is_running, NULL, false },
    { kAudioQueueDeviceProperty_SampleRate, BOTH, 8, NULL, get_device_rate, NULL, false },
    { kAudioQueueDeviceProperty_NumberChannels, BOTH, 4, NULL, get_device_channels, NULL, false },
    { kAudioQueueProperty_CurrentDevice, BOTH, 8, NULL, get_current_device, set_current_device, true },
    { kAudioQueueProperty_ChannelAssignments, OUTPUT, 0, size_assignments, get_assignments, set_assignments,
      true },
    { kAudioQueueProperty_StreamDescription, BOTH, sizeof(AudioStreamBasicDescription), NULL, get_format,
      NULL, false },
    { kAudioQueueProperty_MagicCookie, BOTH, 0, size_cookie, get_cookie, set_cookie, false },
    { kAudioQueueProperty_MaximumOutputPacketSize, INPUT, 4, NULL, get_max_packet, NULL, false },
    { kAudioQueueProperty_ChannelLayout, OUTPUT, 0, size_layout, get_layout, set_layout, true },
    { kAudioQueueProperty_EnableLevelMetering, OUTPUT, 4, NULL, get_metering, set_metering, false },
    { kAudioQueueProperty_CurrentLevelMeter, OUTPUT, 0, size_meters, get_meters, NULL, false },
    { kAudioQueueProperty_CurrentLevelMeterDB, OUTPUT, 0, size_meters, get_meters_db, NULL, false },
    { kAudioQueueProperty_DecodeBufferSizeFrames, BOTH, 4, NULL, get_decode_frames, set_decode_frames, true },
    { kAudioQueueProperty_EnableTimePitch, OUTPUT, 4, NULL, get_time_pitch, set_time_pitch, true },
    { kAudioQueueProperty_TimePitchAlgorithm, OUTPUT, 4, NULL, get_pitch_algorithm, set_pitch_algorithm,
      true },
    { kAudioQueueProperty_TimePitchBypass, OUTPUT, 4, NULL, get_pitch_bypass, set_pitch_bypass, false },
    { kAudioQueueProperty_ConverterError, BOTH, 4, NULL, get_converter_error, NULL, false },
    { kCMAudioQueueProperty_Underruns, BOTH, 4, NULL, get_underruns, NULL, false },
};

static const property *find(AudioQueuePropertyID id)
{
    for (size_t i = 0; i < sizeof properties / sizeof *properties; i++)
        if (properties[i].id == id)
            return &properties[i];
    return NULL;
}

/* The queue, pinned, with `work` held, and the property. */
static cm_queue *enter(AudioQueueRef handle, AudioQueuePropertyID id, const property **found,
                       OSStatus *status)
{
    cm_queue *q = cm_queue_pin(handle, status);
    if (!q)
        return NULL;
    *found = find(id);
    if (!*found)
        *status = kAudioQueueErr_InvalidProperty;
    else if (!((*found)->kinds & (q->is_input ? INPUT : OUTPUT)))
        *status = kAudioQueueErr_InvalidQueueType;
    if (*status != noErr) {
        cm_queue_unpin(q);
        return NULL;
    }
    pthread_mutex_lock(&q->work);
    return q;
}

static OSStatus leave(cm_queue *q, OSStatus status)
{
    pthread_mutex_unlock(&q->work);
    cm_queue_unpin(q);
    return status;
}

static OSStatus size_of(const property *p, cm_queue *q, UInt32 *bytes)
{
    *bytes = p->bytes;
    return p->size ? p->size(q, bytes) : noErr;
}

OSStatus AudioQueueGetPropertySize(AudioQueueRef inAQ, AudioQueuePropertyID inID, UInt32 *outDataSize)
{
    OSStatus status;
    const property *p;
    if (!outDataSize)
        return kAudio_ParamError;
    cm_queue *q = enter(inAQ, inID, &p, &status);
    return q ? leave(q, size_of(p, q, outDataSize)) : status;
}

OSStatus AudioQueueGetProperty(AudioQueueRef inAQ, AudioQueuePropertyID inID, void *outData,
                               UInt32 *ioDataSize)
{
    OSStatus status;
    const property *p;
    if (!outData || !ioDataSize)
        return kAudio_ParamError;
    cm_queue *q = enter(inAQ, inID, &p, &status);
    if (!q)
        return status;
    UInt32 bytes;
    status = size_of(p, q, &bytes);
    if (status == noErr && *ioDataSize < bytes)
        status = kAudioQueueErr_InvalidPropertySize;
    if (status == noErr) {
        *ioDataSize = bytes;
        status = p->get(q, outData, ioDataSize);
    }
    return leave(q, status);
}

OSStatus AudioQueueSetProperty(AudioQueueRef inAQ, AudioQueuePropertyID inID, const void *inData,
                               UInt32 inDataSize)
{
    OSStatus status;
    const property *p;
    if (!inData)
        return kAudio_ParamError;
    cm_queue *q = enter(inAQ, inID, &p, &status);
    if (!q)
        return status;
    if (!p->set)
        status = cm_fail(kAudioQueueErr_InvalidProperty, "the property can only be read");
    else if (!p->size && inDataSize != p->bytes)
        status = kAudioQueueErr_InvalidPropertySize;
    else if (p->when_stopped && q->state != CM_STOPPED)
        status = kAudioQueueErr_InvalidRunState;
    else
        status = p->set(q, inData, inDataSize);
    return leave(q, status);
}

OSStatus AudioQueueAddPropertyListener(AudioQueueRef inAQ, AudioQueuePropertyID inID,
                                       AudioQueuePropertyListenerProc inProc, void *inUserData)
{
    OSStatus status;
    if (!inProc)
        return kAudio_ParamError;
    cm_queue *q = cm_queue_pin(inAQ, &status);
    if (!q)
        return status;
    status = find(inID) ? cm_notifier_add(&q->notifier, inID, inProc, inUserData)
                        : kAudioQueueErr_InvalidProperty;
    cm_queue_unpin(q);
    return status;
}

OSStatus AudioQueueRemovePropertyListener(AudioQueueRef inAQ, AudioQueuePropertyID inID,
                                          AudioQueuePropertyListenerProc inProc, void *inUserData)
{
    OSStatus status;
    cm_queue *q = cm_queue_pin(inAQ, &status);
    if (!q)
        return status;
    status = cm_notifier_remove(&q->notifier, inID, inProc, inUserData);
    cm_queue_unpin(q);
    return status;
}
