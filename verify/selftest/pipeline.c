/*
 * Harnesses about prove.sh itself: the tool chain must tell a proof from a failure, from too few loop turns, from an
 * overflow, and from a vacuous proof.  Those named bad_* must fail, each for the reason its name says.
 * cbmc: --unsigned-overflow-check
 */
#include "verify.h"

PROOF(selftest_sum, 5)
{
    uint32_t n = any_below(5), sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        sum += i;
    }
    CHECK(sum == (n == 0 ? 0 : n * (n - 1) / 2), "sum of the numbers below n");
    REACHED(end);
}

PROOF(bad_assertion, 5)
{
    uint32_t n = any_below(5);
    CHECK(n != 3, "n is never 3");
    REACHED(end);
}

PROOF(bad_unwinding, 3)
{
    uint32_t n = any_below(5);
    for (uint32_t i = 0; i < n; i++) {
    }
    REACHED(end);
}

PROOF(bad_overflow, 1)
{
    uint64_t base = any_u64(), bytes = any_u64(), end = base + bytes;
    CHECK(end - base == bytes, "holds modulo 2^64 only");
    REACHED(end);
}

PROOF(bad_pointer, 1)
{
    uint32_t pool[4] = { 0 };
    uint32_t i = any_below(5);
    CHECK(pool[i] == 0, "the fifth is outside");
    REACHED(end);
}

PROOF(bad_vacuous, 1)
{
    uint32_t n = any_below(5);
    ASSUME(n == 7);
    CHECK(n == 3, "anything follows from a contradiction");
    REACHED(end);
}

PROOF(bad_one_case_vacuous, 1)
{
    uint32_t n = any_below(5);
    CHECK(n < 5, "below five");
    if (n == 7) {
        REACHED(seven);
    } else {
        REACHED(not seven);
    }
}

PROOF(bad_empty, 1)
{
    REACHED(end);
}
