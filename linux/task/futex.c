/* Futexes: waiters in a hash table by what the word is, not where. */
#include "futex.h"

#include <linux/futex.h>
#include <linux/membarrier.h>
#include <linux/time.h>

#include "../mm/mm.h"
#include "times.h"

#define BUCKETS 256u

struct sleeper {
    struct list link;
    uint64_t key[2];
    uint32_t bits; /* 0: it waits for a lock of FUTEX_LOCK_PI, and is not woken by others */
    int tid;       /* then: who waits, and how urgently */
    int priority;
    struct fiber *fiber;
    bool is_woken;
};

static struct list bucket[BUCKETS];

static struct list *bucket_of(const uint64_t *key)
{
    uint64_t h = (key[0] >> 6) * 0x9e3779b97f4a7c15ull ^ (key[1] >> 2) * 0xc2b2ae3d27d4eb4full;
    struct list *b = &bucket[h >> 56];

    if (!b->next) {
        list_init(b);
    }
    return b;
}

static unsigned wake_key(const uint64_t *key, unsigned count, uint32_t bits)
{
    unsigned woken = 0;

    LIST_FOR(l, bucket_of(key))
    {
        struct sleeper *s = CONTAINER(l, struct sleeper, link);

        if (woken == count) {
            break;
        }
        if (s->key[0] == key[0] && s->key[1] == key[1] && s->bits & bits) {
            list_remove(l);
            s->is_woken = true;
            fiber_wake(s->fiber);
            woken++;
        }
    }
    return woken;
}

/* Until somebody wakes it, or the deadline, or a signal. */
static int sleep_on(struct sleeper *s, const struct user_word *word, uint64_t deadline)
{
    int err;

    s->key[0] = word->key[0];
    s->key[1] = word->key[1];
    s->fiber = fiber_running();
    list_append(bucket_of(s->key), &s->link);
    do {
        err = fiber_sleep(deadline, WAIT_INTERRUPTIBLE);
    } while (!err && !s->is_woken);
    list_remove(&s->link);
    return s->is_woken ? 0 : err;
}

static long futex_wait(uint64_t address, bool is_private, uint32_t value, uint64_t deadline,
                       uint32_t bits)
{
    struct sleeper s = { .bits = bits };
    struct user_word word;
    int err;

    if (!bits) {
        return -EINVAL;
    }
    err = user_word(address, is_private, false, &word);
    if (err) {
        return err;
    }
    if (*word.at != value) {
        return -EAGAIN;
    }
    return sleep_on(&s, &word, deadline);
}

static long futex_wake(uint64_t address, bool is_private, unsigned count, uint32_t bits)
{
    struct user_word word;
    int err;

    if (!bits) {
        return -EINVAL;
    }
    err = user_word(address, is_private, false, &word);
    return err ? err : (long)wake_key(word.key, count, bits);
}

static long requeue(uint64_t from_at, uint64_t to_at, bool is_private, unsigned wake, unsigned move,
                    const uint32_t *expected)
{
    struct user_word from, to;
    long woken;
    int err = user_word(to_at, is_private, false, &to);

    err = err ? err : user_word(from_at, is_private, false, &from);
    if (err) {
        return err;
    }
    if (expected && *from.at != *expected) {
        return -EAGAIN;
    }
    woken = wake_key(from.key, wake, FUTEX_BITSET_MATCH_ANY);
    LIST_FOR(l, bucket_of(from.key))
    {
        struct sleeper *s = CONTAINER(l, struct sleeper, link);

        if (!move) {
            break;
        }
        if (s->key[0] == from.key[0] && s->key[1] == from.key[1] && s->bits) {
            list_remove(l);
            s->key[0] = to.key[0];
            s->key[1] = to.key[1];
            list_append(bucket_of(s->key), l);
            move--;
            woken++;
        }
    }
    return woken;
}

static bool compare(uint32_t a, uint32_t op, int b)
{
    int v = (int)a;

    switch (op) {
    case FUTEX_OP_CMP_EQ:
        return v == b;
    case FUTEX_OP_CMP_NE:
        return v != b;
    case FUTEX_OP_CMP_LT:
        return v < b;
    case FUTEX_OP_CMP_LE:
        return v <= b;
    case FUTEX_OP_CMP_GT:
        return v > b;
    default:
        return v >= b;
    }
}

