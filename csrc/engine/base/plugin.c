#include "plugin.h"

#include "fork.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdbool.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define MAX_PLUGINS 8

/* What a reader should install when a plug-in's own libraries are missing. */
static const struct {
    const char *name;
    const char *advice;
} advice_table[] = {
    { "ffmpeg",
      "decoding and encoding this format needs FFmpeg's libavcodec (Debian: apt install libavcodec59)" },
};

static struct {
    pthread_mutex_t lock;
    struct {
        char name[32];
        void *library;
        char problem[256];
    } entries[MAX_PLUGINS];
    size_t count;
} plugins = { .lock = PTHREAD_MUTEX_INITIALIZER };

CM_FREE_IN_CHILD(&plugins.lock)

static const char *advice_for(const char *name)
{
    for (size_t i = 0; i < sizeof advice_table / sizeof *advice_table; i++)
        if (strcmp(advice_table[i].name, name) == 0)
            return advice_table[i].advice;
    return "this part of coremusic is not installed";
}

static bool path_beside_engine(const char *name, char *path, size_t size)
{
    Dl_info self;
    if (!dladdr((void *)(size_t)cm_plugin_symbol, &self) || !self.dli_fname)
        return false;
    const char *slash = strrchr(self.dli_fname, '/');
    int folder = slash ? (int)(slash - self.dli_fname) : 1;
    int length = snprintf(path, size, "%.*s/libcoremusic-%s.so", folder, slash ? self.dli_fname : ".", name);
    return length > 0 && (size_t)length < size;
}

static size_t entry_for(const char *name)
{
    size_t i = 0;
    while (i < plugins.count && strcmp(plugins.entries[i].name, name) != 0)
        i++;
    if (i < plugins.count || i == MAX_PLUGINS)
        return i;
    plugins.count++;
    snprintf(plugins.entries[i].name, sizeof plugins.entries[i].name, "%s", name);
    char path[PATH_MAX];
    if (path_beside_engine(name, path, sizeof path))
        plugins.entries[i].library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!plugins.entries[i].library) {
        const char *reason = dlerror();
        snprintf(plugins.entries[i].problem, sizeof plugins.entries[i].problem, "%s; %s", advice_for(name),
                 reason ? reason : "not found");
    }
    return i;
}

const void *cm_plugin_symbol(const char *name, const char *symbol, OSStatus status_if_missing)
{
    const void *address = NULL;
    pthread_mutex_lock(&plugins.lock);
    size_t i = entry_for(name);
    if (i < MAX_PLUGINS && plugins.entries[i].library)
        address = dlsym(plugins.entries[i].library, symbol);
    if (!address)
        cm_fail(status_if_missing, "%s", i < MAX_PLUGINS ? plugins.entries[i].problem : "too many plug-ins");
    pthread_mutex_unlock(&plugins.lock);
    return address;
}
