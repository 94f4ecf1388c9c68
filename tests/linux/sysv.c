/* System V IPC: the same verdicts as on Linux.  Prints "ok NAME" or "FAIL NAME". */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

union semun {
    int val;
    struct semid_ds *buf;
    unsigned short *array;
    struct seminfo *info;
};

static int ends_with(pid_t pid, int status)
{
    int s;

    return waitpid(pid, &s, 0) == pid && s == status << 8;
}

static int is_mapped(const char *name)
{
    char line[512];
    int found = 0;
    FILE *f = fopen("/proc/self/maps", "r");

    while (f && fgets(line, sizeof line, f)) {
        found = found || strstr(line, name);
    }
    if (f) {
        fclose(f);
    }
    return found;
}

static void test_shm(void)
{
    struct shmid_ds d;
    struct shm_info info;
    unsigned long used;
    int id = shmget(IPC_PRIVATE, 10000, IPC_CREAT | 0600), keyed;
    char *p = shmat(id, NULL, 0), *q;
    pid_t pid;

    check(id >= 0 && p != (void *)-1 && p[9999] == 0, "shmget, shmat");
    strcpy(p, "parent");
    pid = fork();
    if (pid == 0) {
        int ok = !strcmp(p, "parent");

        strcpy(p + 8192, "child");
        _exit(!ok);
    }
    check(ends_with(pid, 0) && !strcmp(p + 8192, "child"), "shared over fork");
    q = shmat(id, NULL, SHM_RDONLY);
    check(q != (void *)-1 && q != p && !strcmp(q, "parent"), "attached twice");
    pid = fork();
    if (pid == 0) {
        *(volatile char *)q = 1;
        _exit(0);
    }
    int status;

    waitpid(pid, &status, 0);
    check(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV, "SHM_RDONLY");
    check(shmctl(id, IPC_STAT, &d) == 0 && d.shm_nattch == 2 && d.shm_segsz == 10000 &&
              d.shm_cpid == getpid() && (d.shm_perm.mode & 0777) == 0600,
          "IPC_STAT");
    check(shmdt(q) == 0 && shmctl(id, IPC_STAT, &d) == 0 && d.shm_nattch == 1, "shmdt");
    check(fails(shmdt(q), EINVAL), "shmdt: EINVAL");
    check(fails(shmdt(p + 4096), EINVAL), "shmdt: not the start");
    check(fails((long)shmat(id, p, 0), EINVAL), "shmat: there is something");
    check(fails((long)shmat(id, p + 1, 0), EINVAL), "shmat: misaligned");
    check(shmat(id, p + 1, SHM_RND | SHM_REMAP) == p && !strcmp(p, "parent"), "SHM_RND, SHM_REMAP");
    check(shmctl(id, IPC_RMID, NULL) == 0 && !strcmp(p, "parent"), "removed, but attached");
    check(shmctl(id, IPC_STAT, &d) == 0 && d.shm_perm.mode & 01000 && d.shm_nattch == 1,
          "it is told so");
    check(mprotect(p + 4096, 4096, PROT_READ) == 0 && shmdt(p) == 0, "shmdt of pieces");
    check(fails(shmctl(id, IPC_STAT, &d), EINVAL), "gone with the last detach");

    id = shmget(IPC_PRIVATE, 4096, 0600);
    pid = fork();
    if (pid == 0) {
        _exit(shmat(id, NULL, 0) == (void *)-1);
    }
    check(ends_with(pid, 0) && shmctl(id, IPC_STAT, &d) == 0 && d.shm_nattch == 0, "exit detaches");
    shmctl(id, IPC_RMID, NULL);
    check(fails(shmctl(id, IPC_STAT, &d), EINVAL), "removed at once");

    keyed = shmget(0x7e55, 4096, IPC_CREAT | IPC_EXCL | 0600);
    check(keyed >= 0 && shmget(0x7e55, 0, 0) == keyed, "by key");
    p = shmat(keyed, NULL, 0);
    check(shmctl(keyed, SHM_INFO, (struct shmid_ds *)&info) >= 0, "SHM_INFO");
    *(volatile char *)p = 1;
    used = info.shm_rss;
    check(shmctl(keyed, SHM_INFO, (struct shmid_ds *)&info) >= 0 && info.shm_rss == used + 1,
          "a page that is used");
    check(is_mapped("/SYSV00007e55 (deleted)"), "its name in /proc/PID/maps");
    shmdt(p);
    check(fails(shmget(0x7e55, 4096, IPC_CREAT | IPC_EXCL), EEXIST), "EEXIST");
    check(fails(shmget(0x7e55, 5000, 0), EINVAL), "larger than it is");
    check(fails(shmget(0x7e56, 4096, 0), ENOENT), "ENOENT");
    pid = fork();
    if (pid == 0) {
        if (setgid(65534) || setuid(65534)) {
            _exit(1);
        }
        _exit(!(fails(shmget(0x7e55, 0, 0400), EACCES) && fails((long)shmat(keyed, 0, 0), EACCES) &&
                fails(shmctl(keyed, IPC_RMID, NULL), EPERM)));
    }
    check(ends_with(pid, 0), "EACCES, EPERM");
    d.shm_perm.uid = 65534;
    d.shm_perm.gid = 65534;
    d.shm_perm.mode = 0640;
    check(shmctl(keyed, IPC_SET, &d) == 0 && shmctl(keyed, IPC_STAT, &d) == 0 &&
              d.shm_perm.uid == 65534 && d.shm_perm.cuid == 0 && d.shm_perm.mode == 0640,
          "IPC_SET");
    shmctl(keyed, IPC_RMID, NULL);
}

