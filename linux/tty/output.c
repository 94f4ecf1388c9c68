/* Output of a terminal: output processing (POSIX, General Terminal Interface, 11.1.2), and writing. */
#include "discipline.h"

#include <asm/errno.h>
#include <linux/eventpoll.h>

#include "../fs/vfs.h"
#include "../task/process.h"

static void out_byte(struct tty *t, uint8_t c)
{
    if (tty_out_room(t)) {
        t->out[t->out_head++ % TTY_WRITE] = c;
    }
}

void tty_put(struct tty *t, uint8_t c)
{
    uint32_t o = t->termios.c_oflag;

    if (!(o & OPOST)) {
        out_byte(t, c);
        return;
    }
    switch (c) {
    case '\n':
        if (o & ONLCR) {
            out_byte(t, '\r');
            t->column = 0;
        }
        if (o & ONLRET) {
            t->column = 0;
        }
        break;
    case '\r':
        if (o & ONOCR && t->column == 0) {
            return;
        }
        t->column = 0;
        if (o & OCRNL) {
            c = '\n';
            if (!(o & ONLRET)) {
                break;
            }
        }
        break;
    case '\t': {
        uint32_t spaces = 8 - t->column % 8;

        t->column += spaces;
        if ((o & TABDLY) == XTABS) {
            while (spaces--) {
                out_byte(t, ' ');
            }
            return;
        }
        break;
    }
    case '\b':
        t->column -= t->column > 0;
        break;
    default:
        if (o & OLCUC && c >= 'a' && c <= 'z') {
            c -= 32;
        }
        if (!CTRL_CHARACTER(c) && !(t->termios.c_iflag & IUTF8 && (c & 0xc0) == 0x80)) {
            t->column++;
        }
        break;
    }
    out_byte(t, c);
}

void tty_flush_output(struct tty *t)
{
    if (t->out_head != t->out_tail && !t->is_stopped) {
        t->start_output(t);
    }
}

size_t tty_take_output(struct tty *t, uint8_t *to, size_t most)
{
    size_t n = 0;

    while (n < most && t->out_tail != t->out_head && !t->is_stopped) {
        to[n++] = t->out[t->out_tail++ % TTY_WRITE];
    }
    return n;
}

void tty_output_done(struct tty *t)
{
    if (tty_out_room(t) > TTY_WRITE / 4) {
        wake_all(&t->writers, EPOLLOUT | EPOLLWRNORM);
    }
}

long tty_write(struct file *f, struct uio *u, uint64_t *position)
{
    struct tty *t = f->data;
    uint8_t part[256];
    long done = 0, err = 0;

    (void)position;
    if (tty_local(t, TOSTOP)) {
        err = tty_job_control(t, SIGTTOU);
        if (err) {
            return err;
        }
    }
    lock_take(&t->write_lock);
    while (u->left && !err) {
        uint32_t most = tty_out_room(t) / 8; /* a tab becomes eight spaces */
        size_t n;

        if (t->is_hung_up) {
            err = -EIO;
            break;
        }
        if (!most) {
            tty_flush_output(t);
            if (tty_out_room(t) / 8) {
                continue;
            }
            if (f->flags & O_NONBLOCK) {
                err = -EAGAIN;
                break;
            }
            lock_drop(&t->write_lock);
            err = wait_on(&t->writers, TIME_NEVER, WAIT_INTERRUPTIBLE);
            lock_take(&t->write_lock);
            continue;
        }
        n = uio_get(u, part, most < sizeof part ? most : sizeof part);
        if (!n) {
            err = -EFAULT;
        }
        for (size_t i = 0; i < n; i++) {
            tty_put(t, part[i]);
        }
        done += (long)n;
    }
    lock_drop(&t->write_lock);
    tty_flush_output(t);
    return done ? done : err;
}
