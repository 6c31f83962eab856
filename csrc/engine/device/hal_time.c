/* hal_time.c: the clock of a running device, and IOProcs that start at a time. */
#include "hal.h"

#include "base/clock.h"
#include "base/realtime.h"

#include <CoreAudio/AudioHardwareDeprecated.h>

#include <math.h>

/* What the times of a running device are worked out from. */
typedef struct device_clock {
    AudioTimeStamp now;
    Float64 ticks;          /* host time for each frame */
    Float64 next[CM_SIDES]; /* the first sample of the next cycle */
    Float64 frames;
    cm_side only; /* the side that a device has, or the output */
} device_clock;

/* kAudioHardwareNotRunningError unless the device runs and has had a cycle. */
static OSStatus read_clock(AudioObjectID id, device_clock *clock)
{
    OSStatus status = kAudioHardwareNotRunningError;
    cm_hal_open();
    cm_tree_lock();
    cm_device *device = cm_tree_device(id);
    if (!device) {
        status = kAudioHardwareBadObjectError;
    } else if (cm_hal_io_is_running(device)) {
        status = device->plugin->driver->io_time(device->io.stream, &clock->now);
        Float64 scalar = clock->now.mFlags & kAudioTimeStampRateScalarValid ? clock->now.mRateScalar : 1;
        clock->ticks = scalar * (Float64)CM_HOST_TICKS_PER_SECOND / device->io.settings.rate;
        for (int side = 0; side < CM_SIDES; side++)
            clock->next[side] = atomic_load(&device->io.next[side]);
        clock->frames = device->io.settings.buffer_frames;
        clock->only = device->io.settings.channels[CM_OUTPUT] ? CM_OUTPUT : CM_INPUT;
    }
    cm_tree_unlock();
    return status;
}

OSStatus AudioDeviceGetCurrentTime(AudioObjectID inDevice, AudioTimeStamp *outTime)
{
    device_clock clock;
    if (!outTime)
        return kAudioHardwareIllegalOperationError;
    OSStatus status = read_clock(inDevice, &clock);
    if (status == noErr)
        *outTime = clock.now;
    return status;
}

static UInt64 host_of(const device_clock *clock, Float64 sample)
{
    return clock->now.mHostTime + (UInt64)llround((sample - clock->now.mSampleTime) * clock->ticks);
}

static Float64 sample_of(const device_clock *clock, UInt64 host)
{
    return clock->now.mSampleTime + (Float64)(SInt64)(host - clock->now.mHostTime) / clock->ticks;
}

/* The sample time that a time stamp means; NAN when it says none. */
static Float64 sample_meant(const device_clock *clock, const AudioTimeStamp *time)
{
    if (time->mFlags & kAudioTimeStampSampleTimeValid)
        return time->mSampleTime;
    return time->mFlags & kAudioTimeStampHostTimeValid ? sample_of(clock, time->mHostTime) : (Float64)NAN;
}

OSStatus AudioDeviceTranslateTime(AudioObjectID inDevice, const AudioTimeStamp *inTime,
                                  AudioTimeStamp *outTime)
{
    device_clock clock;
    if (!inTime || !outTime)
        return kAudioHardwareIllegalOperationError;
    OSStatus status = read_clock(inDevice, &clock);
    if (status != noErr)
        return status;
    Float64 sample = sample_meant(&clock, inTime);
    if (isnan(sample))
        return kAudioHardwareIllegalOperationError;
    UInt32 wanted = outTime->mFlags;
    if (wanted & kAudioTimeStampSampleTimeValid)
        outTime->mSampleTime = sample;
    if (wanted & kAudioTimeStampHostTimeValid)
        outTime->mHostTime = inTime->mFlags & kAudioTimeStampHostTimeValid ? inTime->mHostTime
                                                                           : host_of(&clock, sample);
    if (wanted & kAudioTimeStampRateScalarValid)
        outTime->mRateScalar = clock.now.mRateScalar;
    outTime->mFlags = wanted & (kAudioTimeStampSampleHostTimeValid | kAudioTimeStampRateScalarValid);
    return noErr;
}

