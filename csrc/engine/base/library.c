#include "library.h"

#include <dlfcn.h>

/* With the lock held. */
static OSStatus fill(const cm_library *library, void *handle, OSStatus status_if_missing)
{
    for (size_t i = 0; i < library->count; i++) {
        const cm_symbol *symbol = &library->symbols[i];
        *symbol->address = dlsym(handle, symbol->name);
        if (!*symbol->address && !symbol->optional)
            return cm_fail(status_if_missing, "%s: %s is too old: no %s in it", library->advice,
                           library->file, symbol->name);
    }
    return 0;
}

static OSStatus load(cm_library *library, OSStatus status_if_missing)
{
    void *handle = dlopen(library->file, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        const char *reason = dlerror();
        return cm_fail(status_if_missing, "%s: %s", library->advice, reason ? reason : "not found");
    }
    OSStatus status = fill(library, handle, status_if_missing);
    if (status)
        dlclose(handle);
    else
        library->handle = handle;
    return status;
}

OSStatus cm_library_open(cm_library *library, OSStatus status_if_missing)
{
    pthread_mutex_lock(&library->lock);
    OSStatus status = library->handle ? 0 : load(library, status_if_missing);
    pthread_mutex_unlock(&library->lock);
    return status;
}
