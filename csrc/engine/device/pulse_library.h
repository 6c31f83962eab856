/* pulse_library.h: the functions of libpulse that the driver calls, looked up at run time. */
#ifndef CM_DEVICE_PULSE_LIBRARY_H
#define CM_DEVICE_PULSE_LIBRARY_H

#include "base/library.h"

#include <pulse/pulseaudio.h>

#define CM_PULSE_SYMBOLS(X)                                                                                  \
    X(pa_context_connect)                                                                                    \
    X(pa_context_disconnect)                                                                                 \
    X(pa_context_errno)                                                                                      \
    X(pa_context_get_server_info)                                                                            \
    X(pa_context_get_sink_info_by_name)                                                                      \
    X(pa_context_get_sink_info_list)                                                                         \
    X(pa_context_get_source_info_by_name)                                                                    \
    X(pa_context_get_source_info_list)                                                                       \
    X(pa_context_get_state)                                                                                  \
    X(pa_context_new)                                                                                        \
    X(pa_context_set_default_sink)                                                                           \
    X(pa_context_set_default_source)                                                                         \
    X(pa_context_set_sink_mute_by_name)                                                                      \
    X(pa_context_set_sink_port_by_name)                                                                      \
    X(pa_context_set_sink_volume_by_name)                                                                    \
    X(pa_context_set_source_mute_by_name)                                                                    \
    X(pa_context_set_source_port_by_name)                                                                    \
    X(pa_context_set_source_volume_by_name)                                                                  \
    X(pa_context_set_state_callback)                                                                         \
    X(pa_context_set_subscribe_callback)                                                                     \
    X(pa_context_subscribe)                                                                                  \
    X(pa_context_unref)                                                                                      \
    X(pa_cvolume_max)                                                                                        \
    X(pa_cvolume_scale)                                                                                      \
    X(pa_mainloop_dispatch)                                                                                  \
    X(pa_mainloop_free)                                                                                      \
    X(pa_mainloop_get_api)                                                                                   \
    X(pa_mainloop_iterate)                                                                                   \
    X(pa_mainloop_new)                                                                                       \
    X(pa_mainloop_poll)                                                                                      \
    X(pa_mainloop_prepare)                                                                                   \
    X(pa_mainloop_wakeup)                                                                                    \
    X(pa_operation_cancel)                                                                                   \
    X(pa_operation_get_state)                                                                                \
    X(pa_operation_set_state_callback)                                                                       \
    X(pa_operation_unref)                                                                                    \
    X(pa_proplist_gets)                                                                                      \
    X(pa_rtclock_now)                                                                                        \
    X(pa_stream_connect_playback)                                                                            \
    X(pa_stream_connect_record)                                                                              \
    X(pa_stream_cork)                                                                                        \
    X(pa_stream_disconnect)                                                                                  \
    X(pa_stream_drop)                                                                                        \
    X(pa_stream_flush)                                                                                       \
    X(pa_stream_get_buffer_attr)                                                                             \
    X(pa_stream_get_latency)                                                                                 \
    X(pa_stream_get_state)                                                                                   \
    X(pa_stream_get_timing_info)                                                                             \
    X(pa_stream_new)                                                                                         \
    X(pa_stream_peek)                                                                                        \
    X(pa_stream_readable_size)                                                                               \
    X(pa_stream_set_buffer_attr_callback)                                                                    \
    X(pa_stream_set_read_callback)                                                                           \
    X(pa_stream_set_state_callback)                                                                          \
    X(pa_stream_set_suspended_callback)                                                                      \
    X(pa_stream_set_underflow_callback)                                                                      \
    X(pa_stream_unref)                                                                                       \
    X(pa_stream_writable_size)                                                                               \
    X(pa_stream_write)                                                                                       \
    X(pa_strerror)                                                                                           \
    X(pa_threaded_mainloop_free)                                                                             \
    X(pa_threaded_mainloop_get_api)                                                                          \
    X(pa_threaded_mainloop_lock)                                                                             \
    X(pa_threaded_mainloop_new)                                                                              \
    X(pa_threaded_mainloop_signal)                                                                           \
    X(pa_threaded_mainloop_start)                                                                            \
    X(pa_threaded_mainloop_stop)                                                                             \
    X(pa_threaded_mainloop_unlock)                                                                           \
    X(pa_threaded_mainloop_wait)

/* Each pointer has the name and the type of libpulse's function. */
#define CM_PULSE_DECLARE(name) CM_SYMBOL_OF(name);
typedef struct cm_pulse_table {
    CM_PULSE_SYMBOLS(CM_PULSE_DECLARE)
} cm_pulse_table;

extern cm_pulse_table cm_pulse;

/* [any, not render] Fills cm_pulse: before it is used. */
OSStatus cm_pulse_load(void);

#endif
