/*
 * GenericOutput: the end of a chain that its client pulls by AudioUnitRender, faster or slower than real
 * time. Its input is converted to the format of its output: sample type, channels and rate.
 */
#include "bridge.h"

typedef struct generic_output {
    cm_bridge bridge;
    UInt32 is_running;
} generic_output;

static OSStatus pull(void *context, AudioUnitRenderActionFlags *flags, const AudioTimeStamp *time,
                     UInt32 frames, AudioBufferList **list)
{
    return cm_unit_pull(context, 0, flags, time, frames, list);
}

static OSStatus initialize(cm_unit *unit)
{
    generic_output *g = unit->state;
    const cm_element *in = cm_unit_input(unit, 0), *out = cm_unit_output(unit, 0);
    cm_bridge_plan plan = { .from = in->format,
                            .to = out->format,
                            .from_layout = in->layout,
                            .to_layout = out->layout,
                            .from_layout_size = in->layout_size,
                            .to_layout_size = out->layout_size,
                            .max_frames = unit->max_frames,
                            .pull = pull,
                            .context = unit };
    return cm_bridge_open(&g->bridge, &plan);
}

static void uninitialize(cm_unit *unit)
{
    generic_output *g = unit->state;
    cm_bridge_close(&g->bridge);
}

static void reset(cm_unit *unit, AudioUnitScope scope, AudioUnitElement element)
{
    generic_output *g = unit->state;
    (void)scope, (void)element;
    cm_bridge_reset(&g->bridge);
}

static OSStatus render(cm_unit *unit, const cm_slice *slice, AudioBufferList *list)
{
    generic_output *g = unit->state;
    return cm_bridge_render(&g->bridge, slice->flags, slice->time, slice->frames, list);
}

/* Nothing drives it, so that running is just what it says of itself. */
static OSStatus set_running(cm_unit *unit, UInt32 is_running)
{
    generic_output *g = unit->state;
    if (g->is_running == is_running)
        return noErr;
    g->is_running = is_running;
    cm_unit_tell(unit, kAudioOutputUnitProperty_IsRunning, kAudioUnitScope_Global, 0);
    return noErr;
}

static OSStatus start(cm_unit *unit)
{
    return set_running(unit, 1);
}

static OSStatus stop(cm_unit *unit)
{
    return set_running(unit, 0);
}

static OSStatus get_running(cm_unit *unit, const cm_property_key *key, void *data, UInt32 *size)
{
    const generic_output *g = unit->state;
    (void)key, (void)size;
    *(UInt32 *)data = g->is_running;
    return noErr;
}

static const cm_unit_property properties[] = {
    { .id = kAudioOutputUnitProperty_IsRunning,
      .scopes = CM_SCOPE(Global),
      .size = sizeof(UInt32),
      .get = get_running },
};

const cm_unit_class cm_unit_generic_output = {
    .description = { .componentType = kAudioUnitType_Output,
                     .componentSubType = kAudioUnitSubType_GenericOutput,
                     .componentManufacturer = kAudioUnitManufacturer_Apple },
    .name = "Apple: Generic Output",
    .version = 0x00010000,
    .scopes = { [kAudioUnitScope_Input] = { 1, 1, 1, 2 }, [kAudioUnitScope_Output] = { 1, 1, 1, 2 } },
    .formats = CM_FORMAT_ANY_PCM,
    .properties = properties,
    .property_count = sizeof properties / sizeof *properties,
    .changes_while_initialized = true,
    .state_size = sizeof(generic_output),
    .initialize = initialize,
    .uninitialize = uninitialize,
    .reset = reset,
    .render = render,
    .start = start,
    .stop = stop,
};
