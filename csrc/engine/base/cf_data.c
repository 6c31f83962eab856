#include "cf_data.h"

#include <stdlib.h>
#include <string.h>

struct __CFData {
    cm_cf_object object;
    UInt8 *bytes; /* never NULL */
    size_t size;
    size_t capacity;
    bool owned; /* bytes came from malloc and go with the object */
    bool changeable;
};

static void destroy(void *object)
{
    struct __CFData *data = object;
    if (data->owned)
        free(data->bytes);
}

static bool equal(CFTypeRef a, CFTypeRef b)
{
    const struct __CFData *x = a, *y = b;
    return x->size == y->size && memcmp(x->bytes, y->bytes, x->size) == 0;
}

static CFHashCode hash(CFTypeRef object)
{
    const struct __CFData *data = object;
    return cm_cf_hash_bytes(data->bytes, data->size);
}

static void describe(CFTypeRef object, cm_cf_buffer *out)
{
    const struct __CFData *data = object;
    const size_t shown = 24;
    cm_cf_buffer_printf(out, "<%zu byte%s", data->size, data->size == 1 ? "" : "s");
    for (size_t i = 0; i < data->size && i < shown; i++)
        cm_cf_buffer_printf(out, "%s%02x", i == 0 ? ": " : i % 4 ? "" : " ", data->bytes[i]);
    cm_cf_buffer_text(out, data->size > shown ? " ...>" : ">");
}

const cm_cf_class cm_cf_data_class = {
    .name = "CFData",
    .destroy = destroy,
    .equal = equal,
    .hash = hash,
    .describe = describe,
};

static const struct __CFData *as_data(CFDataRef data)
{
    return cm_cf_is(data, CM_CF_DATA) ? data : NULL;
}

static struct __CFData *as_changeable(CFMutableDataRef data)
{
    return as_data(data) && data->changeable ? data : NULL;
}

CFTypeID CFDataGetTypeID(void)
{
    return CM_CF_DATA;
}

CFDataRef CFDataCreate(CFAllocatorRef alloc, const UInt8 *bytes, CFIndex length)
{
    (void)alloc;
    if (length < 0 || (!bytes && length) || length > PTRDIFF_MAX - (CFIndex)sizeof(struct __CFData))
        return NULL;
    struct __CFData *data = cm_cf_new(CM_CF_DATA, sizeof *data + (size_t)length);
    if (!data)
        return NULL;
    data->bytes = (UInt8 *)(data + 1);
    data->size = (size_t)length;
    if (length)
        memcpy(data->bytes, bytes, data->size);
    return data;
}

CFDataRef CFDataCreateWithBytesNoCopy(CFAllocatorRef alloc, const UInt8 *bytes, CFIndex length,
                                      CFAllocatorRef bytes_deallocator)
{
    if (length < 0 || (!bytes && length))
        return NULL;
    if (!bytes)
        return CFDataCreate(alloc, NULL, 0);
    struct __CFData *data = cm_cf_new(CM_CF_DATA, sizeof *data);
    if (!data)
        return NULL;
    data->bytes = (UInt8 *)(uintptr_t)bytes;
    data->size = (size_t)length;
    data->owned = bytes_deallocator != kCFAllocatorNull;
    return data;
}

CFDataRef CFDataCreateCopy(CFAllocatorRef alloc, CFDataRef data)
{
    if (!as_data(data))
        return NULL;
    return data->changeable ? CFDataCreate(alloc, data->bytes, (CFIndex)data->size) : CFRetain(data);
}

CFMutableDataRef cm_cf_data_take(cm_cf_buffer *buffer)
{
    cm_cf_buffer_grow(buffer, 0);
    struct __CFData *data = buffer->failed ? NULL : cm_cf_new(CM_CF_DATA, sizeof *data);
    if (data) {
        data->bytes = (UInt8 *)buffer->bytes;
        data->size = buffer->size;
        data->capacity = buffer->capacity;
        data->owned = data->changeable = true;
        *buffer = (cm_cf_buffer){ 0 };
    }
    cm_cf_buffer_free(buffer);
    return data;
}

CFMutableDataRef CFDataCreateMutable(CFAllocatorRef alloc, CFIndex capacity)
{
    (void)alloc;
    cm_cf_buffer empty = { 0 };
    return capacity < 0 ? NULL : cm_cf_data_take(&empty);
}

CFMutableDataRef CFDataCreateMutableCopy(CFAllocatorRef alloc, CFIndex capacity, CFDataRef data)
{
    (void)alloc;
    if (!as_data(data) || capacity < 0)
        return NULL;
    cm_cf_buffer bytes = { 0 };
    cm_cf_buffer_put(&bytes, data->bytes, data->size);
    return cm_cf_data_take(&bytes);
}

void cm_cf_data_freeze(CFMutableDataRef data)
{
    data->changeable = false;
}

CFIndex CFDataGetLength(CFDataRef data)
{
    return as_data(data) ? (CFIndex)data->size : 0;
}

const UInt8 *CFDataGetBytePtr(CFDataRef data)
{
    return as_data(data) ? data->bytes : NULL;
}

UInt8 *CFDataGetMutableBytePtr(CFMutableDataRef data)
{
    return as_changeable(data) ? data->bytes : NULL;
}

void CFDataGetBytes(CFDataRef data, CFRange range, UInt8 *buffer)
{
    if (as_data(data) && cm_cf_range_within(range, (CFIndex)data->size) && range.length)
        memcpy(buffer, data->bytes + range.location, (size_t)range.length);
}

/*
 * The room after the old end, or NULL when there is no memory. bytes, which may lie in the data, stay good.
 */
static UInt8 *grow(struct __CFData *data, size_t more, const UInt8 **bytes)
{
    size_t offset = (size_t)((uintptr_t)*bytes - (uintptr_t)data->bytes);
    bool inside = (uintptr_t)*bytes >= (uintptr_t)data->bytes && offset < data->size;
    cm_cf_buffer buffer = { .bytes = (char *)data->bytes, .size = data->size, .capacity = data->capacity };
    char *room = cm_cf_buffer_grow(&buffer, more);
    if (!room)
        return NULL;
    data->bytes = (UInt8 *)buffer.bytes;
    data->size = buffer.size;
    data->capacity = buffer.capacity;
    if (inside)
        *bytes = data->bytes + offset;
    return (UInt8 *)room;
}

void CFDataSetLength(CFMutableDataRef data, CFIndex length)
{
    if (!as_changeable(data) || length < 0)
        return;
    const UInt8 *none = NULL;
    size_t size = (size_t)length;
    if (size <= data->size) {
        data->size = size;
        return;
    }
    size_t more = size - data->size;
    UInt8 *room = grow(data, more, &none);
    if (room)
        memset(room, 0, more);
}

void CFDataAppendBytes(CFMutableDataRef data, const UInt8 *bytes, CFIndex length)
{
    if (!as_changeable(data) || length <= 0 || !bytes)
        return;
    UInt8 *room = grow(data, (size_t)length, &bytes);
    if (room)
        memcpy(room, bytes, (size_t)length);
}
