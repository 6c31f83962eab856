/* Making and disposing of instances. */
#include "instance.h"
#include "../base/handle.h"
#include "component.h"

#include <stdlib.h>

/*
 * An instance whose last pin a render thread drops is buried here, and freed by the next control call:
 * freeing takes locks.
 */
static _Atomic(cm_instance *) buried;

static void finish(cm_instance *instance)
{
    if (instance->plug_in)
        instance->plug_in->Close(instance->plug_in);
    else if (instance->self)
        cm_unit_free(instance->self);
    free(instance);
}

static void dig_up(void)
{
    cm_instance *instance = atomic_exchange(&buried, NULL);
    while (instance) {
        cm_instance *next = instance->next_buried;
        finish(instance);
        instance = next;
    }
}

static void destroy(void *object)
{
    cm_instance *instance = object;
    if (!cm_render_active()) {
        finish(instance);
        return;
    }
    instance->next_buried = atomic_load(&buried);
    while (!atomic_compare_exchange_weak(&buried, &instance->next_buried, instance)) {}
}

static bool is_left(const cm_unit *unit)
{
    return atomic_load_explicit(&unit->is_left, memory_order_relaxed);
}

cm_instance *cm_instance_pin(AudioUnit unit)
{
    cm_instance *instance = cm_handle_pin(unit, CM_KIND_AUDIO_UNIT);
    if (!instance || instance->plug_in || !instance->self || !is_left(instance->self))
        return instance;
    cm_handle_unpin(unit);
    return NULL;
}

OSStatus cm_instance_dead(void)
{
    return cm_fail(kAudioUnitErr_InvalidElement,
                   "not a live audio unit of this process (output units stay with the one that made them)");
}

/* Of an instance that is not open yet. */
static const cm_unit_methods no_methods;

static OSStatus open_own(cm_instance *instance, const cm_unit_class *kind)
{
    cm_unit *unit = NULL;
    OSStatus status = cm_unit_new(kind, instance->handle, &unit);
    instance->self = unit;
    if (status == noErr)
        instance->methods = cm_unit_methods_of(kind);
    return status;
}

/* Close ends only a life that Open began. */
static OSStatus open_foreign(cm_instance *instance, const cm_component *component)
{
    AudioComponentPlugInInterface *plug_in = component->factory(&component->description);
    if (!plug_in || !plug_in->Open || !plug_in->Close || !plug_in->Lookup)
        return cm_fail(kAudioUnitErr_FailedInitialization, "the component's factory made no interface");
    cm_methods_look_up(plug_in, &instance->found);
    instance->methods = &instance->found;
    instance->self = plug_in;
    OSStatus status = plug_in->Open(plug_in, instance->handle);
    if (status == noErr)
        instance->plug_in = plug_in;
    else
        instance->self = NULL;
    return status;
}

OSStatus AudioComponentInstanceNew(AudioComponent inComponent, AudioComponentInstance *outInstance)
{
    const cm_component *component = cm_component_get(inComponent);
    if (!component || !outInstance)
        return cm_fail(kAudio_ParamError, "not an audio component");
    *outInstance = NULL;
    dig_up();
    cm_instance *instance = calloc(1, sizeof *instance);
    if (!instance)
        return kAudio_MemFullError;
    instance->component = inComponent;
    instance->methods = &no_methods;
    AudioUnit handle = cm_handle_new(CM_KIND_AUDIO_UNIT, instance, destroy);
    if (!handle) {
        free(instance);
        return kAudio_MemFullError;
    }
    instance->handle = handle;
    OSStatus status = component->kind ? open_own(instance, component->kind)
                                      : open_foreign(instance, component);
    if (status == noErr)
        *outInstance = handle;
    else
        cm_handle_retire(handle, CM_KIND_AUDIO_UNIT);
    return status;
}

OSStatus AudioComponentInstanceDispose(AudioComponentInstance inInstance)
{
    cm_instance *instance = cm_instance_pin(inInstance);
    if (!instance)
        return cm_instance_dead();
    atomic_store(&instance->is_disposed, true);
    if (!instance->plug_in && instance->self)
        cm_unit_shut_down(instance->self);
    bool was_live = cm_handle_retire(inInstance, CM_KIND_AUDIO_UNIT);
    cm_handle_unpin(inInstance);
    if (!cm_render_active())
        dig_up();
    return was_live ? noErr : cm_instance_dead();
}

AudioComponent AudioComponentInstanceGetComponent(AudioComponentInstance inInstance)
{
    cm_instance *instance = cm_instance_pin(inInstance);
    AudioComponent component = instance ? instance->component : NULL;
    if (instance)
        cm_handle_unpin(inInstance);
    return component;
}

Boolean AudioComponentInstanceCanDo(AudioComponentInstance inInstance, SInt16 inSelectorID)
{
    cm_instance *instance = cm_instance_pin(inInstance);
    bool can = instance && cm_methods_have(instance->methods, inSelectorID);
    if (instance)
        cm_handle_unpin(inInstance);
    return can;
}
