#include "fiber.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#define STACK_BYTES ((size_t)512 << 10) /* address space; pages come when they are touched */

/* The sanitizers have to be told of a change of stacks. */
#ifdef __has_feature
#define HAS(feature) __has_feature(feature)
#else
#define HAS(feature) 0
#endif
#if defined __SANITIZE_ADDRESS__ || HAS(address_sanitizer)
void __sanitizer_start_switch_fiber(void **save, const void *bottom, size_t size);
void __sanitizer_finish_switch_fiber(void *save, const void **bottom, size_t *size);
#define LEAVING(save, bottom, size) __sanitizer_start_switch_fiber(save, bottom, size)
#define ARRIVED(save, bottom, size) __sanitizer_finish_switch_fiber(save, bottom, size)
#else
#define LEAVING(save, bottom, size) (void)0
#define ARRIVED(save, bottom, size) (void)0
#endif
#if defined __SANITIZE_THREAD__ || HAS(thread_sanitizer)
void *__tsan_get_current_fiber(void);
void *__tsan_create_fiber(unsigned flags);
void __tsan_destroy_fiber(void *fiber);
void __tsan_switch_to_fiber(void *fiber, unsigned flags);
#else
#define __tsan_get_current_fiber() NULL
#define __tsan_create_fiber(flags) NULL
#define __tsan_destroy_fiber(fiber) (void)(fiber)
#define __tsan_switch_to_fiber(fiber, flags) (void)(fiber)
#endif

struct cm_fiber {
    void (*work)(void *context);
    void *context;
    ucontext_t own, caller;
    char *pages; /* a guard page, then the stack */
    size_t page_bytes;
    bool begun, running, finished;
    const void *caller_stack;
    size_t caller_stack_bytes;
    void *own_frames, *caller_frames; /* the address sanitizer's */
    void *own_thread, *caller_thread; /* the thread sanitizer's */
};

/* Apart, since a function that calls getcontext cannot keep variables in registers. */
__attribute__((noinline)) static bool fill_in(ucontext_t *context)
{
    return getcontext(context) == 0;
}

cm_fiber *cm_fiber_new(void (*work)(void *context), void *context)
{
    cm_fiber *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    size_t guard = (size_t)sysconf(_SC_PAGESIZE);
    f->work = work;
    f->context = context;
    f->page_bytes = guard + STACK_BYTES;
    f->pages = mmap(NULL, f->page_bytes, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (f->pages == MAP_FAILED || mprotect(f->pages, guard, PROT_NONE) != 0 || !fill_in(&f->own)) {
        if (f->pages != MAP_FAILED)
            munmap(f->pages, f->page_bytes);
        free(f);
        return NULL;
    }
    f->own.uc_stack.ss_sp = f->pages + guard;
    f->own.uc_stack.ss_size = STACK_BYTES;
    f->own_thread = __tsan_create_fiber(0);
    return f;
}

void cm_fiber_free(cm_fiber *fiber)
{
    if (!fiber)
        return;
    __tsan_destroy_fiber(fiber->own_thread);
    munmap(fiber->pages, fiber->page_bytes);
    free(fiber);
}

/* makecontext passes ints only, so the address comes in two halves. */
static void enter(unsigned high, unsigned low)
{
    cm_fiber *f = (cm_fiber *)(uintptr_t)((uint64_t)high << 32 | low);
    ARRIVED(NULL, &f->caller_stack, &f->caller_stack_bytes);
    f->work(f->context);
    f->finished = true;
    LEAVING(NULL, f->caller_stack, f->caller_stack_bytes);
    __tsan_switch_to_fiber(f->caller_thread, 0);
    setcontext(&f->caller);
}

void cm_fiber_resume(cm_fiber *fiber)
{
    if (fiber->finished)
        return;
    if (!fiber->begun) {
        uint64_t address = (uintptr_t)fiber;
        makecontext(&fiber->own, (void (*)(void))enter, 2, (unsigned)(address >> 32), (unsigned)address);
    }
    fiber->begun = fiber->running = true;
    fiber->caller_thread = __tsan_get_current_fiber();
    LEAVING(&fiber->caller_frames, fiber->own.uc_stack.ss_sp, STACK_BYTES);
    __tsan_switch_to_fiber(fiber->own_thread, 0);
    swapcontext(&fiber->caller, &fiber->own);
    ARRIVED(fiber->caller_frames, NULL, NULL);
    fiber->running = false;
}

void cm_fiber_pause(cm_fiber *fiber)
{
    LEAVING(&fiber->own_frames, fiber->caller_stack, fiber->caller_stack_bytes);
    __tsan_switch_to_fiber(fiber->caller_thread, 0);
    swapcontext(&fiber->own, &fiber->caller);
    ARRIVED(fiber->own_frames, &fiber->caller_stack, &fiber->caller_stack_bytes);
}

bool cm_fiber_is_running(const cm_fiber *fiber)
{
    return fiber->running;
}

bool cm_fiber_has_begun(const cm_fiber *fiber)
{
    return fiber->begun;
}

bool cm_fiber_has_finished(const cm_fiber *fiber)
{
    return fiber->finished;
}
