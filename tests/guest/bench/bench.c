/*
 * What a virtual machine costs in instructions: a static Linux program that runs on Debian's kernel, natively and in a guest
 * (tests/guest/bench/bench.sh, ./tessera bench guest), each operation between two marks (tess/mark.h).
 *
 *     guestbench OPERATION...    mix, or half of it; mmio, console, timer, disk; cross
 *     guestbench hack            part of the mix: processes that send each other messages
 *
 * Prints as tests/linux/bench/bench.c does: "sample NAME COUNT" for each interval, and besides "figure NAME NUMBER" for what the program
 * itself has measured, "refused NAME ERRNO" for what cannot be done here.  Ends with "done".
 */
#define _GNU_SOURCE
#include <tess/mark.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/random.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    MARK = 4000, /* as in tests/linux/bench/bench.c */
    PAGE = 4096,
    SECOND = 1000000000,
};

static bool refuse(const char *row)
{
    printf("refused %s %d\n", row, errno);
    return false;
}

/* ---- mix: what people do with a small machine ---- */

/* Its argument: how much of it. */
static const char mix[] =
    "cd /tmp && rm -rf mix && mkdir mix && cd mix || exit 1\n"
    "turn=0\n"
    "while [ $turn -lt $1 ]; do\n"
    "    i=0 sum=0\n"
    "    while [ $i -lt 3000 ]; do i=$((i + 1)) sum=$((sum + i % 7)); done\n"
    "    for i in 1 2 3 4 5 6 7 8; do [ $(echo $i | cat | wc -c) = 2 ] || exit 2; done\n"
    "    tar cf all.tar -C /usr/share/common-licenses . || exit 3\n"
    "    gzip -6 -c all.tar >all.tar.gz && gzip -dc all.tar.gz | cmp - all.tar || exit 4\n"
    "    mkdir out && tar xmf all.tar -C out || exit 5\n"
    "    cat out/* 2>/dev/null | awk '{ for (i = 1; i <= NF; i++) n[$i]++ } END { for (w in n) "
    "print n[w], w }' |\n"
    "        sort -n | tail -n 1 >/dev/null\n"
    "    rm -rf out\n"
    "    /usr/bin/guestbench hack || exit 6\n"
    "    turn=$((turn + 1))\n"
    "done\n";

static bool run_mix(unsigned turns)
{
    char count[12];
    int status;

    snprintf(count, sizeof(count), "%u", turns);
    pid_t child = fork();
    if (child == 0) {
        execl("/bin/sh", "sh", "-c", mix, "sh", count, NULL);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) != child) {
        return refuse("mix");
    }
    if (status) {
        printf("guestbench: the mix ended with status %d\n", WEXITSTATUS(status));
    }
    return status == 0;
}

static void measure_turns(unsigned turns)
{
    if (!run_mix(1)) { /* what it reads is in memory afterwards */
        return;
    }
    TESS_MARK_BEGIN(MARK);
    bool well = run_mix(turns);
    TESS_MARK_END(MARK);
    printf("sample mix %d\n", well);
}

static void measure_mix(void)
{
    measure_turns(6);
}

static void measure_half(void)
{
    measure_turns(3);
}

enum { GROUPS = 2, PEERS = 5, MESSAGES = 40, BYTES = 100 };

static _Noreturn void hack_send(int ends[][2])
{
    char text[BYTES] = { 0 };

    for (int m = 0; m < MESSAGES; m++) {
        for (int r = 0; r < PEERS; r++) {
            if (write(ends[r][1], text, BYTES) != BYTES) {
                _exit(1);
            }
        }
    }
    _exit(0);
}

static _Noreturn void hack_receive(int end)
{
    char text[BYTES];

    for (int left = MESSAGES * PEERS * BYTES; left > 0;) {
        ssize_t n = read(end, text, BYTES);
        if (n <= 0) {
            _exit(1);
        }
        left -= (int)n;
    }
    _exit(0);
}

/* Groups of senders and receivers, each sender to each receiver of its group. */
static int hack(void)
{
    int bad = 0, status;

    for (int g = 0; g < GROUPS; g++) {
        int ends[PEERS][2];
        for (int r = 0; r < PEERS; r++) {
            if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends[r])) {
                return 1;
            }
            if (fork() == 0) {
                hack_receive(ends[r][0]);
            }
        }
        for (int s = 0; s < PEERS; s++) {
            if (fork() == 0) {
                hack_send(ends);
            }
        }
        for (int r = 0; r < PEERS; r++) {
            close(ends[r][0]);
            close(ends[r][1]);
        }
    }
    while (wait(&status) > 0) {
        bad |= status;
    }
    return bad != 0;
}

/* ---- devices ---- */

/* A register of the interrupt controller that says how many lines it has (GICD_TYPER), where guests have theirs. */
static void measure_mmio(void)
{
    int memory = open("/dev/mem", O_RDONLY | O_SYNC);
    volatile uint32_t *gicd = MAP_FAILED;

    if (memory >= 0) {
        gicd = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, memory, 0x08000000);
    }
    if (gicd == MAP_FAILED) {
        refuse("mmio");
        return;
    }
    for (int sample = 0; sample < 5; sample++) {
        (void)gicd[1];
        TESS_MARK_BEGIN(MARK);
        for (int i = 0; i < 200; i++) {
            (void)gicd[1];
        }
        TESS_MARK_END(MARK);
        printf("sample mmio 200\n");
    }
}

