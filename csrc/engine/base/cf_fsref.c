/*
 * FSRef: 80 bytes that name a path of a table which only grows. A reference carries a number that is random
 * for each path, so that bytes made up, or kept from another process, name nothing.
 */
#include "cf_url.h"
#include "fork.h"

#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

typedef struct reference {
    uint64_t index;
    uint64_t token;
} reference;

_Static_assert(sizeof(reference) <= sizeof(FSRef), "a reference fits");

static struct {
    pthread_mutex_t lock;
    struct named {
        char *path;
        CFHashCode hash;
        uint64_t token;
    } * entries;
    size_t count, capacity;
} table = { .lock = PTHREAD_MUTEX_INITIALIZER };

CM_FREE_IN_CHILD(&table.lock)

/* With the lock held: the index of a path, entered if it is new; SIZE_MAX when there is no memory. */
static size_t enter(const char *path)
{
    CFHashCode hash = cm_cf_hash_bytes(path, strlen(path));
    for (size_t i = 0; i < table.count; i++)
        if (table.entries[i].hash == hash && strcmp(table.entries[i].path, path) == 0)
            return i;
    if (table.count == table.capacity) {
        size_t capacity = table.capacity ? table.capacity * 2 : 16;
        struct named *entries = realloc(table.entries, capacity * sizeof *entries);
        if (!entries)
            return SIZE_MAX;
        table.entries = entries;
        table.capacity = capacity;
    }
    struct named added = { .path = strdup(path), .hash = hash };
    if (!added.path || getrandom(&added.token, sizeof added.token, 0) != sizeof added.token) {
        free(added.path);
        return SIZE_MAX;
    }
    table.entries[table.count] = added;
    return table.count++;
}

Boolean CFURLGetFSRef(CFURLRef url, FSRef *ref)
{
    char path[PATH_MAX];
    struct stat status;
    if (!ref || !CFURLGetFileSystemRepresentation(url, true, (UInt8 *)path, sizeof path) ||
        lstat(path, &status) != 0)
        return false;
    reference made = { 0 };
    pthread_mutex_lock(&table.lock);
    made.index = enter(path);
    if (made.index != SIZE_MAX)
        made.token = table.entries[made.index].token;
    pthread_mutex_unlock(&table.lock);
    if (made.index == SIZE_MAX)
        return false;
    memset(ref, 0, sizeof *ref);
    memcpy(ref->hidden, &made, sizeof made);
    return true;
}

CFURLRef CFURLCreateFromFSRef(CFAllocatorRef alloc, const FSRef *ref)
{
    if (!ref)
        return NULL;
    FSRef expected = { { 0 } };
    reference given;
    memcpy(&given, ref->hidden, sizeof given);
    memcpy(expected.hidden, &given, sizeof given);
    if (memcmp(&expected, ref, sizeof expected) != 0)
        return NULL;
    pthread_mutex_lock(&table.lock);
    bool known = given.index < table.count && table.entries[given.index].token == given.token;
    const char *path = known ? table.entries[given.index].path : NULL; /* stays: only the array moves */
    pthread_mutex_unlock(&table.lock);
    struct stat status;
    if (!path)
        return NULL;
    bool is_directory = stat(path, &status) == 0 && S_ISDIR(status.st_mode);
    return CFURLCreateFromFileSystemRepresentation(alloc, (const UInt8 *)path, (CFIndex)strlen(path),
                                                   is_directory);
}
