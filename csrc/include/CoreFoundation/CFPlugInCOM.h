/* CoreFoundation/CFPlugInCOM.h: the types that plug-in interfaces are written with. */
#ifndef CoreFoundation_CFPlugInCOM_h
#define CoreFoundation_CFPlugInCOM_h

#include <CoreFoundation/CFBase.h>

typedef SInt32 HRESULT;
typedef UInt32 ULONG;
typedef void *LPVOID;

typedef struct {
    UInt8 byte0, byte1, byte2, byte3, byte4, byte5, byte6, byte7;
    UInt8 byte8, byte9, byte10, byte11, byte12, byte13, byte14, byte15;
} CFUUIDBytes;
typedef CFUUIDBytes REFIID;

#endif
