/*
 * instance.h: an instance of a component, ours or a client's: the functions that it implements, found once
 * when it is made, so that a call on a unit is a pin and a jump.
 */
#ifndef CM_UNIT_INSTANCE_H
#define CM_UNIT_INSTANCE_H

#include "../base/status.h"

#include <AudioToolbox/AudioOutputUnit.h>
#include <AudioToolbox/AudioUnitProperties.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/* A function that an instance lacks is NULL. `self` is a cm_unit for ours, its interface for a client's. */
typedef struct cm_unit_methods {
    AudioUnitInitializeProc initialize;
    AudioUnitUninitializeProc uninitialize;
    AudioUnitGetPropertyInfoProc get_property_info;
    AudioUnitGetPropertyProc get_property;
    AudioUnitSetPropertyProc set_property;
    AudioUnitAddPropertyListenerProc add_property_listener;
    AudioUnitRemovePropertyListenerProc remove_property_listener;
    AudioUnitRemovePropertyListenerWithUserDataProc remove_property_listener_with_user_data;
    AudioUnitAddRenderNotifyProc add_render_notify;
    AudioUnitRemoveRenderNotifyProc remove_render_notify;
    AudioUnitGetParameterProc get_parameter;
    AudioUnitSetParameterProc set_parameter;
    AudioUnitScheduleParametersProc schedule_parameters;
    AudioUnitRenderProc render;
    AudioUnitProcessProc process;
    AudioUnitProcessMultipleProc process_multiple;
    AudioUnitResetProc reset;
    AudioOutputUnitStartProc start;
    AudioOutputUnitStopProc stop;
    OSStatus (*midi_event)(void *self, UInt32 status, UInt32 data1, UInt32 data2, UInt32 offset);
    OSStatus (*sysex)(void *self, const UInt8 *data, UInt32 length);
} cm_unit_methods;

typedef struct cm_instance {
    AudioComponent component;
    AudioUnit handle;
    void *self;
    const cm_unit_methods *methods;
    cm_unit_methods found;                  /* what `methods` points to for a client's component */
    AudioComponentPlugInInterface *plug_in; /* NULL for ours */
    atomic_bool is_disposed; /* the handle is stale, but another unit's connection keeps the object */
    struct cm_instance *next_buried;
} cm_instance;

/* instance.c */

/* [any, render] The instance, pinned, or NULL when it is not a live one. cm_handle_unpin ends the pin. */
cm_instance *cm_instance_pin(AudioUnit unit);

/* [any] kAudioUnitErr_InvalidElement with a line of text. */
OSStatus cm_instance_dead(void);

/* methods.c */

/* [control] The functions of a client's component, by their selectors. */
void cm_methods_look_up(AudioComponentPlugInInterface *plug_in, cm_unit_methods *methods);

/* [any] True when the function with that selector is there. */
bool cm_methods_have(const cm_unit_methods *methods, SInt16 selector);

#endif