/* FUTEX_WAKE_OP: change the second word, wake the first, and the second if its old value was as asked. */
static long wake_op(const uint64_t *a, bool is_private)
{
    uint32_t code = (uint32_t)a[5], op = code >> 28 & 7;
    int argument = (int)(code << 8) >> 20, wanted = (int)(code << 20) >> 20;
    struct user_word first, second;
    uint32_t old;
    long woken;
    int err = user_word(a[0], is_private, false, &first);

    err = err ? err : user_word(a[4], is_private, true, &second);
    if (err) {
        return err;
    }
    if (op > FUTEX_OP_XOR || (code >> 24 & 15) > FUTEX_OP_CMP_GE) {
        return -ENOSYS;
    }
    uint32_t value = code >> 31 ? 1u << (argument & 31) : (uint32_t)argument;

    old = *second.at;
    *second.at = op == FUTEX_OP_SET    ? value
                 : op == FUTEX_OP_ADD  ? old + value
                 : op == FUTEX_OP_OR   ? old | value
                 : op == FUTEX_OP_ANDN ? old & ~value
                                       : old ^ value;
    woken = wake_key(first.key, (unsigned)a[2], FUTEX_BITSET_MATCH_ANY);
    if (compare(old, code >> 24 & 15, wanted)) {
        woken += wake_key(second.key, (unsigned)a[3], FUTEX_BITSET_MATCH_ANY);
    }
    return woken;
}

/* ---- locks whose owner is known (FUTEX_LOCK_PI, futex(2)) ----
 *
 * All programs run at one priority, so that there is none to be inherited; what is left is that the word names the owner, and
 * that the lock is handed to the most urgent of those who wait. */

/* Who waits for the lock of that word and gets it next; NULL: nobody.  more: is there another. */
static struct sleeper *next_owner(const uint64_t *key, bool *more)
{
    struct sleeper *best = NULL;

    *more = false;
    LIST_FOR(l, bucket_of(key))
    {
        struct sleeper *s = CONTAINER(l, struct sleeper, link);

        if (s->key[0] == key[0] && s->key[1] == key[1] && !s->bits) {
            *more = best != NULL;
            if (!best || s->priority > best->priority) {
                best = s;
            }
        }
    }
    return best;
}

/* The owner of the word's lock lets it go: the next one has it, or nobody. */
static void hand_over(const struct user_word *word, uint32_t flags)
{
    bool more;
    struct sleeper *s = next_owner(word->key, &more);

    if (!s) {
        *word->at = flags;
        return;
    }
    *word->at = (uint32_t)s->tid | flags | (more ? FUTEX_WAITERS : 0u);
    list_remove(&s->link);
    s->is_woken = true;
    fiber_wake(s->fiber);
}

static long lock_pi(struct task *t, uint64_t address, bool is_private, uint64_t deadline, bool try)
{
    struct sleeper s = { .tid = t->tid, .priority = t->priority };
    struct user_word word;
    uint32_t owner;
    bool more;
    int err = user_word(address, is_private, true, &word);

    if (err) {
        return err;
    }
    owner = *word.at & FUTEX_TID_MASK;
    if (!owner) {
        *word.at = (uint32_t)t->tid | (*word.at & FUTEX_OWNER_DIED) |
                   (next_owner(word.key, &more) ? FUTEX_WAITERS : 0u);
        return 0;
    }
    if (owner == (uint32_t)t->tid) {
        return -EDEADLK;
    }
    if (try) {
        return -EAGAIN;
    }
    if (!task_find((int)owner)) {
        return -ESRCH;
    }
    *word.at |= FUTEX_WAITERS;
    return sleep_on(&s, &word, deadline);
}

static long unlock_pi(struct task *t, uint64_t address, bool is_private)
{
    struct user_word word;
    int err = user_word(address, is_private, true, &word);

    if (err) {
        return err;
    }
    if ((*word.at & FUTEX_TID_MASK) != (uint32_t)t->tid) {
        return -EPERM;
    }
    hand_over(&word, 0);
    return 0;
}

/* When to give up: FUTEX_WAIT counts from now, the others are absolute. */
static int deadline_of(const uint64_t *a, unsigned command, uint64_t *deadline)
{
    bool is_absolute = command != FUTEX_WAIT;
    uint64_t ns;
    int err;

    *deadline = TIME_NEVER;
    if (!a[3]) {
        return 0;
    }
    err = time_from_user(a[3], &ns);
    return err ? err
               : clock_deadline(a[1] & FUTEX_CLOCK_REALTIME || command == FUTEX_LOCK_PI
                                    ? CLOCK_REALTIME
                                    : CLOCK_MONOTONIC,
                                ns, is_absolute, deadline);
}

long sys_futex(struct task *t, const uint64_t *a)
{
    unsigned command = (unsigned)a[1] & FUTEX_CMD_MASK;
    bool is_private = a[1] & FUTEX_PRIVATE_FLAG;
    uint32_t expected = (uint32_t)a[5];
    uint64_t deadline;
    int err;

    if (a[1] & FUTEX_CLOCK_REALTIME && command != FUTEX_WAIT_BITSET && command != FUTEX_LOCK_PI2) {
        return -ENOSYS;
    }
    switch (command) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET:
        err = deadline_of(a, command, &deadline);
        return err ? err
                   : futex_wait(a[0], is_private, (uint32_t)a[2], deadline,
                                command == FUTEX_WAIT ? FUTEX_BITSET_MATCH_ANY : expected);
    case FUTEX_WAKE:
    case FUTEX_WAKE_BITSET:
        return futex_wake(a[0], is_private, (unsigned)a[2],
                          command == FUTEX_WAKE ? FUTEX_BITSET_MATCH_ANY : expected);
    case FUTEX_REQUEUE:
    case FUTEX_CMP_REQUEUE:
        if ((int)a[2] < 0 || (int)a[3] < 0) {
            return -EINVAL;
        }
        return requeue(a[0], a[4], is_private, (unsigned)a[2], (unsigned)a[3],
                       command == FUTEX_CMP_REQUEUE ? &expected : NULL);
    case FUTEX_WAKE_OP:
        return wake_op(a, is_private);
    case FUTEX_LOCK_PI:
    case FUTEX_LOCK_PI2:
        err = deadline_of(a, command, &deadline);
        return err ? err : lock_pi(t, a[0], is_private, deadline, false);
    case FUTEX_TRYLOCK_PI:
        return lock_pi(t, a[0], is_private, TIME_NEVER, true);
    case FUTEX_UNLOCK_PI:
        return unlock_pi(t, a[0], is_private);
    default:
        unimplemented("futex command", command);
        return -ENOSYS;
    }
}

