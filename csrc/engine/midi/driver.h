/*
 * driver.h: what a MIDI system has to offer so that its ports appear as devices and our virtual endpoints as
 * its ports.
 *
 * One static const cm_midi_driver for each system (alsa.c, jack.c), listed in drivers.c. The server owns the
 * object tree and everything about connections and protocols; a driver describes ports, brings what they say
 * and sends what they are to hear, as bytes of MIDI 1.0.
 *
 * Threads: functions are called without the server's lock, on any thread but a render thread. A driver
 * calls the host likewise, and holds no lock then that its own functions take: clients' callbacks run in it.
 */
#ifndef CM_MIDI_DRIVER_H
#define CM_MIDI_DRIVER_H

#include "midi/server.h"

typedef struct cm_midi_driver {
    const char *name; /* for COREMUSIC_MIDI_DRIVERS */
    /*
     * Loads the library and connects. Fails without a word on the terminal and within a second where there is
     * no library or no server: kMIDIServerStartErr with a line of text.
     */
    OSStatus (*open)(void **driver);
    /*
     * Shows a virtual endpoint of ours to other programs. What they send goes to cm_midi_host_bring; *port is
     * what send and unpublish get. The driver pins the endpoint until unpublish.
     */
    OSStatus (*publish)(void *driver, const char *name, cm_midi_endpoint *endpoint, void **port);
    /* It is gone for other programs. port is valid until release. */
    void (*unpublish)(void *driver, void *port);
    /* [in a child of fork()] As it was before open. Calls nothing that speaks to the server. */
    void (*forget)(void *driver);
    /* For other programs' ports, and for those that were published; context is the port. */
    cm_midi_backend backend;
} cm_midi_driver;

/* The drivers that this engine has; NULL ends the list. */
extern const cm_midi_driver *const cm_midi_drivers[];
extern const cm_midi_driver cm_midi_driver_jack, cm_midi_driver_alsa;

/* A port of another program or a piece of hardware. Texts are the driver's during the call. */
typedef struct cm_midi_port_description {
    const char *device; /* program or card; ports with the same device come under one device */
    const char *port;
    void *speaks;         /* not NULL: we can hear it, it becomes a source; the backend's context for that */
    void *listens;        /* not NULL: it can hear us, it becomes a destination */
    SInt32 sysex_speed;   /* bytes per second; 0 where it is as fast as memory */
    UInt32 advance_micro; /* how early it wants messages that have a time */
} cm_midi_port_description;

/*
 * [any] A port came. The endpoints (NULL where not wanted) are pinned for the driver; each has one use of its
 * context until the backend's release.
 */
OSStatus cm_midi_host_add(const cm_midi_driver *driver, const cm_midi_port_description *description,
                          cm_midi_endpoint **source, cm_midi_endpoint **destination);
/* [any] It went: the entity of this endpoint, and its device with the last of them. Ends no pin. */
void cm_midi_host_remove(cm_midi_endpoint *endpoint);
/* [any] Other programs' bytes, any bytes, at a host time: for a source to say, or for a published
 * destination. */
void cm_midi_host_bring(cm_midi_endpoint *endpoint, const uint8_t *bytes, size_t size, MIDITimeStamp time);
/* [any, render] Counts what a driver lost. */
void cm_midi_host_count_loss(void);

/* ---- the server's side ---- */

/* Makes the device that is always there. */
void cm_midi_bus_start(void);
/* Opens the drivers that COREMUSIC_MIDI_DRIVERS names ("alsa,jack"; "none"), or all when it is not set. */
void cm_midi_drivers_start(void);
/* Tries those again that could not be opened. */
void cm_midi_drivers_retry(void);
/* [lock not held] Shows a client's virtual endpoint to other programs, or takes it back. */
void cm_midi_publish_endpoint(cm_midi_endpoint *endpoint);
void cm_midi_unpublish_endpoint(cm_midi_endpoint *endpoint);

#endif