/* The beginning of a cycle that is still to come. */
static Float64 nearest(const device_clock *clock, Float64 sample, bool is_input)
{
    Float64 first = clock->next[is_input ? CM_INPUT : clock->only];
    return sample <= first ? first : first + ceil((sample - first) / clock->frames - 1e-6) * clock->frames;
}

static void move(const device_clock *clock, AudioTimeStamp *time, UInt32 flags)
{
    Float64 sample = sample_meant(clock, time);
    if (isnan(sample) ||
        (flags & (kAudioDeviceStartTimeDontConsultHALFlag | kAudioDeviceStartTimeDontConsultDeviceFlag)))
        return;
    sample = nearest(clock, sample, flags & kAudioDeviceStartTimeIsInputFlag);
    if (time->mFlags & kAudioTimeStampSampleTimeValid)
        time->mSampleTime = sample;
    if (time->mFlags & kAudioTimeStampHostTimeValid)
        time->mHostTime = host_of(clock, sample);
}

OSStatus AudioDeviceGetNearestStartTime(AudioObjectID inDevice, AudioTimeStamp *ioRequestedStartTime,
                                        UInt32 inFlags)
{
    device_clock clock;
    if (!ioRequestedStartTime || !(ioRequestedStartTime->mFlags & kAudioTimeStampSampleHostTimeValid))
        return kAudioHardwareIllegalOperationError;
    OSStatus status = read_clock(inDevice, &clock);
    if (status == noErr)
        move(&clock, ioRequestedStartTime, inFlags);
    return status;
}

/* A device that does not run yet begins its clock now, so that there is nothing to move. */
OSStatus AudioDeviceStartAtTime(AudioObjectID inDevice, AudioDeviceIOProcID inProcID,
                                AudioTimeStamp *ioRequestedStartTime, UInt32 inFlags)
{
    device_clock clock;
    if (!inProcID || !ioRequestedStartTime ||
        !(ioRequestedStartTime->mFlags & kAudioTimeStampSampleHostTimeValid))
        return kAudioHardwareIllegalOperationError;
    OSStatus status = read_clock(inDevice, &clock);
    if (status == noErr)
        move(&clock, ioRequestedStartTime, inFlags);
    else if (status != kAudioHardwareNotRunningError)
        return status;
    return cm_hal_io_start(inDevice, inProcID, ioRequestedStartTime,
                           inFlags & kAudioDeviceStartTimeIsInputFlag);
}

/* Frames that fit into the client's buffers: interleaved in one, as the device's stream is. 0 when they do
 * not suit. */
static UInt32 frames_in(const AudioBufferList *data, UInt32 channels)
{
    bool suits = data && data->mNumberBuffers == 1 && data->mBuffers[0].mData && channels &&
                 data->mBuffers[0].mNumberChannels == channels;
    return suits ? data->mBuffers[0].mDataByteSize / (channels * (UInt32)sizeof(Float32)) : 0;
}

OSStatus AudioDeviceRead(AudioDeviceID inDevice, const AudioTimeStamp *inStartTime, AudioBufferList *outData)
{
    device_clock clock;
    if (!inStartTime)
        return kAudioHardwareIllegalOperationError;
    OSStatus status = read_clock(inDevice, &clock);
    Float64 sample = status == noErr ? sample_meant(&clock, inStartTime) : NAN;
    if (status != noErr || isnan(sample))
        return status != noErr ? status : kAudioHardwareIllegalOperationError;
    cm_tree_lock();
    cm_device *device = cm_tree_device(inDevice);
    if (device && cm_hal_io_is_running(device)) {
        UInt32 channels = device->io.heard.channels, frames = frames_in(outData, channels);
        status = frames == 0 ? kAudioHardwareIllegalOperationError
                             : cm_history_read(&device->io.heard, sample, frames, outData->mBuffers[0].mData);
        if (status == noErr)
            outData->mBuffers[0].mDataByteSize = frames * channels * (UInt32)sizeof(Float32);
    } else {
        status = device ? kAudioHardwareNotRunningError : kAudioHardwareBadObjectError;
    }
    cm_tree_unlock();
    return status;
}
