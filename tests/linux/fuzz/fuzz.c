/*
 * Random system calls against whatever kernel it runs on.  A parent starts one child after the other; each makes calls of calls.def with
 * arguments that are half sensible, until it has made enough, dies of one, or has had its time.  The seed of a child decides
 * all that it does.
 *     fuzz [--seed S] [--children N] [--calls N] [--trace]
 *         calls: of a child; --trace: each call on the console before it is made
 * Nothing is done to others than itself and its descendants, nothing written outside of the scratch folder.
 * The last line: "fuzz: ok ..." if the system still does what it should; status 1 if not.
 */
#define _GNU_SOURCE
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LIMIT_NS  500000000l /* of a child; waiting costs nothing in virtual time */
#define FILE_MOST (2ul << 20)
#define CHILDREN  3 /* that one process makes with clone */
#define DEPTH     2

static const struct call {
    const char *name;
    int number, weight;
    uint8_t kind[6];
} calls[] = {
#define CALL(name, weight, ...) { #name, SYS_##name, weight, { __VA_ARGS__ } },
#include "calls.def"
#undef CALL
};
#define CALLS (sizeof calls / sizeof *calls)

static unsigned clones, depth;
static volatile struct {
    uint64_t made, succeeded;
} * counts; /* shared with the children */
static bool is_traced;

/* ---- the child ---- */

/* Does it wake, signal or change somebody else? */
static bool is_harmless(const struct call *c, const uint64_t *a)
{
    switch (c->number) {
    case SYS_kill:
        return (int)a[0] >= 0; /* -1 and groups are others, too */
    case SYS_prctl:
        return a[0] != PR_SET_PDEATHSIG && a[0] != PR_SET_SECCOMP;
    case SYS_clone:
    case SYS_clone3:
        return clones < CHILDREN && depth < DEPTH;
    default:
        return true;
    }
}

/* A new process of the same memory must not use the stack of this one: it ends at once. */
static long make_process(const struct call *c, const uint64_t *a)
{
    register long x0 __asm__("x0") = (long)a[0];
    register long x1 __asm__("x1") = (long)a[1];
    register long x2 __asm__("x2") = (long)a[2];
    register long x3 __asm__("x3") = (long)a[3];
    register long x4 __asm__("x4") = (long)a[4];
    register long x8 __asm__("x8") = c->number;
    register long x9 __asm__("x9") = c->number == SYS_clone ? (long)(a[0] & CLONE_VM) : 1;

    __asm__ volatile("svc #0\n"
                     "cbnz x0, 1f\n"
                     "cbz x9, 1f\n"
                     "mov x8, #124\n" /* sched_yield, then exit */
                     "svc #0\n"
                     "mov x8, #93\n"
                     "mov x0, #0\n"
                     "svc #0\n"
                     "1:"
                     : "+r"(x0), "+r"(x8)
                     : "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x9)
                     : "memory");
    return x0;
}

static void trace(const struct call *c, const uint64_t *a)
{
    char text[200];
    int n =
        snprintf(text, sizeof text, "%d %s(%#lx, %#lx, %#lx, %#lx, %#lx, %#lx)\n", getpid(),
                 c->name, (long)a[0], (long)a[1], (long)a[2], (long)a[3], (long)a[4], (long)a[5]);

    (void)!write(1000, text, (size_t)n);
}

static void one_call(uint64_t weights)
{
    uint64_t at = fuzz_below(weights);
    const struct call *c = calls;
    uint64_t a[6];
    long result;

    while (at >= (uint64_t)c->weight) {
        at -= (uint64_t)c->weight;
        c++;
    }
    if ((c->number == SYS_exit || c->number == SYS_exit_group || c->number == SYS_rt_sigreturn ||
         c->number == SYS_execve || c->number == SYS_execveat || c->number == SYS_chroot) &&
        fuzz_below(8)) {
        return;
    }
    for (unsigned i = 0; i < 6; i++) {
        a[i] = fuzz_argument(c->kind[i]);
    }
    if (!is_harmless(c, a)) {
        return;
    }
    if (is_traced) {
        trace(c, a);
    }
    if (c->number == SYS_clone || c->number == SYS_clone3) {
        clones++;
        result = make_process(c, a);
        if (result == 0) {
            depth++;
            clones = 0;
            fuzz_last_child = 0;
            fuzz_state ^= 0x9e3779b97f4a7c15ull * depth;
        } else if (result > 0) {
            fuzz_last_child = (pid_t)result;
        }
    } else {
        counts->made++;
        result = syscall(c->number, a[0], a[1], a[2], a[3], a[4], a[5]);
        counts->succeeded += result >= 0;
    }
}

