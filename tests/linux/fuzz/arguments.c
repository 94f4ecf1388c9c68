/* Arguments that are half sensible. */
#define _GNU_SOURCE
#include "fuzz.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

uint64_t fuzz_state;
pid_t fuzz_last_child;

uint64_t fuzz_next(void)
{
    fuzz_state ^= fuzz_state << 13;
    fuzz_state ^= fuzz_state >> 7;
    fuzz_state ^= fuzz_state << 17;
    return fuzz_state * 0x2545f4914f6cdd1dull;
}

uint64_t fuzz_below(uint64_t n)
{
    return (fuzz_next() >> 11) % n;
}

#define below fuzz_below
#define next  fuzz_next

#define PICK(...)                                                                                  \
    ({                                                                                             \
        static const uint64_t of[] = { __VA_ARGS__ };                                              \
        of[below(sizeof of / sizeof *of)];                                                         \
    })

/* ---- arguments ---- */

static const char *const names[] = { "a",
                                     "b",
                                     "dir",
                                     "dir/c",
                                     "dir/d",
                                     "dir/sub",
                                     "link",
                                     "mnt",
                                     "mnt/a",
                                     "mnt/dir",
                                     "fifo",
                                     ".",
                                     "dir/..",
                                     "a/",
                                     "dir/",
                                     "",
                                     "loop",
                                     SCRATCH "/a",
                                     SCRATCH "/dir/c",
                                     "/dev/null",
                                     "/dev/zero",
                                     "/dev/full",
                                     "/dev/urandom",
                                     "/dev/ptmx",
                                     "/dev/tty",
                                     "/proc/self/maps",
                                     "/proc/self/status",
                                     "/proc/self/fd",
                                     "/proc/self/fd/3",
                                     "/proc/self/task",
                                     "/proc/self/cmdline",
                                     "/proc/meminfo",
                                     "/proc/self/mem",
                                     "/proc/mounts",
                                     "/proc/sys/kernel",
                                     "/proc",
                                     "/sys",
                                     "/dev/shm/x",
                                     "/dev/pts",
                                     "/dev/pts/0" };
/* What may be written: the scratch folder, in which a child lives. */
#define NAMES_INSIDE 19

/* An address in the arena, mostly of a page that can be written. */
static uint64_t address(void)
{
    uint64_t page = below(PAGES), in = below(4) ? below(PAGE / 64) * 64 : PAGE - 1 - below(64);

    switch (below(24)) {
    case 0:
        return 0;
    case 1:
        return PICK(1, 8, 0xfff, ~0ull, ~0ull - 7, 1ull << 47, 1ull << 48, 0xffff000000000000ull,
                    0x7ffffffffff8ull);
    case 2:
        return ARENA + PAGES * PAGE - below(16); /* its end */
    case 3:
        return ARENA + (PAGES + below(64)) * PAGE + in; /* where mmap works */
    default:
        return ARENA + page * PAGE + in;
    }
}

static bool is_writable(uint64_t at, uint64_t n)
{
    uint64_t page = (at - ARENA) / PAGE;

    return at >= ARENA && at + n <= ARENA + PAGES * PAGE && page % 8 != 5 && page % 8 != 6 &&
           at / PAGE == (at + n - 1) / PAGE;
}

/* An address at which n bytes of `from` lie, if that is possible; else whatever lies there. */
static uint64_t place(const void *from, uint64_t n)
{
    uint64_t at = address();

    if (is_writable(at, n)) {
        memcpy((void *)at, from, n);
    }
    return at;
}

static uint64_t length(void)
{
    return PICK(0, 1, 2, 7, 8, 16, 24, 64, 100, 255, 256, 1000, PAGE - 1, PAGE, PAGE + 1, 3 * PAGE,
                65536, 100000, 1 << 20, ~0ull, INT64_MAX, 1ull << 32, 0x80000000ull);
}

static uint64_t any(void)
{
    switch (below(6)) {
    case 0:
        return below(8);
    case 1:
        return below(256);
    case 2:
        return 1ull << below(64);
    case 3:
        return (uint64_t) - (int64_t)below(8);
    case 4:
        return address();
    default:
        return next();
    }
}

