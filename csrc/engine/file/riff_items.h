/* riff_items.h: the items of a LIST chunk ('INFO', 'adtl'): small chunks in memory, and making them. */
#ifndef CM_FILE_RIFF_ITEMS_H
#define CM_FILE_RIFF_ITEMS_H

#include "../base/status.h"

#include <stdbool.h>
#include <stddef.h>

#define CM_ITEMS_MOST ((size_t)16 << 20) /* bytes of the largest list that is looked into */

typedef struct cm_riff_item {
    UInt32 id;
    const UInt8 *bytes; /* lent */
    size_t size;
} cm_riff_item;

/* The item at *at, which moves behind it; sizes that lie are cut. False at the end. */
bool cm_riff_next_item(const UInt8 *bytes, size_t size, size_t *at, cm_riff_item *item);

/* Bytes that grow. After a failure adding does nothing more. */
typedef struct cm_bytes {
    UInt8 *bytes; /* owned; from malloc */
    size_t size, capacity;
    bool failed;
} cm_bytes;

/* Appends size bytes, zeros where from is NULL, and returns where they are; NULL without memory. */
UInt8 *cm_bytes_add(cm_bytes *to, const void *from, size_t size);

/* Appends a whole item: head, contents, padding. */
void cm_riff_add_item(cm_bytes *to, UInt32 id, const void *from, size_t size);

#endif
