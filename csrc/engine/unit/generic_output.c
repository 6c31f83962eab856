/*
 * GenericOutput: the end of a chain that its client pulls by AudioUnitRender, faster or slower than real
 * time. Its input is converted to the format of its output: sample type, channels and rate.
 */
#include "bridge.h"

typedef struct generic_output {
    cm_bridge bridge;
} generic_output;

static OSStatus pull(void *context, AudioUnitRenderActionFlags *flags, const AudioTimeStamp *time,
                     UInt32 *frames, AudioBufferList **list)
{
    return cm_unit_pull(context, 0, flags, time, *frames, list);
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
static OSStatus change_nothing(cm_unit *unit)
{
    (void)unit;
    return noErr;
}

const cm_unit_class cm_unit_generic_output = {
    .description = { .componentType = kAudioUnitType_Output,
                     .componentSubType = kAudioUnitSubType_GenericOutput,
                     .componentManufacturer = kAudioUnitManufacturer_Apple },
    .name = "Apple: Generic Output",
    .version = 0x00010000,
    .scopes = { [kAudioUnitScope_Input] = { 1, 1, 1, 2 }, [kAudioUnitScope_Output] = { 1, 1, 1, 2 } },
    .formats = CM_FORMAT_ANY_PCM,
    .changes_while_initialized = true,
    .state_size = sizeof(generic_output),
    .initialize = initialize,
    .uninitialize = uninitialize,
    .reset = reset,
    .render = render,
    .start = change_nothing,
    .stop = change_nothing,
};
