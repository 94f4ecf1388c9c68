/*
 * What Linux's system calls cost in instructions: a static Linux program that runs each operation many times between two
 * marks (tess/mark.h); QEMU's instruction counter (tools/bench/plugin) sums what the program, kernel and servers did between
 * them.  The same binary runs on Debian's kernel and on Tessera: tests/linux/bench/bench.sh, ./tessera bench linux.
 *
 *     bench [PREFIX...]    runs the operations whose names begin with one of the PREFIXes, in the working directory
 *
 * Prints one line for each interval, in the order of the marks: "sample NAME COUNT", COUNT operations in the interval; for an
 * operation that the kernel refuses "refused NAME ERRNO".  Ends with "done".
 */
#define _GNU_SOURCE
#include <tess/mark.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/random.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    MARK =
        4000, /* id of the one interval; ids of the kernel's rows are below 1000, those of systems below this */
    BOOTED = 4001, /* the point at which this program begins */
    SAMPLES = 3,   /* intervals of each operation; the table takes the middle one */
    PAGE = 4096,
    MEBIBYTE = 1 << 20,
};

static const char *row;  /* name of the operation that runs */
static long refused;     /* errno of its first failure */
static const char *self; /* path of this program */
static char buffer[MEBIBYTE] __attribute__((aligned(PAGE)));

/* Notes a failure of the operation; returns whether result is one. */
static bool failed(long result)
{
    if (result >= 0) {
        return false;
    }
    if (!refused) {
        refused = errno;
    }
    return true;
}

/* Every interval has its line, or the table would take another one for it. */
static void note(long count)
{
    printf("sample %s %ld\n", row, refused ? 0 : count);
}

/* Evaluates the statement count times between the marks, after a few times before. */
#define MEASURE(count, statement)                                                                  \
    do {                                                                                           \
        for (long i_ = 0; i_ < (count) / 8 + 1; i_++) {                                            \
            statement;                                                                             \
        }                                                                                          \
        for (int s_ = 0; s_ < SAMPLES && !refused; s_++) {                                         \
            TESS_MARK_BEGIN(MARK);                                                                 \
            for (long i_ = 0; i_ < (count); i_++) {                                                \
                statement;                                                                         \
            }                                                                                      \
            TESS_MARK_END(MARK);                                                                   \
            note(count);                                                                           \
        }                                                                                          \
    } while (0)

static void loop(void)
{
    MEASURE(10000, __asm__ volatile("" ::: "memory"));
}

static void call_getpid(void)
{
    MEASURE(2000, failed(syscall(SYS_getpid)));
}

static void call_unknown(void)
{
    /* 1000: no architecture has a call of this number */
    MEASURE(2000, syscall(1000));
}

static void vdso_clock(void)
{
    struct timespec now;
    MEASURE(2000, failed(clock_gettime(CLOCK_MONOTONIC, &now)));
}

static int make_file(const char *name, size_t size)
{
    int file = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (!failed(file)) {
        memset(buffer, 'a', sizeof(buffer));
        for (size_t at = 0; at < size; at += MEBIBYTE) {
            failed(write(file, buffer, size - at < MEBIBYTE ? size - at : MEBIBYTE));
        }
    }
    return file;
}

static void file_lseek(void)
{
    int file = make_file("bench.data", PAGE);
    MEASURE(2000, failed(lseek(file, 10, SEEK_SET)));
    close(file);
}

static void file_fstat(void)
{
    struct stat is;
    int file = make_file("bench.data", PAGE);
    MEASURE(1000, failed(fstat(file, &is)));
    close(file);
}

static void file_stat(void)
{
    struct stat is;
    failed(mkdir("bench.dir", 0700) < 0 && errno != EEXIST ? -1 : 0);
    close(make_file("bench.dir/file", 10));
    MEASURE(1000, failed(stat("bench.dir/file", &is)));
}

static void file_open(void)
{
    close(make_file("bench.data", PAGE));
    MEASURE(500, {
        int file = open("bench.data", O_RDONLY);
        failed(file);
        failed(close(file));
    });
}

static void file_create(void)
{
    MEASURE(200, {
        int file = open("bench.new", O_RDWR | O_CREAT | O_EXCL, 0600);
        failed(file);
        failed(close(file));
        failed(unlink("bench.new"));
    });
}

static void read_at_start(size_t size, long count)
{
    int file = make_file("bench.data", size);
    MEASURE(count, failed(pread(file, buffer, size, 0)));
    close(file);
}

