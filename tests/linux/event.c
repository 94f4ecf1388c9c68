/* poll, select, epoll, eventfd, timerfd, signalfd, pidfd, inotify, long calls: the same verdicts as on Linux.  Prints "ok NAME" or "FAIL NAME". */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

static void test_poll(void)
{
    struct timespec none = { 0, 0 };
    struct pollfd p[40];
    fd_set in;
    int fd[2];

    check(pipe(fd) == 0, "pipe");
    for (int i = 0; i < 40; i++) {
        p[i] = (struct pollfd){ .fd = fd[0], .events = POLLIN };
    }
    check(poll(p, 40, 0) == 0 && poll(p, 1, 20) == 0, "poll: none ready");
    check(poll(p, 40, 20) == 0, "poll: 40 time out");
    p[1].fd = 900;
    check(poll(p, 2, 0) == 1 && p[1].revents == POLLNVAL, "poll: POLLNVAL");
    if (fork() == 0) {
        usleep(20000);
        _exit(write(fd[1], "x", 1) != 1);
    }
    p[1].fd = fd[1];
    p[1].events = 0;
    check(poll(p, 2, -1) == 1 && p[0].revents == POLLIN && !p[1].revents, "poll: woken by a write");
    FD_ZERO(&in);
    FD_SET(fd[0], &in);
    check(pselect(fd[0] + 1, &in, NULL, NULL, &none, NULL) == 1 && FD_ISSET(fd[0], &in), "pselect");
    FD_SET(60, &in);
    check(pselect(61, &in, NULL, NULL, &none, NULL) == -1 && errno == EBADF, "pselect: EBADF");
    wait(NULL);
    close(fd[1]);
    close(fd[0]);
}

static int ready(int e, struct epoll_event *v, int ms)
{
    return epoll_wait(e, v, 8, ms);
}

static void test_epoll(void)
{
    struct epoll_event v[8], want = { .events = EPOLLIN, .data.u64 = 7 };
    int e = epoll_create1(EPOLL_CLOEXEC), f = epoll_create1(0), fd[2];
    char c;

    check(e >= 0 && f >= 0 && pipe(fd) == 0, "epoll_create1");
    check(epoll_ctl(e, EPOLL_CTL_ADD, fd[0], &want) == 0, "epoll_ctl ADD");
    check(epoll_ctl(e, EPOLL_CTL_ADD, fd[0], &want) == -1 && errno == EEXIST, "EEXIST");
    check(epoll_ctl(e, EPOLL_CTL_MOD, fd[1], &want) == -1 && errno == ENOENT, "ENOENT");
    check(epoll_ctl(e, EPOLL_CTL_ADD, e, &want) == -1 && errno == EINVAL, "itself");
    check(epoll_ctl(f, EPOLL_CTL_ADD, e, &want) == 0, "nested");
    check(epoll_ctl(e, EPOLL_CTL_ADD, f, &want) == -1 && errno == ELOOP, "ELOOP");
    check(ready(e, v, 0) == 0 && ready(e, v, 20) == 0, "none ready");
    check(write(fd[1], "ab", 2) == 2 && ready(f, v, -1) == 1, "nested is ready");
    check(ready(e, v, -1) == 1 && v[0].data.u64 == 7 && v[0].events == EPOLLIN, "ready");
    check(ready(e, v, 0) == 1, "level: again");
    want.events = EPOLLIN | EPOLLET;
    check(epoll_ctl(e, EPOLL_CTL_MOD, fd[0], &want) == 0 && ready(e, v, 0) == 1, "edge: first");
    check(ready(e, v, 0) == 0, "edge: not again");
    check(write(fd[1], "c", 1) == 1 && ready(e, v, 0) == 1, "edge: a new write");
    want.events = EPOLLIN | EPOLLONESHOT;
    check(epoll_ctl(e, EPOLL_CTL_MOD, fd[0], &want) == 0 && ready(e, v, 0) == 1, "oneshot");
    check(write(fd[1], "d", 1) == 1 && ready(e, v, 0) == 0, "oneshot: not again");
    check(epoll_ctl(e, EPOLL_CTL_MOD, fd[0], &want) == 0 && ready(e, v, 0) == 1, "oneshot: armed");
    want.events = EPOLLIN;
    check(epoll_ctl(e, EPOLL_CTL_MOD, fd[0], &want) == 0, "level");
    close(fd[1]);
    check(ready(e, v, 0) == 1 && v[0].events == (EPOLLIN | EPOLLHUP), "hang-up");
    while (read(fd[0], &c, 1) == 1) {
    }
    check(ready(e, v, 0) == 1 && v[0].events == EPOLLHUP, "only hang-up");
    close(fd[0]);
    check(ready(e, v, 0) == 0, "closed: gone from the set");
    close(e);
    close(f);
}

static void test_counters(void)
{
    int e = eventfd(3, EFD_NONBLOCK), s = eventfd(2, EFD_NONBLOCK | EFD_SEMAPHORE);
    int t = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    struct itimerspec set = { { 0, 10000000 }, { 0, 10000000 } }, got;
    struct pollfd p = { .fd = t, .events = POLLIN };
    eventfd_t n = 0;

    check(eventfd_read(e, &n) == 0 && n == 3, "eventfd");
    check(eventfd_read(e, &n) == -1 && errno == EAGAIN, "eventfd: EAGAIN");
    check(eventfd_write(e, UINT64_MAX - 1) == 0 && eventfd_write(e, 1) == -1 && errno == EAGAIN,
          "eventfd: full");
    check(eventfd_read(s, &n) == 0 && n == 1 && eventfd_read(s, &n) == 0 && n == 1 &&
              eventfd_read(s, &n) == -1,
          "eventfd: semaphore");
    check(timerfd_settime(t, 0, &set, NULL) == 0 && poll(&p, 1, 1000) == 1, "timerfd: fires");
    usleep(35000);
    check(read(t, &n, 8) == 8 && n >= 3 && n < 20, "timerfd: counts");
    check(timerfd_gettime(t, &got) == 0 && got.it_interval.tv_nsec == 10000000 &&
              got.it_value.tv_nsec <= 10000000,
          "timerfd_gettime");
    memset(&set, 0, sizeof set);
    check(timerfd_settime(t, 0, &set, NULL) == 0 && poll(&p, 1, 30) == 0, "timerfd: disarmed");
    close(e), close(s), close(t);
}

