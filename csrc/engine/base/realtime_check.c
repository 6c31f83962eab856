/*
 * realtime_check.c: in a build that counts violations, the C library's functions that a render thread may not
 * call, each in front of the real one. Linked into a program, they are called by everything in it.
 */
#include "realtime.h"

#include <stdatomic.h>
#include <stddef.h>

static _Atomic unsigned long violations;
static _Atomic(const char *) first_violation;

unsigned long cm_render_violations(const char **first)
{
    if (first)
        *first = atomic_load(&first_violation);
    return atomic_load(&violations);
}

#ifndef CM_CHECK_RENDER

bool cm_render_is_checked(void)
{
    return false;
}

#else

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

bool cm_render_is_checked(void)
{
    return true;
}

static void check(const char *name)
{
    const char *none = NULL;
    if (!cm_render_active())
        return;
    atomic_compare_exchange_strong(&first_violation, &none, name);
    atomic_fetch_add(&violations, 1);
}

/* glibc's allocator under its other names: finding it with dlsym would allocate. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *memory);

void *malloc(size_t size)
{
    check("malloc");
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    check("calloc");
    return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    check("realloc");
    return __libc_realloc(memory, size);
}

void *memalign(size_t alignment, size_t size)
{
    check("memalign");
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    check("aligned_alloc");
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
    check("posix_memalign");
    void *memory = __libc_memalign(alignment, size);
    if (memory)
        *out = memory;
    return memory ? 0 : ENOMEM;
}

void free(void *memory)
{
    if (memory)
        check("free");
    __libc_free(memory);
}

/* Defines `name` in front of the C library's function of that name. */
#define IN_FRONT(result, name, parameters, arguments)                                                        \
    result name parameters                                                                                   \
    {                                                                                                        \
        static _Atomic(void *) real;                                                                         \
        void *function = atomic_load(&real);                                                                 \
        check(#name);                                                                                        \
        if (!function)                                                                                       \
            atomic_store(&real, function = dlsym(RTLD_NEXT, #name));                                         \
        return (*(__typeof__(&name))function)arguments;                                                      \
    }

IN_FRONT(int, pthread_mutex_lock, (pthread_mutex_t * mutex), (mutex))
IN_FRONT(int, pthread_rwlock_rdlock, (pthread_rwlock_t * lock), (lock))
IN_FRONT(int, pthread_rwlock_wrlock, (pthread_rwlock_t * lock), (lock))
IN_FRONT(int, pthread_join, (pthread_t thread, void **result), (thread, result))
IN_FRONT(int, nanosleep, (const struct timespec *time, struct timespec *rest), (time, rest))
IN_FRONT(ssize_t, read, (int file, void *buffer, size_t size), (file, buffer, size))
IN_FRONT(ssize_t, write, (int file, const void *buffer, size_t size), (file, buffer, size))

#endif