/* is_inside: of the scratch folder, for what changes names. */
static uint64_t path(bool is_inside)
{
    char text[PAGE];

    if (below(40) == 0) {
        memset(text, below(2) ? 'x' : '/', sizeof text);
        return place(text, below(2) ? 300 : sizeof text);
    }
    snprintf(
        text, sizeof text, "%s",
        names[is_inside || below(3) ? below(NAMES_INSIDE) : below(sizeof names / sizeof *names)]);
    return place(text, strlen(text) + 1);
}

static uint64_t inside(void)
{
    return (uint64_t)names[below(NAMES_INSIDE)];
}

static uint64_t file(void)
{
    return below(20) ? below(12)
                     : PICK(~0ull, (uint64_t)AT_FDCWD, 1000, 1 << 20, INT32_MAX, 63, 64, 255, 256);
}

static uint64_t words(void)
{
    uint64_t w[16];
    unsigned kind = (unsigned)below(4);

    for (unsigned i = 0; i < 16; i++) {
        w[i] = kind == 0   ? 0
               : kind == 1 ? below(4)
               : kind == 2 ? any()
               : below(3)  ? below(64)
                           : next();
    }
    return place(w, sizeof w);
}

static uint64_t vector_of_pieces(void)
{
    struct iovec v[8];

    for (unsigned i = 0; i < 8; i++) {
        v[i] = (struct iovec){ (void *)address(), below(4) ? below(2 * PAGE) : length() };
    }
    return place(v, sizeof v);
}

static uint64_t moment(void)
{
    struct timespec t[2];

    for (unsigned i = 0; i < 2; i++) {
        t[i] = (struct timespec){ (time_t)PICK(0, 0, 0, 0, 1, ~0ull, INT64_MAX, 1700000000),
                                  (long)PICK(0, 1, 1000, 100000, 999999999, 1000000000,
                                             (1 << 30) - 1, (1 << 30) - 2, ~0ull) };
    }
    return below(6) ? place(t, sizeof t) : 0;
}

/* Nobody but itself and its children. */
static uint64_t process(void)
{
    switch (below(4)) {
    case 0:
        return 0;
    case 1:
        return fuzz_last_child ? (uint64_t)fuzz_last_child : 0;
    case 2:
        return PICK(0, 99999, INT32_MAX, (uint64_t)INT32_MIN);
    default:
        return (uint64_t)getpid();
    }
}

static uint64_t signal_number(void)
{
    return below(8)
               ? PICK(0, SIGUSR1, SIGCHLD, SIGALRM, SIGURG, SIGCONT, SIGWINCH, SIGSEGV, 33, 40, 64)
               : below(70);
}

static uint64_t message(void)
{
    struct msghdr m = { .msg_name = below(2) ? (void *)address() : NULL,
                        .msg_namelen = (unsigned)below(200),
                        .msg_iov = (void *)vector_of_pieces(),
                        .msg_iovlen = below(9),
                        .msg_control = below(2) ? (void *)words() : NULL,
                        .msg_controllen = below(128) };
    struct {
        struct cmsghdr h;
        int fd[4];
    } rights = { { below(2) ? (size_t)CMSG_LEN(8) : below(64), 1 /* SOL_SOCKET */, (int)below(4) },
                 { (int)file(), (int)file(), -1, 0 } };

    if (below(2)) {
        m.msg_control = (void *)place(&rights, sizeof rights);
        m.msg_controllen = below(3) ? sizeof rights : below(64);
    }
    return place(&m, sizeof m);
}

static uint64_t epoll_item(void)
{
    struct epoll_event e = { (uint32_t)(below(2) ? 5 : next()), { .u64 = next() } };

    return place(&e, sizeof e);
}

static uint64_t polled(void)
{
    struct pollfd p[20];

    for (unsigned i = 0; i < 20; i++) {
        p[i] = (struct pollfd){ (int)file(), (short)(below(2) ? 5 : next()), 0 };
    }
    return place(p, sizeof p);
}

static uint64_t socket_name(void)
{
    struct {
        uint16_t family;
        char text[108];
    } un = { (uint16_t)PICK(1, 1, 1, 0, 2, 10, 16), "" };

    snprintf(un.text, sizeof un.text, "%s", below(3) ? (const char *)inside() : "");
    if (below(3) == 0) {
        snprintf(un.text + 1, sizeof un.text - 1, "%u", (unsigned)below(4));
    }
    return place(&un, sizeof un);
}

