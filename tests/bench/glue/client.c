#include <stdio.h>

#include <tess/mark.h>

#include "GlueClient.h"

#define ROUNDS 64

/* The compiler can neither compute before the first mark nor after the second one. */
#define HOLD(x) __asm__ volatile("" : "+r"(x))

struct self {
    char unused;
};

/* What `direct` is compared with: a call of a function in the same file. */
static int32_t plain(int32_t a, int32_t b)
{
    return a + b;
}

static int32_t round_far(struct self *self, int32_t a, int32_t b)
{
    int32_t sum = 0;

    TESS_MARK_BEGIN(1001);
    HOLD(a);
    HOLD(b);
    (void)far_g(self, a, b, &sum);
    HOLD(sum);
    TESS_MARK_END(1001);
    return sum;
}

static int32_t round_watched(struct self *self, int32_t a, int32_t b)
{
    int32_t sum = 0;

    TESS_MARK_BEGIN(1002);
    HOLD(a);
    HOLD(b);
    (void)watched_g(self, a, b, &sum);
    HOLD(sum);
    TESS_MARK_END(1002);
    return sum;
}

static int32_t round_near(struct self *self, int32_t a, int32_t b)
{
    int32_t sum = 0;

    TESS_MARK_BEGIN(1003);
    HOLD(a);
    HOLD(b);
    (void)near_g(self, a, b, &sum);
    HOLD(sum);
    TESS_MARK_END(1003);
    return sum;
}

static int32_t round_plain(int32_t a, int32_t b)
{
    int32_t sum = 0;

    TESS_MARK_BEGIN(1004);
    HOLD(a);
    HOLD(b);
    sum = plain(a, b);
    HOLD(sum);
    TESS_MARK_END(1004);
    return sum;
}

static void round_queue(struct self *self, uint64_t a)
{
    TESS_MARK_BEGIN(1005);
    (void)queue_put(self, a, a, a, a);
    TESS_MARK_END(1005);
}

static void round_bell(struct self *self)
{
    TESS_MARK_BEGIN(1007);
    bell_emit(self);
}

/* From the call that kills the server to the first answer of the next incarnation. */
static uint64_t round_fragile(struct self *self, uint64_t x)
{
    uint64_t y = 0;

    TESS_MARK_BEGIN(1008);
    (void)fragile_crash(self);
    (void)fragile_echo(self, x, &y);
    TESS_MARK_END(1008);
    return y;
}

int run(struct self *self)
{
    int32_t sum = 0;

    for (int32_t i = 0; i < ROUNDS; i++) {
        sum += round_far(self, i, 1);
        sum += round_watched(self, i, 1);
        sum += round_near(self, i, 1);
        sum += round_plain(i, 1);
        round_bell(self);
    }
    for (uint64_t i = 0; i < ROUNDS; i++) {
        round_queue(self, i);
    }
    for (int32_t i = 0; i < ROUNDS; i++) {
        sum += round_fragile(self, 1) == 1;
    }
    printf("glue: %d\n", (int)sum);
    return 0;
}
