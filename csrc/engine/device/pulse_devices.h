/* pulse_devices.h: the server's sinks, sources and monitors as devices of the HAL. */
#ifndef CM_DEVICE_PULSE_DEVICES_H
#define CM_DEVICE_PULSE_DEVICES_H

#include "driver.h"
#include "pulse_library.h"

/* The rates that the server takes, and more than any device has. */
#define CM_PULSE_MIN_RATE 1000.0
#define CM_PULSE_MAX_RATE 384000.0

/* Frames of a cycle. */
enum { CM_PULSE_MIN_BUFFER = 64, CM_PULSE_BUFFER = 512, CM_PULSE_MAX_BUFFER = 8192 };

/* One of the connectors of a sink or a source. */
typedef struct cm_pulse_port {
    UInt32 id; /* made from its name, so that it is the same tomorrow */
    const char *name;
    const char *title;
} cm_pulse_port;

/* What a sink and a source have in common; pointers are valid as long as libpulse's own struct. */
typedef struct cm_pulse_node {
    cm_side side;
    bool is_monitor;
    bool is_hardware;
    bool is_network;
    const char *name;
    const char *title;
    const char *driver; /* the module that made it */
    const pa_sample_spec *spec;
    const pa_channel_map *map;
    const pa_cvolume *volume;
    int mute;
    const pa_proplist *properties;
    UInt32 port_count;
    cm_pulse_port ports[CM_DEVICE_SOURCES];
    UInt32 active_port; /* its id, or 0 */
} cm_pulse_node;

cm_pulse_node cm_pulse_node_of_sink(const pa_sink_info *sink);
cm_pulse_node cm_pulse_node_of_source(const pa_source_info *source);

/* False for one whose name is too long to be a uid. */
bool cm_pulse_describe(const cm_pulse_node *node, cm_device_description *description);

/*
 * The layout that a device with this channel map has towards the HAL, and the order in which a stream of its
 * first `channels` channels names them: the server sorts them into the device's own order.
 */
AudioChannelLayoutTag cm_pulse_layout(const pa_channel_map *map);
pa_channel_map cm_pulse_stream_map(const pa_channel_map *map, UInt32 channels);

/* Where the HAL's channel, counted from 0, is among the device's own. */
UInt32 cm_pulse_channel(const pa_channel_map *map, UInt32 channel);

#endif
