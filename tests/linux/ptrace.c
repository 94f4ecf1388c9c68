/* ptrace: a tracer and its tracees, the same verdicts as on Linux.  Prints "ok NAME" or "FAIL NAME". */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

struct registers { /* struct user_pt_regs */
    uint64_t x[31], sp, pc, pstate;
};

static volatile long cell = 41;
static volatile uintptr_t nowhere = 16;

static long trace(long request, pid_t pid, long address, long data)
{
    return syscall(SYS_ptrace, request, pid, address, data);
}

static long registers(pid_t pid, struct registers *r, int set)
{
    struct iovec v = { r, sizeof *r };

    return trace(set ? PTRACE_SETREGSET : PTRACE_GETREGSET, pid, NT_PRSTATUS, (long)&v);
}

/* The next stop: status >> 8, or -1: it has ended or waiting failed. */
static int next(pid_t pid)
{
    int status;

    if (waitpid(pid, &status, __WALL) != pid) {
        return -2;
    }
    return WIFSTOPPED(status) ? status >> 8 : -1;
}

static int over(pid_t pid)
{
    int status;

    return waitpid(pid, &status, __WALL) == pid ? status : -1;
}

__attribute__((noinline)) static int answer(int a)
{
    __asm__ volatile("" : "+r"(a));
    return a + 1;
}

/* A child that is traced and has stopped itself with SIGSTOP. */
static pid_t traced(void (*work)(void))
{
    pid_t pid = fork();

    if (pid == 0) {
        if (trace(PTRACE_TRACEME, 0, 0, 0)) {
            _exit(99);
        }
        raise(SIGSTOP);
        work();
        _exit(0);
    }
    check(next(pid) == SIGSTOP, "TRACEME: stops for its own SIGSTOP");
    return pid;
}

static void do_calls(void)
{
    static char room[1024];
    int zero = open("/dev/zero", O_RDONLY);

    syscall(SYS_getppid);
    syscall(SYS_close, 77);
    int uid = (int)syscall(SYS_getuid);
    long got = syscall(SYS_read, zero, room, sizeof room);

    _exit(uid == 123 && got == sizeof room ? 5 : 6);
}

static void test_calls(void)
{
    pid_t pid = traced(do_calls);
    struct __ptrace_syscall_info i = { 0 };
    struct registers r;
    long n;
    int number = 0;
    struct iovec v = { &number, sizeof number };

    check(trace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD) == 0, "SETOPTIONS");
    check(trace(PTRACE_SETOPTIONS, pid, 0, 1 << 30) == -1 && errno == EINVAL,
          "SETOPTIONS: unknown ones");
    do { /* the C library may make others before */
        trace(PTRACE_SYSCALL, pid, 0, 0);
        n = next(pid);
        trace(PTRACE_GET_SYSCALL_INFO, pid, sizeof i, (long)&i);
    } while (n == (SIGTRAP | 0x80) && !(i.op == 1 && i.entry.nr == SYS_getppid));
    check(n == (SIGTRAP | 0x80) && i.arch == 0xc00000b7, "a stop at the entry of a call");
    check(trace(PTRACE_GETREGSET, pid, NT_ARM_SYSTEM_CALL, (long)&v) == 0 && number == SYS_getppid,
          "NT_ARM_SYSTEM_CALL");
    check(registers(pid, &r, 0) == 0 && r.x[8] == SYS_getppid && r.x[7] == 0 &&
              r.pc == i.instruction_pointer && r.sp == i.stack_pointer,
          "registers at the entry");
    trace(PTRACE_SYSCALL, pid, 0, 0);
    n = next(pid);
    check(n == (SIGTRAP | 0x80) && trace(PTRACE_GET_SYSCALL_INFO, pid, sizeof i, (long)&i) == 33 &&
              i.op == 2 && i.exit.rval == getpid() && !i.exit.is_error,
          "a stop at the exit of a call");
    check(registers(pid, &r, 0) == 0 && r.x[0] == (uint64_t)getpid() && r.x[7] == 1,
          "registers at the exit");
    trace(PTRACE_SYSCALL, pid, 0, 0);
    n = next(pid);
    trace(PTRACE_GET_SYSCALL_INFO, pid, sizeof i, (long)&i);
    check(i.op == 1 && i.entry.nr == SYS_close && i.entry.args[0] == 77, "arguments of a call");
    trace(PTRACE_SYSCALL, pid, 0, 0);
    n = next(pid);
    trace(PTRACE_GET_SYSCALL_INFO, pid, sizeof i, (long)&i);
    check(i.op == 2 && i.exit.rval == -EBADF && i.exit.is_error, "the error of a call");
    trace(PTRACE_SYSCALL, pid, 0, 0);
    next(pid);
    trace(PTRACE_SYSCALL, pid, 0, 0);
    next(pid);
    registers(pid, &r, 0);
    r.x[0] = 123;
    check(registers(pid, &r, 1) == 0, "SETREGSET");
    trace(PTRACE_SYSCALL, pid, 0, 0);
    next(pid);
    trace(PTRACE_SYSCALL, pid, 0, 0);
    check(next(pid) == (SIGTRAP | 0x80) && registers(pid, &r, 0) == 0 && r.x[0] == 1024,
          "the number of bytes read");
    trace(PTRACE_CONT, pid, 0, 0);
    check(over(pid) == 5 << 8, "the result that the tracer has set");
}

