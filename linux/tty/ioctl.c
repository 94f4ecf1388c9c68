/* The ioctls of a terminal (ioctl_tty(2)). */
#include "discipline.h"

#include <asm/errno.h>
#include <linux/eventpoll.h>
#include <string.h>

#include "../fs/vfs.h"
#include "../task/process.h"

/* ---- modes ---- */

static long drain(struct tty *t)
{
    while (t->out_head != t->out_tail && !t->is_hung_up) {
        int err = wait_on(&t->writers, now_ns() + 100000000, WAIT_INTERRUPTIBLE);

        if (err && err != -ETIMEDOUT) {
            return err;
        }
        if (t->pty) {
            break; /* the master reads when it likes */
        }
    }
    return 0;
}

static long change_termios(struct tty *t, uint32_t command, uint64_t from)
{
    struct termios2 new = t->termios;
    bool is_2 = command == TCSETS2 || command == TCSETSW2 || command == TCSETSF2;
    long err = tty_job_control(t, SIGTTOU);

    if (err) {
        return err;
    }
    if (copy_from_user(&new, from, is_2 ? sizeof new : sizeof(struct termios))) {
        return -EFAULT;
    }
    if (command != TCSETS && command != TCSETS2) {
        err = drain(t);
    }
    if (!err) {
        if (command == TCSETSF || command == TCSETSF2) {
            tty_drop_input(t);
        }
        tty_set_termios(t, &new);
    }
    return err;
}

/* struct termio of System V: the low halves. */
static long old_termios(struct tty *t, uint32_t command, uint64_t at)
{
    struct termio o;

    if (command == TCGETA) {
        o = (struct termio){ .c_iflag = (uint16_t)t->termios.c_iflag,
                             .c_oflag = (uint16_t)t->termios.c_oflag,
                             .c_cflag = (uint16_t)t->termios.c_cflag,
                             .c_lflag = (uint16_t)t->termios.c_lflag };
        memcpy(o.c_cc, t->termios.c_cc, sizeof o.c_cc);
        return copy_to_user(at, &o, sizeof o);
    }
    if (copy_from_user(&o, at, sizeof o)) {
        return -EFAULT;
    }
    struct termios2 new = t->termios;

    new.c_iflag = (new.c_iflag & ~0xffffu) | o.c_iflag;
    new.c_oflag = (new.c_oflag & ~0xffffu) | o.c_oflag;
    new.c_cflag = (new.c_cflag & ~0xffffu) | o.c_cflag;
    new.c_lflag = (new.c_lflag & ~0xffffu) | o.c_lflag;
    memcpy(new.c_cc, o.c_cc, sizeof o.c_cc);
    if (command == TCSETAF) {
        tty_drop_input(t);
    }
    tty_set_termios(t, &new);
    return 0;
}

/* ---- control ---- */

static long flush(struct tty *t, uint64_t which)
{
    if (which > TCIOFLUSH) {
        return -EINVAL;
    }
    if (which != TCOFLUSH) {
        tty_drop_input(t);
    }
    if (which != TCIFLUSH) {
        t->out_tail = t->out_head;
        wake_all(&t->writers, EPOLLOUT);
    }
    return 0;
}

static long flow(struct tty *t, uint64_t what)
{
    switch (what) {
    case TCOOFF:
        t->is_stopped = true;
        return 0;
    case TCOON:
        t->is_stopped = false;
        tty_flush_output(t);
        return 0;
    case TCIOFF:
    case TCION:
        return 0;
    default:
        return -EINVAL;
    }
}

static long set_size(struct tty *t, uint64_t from)
{
    struct winsize size;

    if (copy_from_user(&size, from, sizeof size)) {
        return -EFAULT;
    }
    if (memcmp(&size, &t->size, sizeof size) != 0) {
        t->size = size;
        if (t->foreground) {
            signal_send_group(t->foreground, SIGWINCH, NULL);
        }
    }
    return 0;
}

static long put_int(uint64_t to, int value)
{
    return copy_to_user(to, &value, sizeof value);
}

static long simulate_input(struct tty *t, uint64_t from)
{
    uint8_t c;

    if (current->process->tty != t && !is_capable(&current->process->cred, 21)) {
        return -EPERM;
    }
    if (copy_from_user(&c, from, 1)) {
        return -EFAULT;
    }
    tty_input(t, &c, 1);
    return 0;
}

long tty_ioctl(struct file *f, uint32_t command, uint64_t argument)
{
    struct tty *t = f->data;
    struct process *p = current->process;
    int value;

    switch (command) {
    case TCGETS:
        return copy_to_user(argument, &t->termios, sizeof(struct termios));
    case TCGETS2:
        return copy_to_user(argument, &t->termios, sizeof t->termios);
    case TCSETS:
    case TCSETSW:
    case TCSETSF:
    case TCSETS2:
    case TCSETSW2:
    case TCSETSF2:
        return change_termios(t, command, argument);
    case TCGETA:
    case TCSETA:
    case TCSETAW:
    case TCSETAF:
        return old_termios(t, command, argument);
    case TCSBRK:
    case TCSBRKP:
        return argument || command == TCSBRKP ? drain(t) : 0;
    case TCXONC:
        return flow(t, argument);
    case TCFLSH:
        return flush(t, argument);
    case TIOCGPGRP:
        return p->tty != t && !t->pty ? -ENOTTY : put_int(argument, t->foreground);
    case TIOCSPGRP:
        return tty_set_foreground(t, argument);
    case TIOCGSID:
        return p->tty != t || !t->session ? -ENOTTY : put_int(argument, t->session);
    case TIOCSCTTY:
        return tty_take(t, argument == 1);
    case TIOCNOTTY:
        if (p->tty != t) {
            return -ENOTTY;
        }
        tty_leave(t);
        return 0;
    case TIOCGWINSZ:
        return copy_to_user(argument, &t->size, sizeof t->size);
    case TIOCSWINSZ:
        return set_size(t, argument);
    case FIONREAD:
        return put_int(argument, (int)tty_available(t));
    case TIOCOUTQ:
        return put_int(argument, (int)(t->out_head - t->out_tail));
    case TIOCSTI:
        return simulate_input(t, argument);
    case TIOCEXCL:
    case TIOCNXCL:
        t->is_exclusive = command == TIOCEXCL;
        return 0;
    case TIOCGEXCL:
        return put_int(argument, t->is_exclusive);
    case TIOCGETD:
        return put_int(argument, 0);
    case TIOCMGET:
        return put_int(argument, TIOCM_DTR | TIOCM_RTS | TIOCM_CTS | TIOCM_CAR | TIOCM_DSR);
    case TIOCMSET:
    case TIOCMBIS:
    case TIOCMBIC:
    case TIOCSBRK:
    case TIOCCBRK:
        return 0;
    case TIOCSETD:
        return copy_from_user(&value, argument, sizeof value) ? -EFAULT : value == 0 ? 0 : -EINVAL;
    default:
        return -ENOTTY;
    }
}
