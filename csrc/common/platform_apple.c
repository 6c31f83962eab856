/* The frameworks' side of platform.h; platform_engine.c takes its place where the engine is linked. */
#include "platform.h"

const char *cm_platform_error_detail(OSStatus status)
{
    (void)status;
    return NULL;
}

void cm_platform_forget_detail(void)
{
}

void cm_platform_discard(AudioFileID file)
{
    (void)file;
}
