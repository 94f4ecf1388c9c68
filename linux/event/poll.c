/* ppoll and pselect6: wait until one of some files can be read, written, or has an exception. */
#include "poll.h"

#include <asm/poll.h>
#include <linux/eventpoll.h>
#include <linux/resource.h>
#include <string.h>

#include "../fs/dentry.h"
#include "../task/times.h"

#define FEW    16u                   /* files for which nothing is allocated */
#define ALWAYS (EPOLLERR | EPOLLHUP) /* reported without being asked for */
/* What makes a descriptor ready for select (POSIX; Linux fs/select.c). */
#define SELECT_IN  (EPOLLIN | EPOLLRDNORM | EPOLLRDBAND | EPOLLHUP | EPOLLERR)
#define SELECT_OUT (EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND | EPOLLERR)
#define SELECT_EX  EPOLLPRI

struct watched {
    struct file *file; /* NULL: not a descriptor */
    int fd;
    uint32_t wanted, got;
};

struct more_waiters {
    struct more_waiters *next;
    struct waiter waiter[64];
};

/* The waiters of one call, one for each queue that a file named. */
struct poller {
    struct poll_wait wait;
    unsigned count;
    bool is_short; /* no memory for a waiter */
    struct waiter waiter[FEW];
    struct more_waiters *more;
};

static void add_queue(struct poll_wait *wait, struct wait_queue *q)
{
    struct poller *p = CONTAINER(wait, struct poller, wait);
    unsigned at = (p->count - FEW) % 64;
    struct waiter *w;

    if (p->count < FEW) {
        w = &p->waiter[p->count];
    } else {
        if (at == 0) {
            struct more_waiters *m = heap_alloc(sizeof *m);

            if (!m) {
                p->is_short = true;
                return;
            }
            m->next = p->more;
            p->more = m;
        }
        w = &p->more->waiter[at];
    }
    p->count++;
    waiter_init(w);
    waiter_add(q, w);
}

static void poller_end(struct poller *p)
{
    unsigned last = p->count > FEW ? (p->count - FEW - 1) % 64 + 1 : 0;

    while (p->more) {
        struct more_waiters *m = p->more;

        for (unsigned i = 0; i < last; i++) {
            waiter_remove(&m->waiter[i]);
        }
        p->more = m->next;
        heap_free(m);
        last = 64;
    }
    for (unsigned i = 0; i < (p->count < FEW ? p->count : FEW); i++) {
        waiter_remove(&p->waiter[i]);
    }
}

uint32_t file_poll(struct file *f, struct poll_wait *p)
{
    return f->ops->poll ? f->ops->poll(f, p) : EPOLLIN | EPOLLOUT | EPOLLRDNORM | EPOLLWRNORM;
}

/* Look at all files: how many have what is wanted. */
static long look(struct watched *w, unsigned count, struct poller *p)
{
    struct poll_wait *wait = p ? &p->wait : NULL;
    long ready = 0;

    for (unsigned i = 0; i < count; i++) {
        if (w[i].file) {
            w[i].got = file_poll(w[i].file, wait) & w[i].wanted;
        }
        if (w[i].got) {
            ready++;
            wait = NULL;
        }
    }
    return ready;
}

/* Until one is ready, or the deadline: how many, 0, or -ERESTARTNOHAND. */
static long poll_until(struct watched *w, unsigned count, uint64_t deadline)
{
    struct poller p = { .wait.add = add_queue };
    long ready = look(w, count, deadline ? &p : NULL);

    while (!ready && deadline) {
        int err = p.is_short ? -ENOMEM : fiber_sleep(deadline, WAIT_INTERRUPTIBLE);

        ready = look(w, count, NULL);
        if (ready || err == -ETIMEDOUT) {
            break;
        }
        if (err) {
            ready = err == -ERESTARTSYS ? -ERESTARTNOHAND : err;
        }
    }
    poller_end(&p);
    return ready;
}

static void files_put(struct watched *w, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (w[i].file) {
            file_put(w[i].file);
        }
    }
}

int mask_from_user(struct task *t, uint64_t at, uint64_t bytes)
{
    signal_set set;

    if (!at) {
        return 0;
    }
    if (bytes != sizeof set) {
        return -EINVAL;
    }
    if (copy_from_user(&set, at, sizeof set)) {
        return -EFAULT;
    }
    signal_mask_temporarily(t, set);
    return 0;
}

long mask_back(struct task *t, long result)
{
    if (t->signal.restore_blocked && result != -ERESTARTNOHAND && result != -EINTR) {
        t->signal.blocked = t->signal.saved_blocked;
        t->signal.restore_blocked = false;
    }
    return result;
}

int timeout_from_user(uint64_t at, uint64_t *deadline)
{
    uint64_t ns;
    int err;

    *deadline = TIME_NEVER;
    if (!at) {
        return 0;
    }
    err = time_from_user(at, &ns);
    if (!err) {
        *deadline = ns ? time_after(ns) : 0;
    }
    return err;
}

/* As Linux: what is left of the timeout is written back, if it can be. */
static void write_back_rest(uint64_t at, uint64_t deadline)
{
    uint64_t now = now_ns();

    if (at && deadline != TIME_NEVER) {
        (void)time_to_user(at, deadline > now ? deadline - now : 0);
    }
}

static long poll_user(uint64_t at, unsigned count, struct pollfd *fds, struct watched *w,
                      uint64_t deadline)
{
    long n;

    if (copy_from_user(fds, at, count * sizeof *fds)) {
        return -EFAULT;
    }
    for (unsigned i = 0; i < count; i++) {
        w[i].wanted = (uint16_t)fds[i].events | ALWAYS;
        w[i].file = fds[i].fd < 0 ? NULL : fd_file(fds[i].fd);
        w[i].got = fds[i].fd >= 0 && !w[i].file ? POLLNVAL : 0;
    }
    n = poll_until(w, count, deadline);
    files_put(w, count);
    if (n < 0) {
        return n;
    }
    for (unsigned i = 0; i < count; i++) {
        fds[i].revents = (short)w[i].got;
    }
    return copy_to_user(at, fds, count * sizeof *fds) ? -EFAULT : n;
}

