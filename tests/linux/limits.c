/* Limits, and who may set what for whom: the same verdicts as on Linux.  Prints "ok NAME" or "FAIL NAME". */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

#define sched_param sched_param_of_linux /* both libraries define it */
#include <linux/sched/types.h>
#undef sched_param

#define NO_ROOT 1000
#define OTHER   1001
#define FOLDER  "/var/tmp/limits.folder"

/* The test in a process of its own, whose failures are counted. */
static void apart(void (*test)(void))
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        failures = 0;
        test();
        fflush(stdout);
        _exit(failures);
    }
    waitpid(pid, &status, 0);
    failures += WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* ---- limits of another process ---- */

/* A child that waits to be killed, with those real, effective and saved users, and the same group for all. */
static pid_t child_of(uid_t real, uid_t effective, uid_t saved)
{
    int ready[2];
    char c;
    pid_t pid = pipe(ready) == 0 ? fork() : -1;

    if (pid == 0) {
        if (setresgid(NO_ROOT, NO_ROOT, NO_ROOT) == 0 && setresuid(real, effective, saved) == 0 &&
            write(ready[1], "", 1) == 1) {
            pause();
        }
        _exit(1);
    }
    if (read(ready[0], &c, 1) != 1) {
        abort();
    }
    close(ready[0]);
    close(ready[1]);
    return pid;
}

