#include "cf_dictionary.h"

#include "cf_string.h"

#include <stdlib.h>
#include <string.h>

/*
 * Entries lie in order of insertion; a removed one stays as a gap until the next time the table is made
 * anew. The table of slots, a power of two at most two thirds full, finds an entry's index by its hash.
 */
typedef struct entry {
    const void *key, *value;
    CFHashCode hash;
    bool gone;
} entry;

struct __CFDictionary {
    cm_cf_object object;
    entry *entries;
    uint32_t *slots; /* FREE, or the index of an entry, gone or not */
    uint32_t slot_count, used, capacity;
    CFIndex count; /* entries that are not gone */
    CFDictionaryKeyCallBacks keys;
    CFDictionaryValueCallBacks values;
    bool changeable;
};

#define FREE UINT32_MAX
#define FIRST_SLOTS 8u
#define MAX_SLOTS (1u << 31)

static const void *copy_key(CFAllocatorRef allocator, const void *key)
{
    return cm_cf_as_string(key) ? CFStringCreateCopy(allocator, key) : CFRetain(key);
}

const CFDictionaryKeyCallBacks kCFTypeDictionaryKeyCallBacks = {
    .version = 0,
    .retain = cm_cf_retain_member,
    .release = cm_cf_release_member,
    .copyDescription = CFCopyDescription,
    .equal = CFEqual,
    .hash = CFHash,
};

const CFDictionaryKeyCallBacks kCFCopyStringDictionaryKeyCallBacks = {
    .version = 0,
    .retain = copy_key,
    .release = cm_cf_release_member,
    .copyDescription = CFCopyDescription,
    .equal = CFEqual,
    .hash = CFHash,
};

const CFDictionaryValueCallBacks kCFTypeDictionaryValueCallBacks = {
    .version = 0,
    .retain = cm_cf_retain_member,
    .release = cm_cf_release_member,
    .copyDescription = CFCopyDescription,
    .equal = CFEqual,
};

static const struct __CFDictionary *as_dictionary(CFDictionaryRef dict)
{
    return cm_cf_is(dict, CM_CF_DICTIONARY) ? dict : NULL;
}

static struct __CFDictionary *as_changeable(CFMutableDictionaryRef dict)
{
    return as_dictionary(dict) && dict->changeable ? dict : NULL;
}

static void release_pair(const struct __CFDictionary *dict, const void *key, const void *value)
{
    if (dict->keys.release)
        dict->keys.release(NULL, key);
    if (dict->values.release)
        dict->values.release(NULL, value);
}

static const void *retain_value(const struct __CFDictionary *dict, const void *value)
{
    return dict->values.retain ? dict->values.retain(NULL, value) : value;
}

static CFHashCode hash_key(const struct __CFDictionary *dict, const void *key)
{
    if (dict->keys.hash == CFHash)
        return CFHash(key);
    /* Addresses and a client's own hashes are often multiples of something. */
    return cm_cf_hash_word(dict->keys.hash ? dict->keys.hash(key) : (uintptr_t)key);
}

static bool same_key(const struct __CFDictionary *dict, const void *a, const void *b)
{
    return a == b || (dict->keys.equal && dict->keys.equal(a, b));
}

static bool same_value(const struct __CFDictionary *dict, const void *a, const void *b)
{
    return a == b || (dict->values.equal && dict->values.equal(a, b));
}

bool cm_cf_dictionary_next(CFDictionaryRef dict, CFIndex *position, const void **key, const void **value)
{
    while (*position < dict->used && dict->entries[*position].gone)
        ++*position;
    if (*position >= dict->used)
        return false;
    const entry *found = &dict->entries[(*position)++];
    *key = found->key;
    *value = found->value;
    return true;
}

static void destroy(void *object)
{
    struct __CFDictionary *dict = object;
    const void *key, *value;
    for (CFIndex at = 0; cm_cf_dictionary_next(dict, &at, &key, &value);)
        release_pair(dict, key, value);
    free(dict->entries);
    free(dict->slots);
}