static long poll_many(uint64_t at, unsigned count, uint64_t deadline)
{
    struct pollfd *fds = heap_alloc(count * sizeof *fds);
    struct watched *w = heap_alloc(count * sizeof *w);
    long n = fds && w ? poll_user(at, count, fds, w, deadline) : -ENOMEM;

    heap_free(fds);
    heap_free(w);
    return n;
}

long sys_ppoll(struct task *t, const uint64_t *a)
{
    struct pollfd fds[FEW];
    struct watched w[FEW];
    uint32_t count = (uint32_t)a[1];
    uint64_t deadline;
    long n = timeout_from_user(a[2], &deadline);

    n = n ? n : mask_from_user(t, a[3], a[4]);
    if (n) {
        return n;
    }
    if (count > t->process->limit[RLIMIT_NOFILE].soft) {
        n = -EINVAL;
    } else if (count <= FEW) {
        n = poll_user(a[0], count, fds, w, deadline);
    } else {
        n = poll_many(a[0], count, deadline);
    }
    write_back_rest(a[2], deadline);
    return mask_back(t, n);
}

/* ---- pselect6 ---- */

#define SETS 3

/* The three bit sets of n descriptors, one after the other. */
static int sets_from_user(const uint64_t *at, uint64_t *bits, unsigned words)
{
    for (unsigned s = 0; s < SETS; s++) {
        if (!at[s]) {
            memset(bits + s * words, 0, words * 8);
        } else if (copy_from_user(bits + s * words, at[s], words * 8)) {
            return -EFAULT;
        }
    }
    return 0;
}

static int sets_to_user(const uint64_t *at, const uint64_t *bits, unsigned words)
{
    for (unsigned s = 0; s < SETS; s++) {
        if (at[s] && copy_to_user(at[s], bits + s * words, words * 8)) {
            return -EFAULT;
        }
    }
    return 0;
}

static const uint32_t set_events[SETS] = { SELECT_IN, SELECT_OUT, SELECT_EX };

static uint32_t wanted_of(const uint64_t *bits, unsigned words, unsigned fd)
{
    uint32_t wanted = 0;

    for (unsigned s = 0; s < SETS; s++) {
        wanted |= bits[s * words + fd / 64] >> fd % 64 & 1 ? set_events[s] : 0;
    }
    return wanted;
}

/* What is ready, back into the sets: how many bits. */
static long put_ready(const struct watched *w, unsigned count, uint64_t *bits, unsigned words)
{
    long n = 0;

    for (unsigned i = 0; i < count; i++) {
        unsigned fd = (unsigned)w[i].fd;

        for (unsigned s = 0; s < SETS; s++) {
            uint64_t *word = &bits[s * words + fd / 64], bit = 1ull << fd % 64;

            if (*word & bit) {
                if (w[i].got & set_events[s]) {
                    n++;
                } else {
                    *word &= ~bit;
                }
            }
        }
    }
    return n;
}

static long select_bits(unsigned n, uint64_t *bits, unsigned words, uint64_t deadline)
{
    struct watched few[FEW], *w = few;
    unsigned count = 0, at = 0;
    long result = 0;

    for (unsigned fd = 0; fd < n; fd++) {
        count += wanted_of(bits, words, fd) != 0;
    }
    if (count > FEW && !(w = heap_alloc(count * sizeof *w))) {
        return -ENOMEM;
    }
    for (unsigned fd = 0; fd < n && !result; fd++) {
        uint32_t wanted = wanted_of(bits, words, fd);

        if (wanted) {
            struct file *f = fd_file((int)fd);

            w[at++] = (struct watched){ .file = f, .fd = (int)fd, .wanted = wanted };
            result = f ? 0 : -EBADF;
        }
    }
    result = result ? result : poll_until(w, count, deadline);
    files_put(w, at);
    if (result >= 0) {
        result = put_ready(w, count, bits, words);
    }
    if (w != few) {
        heap_free(w);
    }
    return result;
}

long sys_pselect6(struct task *t, const uint64_t *a)
{
    uint64_t few[SETS * 4], *bits = few, deadline, mask[2] = { 0 };
    uint64_t most = t->process->files->room; /* Linux: a set beyond the table is not looked at */
    int n = (int)a[0];
    unsigned words;
    long result = timeout_from_user(a[4], &deadline);

    if (!result && a[5]) {
        result = copy_from_user(mask, a[5], sizeof mask);
    }
    result = result ? result : n < 0 ? -EINVAL : mask_from_user(t, mask[0], mask[1]);
    if (result) {
        return result;
    }
    n = (uint64_t)n > most ? (int)most : n;
    words = ((unsigned)n + 63) / 64;
    if (words > 4 && !(bits = heap_alloc(SETS * words * 8))) {
        return mask_back(t, -ENOMEM);
    }
    result = sets_from_user(&a[1], bits, words);
    if (!result) { /* bits above n do not count */
        for (unsigned s = 0; s < SETS && n % 64; s++) {
            bits[(s + 1) * words - 1] &= (1ull << n % 64) - 1;
        }
        result = select_bits((unsigned)n, bits, words, deadline);
    }
    if (result >= 0 && sets_to_user(&a[1], bits, words)) {
        result = -EFAULT;
    }
    if (bits != few) {
        heap_free(bits);
    }
    write_back_rest(a[4], deadline);
    return mask_back(t, result);
}