static int op(int id, int number, int by, int flags)
{
    struct sembuf b = { (unsigned short)number, (short)by, (short)flags };

    return semop(id, &b, 1);
}

static int value(int id, int number)
{
    return semctl(id, number, GETVAL);
}

static void nothing(int s)
{
    (void)s;
}

static void test_sem(void)
{
    int id = semget(IPC_PRIVATE, 3, IPC_CREAT | 0600);
    unsigned short values[3] = { 1, 2, 3 };
    union semun u = { .array = values };
    struct timespec little = { 0, 20000000 };
    struct sembuf two[2] = { { 0, -1, IPC_NOWAIT }, { 1, -5, IPC_NOWAIT } };
    struct sembuf wait_zero = { 2, 0, 0 }, one = { 0, -9, 0 };
    struct semid_ds d;
    pid_t pid;

    check(id >= 0 && semctl(id, 0, SETALL, u) == 0 && value(id, 2) == 3, "semget, SETALL");
    check(fails(semop(id, two, 2), EAGAIN) && value(id, 0) == 1, "all or none");
    check(op(id, 0, 2, 0) == 0 && value(id, 0) == 3 && semctl(id, 0, GETPID) == getpid(), "semop");
    check(fails(op(id, 3, 1, 0), EFBIG), "EFBIG");
    check(fails(op(id, 0, 32767, 0), ERANGE), "ERANGE");
    check(fails(semtimedop(id, &one, 1, &little), EAGAIN), "semtimedop");
    pid = fork();
    if (pid == 0) {
        _exit(op(id, 2, 0, 0) || op(id, 0, 10, 0));
    }
    while (semctl(id, 2, GETZCNT) != 1) {
        usleep(1000);
    }
    check(op(id, 2, -3, 0) == 0 && op(id, 0, -13, 0) == 0, "waiting for zero, and for more");
    check(ends_with(pid, 0) && value(id, 0) == 0 && semop(id, &wait_zero, 1) == 0, "both went on");

    pid = fork();
    if (pid == 0) {
        op(id, 1, -1, SEM_UNDO);
        op(id, 1, -1, SEM_UNDO);
        op(id, 2, 1, SEM_UNDO);
        _exit(!(value(id, 1) == 0 && value(id, 2) == 1));
    }
    check(ends_with(pid, 0) && value(id, 1) == 2 && value(id, 2) == 0, "SEM_UNDO");
    pid = fork();
    if (pid == 0) { /* a lock whose holder is killed */
        op(id, 1, -2, SEM_UNDO);
        raise(SIGKILL);
    }
    check(op(id, 0, 0, 0) == 0 && waitpid(pid, NULL, 0) == pid && op(id, 1, -2, IPC_NOWAIT) == 0,
          "SEM_UNDO of one that is killed");
    u.val = 5;
    pid = fork();
    if (pid == 0) {
        op(id, 1, 1, SEM_UNDO);
        _exit(semctl(id, 1, SETVAL, u));
    }
    check(ends_with(pid, 0) && value(id, 1) == 5, "SETVAL forgets what would be undone");
    u.val = 40000;
    check(fails(semctl(id, 1, SETVAL, u), ERANGE), "SETVAL: ERANGE");
    u.buf = &d;
    check(semctl(id, 0, IPC_STAT, u) == 0 && d.sem_nsems == 3 && d.sem_otime,
          "semaphores: IPC_STAT");
    signal(SIGALRM, nothing);
    ualarm(20000, 0);
    check(fails(op(id, 0, -1, 0), EINTR), "semop: EINTR");
    pid = fork();
    if (pid == 0) {
        _exit(!fails(op(id, 0, -1, 0), EIDRM));
    }
    while (semctl(id, 0, GETNCNT) != 1) {
        usleep(1000);
    }
    check(semctl(id, 0, IPC_RMID) == 0 && ends_with(pid, 0), "semop: EIDRM");
    check(fails(op(id, 0, 1, 0), EINVAL) || errno == EIDRM, "semop: gone");
    check(fails(semget(IPC_PRIVATE, 0, 0600), EINVAL), "semget: EINVAL");
}