static entry *find(const struct __CFDictionary *dict, const void *key, CFHashCode hash)
{
    if (!dict->slot_count)
        return NULL;
    for (CFHashCode i = hash;; i++) {
        uint32_t slot = dict->slots[i & (dict->slot_count - 1)];
        if (slot == FREE)
            return NULL;
        entry *at = &dict->entries[slot];
        if (!at->gone && at->hash == hash && same_key(dict, at->key, key))
            return at;
    }
}

static void put_slot(struct __CFDictionary *dict, CFHashCode hash, uint32_t index)
{
    CFHashCode i = hash;
    while (dict->slots[i & (dict->slot_count - 1)] != FREE)
        i++;
    dict->slots[i & (dict->slot_count - 1)] = index;
}

/* Makes the table anew, without gaps, with room for wanted entries. */
static bool rebuild(struct __CFDictionary *dict, CFIndex wanted)
{
    uint32_t slot_count = FIRST_SLOTS;
    while (slot_count < MAX_SLOTS && (CFIndex)(slot_count / 3 * 2) < wanted)
        slot_count *= 2;
    uint32_t capacity = slot_count / 3 * 2;
    if (capacity < wanted)
        return false;
    entry *entries = calloc(capacity, sizeof *entries);
    uint32_t *slots = malloc(slot_count * sizeof *slots);
    if (!entries || !slots) {
        free(entries);
        free(slots);
        return false;
    }
    memset(slots, 0xFF, slot_count * sizeof *slots);
    uint32_t used = 0;
    for (uint32_t i = 0; i < dict->used; i++)
        if (!dict->entries[i].gone)
            entries[used++] = dict->entries[i];
    free(dict->entries);
    free(dict->slots);
    dict->entries = entries;
    dict->slots = slots;
    dict->slot_count = slot_count;
    dict->capacity = capacity;
    dict->used = used;
    for (uint32_t i = 0; i < used; i++)
        put_slot(dict, entries[i].hash, i);
    return true;
}

static bool add(struct __CFDictionary *dict, const void *key, const void *value, CFHashCode hash)
{
    /* Doubling counts from the live entries, so that gaps alone do not make the table grow. */
    if (dict->used == dict->capacity && !rebuild(dict, dict->count ? dict->count * 2 : 1))
        return false;
    const void *kept = dict->keys.retain ? dict->keys.retain(NULL, key) : key;
    if (key && !kept)
        return false;
    entry added = { .key = kept, .value = retain_value(dict, value), .hash = hash };
    dict->entries[dict->used] = added;
    put_slot(dict, hash, dict->used);
    dict->used++;
    dict->count++;
    return true;
}

static void replace(const struct __CFDictionary *dict, entry *at, const void *value)
{
    const void *old = at->value;
    at->value = retain_value(dict, value);
    if (dict->values.release)
        dict->values.release(NULL, old);
}

static bool set(struct __CFDictionary *dict, const void *key, const void *value)
{
    CFHashCode hash = hash_key(dict, key);
    entry *at = find(dict, key, hash);
    if (!at)
        return add(dict, key, value, hash);
    replace(dict, at, value);
    return true;
}

static bool equal(CFTypeRef a, CFTypeRef b)
{
    const struct __CFDictionary *x = a, *y = b;
    if (x->count != y->count || x->values.equal != y->values.equal || x->keys.equal != y->keys.equal)
        return false;
    const void *key, *value;
    for (CFIndex at = 0; cm_cf_dictionary_next(x, &at, &key, &value);) {
        const entry *other = find(y, key, hash_key(y, key));
        if (!other || !same_value(x, value, other->value))
            return false;
    }
    return true;
}

static CFHashCode hash(CFTypeRef object)
{
    return cm_cf_hash_word((uint64_t)((const struct __CFDictionary *)object)->count);
}

