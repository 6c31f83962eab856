#include "block.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>

/* What the compiler makes of a block (Block-ABI-Apple: the part before the captured values). */
typedef struct literal {
    void *isa;
    int flags;
    int reserved;
    cm_block_code invoke;
    const void *descriptor;
} literal;

enum { IS_GLOBAL = 1 << 28 }; /* captures nothing and is never freed: its own copy */

static struct {
    pthread_once_t once;
    void *(*copy)(const void *block);
    void (*release)(const void *block);
} runtime = { .once = PTHREAD_ONCE_INIT };

static bool find_in(void *library)
{
    *(void **)&runtime.copy = dlsym(library, "_Block_copy");
    *(void **)&runtime.release = dlsym(library, "_Block_release");
    return runtime.copy && runtime.release;
}

/* The program's own first; one that it has to itself (linked in, or behind RTLD_LOCAL) is as good as ours. */
static void find_runtime(void)
{
    static const char *const names[] = { "libBlocksRuntime.so.0", "libBlocksRuntime.so" };
    bool found = find_in(RTLD_DEFAULT);
    for (size_t i = 0; !found && i < sizeof names / sizeof *names; i++) {
        void *library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
        found = library && find_in(library);
    }
    if (!found)
        runtime.copy = NULL;
}

static bool is_global(const void *block)
{
    return ((const literal *)block)->flags & IS_GLOBAL;
}

OSStatus cm_block_copy(const void *block, const void **out)
{
    *out = block;
    if (!block || is_global(block))
        return noErr;
    *out = NULL;
    pthread_once(&runtime.once, find_runtime);
    if (!runtime.copy)
        return cm_fail(cmParamError, "a block that captures values needs the library that copies it: "
                                     "install libblocksruntime0, or link -lBlocksRuntime");
    *out = runtime.copy(block);
    return *out ? noErr : cmMemFullError;
}

void cm_block_release(const void *block)
{
    if (block && !is_global(block))
        runtime.release(block);
}

cm_block_code cm_block_invoke(const void *block)
{
    return ((const literal *)block)->invoke;
}
