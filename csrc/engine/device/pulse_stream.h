/* pulse_stream.h: one side of one device, running on a thread and a connection of its own. */
#ifndef CM_DEVICE_PULSE_STREAM_H
#define CM_DEVICE_PULSE_STREAM_H

#include "pulse_devices.h"

typedef struct cm_pulse_stream cm_pulse_stream;

/* As io_open, io_start, io_stop, io_close, io_time, io_latency of cm_driver; map is that of the device. */
OSStatus cm_pulse_stream_open(const char *uid, cm_side side, const pa_channel_map *map,
                              cm_io_settings *settings, void **io);
OSStatus cm_pulse_stream_start(void *io);
OSStatus cm_pulse_stream_stop(void *io);
void cm_pulse_stream_close(void *io);
OSStatus cm_pulse_stream_time(void *io, AudioTimeStamp *now);
UInt32 cm_pulse_stream_latency(void *io, cm_side side);

#endif