static void test_signals(void)
{
    struct signalfd_siginfo i;
    sigset_t set, none;
    int fd, pid, p;
    siginfo_t info = { 0 };
    struct pollfd w;

    sigemptyset(&none);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    fd = signalfd(-1, &set, SFD_NONBLOCK);
    check(read(fd, &i, sizeof i) == -1 && errno == EAGAIN, "signalfd: none");
    kill(getpid(), SIGUSR1);
    w = (struct pollfd){ .fd = fd, .events = POLLIN };
    check(poll(&w, 1, 0) == 1, "signalfd: poll");
    check(read(fd, &i, sizeof i) == sizeof i && i.ssi_signo == SIGUSR1 &&
              i.ssi_pid == (unsigned)getpid(),
          "signalfd: read");
    pid = fork();
    if (pid == 0) {
        pause();
        _exit(1);
    }
    p = (int)syscall(SYS_pidfd_open, pid, 0);
    w = (struct pollfd){ .fd = p, .events = POLLIN };
    check(p >= 0 && poll(&w, 1, 0) == 0, "pidfd: alive");
    check(syscall(SYS_pidfd_send_signal, p, SIGTERM, NULL, 0) == 0 && poll(&w, 1, -1) == 1,
          "pidfd: killed");
    check(waitid(P_PIDFD, (id_t)p, &info, WEXITED) == 0 && info.si_status == SIGTERM, "waitid");
    check(syscall(SYS_pidfd_send_signal, p, 0, NULL, 0) == -1 && errno == ESRCH, "pidfd: ESRCH");
    close(fd), close(p);
}

/* The next event: its mask; its name must be as given. */
static unsigned next(int fd, const char *name)
{
    static char b[1024];
    static ssize_t n, at;
    struct inotify_event *e;

    if (at >= n) {
        n = read(fd, b, sizeof b);
        at = 0;
    }
    e = (struct inotify_event *)(b + at);
    at += (ssize_t)sizeof *e + (n > 0 ? e->len : 0);
    return n < (ssize_t)sizeof *e || strcmp(e->len ? e->name : "", name) != 0 ? 0 : e->mask;
}

static void test_inotify(void)
{
    int n = inotify_init1(IN_NONBLOCK), d, f;

    check(mkdir("/tmp/ino", 0700) == 0, "mkdir");
    d = inotify_add_watch(n, "/tmp/ino", IN_ALL_EVENTS);
    check(n >= 0 && d > 0 && inotify_add_watch(n, "/tmp/ino", IN_ALL_EVENTS) == d, "inotify watch");
    f = open("/tmp/ino/a", O_CREAT | O_WRONLY, 0600);
    check(next(n, "a") == IN_CREATE && next(n, "a") == IN_OPEN, "inotify: create, open");
    check(write(f, "x", 1) == 1 && next(n, "a") == IN_MODIFY, "inotify: modify");
    close(f);
    check(next(n, "a") == IN_CLOSE_WRITE, "inotify: close");
    rename("/tmp/ino/a", "/tmp/ino/b");
    check(next(n, "a") == IN_MOVED_FROM && next(n, "b") == IN_MOVED_TO, "inotify: move");
    unlink("/tmp/ino/b");
    check(next(n, "b") == IN_DELETE, "inotify: delete");
    rmdir("/tmp/ino");
    check(next(n, "") == IN_DELETE_SELF && next(n, "") == IN_IGNORED, "inotify: ignored");
    check(inotify_rm_watch(n, d) == -1 && errno == EINVAL, "inotify: EINVAL");
    close(n);
}

static void ignored(int signal)
{
    (void)signal;
}

/* What would take the personality long lets a signal through, and with it everybody else. */
static void test_interrupted(const char *device, int flags, const char *name)
{
    const struct itimerval soon = { { 0, 2000 }, { 0, 2000 } }, never = { 0 };
    const size_t many = 64 << 20;
    char *to = mmap(NULL, many, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int fd = device ? open(device, flags) : -1;
    ssize_t n;

    signal(SIGALRM, ignored);
    setitimer(ITIMER_REAL, &soon, NULL);
    n = !device             ? getrandom(to, many, 0)
        : flags == O_RDONLY ? read(fd, to, many)
                            : write(fd, to, many);
    setitimer(ITIMER_REAL, &never, NULL);
    check(n > 0 && n < (ssize_t)many, name);
    close(fd);
    munmap(to, many);
}

int main(void)
{
    test_interrupted(NULL, 0, "many random bytes are interrupted");
    test_interrupted("/dev/urandom", O_RDONLY, "also those of the device");
    test_interrupted("/dev/urandom", O_WRONLY, "and those that it is given");
    test_poll();
    test_epoll();
    test_counters();
    test_signals();
    test_inotify();
    printf("%d failures\n", failures);
    return failures != 0;
}
