/*
 * Process 1: starts what the root begins with, a shell on the console, or the command that it is given, reaps what is orphaned, and ends with the command's
 * status, and so the system.  Without a C library: it lies in every image.
 */
#include <asm/ioctls.h>
#include <asm/unistd.h>
#include <linux/fcntl.h>

#define START "/etc/tessera/start" /* what a root on a disk begins with (tools/rootfs/files) */

static long call(long number, long a, long b, long c, long d)
{
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = 0;
    register long x8 __asm__("x8") = number;

    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x8) : "memory");
    return x0;
}

static void say(const char *text)
{
    long n = 0;

    while (text[n]) {
        n++;
    }
    call(__NR_write, 2, (long)text, n, 0);
}

static void child(const char *command, char **environment)
{
    static const char *const shells[] = { "/bin/bash", "/bin/sh", "/bin/busybox" };
    const char *interactive[] = { "-bash", 0 }, *commands[] = { "sh", "-c", command, 0 };

    call(__NR_setsid, 0, 0, 0, 0);
    call(__NR_ioctl, 0, TIOCSCTTY, 0, 0);
    call(__NR_chdir, (long)"/root", 0, 0, 0);
    if (command[0]) {
        call(__NR_execve, (long)"/bin/sh", (long)commands, (long)environment, 0);
    } else {
        interactive[0] = START;
        call(__NR_execve, (long)START, (long)interactive, (long)environment, 0);
    }
    for (int i = 0; i < 3; i++) {
        interactive[0] = i == 0 ? "-bash" : "-sh";
        call(__NR_execve, (long)shells[i], (long)interactive, (long)environment, 0);
    }
    say("init: there is no shell in /bin\n");
    call(__NR_exit_group, 127, 0, 0, 0);
}

static void run(long *stack)
{
    char **arguments = (char **)(stack + 1), **environment = arguments + stack[0] + 1;
    long pid = call(__NR_clone, 17 /* SIGCHLD */, 0, 0, 0);
    int status = 0, of_shell = 0;

    if (pid == 0) {
        child(stack[0] > 1 ? arguments[1] : "", environment);
    }
    for (;;) {
        long gone = call(__NR_wait4, -1, (long)&status, 0, 0);

        if (gone == pid) {
            of_shell = status;
            break;
        }
    }
    call(__NR_kill, -1, 15, 0, 0);
    call(__NR_sync, 0, 0, 0, 0);
    call(__NR_exit_group, of_shell & 0x7f ? 128 + (of_shell & 0x7f) : of_shell >> 8 & 0xff, 0, 0,
         0);
}

__asm__(".global _start\n_start:\n\tmov x0, sp\n\tmov x29, #0\n\tmov x30, #0\n\tb start_c");

__attribute__((used)) void start_c(long *stack);

void start_c(long *stack)
{
    run(stack);
    for (;;) {
    }
}
