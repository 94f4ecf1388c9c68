/* When a monitor goes on with the guest that it finds (books.h), on the build machine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "books.h"

#define BODY 77u
#define SOON 1000u

static struct books books;

static int start(void **fixture)
{
    struct books_now now = { .ticks = 5, .soon = SOON, .fits = 1 };

    (void)fixture;
    books.shape = 1; /* what another version left */
    books.is_live = 1;
    books.resets = 9;
    assert_int_equal(books_judge(&books, BODY, &now), BOOKS_NOBODY);
    assert_int_equal(books.resets, 0);
    books.is_live = 1;
    books.resets = 4;
    return 0;
}

/* The next incarnation, so many ticks and exits later. */
static enum books_verdict next(uint64_t later, uint64_t exits, uint8_t has_crashed, uint8_t fits)
{
    static uint64_t ticks = 5;
    struct books_now now = { ticks += later, SOON, has_crashed, fits };

    books.state.exits[EXIT_HVC] += exits;
    return books_judge(&books, BODY, &now);
}

static void test_goes_on(void **fixture)
{
    (void)fixture;
    for (unsigned i = 0; i < 20; i++) { /* killed, by whomever: it is not the guest's fault */
        assert_int_equal(next(1, 0, 0, 1), BOOKS_GO_ON);
    }
    for (unsigned i = 0; i < 20; i++) { /* it crashes now and then */
        assert_int_equal(next(SOON, 0, 1, 1), BOOKS_GO_ON);
        assert_int_equal(next(1, BOOKS_FEW, 1, 1), BOOKS_GO_ON);
    }
    assert_int_equal(books.resets, 4);
}

static void test_poison(void **fixture)
{
    (void)fixture;
    assert_int_equal(next(SOON, 0, 1, 1), BOOKS_GO_ON);
    for (unsigned i = 1; i < BOOKS_TRIES; i++) {
        assert_int_equal(next(1, BOOKS_FEW - 1, 1, 1), BOOKS_GO_ON);
    }
    assert_int_equal(next(1, 0, 1, 1), BOOKS_POISON);
    assert_int_equal(next(1, 0, 1, 1), BOOKS_GO_ON); /* that one has a new guest */
}

static void test_nobody(void **fixture)
{
    struct books_now now = { .ticks = 9, .soon = SOON, .fits = 1 };

    (void)fixture;
    assert_int_equal(next(SOON, 0, 0, 0), BOOKS_NOBODY); /* other devices, or one of its own */
    assert_int_equal(books.resets, 4);
    books.is_live = 0;
    assert_int_equal(next(SOON, 0, 0, 1), BOOKS_NOBODY); /* off */
    assert_int_equal(books.resets, 4);
    books.is_live = 1;
    assert_int_equal(books_judge(&books, BODY + 1, &now), BOOKS_NOBODY); /* another body */
    assert_int_equal(books.is_live, 0);
    assert_int_equal(books.body, BODY + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_goes_on, start),
        cmocka_unit_test_setup(test_poison, start),
        cmocka_unit_test_setup(test_nobody, start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
