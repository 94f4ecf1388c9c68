/* What tasks and processes share: kcmp asks, unshare ends it. */
#include <linux/kcmp.h>
#include <linux/sched.h>

#include "../fs/proc.h"
#include "../fs/vfs.h"
#include "../mm/space.h"
#include "process.h"
#include "random.h"

/* What a comparison is of, NULL: of nothing. */
static const void *subject(struct process *p, uint64_t type)
{
    switch (type) {
    case KCMP_VM:
        return p->space;
    case KCMP_FILES:
        return p->files;
    case KCMP_FS:
        return p->fs;
    case KCMP_SIGHAND:
        return p->actions;
    default: /* KCMP_IO, KCMP_SYSVSEM: nobody has one */
        return NULL;
    }
}

/* 0: the same; 1 or 2: in an order that is the same for all comparisons.  The order of the addresses is not told. */
static long compare(const void *one, const void *two)
{
    static uint64_t secret[2];

    if (!secret[1]) {
        random_bytes(secret, sizeof secret);
        secret[1] |= 1;
    }
    uint64_t a = ((uint64_t)one ^ secret[0]) * secret[1];
    uint64_t b = ((uint64_t)two ^ secret[0]) * secret[1];

    return a == b ? 0 : a < b ? 1 : 2;
}

static long compare_files(struct process *one, int first, struct process *two, int second)
{
    struct file *f = fd_file_of(one, first), *g = fd_file_of(two, second);
    long result = f && g ? compare(f, g) : -EBADF;

    if (f) {
        file_put(f);
    }
    if (g) {
        file_put(g);
    }
    return result;
}

long sys_kcmp(struct task *t, const uint64_t *a)
{
    struct task *one = task_find((int)a[0]), *two = task_find((int)a[1]);

    (void)t;
    if (!one || !two) {
        return -ESRCH;
    }
    if (may_inspect(one->process) || may_inspect(two->process)) {
        return -EPERM;
    }
    if ((int)a[2] < 0 || (int)a[2] >= KCMP_TYPES) {
        return -EINVAL;
    }
    if ((int)a[2] == KCMP_EPOLL_TFD) {
        unimplemented("kcmp", a[2]);
        return -EOPNOTSUPP;
    }
    return (int)a[2] == KCMP_FILE
               ? compare_files(one->process, (int)a[3], two->process, (int)a[4])
               : compare(subject(one->process, a[2]), subject(two->process, a[2]));
}

static int unshare_files(struct process *p)
{
    struct file_table *own, *old = p->files;
    int err = file_table_fork(old, false, &own);

    if (!err) {
        p->files = own;
        file_table_put(old);
    }
    return err;
}

static int unshare_fs(struct process *p)
{
    struct fs_context *own, *old = p->fs;
    int err = fs_context_fork(old, false, &own);

    if (!err) {
        p->fs = own;
        fs_context_put(old);
    }
    return err;
}

long sys_unshare(struct task *t, const uint64_t *a)
{
    const uint64_t of_process = CLONE_FILES | CLONE_FS | CLONE_SYSVSEM;
    const uint64_t alone =
        CLONE_THREAD | CLONE_SIGHAND | CLONE_VM; /* only for who shares nothing */
    struct process *p = t->process;
    bool is_alone = p->task_count == 1 && p->space->refs == 1 && p->actions->refs == 1;
    int err = 0;

    if (a[0] & alone && !is_alone) {
        return -EINVAL;
    }
    /* the threads of a process have one table of files, and there is one namespace of each kind */
    if (a[0] & ~(of_process | alone) || (a[0] && p->task_count > 1)) {
        unimplemented("unshare", a[0]);
        return -EINVAL;
    }
    if (a[0] & CLONE_FILES) {
        err = unshare_files(p);
    }
    if (!err && a[0] & CLONE_FS) {
        err = unshare_fs(p);
    }
    return err;
}