static void arena(void)
{
    if (mmap((void *)ARENA, (size_t)PAGES * PAGE, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != (void *)ARENA) {
        _exit(99);
    }
    for (unsigned i = 0; i < PAGES; i++) {
        if (i % 8 == 5) {
            mprotect((void *)(ARENA + i * PAGE), PAGE, PROT_READ);
        } else if (i % 8 == 6) {
            munmap((void *)(ARENA + i * PAGE), PAGE);
        }
    }
}

/* Descriptors 3 to 19, of most kinds. */
static void open_some(void)
{
    int two[2];

    (void)!open("a", O_RDWR);
    (void)!open("dir", O_RDONLY | O_DIRECTORY);
    (void)!open("dir/c", O_RDWR | O_CREAT | O_APPEND, 0666);
    (void)!open("fifo", O_RDWR | O_NONBLOCK);
    (void)!open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK);
    (void)!open("/proc/self/status", O_RDONLY);
    (void)!pipe2(two, O_NONBLOCK);
    (void)eventfd(1, EFD_NONBLOCK);
    (void)epoll_create1(0);
    (void)timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    (void)inotify_init1(IN_NONBLOCK);
    (void)memfd_create("m", MFD_ALLOW_SEALING);
    (void)!pipe2(two, 0);
    (void)!socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, two);
}

static _Noreturn void child(uint64_t seed, unsigned count)
{
    static const struct rlimit file_most = { FILE_MOST, FILE_MOST }; /* all files lie in memory */
    uint64_t weights = 0;
    int null;

    fuzz_state = seed * 0x9e3779b97f4a7c15ull + 1;
    for (unsigned i = 0; i < CALLS; i++) {
        weights += (uint64_t)calls[i].weight;
    }
    setsid();
    setrlimit(RLIMIT_FSIZE, &file_most);
    if (is_traced) {
        dup2(1, 1000);
        fcntl(1000, F_SETFD, FD_CLOEXEC);
    }
    null = open("/dev/null", O_RDWR);
    for (int i = 0; i < 3; i++) {
        dup2(null, i);
    }
    close(null);
    open_some();
    arena();
    for (unsigned i = 0; i < 8; i++) {
        fuzz_next();
    }
    while (count--) {
        one_call(weights);
    }
    _exit(0);
}

/* ---- the parent ---- */

/* Everything that is no ancestor is a descendant of a child. */
static void end_all(void)
{
    pid_t self = getpid(), shell = getppid();
    DIR *d = opendir("/proc");
    struct dirent *e;

    while (d && (e = readdir(d))) {
        pid_t pid = atoi(e->d_name);

        if (pid > 1 && pid != self && pid != shell) {
            kill(pid, SIGKILL);
        }
    }
    if (d) {
        closedir(d);
    }
}

/* Follows no link: what could not be unmounted may be a procfs, whose links lead everywhere. */
static void remove_all(const char *name)
{
    int fd = open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *e;
    char path[PAGE];

    while (d && (e = readdir(d))) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) {
            continue;
        }
        snprintf(path, sizeof path, "%s/%s", name, e->d_name);
        if (unlink(path)) {
            remove_all(path);
        }
    }
    if (d) {
        closedir(d);
    }
    rmdir(name);
}

/* Unmounts what is mounted below the scratch folder and can be named: one may hide another.  false: nothing. */
static bool unmount_some(void)
{
    static char at[256][100];
    FILE *f = fopen("/proc/self/mountinfo", "r");
    char line[3 * PAGE];
    unsigned n = 0;
    bool is_done = false;

    while (f && n < 256 && fgets(line, sizeof line, f)) {
        n += sscanf(line, "%*[^ ] %*[^ ] %*[^ ] %*[^ ] %99[^ ]", at[n]) == 1 &&
             strncmp(at[n], SCRATCH, strlen(SCRATCH)) == 0;
    }
    if (f) {
        fclose(f);
    }
    while (n--) {
        is_done |= umount2(at[n], MNT_DETACH) == 0;
    }
    return is_done;
}

/* Objects of System V outlive who has made them. */
static void remove_ipc(void)
{
    struct shmid_ds shm;
    struct semid_ds sem;
    struct msqid_ds msg;
    int most[3] = { shmctl(0, SHM_INFO, (struct shmid_ds *)&(struct shm_info){ 0 }),
                    semctl(0, 0, SEM_INFO, &(struct seminfo){ 0 }),
                    msgctl(0, MSG_INFO, (struct msqid_ds *)&(struct msginfo){ 0 }) };

    for (int i = 0; i <= most[0]; i++) {
        shmctl(shmctl(i, SHM_STAT, &shm), IPC_RMID, NULL);
    }
    for (int i = 0; i <= most[1]; i++) {
        semctl(semctl(i, 0, SEM_STAT, &sem), 0, IPC_RMID);
    }
    for (int i = 0; i <= most[2]; i++) {
        msgctl(msgctl(i, MSG_STAT, &msg), IPC_RMID, NULL);
    }
}

static void clear_scratch(void)
{
    remove_ipc();
    (void)chdir("/");
    while (unmount_some()) {
    }
    remove_all(SCRATCH);
    unlink("/dev/shm/x");
}

