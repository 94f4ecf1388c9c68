/* The two sides of a ring in two threads, under the thread sanitizer: no data race, nothing lost, no lost wake-up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <cmocka.h>

#include "peers.h"

static void *produce(void *w)
{
    peers_produce(w);
    return NULL;
}

static void *consume(void *w)
{
    peers_consume(w);
    return NULL;
}

static void run(uint64_t size, uint64_t records, bool polls)
{
    struct kept kept = { .which_done = 0 };
    struct peers w = { .size = size, .kept = &kept, .polls = polls };
    pthread_t producer, consumer;

    assert_int_equal(posix_memalign((void **)&w.theirs, RING_PAGE, RING_PRODUCER_BYTES(size)), 0);
    assert_int_equal(posix_memalign((void **)&w.ours, RING_PAGE, RING_CONSUMER_BYTES), 0);
    memset(w.theirs, 0, RING_PRODUCER_BYTES(size));
    memset(w.ours, 0, RING_CONSUMER_BYTES);
    w.to_consumer = eventfd(0, EFD_NONBLOCK);
    w.to_producer = eventfd(0, EFD_NONBLOCK);
    kept.last = records;
    assert_int_equal(pthread_create(&producer, NULL, produce, &w), 0);
    assert_int_equal(pthread_create(&consumer, NULL, consume, &w), 0);
    assert_int_equal(pthread_join(producer, NULL), 0);
    assert_int_equal(pthread_join(consumer, NULL), 0);
    assert_int_equal(kept.wrong, 0);
    assert_int_equal(kept.received, records);
    close(w.to_consumer);
    close(w.to_producer);
    free(w.theirs);
    free(w.ours);
}

static void threads_that_poll(void **state)
{
    (void)state;
    run(4096, 100000, true);
    run(128, 30000, true);
}

static void threads_that_wait(void **state)
{
    (void)state;
    run(4096, 100000, false);
    run(128, 30000, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_that_poll),
        cmocka_unit_test(threads_that_wait),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
