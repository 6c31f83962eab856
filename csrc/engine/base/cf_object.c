#include "cf_object.h"

#include "cf_string.h"
#include "clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define DEAD_MAGIC 0xDEADCF00u
#define CONSTANT_RETAIN_COUNT 0x7FFFFFFFFFFFFFFFl
#define DESCRIBE_DEPTH 32
#define DESCRIBE_SIZE (1u << 20)

static void describe_null(CFTypeRef object, cm_cf_buffer *out)
{
    (void)object;
    cm_cf_buffer_text(out, "null");
}

static void describe_allocator(CFTypeRef object, cm_cf_buffer *out)
{
    cm_cf_buffer_text(out, object == kCFAllocatorNull ? "kCFAllocatorNull" : "kCFAllocatorMalloc");
}

static const cm_cf_class null_class = { .name = "CFNull", .describe = describe_null };
static const cm_cf_class allocator_class = { .name = "CFAllocator", .describe = describe_allocator };

static const cm_cf_class *const classes[CM_CF_TYPE_COUNT] = {
    [CM_CF_ALLOCATOR] = &allocator_class,
    [CM_CF_NULL] = &null_class,
    [CM_CF_BOOLEAN] = &cm_cf_boolean_class,
    [CM_CF_NUMBER] = &cm_cf_number_class,
    [CM_CF_STRING] = &cm_cf_string_class,
    [CM_CF_DATA] = &cm_cf_data_class,
    [CM_CF_DATE] = &cm_cf_date_class,
    [CM_CF_ARRAY] = &cm_cf_array_class,
    [CM_CF_DICTIONARY] = &cm_cf_dictionary_class,
    [CM_CF_URL] = &cm_cf_url_class,
    [CM_CF_ERROR] = &cm_cf_error_class,
    [CM_CF_RUN_LOOP] = &cm_cf_run_loop_class,
    [CM_CF_UUID] = &cm_cf_uuid_class,
    [CM_CF_RUN_LOOP_SOURCE] = &cm_cf_run_loop_source_class,
};

static _Atomic CFIndex live[CM_CF_TYPE_COUNT];

struct __CFNull {
    cm_cf_object object;
};
struct __CFAllocator {
    cm_cf_object object;
};

static const struct __CFNull null_object = { CM_CF_CONSTANT(CM_CF_NULL) };
static const struct __CFAllocator malloc_allocator = { CM_CF_CONSTANT(CM_CF_ALLOCATOR) };
static const struct __CFAllocator null_allocator = { CM_CF_CONSTANT(CM_CF_ALLOCATOR) };

const CFNullRef kCFNull = &null_object;
const CFAllocatorRef kCFAllocatorDefault = NULL;
const CFAllocatorRef kCFAllocatorSystemDefault = &malloc_allocator;
const CFAllocatorRef kCFAllocatorMalloc = &malloc_allocator;
const CFAllocatorRef kCFAllocatorNull = &null_allocator;

static const cm_cf_class *class_of(CFTypeRef cf)
{
    return cm_cf_is_object(cf) ? classes[((const cm_cf_object *)cf)->type] : NULL;
}

void *cm_cf_new(uint32_t type, size_t size)
{
    cm_cf_object *object = calloc(1, size);
    if (!object)
        return NULL;
    object->magic = CM_CF_MAGIC;
    object->type = type;
    atomic_init(&object->refs, 1);
    atomic_fetch_add_explicit(&live[type], 1, memory_order_relaxed);
    return object;
}

CFIndex cm_cf_live_count(CFTypeID type)
{
    if (type >= CM_CF_TYPE_COUNT)
        return 0;
    if (type != CM_CF_NONE)
        return atomic_load(&live[type]);
    CFIndex count = 0;
    for (size_t i = 0; i < CM_CF_TYPE_COUNT; i++)
        count += atomic_load(&live[i]);
    return count;
}

CFTypeRef CFRetain(CFTypeRef cf)
{
    if (!cm_cf_is_object(cf))
        return cf;
    cm_cf_object *object = (cm_cf_object *)(uintptr_t)cf;
    if (atomic_load_explicit(&object->refs, memory_order_relaxed) >= 0)
        atomic_fetch_add_explicit(&object->refs, 1, memory_order_relaxed);
    return cf;
}

void CFRelease(CFTypeRef cf)
{
    if (!cm_cf_is_object(cf))
        return;
    cm_cf_object *object = (cm_cf_object *)(uintptr_t)cf;
    if (atomic_load_explicit(&object->refs, memory_order_relaxed) < 0 ||
        atomic_fetch_sub_explicit(&object->refs, 1, memory_order_acq_rel) != 1)
        return;
    if (classes[object->type]->destroy)
        classes[object->type]->destroy(object);
    atomic_fetch_sub_explicit(&live[object->type], 1, memory_order_relaxed);
    object->magic = DEAD_MAGIC;
    free(object);
}