static void caught(int number)
{
    (void)number;
}

static uint64_t action(void)
{
    uint64_t a[4] = { (uint64_t)(below(3) ? (uint64_t)caught : PICK(0, 1, 2, 0x1000)),
                      below(2) ? next() & 0xdc000007 : 0, 0,
                      below(2) ? next() & ~(1ull << (SIGALRM - 1)) : 0 };

    return place(a, sizeof a);
}

static uint64_t stack_of_signals(void)
{
    uint64_t s[3] = { address() & ~63ull, PICK(0, 1, 2, 4, 0x80000000ull), length() };

    return place(s, sizeof s);
}

static uint64_t event_of_timer(void)
{
    uint64_t e[8] = { next(), signal_number() | PICK(0, 1, 2, 4) << 32, (uint64_t)getpid(), 0 };

    return below(3) ? place(e, sizeof e) : 0;
}

static uint64_t information(void)
{
    int s[32] = {
        (int)signal_number(), 0, (int)PICK(~0ull, 0, (uint64_t)-60, (uint64_t)-2, 1), 0, getpid(), 0
    };

    return place(s, sizeof s);
}

static uint64_t clone_flags(void)
{
    static const uint64_t likely[] = { 0,
                                       CLONE_VM | CLONE_VFORK,
                                       CLONE_FILES,
                                       CLONE_FS,
                                       CLONE_VM | CLONE_SIGHAND | CLONE_THREAD,
                                       CLONE_VM | CLONE_SIGHAND | CLONE_THREAD | CLONE_FILES |
                                           CLONE_FS,
                                       CLONE_CHILD_SETTID,
                                       CLONE_PARENT_SETTID,
                                       CLONE_PIDFD };
    uint64_t flags = likely[below(sizeof likely / sizeof *likely)];

    if (below(5) == 0) {
        flags |= 1ull << (8 + below(24));
    }
    /* a child of somebody else's is no child of the parent that counts them */
    return (flags & ~(uint64_t)CLONE_PARENT) | SIGCHLD;
}

static uint64_t clone_arguments(void)
{
    uint64_t a[11] = { clone_flags() & ~0xffull,
                       address(),
                       address(),
                       address(),
                       below(2) ? SIGCHLD : below(70),
                       below(2) ? address() & ~15ull : 0,
                       below(2) ? below(PAGE) : length(),
                       0 };

    return place(a, sizeof a);
}

static uint64_t strings(void)
{
    uint64_t v[8] = { 0 };

    for (unsigned i = 0; i < below(8); i++) {
        v[i] = below(8) ? (uint64_t)names[below(NAMES_INSIDE)] : address();
    }
    return place(v, sizeof v);
}