static void pread_4k(void)
{
    read_at_start(PAGE, 500);
}

static void pread_64k(void)
{
    read_at_start(16 * PAGE, 100);
}

static void read_cached(void)
{
    read_at_start(MEBIBYTE, 8);
}

/* The file's pages are dropped from the cache before each interval. */
static void read_disk(void)
{
    int file = make_file("/var/tmp/bench.data", MEBIBYTE); /* /tmp may be memory */
    for (int s = 0; s < SAMPLES && !refused; s++) {
        failed(fsync(file));
        int error = posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
        if (error) {
            refused = error;
        }
        failed(lseek(file, 0, SEEK_SET));
        TESS_MARK_BEGIN(MARK);
        for (int i = 0; i < MEBIBYTE / (16 * PAGE); i++) {
            failed(read(file, buffer, 16 * PAGE));
        }
        TESS_MARK_END(MARK);
        note(1);
    }
    close(file);
}

static void pipe_self(void)
{
    int ends[2];
    if (failed(pipe(ends))) {
        return;
    }
    MEASURE(500, {
        failed(write(ends[1], buffer, 1));
        failed(read(ends[0], buffer, 1));
    });
    close(ends[0]);
    close(ends[1]);
}

/* One byte to a child and back; to and from are what the parent writes and reads. */
static void ping_pong(const int parent[2], const int child[2], long count)
{
    pid_t peer = fork();
    if (failed(peer)) {
        return;
    }
    if (peer == 0) {
        char byte;
        close(parent[0]);
        if (parent[1] != parent[0]) {
            close(parent[1]);
        }
        while (read(child[0], &byte, 1) == 1 && write(child[1], &byte, 1) == 1) {
        }
        _exit(0);
    }
    close(child[0]);
    if (child[1] != child[0]) {
        close(child[1]);
    }
    MEASURE(count, {
        failed(write(parent[1], buffer, 1));
        failed(read(parent[0], buffer, 1));
    });
    close(parent[0]);
    if (parent[1] != parent[0]) {
        close(parent[1]);
    }
    waitpid(peer, NULL, 0);
}

static void pipe_round(void)
{
    int there[2];
    int back[2];
    if (!failed(pipe(there)) && !failed(pipe(back))) {
        ping_pong((int[]){ back[0], there[1] }, (int[]){ there[0], back[1] }, 300);
    }
}

static void unix_round(void)
{
    int pair[2];
    if (!failed(socketpair(AF_UNIX, SOCK_STREAM, 0, pair))) {
        ping_pong((int[]){ pair[0], pair[0] }, (int[]){ pair[1], pair[1] }, 300);
    }
}

static long futex(uint32_t *word, int operation, uint32_t value)
{
    return syscall(SYS_futex, word, operation | FUTEX_PRIVATE_FLAG, value, NULL, NULL, 0);
}

static void futex_wake(void)
{
    static uint32_t word;
    MEASURE(2000, failed(futex(&word, FUTEX_WAKE, 1)));
}

static uint32_t turn; /* 0: main thread, 1: the other, 2: the end */

static void pass_turn(uint32_t to)
{
    __atomic_store_n(&turn, to, __ATOMIC_SEQ_CST);
    failed(futex(&turn, FUTEX_WAKE, 1));
}

static uint32_t await_turn(uint32_t mine)
{
    uint32_t now;
    while ((now = __atomic_load_n(&turn, __ATOMIC_SEQ_CST)) == 1 - mine) {
        futex(&turn, FUTEX_WAIT, now);
    }
    return now;
}

static void *futex_peer(void *unused)
{
    while (await_turn(1) != 2) {
        pass_turn(0);
    }
    return unused;
}

static void futex_round(void)
{
    pthread_t peer;
    turn = 0;
    errno = pthread_create(&peer, NULL, futex_peer, NULL);
    if (failed(errno ? -1 : 0)) {
        return;
    }
    MEASURE(300, {
        pass_turn(1);
        await_turn(0);
    });
    pass_turn(2);
    pthread_join(peer, NULL);
}

