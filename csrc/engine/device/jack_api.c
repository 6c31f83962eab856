#include "jack_api.h"

#include <CoreAudio/AudioHardwareBase.h>

cm_jack_functions cm_jack;

static const cm_symbol symbols[] = {
    CM_SYMBOL(cm_jack, jack_activate),
    CM_SYMBOL(cm_jack, jack_deactivate),
    CM_SYMBOL(cm_jack, jack_set_process_callback),
    CM_SYMBOL(cm_jack, jack_set_xrun_callback),
    CM_SYMBOL(cm_jack, jack_set_buffer_size_callback),
    CM_SYMBOL(cm_jack, jack_set_port_registration_callback),
    CM_SYMBOL(cm_jack, jack_on_info_shutdown),
    CM_SYMBOL(cm_jack, jack_set_error_function),
    CM_SYMBOL(cm_jack, jack_set_info_function),
    CM_SYMBOL(cm_jack, jack_get_sample_rate),
    CM_SYMBOL(cm_jack, jack_get_buffer_size),
    CM_SYMBOL(cm_jack, jack_set_buffer_size),
    CM_SYMBOL(cm_jack, jack_get_ports),
    CM_SYMBOL(cm_jack, jack_port_by_name),
    CM_SYMBOL(cm_jack, jack_port_register),
    CM_SYMBOL(cm_jack, jack_port_name),
    CM_SYMBOL(cm_jack, jack_port_get_buffer),
    CM_SYMBOL(cm_jack, jack_port_get_latency_range),
    CM_SYMBOL(cm_jack, jack_connect),
    CM_SYMBOL(cm_jack, jack_free),
    CM_SYMBOL(cm_jack, jack_get_cycle_times),
    CM_SYMBOL(cm_jack, jack_get_time),
};

static cm_library library = {
    .file = "libjack.so.0",
    .advice = "the JACK driver needs libjack (Debian: apt install libjack-jackd2-0)",
    CM_SYMBOLS(symbols),
};

static void say_nothing(const char *text)
{
    (void)text;
}

OSStatus cm_jack_load(void)
{
    OSStatus status = cm_library_open(&library, kAudioHardwareNotRunningError);
    if (status)
        return status;
    cm_jack.jack_set_error_function(say_nothing);
    cm_jack.jack_set_info_function(say_nothing);
    return 0;
}
