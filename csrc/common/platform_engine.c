/* The engine's side of platform.h; platform_apple.c takes its place where Apple's frameworks are linked. */
#include "platform.h"

#include <coremusic/engine.h>

const char *cm_platform_error_detail(OSStatus status)
{
    return CMEngineGetErrorDetail(status);
}

void cm_platform_forget_detail(void)
{
    CMEngineForgetErrorDetail();
}

void cm_platform_discard(AudioFileID file)
{
    CMAudioFileDiscard(file);
}
