#include <coremusic/engine.h>

#include "status.h"

#ifndef CM_VERSION
#define CM_VERSION "0.0.0" /* the build passes the package's version */
#endif

const char *CMEngineGetVersion(void)
{
    return CM_VERSION;
}

const char *CMEngineGetErrorDetail(OSStatus status)
{
    return cm_detail(status);
}

void CMEngineForgetErrorDetail(void)
{
    cm_forget_detail();
}
