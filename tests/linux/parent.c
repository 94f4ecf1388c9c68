/* What a process has of its parent, and loses with another program or user: the same verdicts as on Linux.  Prints "ok NAME" or "FAIL NAME". */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

#define SET_ID  "/var/tmp/parent.set-id"
#define FOLDER  "/var/tmp/parent.folder"
#define NO_ROOT 1000

static int death_signal(void)
{
    int signal = -1;

    prctl(PR_GET_PDEATHSIG, &signal);
    return signal;
}

/* ---- the parent dies ---- */

static int to_test[2]; /* what a child has to tell */

/* Asks for SIGUSR1, says that it did, and tells who sent it; 0 after 10 s without. */
static void child_waits(int ready)
{
    struct timespec limit = { .tv_sec = 10 };
    siginfo_t info = { 0 };
    sigset_t set;
    int told[2];

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    prctl(PR_SET_PDEATHSIG, SIGUSR1);
    if (write(ready, "", 1) != 1) {
        _exit(1);
    }
    told[0] = sigtimedwait(&set, &info, &limit) == SIGUSR1 ? info.si_pid : 0;
    told[1] = getppid();
    _exit(write(to_test[1], told, sizeof told) != sizeof told);
}

/* Of a fork that waits, when it does. */
static void start_child(void)
{
    int ready[2];
    char c;

    if (pipe(ready) == 0 && fork() == 0) {
        child_waits(ready[1]);
    }
    if (read(ready[0], &c, 1) != 1) {
        abort();
    }
}

static void test_process(void)
{
    int told[2] = { 0 };
    pid_t pid = fork();

    if (pid == 0) {
        start_child();
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    check(read(to_test[0], told, sizeof told) == sizeof told && told[0] == pid && told[1] != pid,
          "a parent's death is a signal, if asked for");
}

static void *thread_with_child(void *unused)
{
    start_child();
    return unused;
}

static void test_thread(void)
{
    int told[2] = { 0 };
    pthread_t thread;

    pthread_create(&thread, NULL, thread_with_child, NULL);
    pthread_join(thread, NULL);
    check(read(to_test[0], told, sizeof told) == sizeof told && told[0] == getpid() &&
              told[1] == getpid(),
          "the end of the thread that forked is one, too");
    wait(NULL);
}

static void *ends_at_once(void *unused)
{
    return unused;
}

static void test_other_thread(void)
{
    int told[2] = { 0 };
    pid_t pid = fork();

    if (pid == 0) {
        pthread_t thread;

        start_child(); /* its parent is the thread that stays */
        pthread_create(&thread, NULL, ends_at_once, NULL);
        pthread_join(thread, NULL);
        usleep(100000);
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    check(read(to_test[0], told, sizeof told) == sizeof told && told[0] == pid && told[1] != pid,
          "the end of another thread is none");
}

/* ---- who loses the wish ---- */

static int status_of(pid_t pid)
{
    int status = -1;

    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* What the program says of itself when it is executed with the argument "look". */
static int look(void)
{
    return (death_signal() == SIGUSR2) | (getauxval(AT_SECURE) != 0) << 1 |
           (getauxval(AT_EUID) == (unsigned long)geteuid()) << 2 | (geteuid() == 0) << 3 |
           (prctl(PR_GET_DUMPABLE) == 1) << 4;
}

static int looked(const char *path, int uid)
{
    pid_t pid = fork();

    if (pid == 0) {
        if (setresuid(uid, uid, uid)) {
            _exit(100);
        }
        prctl(PR_SET_PDEATHSIG, SIGUSR2);
        execl(path, path, "look", (char *)NULL);
        _exit(101);
    }
    return status_of(pid);
}

static void test_fork(void)
{
    pid_t pid;

    prctl(PR_SET_PDEATHSIG, SIGUSR2);
    check(death_signal() == SIGUSR2 && prctl(PR_SET_PDEATHSIG, 65) == -1 && errno == EINVAL,
          "the wish is kept");
    pid = fork();
    if (pid == 0) {
        _exit(death_signal());
    }
    check(status_of(pid) == 0, "a child has no wish of its own");
    prctl(PR_SET_PDEATHSIG, 0);
}

static void test_exec(const char *self)
{
    char command[512];

    snprintf(command, sizeof command, "cp %s " SET_ID " && chmod 755 " SET_ID, self);
    if (system(command)) {
        abort();
    }
    check(looked(SET_ID, NO_ROOT) == 0x15, "another program keeps the wish");
    chmod(SET_ID, 04755);
    check(looked(SET_ID, NO_ROOT) == 0x0e, "a set-id program has none, and is told that it is one");
    check(looked(SET_ID, 0) == 0x1d, "for its owner it is as any other");
    mkdir(FOLDER, 0755);
    check(mount("/var/tmp", FOLDER, NULL, MS_BIND, NULL) == 0 &&
              mount(NULL, FOLDER, NULL, MS_REMOUNT | MS_BIND | MS_NOSUID, NULL) == 0,
          "a place with nosuid");
    check(looked(FOLDER "/parent.set-id", NO_ROOT) == 0x15, "there it is as any other, too");
    umount(FOLDER);
    rmdir(FOLDER);
    unlink(SET_ID);
}

static void test_user(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        int before, after;

        prctl(PR_SET_PDEATHSIG, SIGUSR2);
        before = death_signal() == SIGUSR2 && prctl(PR_GET_DUMPABLE) == 1;
        after =
            setresuid(-1, NO_ROOT, -1) == 0 && death_signal() == 0 && prctl(PR_GET_DUMPABLE) == 0;
        _exit(before | after << 1);
    }
    check(status_of(pid) == 3, "another user has no wish, and is no debugger's");
}

int main(int argc, char **argv)
{
    if (argc == 2 && !strcmp(argv[1], "look")) {
        return look();
    }
    if (pipe(to_test)) {
        return 2;
    }
    setvbuf(stdout, NULL, _IONBF, 0);
    test_process();
    test_thread();
    test_other_thread();
    test_fork();
    test_exec(argv[0]);
    test_user();
    printf("%d failures\n", failures);
    return failures != 0;
}
