#include "cf_array.h"

#include "cf_string.h"

#include <stdlib.h>
#include <string.h>

struct __CFArray {
    cm_cf_object object;
    const void **values;
    CFIndex count;
    CFIndex capacity;
    CFArrayCallBacks callbacks;
    bool changeable;
};

#define FIRST_CAPACITY 4
#define MAX_CAPACITY (PTRDIFF_MAX / (CFIndex)sizeof(void *) / 2)

const CFArrayCallBacks kCFTypeArrayCallBacks = {
    .version = 0,
    .retain = cm_cf_retain_member,
    .release = cm_cf_release_member,
    .copyDescription = CFCopyDescription,
    .equal = CFEqual,
};

static void release_value(const struct __CFArray *array, const void *value)
{
    if (array->callbacks.release)
        array->callbacks.release(NULL, value);
}

static const void *retain_value(const struct __CFArray *array, const void *value)
{
    return array->callbacks.retain ? array->callbacks.retain(NULL, value) : value;
}

static bool same_value(const struct __CFArray *array, const void *a, const void *b)
{
    return a == b || (array->callbacks.equal && array->callbacks.equal(a, b));
}

static void destroy(void *object)
{
    struct __CFArray *array = object;
    for (CFIndex i = 0; i < array->count; i++)
        release_value(array, array->values[i]);
    free(array->values);
}

static bool equal(CFTypeRef a, CFTypeRef b)
{
    const struct __CFArray *x = a, *y = b;
    if (x->count != y->count || x->callbacks.equal != y->callbacks.equal)
        return false;
    for (CFIndex i = 0; i < x->count; i++)
        if (!same_value(x, x->values[i], y->values[i]))
            return false;
    return true;
}

static CFHashCode hash(CFTypeRef object)
{
    return cm_cf_hash_word((uint64_t)((const struct __CFArray *)object)->count);
}

static void describe(CFTypeRef object, cm_cf_buffer *out)
{
    const struct __CFArray *array = object;
    cm_cf_buffer_text(out, "[");
    for (CFIndex i = 0; i < array->count; i++) {
        if (i)
            cm_cf_buffer_text(out, ", ");
        CFStringRef text = NULL;
        if (cm_cf_array_holds_objects(array))
            cm_cf_describe_member(array->values[i], out);
        else if (array->callbacks.copyDescription &&
                 (text = array->callbacks.copyDescription(array->values[i])))
            cm_cf_describe(text, out);
        else
            cm_cf_buffer_printf(out, "%p", array->values[i]);
        CFRelease(text);
    }
    cm_cf_buffer_text(out, "]");
}

const cm_cf_class cm_cf_array_class = {
    .name = "CFArray",
    .destroy = destroy,
    .equal = equal,
    .hash = hash,
    .describe = describe,
};

static const struct __CFArray *as_array(CFArrayRef array)
{
    return cm_cf_is(array, CM_CF_ARRAY) ? array : NULL;
}

static struct __CFArray *as_changeable(CFMutableArrayRef array)
{
    return as_array(array) && array->changeable ? array : NULL;
}

bool cm_cf_array_holds_objects(CFArrayRef array)
{
    return array->callbacks.retain == cm_cf_retain_member;
}

void cm_cf_array_freeze(CFMutableArrayRef array)
{
    array->changeable = false;
}

static bool reserve(struct __CFArray *array, CFIndex count)
{
    if (count <= array->capacity)
        return true;
    CFIndex capacity = array->capacity ? array->capacity * 2 : FIRST_CAPACITY;
    capacity = capacity < count ? count : capacity;
    if (capacity > MAX_CAPACITY)
        return false;
    const void **values = realloc(array->values, (size_t)capacity * sizeof *values);
    if (!values)
        return false;
    array->values = values;
    array->capacity = capacity;
    return true;
}

static bool insert(struct __CFArray *array, CFIndex index, const void *value)
{
    if (!reserve(array, array->count + 1))
        return false;
    const void **at = array->values + index;
    memmove(at + 1, at, (size_t)(array->count - index) * sizeof *at);
    *at = retain_value(array, value);
    array->count++;
    return true;
}

CFTypeID CFArrayGetTypeID(void)
{
    return CM_CF_ARRAY;
}

