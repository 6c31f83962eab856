#include "log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const level_names[] = { "off", "error", "warning", "info", "debug" };
static cm_log_level threshold = CM_LOG_OFF;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void read_environment(void)
{
    const char *wanted = getenv("COREMUSIC_LOG");
    for (int level = CM_LOG_OFF; wanted && level <= CM_LOG_DEBUG; level++)
        if (strcmp(wanted, level_names[level]) == 0)
            threshold = (cm_log_level)level;
}

void cm_log(cm_log_level level, const char *format, ...)
{
    pthread_once(&once, read_environment);
    if (level > threshold)
        return;
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    fprintf(stderr, "coremusic %s: %s\n", level_names[level], line);
}
