/* The line discipline: POSIX, General Terminal Interface, and what Linux adds to it (termios(3)). */
#include <asm/errno.h>
#include <linux/eventpoll.h>
#include <string.h>

#include "../fs/vfs.h"
#include "../task/process.h"
#include "tty.h"

#define CTRL_CHARACTER(c) ((c) < 32 && (c) != '\t' && (c) != '\n')
#define DISABLED          0 /* _POSIX_VDISABLE */

static bool local(const struct tty *t, uint32_t flag)
{
    return t->termios.c_lflag & flag;
}

static bool is_cc(const struct tty *t, unsigned which, uint8_t c)
{
    return t->termios.c_cc[which] != DISABLED && t->termios.c_cc[which] == c;
}

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

/* ---- output ---- */

static uint32_t out_room(const struct tty *t)
{
    return TTY_WRITE - (t->out_head - t->out_tail);
}

static void out_byte(struct tty *t, uint8_t c)
{
    if (out_room(t)) {
        t->out[t->out_head++ % TTY_WRITE] = c;
    }
}

/* One byte through output processing; needs room for 8. */
static void put(struct tty *t, uint8_t c)
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
    if (out_room(t) > TTY_WRITE / 4) {
        wake_all(&t->writers, EPOLLOUT | EPOLLWRNORM);
    }
}

static void flush_output(struct tty *t)
{
    if (t->out_head != t->out_tail && !t->is_stopped) {
        t->start_output(t);
    }
}

/* ---- echo ---- */

static void echo(struct tty *t, uint8_t c)
{
    if (local(t, ECHOCTL) && (CTRL_CHARACTER(c) || c == 127)) {
        put(t, '^');
        put(t, c ^ 64);
    } else {
        put(t, c);
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
    return CTRL_CHARACTER(c) || c == 127 ? (local(t, ECHOCTL) ? 2 : 0) : 1;
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
        put(t, '/');
        t->is_erasing = false;
    }
}

