/* virtual_hand.c: what the user can do to virtual devices, see <coremusic/engine.h>. */
#include "virtual.h"

#include "base/realtime.h"

#include <CoreAudio/AudioHardware.h>
#include <coremusic/engine.h>

OSStatus CMVirtualSetManualClock(Boolean manual)
{
    if (cm_render_active())
        return kAudioHardwareIllegalOperationError;
    cm_virtual_take_clock(manual);
    return noErr;
}

Boolean CMVirtualIsManualClock(void)
{
    pthread_mutex_lock(&cm_virtual.lock);
    bool by_hand = cm_virtual.by_hand;
    pthread_mutex_unlock(&cm_virtual.lock);
    return by_hand;
}

OSStatus CMVirtualAdvance(UInt64 frames, Float64 rate)
{
    if (cm_render_active() || !(rate > 0))
        return kAudioHardwareIllegalOperationError;
    return cm_virtual_pass(frames, rate);
}
