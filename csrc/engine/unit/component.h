/* component.h: the registry of components from the inside. */
#ifndef CM_UNIT_COMPONENT_H
#define CM_UNIT_COMPONENT_H

#include "unit.h"

typedef struct cm_component {
    AudioComponent handle;
    AudioComponentDescription description;
    CFStringRef name;
    UInt32 version;
    const cm_unit_class *kind;             /* ours; or */
    AudioComponentFactoryFunction factory; /* a client's */
} cm_component;

/* [any] The component behind a handle, NULL when there is none. Components live as long as the process. */
const cm_component *cm_component_get(AudioComponent component);

/* [control] Adds a class that was found at run time (a plug-in), which must live as long as the process. */
AudioComponent cm_component_add(const cm_unit_class *kind);

#endif