static bool make_scratch(void)
{
    static const char contents[10000] = "fuzz";
    int fd;

    if (mkdir(SCRATCH, 0777) || chdir(SCRATCH) || mkdir("dir", 0777) || mkdir("mnt", 0777) ||
        mkfifo("fifo", 0666) || symlink("a", "link") || symlink("loop", "loop")) {
        return false;
    }
    fd = open("a", O_RDWR | O_CREAT, 0666);
    return fd >= 0 && write(fd, contents, sizeof contents) == sizeof contents && close(fd) == 0;
}

/* One child, and what comes of it, until nothing is left. */
static bool run_child(uint64_t seed, unsigned count)
{
    struct timespec limit = { 0, LIMIT_NS };
    sigset_t set;
    pid_t pid;

    clear_scratch();
    if (!make_scratch()) {
        printf("fuzz: FAILED seed %lu: no scratch folder: %s\n", (unsigned long)seed,
               strerror(errno));
        fflush(stdout);
        (void)!system("cat /proc/mounts; find " SCRATCH " | xargs stat");
        return false;
    }
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    fflush(stdout);
    pid = fork();
    if (pid < 0) {
        printf("fuzz: FAILED seed %lu: fork: %s\n", (unsigned long)seed, strerror(errno));
        return false;
    }
    if (pid == 0) {
        sigprocmask(SIG_UNBLOCK, &set, NULL);
        child(seed, count);
    }
    (void)sigtimedwait(&set, NULL, &limit);
    for (unsigned i = 0; i < 1000; i++) {
        pid_t gone = waitpid(-1, NULL, WNOHANG | __WALL);

        if (gone < 0) {
            return true;
        }
        if (gone == 0) {
            end_all();
            limit = (struct timespec){ 0, 1000000 };
            (void)sigtimedwait(&set, NULL, &limit);
        }
    }
    printf("fuzz: FAILED seed %lu: its processes do not end\n", (unsigned long)seed);
    return false;
}

static long memory_free(void)
{
    FILE *f = fopen("/proc/meminfo", "r");
    char line[100];
    long kib = -1;

    while (f && fgets(line, sizeof line, f) && sscanf(line, "MemFree: %ld", &kib) != 1) {
    }
    if (f) {
        fclose(f);
    }
    return kib;
}

/* Does it still work?  A file, a pipe, another program. */
static bool is_well(void)
{
    char text[100] = "";
    FILE *f;
    int fd;

    if (!make_scratch()) {
        return false;
    }
    fd = open("well", O_RDWR | O_CREAT, 0666);
    if (fd < 0 || pwrite(fd, "still here", 10, 100000) != 10 || fsync(fd) ||
        pread(fd, text, 99, 100000) != 10 || strcmp(text, "still here") != 0 || close(fd)) {
        return false;
    }
    f = popen("busybox seq 100 | busybox sort -rn | busybox head -n 1", "r");
    return f && fgets(text, sizeof text, f) && strcmp(text, "100\n") == 0 && pclose(f) == 0;
}

static uint64_t number(const char *text)
{
    return text ? strtoull(text, NULL, 0) : 0;
}

int main(int argc, char **argv)
{
    uint64_t seed = 1, children = 0, count = 200;
    bool is_right = true;
    long before;
    sigset_t set;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--seed") == 0) {
            seed = number(argv[++i]);
        } else if (strcmp(argv[i], "--children") == 0) {
            children = number(argv[++i]);
        } else if (strcmp(argv[i], "--calls") == 0) {
            count = number(argv[++i]);
        } else if (strcmp(argv[i], "--trace") == 0) {
            is_traced = true;
        }
    }
    if (!children) { /* a child has executed it */
        return 0;
    }
    counts = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (counts == MAP_FAILED) {
        return 1;
    }
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    sigfillset(&set);
    sigprocmask(SIG_BLOCK, &set, NULL);
    is_right = run_child(seed, 1); /* what is allocated once is there */
    clear_scratch();
    before = memory_free();
    for (uint64_t i = 0; i < children && is_right; i++) {
        if (i % 20 == 0) {
            printf("fuzz: from seed %lu on, free %ld KiB\n", (unsigned long)(seed + i),
                   memory_free());
        }
        is_right = run_child(seed + i, (unsigned)count);
    }
    clear_scratch();
    printf("fuzz: %ld KiB less are free\n", before - memory_free());
    if (is_right && !is_well()) {
        printf("fuzz: FAILED: the system does not work any more: %s\n", strerror(errno));
        is_right = false;
    }
    clear_scratch();
    printf("fuzz: %lu calls were made, %lu succeeded\n", (unsigned long)counts->made,
           (unsigned long)counts->succeeded);
    printf("fuzz: %s: %lu children of %lu calls from seed %lu on\n", is_right ? "ok" : "FAILED",
           (unsigned long)children, (unsigned long)count, (unsigned long)seed);
    return !is_right;
}
