#include "cf_object.h"
#include "cf_string.h"
#include "fork.h"

#include <CoreFoundation/CFUUID.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct __CFUUID {
    cm_cf_object object;
    CFUUIDBytes bytes;
    struct __CFUUID *next; /* of the constant ones */
};

_Static_assert(sizeof(CFUUIDBytes) == 16, "sixteen bytes and nothing between them");

static struct {
    pthread_mutex_t lock; /* guards all */
    struct __CFUUID *first;
} constants = { .lock = PTHREAD_MUTEX_INITIALIZER };

CM_FREE_IN_CHILD(&constants.lock)

static bool equal(CFTypeRef a, CFTypeRef b)
{
    return memcmp(&((CFUUIDRef)a)->bytes, &((CFUUIDRef)b)->bytes, sizeof(CFUUIDBytes)) == 0;
}

static CFHashCode hash(CFTypeRef object)
{
    return cm_cf_hash_bytes(&((CFUUIDRef)object)->bytes, sizeof(CFUUIDBytes));
}

static void describe(CFTypeRef object, cm_cf_buffer *out)
{
    uint8_t bytes[16];
    memcpy(bytes, &((CFUUIDRef)object)->bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        cm_cf_buffer_printf(out, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02X" : "%02X", bytes[i]);
}

const cm_cf_class cm_cf_uuid_class = { .name = "CFUUID", .equal = equal, .hash = hash, .describe = describe };

CFTypeID CFUUIDGetTypeID(void)
{
    return CM_CF_UUID;
}

CFUUIDRef CFUUIDCreateFromUUIDBytes(CFAllocatorRef alloc, CFUUIDBytes bytes)
{
    (void)alloc;
    struct __CFUUID *uuid = cm_cf_new(CM_CF_UUID, sizeof *uuid);
    if (uuid)
        uuid->bytes = bytes;
    return uuid;
}

/* With the lock. */
static CFUUIDRef find_constant(const CFUUIDBytes *bytes)
{
    CFUUIDRef found = constants.first;
    while (found && memcmp(&found->bytes, bytes, sizeof *bytes) != 0)
        found = found->next;
    return found;
}

/* With the lock. NULL without memory. */
static CFUUIDRef add_constant(const CFUUIDBytes *bytes)
{
    struct __CFUUID *made = malloc(sizeof *made);
    if (made)
        *made = (struct __CFUUID){ .object = CM_CF_CONSTANT(CM_CF_UUID),
                                   .bytes = *bytes,
                                   .next = constants.first };
    constants.first = made ? made : constants.first;
    return made;
}

CFUUIDRef CFUUIDGetConstantUUIDWithBytes(CFAllocatorRef alloc, UInt8 byte0, UInt8 byte1, UInt8 byte2,
                                         UInt8 byte3, UInt8 byte4, UInt8 byte5, UInt8 byte6, UInt8 byte7,
                                         UInt8 byte8, UInt8 byte9, UInt8 byte10, UInt8 byte11, UInt8 byte12,
                                         UInt8 byte13, UInt8 byte14, UInt8 byte15)
{
    const CFUUIDBytes bytes = { byte0, byte1, byte2,  byte3,  byte4,  byte5,  byte6,  byte7,
                                byte8, byte9, byte10, byte11, byte12, byte13, byte14, byte15 };
    (void)alloc;
    pthread_mutex_lock(&constants.lock);
    CFUUIDRef found = find_constant(&bytes);
    if (!found)
        found = add_constant(&bytes);
    pthread_mutex_unlock(&constants.lock);
    return found;
}

CFUUIDBytes CFUUIDGetUUIDBytes(CFUUIDRef uuid)
{
    return cm_cf_is(uuid, CM_CF_UUID) ? uuid->bytes : (CFUUIDBytes){ 0 };
}

CFStringRef CFUUIDCreateString(CFAllocatorRef alloc, CFUUIDRef uuid)
{
    (void)alloc;
    return cm_cf_is(uuid, CM_CF_UUID) ? CFCopyDescription(uuid) : NULL;
}
