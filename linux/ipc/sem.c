/*
 * Semaphores of System V.  A call's operations are done all or none; who cannot waits on its set, and tries again after each change, in
 * the order of coming.
 */
#include <asm/sembuf.h>
#include <linux/sem.h>

#include "../mm/mm.h"
#include "ipc.h"

struct semaphore {
    uint16_t value;
    int last; /* process */
};

/* What is undone when the process ends. */
struct undo {
    struct list link; /* in set->undo */
    int pid;
    int16_t adjust[];
};

/* Who waits, and for what: GETNCNT and GETZCNT. */
struct blocked {
    struct list link; /* in set->blocked */
    unsigned at;
    bool for_zero;
};

struct set {
    struct ipc_object o;
    unsigned count;
    uint64_t operated; /* when */
    struct list undo, blocked;
    struct wait_queue changed;
    struct semaphore semaphore[];
};

static int make(uint64_t size, uint32_t flags, int32_t key, struct ipc_object **out);
static int fits(const struct ipc_object *o, uint64_t size);
static void destroy(struct ipc_object *o);
static struct ipc_kind sets = { .make = make, .fits = fits, .destroy = destroy };
static unsigned undos; /* of all sets */

static struct set *set_of(const struct ipc_object *o)
{
    return (struct set *)o;
}

static int make(uint64_t size, uint32_t flags, int32_t key, struct ipc_object **out)
{
    struct set *s;

    (void)flags, (void)key;
    if (!size) {
        return -EINVAL;
    }
    s = heap_alloc(sizeof *s + size * sizeof *s->semaphore);
    if (!s) {
        return -ENOMEM;
    }
    s->count = (unsigned)size;
    list_init(&s->undo);
    list_init(&s->blocked);
    wait_queue_init(&s->changed);
    *out = &s->o;
    return 0;
}

static int fits(const struct ipc_object *o, uint64_t size)
{
    return size > set_of(o)->count ? -EINVAL : 0;
}

static void undo_free(struct undo *u)
{
    list_remove(&u->link);
    heap_free(u);
    undos--;
}

static void destroy(struct ipc_object *o)
{
    LIST_FOR(l, &set_of(o)->undo)
    {
        undo_free(CONTAINER(l, struct undo, link));
    }
    heap_free(o);
}

long sys_semget(struct task *t, const uint64_t *a)
{
    (void)t;
    if ((int)a[1] < 0 || (int)a[1] > SEMMSL) {
        return -EINVAL;
    }
    return ipc_get(&sets, (int32_t)a[0], (uint32_t)a[2], (uint32_t)a[1]);
}

/* ---- undo ---- */

static struct undo *undo_of(struct set *s, int pid, bool make_it)
{
    struct undo *u;

    LIST_FOR(l, &s->undo)
    {
        u = CONTAINER(l, struct undo, link);
        if (u->pid == pid) {
            return u;
        }
    }
    u = make_it ? heap_alloc(sizeof *u + s->count * sizeof *u->adjust) : NULL;
    if (u) {
        u->pid = pid;
        list_append(&s->undo, &u->link);
        undos++;
    }
    return u;
}

/* The values are set: what would undo former operations is forgotten. */
static void undo_forget(struct set *s, unsigned from, unsigned count)
{
    LIST_FOR(l, &s->undo)
    {
        struct undo *u = CONTAINER(l, struct undo, link);

        for (unsigned i = from; i < from + count; i++) {
            u->adjust[i] = 0;
        }
    }
}

void sem_process_over(struct process *p)
{
    unsigned place = 0;
    struct ipc_object *o;

    while (undos && (o = ipc_next(&sets, &place))) {
        struct set *s = set_of(o);
        struct undo *u = undo_of(s, p->pid, false);

        for (unsigned i = 0; u && i < s->count; i++) {
            int value = s->semaphore[i].value + u->adjust[i];

            if (u->adjust[i]) {
                s->semaphore[i].value = (uint16_t)(value < 0 ? 0 : value > SEMVMX ? SEMVMX : value);
                s->semaphore[i].last = p->pid;
            }
        }
        if (u) {
            undo_free(u);
            s->operated = ipc_now();
            wake_all(&s->changed, 0);
        }
    }
}

/* ---- operations ---- */

/* Take back the first n. */
static void take_back(struct set *s, const struct sembuf *op, unsigned n)
{
    while (n--) {
        s->semaphore[op[n].sem_num].value -= (uint16_t)op[n].sem_op;
    }
}

/* All of them or none: 0; -ERANGE; -EAGAIN: op[*at] has to wait. */
static int try_all(struct set *s, const struct sembuf *op, unsigned n, const struct undo *u,
                   unsigned *at)
{
    for (unsigned i = 0; i < n; i++) {
        struct semaphore *x = &s->semaphore[op[i].sem_num];
        int value = x->value + op[i].sem_op, err = 0;

        if (op[i].sem_op ? value < 0 : x->value) {
            *at = i;
            err = -EAGAIN;
        } else if (value > SEMVMX) {
            err = -ERANGE;
        } else if (op[i].sem_flg & SEM_UNDO) {
            int adjust = u->adjust[op[i].sem_num] - op[i].sem_op;

            err = adjust < -SEMAEM - 1 || adjust > SEMAEM ? -ERANGE : 0;
        }
        if (err) {
            take_back(s, op, i);
            return err;
        }
        x->value = (uint16_t)value;
    }
    return 0;
}