static volatile sig_atomic_t caught;

static void handler(int s)
{
    caught = s;
}

static void do_signals(void)
{
    signal(SIGUSR1, handler);
    signal(SIGUSR2, handler);
    raise(SIGUSR1);
    if (caught) {
        _exit(1);
    }
    raise(SIGUSR1);
    if (caught != SIGUSR2) {
        _exit(2);
    }
    kill(getpid(), SIGCHLD); /* ignored by default: the tracer sees it */
    *(volatile int *)nowhere = 0;
    _exit(3);
}

static void test_signals(void)
{
    pid_t pid = traced(do_signals);
    siginfo_t info;

    trace(PTRACE_CONT, pid, 0, 0);
    check(next(pid) == SIGUSR1, "a signal stops");
    check(trace(PTRACE_GETSIGINFO, pid, 0, (long)&info) == 0 && info.si_signo == SIGUSR1 &&
              info.si_pid == pid && info.si_code == SI_TKILL,
          "GETSIGINFO");
    trace(PTRACE_CONT, pid, 0, 0);
    check(next(pid) == SIGUSR1, "a signal that was suppressed is not delivered");
    trace(PTRACE_CONT, pid, 0, SIGUSR2);
    check(next(pid) == SIGCHLD, "an ignored signal stops, another one was delivered");
    trace(PTRACE_CONT, pid, 0, SIGCHLD);
    check(next(pid) == SIGSEGV && trace(PTRACE_GETSIGINFO, pid, 0, (long)&info) == 0 &&
              info.si_addr == (void *)16 && info.si_code == SEGV_MAPERR,
          "a fault stops");
    trace(PTRACE_CONT, pid, 0, SIGSEGV);
    check((over(pid) & 0x7f) == SIGSEGV, "and kills");
}

static void do_memory(void)
{
    int n = answer((int)cell); /* 0x1234 + 1, or what the debugger made of it */

    raise(SIGUSR1);
    _exit(n == 0x1235 ? answer(8) : 1);
}

