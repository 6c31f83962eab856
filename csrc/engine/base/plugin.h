/*
 * plugin.h: the engine's optional parts. Each is a shared object beside libcoremusic, opened on first use, so
 * that a program pays only for the libraries that it uses and runs where some are missing.
 */
#ifndef CM_BASE_PLUGIN_H
#define CM_BASE_PLUGIN_H

#include "status.h"

/*
 * [any] The address of `symbol` in libcoremusic-<name>.so, or NULL with the thread's text saying what to
 * install. The object stays loaded for the life of the process; failures are remembered.
 */
const void *cm_plugin_symbol(const char *name, const char *symbol, OSStatus status_if_missing);

#endif