static void describe_one(const void *value, bool is_object, CFStringRef (*copy)(const void *),
                         cm_cf_buffer *out)
{
    CFStringRef text = NULL;
    if (is_object)
        cm_cf_describe_member(value, out);
    else if (copy && (text = copy(value)))
        cm_cf_describe(text, out);
    else
        cm_cf_buffer_printf(out, "%p", value);
    CFRelease(text);
}

static bool keys_are_objects(const struct __CFDictionary *dict)
{
    return dict->keys.retain == cm_cf_retain_member || dict->keys.retain == copy_key;
}

static bool values_are_objects(const struct __CFDictionary *dict)
{
    return dict->values.retain == cm_cf_retain_member;
}

static void describe(CFTypeRef object, cm_cf_buffer *out)
{
    const struct __CFDictionary *dict = object;
    const void *key, *value;
    const char *separator = "";
    cm_cf_buffer_text(out, "{");
    for (CFIndex at = 0; cm_cf_dictionary_next(dict, &at, &key, &value); separator = ", ") {
        cm_cf_buffer_text(out, separator);
        describe_one(key, keys_are_objects(dict), dict->keys.copyDescription, out);
        cm_cf_buffer_text(out, ": ");
        describe_one(value, values_are_objects(dict), dict->values.copyDescription, out);
    }
    cm_cf_buffer_text(out, "}");
}

const cm_cf_class cm_cf_dictionary_class = {
    .name = "CFDictionary",
    .destroy = destroy,
    .equal = equal,
    .hash = hash,
    .describe = describe,
};

bool cm_cf_dictionary_holds_objects(CFDictionaryRef dict)
{
    return keys_are_objects(dict) && values_are_objects(dict);
}

void cm_cf_dictionary_freeze(CFMutableDictionaryRef dict)
{
    dict->changeable = false;
}

CFTypeID CFDictionaryGetTypeID(void)
{
    return CM_CF_DICTIONARY;
}

static struct __CFDictionary *new_dictionary(const CFDictionaryKeyCallBacks *keys,
                                             const CFDictionaryValueCallBacks *values)
{
    struct __CFDictionary *dict = cm_cf_new(CM_CF_DICTIONARY, sizeof *dict);
    if (dict && keys)
        dict->keys = *keys;
    if (dict && values)
        dict->values = *values;
    return dict;
}

CFDictionaryRef CFDictionaryCreate(CFAllocatorRef alloc, const void **keys, const void **values,
                                   CFIndex num_values, const CFDictionaryKeyCallBacks *key_callbacks,
                                   const CFDictionaryValueCallBacks *value_callbacks)
{
    (void)alloc;
    if (num_values < 0 || (num_values && (!keys || !values)))
        return NULL;
    struct __CFDictionary *dict = new_dictionary(key_callbacks, value_callbacks);
    for (CFIndex i = 0; dict && i < num_values; i++)
        if (!set(dict, keys[i], values[i])) {
            CFRelease(dict);
            dict = NULL;
        }
    return dict;
}

static struct __CFDictionary *copy_dictionary(const struct __CFDictionary *from)
{
    struct __CFDictionary *dict = new_dictionary(&from->keys, &from->values);
    if (!dict)
        return NULL;
    bool ok = !from->count || rebuild(dict, from->count);
    const void *key, *value;
    for (CFIndex at = 0; ok && cm_cf_dictionary_next(from, &at, &key, &value);)
        ok = add(dict, key, value, from->entries[at - 1].hash);
    if (!ok) {
        CFRelease(dict);
        return NULL;
    }
    return dict;
}

CFDictionaryRef CFDictionaryCreateCopy(CFAllocatorRef alloc, CFDictionaryRef dict)
{
    (void)alloc;
    if (!as_dictionary(dict))
        return NULL;
    return dict->changeable ? copy_dictionary(dict) : CFRetain(dict);
}

CFMutableDictionaryRef CFDictionaryCreateMutable(CFAllocatorRef alloc, CFIndex capacity,
                                                 const CFDictionaryKeyCallBacks *key_callbacks,
                                                 const CFDictionaryValueCallBacks *value_callbacks)
{
    (void)alloc;
    struct __CFDictionary *dict = capacity < 0 ? NULL : new_dictionary(key_callbacks, value_callbacks);
    if (dict)
        dict->changeable = true;
    return dict;
}

