/* Job control: controlling terminals, sessions and process groups in the foreground, the hangup. */
#include "discipline.h"

#include <asm/errno.h>
#include <linux/eventpoll.h>

#include "../fs/vfs.h"
#include "../task/process.h"

int tty_job_control(struct tty *t, int signal)
{
    struct process *p = current->process;
    const struct signal_action *a = &p->actions->action[signal - 1];

    if (p->tty != t || p->group == t->foreground || !t->foreground) {
        return 0;
    }
    bool is_ignored = a->handler == 1 || current->signal.blocked & SIGNAL_BIT(signal);

    if (signal == SIGTTIN ? is_ignored || group_is_orphaned(p->group) : is_ignored) {
        return signal == SIGTTIN ? -EIO : 0;
    }
    if (group_is_orphaned(p->group)) {
        return -EIO;
    }
    signal_send_group(p->group, signal, NULL);
    return -ERESTARTSYS;
}

/* ---- the controlling terminal ---- */

long tty_take(struct tty *t, bool steal)
{
    struct process *p = current->process;

    if (p->session != p->pid || (p->tty && p->tty != t)) {
        return -EPERM;
    }
    if (p->tty == t) {
        return 0;
    }
    if (t->session) {
        if (!steal || !is_capable(&p->cred, 21 /* CAP_SYS_ADMIN */)) {
            return -EPERM;
        }
        LIST_FOR(l, &processes)
        {
            struct process *o = CONTAINER(l, struct process, all);

            if (o->tty == t) {
                o->tty = NULL;
            }
        }
    }
    t->session = p->session;
    t->foreground = p->group;
    p->tty = t;
    return 0;
}

void tty_opened(struct tty *t, struct file *f)
{
    struct process *p = current ? current->process : NULL;

    f->data = t;
    t->refs++;
    if (p && !(f->flags & O_NOCTTY) && p->session == p->pid && !p->tty && !t->session) {
        (void)tty_take(t, false);
    }
}

/* Its session has it no more. */
static void give_up(struct tty *t)
{
    int session = t->session;

    if (t->foreground) {
        signal_send_group(t->foreground, SIGHUP, NULL);
        signal_send_group(t->foreground, SIGCONT, NULL);
    }
    t->session = t->foreground = 0;
    LIST_FOR(l, &processes)
    {
        struct process *p = CONTAINER(l, struct process, all);

        if (p->session == session) {
            p->tty = NULL;
        }
    }
}

void tty_leave(struct tty *t)
{
    struct process *p = current->process;

    if (p->session == p->pid && t->session == p->session) {
        give_up(t);
    }
    p->tty = NULL;
}

long tty_set_foreground(struct tty *t, uint64_t from)
{
    struct process *p = current->process;
    int32_t group;
    bool is_there = false;
    long err = tty_job_control(t, SIGTTOU);

    if (err) {
        return err;
    }
    if (copy_from_user(&group, from, sizeof group)) {
        return -EFAULT;
    }
    if (p->tty != t || t->session != p->session) {
        return -ENOTTY;
    }
    if (group < 0) {
        return -EINVAL;
    }
    LIST_FOR(l, &processes)
    {
        struct process *o = CONTAINER(l, struct process, all);

        if (o->group == group) {
            is_there = true;
            if (o->session != p->session) {
                return -EPERM;
            }
        }
    }
    if (!is_there) {
        return -ESRCH;
    }
    t->foreground = group;
    return 0;
}

/* ---- the end ---- */

void tty_hang_up(struct tty *t)
{
    int session = t->session;

    t->is_hung_up = true;
    wake_all(&t->readers, EPOLLHUP | EPOLLIN);
    wake_all(&t->writers, EPOLLHUP | EPOLLOUT);
    if (!session) {
        return;
    }
    LIST_FOR(l, &processes)
    {
        struct process *p = CONTAINER(l, struct process, all);

        if (p->session == session) {
            if (p->pid == session) {
                signal_send_process(p, SIGHUP, NULL);
                signal_send_process(p, SIGCONT, NULL);
            }
            p->tty = NULL;
        }
    }
    if (t->foreground && t->foreground != session) {
        signal_send_group(t->foreground, SIGHUP, NULL);
        signal_send_group(t->foreground, SIGCONT, NULL);
    }
    t->session = t->foreground = 0;
}

void tty_process_exit(struct process *p)
{
    struct tty *t = p->tty;

    p->tty = NULL;
    if (!t || p->session != p->pid || t->session != p->session) {
        return;
    }
    give_up(t);
}

long sys_vhangup(struct task *t, const uint64_t *a)
{
    (void)a;
    if (!is_capable(&t->process->cred, 26 /* CAP_SYS_TTY_CONFIG */)) {
        return -EPERM;
    }
    if (t->process->tty) {
        tty_hang_up(t->process->tty);
    }
    return 0;
}
