#include "operator.h"

#include <string.h>

#define NOP  0xd503201fu
#define STOP 0x14000000u /* B to itself */
#define ZR   31u

const struct operator_info operators[OPERATOR_COUNT] = {
#define X(group, name, text, kind, extra) { text, GROUP_##group, kind, extra },
    OPERATORS(X)
#undef X
};

enum operator operator_find(const char *name)
{
    enum operator op = 0;

    while (op < OPERATOR_COUNT && strcmp(operators[op].name, name) != 0) {
        op++;
    }
    return op;
}

/* ---- fields and classes ---- */

#define RD_AT 0u /* also Rt, the register that is loaded or stored */
#define RN_AT 5u
#define RM_AT 16u

static uint32_t reg(uint32_t word, unsigned at)
{
    return word >> at & 31;
}

static bool is(uint32_t word, uint32_t mask, uint32_t value)
{
    return (word & mask) == value;
}

static bool is_pair(uint32_t w)
{
    return is(w, 0x3a000000, 0x28000000);
}

static bool is_unsigned_offset(uint32_t w)
{
    return is(w, 0x3b000000, 0x39000000);
}

/* Unscaled, pre-indexed, post-indexed, unprivileged. */
static bool is_signed_offset(uint32_t w)
{
    return is(w, 0x3b200000, 0x38000000);
}

static bool is_register_offset(uint32_t w)
{
    return is(w, 0x3b200c00, 0x38200800);
}

/* Exclusive, acquire, release. */
static bool is_ordered(uint32_t w)
{
    return is(w, 0x3f000000, 0x08000000);
}

static bool is_single(uint32_t w)
{
    return is_unsigned_offset(w) || is_signed_offset(w) || is_register_offset(w);
}

static bool is_memory(uint32_t w)
{
    return is_pair(w) || is_single(w) || is_ordered(w);
}

static bool is_load(uint32_t w)
{
    return is_single(w) ? (w >> 22 & 3) != 0 : w >> 22 & 1;
}

static bool is_general(uint32_t w) /* the register is none of SIMD and floating point */
{
    return !(w >> 26 & 1);
}

static bool is_immediate(uint32_t w)
{
    return is(w, 0x1c000000, 0x10000000);
}

static bool is_move_wide(uint32_t w)
{
    return is(w, 0x1f800000, 0x12800000);
}

static bool is_pc_relative(uint32_t w)
{
    return is(w, 0x1f000000, 0x10000000);
}

static bool is_register(uint32_t w)
{
    return is(w, 0x0e000000, 0x0a000000);
}

static bool is_compare_conditional(uint32_t w)
{
    return is(w, 0x1fe00000, 0x1a400000);
}

static bool is_move_register(uint32_t w)
{
    return is(w, 0x7fe0ffe0, 0x2a0003e0);
}

static bool is_add_immediate(uint32_t w)
{
    return is(w, 0x7f800000, 0x11000000);
}

static bool is_call(uint32_t w)
{
    return is(w, 0xfc000000, 0x94000000) || is(w, 0xfffffc1f, 0xd63f0000);
}

/* Branches, exceptions, system instructions. */
static bool is_control(uint32_t w)
{
    return is(w, 0x1c000000, 0x14000000);
}

static bool is_svc(uint32_t w, uint32_t number)
{
    return w == (0xd4000001 | number << 5);
}

static bool is_store_release(uint32_t w)
{
    return is(w, 0x3fe08000, 0x08808000);
}

/* DSB, DMB, ISB. */
static bool is_barrier(uint32_t w)
{
    return is(w, 0xfffff01f, 0xd503301f) && (w >> 5 & 7) >= 4 && (w >> 5 & 7) <= 6;
}

/* ---- changes ---- */

static bool change_register(uint32_t w, unsigned at, uint64_t random, uint32_t *to)
{
    uint32_t other = (reg(w, at) + 1 + (uint32_t)(random % 31)) % 32;

    *to = (w & ~(31u << at)) | other << at;
    return true;
}

/* A field becomes one more, one less, or anything else. */
static bool change_field(uint32_t w, unsigned at, unsigned bits, uint64_t random, uint32_t *to)
{
    uint32_t mask = (1u << bits) - 1, old = w >> at & mask, new;

    switch (random % 4) {
    case 0:
        new = old + 1;
        break;
    case 1:
        new = old - 1;
        break;
    default:
        new = old + 1 + (uint32_t)(random >> 8) % mask;
    }
    *to = (w & ~(mask << at)) | (new &mask) << at;
    return true;
}