static void test_memory(void)
{
    pid_t pid = traced(do_memory);
    struct registers r;
    struct iovec here, there;
    siginfo_t info;
    long word = 0, code = 0, seen = 0;

    check(trace(PTRACE_PEEKDATA, pid, (long)&cell, (long)&word) == 0 && word == 41, "PEEKDATA");
    check(trace(PTRACE_POKEDATA, pid, (long)&cell, 0x1234) == 0 && cell == 41,
          "POKEDATA: only there");
    check(trace(PTRACE_PEEKDATA, pid, 16, (long)&word) == -1 && errno == EIO, "PEEKDATA: EIO");
    here = (struct iovec){ &seen, sizeof seen };
    there = (struct iovec){ (void *)&cell, sizeof cell };
    check(process_vm_readv(pid, &here, 1, &there, 1, 0) == sizeof seen && seen == 0x1234,
          "process_vm_readv");
    check(process_vm_writev(pid, &here, 1, &there, 1, 0) == sizeof seen, "process_vm_writev");
    there.iov_base = (void *)16;
    check(process_vm_readv(pid, &here, 1, &there, 1, 0) == -1 && errno == EFAULT,
          "process_vm_readv: EFAULT");

    /* a breakpoint in answer() */
    check(trace(PTRACE_PEEKTEXT, pid, (long)answer, (long)&code) == 0 &&
              !memcmp(&code, (void *)answer, sizeof code),
          "PEEKTEXT");
    check(trace(PTRACE_POKETEXT, pid, (long)answer, (code & ~0xffffffffl) | 0xd4200000l) == 0 &&
              answer(1) == 2,
          "POKETEXT: only there");
    trace(PTRACE_CONT, pid, 0, 0);
    check(next(pid) == SIGTRAP, "a breakpoint stops");
    check(trace(PTRACE_GETSIGINFO, pid, 0, (long)&info) == 0 && info.si_code == TRAP_BRKPT &&
              info.si_addr == (void *)answer,
          "GETSIGINFO of a breakpoint");
    check(registers(pid, &r, 0) == 0 && r.pc == (uint64_t)answer && r.x[0] == 0x1234,
          "registers at a breakpoint");
    trace(PTRACE_POKETEXT, pid, (long)answer, code);
    check(trace(PTRACE_SINGLESTEP, pid, 0, 0) == 0 && next(pid) == SIGTRAP, "SINGLESTEP");
    check(registers(pid, &r, 0) == 0 && r.pc == (uint64_t)answer + 4, "one instruction further");
    int steps = 0;

    do { /* up to its end, and back in the caller: a branch */
        trace(PTRACE_SINGLESTEP, pid, 0, 0);
        if (next(pid) != SIGTRAP || registers(pid, &r, 0)) {
            break;
        }
    } while (r.pc - (uint64_t)answer < 64 && ++steps < 20);
    check(r.pc == r.x[30] && r.x[0] == 0x1235, "steps to the caller");
    steps = 0;
    do { /* through calls of the system, branches, and the signal */
        trace(PTRACE_SINGLESTEP, pid, 0, 0);
    } while ((steps = next(pid)) == SIGTRAP);
    check(steps == SIGUSR1, "steps to the signal");
    trace(PTRACE_CONT, pid, 0, 0);
    check(over(pid) == 9 << 8, "goes on to its end");
}

static void *thread(void *a)
{
    return a;
}

static void do_events(void)
{
    pthread_t t;
    char *const arguments[] = { "/proc/self/exe", "exit", NULL };
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        _exit(7);
    }
    waitpid(pid, &status, 0);
    if (WEXITSTATUS(status) != 7) {
        _exit(1);
    }
    pid = vfork();
    if (pid == 0) {
        _exit(0);
    }
    waitpid(pid, &status, 0);
    pthread_create(&t, NULL, thread, NULL);
    pthread_join(t, NULL);
    execv(arguments[0], arguments);
    _exit(2);
}