static struct __CFArray *new_array(const CFArrayCallBacks *callbacks, const void **values, CFIndex count)
{
    if (count < 0 || (count && !values))
        return NULL;
    struct __CFArray *array = cm_cf_new(CM_CF_ARRAY, sizeof *array);
    if (!array)
        return NULL;
    if (callbacks)
        array->callbacks = *callbacks;
    if (!reserve(array, count)) {
        CFRelease(array);
        return NULL;
    }
    for (; array->count < count; array->count++)
        array->values[array->count] = retain_value(array, values[array->count]);
    return array;
}

CFArrayRef CFArrayCreate(CFAllocatorRef alloc, const void **values, CFIndex num_values,
                         const CFArrayCallBacks *callbacks)
{
    (void)alloc;
    return new_array(callbacks, values, num_values);
}

CFArrayRef CFArrayCreateCopy(CFAllocatorRef alloc, CFArrayRef array)
{
    (void)alloc;
    if (!as_array(array))
        return NULL;
    return array->changeable ? new_array(&array->callbacks, array->values, array->count) : CFRetain(array);
}

static CFMutableArrayRef changeable(struct __CFArray *array)
{
    if (array)
        array->changeable = true;
    return array;
}

CFMutableArrayRef CFArrayCreateMutable(CFAllocatorRef alloc, CFIndex capacity,
                                       const CFArrayCallBacks *callbacks)
{
    (void)alloc;
    return capacity < 0 ? NULL : changeable(new_array(callbacks, NULL, 0));
}

CFMutableArrayRef CFArrayCreateMutableCopy(CFAllocatorRef alloc, CFIndex capacity, CFArrayRef array)
{
    (void)alloc;
    if (!as_array(array) || capacity < 0)
        return NULL;
    return changeable(new_array(&array->callbacks, array->values, array->count));
}

CFIndex CFArrayGetCount(CFArrayRef array)
{
    return as_array(array) ? array->count : 0;
}

const void *CFArrayGetValueAtIndex(CFArrayRef array, CFIndex index)
{
    return as_array(array) && index >= 0 && index < array->count ? array->values[index] : NULL;
}

void CFArrayGetValues(CFArrayRef array, CFRange range, const void **values)
{
    if (as_array(array) && cm_cf_range_within(range, array->count) && range.length)
        memcpy(values, array->values + range.location, (size_t)range.length * sizeof *values);
}

CFIndex CFArrayGetFirstIndexOfValue(CFArrayRef array, CFRange range, const void *value)
{
    if (!as_array(array) || !cm_cf_range_within(range, array->count))
        return kCFNotFound;
    for (CFIndex i = range.location; i < range.location + range.length; i++)
        if (same_value(array, array->values[i], value))
            return i;
    return kCFNotFound;
}

Boolean CFArrayContainsValue(CFArrayRef array, CFRange range, const void *value)
{
    return CFArrayGetFirstIndexOfValue(array, range, value) != kCFNotFound;
}

void CFArrayApplyFunction(CFArrayRef array, CFRange range, CFArrayApplierFunction applier, void *context)
{
    if (!as_array(array) || !cm_cf_range_within(range, array->count))
        return;
    /* The count is read each time, because the applier may change the array. */
    for (CFIndex i = range.location; i < range.location + range.length && i < array->count; i++)
        applier(array->values[i], context);
}

bool cm_cf_array_append_new(CFMutableArrayRef array, CFTypeRef value)
{
    bool ok = value && insert(array, array->count, value);
    CFRelease(value);
    return ok;
}

void CFArrayAppendValue(CFMutableArrayRef array, const void *value)
{
    if (as_changeable(array))
        insert(array, array->count, value);
}

void CFArrayInsertValueAtIndex(CFMutableArrayRef array, CFIndex index, const void *value)
{
    if (as_changeable(array) && index >= 0 && index <= array->count)
        insert(array, index, value);
}

void CFArraySetValueAtIndex(CFMutableArrayRef array, CFIndex index, const void *value)
{
    if (!as_changeable(array) || index < 0 || index > array->count)
        return;
    if (index == array->count) {
        insert(array, index, value);
        return;
    }
    const void *old = array->values[index];
    array->values[index] = retain_value(array, value);
    release_value(array, old);
}

void CFArrayRemoveValueAtIndex(CFMutableArrayRef array, CFIndex index)
{
    if (!as_changeable(array) || index < 0 || index >= array->count)
        return;
    const void **at = array->values + index, *old = *at;
    array->count--;
    memmove(at, at + 1, (size_t)(array->count - index) * sizeof *at);
    release_value(array, old);
}

void CFArrayRemoveAllValues(CFMutableArrayRef array)
{
    if (!as_changeable(array))
        return;
    while (array->count > 0)
        release_value(array, array->values[--array->count]);
}
