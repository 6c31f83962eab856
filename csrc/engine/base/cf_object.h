/*
 * cf_object.h: what every Core Foundation object of ours begins with, and the table of their types.
 *
 * A new type is one struct that starts with cm_cf_object, one cm_cf_class, one number in the enum below and
 * one line in the table of cf_object.c. Immutable objects hold no lazily computed state, so that any number
 * of threads may read one without a lock.
 */
#ifndef CM_BASE_CF_OBJECT_H
#define CM_BASE_CF_OBJECT_H

#include "cf_buffer.h"

#include <CoreFoundation/CFBase.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    CM_CF_NONE,
    CM_CF_ALLOCATOR,
    CM_CF_NULL,
    CM_CF_BOOLEAN,
    CM_CF_NUMBER,
    CM_CF_STRING,
    CM_CF_DATA,
    CM_CF_DATE,
    CM_CF_ARRAY,
    CM_CF_DICTIONARY,
    CM_CF_URL,
    CM_CF_ERROR,
    CM_CF_RUN_LOOP,
    CM_CF_UUID,
    CM_CF_RUN_LOOP_SOURCE,
    CM_CF_TYPE_COUNT
};

typedef struct cm_cf_object {
    uint32_t magic;       /* CM_CF_MAGIC while the object lives */
    uint32_t type;        /* CM_CF_..., also its CFTypeID */
    _Atomic int64_t refs; /* negative: a constant, which retain and release leave alone */
} cm_cf_object;

typedef struct cm_cf_class {
    const char *name;
    void (*destroy)(void *object);                         /* frees what the object owns, not the object */
    bool (*equal)(CFTypeRef a, CFTypeRef b);               /* both of this type; NULL: identity */
    CFHashCode (*hash)(CFTypeRef object);                  /* NULL: by address */
    void (*describe)(CFTypeRef object, cm_cf_buffer *out); /* appends UTF-8 */
} cm_cf_class;

extern const cm_cf_class cm_cf_boolean_class, cm_cf_number_class, cm_cf_string_class, cm_cf_data_class,
    cm_cf_date_class, cm_cf_array_class, cm_cf_dictionary_class, cm_cf_url_class, cm_cf_error_class,
    cm_cf_run_loop_class, cm_cf_uuid_class, cm_cf_run_loop_source_class;

#define CM_CF_MAGIC 0xCF0B1EC7u
#define CM_CF_CONSTANT(cf_type)                                                                              \
    {                                                                                                        \
        .magic = CM_CF_MAGIC, .type = (cf_type), .refs = -1                                                  \
    }

/*
 * [any] True for a live object; false for NULL and for what plainly is none (a small number, an odd address,
 * memory that does not begin like an object). A pointer to unmapped memory cannot be told from an object.
 */
static inline bool cm_cf_is_object(CFTypeRef cf)
{
    uintptr_t address = (uintptr_t)cf;
    return address >= 4096 && address % _Alignof(cm_cf_object) == 0 &&
           ((const cm_cf_object *)cf)->magic == CM_CF_MAGIC;
}

/* [any] True for a live object of this type. */
static inline bool cm_cf_is(CFTypeRef cf, uint32_t type)
{
    return cm_cf_is_object(cf) && ((const cm_cf_object *)cf)->type == type;
}

/* [any] A zeroed object of size bytes with one reference, or NULL when there is no memory. */
void *cm_cf_new(uint32_t type, size_t size);

/* [any] Objects alive of a type, constants not counted; CM_CF_NONE for all types together. For leak tests. */
CFIndex cm_cf_live_count(CFTypeID type);

/* [any] Appends what CFCopyDescription returns. */
void cm_cf_describe(CFTypeRef cf, cm_cf_buffer *out);

/*
 * [any] As cm_cf_describe for a member of a container: strings are quoted, and deep or long nests cut short.
 */
void cm_cf_describe_member(CFTypeRef cf, cm_cf_buffer *out);

/*
 * [any] Hashes with a secret of the process, so that a file cannot be written whose keys all collide. Equal
 * input gives equal results within the process only.
 */
CFHashCode cm_cf_hash_bytes(const void *bytes, size_t size);
CFHashCode cm_cf_hash_word(uint64_t word);

/* The retain and release of containers whose members are objects. */
const void *cm_cf_retain_member(CFAllocatorRef allocator, const void *value);
void cm_cf_release_member(CFAllocatorRef allocator, const void *value);

/* True when range lies within 0 .. count. */
static inline bool cm_cf_range_within(CFRange range, CFIndex count)
{
    return range.location >= 0 && range.length >= 0 && range.location <= count &&
           range.length <= count - range.location;
}

#endif