CFMutableDictionaryRef CFDictionaryCreateMutableCopy(CFAllocatorRef alloc, CFIndex capacity,
                                                     CFDictionaryRef dict)
{
    (void)alloc;
    struct __CFDictionary *copy = as_dictionary(dict) && capacity >= 0 ? copy_dictionary(dict) : NULL;
    if (copy)
        copy->changeable = true;
    return copy;
}

CFIndex CFDictionaryGetCount(CFDictionaryRef dict)
{
    return as_dictionary(dict) ? dict->count : 0;
}

Boolean CFDictionaryGetValueIfPresent(CFDictionaryRef dict, const void *key, const void **value)
{
    const entry *at = as_dictionary(dict) ? find(dict, key, hash_key(dict, key)) : NULL;
    if (at && value)
        *value = at->value;
    return at != NULL;
}

Boolean CFDictionaryContainsKey(CFDictionaryRef dict, const void *key)
{
    return CFDictionaryGetValueIfPresent(dict, key, NULL);
}

const void *CFDictionaryGetValue(CFDictionaryRef dict, const void *key)
{
    const void *value = NULL;
    CFDictionaryGetValueIfPresent(dict, key, &value);
    return value;
}

void CFDictionaryGetKeysAndValues(CFDictionaryRef dict, const void **keys, const void **values)
{
    if (!as_dictionary(dict))
        return;
    const void *key, *value;
    CFIndex i = 0;
    for (CFIndex at = 0; cm_cf_dictionary_next(dict, &at, &key, &value); i++) {
        if (keys)
            keys[i] = key;
        if (values)
            values[i] = value;
    }
}

void CFDictionaryApplyFunction(CFDictionaryRef dict, CFDictionaryApplierFunction applier, void *context)
{
    if (!as_dictionary(dict))
        return;
    const void *key, *value;
    for (CFIndex at = 0; cm_cf_dictionary_next(dict, &at, &key, &value);)
        applier(key, value, context);
}

bool cm_cf_dictionary_set_new(CFMutableDictionaryRef dict, const void *key, CFTypeRef value)
{
    bool ok = value && set(dict, key, value);
    CFRelease(value);
    return ok;
}

void CFDictionarySetValue(CFMutableDictionaryRef dict, const void *key, const void *value)
{
    if (as_changeable(dict))
        set(dict, key, value);
}

void CFDictionaryAddValue(CFMutableDictionaryRef dict, const void *key, const void *value)
{
    if (as_changeable(dict) && !CFDictionaryContainsKey(dict, key))
        set(dict, key, value);
}

void CFDictionaryReplaceValue(CFMutableDictionaryRef dict, const void *key, const void *value)
{
    entry *at = as_changeable(dict) ? find(dict, key, hash_key(dict, key)) : NULL;
    if (at)
        replace(dict, at, value);
}

void CFDictionaryRemoveValue(CFMutableDictionaryRef dict, const void *key)
{
    entry *at = as_changeable(dict) ? find(dict, key, hash_key(dict, key)) : NULL;
    if (!at)
        return;
    const void *old_key = at->key, *old_value = at->value;
    at->gone = true;
    dict->count--;
    release_pair(dict, old_key, old_value);
}

void CFDictionaryRemoveAllValues(CFMutableDictionaryRef dict)
{
    if (!as_changeable(dict))
        return;
    entry *entries = dict->entries;
    uint32_t used = dict->used;
    free(dict->slots);
    dict->entries = NULL;
    dict->slots = NULL;
    dict->slot_count = dict->used = dict->capacity = 0;
    dict->count = 0;
    for (uint32_t i = 0; i < used; i++)
        if (!entries[i].gone)
            release_pair(dict, entries[i].key, entries[i].value);
    free(entries);
}
