/* The line discipline: input, its editing and echo, reading (POSIX, General Terminal Interface, and what Linux adds: termios(3)). */
#include "discipline.h"

#include <asm/errno.h>
#include <linux/eventpoll.h>

#include "../fs/vfs.h"
#include "../task/process.h"

#define DISABLED 0 /* _POSIX_VDISABLE */

struct tty *tty_new(uint32_t major, uint32_t minor)
{
    struct tty *t = heap_alloc(sizeof *t);

    if (!t) {
        return NULL;
    }
    t->termios = (struct termios2){ .c_iflag = ICRNL | IXON,
                                    .c_oflag = OPOST | ONLCR,
                                    .c_cflag = B38400 | CS8 | CREAD | HUPCL,
                                    .c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL |
                                               ECHOKE | IEXTEN,
                                    .c_ispeed = 38400,
                                    .c_ospeed = 38400,
                                    .c_cc = { [VINTR] = 3,
                                              [VQUIT] = 28,
                                              [VERASE] = 127,
                                              [VKILL] = 21,
                                              [VEOF] = 4,
                                              [VMIN] = 1,
                                              [VSTART] = 17,
                                              [VSTOP] = 19,
                                              [VSUSP] = 26,
                                              [VREPRINT] = 18,
                                              [VDISCARD] = 15,
                                              [VWERASE] = 23,
                                              [VLNEXT] = 22 } };
    t->refs = 1;
    t->major = major;
    t->minor = minor;
    wait_queue_init(&t->readers);
    wait_queue_init(&t->writers);
    lock_init(&t->write_lock);
    return t;
}

static bool is_cc(const struct tty *t, unsigned which, uint8_t c)
{
    return t->termios.c_cc[which] != DISABLED && t->termios.c_cc[which] == c;
}

/* ---- echo ---- */

static void echo(struct tty *t, uint8_t c)
{
    if (tty_local(t, ECHOCTL) && (CTRL_CHARACTER(c) || c == 127)) {
        tty_put(t, '^');
        tty_put(t, c ^ 64);
    } else {
        tty_put(t, c);
    }
}

/* Columns that a byte takes when it is echoed at a column. */
static uint32_t width(const struct tty *t, uint8_t c, uint32_t column)
{
    if (c == '\t') {
        return 8 - column % 8;
    }
    if (t->termios.c_iflag & IUTF8 && (c & 0xc0) == 0x80) {
        return 0;
    }
    return CTRL_CHARACTER(c) || c == 127 ? (tty_local(t, ECHOCTL) ? 2 : 0) : 1;
}

static uint8_t line_byte(const struct tty *t, uint32_t at)
{
    return t->in[at % TTY_LINE];
}

static uint32_t column_at(const struct tty *t, uint32_t end)
{
    uint32_t column = t->erase_column;

    for (uint32_t i = t->ready; i != end; i++) {
        column += width(t, line_byte(t, i), column);
    }
    return column;
}

static void end_erasing(struct tty *t)
{
    if (t->is_erasing) {
        tty_put(t, '/');
        t->is_erasing = false;
    }
}

/* ---- editing ---- */

/* Take the last character off the line being edited. */
static void erase_one(struct tty *t)
{
    uint32_t before = column_at(t, t->head);

    do {
        t->head--;
    } while (t->head != t->ready && t->termios.c_iflag & IUTF8 &&
             (line_byte(t, t->head) & 0xc0) == 0x80);
    if (!tty_local(t, ECHO)) {
        return;
    }
    if (tty_local(t, ECHOPRT)) {
        if (!t->is_erasing) {
            tty_put(t, '\\');
            t->is_erasing = true;
        }
        echo(t, line_byte(t, t->head));
        return;
    }
    if (!tty_local(t, ECHOE)) {
        echo(t, t->termios.c_cc[VERASE]);
        return;
    }
    bool is_tab = line_byte(t, t->head) == '\t';

    for (uint32_t n = before - column_at(t, t->head); n > 0; n--) {
        tty_put(t, '\b');
        if (!is_tab) {
            tty_put(t, ' ');
            tty_put(t, '\b');
        }
    }
}

static bool is_word(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c >= 128;
}

static void erase(struct tty *t, unsigned which)
{
    bool seen_word = false;

    if (which == VKILL && !(tty_local(t, ECHOK) && tty_local(t, ECHOKE) && tty_local(t, ECHOE))) {
        t->head = t->ready;
        if (tty_local(t, ECHO)) {
            end_erasing(t);
            echo(t, t->termios.c_cc[VKILL]);
            if (tty_local(t, ECHOK)) {
                tty_put(t, '\n');
            }
        }
        return;
    }
    while (t->head != t->ready) {
        if (which == VWERASE) {
            bool word = is_word(line_byte(t, t->head - 1));

            if (!word && seen_word) {
                break;
            }
            seen_word |= word;
        }
        erase_one(t);
        if (which == VERASE) {
            break;
        }
    }
    if (t->head == t->ready && tty_local(t, ECHO)) {
        end_erasing(t);
    }
}

/* ---- input ---- */