CFIndex CFGetRetainCount(CFTypeRef cf)
{
    if (!cm_cf_is_object(cf))
        return 0;
    int64_t refs = atomic_load(&((cm_cf_object *)(uintptr_t)cf)->refs);
    return refs < 0 ? CONSTANT_RETAIN_COUNT : (CFIndex)refs;
}

CFTypeID CFGetTypeID(CFTypeRef cf)
{
    return cm_cf_is_object(cf) ? ((const cm_cf_object *)cf)->type : CM_CF_NONE;
}

CFTypeID CFNullGetTypeID(void)
{
    return CM_CF_NULL;
}

CFAllocatorRef CFGetAllocator(CFTypeRef cf)
{
    return cm_cf_is_object(cf) ? kCFAllocatorSystemDefault : NULL;
}

CFStringRef CFCopyTypeIDDescription(CFTypeID type_id)
{
    if (type_id == CM_CF_NONE || type_id >= CM_CF_TYPE_COUNT)
        return NULL;
    return cm_cf_string_new(classes[type_id]->name, strlen(classes[type_id]->name));
}

Boolean CFEqual(CFTypeRef cf1, CFTypeRef cf2)
{
    if (cf1 == cf2)
        return true;
    const cm_cf_class *type = class_of(cf1);
    return type && type == class_of(cf2) && type->equal && type->equal(cf1, cf2);
}

CFHashCode CFHash(CFTypeRef cf)
{
    const cm_cf_class *type = class_of(cf);
    return type && type->hash ? type->hash(cf) : cm_cf_hash_word((uintptr_t)cf);
}

void cm_cf_describe(CFTypeRef cf, cm_cf_buffer *out)
{
    const cm_cf_class *type = class_of(cf);
    if (type)
        type->describe(cf, out);
    else if (cf)
        cm_cf_buffer_printf(out, "%p", cf);
    else
        cm_cf_buffer_text(out, "(null)");
}

void cm_cf_describe_member(CFTypeRef cf, cm_cf_buffer *out)
{
    /* Bounded, because a container may hold itself. */
    static _Thread_local int depth;
    if (depth == DESCRIBE_DEPTH || out->size > DESCRIBE_SIZE) {
        cm_cf_buffer_text(out, "...");
        return;
    }
    const char *quote = cm_cf_is(cf, CM_CF_STRING) ? "\"" : "";
    cm_cf_buffer_text(out, quote);
    depth++;
    cm_cf_describe(cf, out);
    depth--;
    cm_cf_buffer_text(out, quote);
}

CFStringRef CFCopyDescription(CFTypeRef cf)
{
    cm_cf_buffer text = { 0 };
    cm_cf_describe(cf, &text);
    return cm_cf_string_take(&text);
}

void CFShow(CFTypeRef cf)
{
    cm_cf_buffer text = { 0 };
    cm_cf_describe(cf, &text);
    cm_cf_buffer_byte(&text, '\n', 1);
    if (!text.failed)
        fwrite(text.bytes, 1, text.size, stderr);
    cm_cf_buffer_free(&text);
}

const void *cm_cf_retain_member(CFAllocatorRef allocator, const void *value)
{
    (void)allocator;
    return CFRetain(value);
}

void cm_cf_release_member(CFAllocatorRef allocator, const void *value)
{
    (void)allocator;
    CFRelease(value);
}

static uint64_t hash_secret(void)
{
    static _Atomic uint64_t shared;
    uint64_t secret = atomic_load_explicit(&shared, memory_order_relaxed);
    if (secret)
        return secret;
    uint64_t fresh = 0;
    if (getrandom(&fresh, sizeof fresh, GRND_NONBLOCK) != sizeof fresh)
        fresh = AudioGetCurrentHostTime() ^ (uintptr_t)&fresh;
    fresh |= 1;
    return atomic_compare_exchange_strong(&shared, &secret, fresh) ? fresh : secret;
}

/* Both halves of the product, folded: no input difference cancels without knowledge of the secret. */
static uint64_t mix(uint64_t a, uint64_t b)
{
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

CFHashCode cm_cf_hash_word(uint64_t word)
{
    return mix(word ^ 0x9E3779B97F4A7C15u, hash_secret());
}

CFHashCode cm_cf_hash_bytes(const void *bytes, size_t size)
{
    const char *at = bytes;
    uint64_t secret = hash_secret(), hash = secret ^ size;
    for (; size >= sizeof(uint64_t); at += sizeof(uint64_t), size -= sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, at, sizeof word);
        hash = mix(hash ^ word, secret ^ 0xA0761D6478BD642Fu);
    }
    uint64_t tail = 0;
    if (size)
        memcpy(&tail, at, size);
    return mix(hash ^ tail, secret ^ 0xE7037ED1A0B428DBu);
}