static void test_events(void)
{
    pid_t pid = traced(do_events), who;
    unsigned seen = 0, first_stops = 0, ends = 0;
    long message = 0, execed = 0, exit_code = -1;
    int status;

    check(trace(PTRACE_SETOPTIONS, pid, 0,
                PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
                    PTRACE_O_TRACEEXEC | PTRACE_O_TRACEVFORKDONE | PTRACE_O_TRACEEXIT |
                    PTRACE_O_EXITKILL) == 0,
          "SETOPTIONS: events");
    trace(PTRACE_CONT, pid, 0, 0);
    while ((who = waitpid(-1, &status, __WALL)) > 0) {
        int event = status >> 16, signal = 0;

        if (!WIFSTOPPED(status)) {
            if (who == pid) {
                break;
            }
            ends++;
            continue;
        }
        if (event) {
            seen |= 1u << event;
            trace(PTRACE_GETEVENTMSG, who, 0, (long)&message);
            if (event == PTRACE_EVENT_EXEC) {
                execed = message;
            } else if (event == PTRACE_EVENT_EXIT && who == pid) {
                exit_code = message;
            }
        } else if (WSTOPSIG(status) == SIGSTOP && who != pid) {
            first_stops++;
        } else {
            signal = WSTOPSIG(status);
        }
        trace(PTRACE_CONT, who, 0, signal);
    }
    check(seen & 1u << PTRACE_EVENT_FORK, "event: fork");
    check(seen & 1u << PTRACE_EVENT_VFORK, "event: vfork");
    check(seen & 1u << PTRACE_EVENT_VFORK_DONE, "event: vfork done");
    check(seen & 1u << PTRACE_EVENT_CLONE, "event: clone");
    check(seen & 1u << PTRACE_EVENT_EXEC && execed == pid, "event: exec");
    check(exit_code == 11 << 8, "event: exit");
    check(first_stops == 3, "new ones begin with a stop");
    check(ends == 3, "the ends of all are told");
    check(who == pid && status == 11 << 8, "the tracee's end");
}

static int line_of(pid_t pid, const char *what, char *to)
{
    char name[64], line[256];
    FILE *f;

    snprintf(name, sizeof name, "/proc/%d/status", (int)pid);
    f = fopen(name, "r");
    while (f && fgets(line, sizeof line, f)) {
        if (!strncmp(line, what, strlen(what))) {
            strcpy(to, line + strlen(what));
            to[strcspn(to, "\n")] = 0;
            fclose(f);
            return 1;
        }
    }
    if (f) {
        fclose(f);
    }
    return 0;
}

static pid_t sleeper(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        sigset_t none, usr1;

        sigemptyset(&none);
        sigemptyset(&usr1);
        sigaddset(&usr1, SIGUSR1);
        sigprocmask(SIG_BLOCK, &usr1, NULL);
        signal(SIGUSR1, handler);
        while (!caught) {
            sigsuspend(&none);
        }
        _exit(caught == SIGUSR1 ? 12 : 13);
    }
    usleep(50000);
    return pid;
}

static void test_attach(void)
{
    pid_t pid = sleeper();
    char line[256];

    check(trace(PTRACE_ATTACH, pid, 0, 0) == 0 && next(pid) == SIGSTOP, "ATTACH");
    check(trace(PTRACE_ATTACH, pid, 0, 0) == -1 && errno == EPERM, "ATTACH: EPERM");
    check(line_of(pid, "TracerPid:\t", line) && atoi(line) == getpid(), "TracerPid");
    check(line_of(pid, "State:\t", line) && !strcmp(line, "t (tracing stop)"), "State");
    check(trace(PTRACE_CONT, pid, 0, 0) == 0, "CONT after ATTACH");
    check(trace(PTRACE_CONT, pid, 0, 0) == -1 && errno == ESRCH, "CONT: it runs");
    kill(pid, SIGUSR1);
    check(next(pid) == SIGUSR1 && trace(PTRACE_DETACH, pid, 0, SIGUSR1) == 0, "DETACH");
    check(over(pid) == 12 << 8, "its call went on, the signal came");
}