static bool is_line_end(const struct tty *t, uint32_t at)
{
    return t->line_ends[at % TTY_LINE / 32] >> at % 32 & 1;
}

static void set_line_end(struct tty *t, uint32_t at, bool is_end)
{
    uint32_t bit = 1u << at % 32, *word = &t->line_ends[at % TTY_LINE / 32];

    *word = is_end ? *word | bit : *word & ~bit;
}

static void store(struct tty *t, uint8_t c, bool is_end)
{
    t->in[t->head % TTY_LINE] = c;
    set_line_end(t, t->head, is_end);
    t->head++;
}

static void line_is_ready(struct tty *t)
{
    t->ready = t->head;
    wake_all(&t->readers, EPOLLIN | EPOLLRDNORM);
}

static bool signal_character(struct tty *t, uint8_t c)
{
    int signal = is_cc(t, VINTR, c)   ? SIGINT
                 : is_cc(t, VQUIT, c) ? SIGQUIT
                 : is_cc(t, VSUSP, c) ? SIGTSTP
                                      : 0;

    if (!signal) {
        return false;
    }
    if (!tty_local(t, NOFLSH)) {
        tty_drop_input(t);
        t->out_tail = t->out_head;
        t->packet |= TIOCPKT_FLUSHREAD | TIOCPKT_FLUSHWRITE;
    }
    t->is_stopped = false;
    if (tty_local(t, ECHO)) {
        echo(t, c);
    }
    if (t->foreground) {
        signal_send_group(t->foreground, signal, NULL);
    }
    return true;
}

static void canonical(struct tty *t, uint8_t c)
{
    bool extended = tty_local(t, IEXTEN);

    if (is_cc(t, VERASE, c) || is_cc(t, VKILL, c) || (extended && is_cc(t, VWERASE, c))) {
        if (t->head != t->ready) {
            erase(t, is_cc(t, VERASE, c) ? VERASE : is_cc(t, VKILL, c) ? VKILL : VWERASE);
        }
        return;
    }
    if (extended && is_cc(t, VLNEXT, c)) {
        t->is_literal = true;
        if (tty_local(t, ECHO) && tty_local(t, ECHOCTL)) {
            end_erasing(t);
            tty_put(t, '^');
            tty_put(t, '\b');
        }
        return;
    }
    if (extended && is_cc(t, VREPRINT, c) && tty_local(t, ECHO)) {
        end_erasing(t);
        echo(t, c);
        tty_put(t, '\n');
        t->erase_column = t->column;
        for (uint32_t i = t->ready; i != t->head; i++) {
            echo(t, line_byte(t, i));
        }
        return;
    }
    if (c == '\n') {
        if (tty_local(t, ECHO) || tty_local(t, ECHONL)) {
            end_erasing(t);
            tty_put(t, '\n');
        }
        store(t, c, true);
        line_is_ready(t);
        return;
    }
    if (is_cc(t, VEOF, c)) {
        store(t, DISABLED, true); /* ends the line, and is not read */
        line_is_ready(t);
        return;
    }
    if (is_cc(t, VEOL, c) || (extended && is_cc(t, VEOL2, c))) {
        if (tty_local(t, ECHO)) {
            end_erasing(t);
            echo(t, c);
        }
        store(t, c, true);
        line_is_ready(t);
        return;
    }
    if (t->head == t->ready) {
        t->erase_column = t->column;
    }
    if (t->head - t->tail >= TTY_LINE - 1) { /* no room for more than the end of the line */
        if (t->termios.c_iflag & IMAXBEL) {
            tty_put(t, '\a');
        }
        return;
    }
    if (tty_local(t, ECHO)) {
        end_erasing(t);
        echo(t, c);
    }
    store(t, c, false);
}

static void receive(struct tty *t, uint8_t c)
{
    uint32_t i = t->termios.c_iflag;

    if (i & ISTRIP) {
        c &= 0x7f;
    }
    if (t->is_literal) {
        t->is_literal = false;
        if (tty_local(t, ECHO)) {
            echo(t, c);
        }
        store(t, c, false);
        if (!tty_local(t, ICANON)) {
            line_is_ready(t);
        }
        return;
    }
    if (tty_local(t, IEXTEN) && i & IUCLC && c >= 'A' && c <= 'Z') {
        c += 32;
    }
    if (i & IXON) {
        if (is_cc(t, VSTART, c) || is_cc(t, VSTOP, c)) {
            bool stop = is_cc(t, VSTOP, c) && !(is_cc(t, VSTART, c) && t->is_stopped);

            t->packet |= stop ? TIOCPKT_STOP : TIOCPKT_START;
            t->is_stopped = stop;
            return;
        }
        if (t->is_stopped && i & IXANY) {
            t->is_stopped = false;
        }
    }
    if (tty_local(t, ISIG) && signal_character(t, c)) {
        return;
    }
    if (c == '\r') {
        if (i & IGNCR) {
            return;
        }
        if (i & ICRNL) {
            c = '\n';
        }
    } else if (c == '\n' && i & INLCR) {
        c = '\r';
    }
    if (tty_local(t, ICANON)) {
        canonical(t, c);
        return;
    }
    if (t->head - t->tail >= TTY_LINE) {
        return;
    }
    if (tty_local(t, ECHO)) {
        echo(t, c);
    }
    store(t, c, false);
}