/* Touches each page of a new mapping between the marks. */
static void touch(int protection, int flags, int file, size_t pages, void (*before)(char *, size_t),
                  void (*after)(void))
{
    for (int s = 0; s < SAMPLES && !refused; s++) {
        char *area = mmap(NULL, pages * PAGE, protection, flags, file, 0);
        if (failed(area == MAP_FAILED ? -1 : 0)) {
            return;
        }
        if (before) {
            before(area, pages);
        }
        if (protection & PROT_WRITE) {
            TESS_MARK_BEGIN(MARK);
            for (size_t i = 0; i < pages; i++) {
                *(volatile char *)(area + i * PAGE) = 1;
            }
            TESS_MARK_END(MARK);
        } else {
            TESS_MARK_BEGIN(MARK);
            for (size_t i = 0; i < pages; i++) {
                *(volatile char *)(area + i * PAGE);
            }
            TESS_MARK_END(MARK);
        }
        note((long)pages);
        if (after) {
            after();
        }
        munmap(area, pages * PAGE);
    }
}

static void fault_anonymous(void)
{
    touch(PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 256, NULL, NULL);
}

static void fault_file(void)
{
    int file = make_file("bench.data", MEBIBYTE);
    touch(PROT_READ, MAP_PRIVATE, file, MEBIBYTE / PAGE, NULL, NULL);
    close(file);
}

static pid_t sharer;
static int sharer_end;

/* A child that shares the pages until its pipe is closed. */
static void share(char *area, size_t pages)
{
    int ends[2];
    for (size_t i = 0; i < pages; i++) {
        area[i * PAGE] = 2;
    }
    if (failed(pipe(ends))) {
        return;
    }
    sharer = fork();
    if (sharer == 0) {
        close(ends[1]);
        failed(read(ends[0], buffer, 1));
        _exit(0);
    }
    failed(sharer);
    close(ends[0]);
    sharer_end = ends[1];
}

static void unshare_pages(void)
{
    close(sharer_end);
    waitpid(sharer, NULL, 0);
}

static void fault_copy(void)
{
    touch(PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 256, share, unshare_pages);
}

static void map_unmap(void)
{
    MEASURE(200, {
        char *area =
            mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        failed(area == MAP_FAILED ? -1 : 0);
        failed(munmap(area, 16 * PAGE));
    });
}

static void map_touch_unmap(void)
{
    MEASURE(200, {
        char *area =
            mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        failed(area == MAP_FAILED ? -1 : 0);
        *(volatile char *)area = 1;
        failed(munmap(area, 16 * PAGE));
    });
}

static void on_signal(int number)
{
    (void)number;
}

static void signal_self(void)
{
    signal(SIGUSR1, on_signal);
    MEASURE(500, failed(raise(SIGUSR1)));
}

static void *no_work(void *argument)
{
    return argument;
}

static void thread_create(void)
{
    MEASURE(100, {
        pthread_t thread;
        errno = pthread_create(&thread, NULL, no_work, NULL);
        if (!failed(errno ? -1 : 0)) {
            pthread_join(thread, NULL);
        }
    });
}

static void reap(pid_t child)
{
    int status = 0;
    failed(child);
    failed(child > 0 ? waitpid(child, &status, 0) : -1);
    if (status) {
        refused = ECHILD; /* the child did not end as it should have */
    }
}

/* What file rows filled is not theirs that fork. */
static void forget_buffer(void)
{
    failed(madvise(buffer, sizeof(buffer), MADV_DONTNEED));
}

static void fork_exit(void)
{
    forget_buffer();
    MEASURE(30, {
        pid_t child = fork();
        if (child == 0) {
            _exit(0);
        }
        reap(child);
    });
}

static void execute_self(void)
{
    char *arguments[] = { (char *)self, "--nothing", NULL };
    char *environment[] = { NULL };
    execve(self, arguments, environment);
    _exit(1);
}

/* A child by vfork() that ends, or executes this program, at once. */
static __attribute__((noinline)) pid_t vfork_child(bool execute)
{
    pid_t child = vfork();
    if (child == 0) {
        if (execute) {
            execute_self();
        }
        _exit(0);
    }
    return child;
}

static void vfork_exit(void)
{
    forget_buffer();
    MEASURE(50, reap(vfork_child(false)));
}

static void fork_exec(void)
{
    forget_buffer();
    MEASURE(20, {
        pid_t child = fork();
        if (child == 0) {
            execute_self();
        }
        reap(child);
    });
}

static void vfork_exec(void)
{
    forget_buffer();
    MEASURE(20, reap(vfork_child(true)));
}

static void epoll_none(void)
{
    int ends[2];
    int set = epoll_create1(0);
    struct epoll_event event = { .events = EPOLLIN };
    if (failed(set) || failed(pipe(ends)) ||
        failed(epoll_ctl(set, EPOLL_CTL_ADD, ends[0], &event))) {
        return;
    }
    MEASURE(1000, failed(epoll_wait(set, &event, 1, 0)));
    close(set);
    close(ends[0]);
    close(ends[1]);
}

