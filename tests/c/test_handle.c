#include "base/handle.h"
#include "base/workers.h"
#include "check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

static _Atomic int destroyed;

static void count_destroy(void *object)
{
    (void)object;
    destroyed++;
}

static void test_stale_and_foreign_handles(void)
{
    int object;
    void *handle = cm_handle_new(CM_KIND_AUDIO_FILE, &object, count_destroy);
    CHECK((intptr_t)handle > 0);
    CHECK(cm_handle_pin(handle, CM_KIND_AUDIO_FILE) == &object);
    cm_handle_unpin(handle);
    CHECK(cm_handle_pin(handle, CM_KIND_AUDIO_CONVERTER) == NULL);
    CHECK(cm_handle_pin(NULL, CM_KIND_AUDIO_FILE) == NULL);
    CHECK(cm_handle_pin((void *)(uintptr_t)-1, CM_KIND_AUDIO_FILE) == NULL);
    CHECK(cm_handle_pin(&object, CM_KIND_AUDIO_FILE) == NULL);
    CHECK(cm_handle_retire(handle, CM_KIND_AUDIO_FILE));
    CHECK(!cm_handle_retire(handle, CM_KIND_AUDIO_FILE));
    CHECK(cm_handle_pin(handle, CM_KIND_AUDIO_FILE) == NULL);
    CHECK_EQ(destroyed, 1);

    void *next = cm_handle_new(CM_KIND_AUDIO_FILE, &object, count_destroy);
    CHECK(next != handle);
    CHECK(cm_handle_pin(handle, CM_KIND_AUDIO_FILE) == NULL);
    cm_handle_retire(next, CM_KIND_AUDIO_FILE);
    CHECK_EQ(cm_handle_count(CM_KIND_AUDIO_FILE), 0);
}

static void test_object_outlives_close_while_pinned(void)
{
    int object;
    destroyed = 0;
    void *handle = cm_handle_new(CM_KIND_AUDIO_FILE, &object, count_destroy);
    CHECK(cm_handle_pin(handle, CM_KIND_AUDIO_FILE) == &object);
    CHECK(cm_handle_retire(handle, CM_KIND_AUDIO_FILE));
    CHECK_EQ(destroyed, 0);
    cm_handle_unpin(handle);
    CHECK_EQ(destroyed, 1);
}

static void *shared_handle;
static _Atomic int retired;

static void *pin_and_race_to_close(void *unused)
{
    (void)unused;
    for (int i = 0; i < 100000; i++)
        if (cm_handle_pin(shared_handle, CM_KIND_AUDIO_FILE))
            cm_handle_unpin(shared_handle);
    if (cm_handle_retire(shared_handle, CM_KIND_AUDIO_FILE))
        retired++;
    return NULL;
}

static void test_one_of_many_closes_wins(void)
{
    int object;
    for (int round = 0; round < 20; round++) {
        destroyed = retired = 0;
        shared_handle = cm_handle_new(CM_KIND_AUDIO_FILE, &object, count_destroy);
        pthread_t threads[4];
        for (int i = 0; i < 4; i++)
            pthread_create(&threads[i], NULL, pin_and_race_to_close, NULL);
        for (int i = 0; i < 4; i++)
            pthread_join(threads[i], NULL);
        CHECK_EQ(retired, 1);
        CHECK_EQ(destroyed, 1);
    }
}

static void test_many_handles(void)
{
    enum { COUNT = 5000 };
    static void *handles[COUNT];
    static int objects[COUNT];
    for (int i = 0; i < COUNT; i++)
        handles[i] = cm_handle_new(CM_KIND_EXT_AUDIO_FILE, &objects[i], count_destroy);
    CHECK_EQ(cm_handle_count(CM_KIND_EXT_AUDIO_FILE), COUNT);
    for (int i = 0; i < COUNT; i++) {
        CHECK(cm_handle_pin(handles[i], CM_KIND_EXT_AUDIO_FILE) == &objects[i]);
        cm_handle_unpin(handles[i]);
        CHECK(cm_handle_retire(handles[i], CM_KIND_EXT_AUDIO_FILE));
    }
    CHECK_EQ(cm_handle_count(CM_KIND_EXT_AUDIO_FILE), 0);
}

static _Atomic int pieces[1000];

static void mark_piece(void *context, size_t index)
{
    (void)context;
    pieces[index]++;
}

static void test_workers_run_each_piece_once(void)
{
    for (int round = 0; round < 100; round++)
        cm_workers_run(1000, mark_piece, NULL);
    for (int i = 0; i < 1000; i++)
        CHECK_EQ(pieces[i], 100);
}

int main(void)
{
    RUN(test_stale_and_foreign_handles);
    RUN(test_object_outlives_close_while_pinned);
    RUN(test_one_of_many_closes_wins);
    RUN(test_many_handles);
    RUN(test_workers_run_each_piece_once);
    return 0;
}