static void end(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static pid_t same, other_saved, other_effective;

static void limits_as_user(void)
{
    struct rlimit l = { 0 };

    if (setresgid(NO_ROOT, NO_ROOT, NO_ROOT) != 0 || setresuid(NO_ROOT, NO_ROOT, NO_ROOT) != 0) {
        abort();
    }
    check(prlimit(same, RLIMIT_NOFILE, NULL, &l) == 0 && l.rlim_cur > 0, "limits of the same user");
    l.rlim_cur--;
    check(prlimit(same, RLIMIT_NOFILE, &l, NULL) == 0, "and less of them");
    check(fails(prlimit(other_saved, RLIMIT_NOFILE, NULL, &l), EPERM), "of one saved as another");
    check(fails(prlimit(other_effective, RLIMIT_NOFILE, NULL, &l), EPERM), "of one who acts as it");
    check(fails(prlimit(1, RLIMIT_NOFILE, NULL, &l), EPERM), "of root's process");
    check(fails(prlimit(1, 99, NULL, &l), EPERM) && fails(prlimit(0, 99, NULL, &l), EINVAL) &&
              fails(prlimit(99999, RLIMIT_NOFILE, NULL, &l), ESRCH),
          "limits that there are not");
}

static void test_limits(void)
{
    same = child_of(NO_ROOT, NO_ROOT, NO_ROOT);
    other_saved = child_of(NO_ROOT, NO_ROOT, OTHER);
    other_effective = child_of(NO_ROOT, OTHER, NO_ROOT);
    apart(limits_as_user);
    end(same);
    end(other_saved);
    end(other_effective);
}

/* ---- capabilities ---- */

static uint64_t effective(void)
{
    struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct d[2];

    return syscall(SYS_capget, &h, d) == 0 ? d[0].effective | (uint64_t)d[1].effective << 32 : 0;
}

static long set_inheritable(uint32_t set)
{
    struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct d[2];

    if (syscall(SYS_capget, &h, d) != 0) {
        return -1;
    }
    d[0].inheritable = set;
    return syscall(SYS_capset, &h, d);
}

static void test_file_user(void)
{
    const uint64_t of_files = 1ull << CAP_CHOWN | 1ull << CAP_DAC_OVERRIDE | 1ull << CAP_MKNOD |
                              1ull << CAP_DAC_READ_SEARCH | 1ull << CAP_FOWNER |
                              1ull << CAP_FSETID | 1ull << CAP_LINUX_IMMUTABLE |
                              1ull << CAP_MAC_OVERRIDE;
    const uint64_t before = effective();

    setfsuid(NO_ROOT);
    check(effective() == (before & ~of_files), "another user of files has no file capabilities");
    check(fails(open("/etc/shadow", O_RDONLY), EACCES), "and may not read what is root's");
    setfsuid(0);
    check(effective() == before && open("/etc/shadow", O_RDONLY) >= 0, "root has them again");
}

static void test_inheritable(void)
{
    check(prctl(PR_CAPBSET_DROP, CAP_SYS_TIME) == 0 &&
              fails(set_inheritable(1u << CAP_SYS_TIME), EPERM),
          "nothing is inherited beyond the bounding set");
    check(set_inheritable(1u << CAP_CHOWN) == 0, "what is permitted can be inherited");
    if (setresuid(NO_ROOT, NO_ROOT, NO_ROOT) != 0) {
        abort();
    }
    check(fails(set_inheritable(1u << CAP_KILL), EPERM) && set_inheritable(1u << CAP_CHOWN) == 0,
          "and nothing else without privilege");
}

/* ---- scheduling ---- */

static int set_policy(pid_t pid, int policy, int priority)
{
    struct sched_param p = { .sched_priority = priority };

    return sched_setscheduler(pid, policy, &p);
}

static int priority(pid_t pid)
{
    struct sched_param p;

    return sched_getparam(pid, &p) == 0 ? p.sched_priority : -1;
}

static long nanoseconds(void)
{
    struct timespec t;

    return sched_rr_get_interval(0, &t) == 0 ? t.tv_sec * 1000000000 + t.tv_nsec : -1;
}

static void test_schedule_of_root(void)
{
    struct sched_attr a = { .size = sizeof a, .sched_policy = SCHED_BATCH, .sched_nice = 5 };

    check(set_policy(0, SCHED_RR, 7) == 0 && sched_getscheduler(0) == SCHED_RR &&
              priority(0) == 7 && nanoseconds() == 100000000,
          "turns of a tenth of a second");
    check(set_policy(0, SCHED_FIFO, 99) == 0 && nanoseconds() == 0, "no turns");
    check(fails(set_policy(0, SCHED_FIFO, 100), EINVAL) &&
              fails(set_policy(0, SCHED_RR, 0), EINVAL) &&
              fails(set_policy(0, SCHED_OTHER, 1), EINVAL) && fails(set_policy(0, 77, 0), EINVAL) &&
              fails(set_policy(99999, SCHED_OTHER, 0), ESRCH),
          "policies and priorities that there are not");
    check(syscall(SYS_sched_getattr, 0, &a, sizeof a, 0) == 0 && a.sched_policy == SCHED_FIFO &&
              a.sched_priority == 99 && a.sched_nice == 0,
          "both in one");
    a = (struct sched_attr){ .size = sizeof a, .sched_policy = SCHED_BATCH, .sched_nice = 5 };
    check(syscall(SYS_sched_setattr, 0, &a, 0) == 0 && getpriority(PRIO_PROCESS, 0) == 5 &&
              sched_getscheduler(0) == SCHED_BATCH,
          "both are set in one");
    a.size = 47;
    check(fails(syscall(SYS_sched_setattr, 0, &a, 0), E2BIG) && a.size == 56, "too small");
    a = (struct sched_attr){ .size = sizeof a, .sched_policy = SCHED_DEADLINE };
    check(fails(syscall(SYS_sched_setattr, 0, &a, 0), EINVAL) &&
              fails(syscall(SYS_sched_setattr, 0, &a, 1), EINVAL),
          "a deadline without a length");
    check(set_policy(0, SCHED_RR | SCHED_RESET_ON_FORK, 3) == 0 &&
              sched_getscheduler(0) == (SCHED_RR | SCHED_RESET_ON_FORK),
          "not for children");
    pid_t pid = fork();

    if (pid == 0) {
        _exit(sched_getscheduler(0) * 100 + priority(0));
    }
    int status = -1;

    waitpid(pid, &status, 0);
    check(status == 0, "who do not have it");
}

static void test_schedule_of_user(void)
{
    const struct rlimit ten = { 10, 10 };

    if (setrlimit(RLIMIT_RTPRIO, &ten) != 0 || setresuid(NO_ROOT, NO_ROOT, NO_ROOT) != 0) {
        abort();
    }
    check(set_policy(0, SCHED_FIFO, 10) == 0 && fails(set_policy(0, SCHED_FIFO, 11), EPERM),
          "priorities up to the limit");
    check(set_policy(0, SCHED_RR, 2) == 0 && priority(0) == 2, "less is always allowed");
    check(fails(set_policy(1, SCHED_OTHER, 0), EPERM), "not for another user");
    check(set_policy(0, SCHED_OTHER | SCHED_RESET_ON_FORK, 0) == 0 &&
              fails(set_policy(0, SCHED_OTHER, 0), EPERM),
          "what children do not get stays so");
}

static void test_schedule_without_limit(void)
{
    const struct rlimit none = { 0, 0 };

    if (setrlimit(RLIMIT_RTPRIO, &none) != 0 || setresuid(NO_ROOT, NO_ROOT, NO_ROOT) != 0) {
        abort();
    }
    check(fails(set_policy(0, SCHED_RR, 1), EPERM), "no priorities without a limit");
    check(set_policy(0, SCHED_IDLE, 0) == 0 && fails(set_policy(0, SCHED_OTHER, 0), EPERM),
          "who is idle stays so");
}

/* ---- inotify ---- */

/* The setting of /proc/sys/fs/inotify; value >= 0: which it gets. */
static int setting(const char *name, int value)
{
    char path[128], text[16];
    int old = -1;
    FILE *f;

    snprintf(path, sizeof path, "/proc/sys/fs/inotify/%s", name);
    f = fopen(path, "r");
    if (f) {
        old = fgets(text, sizeof text, f) ? atoi(text) : -1;
        fclose(f);
    }
    f = value >= 0 ? fopen(path, "w") : NULL;
    if (f) {
        fprintf(f, "%d\n", value);
        if (fclose(f) != 0) {
            old = -1;
        }
    }
    return old;
}

static void test_instances(void)
{
    int most = setting("max_user_instances", -1), last = -1, n;

    if (setresuid(OTHER, OTHER, OTHER) != 0) {
        abort();
    }
    for (n = 0; n < 1000 && (last = inotify_init1(0)) >= 0; n++) {
    }
    check(n == most && fails(last, EMFILE), "instances of a user");
    close(3);
    check(inotify_init1(0) == 3, "one less is one more");
}

static void test_watches(void)
{
    int old = setting("max_user_watches", 3), i, n, a, b;

    if (setresuid(OTHER, OTHER, OTHER) != 0) {
        abort();
    }
    i = inotify_init1(0), n = inotify_init1(0);
    a = inotify_add_watch(i, "/etc", IN_OPEN), b = inotify_add_watch(i, "/", IN_OPEN);
    check(old > 3 && a > 0 && b > 0 && inotify_add_watch(n, "/", IN_OPEN) > 0 &&
              fails(inotify_add_watch(i, "/usr", IN_OPEN), ENOSPC),
          "watches of a user");
    check(inotify_add_watch(i, "/etc", IN_CLOSE) == a, "one that there is can be changed");
    check(inotify_rm_watch(i, b) == 0 && inotify_add_watch(i, "/usr", IN_OPEN) > 0,
          "one less makes room");
}

static void test_overflow(void)
{
    int old = setting("max_queued_events", 4), i = inotify_init1(IN_NONBLOCK), at = 0, many = 0;
    char got[4096], name[64];
    struct inotify_event e = { 0 };
    ssize_t n;

    mkdir(FOLDER, 0700);
    inotify_add_watch(i, FOLDER, IN_CREATE);
    for (int f = 0; f < 9; f++) {
        snprintf(name, sizeof name, FOLDER "/%d", f);
        close(open(name, O_CREAT | O_WRONLY, 0600));
        unlink(name);
    }
    n = read(i, got, sizeof got);
    for (; at < n; at += (int)(sizeof e + e.len)) {
        memcpy(&e, got + at, sizeof e);
        many++;
    }
    check(many == 5 && e.mask == IN_Q_OVERFLOW && e.wd == -1 && e.len == 0,
          "events beyond the limit are one that says so");
    close(open(FOLDER "/more", O_CREAT | O_WRONLY, 0600));
    unlink(FOLDER "/more");
    n = read(i, got, sizeof got);
    memcpy(&e, got, sizeof e);
    check(n > 0 && e.mask == IN_CREATE, "later ones are told again");
    rmdir(FOLDER);
    setting("max_queued_events", old);
}

static void test_settings(void)
{
    int old = setting("max_user_instances", 77);

    check(setting("max_user_instances", old) == 77 && setting("max_user_instances", -1) == old,
          "a setting");
    if (setresuid(OTHER, OTHER, OTHER) != 0) {
        abort();
    }
    check(fails(open("/proc/sys/fs/inotify/max_user_watches", O_WRONLY), EACCES), "not for users");
}

int main(void)
{
    int watches = setting("max_user_watches", -1);

    test_limits();
    apart(test_file_user);
    apart(test_inheritable);
    apart(test_schedule_of_root);
    apart(test_schedule_of_user);
    apart(test_schedule_without_limit);
    apart(test_settings);
    apart(test_instances);
    apart(test_watches);
    setting("max_user_watches", watches);
    apart(test_overflow);
    printf("%d failures\n", failures);
    return failures != 0;
}