static const struct sockaddr_in loopback = { .sin_family = AF_INET, .sin_addr = { 0x0100007f } };

/* A socket of the type, bound to a free port of 127.0.0.1, which goes to *at. */
static int bound(int type, struct sockaddr_in *at)
{
    socklen_t length = sizeof(*at);
    *at = loopback;
    int one = socket(AF_INET, type, 0);
    if (!failed(one)) {
        failed(bind(one, (struct sockaddr *)at, sizeof(*at)));
        failed(getsockname(one, (struct sockaddr *)at, &length));
    }
    return one;
}

static void tcp_round(void)
{
    struct sockaddr_in at;
    int listener = bound(SOCK_STREAM, &at);
    if (refused || failed(listen(listener, 1))) {
        return;
    }
    int here = socket(AF_INET, SOCK_STREAM, 0);
    if (failed(here) || failed(connect(here, (struct sockaddr *)&at, sizeof(at)))) {
        return;
    }
    int there = accept(listener, NULL, NULL);
    if (!failed(there)) {
        ping_pong((int[]){ here, here }, (int[]){ there, there }, 200);
    }
    close(listener);
}

static void udp_self(void)
{
    struct sockaddr_in at;
    int one = bound(SOCK_DGRAM, &at);
    if (!refused) {
        MEASURE(200, {
            failed(sendto(one, buffer, 1, 0, (struct sockaddr *)&at, sizeof(at)));
            failed(recv(one, buffer, 1, 0));
        });
        close(one);
    }
}

static const struct {
    const char *name;
    void (*run)(void);
} operations[] = {
    { "loop", loop },
    { "getpid", call_getpid },
    { "unknown", call_unknown },
    { "clock_gettime", vdso_clock },
    { "lseek", file_lseek },
    { "fstat", file_fstat },
    { "stat", file_stat },
    { "open+close", file_open },
    { "creat+unlink", file_create },
    { "pread-4k", pread_4k },
    { "pread-64k", pread_64k },
    { "read-cache", read_cached },
    { "read-disk", read_disk },
    { "pipe-self", pipe_self },
    { "pipe-round", pipe_round },
    { "unix-round", unix_round },
    { "futex-wake", futex_wake },
    { "futex-round", futex_round },
    { "fault-anonymous", fault_anonymous },
    { "fault-file", fault_file },
    { "fault-copy", fault_copy },
    { "mmap+munmap", map_unmap },
    { "mmap+touch+munmap", map_touch_unmap },
    { "signal-self", signal_self },
    { "pthread", thread_create },
    { "fork+exit", fork_exit },
    { "vfork+exit", vfork_exit },
    { "fork+exec", fork_exec },
    { "vfork+exec", vfork_exec },
    { "epoll-none", epoll_none },
    { "tcp-round", tcp_round },
    { "udp-self", udp_self },
};

/*
 * Linux draws random bits in every call (for its stack), which costs twenty times the call until its generator is seeded, as
 * that of a machine that has run for seconds is.  This one has no source of entropy: it is told that it got some.
 */
static void seed_kernel(void)
{
    struct {
        struct rand_pool_info head;
        uint32_t bits[16];
    } seed = { .head = { .entropy_count = 8 * sizeof(seed.bits), .buf_size = sizeof(seed.bits) } };
    int device = open("/dev/urandom", O_WRONLY);
    if (device >= 0) {
        ioctl(device, RNDADDENTROPY, &seed); /* not every kernel has the need */
        close(device);
    }
}

static bool wanted(char **prefix)
{
    bool all = *prefix == NULL;
    for (; *prefix; prefix++) {
        all |= strncmp(row, *prefix, strlen(*prefix)) == 0;
    }
    return all;
}

int main(int arguments, char **argument)
{
    if (arguments == 2 && strcmp(argument[1], "--nothing") == 0) {
        return 0;
    }
    TESS_MARK_POINT(BOOTED);
    seed_kernel();
    self = argument[0];
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < sizeof(operations) / sizeof(*operations); i++) {
        row = operations[i].name;
        refused = 0;
        if (!wanted(argument + 1)) {
            continue;
        }
        operations[i].run();
        if (refused) {
            printf("refused %s %ld\n", row, refused);
        }
    }
    printf("done\n");
    return 0;
}
