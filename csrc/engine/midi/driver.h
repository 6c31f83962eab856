/*
 * driver.h: what a MIDI system has to offer so that its ports appear as devices and our virtual endpoints as
 * its ports.
 *
 * One static const cm_midi_driver for each system (alsa.c, jack.c), listed in drivers.c. The server owns the
 * object tree and everything about connections and times; a driver describes ports, brings what they say and
 * sends what they are to hear, as bytes of MIDI 1.0.
 *
 * Threads: functions are called one at a time per driver, never on a render thread, and never with the
 * server's lock held. A driver may call the host from any thread but a render thread.
 */
#ifndef CM_MIDI_DRIVER_H
#define CM_MIDI_DRIVER_H

#include "base/status.h"

#include <CoreMIDI/MIDIServices.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct cm_midi_external cm_midi_external; /* a port of the other system, seen from here */

/* A port of another program or a piece of hardware. Texts are the driver's during the call. */
typedef struct cm_midi_port_description {
    const char *device;       /* program or card; ports with the same device go under one device */
    const char *port;         /* unique within device, except that one in and one out may share it */
    const char *manufacturer; /* "" where unknown */
    bool speaks;              /* we can hear it: it becomes a source */
    bool listens;             /* it can hear us: it becomes a destination */
} cm_midi_port_description;

/* The server, for drivers. */
/* A port came. context is what the driver wants to have back in send and enable. NULL: no memory. */
cm_midi_external *cm_midi_host_add(const char *driver_name, const cm_midi_port_description *description,
                                   void *context);
/* It went. When this returns no send of it is running and none follows. */
void cm_midi_host_remove(cm_midi_external *external);
/* It said something: any bytes at all, at a host time. */
void cm_midi_host_said(cm_midi_external *external, const uint8_t *bytes, size_t size, MIDITimeStamp time);

/* The bus: makes the device that is always there. */
void cm_midi_bus_start(void);

/* Opens the drivers that COMREUSIC_MIDI_DRIVERS names ("alsa,jack"; "none"), or all when it is not set. */
void cm_midi_drivers_start(void);

#endif