static bool apply_source(uint32_t w, uint64_t random, uint32_t *to)
{
    bool has_second = is_register(w) || (is_immediate(w) && is(w, 0x1f800000, 0x13800000));

    if (is_memory(w) && !is_load(w) && is_general(w)) {
        return change_register(w, RD_AT, random, to);
    }
    if (!is_register(w) && (!is_immediate(w) || is_move_wide(w) || is_pc_relative(w))) {
        return false;
    }
    return change_register(w, has_second && random >> 63 ? RM_AT : RN_AT, random, to);
}

static bool apply_destination(uint32_t w, uint64_t random, uint32_t *to)
{
    bool computes = is_immediate(w) || (is_register(w) && !is_compare_conditional(w));

    if (!computes && !(is_memory(w) && is_load(w) && is_general(w))) {
        return false;
    }
    return change_register(w, RD_AT, random, to);
}

static bool apply_offset(uint32_t w, uint64_t random, uint32_t *to)
{
    if (is_pair(w)) {
        return change_field(w, 15, 7, random, to);
    }
    if (is_unsigned_offset(w)) {
        return change_field(w, 10, 12, random, to);
    }
    if (is_signed_offset(w)) {
        return change_field(w, 12, 9, random, to);
    }
    return is_register_offset(w) && change_register(w, RM_AT, random, to);
}

static bool apply_branch(uint32_t w, uint32_t *to)
{
    if (is(w, 0xff000010, 0x54000000) && (w & 15) < 14) { /* B.cond, but not always */
        *to = w ^ 1;
        return true;
    }
    *to = w ^ 1u << 24; /* CBZ, CBNZ; TBZ, TBNZ */
    return is(w, 0x7e000000, 0x34000000) || is(w, 0x7e000000, 0x36000000);
}

static bool is_argument(const struct text *t, uint64_t address, uint32_t w)
{
    bool is_move =
        is_move_register(w) || is_move_wide(w) || is_add_immediate(w) || is_pc_relative(w);
    uint32_t next;

    if (!is_move || reg(w, RD_AT) > 7) {
        return false;
    }
    for (unsigned i = 1; i <= 8 && text_word(t, address + 4 * i, &next); i++) {
        if (is_control(next)) {
            return is_call(next);
        }
    }
    return false;
}

static bool is_initial(const struct text *t, uint64_t address, uint32_t w)
{
    if (is_move_wide(w)) {
        return !is_argument(t, address, w);
    }
    return is_memory(w) && is_general(w) && !is_load(w) && reg(w, RD_AT) == ZR;
}

static bool is_reply_call(uint64_t address, uint32_t w, operator_is_reply is_reply)
{
    int64_t words = (int32_t)(w << 6) >> 6; /* imm26 */

    return is(w, 0xfc000000, 0x94000000) && is_reply && is_reply(address + 4 * (uint64_t)words);
}

/* Is it one of those that the operator drops? */
static bool is_dropped(enum operator op, const struct text *t, uint64_t address, uint32_t w,
                       operator_is_reply is_reply)
{
    switch (op) {
    case OPERATOR_NOP:
        return w != NOP;
    case OPERATOR_ARGUMENT:
        return is_argument(t, address, w);
    case OPERATOR_INITIAL:
        return is_initial(t, address, w);
    case OPERATOR_CALL:
        return is_call(w);
    case OPERATOR_RELEASE:
        return is_store_release(w);
    case OPERATOR_BARRIER:
        return is_barrier(w);
    case OPERATOR_ACKNOWLEDGE: /* an invocation (0), or with the next receive (5): abi/syscalls.def */
        return is_svc(w, 0) || is_svc(w, 5);
    case OPERATOR_REPLY:
        return is_svc(w, 1) || is_svc(w, 9) || is_reply_call(address, w, is_reply);
    case OPERATOR_SIGNAL:
        return is_svc(w, 2);
    default:
        return false;
    }
}

bool operator_apply(enum operator op, const struct text *t, uint64_t address, uint64_t random,
                    operator_is_reply is_reply, uint32_t *to)
{
    uint32_t w;

    if (!text_word(t, address, &w)) {
        return false;
    }
    switch (op) {
    case OPERATOR_FLIP:
        *to = w ^ 1u << random % 32;
        return true;
    case OPERATOR_SOURCE:
        return apply_source(w, random, to);
    case OPERATOR_DESTINATION:
        return apply_destination(w, random, to);
    case OPERATOR_BASE:
        return is_memory(w) && change_register(w, RN_AT, random, to);
    case OPERATOR_OFFSET:
        return apply_offset(w, random, to);
    case OPERATOR_BRANCH:
        return apply_branch(w, to);
    case OPERATOR_STOP:
        *to = STOP;
        return w != STOP;
    default:
        *to = NOP;
        return is_dropped(op, t, address, w, is_reply);
    }
}