size_t tty_room(const struct tty *t)
{
    uint32_t used = t->head - t->tail;

    /* a line that is too long does not hold up what ends or erases it */
    return tty_local(t, ICANON) && t->tail == t->ready ? 256 : TTY_LINE - used;
}

void tty_input(struct tty *t, const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        receive(t, bytes[i]);
    }
    if (!tty_local(t, ICANON) && t->ready != t->head) {
        line_is_ready(t);
    }
    tty_flush_output(t);
}

void tty_set_termios(struct tty *t, const struct termios2 *new)
{
    bool was_canonical = tty_local(t, ICANON);

    t->termios = *new;
    if (was_canonical && !tty_local(t, ICANON)) { /* what was being edited can be read */
        t->ready = t->head;
    } else if (!was_canonical && tty_local(t, ICANON) && t->head != t->tail) {
        set_line_end(t, t->head - 1, true);
        t->ready = t->head;
    }
    if (!(t->termios.c_iflag & IXON)) {
        t->is_stopped = false;
    }
    wake_all(&t->readers, EPOLLIN);
    tty_flush_output(t);
}

/* ---- reading ---- */

/* Up to the end of a line. */
static long read_line(struct tty *t, struct uio *u)
{
    long done = 0;

    while (t->tail != t->ready) {
        uint8_t c = line_byte(t, t->tail);
        bool is_end = is_line_end(t, t->tail), is_eof = is_end && c == DISABLED;

        if (!is_eof && (!u->left || !uio_put(u, &c, 1))) {
            return done ? done : u->left ? -EFAULT : 0;
        }
        t->tail++;
        done += !is_eof;
        if (is_end) {
            break;
        }
    }
    return done;
}

static long read_raw(struct tty *t, struct uio *u)
{
    long done = 0;

    while (u->left && tty_available(t)) {
        uint32_t at = t->tail % TTY_LINE, part = TTY_LINE - at;
        size_t n;

        part = part < tty_available(t) ? part : tty_available(t);
        n = uio_put(u, t->in + at, part);
        if (!n) {
            return done ? done : -EFAULT;
        }
        t->tail += (uint32_t)n;
        done += (long)n;
    }
    return done;
}

/* Raw mode: when enough is there, by VMIN and VTIME. */
static long wait_raw(struct tty *t, struct uio *u, bool nonblock)
{
    uint32_t least = t->termios.c_cc[VMIN];
    uint64_t tenths = t->termios.c_cc[VTIME] * 100000000ull;
    uint64_t deadline = tenths && !least ? now_ns() + tenths : TIME_NEVER;
    uint32_t before = tty_available(t);

    least = least < u->left ? least : (uint32_t)u->left;
    while (tty_available(t) < (least ? least : 1)) {
        int err;

        if (t->is_hung_up) {
            return 0;
        }
        if (!least && !tenths) {
            return 0;
        }
        if (nonblock) {
            return tty_available(t) ? 0 : -EAGAIN;
        }
        if (least && tenths && tty_available(t)) { /* between bytes */
            deadline =
                before == tty_available(t) && deadline != TIME_NEVER ? deadline : now_ns() + tenths;
            before = tty_available(t);
        }
        err = wait_on(&t->readers, deadline, WAIT_INTERRUPTIBLE);
        if (err == -ETIMEDOUT) {
            return 0;
        }
        if (err) {
            return tty_available(t) ? 0 : err;
        }
    }
    return 0;
}

long tty_read(struct file *f, struct uio *u, uint64_t *position)
{
    struct tty *t = f->data;
    bool nonblock = f->flags & O_NONBLOCK;
    long err;

    (void)position;
    for (;;) {
        err = tty_job_control(t, SIGTTIN);
        if (err) {
            return err;
        }
        if (!tty_local(t, ICANON)) {
            err = wait_raw(t, u, nonblock);
            return err ? err : read_raw(t, u);
        }
        if (tty_available(t)) {
            long n = read_line(t, u);

            if (t->pty || n) {
                tty_input_room(t);
            }
            return n;
        }
        if (t->is_hung_up) {
            return 0;
        }
        if (nonblock) {
            return -EAGAIN;
        }
        err = wait_on(&t->readers, TIME_NEVER, WAIT_INTERRUPTIBLE);
        if (err) {
            return err;
        }
    }
}

uint32_t tty_poll(struct file *f, struct poll_wait *w)
{
    struct tty *t = f->data;
    uint32_t least = tty_local(t, ICANON) || t->termios.c_cc[VTIME] ? 1 : t->termios.c_cc[VMIN];

    poll_add(w, &t->readers);
    poll_add(w, &t->writers);
    return (tty_available(t) >= (least ? least : 1) ? EPOLLIN | EPOLLRDNORM : 0) |
           (tty_out_room(t) > 64 && !t->is_hung_up ? EPOLLOUT | EPOLLWRNORM : 0) |
           (t->is_hung_up ? EPOLLHUP | EPOLLIN : 0);
}
