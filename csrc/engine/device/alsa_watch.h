/* alsa_watch.h: a thread that tells the host of cards that come and go, and of mixers that someone turned. */
#ifndef CM_DEVICE_ALSA_WATCH_H
#define CM_DEVICE_ALSA_WATCH_H

#include "driver.h"

typedef struct cm_alsa_watch cm_alsa_watch;

/* [control] NULL when there is no memory or thread. */
cm_alsa_watch *cm_alsa_watch_begin(const cm_driver_host *host);

/* [control] The host is not called any more. NULL is allowed. */
void cm_alsa_watch_end(cm_alsa_watch *watch);

#endif
