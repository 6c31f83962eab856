#include "pulse_devices.h"

#include <CoreAudio/AudioHardwareBase.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The server takes any; these are what other devices offer. */
static const Float64 usual_rates[] = { 8000,  11025, 12000, 16000, 22050,  24000,  32000, 44100,
                                       48000, 64000, 88200, 96000, 128000, 176400, 192000 };

enum { USUAL_RATES = sizeof usual_rates / sizeof *usual_rates };

#define FL PA_CHANNEL_POSITION_FRONT_LEFT
#define FR PA_CHANNEL_POSITION_FRONT_RIGHT
#define FC PA_CHANNEL_POSITION_FRONT_CENTER
#define LF PA_CHANNEL_POSITION_LFE
#define RL PA_CHANNEL_POSITION_REAR_LEFT
#define RR PA_CHANNEL_POSITION_REAR_RIGHT
#define RC PA_CHANNEL_POSITION_REAR_CENTER
#define SL PA_CHANNEL_POSITION_SIDE_LEFT
#define SR PA_CHANNEL_POSITION_SIDE_RIGHT

/* Core Audio's order of the channels; the server may have them in any other. */
static const struct {
    AudioChannelLayoutTag tag;
    uint8_t channels;
    pa_channel_position_t order[8];
} layouts[] = {
    { kAudioChannelLayoutTag_Mono, 1, { PA_CHANNEL_POSITION_MONO } },
    { kAudioChannelLayoutTag_Stereo, 2, { FL, FR } },
    { kAudioChannelLayoutTag_Quadraphonic, 4, { FL, FR, RL, RR } },
    { kAudioChannelLayoutTag_Quadraphonic, 4, { FL, FR, SL, SR } },
    { kAudioChannelLayoutTag_MPEG_5_0_A, 5, { FL, FR, FC, RL, RR } },
    { kAudioChannelLayoutTag_MPEG_5_0_A, 5, { FL, FR, FC, SL, SR } },
    { kAudioChannelLayoutTag_MPEG_5_1_A, 6, { FL, FR, FC, LF, RL, RR } },
    { kAudioChannelLayoutTag_MPEG_5_1_A, 6, { FL, FR, FC, LF, SL, SR } },
    { kAudioChannelLayoutTag_MPEG_6_1_A, 7, { FL, FR, FC, LF, SL, SR, RC } },
    { kAudioChannelLayoutTag_MPEG_7_1_C, 8, { FL, FR, FC, LF, SL, SR, RL, RR } },
};

static bool holds(const pa_channel_map *map, const pa_channel_position_t *order)
{
    for (int i = 0; i < map->channels; i++) {
        int found = 0;
        for (int j = 0; j < map->channels; j++)
            found += map->map[j] == order[i];
        if (found != 1)
            return false;
    }
    return true;
}

/* The line of `layouts` with the map's channels; -1: no such. */
static int layout_of(const pa_channel_map *map)
{
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++)
        if (map->channels == layouts[i].channels && holds(map, layouts[i].order))
            return (int)i;
    return -1;
}

AudioChannelLayoutTag cm_pulse_layout(const pa_channel_map *map)
{
    int i = layout_of(map);
    return i < 0 ? kAudioChannelLayoutTag_DiscreteInOrder | map->channels : layouts[i].tag;
}

pa_channel_map cm_pulse_stream_map(const pa_channel_map *map, UInt32 channels)
{
    pa_channel_map own = *map;
    int layout = layout_of(map);
    if (layout >= 0)
        for (int i = 0; i < map->channels; i++)
            own.map[i] = layouts[layout].order[i];
    if (channels < own.channels)
        own.channels = (uint8_t)channels;
    return own;
}

UInt32 cm_pulse_channel(const pa_channel_map *map, UInt32 channel)
{
    int layout = layout_of(map);
    for (UInt32 i = 0; layout >= 0 && i < map->channels; i++)
        if (map->map[i] == layouts[layout].order[channel])
            return i;
    return channel;
}

/* FNV-1a; the next free number where two names have the same. */
static UInt32 port_id(const cm_pulse_node *node, const char *name)
{
    UInt32 id = 2166136261u;
    for (const char *at = name; *at; at++)
        id = (id ^ (UInt8)*at) * 16777619u;
    for (UInt32 i = 0; i < node->port_count; i++)
        if (node->ports[i].id == id)
            id++, i = UINT32_MAX;
    return id ? id : 1;
}

static void add_port(cm_pulse_node *node, const char *name, const char *title, bool is_active)
{
    if (!name || node->port_count == CM_DEVICE_SOURCES)
        return;
    UInt32 id = port_id(node, name);
    node->ports[node->port_count++] = (cm_pulse_port){ id, name, title ? title : name };
    if (is_active)
        node->active_port = id;
}

cm_pulse_node cm_pulse_node_of_sink(const pa_sink_info *sink)
{
    cm_pulse_node node = {
        .side = CM_OUTPUT,
        .is_hardware = (sink->flags & PA_SINK_HARDWARE) != 0,
        .is_network = (sink->flags & PA_SINK_NETWORK) != 0,
        .name = sink->name,
        .title = sink->description,
        .driver = sink->driver,
        .spec = &sink->sample_spec,
        .map = &sink->channel_map,
        .volume = &sink->volume,
        .mute = sink->mute,
        .properties = sink->proplist,
    };
    for (uint32_t i = 0; i < sink->n_ports; i++)
        add_port(&node, sink->ports[i]->name, sink->ports[i]->description,
                 sink->ports[i] == sink->active_port);
    return node;
}

