/*
 * The two sides of a ring in two processes that are killed at random instructions and started again: no record is lost, none
 * is done twice, nobody sleeps for ever.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <cmocka.h>
#include <tess/random.h>

#include "peers.h"

enum { KILLS = 400 };

static uint64_t random_state = 17;

static uint64_t random64(void)
{
    return tess_random(&random_state);
}

static void *shared(uint64_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    assert_true(memory != MAP_FAILED);
    return memory;
}

static pid_t start(struct peers *w, void (*side)(struct peers *))
{
    pid_t pid = fork();

    if (pid == 0) {
        alarm(60);
        side(w);
        _exit(0);
    }
    assert_true(pid > 0);
    return pid;
}

static void killed_at_random(void **state)
{
    static void (*const side[2])(struct peers *) = { peers_produce, peers_consume };
    struct peers w = { .size = 256 };
    uint64_t kills = 0, alive = 0;
    pid_t pid[2];

    (void)state;
    w.theirs = shared(RING_PRODUCER_BYTES(RING_PAGE));
    w.ours = shared(RING_CONSUMER_BYTES);
    w.kept = shared(sizeof *w.kept);
    w.to_consumer = eventfd(0, EFD_NONBLOCK);
    w.to_producer = eventfd(0, EFD_NONBLOCK);
    w.kept->last = UINT64_MAX;
    pid[0] = start(&w, side[0]);
    pid[1] = start(&w, side[1]);
    while (kills++ < KILLS && w.kept->wrong == 0) {
        struct timespec while_ = { .tv_nsec = (long)(random64() % 2000000) };
        uint64_t who = random64() % 2, before = w.kept->received;

        nanosleep(&while_, NULL);
        kill(pid[who], SIGKILL);
        assert_int_equal(waitpid(pid[who], NULL, 0), pid[who]);
        pid[who] = start(&w, side[who]);
        alive += w.kept->received != before;
    }
    w.kept->last = w.kept->sent + 1000;
    for (int i = 0; i < 2; i++) {
        peers_signal(w.to_consumer);
        peers_signal(w.to_producer);
        assert_int_equal(waitpid(pid[i], NULL, 0), pid[i]);
    }
    assert_int_equal(w.kept->wrong, 0);
    assert_int_equal(w.kept->received, w.kept->last);
    assert_true(alive > KILLS / 20); /* it was not idle all the time */
    close(w.to_consumer);
    close(w.to_producer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_at_random),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