static void test_seize(void)
{
    pid_t pid = sleeper();
    int status;

    check(trace(PTRACE_SEIZE, pid, 0, 0) == 0 && waitpid(pid, &status, WNOHANG | __WALL) == 0,
          "SEIZE does not stop");
    check(trace(PTRACE_INTERRUPT, pid, 0, 0) == 0 &&
              next(pid) == (SIGTRAP | PTRACE_EVENT_STOP << 8),
          "INTERRUPT");
    trace(PTRACE_CONT, pid, 0, 0);
    kill(pid, SIGSTOP);
    check(next(pid) == SIGSTOP, "SIGSTOP stops for its delivery");
    trace(PTRACE_CONT, pid, 0, SIGSTOP);
    check(next(pid) == (SIGSTOP | PTRACE_EVENT_STOP << 8), "and then for the stop of the group");
    check(trace(PTRACE_LISTEN, pid, 0, 0) == 0 && waitpid(pid, &status, WNOHANG | __WALL) == 0,
          "LISTEN");
    kill(pid, SIGCONT);
    check(next(pid) == (SIGTRAP | PTRACE_EVENT_STOP << 8), "SIGCONT is told");
    trace(PTRACE_CONT, pid, 0, 0);
    check(next(pid) == SIGCONT, "and delivered");
    trace(PTRACE_CONT, pid, 0, SIGCONT);
    kill(pid, SIGKILL);
    check(over(pid) == SIGKILL, "SIGKILL needs no tracer");
}

static volatile int thread_tid;

static void *waits(void *a)
{
    (void)a;
    thread_tid = gettid();
    for (;;) {
        pause();
    }
    return NULL;
}

/* A tracer that is not the parent, of a thread; and a tracer that dies. */
static void test_third(void)
{
    int *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t pid, tracer;
    int status;

    pid = fork();
    if (pid == 0) {
        pthread_t t;

        pthread_create(&t, NULL, waits, NULL);
        while (!thread_tid) {
            usleep(1000);
        }
        shared[0] = thread_tid;
        for (;;) {
            pause();
        }
    }
    while (!*(volatile int *)shared) {
        usleep(1000);
    }
    tracer = fork();
    if (tracer == 0) {
        int tid = shared[0];

        if (trace(PTRACE_ATTACH, tid, 0, 0) || next(tid) != SIGSTOP ||
            trace(PTRACE_ATTACH, pid, 0, 0) || next(pid) != SIGSTOP) {
            _exit(1);
        }
        if (trace(PTRACE_CONT, tid, 0, 0) || trace(PTRACE_CONT, pid, 0, 0)) {
            _exit(2);
        }
        kill(pid, SIGTERM);
        int stopped = waitpid(-1, &status, __WALL);

        if (stopped <= 0 || status >> 8 != SIGTERM) {
            _exit(3);
        }
        shared[1] = 1;
        usleep(30000);
        trace(PTRACE_CONT, stopped, 0, SIGTERM);
        if (over(tid) != SIGTERM) {
            _exit(4);
        }
        _exit(over(pid) == SIGTERM ? 0 : 5);
    }
    while (!*(volatile int *)(shared + 1)) {
        if (waitpid(tracer, &status, WNOHANG)) {
            break;
        }
        usleep(1000);
    }
    check(waitpid(pid, &status, WNOHANG) == 0, "the parent knows nothing of the stop");
    check(over(tracer) == 0, "a tracer of two threads is told of both");
    check(over(pid) == SIGTERM, "then the parent of the process");

    pid = sleeper();
    tracer = fork();
    if (tracer == 0) {
        _exit(trace(PTRACE_ATTACH, pid, 0, 0) || next(pid) != SIGSTOP);
    }
    check(over(tracer) == 0, "a tracer ends");
    kill(pid, SIGUSR1);
    check(over(pid) == 12 << 8, "and its tracee is free");
}

int main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "exit")) {
        return 11;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    test_calls();
    test_signals();
    test_memory();
    test_events();
    test_attach();
    test_seize();
    test_third();
    printf("%d failures\n", failures);
    return failures != 0;
}
