/* jack_api.h: the part of libjack that the engine calls, opened at run time. */
#ifndef CM_DEVICE_JACK_API_H
#define CM_DEVICE_JACK_API_H

#include "base/library.h"

#include <jack/jack.h>

typedef struct cm_jack_functions {
    CM_SYMBOL_OF(jack_activate);
    CM_SYMBOL_OF(jack_deactivate);
    CM_SYMBOL_OF(jack_set_process_callback);
    CM_SYMBOL_OF(jack_set_xrun_callback);
    CM_SYMBOL_OF(jack_set_buffer_size_callback);
    CM_SYMBOL_OF(jack_set_port_registration_callback);
    CM_SYMBOL_OF(jack_on_info_shutdown);
    CM_SYMBOL_OF(jack_set_error_function);
    CM_SYMBOL_OF(jack_set_info_function);
    CM_SYMBOL_OF(jack_get_sample_rate);
    CM_SYMBOL_OF(jack_get_buffer_size);
    CM_SYMBOL_OF(jack_set_buffer_size);
    CM_SYMBOL_OF(jack_get_ports);
    CM_SYMBOL_OF(jack_port_by_name);
    CM_SYMBOL_OF(jack_port_register);
    CM_SYMBOL_OF(jack_port_name);
    CM_SYMBOL_OF(jack_port_get_buffer);
    CM_SYMBOL_OF(jack_port_get_latency_range);
    CM_SYMBOL_OF(jack_connect);
    CM_SYMBOL_OF(jack_free);
    CM_SYMBOL_OF(jack_get_cycle_times);
    CM_SYMBOL_OF(jack_get_time);
} cm_jack_functions;

extern cm_jack_functions cm_jack;

/*
 * [any, not render] Loads libjack and keeps it from printing. kAudioHardwareNotRunningError, with what to
 * install, where there is none.
 */
OSStatus cm_jack_load(void);

#endif
