#include "riff_items.h"

#include "../base/bytes.h"

#include <stdlib.h>
#include <string.h>

bool cm_riff_next_item(const UInt8 *bytes, size_t size, size_t *at, cm_riff_item *item)
{
    if (size < 8 || *at > size - 8)
        return false;
    size_t left = size - *at - 8;
    UInt32 declared = cm_get_le32(bytes + *at + 4);
    item->id = cm_get_be32(bytes + *at);
    item->bytes = bytes + *at + 8;
    item->size = declared < left ? declared : left;
    *at += 8 + item->size + (item->size & 1);
    return true;
}

static bool make_room(cm_bytes *to, size_t size)
{
    if (to->failed || size < to->capacity - to->size)
        return !to->failed;
    size_t capacity = (to->size + size) * 2 + 64;
    UInt8 *grown = realloc(to->bytes, capacity);
    to->failed = grown == NULL;
    if (grown) {
        to->bytes = grown;
        to->capacity = capacity;
    }
    return grown != NULL;
}

UInt8 *cm_bytes_add(cm_bytes *to, const void *from, size_t size)
{
    if (!make_room(to, size))
        return NULL;
    UInt8 *added = to->bytes + to->size;
    if (from)
        memcpy(added, from, size);
    else
        memset(added, 0, size);
    to->size += size;
    return added;
}

void cm_riff_add_item(cm_bytes *to, UInt32 id, const void *from, size_t size)
{
    UInt8 head[8];
    cm_put_be32(head, id);
    cm_put_le32(head + 4, (UInt32)size);
    cm_bytes_add(to, head, sizeof head);
    cm_bytes_add(to, from, size);
    if (size & 1)
        cm_bytes_add(to, NULL, 1);
}