/* Take the last character off the line being edited. */
static void erase_one(struct tty *t)
{
    uint32_t before = column_at(t, t->head);

    do {
        t->head--;
    } while (t->head != t->ready && t->termios.c_iflag & IUTF8 &&
             (line_byte(t, t->head) & 0xc0) == 0x80);
    if (!local(t, ECHO)) {
        return;
    }
    if (local(t, ECHOPRT)) {
        if (!t->is_erasing) {
            put(t, '\\');
            t->is_erasing = true;
        }
        echo(t, line_byte(t, t->head));
        return;
    }
    if (!local(t, ECHOE)) {
        echo(t, t->termios.c_cc[VERASE]);
        return;
    }
    bool is_tab = line_byte(t, t->head) == '\t';

    for (uint32_t n = before - column_at(t, t->head); n > 0; n--) {
        put(t, '\b');
        if (!is_tab) {
            put(t, ' ');
            put(t, '\b');
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

    if (which == VKILL && !(local(t, ECHOK) && local(t, ECHOKE) && local(t, ECHOE))) {
        t->head = t->ready;
        if (local(t, ECHO)) {
            end_erasing(t);
            echo(t, t->termios.c_cc[VKILL]);
            if (local(t, ECHOK)) {
                put(t, '\n');
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
    if (t->head == t->ready && local(t, ECHO)) {
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

static void drop_input(struct tty *t)
{
    t->tail = t->ready = t->head;
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
    if (!local(t, NOFLSH)) {
        drop_input(t);
        t->out_tail = t->out_head;
        t->packet |= TIOCPKT_FLUSHREAD | TIOCPKT_FLUSHWRITE;
    }
    t->is_stopped = false;
    if (local(t, ECHO)) {
        echo(t, c);
    }
    if (t->foreground) {
        signal_send_group(t->foreground, signal, NULL);
    }
    return true;
}

static void canonical(struct tty *t, uint8_t c)
{
    bool extended = local(t, IEXTEN);

    if (is_cc(t, VERASE, c) || is_cc(t, VKILL, c) || (extended && is_cc(t, VWERASE, c))) {
        if (t->head != t->ready) {
            erase(t, is_cc(t, VERASE, c) ? VERASE : is_cc(t, VKILL, c) ? VKILL : VWERASE);
        }
        return;
    }
    if (extended && is_cc(t, VLNEXT, c)) {
        t->is_literal = true;
        if (local(t, ECHO) && local(t, ECHOCTL)) {
            end_erasing(t);
            put(t, '^');
            put(t, '\b');
        }
        return;
    }
    if (extended && is_cc(t, VREPRINT, c) && local(t, ECHO)) {
        end_erasing(t);
        echo(t, c);
        put(t, '\n');
        t->erase_column = t->column;
        for (uint32_t i = t->ready; i != t->head; i++) {
            echo(t, line_byte(t, i));
        }
        return;
    }
    if (c == '\n') {
        if (local(t, ECHO) || local(t, ECHONL)) {
            end_erasing(t);
            put(t, '\n');
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
        if (local(t, ECHO)) {
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
            put(t, '\a');
        }
        return;
    }
    if (local(t, ECHO)) {
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
        if (local(t, ECHO)) {
            echo(t, c);
        }
        store(t, c, false);
        if (!local(t, ICANON)) {
            line_is_ready(t);
        }
        return;
    }
    if (local(t, IEXTEN) && i & IUCLC && c >= 'A' && c <= 'Z') {
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
    if (local(t, ISIG) && signal_character(t, c)) {
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
    if (local(t, ICANON)) {
        canonical(t, c);
        return;
    }
    if (t->head - t->tail >= TTY_LINE) {
        return;
    }
    if (local(t, ECHO)) {
        echo(t, c);
    }
    store(t, c, false);
}

size_t tty_room(const struct tty *t)
{
    uint32_t used = t->head - t->tail;

    /* a line that is too long does not hold up what ends or erases it */
    return local(t, ICANON) && t->tail == t->ready ? 256 : TTY_LINE - used;
}

void tty_input(struct tty *t, const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        receive(t, bytes[i]);
    }
    if (!local(t, ICANON) && t->ready != t->head) {
        line_is_ready(t);
    }
    flush_output(t);
}

/* ---- reading ---- */

/* May the running process use its terminal?  In the background it is stopped (POSIX, Terminal Access Control). */
static int job_control(struct tty *t, int signal)
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

static uint32_t available(const struct tty *t)
{
    return t->ready - t->tail;
}

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

    while (u->left && available(t)) {
        uint32_t at = t->tail % TTY_LINE, part = TTY_LINE - at;
        size_t n;

        part = part < available(t) ? part : available(t);
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
    uint32_t before = available(t);

    least = least < u->left ? least : (uint32_t)u->left;
    while (available(t) < (least ? least : 1)) {
        int err;

        if (t->is_hung_up) {
            return 0;
        }
        if (!least && !tenths) {
            return 0;
        }
        if (nonblock) {
            return available(t) ? 0 : -EAGAIN;
        }
        if (least && tenths && available(t)) { /* between bytes */
            deadline =
                before == available(t) && deadline != TIME_NEVER ? deadline : now_ns() + tenths;
            before = available(t);
        }
        err = wait_on(&t->readers, deadline, WAIT_INTERRUPTIBLE);
        if (err == -ETIMEDOUT) {
            return 0;
        }
        if (err) {
            return available(t) ? 0 : err;
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
        err = job_control(t, SIGTTIN);
        if (err) {
            return err;
        }
        if (!local(t, ICANON)) {
            err = wait_raw(t, u, nonblock);
            return err ? err : read_raw(t, u);
        }
        if (available(t)) {
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

long tty_write(struct file *f, struct uio *u, uint64_t *position)
{
    struct tty *t = f->data;
    uint8_t part[256];
    long done = 0, err = 0;

    (void)position;
    if (local(t, TOSTOP)) {
        err = job_control(t, SIGTTOU);
        if (err) {
            return err;
        }
    }
    lock_take(&t->write_lock);
    while (u->left && !err) {
        uint32_t most = out_room(t) / 8; /* a tab becomes eight spaces */
        size_t n;

        if (t->is_hung_up) {
            err = -EIO;
            break;
        }
        if (!most) {
            flush_output(t);
            if (out_room(t) / 8) {
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
            put(t, part[i]);
        }
        done += (long)n;
    }
    lock_drop(&t->write_lock);
    flush_output(t);
    return done ? done : err;
}

uint32_t tty_poll(struct file *f, struct poll_wait *w)
{
    struct tty *t = f->data;
    uint32_t least = local(t, ICANON) || t->termios.c_cc[VTIME] ? 1 : t->termios.c_cc[VMIN];

    poll_add(w, &t->readers);
    poll_add(w, &t->writers);
    return (available(t) >= (least ? least : 1) ? EPOLLIN | EPOLLRDNORM : 0) |
           (out_room(t) > 64 && !t->is_hung_up ? EPOLLOUT | EPOLLWRNORM : 0) |
           (t->is_hung_up ? EPOLLHUP | EPOLLIN : 0);
}

/* ---- control ---- */

static void set_termios(struct tty *t, const struct termios2 *new)
{
    bool was_canonical = local(t, ICANON);

    t->termios = *new;
    if (was_canonical && !local(t, ICANON)) { /* what was being edited can be read */
        t->ready = t->head;
    } else if (!was_canonical && local(t, ICANON) && t->head != t->tail) {
        set_line_end(t, t->head - 1, true);
        t->ready = t->head;
    }
    if (!(t->termios.c_iflag & IXON)) {
        t->is_stopped = false;
    }
    wake_all(&t->readers, EPOLLIN);
    flush_output(t);
}

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
    long err = job_control(t, SIGTTOU);

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
            drop_input(t);
        }
        set_termios(t, &new);
    }
    return err;
}

static long flush(struct tty *t, uint64_t which)
{
    if (which > TCIOFLUSH) {
        return -EINVAL;
    }
    if (which != TCOFLUSH) {
        drop_input(t);
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
        flush_output(t);
        return 0;
    case TCIOFF:
    case TCION:
        return 0;
    default:
        return -EINVAL;
    }
}

/* The running process, a session leader without one, gets t as controlling terminal. */
static long take_terminal(struct tty *t, bool steal)
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
        (void)take_terminal(t, false);
    }
}

static void leave_terminal(struct tty *t)
{
    struct process *p = current->process;

    if (p->session == p->pid && t->session == p->session) {
        signal_send_group(t->foreground, SIGHUP, NULL);
        signal_send_group(t->foreground, SIGCONT, NULL);
        t->session = t->foreground = 0;
        LIST_FOR(l, &processes)
        {
            struct process *o = CONTAINER(l, struct process, all);

            if (o->session == p->session) {
                o->tty = NULL;
            }
        }
    }
    p->tty = NULL;
}

static long set_foreground(struct tty *t, uint64_t from)
{
    struct process *p = current->process;
    int32_t group;
    bool is_there = false;
    long err = job_control(t, SIGTTOU);

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
        drop_input(t);
    }
    set_termios(t, &new);
    return 0;
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
        return set_foreground(t, argument);
    case TIOCGSID:
        return p->tty != t || !t->session ? -ENOTTY : put_int(argument, t->session);
    case TIOCSCTTY:
        return take_terminal(t, argument == 1);
    case TIOCNOTTY:
        if (p->tty != t) {
            return -ENOTTY;
        }
        leave_terminal(t);
        return 0;
    case TIOCGWINSZ:
        return copy_to_user(argument, &t->size, sizeof t->size);
    case TIOCSWINSZ:
        return set_size(t, argument);
    case FIONREAD:
        return put_int(argument, (int)available(t));
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
    if (t->foreground) {
        signal_send_group(t->foreground, SIGHUP, NULL);
        signal_send_group(t->foreground, SIGCONT, NULL);
    }
    t->session = t->foreground = 0;
    LIST_FOR(l, &processes)
    {
        struct process *o = CONTAINER(l, struct process, all);

        if (o->session == p->session) {
            o->tty = NULL;
        }
    }
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
