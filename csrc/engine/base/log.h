/*
 * log.h: what the engine has to say to a developer. Off unless COREMUSIC_LOG is error, warning, info or
 * debug; lines go to standard error. Never called on a render thread.
 */
#ifndef CM_BASE_LOG_H
#define CM_BASE_LOG_H

#include "status.h"

typedef enum { CM_LOG_OFF, CM_LOG_ERROR, CM_LOG_WARNING, CM_LOG_INFO, CM_LOG_DEBUG } cm_log_level;

CM_API void cm_log(cm_log_level level, const char *format, ...) CM_PRINTF(2, 3);

#endif