static void done(struct task *t, struct set *s, const struct sembuf *op, unsigned n, struct undo *u)
{
    bool changes = false;

    for (unsigned i = 0; i < n; i++) {
        s->semaphore[op[i].sem_num].last = t->process->pid;
        changes = changes || op[i].sem_op;
        if (op[i].sem_flg & SEM_UNDO) {
            u->adjust[op[i].sem_num] = (int16_t)(u->adjust[op[i].sem_num] - op[i].sem_op);
        }
    }
    s->operated = ipc_now();
    if (changes) {
        wake_all(&s->changed, 0);
    }
}

static int operate(struct task *t, struct set *s, const struct sembuf *op, unsigned n,
                   uint64_t deadline)
{
    bool alters = false, undoes = false;
    struct undo *u;

    for (unsigned i = 0; i < n; i++) {
        if (op[i].sem_num >= s->count) {
            return -EFBIG;
        }
        alters = alters || op[i].sem_op;
        undoes = undoes || op[i].sem_flg & SEM_UNDO;
    }
    for (;;) {
        struct blocked b;
        unsigned at;
        int err = ipc_allows(&s->o, alters ? 0222 : 0444);

        if (err) {
            return err;
        }
        /* looked for anew: another thread may have made it, SETALL does not free it */
        u = undo_of(s, t->process->pid, undoes);
        if (undoes && !u) {
            return -ENOMEM;
        }
        err = try_all(s, op, n, u, &at);
        if (!err) {
            done(t, s, op, n, u);
            return 0;
        }
        if (err != -EAGAIN || op[at].sem_flg & IPC_NOWAIT) {
            return err;
        }
        b = (struct blocked){ .at = op[at].sem_num, .for_zero = !op[at].sem_op };
        list_append(&s->blocked, &b.link);
        err = wait_on(&s->changed, deadline, WAIT_INTERRUPTIBLE);
        list_remove(&b.link);
        if (s->o.is_gone) {
            return -EIDRM;
        }
        if (err) {
            return err == -ETIMEDOUT ? -EAGAIN : err == -ERESTARTSYS ? -EINTR : err;
        }
    }
}

static long semop(struct task *t, const uint64_t *a, uint64_t deadline)
{
    struct sembuf few[16], *op = few;
    unsigned n = (unsigned)a[2];
    struct ipc_object *o;
    int err;

    if (n < 1 || (int)a[0] < 0) {
        return -EINVAL;
    }
    if (n > SEMOPM) {
        return -E2BIG;
    }
    if (n > sizeof few / sizeof *few && !(op = heap_alloc(n * sizeof *op))) {
        return -ENOMEM;
    }
    err = copy_from_user(op, a[1], n * sizeof *op);
    err = err ? err : ipc_find(&sets, (int)a[0], &o);
    if (!err) {
        o->refs++;
        err = operate(t, set_of(o), op, n, deadline);
        ipc_put(&sets, o);
    }
    if (op != few) {
        heap_free(op);
    }
    return err;
}

long sys_semop(struct task *t, const uint64_t *a)
{
    return semop(t, a, TIME_NEVER);
}

long sys_semtimedop(struct task *t, const uint64_t *a)
{
    int64_t limit[2];

    if (!a[3]) {
        return semop(t, a, TIME_NEVER);
    }
    if (copy_from_user(limit, a[3], sizeof limit)) {
        return -EFAULT;
    }
    if (limit[0] < 0 || limit[1] < 0 || limit[1] >= 1000000000) {
        return -EINVAL;
    }
    return semop(t, a,
                 limit[0] > INT64_MAX / 2000000000
                     ? TIME_NEVER
                     : now_ns() + (uint64_t)limit[0] * 1000000000 + (uint64_t)limit[1]);
}

/* ---- semctl ---- */

static long info(int command, uint64_t to)
{
    struct seminfo i = { .semmap = SEMMAP,
                         .semmni = IPC_MOST,
                         .semmns = SEMMNS,
                         .semmnu = SEMMNU,
                         .semmsl = SEMMSL,
                         .semopm = SEMOPM,
                         .semume = SEMUME,
                         .semusz = SEMUSZ,
                         .semvmx = SEMVMX,
                         .semaem = SEMAEM };

    if (command == SEM_INFO) {
        unsigned place = 0;
        struct ipc_object *o;

        i.semusz = (int)sets.used;
        i.semaem = 0;
        while ((o = ipc_next(&sets, &place))) {
            i.semaem += (int)set_of(o)->count;
        }
    }
    return copy_to_user(to, &i, sizeof i) ? -EFAULT : ipc_highest(&sets);
}