/* Lines of 64 bytes, one write each; what the lines before still cause is part of it, as theirs is of the ones behind. */
static void measure_console(void)
{
    static const char line[] = "................................................console.......\n";

    fflush(stdout);
    for (int sample = 0; sample < 5; sample++) {
        bool well = true;
        TESS_MARK_BEGIN(MARK);
        for (int i = 0; i < 20; i++) {
            well &= write(1, line, sizeof(line) - 1) == (ssize_t)sizeof(line) - 1;
        }
        TESS_MARK_END(MARK);
        printf("sample console %d\n", well ? 20 : 0);
    }
}

static int64_t ns(const struct timespec *t)
{
    return (int64_t)t->tv_sec * SECOND + t->tv_nsec;
}

/* As cyclictest: how late a real-time thread wakes that sleeps until a moment; the mean.  A nanosecond is an instruction (-icount). */
static void measure_timer(void)
{
    enum { ROUNDS = 300, INTERVAL = 1000000 };
    const struct sched_param urgent = { .sched_priority = 80 };
    struct timespec until, now;
    int64_t late = 0;

    if (sched_setscheduler(0, SCHED_FIFO, &urgent)) {
        refuse("timer");
        return;
    }
    clock_gettime(CLOCK_MONOTONIC, &until);
    for (int i = 0; i < ROUNDS; i++) {
        until.tv_nsec += INTERVAL;
        if (until.tv_nsec >= SECOND) {
            until.tv_nsec -= SECOND;
            until.tv_sec++;
        }
        errno = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
        if (errno) {
            refuse("timer");
            return;
        }
        clock_gettime(CLOCK_MONOTONIC, &now);
        late += ns(&now) - ns(&until);
        until = now;
    }
    sched_setscheduler(0, SCHED_OTHER, &(struct sched_param){ 0 });
    printf("figure timer %lld\n", (long long)late / ROUNDS);
}

static void measure_disk(void)
{
    static char page[PAGE] __attribute__((aligned(PAGE)));
    int disk = open("/dev/vda", O_RDONLY | O_DIRECT);

    if (disk < 0) {
        refuse("disk");
        return;
    }
    for (int sample = 0; sample < 40; sample++) {
        (void)!pread(disk, page, PAGE, sample * 16 * PAGE);
        fflush(stdout);
        TESS_MARK_BEGIN(MARK);
        bool well = pread(disk, page, PAGE, (sample * 16 + 8) * PAGE) == PAGE;
        TESS_MARK_END(MARK);
        printf("sample disk %d\n", well);
    }
    close(disk);
}

/* A thread on one CPU and a thread on another, one byte there and back. */
static bool stay_on(int cpu)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    return sched_setaffinity(0, sizeof(set), &set) == 0;
}

static bool cross(int there, int back, int rounds)
{
    char byte = 0;

    for (int i = 0; i < rounds; i++) {
        if (write(there, &byte, 1) != 1 || read(back, &byte, 1) != 1) {
            return false;
        }
    }
    return true;
}

/* What the peer's first steps cost, and what processes that ended before have left to be freed, is not part of it. */
static void measure_cross(void)
{
    enum { ROUNDS = 100 };
    const struct timespec settled = { .tv_nsec = SECOND / 2 };
    int there[2], back[2];
    char byte = 0;

    if (pipe(there) || pipe(back) || !stay_on(0)) {
        refuse("cross");
        return;
    }
    pid_t peer = fork();
    if (peer == 0) {
        close(there[1]);
        if (!stay_on(1)) {
            _exit(1);
        }
        while (read(there[0], &byte, 1) == 1 && write(back[1], &byte, 1) == 1) {
        }
        _exit(0);
    }
    close(there[0]);
    close(back[1]);
    bool well = cross(there[1], back[0], ROUNDS);
    nanosleep(&settled, NULL);
    for (int sample = 0; sample < 9; sample++) {
        TESS_MARK_BEGIN(MARK);
        well &= cross(there[1], back[0], ROUNDS);
        TESS_MARK_END(MARK);
        printf("sample cross %d\n", well ? ROUNDS : 0);
    }
    close(there[1]);
    waitpid(peer, NULL, 0);
}

/* See tests/linux/bench/bench.c: else each system call costs twenty times as much. */
static void seed_kernel(void)
{
    struct {
        struct rand_pool_info head;
        uint32_t bits[16];
    } seed = { .head = { .entropy_count = 8 * sizeof(seed.bits), .buf_size = sizeof(seed.bits) } };
    int device = open("/dev/urandom", O_WRONLY);

    if (device >= 0) {
        ioctl(device, RNDADDENTROPY, &seed);
        close(device);
    }
}

static const struct {
    const char *name;
    void (*run)(void);
} operations[] = {
    { "mix", measure_mix },         { "half", measure_half },   { "mmio", measure_mmio },
    { "console", measure_console }, { "timer", measure_timer }, { "disk", measure_disk },
    { "cross", measure_cross },
};

int main(int arguments, char **argument)
{
    if (arguments == 2 && strcmp(argument[1], "hack") == 0) {
        return hack();
    }
    seed_kernel();
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int a = 1; a < arguments; a++) {
        for (size_t i = 0; i < sizeof(operations) / sizeof(*operations); i++) {
            if (strcmp(operations[i].name, argument[a]) == 0) {
                operations[i].run();
            }
        }
    }
    printf("done\n");
    return 0;
}
