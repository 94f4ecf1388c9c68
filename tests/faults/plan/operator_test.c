/* Fault operators on instructions whose encodings are known (assembled by binutils), and what none of them may do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "operator.h"

#define AT  0x400000u
#define NOP 0xd503201fu

static uint32_t words[] = {
    0xaa0103e0, /*  0 mov x0, x1 */
    0x52800022, /*  1 mov w2, #1 */
    0x9400000a, /*  2 bl #40: to word 12 */
    0xf9400821, /*  3 ldr x1, [x1, #16] */
    0xa9007c5f, /*  4 stp xzr, xzr, [x2] */
    0x54000041, /*  5 b.ne #8 */
    0xb4000040, /*  6 cbz x0, #8 */
    0x36080040, /*  7 tbz w0, #1, #8 */
    0xc89ffc20, /*  8 stlr x0, [x1] */
    0xd5033bbf, /*  9 dmb ish */
    0xd4000001, /* 10 svc #0 */
    0xd4000041, /* 11 svc #2 */
    0xd4000021, /* 12 svc #1 */
    0x8b020020, /* 13 add x0, x1, x2 */
    0xd503201f, /* 14 nop */
    0x14000000, /* 15 b #0 */
};

static const struct text text = { AT, sizeof words / 4, words };

static bool is_reply(uint64_t address)
{
    return address == AT + 4 * 12;
}

/* What the operator makes of that word; 0: nothing. */
static uint32_t apply(enum operator op, unsigned i, uint64_t random)
{
    uint32_t to = 0;

    return operator_apply(op, &text, AT + 4 * i, random, is_reply, &to) ? to : 0;
}

/* Exactly these words are dropped. */
static void assert_drops(enum operator op, uint32_t those)
{
    for (unsigned i = 0; i < text.words; i++) {
        assert_int_equal(apply(op, i, 7), those >> i & 1 ? NOP : 0);
    }
}

static void test_dropped(void **state)
{
    (void)state;
    assert_drops(OPERATOR_ARGUMENT, 1u << 0 | 1u << 1);
    assert_drops(OPERATOR_INITIAL, 1u << 4);
    assert_drops(OPERATOR_CALL, 1u << 2);
    assert_drops(OPERATOR_RELEASE, 1u << 8);
    assert_drops(OPERATOR_BARRIER, 1u << 9);
    assert_drops(OPERATOR_ACKNOWLEDGE, 1u << 10);
    assert_drops(OPERATOR_SIGNAL, 1u << 11);
    assert_drops(OPERATOR_REPLY, 1u << 2 | 1u << 12);
    assert_drops(OPERATOR_NOP, 0xbfff);
}

static void test_branches(void **state)
{
    (void)state;
    assert_int_equal(apply(OPERATOR_BRANCH, 5, 0), 0x54000040); /* b.eq */
    assert_int_equal(apply(OPERATOR_BRANCH, 6, 0), 0xb5000040); /* cbnz */
    assert_int_equal(apply(OPERATOR_BRANCH, 7, 0), 0x37080040); /* tbnz */
    assert_int_equal(apply(OPERATOR_BRANCH, 13, 0), 0);
    assert_int_equal(apply(OPERATOR_STOP, 13, 0), 0x14000000);
    assert_int_equal(apply(OPERATOR_STOP, 15, 0), 0);
}

static void test_registers(void **state)
{
    (void)state;
    assert_int_equal(apply(OPERATOR_DESTINATION, 13, 0), 0x8b020021); /* x1 */
    assert_int_equal(apply(OPERATOR_SOURCE, 13, 0), 0x8b020040);      /* x2, x2 */
    assert_int_equal(apply(OPERATOR_DESTINATION, 3, 0), 0xf9400822);  /* x2 */
    assert_int_equal(apply(OPERATOR_BASE, 3, 0), 0xf9400841);         /* [x2, #16] */
    assert_int_equal(apply(OPERATOR_BASE, 13, 0), 0);
    assert_int_equal(apply(OPERATOR_OFFSET, 3, 0), 0xf9400c21); /* #24 */
    assert_int_equal(apply(OPERATOR_OFFSET, 3, 1), 0xf9400421); /* #8 */
    assert_int_equal(apply(OPERATOR_OFFSET, 4, 0), 0xa900fc5f); /* [x2, #8] */
    assert_int_equal(apply(OPERATOR_DESTINATION, 4, 0), 0);     /* a store */
    assert_int_equal(apply(OPERATOR_DESTINATION, 10, 0), 0);
}

/* A fault changes something, and can be applied only where there is text. */
static void test_all(void **state)
{
    uint32_t to;

    (void)state;
    for (enum operator op = 0; operators[op].group == GROUP_TEXT; op++) {
        for (unsigned i = 0; i < text.words; i++) {
            for (uint64_t random = 0; random < 2000; random++) {
                uint64_t r = random * 0x9e3779b97f4a7c15ull;

                if (operator_apply(op, &text, AT + 4 * i, r, is_reply, &to)) {
                    assert_int_not_equal(to, words[i]);
                }
            }
        }
        assert_false(operator_apply(op, &text, AT - 4, 0, is_reply, &to));
        assert_false(operator_apply(op, &text, AT + 2, 0, is_reply, &to));
        assert_false(operator_apply(op, &text, AT + sizeof words, 0, is_reply, &to));
    }
}

static void test_names(void **state)
{
    (void)state;
    for (enum operator op = 0; op < OPERATOR_COUNT; op++) {
        assert_int_equal(operator_find(operators[op].name), op);
    }
    assert_int_equal(operator_find("none"), OPERATOR_COUNT);
}

static void test_text(void **state)
{
    struct text t = { 0 };

    (void)state;
    assert_false(text_read("/dev/null", &t));
    assert_false(text_read("/nowhere", &t));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dropped),   cmocka_unit_test(test_branches),
        cmocka_unit_test(test_registers), cmocka_unit_test(test_all),
        cmocka_unit_test(test_names),     cmocka_unit_test(test_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
