#include "base/ring.h"
#include "check.h"

#include <pthread.h>
#include <sched.h>

enum { NUMBERS = 2000000 };

static cm_ring ring;

static void *write_numbers(void *unused)
{
    (void)unused;
    for (uint32_t i = 0; i < NUMBERS;)
        if (cm_ring_write(&ring, &i, sizeof i))
            i++;
        else
            sched_yield();
    return NULL;
}

static void test_two_threads_pass_every_byte_in_order(void)
{
    CHECK(cm_ring_init(&ring, 100));
    CHECK_EQ(ring.capacity, 128);
    pthread_t writer;
    pthread_create(&writer, NULL, write_numbers, NULL);
    for (uint32_t expected = 0; expected < NUMBERS;) {
        uint32_t number;
        if (!cm_ring_read(&ring, &number, sizeof number)) {
            sched_yield();
            continue;
        }
        CHECK_EQ(number, expected);
        expected++;
    }
    pthread_join(writer, NULL);
    cm_ring_free(&ring);
}

static void test_all_or_nothing(void)
{
    char bytes[100] = { 1, 2, 3 };
    CHECK(cm_ring_init(&ring, 64));
    CHECK(!cm_ring_read(&ring, bytes, 1));
    CHECK(cm_ring_write(&ring, bytes, 40));
    CHECK(!cm_ring_write(&ring, bytes, 25));
    CHECK_EQ(cm_ring_readable(&ring), 40);
    CHECK(cm_ring_write(&ring, bytes, 24));
    CHECK_EQ(cm_ring_writable(&ring), 0);
    CHECK(!cm_ring_read(&ring, bytes, 65));
    cm_ring_clear(&ring);
    CHECK_EQ(cm_ring_readable(&ring), 0);
    cm_ring_free(&ring);
}

int main(void)
{
    RUN(test_two_threads_pass_every_byte_in_order);
    RUN(test_all_or_nothing);
    return 0;
}