cm_pulse_node cm_pulse_node_of_source(const pa_source_info *source)
{
    cm_pulse_node node = {
        .side = CM_INPUT,
        .is_monitor = source->monitor_of_sink != PA_INVALID_INDEX,
        .is_hardware = (source->flags & PA_SOURCE_HARDWARE) != 0,
        .is_network = (source->flags & PA_SOURCE_NETWORK) != 0,
        .name = source->name,
        .title = source->description,
        .driver = source->driver,
        .spec = &source->sample_spec,
        .map = &source->channel_map,
        .volume = &source->volume,
        .mute = source->mute,
        .properties = source->proplist,
    };
    for (uint32_t i = 0; i < source->n_ports; i++)
        add_port(&node, source->ports[i]->name, source->ports[i]->description,
                 source->ports[i] == source->active_port);
    return node;
}

/* Copies UTF-8, cut between two characters where it is too long. */
static void copy_text(char *to, const char *from, size_t size)
{
    size_t length = from ? strlen(from) : 0;
    if (length >= size)
        for (length = size - 1; length && ((unsigned char)from[length] & 0xC0) == 0x80;)
            length--;
    if (length)
        memcpy(to, from, length);
    to[length] = 0;
}

static const char *property(const cm_pulse_node *node, const char *name, const char *otherwise)
{
    const char *value = node->properties ? cm_pulse.pa_proplist_gets(node->properties, name) : NULL;
    return value && *value ? value : otherwise;
}

static bool mentions(const char *text, const char *word)
{
    return text && strstr(text, word) != NULL;
}

static UInt32 transport_of(const cm_pulse_node *node)
{
    static const struct {
        const char *bus;
        UInt32 transport;
    } buses[] = {
        { "pci", kAudioDeviceTransportTypePCI },
        { "usb", kAudioDeviceTransportTypeUSB },
        { "firewire", kAudioDeviceTransportTypeFireWire },
        { "bluetooth", kAudioDeviceTransportTypeBluetooth },
        { "isa", kAudioDeviceTransportTypeBuiltIn },
        { "platform", kAudioDeviceTransportTypeBuiltIn },
    };
    const char *bus = property(node, PA_PROP_DEVICE_BUS, "");
    if (node->is_monitor)
        return kAudioDeviceTransportTypeVirtual;
    if (mentions(property(node, PA_PROP_DEVICE_PROFILE_NAME, ""), "hdmi"))
        return kAudioDeviceTransportTypeHDMI;
    if (strcmp(property(node, PA_PROP_DEVICE_FORM_FACTOR, ""), "internal") == 0)
        return kAudioDeviceTransportTypeBuiltIn;
    for (size_t i = 0; i < sizeof buses / sizeof *buses; i++)
        if (strcmp(bus, buses[i].bus) == 0)
            return buses[i].transport;
    if (node->is_hardware || node->is_network)
        return kAudioDeviceTransportTypeUnknown;
    return kAudioDeviceTransportTypeVirtual;
}

/* The usual rates and, in its place, the device's own. */
static void list_rates(cm_device_description *description)
{
    UInt32 count = 0;
    bool own = false;
    for (int i = 0; i < USUAL_RATES; i++) {
        if (!own && description->rate <= usual_rates[i]) {
            if (description->rate < usual_rates[i])
                description->rates[count++] = description->rate;
            own = true;
        }
        description->rates[count++] = usual_rates[i];
    }
    if (!own)
        description->rates[count++] = description->rate;
    description->rate_count = count;
}

static Float32 volume_of(pa_volume_t volume)
{
    return (Float32)fmin(1, (double)volume / PA_VOLUME_NORM);
}

static cm_device_side describe_side(const cm_pulse_node *node)
{
    cm_device_side side = {
        .channels = node->map->channels,
        .layout = cm_pulse_layout(node->map),
        .has_volume = true,
        .has_mute = true,
        .mute = node->mute != 0,
        .volume = volume_of(cm_pulse.pa_cvolume_max(node->volume)),
        .volume_count = node->map->channels,
        .source = node->active_port,
        .source_count = node->port_count,
    };
    for (UInt32 i = 0; i < side.volume_count; i++)
        side.volumes[i] = volume_of(node->volume->values[cm_pulse_channel(node->map, i)]);
    for (UInt32 i = 0; i < side.source_count; i++) {
        side.sources[i].id = node->ports[i].id;
        copy_text(side.sources[i].name, node->ports[i].title, sizeof side.sources[i].name);
    }
    return side;
}

bool cm_pulse_describe(const cm_pulse_node *node, cm_device_description *description)
{
    if (!node->name || strlen(node->name) >= CM_DEVICE_TEXT)
        return false;
    memset(description, 0, sizeof *description);
    copy_text(description->uid, node->name, CM_DEVICE_TEXT);
    copy_text(description->name, node->title && *node->title ? node->title : node->name, CM_DEVICE_TEXT);
    copy_text(description->manufacturer, property(node, PA_PROP_DEVICE_VENDOR_NAME, "PulseAudio"),
              CM_DEVICE_TEXT);
    copy_text(description->model_uid, property(node, PA_PROP_DEVICE_PRODUCT_NAME, node->driver),
              CM_DEVICE_TEXT);
    description->transport = transport_of(node);
    description->rate = node->spec->rate;
    list_rates(description);
    description->buffer_frames = CM_PULSE_BUFFER;
    description->min_buffer_frames = CM_PULSE_MIN_BUFFER;
    description->max_buffer_frames = CM_PULSE_MAX_BUFFER;
    description->is_loopback = node->is_monitor;
    description->side[node->side] = describe_side(node);
    return true;
}
