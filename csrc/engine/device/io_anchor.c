#include "io_anchor.h"

#include "base/clock.h"

#include <CoreAudio/AudioHardwareBase.h>

void cm_io_anchor_reset(cm_io_anchor *anchor, Float64 rate)
{
    anchor->nominal_ticks = (Float64)CM_HOST_TICKS_PER_SECOND / rate;
    atomic_store(&anchor->version, 0);
}

void cm_io_anchor_set(cm_io_anchor *anchor, Float64 sample, UInt64 host, Float64 ticks_per_frame)
{
    UInt32 version = atomic_load(&anchor->version) | 1;
    atomic_store(&anchor->version, version);
    atomic_store(&anchor->sample, sample);
    atomic_store(&anchor->host, host);
    atomic_store(&anchor->ticks_per_frame, ticks_per_frame);
    atomic_store(&anchor->version, version + 1 ? version + 1 : 2);
}

static AudioTimeStamp stamp_of(const cm_io_anchor *anchor, Float64 sample, UInt64 host, Float64 ticks)
{
    return (AudioTimeStamp){
        .mSampleTime = sample,
        .mHostTime = host,
        .mRateScalar = ticks / anchor->nominal_ticks,
        .mFlags = kAudioTimeStampSampleHostTimeValid | kAudioTimeStampRateScalarValid,
    };
}

AudioTimeStamp cm_io_anchor_at(const cm_io_anchor *anchor, Float64 frames)
{
    Float64 ticks = atomic_load(&anchor->ticks_per_frame);
    UInt64 host = atomic_load(&anchor->host) + (UInt64)(SInt64)(frames * ticks);
    return stamp_of(anchor, atomic_load(&anchor->sample) + frames, host, ticks);
}

OSStatus cm_io_anchor_when(const cm_io_anchor *anchor, UInt64 host, AudioTimeStamp *stamp)
{
    UInt32 version;
    Float64 sample, ticks;
    UInt64 from;
    do {
        version = atomic_load(&anchor->version);
        sample = atomic_load(&anchor->sample);
        from = atomic_load(&anchor->host);
        ticks = atomic_load(&anchor->ticks_per_frame);
    } while (version % 2 || version != atomic_load(&anchor->version));
    if (version == 0)
        return kAudioHardwareNotRunningError;
    *stamp = stamp_of(anchor, sample + (Float64)(SInt64)(host - from) / ticks, host, ticks);
    return 0;
}
