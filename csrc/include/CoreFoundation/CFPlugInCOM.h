/* CoreFoundation/CFPlugInCOM.h: the types that plug-in interfaces are written with. */
#ifndef CoreFoundation_CFPlugInCOM_h
#define CoreFoundation_CFPlugInCOM_h

#include <CoreFoundation/CFUUID.h>

typedef SInt32 HRESULT;
typedef UInt32 ULONG;
typedef void *LPVOID;

typedef CFUUIDBytes REFIID;

#endif
