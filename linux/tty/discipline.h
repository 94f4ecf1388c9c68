/* Between the files of the terminal: discipline.c, output.c, job.c, ioctl.c. */
#ifndef LINUX_TTY_DISCIPLINE_H
#define LINUX_TTY_DISCIPLINE_H

#include "tty.h"

#define CTRL_CHARACTER(c) ((c) < 32 && (c) != '\t' && (c) != '\n')

static inline bool tty_local(const struct tty *t, uint32_t flag)
{
    return t->termios.c_lflag & flag;
}

/* ---- discipline.c ---- */

/* Bytes that can be read. */
static inline uint32_t tty_available(const struct tty *t)
{
    return t->ready - t->tail;
}

static inline void tty_drop_input(struct tty *t)
{
    t->tail = t->ready = t->head;
}

/* Other modes; input that waits is sorted into lines, or is not any more. */
void tty_set_termios(struct tty *t, const struct termios2 *new);

/* ---- output.c ---- */

static inline uint32_t tty_out_room(const struct tty *t)
{
    return TTY_WRITE - (t->out_head - t->out_tail);
}

/* One byte through output processing; needs room for 8. */
void tty_put(struct tty *t, uint8_t c);
/* The device takes what is there, unless VSTOP stopped it. */
void tty_flush_output(struct tty *t);

/* ---- job.c ---- */

/* May the running process use its terminal?  In the background it is stopped (POSIX, Terminal Access Control).  0, -ERESTARTSYS, -EIO. */
int tty_job_control(struct tty *t, int signal);
/* The running process, a session leader without one, gets t as controlling terminal; steal: from another session.  -EPERM. */
long tty_take(struct tty *t, bool steal);
/* It has no controlling terminal any more; is it the leader, its whole session. */
void tty_leave(struct tty *t);
/* TIOCSPGRP; from: user address of the number of the group. */
long tty_set_foreground(struct tty *t, uint64_t from);

#endif