uint64_t fuzz_argument(enum kind kind)
{
    switch (kind) {
    case NONE:
    case ZERO:
        return 0;
    case FD:
        return file();
    case DIRFD:
        return below(4) ? (uint64_t)AT_FDCWD : file();
    case IN:
        return below(8) ? words() : 0;
    case OUT:
        return address();
    case LENGTH:
        return length();
    case COUNT:
        return below(12) ? below(9) : length();
    case OFFSET:
        return below(6) ? PICK(0, 1, 100, PAGE, PAGE - 1, 10000, 65536, 1 << 20)
                        : PICK(~0ull, INT64_MAX, 1ull << 40, INT64_MAX - PAGE);
    case IOV:
        return vector_of_pieces();
    case PATH:
        return path(false);
    case INSIDE:
        return path(true);
    case PLACE:
        return (uint64_t)(below(4) ? "mnt" : "dir");
    case FSTYPE:
        return (uint64_t)(below(3) ? "tmpfs" : below(2) ? "proc" : (const char *)inside());
    case MOUNT:
        return PICK(0, 0, 1, MS_BIND, MS_BIND, MS_REMOUNT, MS_NOATIME, MS_MOVE,
                    MS_REMOUNT | MS_BIND | 1);
    case OPEN:
        return PICK(0, 1, 2) | (below(2) ? O_CREAT : 0) | (below(3) ? O_NONBLOCK : 0) |
               (below(3) ? 0
                         : PICK(O_TRUNC, O_APPEND, O_EXCL, O_DIRECTORY, O_NOFOLLOW, O_CLOEXEC,
                                O_PATH, O_TMPFILE, O_SYNC, O_DIRECT));
    case MODE:
        return below(3) ? 0755 : next() & 07777;
    case NODE:
        return PICK(S_IFIFO | 0666, S_IFREG | 0644, S_IFSOCK | 0600, S_IFDIR | 0700, 0, 0170000);
    case BITS:
        return below(3) == 0 ? 0 : below(2) ? 1ull << below(33) : below(16);
    case FCNTL: /* nobody becomes an owner: signals would go to others */
        return PICK(0, 1, 2, 3, 4, 5, 6, 7, 9, 11, 16, 36, 37, 38, 1024, 1025, 1026, 1029, 1030,
                    1031, 1032, 1033, 1034, 77);
    case ANY:
        return any();
    case IOCTL: /* those of files and terminals, which are its own: it has no console */
        return PICK(FIONREAD, FIONBIO, FIOCLEX, FIONCLEX, FIOASYNC, TCGETS, TCSETS, TCSETSW,
                    TCSETSF, TIOCGWINSZ, TIOCSWINSZ, TIOCGPGRP, TIOCSPGRP, TIOCGPTN, TIOCSPTLCK,
                    TIOCOUTQ, TIOCNOTTY, TCFLSH, TCXONC, TIOCPKT, 0x5441 /* TIOCGPTPEER */,
                    0x40049409 /* FICLONE */, 0x80086601 /* FS_IOC_GETFLAGS */);
    case AT:
        return below(2) ? 0
                        : PICK(AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH, AT_SYMLINK_FOLLOW, AT_EACCESS,
                               0x8000);
    case UNLINK:
        return below(2) ? 0 : PICK(AT_REMOVEDIR, 1);
    case ID:
        return below(3) ? 0 : PICK(~0ull, 1000, 65534, 1);
    case TIME:
        return moment();
    case REQUEST: /* of ptrace */
        return below(4) ? PICK(0, 1, 2, 4, 5, 7, 8, 9, 16, 17, 24) : 0x4200 + below(16);
    case SMALL:
        return below(20) ? below(24) : any();
    case SETSIZE:
        return below(20) ? 8 : below(200);
    case CLOCK:
        return below(10) ? below(12) : any();
    case EPOLL:
        return epoll_item();
    case WAIT:
        return PICK(0, 0, 1, 10, ~0ull);
    case POLL:
        return polled();
    case PID:
        return process();
    case SIGNAL:
        return signal_number();
    case SOCKADDR:
        return socket_name();
    case MESSAGE:
        return message();
    case MAP:
        return below(4) == 0 ? 0 : (ARENA + (PAGES - 1 + below(64)) * PAGE) | (below(12) ? 0 : 8);
    case PROT:
        return below(12) ? below(8) : next();
    case MAPFLAGS:
        return PICK(1, 2, 2, 3) | (below(2) ? 0x20 : 0) |
               (below(3) ? 0 : PICK(0x10, 0x100000, 0x8000, 0x4000, 0x2000, 0x100, 0x1000000));
    case PAGE_OFFSET:
        return below(16) * PAGE;
    case ADVICE:
        return below(12) ? below(26) : PICK(100, 101, ~0ull);
    case WORD:
        return below(8) ? ARENA + below(4) * 4 : address();
    case FUTEX:
        return below(14) | (below(2) ? 128 : 0) | (below(8) ? 0 : 256);
    case ROBUST:
        return below(4) ? 24 : below(64);
    case SIGEVENT:
        return event_of_timer();
    case SIGINFO:
        return information();
    case ACTION:
        return action();
    case STACK:
        return stack_of_signals();
    case WAITFLAGS:
        return (below(3) ? 1 : 0) | (below(4) ? 0 : next() & 0xe100000f);
    case CLONE:
        return clone_flags();
    case CLONEARGS:
        return clone_arguments();
    case CLONESIZE:
        return below(4) ? 88 : below(128);
    case PROGRAM:
        return below(3) ? (uint64_t)(below(2) ? "/bin/busybox" : "/proc/self/exe") : path(false);
    case VECTOR:
        return strings();
    case PRCTL:
        return below(4) ? below(70) : PICK(0x53564d41, 0x59616d61, 55, 56, 1000);
    }
    return 0;
}
