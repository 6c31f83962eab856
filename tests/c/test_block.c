/* Blocks made by hand, as Clang's block ABI specification writes them out. */
#include "base/block.h"
#include "check.h"

#include <dlfcn.h>
#include <stdlib.h>

typedef struct block {
    void *isa;
    int flags;
    int reserved;
    int (*invoke)(const struct block *self, int argument);
    const struct descriptor {
        unsigned long reserved;
        unsigned long size;
        void (*copy_helper)(void *to, const void *from);
        void (*dispose_helper)(const void *block);
    } * descriptor;
    int captured;
} block;

enum { HAS_COPY_DISPOSE = 1 << 25, IS_GLOBAL = 1 << 28 };

typedef int (*adder)(const void *self, int argument);

static int copies, disposals;

static int add(const block *self, int argument)
{
    return self->captured + argument;
}

static void count_copy(void *to, const void *from)
{
    (void)to, (void)from;
    copies++;
}

static void count_disposal(const void *self)
{
    (void)self;
    disposals++;
}

static const struct descriptor description = { 0, sizeof(block), count_copy, count_disposal };

static int run(const void *which, int argument)
{
    return ((adder)cm_block_invoke(which))(which, argument);
}

static void a_global_block_is_its_own_copy(void)
{
    static const block global = { NULL, IS_GLOBAL, 0, add, &description, 40 };
    const void *copy = NULL;
    CHECK_EQ(cm_block_copy(&global, &copy), noErr);
    CHECK(copy == &global);
    CHECK_EQ(run(copy, 2), 42);
    cm_block_release(copy);
}

static void no_block_is_none(void)
{
    const void *copy = "something";
    CHECK_EQ(cm_block_copy(NULL, &copy), noErr);
    CHECK(!copy);
    cm_block_release(NULL);
}

static void a_block_on_the_stack_is_copied_and_freed(void)
{
    void *library = dlopen("libBlocksRuntime.so.0", RTLD_NOW);
    CHECK(library != NULL);
    block here = { dlsym(library, "_NSConcreteStackBlock"), HAS_COPY_DISPOSE, 0, add, &description, 7 };
    const void *copy = NULL, *again = NULL;
    CHECK_EQ(cm_block_copy(&here, &copy), noErr);
    CHECK(copy && copy != &here);
    CHECK_EQ(copies, 1);
    here.captured = 1000;
    CHECK_EQ(run(copy, 3), 10);
    CHECK_EQ(cm_block_copy(copy, &again), noErr);
    CHECK(again == copy);
    cm_block_release(again);
    CHECK_EQ(disposals, 0);
    CHECK_EQ(run(copy, 4), 11);
    cm_block_release(copy);
    CHECK_EQ(disposals, 1);
}

int main(void)
{
    RUN(a_global_block_is_its_own_copy);
    RUN(no_block_is_none);
    RUN(a_block_on_the_stack_is_copied_and_freed);
    return 0;
}
