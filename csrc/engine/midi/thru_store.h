/*
 * thru_store.h: thru connections that survive the process, in a file of the user:
 * $XDG_STATE_HOME/coremusic/thru-connections.plist, or ~/.local/state/... where that is not set.
 *
 * The file is a property list: owner -> id -> parameters. Programs may change it at the same time: each
 * change is made under a lock, to what the others left, and appears in one step. A file that cannot be read
 * counts as empty and is kept beside the new one as ".broken". All functions are [any, not render]; the
 * server's lock is not held.
 */
#ifndef CM_MIDI_THRU_STORE_H
#define CM_MIDI_THRU_STORE_H

#include "base/status.h"

#include <CoreFoundation/CoreFoundation.h>

/* Keeps params for an owner's connection; NULL forgets it. The file system's error when that did not work. */
OSStatus cm_thru_store_put(CFStringRef owner, CFStringRef id, CFDataRef params);

/* An owner's connections: ids (CFString) to parameters (CFData), the caller's to release. NULL when none. */
CFDictionaryRef cm_thru_store_get(CFStringRef owner);

#endif
