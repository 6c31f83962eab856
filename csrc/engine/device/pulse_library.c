#include "pulse_library.h"

#include <CoreAudio/AudioHardwareBase.h>

cm_pulse_table cm_pulse;

OSStatus cm_pulse_load(void)
{
#define ENTER(name) CM_SYMBOL(cm_pulse, name),
    static const cm_symbol symbols[] = { CM_PULSE_SYMBOLS(ENTER) };
#undef ENTER
    static cm_library library = {
        .file = "libpulse.so.0",
        .advice = "sound through PulseAudio or PipeWire needs libpulse (Debian: apt install libpulse0)",
        CM_SYMBOLS(symbols),
    };
    return cm_library_open(&library, kAudioHardwareNotRunningError);
}