static long stat(const struct set *s, uint64_t to)
{
    struct semid64_ds d = { .sem_otime = (long)s->operated,
                            .sem_ctime = (long)s->o.changed,
                            .sem_nsems = s->count };

    ipc_show(&s->o, &d.sem_perm);
    return copy_to_user(to, &d, sizeof d);
}

static long blocked_on(const struct set *s, unsigned at, bool for_zero)
{
    long n = 0;

    LIST_FOR(l, &s->blocked)
    {
        const struct blocked *b = CONTAINER(l, struct blocked, link);

        n += b->at == at && b->for_zero == for_zero;
    }
    return n;
}

static long set_value(struct task *t, struct set *s, unsigned at, int value)
{
    if (value < 0 || value > SEMVMX) {
        return -ERANGE;
    }
    s->semaphore[at].value = (uint16_t)value;
    s->semaphore[at].last = t->process->pid;
    undo_forget(s, at, 1);
    s->o.changed = ipc_now();
    wake_all(&s->changed, 0);
    return 0;
}

/* GETALL and SETALL; the caller has a reference of the set. */
static long all_values(struct task *t, struct set *s, uint64_t user, bool sets_them)
{
    size_t bytes = s->count * sizeof(uint16_t);
    uint16_t *value = heap_alloc(bytes);
    long err = value ? 0 : -ENOMEM;

    if (!err && sets_them) {
        err = copy_from_user(value, user, bytes);
        for (unsigned i = 0; !err && i < s->count; i++) {
            err = value[i] > SEMVMX ? -ERANGE : 0;
        }
        err = err ? err : s->o.is_gone ? -EIDRM : 0;
        for (unsigned i = 0; !err && i < s->count; i++) {
            s->semaphore[i].value = value[i];
            s->semaphore[i].last = t->process->pid;
        }
        if (!err) {
            undo_forget(s, 0, s->count);
            s->o.changed = ipc_now();
            wake_all(&s->changed, 0);
        }
    } else if (!err) {
        for (unsigned i = 0; i < s->count; i++) {
            value[i] = s->semaphore[i].value;
        }
        err = copy_to_user(user, value, bytes);
    }
    heap_free(value);
    return err;
}

static long of_values(struct task *t, struct set *s, unsigned at, int command, uint64_t argument)
{
    int err = ipc_allows(&s->o, command == SETVAL || command == SETALL ? 0222 : 0444);

    if (err) {
        return err;
    }
    if (command != GETALL && command != SETALL && at >= s->count) {
        return -EINVAL;
    }
    switch (command) {
    case GETVAL:
        return s->semaphore[at].value;
    case GETPID:
        return s->semaphore[at].last;
    case GETNCNT:
        return blocked_on(s, at, false);
    case GETZCNT:
        return blocked_on(s, at, true);
    case SETVAL:
        return set_value(t, s, at, (int)argument);
    default:
        return all_values(t, s, argument, command == SETALL);
    }
}

static long change(struct set *s, int command, const struct semid64_ds *d)
{
    int err = ipc_owns(&s->o);

    if (err) {
        return err;
    }
    if (command == IPC_SET) {
        ipc_set(&s->o, &d->sem_perm);
    } else {
        ipc_remove(&sets, &s->o);
        wake_all(&s->changed, 0);
    }
    return 0;
}

long sys_semctl(struct task *t, const uint64_t *a)
{
    int command = (int)a[2];
    struct semid64_ds d;
    struct ipc_object *o;
    long n;

    switch (command) {
    case IPC_INFO:
    case SEM_INFO:
        return info(command, a[3]);
    case IPC_STAT:
    case SEM_STAT:
    case SEM_STAT_ANY:
        n = ipc_look(&sets, (int)a[0], command != IPC_STAT, command == SEM_STAT_ANY, &o);
        n = n ? n : stat(set_of(o), a[3]);
        return n ? n : command == IPC_STAT ? 0 : o->id;
    case IPC_SET:
        if (copy_from_user(&d, a[3], sizeof d)) {
            return -EFAULT;
        }
        break;
    case IPC_RMID:
    case GETALL:
    case GETNCNT:
    case GETPID:
    case GETVAL:
    case GETZCNT:
    case SETALL:
    case SETVAL:
        break;
    default:
        return -EINVAL;
    }
    n = ipc_find(&sets, (int)a[0], &o);
    if (n) {
        return n;
    }
    o->refs++;
    n = command == IPC_SET || command == IPC_RMID
            ? change(set_of(o), command, &d)
            : of_values(t, set_of(o), (unsigned)a[1], command, a[3]);
    ipc_put(&sets, o);
    return n;
}

void sem_text(struct text *to)
{
    unsigned place = 0;
    struct ipc_object *o;

    text_add(to, "       key      semid perms      nsems   uid   gid  cuid  cgid      otime      "
                 "ctime\n");
    while ((o = ipc_next(&sets, &place))) {
        text_add(to, "%10d %10d  %4o %10u %5u %5u %5u %5u %10lu %10lu\n", o->key, o->id, o->mode,
                 set_of(o)->count, o->uid, o->gid, o->cuid, o->cgid,
                 (unsigned long)set_of(o)->operated, (unsigned long)o->changed);
    }
}