void futex_wake_address(uint64_t address, unsigned count)
{
    (void)futex_wake(address, true, count, FUTEX_BITSET_MATCH_ANY);
    (void)futex_wake(address, false, count, FUTEX_BITSET_MATCH_ANY);
}

/* ---- robust lists (Documentation/locking/robust-futex-ABI) ---- */

long sys_set_robust_list(struct task *t, const uint64_t *a)
{
    if (a[1] != sizeof(struct robust_list_head)) {
        return -EINVAL;
    }
    t->robust_list = a[0];
    return 0;
}

long sys_get_robust_list(struct task *t, const uint64_t *a)
{
    struct task *of = a[0] ? task_find((int)a[0]) : t;
    uint64_t bytes = sizeof(struct robust_list_head);

    if (!of) {
        return -ESRCH;
    }
    return copy_to_user(a[1], &of->robust_list, 8) || copy_to_user(a[2], &bytes, 8) ? -EFAULT : 0;
}

static void owner_died(struct task *t, uint64_t at, bool is_pi)
{
    struct user_word word;

    for (int is_private = 0; is_pi && is_private < 2; is_private++) {
        bool more;

        if (user_word(at, is_private, true, &word) == 0 &&
            (*word.at & FUTEX_TID_MASK) == (uint32_t)t->tid && next_owner(word.key, &more)) {
            hand_over(&word, FUTEX_OWNER_DIED);
            return;
        }
    }
    if (user_word(at, false, true, &word) == 0 && (*word.at & FUTEX_TID_MASK) == (uint32_t)t->tid) {
        *word.at = (*word.at & FUTEX_WAITERS) | FUTEX_OWNER_DIED;
        futex_wake_address(at, 1);
    }
}

void futex_task_exit(struct task *t)
{
    struct {
        uint64_t next;
        int64_t offset;
        uint64_t pending;
    } head;
    uint64_t at;

    if (!t->robust_list || !t->process->space ||
        copy_from_user(&head, t->robust_list, sizeof head)) {
        return;
    }
    /* bit 0 of an entry's address: its word is of FUTEX_LOCK_PI */
    at = head.next;
    for (unsigned n = 0; n < 2048 && (at & ~1ull) != t->robust_list; n++) {
        uint64_t next;

        if (copy_from_user(&next, at & ~1ull, sizeof next)) {
            break;
        }
        if ((at & ~1ull) != (head.pending & ~1ull)) {
            owner_died(t, (at & ~1ull) + (uint64_t)head.offset, at & 1);
        }
        at = next;
    }
    if (head.pending & ~1ull) {
        owner_died(t, (head.pending & ~1ull) + (uint64_t)head.offset, head.pending & 1);
    }
    t->robust_list = 0;
}

long sys_membarrier(struct task *t, const uint64_t *a)
{
    /* one processor: whoever asks has passed through the kernel; commands of linux/membarrier.h, 0 asks which there are */
    struct process *p = t->process;
    uint32_t command = (uint32_t)a[0];

    if (a[1]) {
        return -EINVAL;
    }
    switch (command) {
    case MEMBARRIER_CMD_QUERY:
        return MEMBARRIER_CMD_GLOBAL | MEMBARRIER_CMD_GLOBAL_EXPEDITED |
               MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED | MEMBARRIER_CMD_PRIVATE_EXPEDITED |
               MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED |
               MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE |
               MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE;
    case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED:
    case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE:
        p->membarriers |= command;
        return 0;
    case MEMBARRIER_CMD_PRIVATE_EXPEDITED:
    case MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE: /* the bit of its registration is the next one */
        return p->membarriers & command << 1 ? 0 : -EPERM;
    case MEMBARRIER_CMD_GLOBAL:
    case MEMBARRIER_CMD_GLOBAL_EXPEDITED:
    case MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED:
        return 0;
    default:
        return -EINVAL;
    }
}

long sys_rseq(struct task *t, const uint64_t *a)
{
    (void)t, (void)a;
    return -ENOSYS; /* the C library does without */
}
