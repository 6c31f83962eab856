#include "base/realtime.h"
#include "check.h"

#include <pthread.h>
#include <unistd.h>

static void *volatile block; /* volatile, so that the compiler keeps what nobody uses */

static unsigned long count(void (*work)(void))
{
    unsigned long before = cm_render_violations(NULL);
    work();
    return cm_render_violations(NULL) - before;
}

static void allocate(void)
{
    block = malloc(10);
    block = realloc(block, 20);
    free(block);
}

static void allocate_while_rendering(void)
{
    cm_render_begin();
    allocate();
    cm_render_end();
}

static void lock_while_rendering(void)
{
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    cm_render_begin();
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
    cm_render_end();
}

static void write_while_rendering(void)
{
    cm_render_begin();
    CHECK_EQ(write(STDERR_FILENO, "", 0), 0);
    cm_render_end();
}

static void *allocate_in_thread(void *unused)
{
    (void)unused;
    allocate();
    return NULL;
}

/* Another thread may do what it likes meanwhile; joining it is a violation of its own. */
static void render_while_another_allocates(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, allocate_in_thread, NULL);
    cm_render_begin();
    usleep(0);
    cm_render_end();
    pthread_join(thread, NULL);
}

static void test_brackets_nest(void)
{
    CHECK(!cm_render_active());
    cm_render_begin();
    cm_render_begin();
    cm_render_end();
    CHECK(cm_render_active());
    cm_render_end();
    CHECK(!cm_render_active());
}

static void test_violations_are_counted(void)
{
    const char *first;
    if (!cm_render_is_checked())
        return;
    CHECK_EQ(count(allocate), 0);
    CHECK_EQ(cm_render_violations(&first), 0);
    CHECK(first == NULL);
    CHECK_EQ(count(allocate_while_rendering), 3);
    CHECK_EQ(count(lock_while_rendering), 1);
    CHECK_EQ(count(write_while_rendering), 1);
    CHECK_EQ(count(render_while_another_allocates), 0);
    cm_render_violations(&first);
    CHECK_STR(first, "malloc");
}

int main(void)
{
    RUN(test_brackets_nest);
    RUN(test_violations_are_counted);
    return 0;
}