struct text {
    long type;
    char text[64];
};

static void test_msg(void)
{
    int id = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
    struct text m = { 3, "three" };
    static struct {
        long type;
        char text[8192];
    } large = { 9, "" };
    struct msqid_ds d;
    pid_t pid;
    int n;

    check(id >= 0 && msgsnd(id, &m, 6, 0) == 0, "msgget, msgsnd");
    m = (struct text){ 1, "one" };
    msgsnd(id, &m, 4, 0);
    m = (struct text){ 2, "two" };
    msgsnd(id, &m, 4, 0);
    check(msgctl(id, IPC_STAT, &d) == 0 && d.msg_qnum == 3 && d.msg_cbytes == 14 &&
              d.msg_qbytes == 16384 && d.msg_lspid == getpid(),
          "messages: IPC_STAT");
    check(msgrcv(id, &m, 64, 0, MSG_COPY | IPC_NOWAIT) == 6 && m.type == 3, "MSG_COPY");
    check(msgrcv(id, &m, 64, -2, 0) == 4 && m.type == 1 && !strcmp(m.text, "one"), "lowest type");
    check(fails(msgrcv(id, &m, 2, 2, 0), E2BIG), "E2BIG");
    check(msgrcv(id, &m, 2, 3, MSG_EXCEPT | MSG_NOERROR) == 2 && m.type == 2,
          "MSG_EXCEPT, MSG_NOERROR");
    check(fails(msgrcv(id, &m, 64, 7, IPC_NOWAIT), ENOMSG), "ENOMSG");
    check(msgrcv(id, &m, 64, 0, 0) == 6 && m.type == 3, "first");
    m.type = 0;
    check(fails(msgsnd(id, &m, 1, 0), EINVAL), "type 0");
    check(fails(msgsnd(id, &large, 8193, 0), EINVAL), "too large");
    pid = fork();
    if (pid == 0) {
        for (n = 0; n < 20; n++) {
            if (msgsnd(id, &large, 8192, 0)) {
                _exit(1);
            }
        }
        _exit(0);
    }
    for (n = 0; n < 20 && msgrcv(id, &large, 8192, 9, 0) == 8192; n++) {
    }
    check(n == 20 && ends_with(pid, 0), "sender and receiver wait");
    pid = fork();
    if (pid == 0) {
        _exit(!fails(msgrcv(id, &m, 64, 0, 0), EIDRM));
    }
    usleep(50000);
    check(msgctl(id, IPC_RMID, NULL) == 0 && ends_with(pid, 0), "msgrcv: EIDRM");
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    test_shm();
    test_sem();
    test_msg();
    printf("%d failures\n", failures);
    return failures != 0;
}
