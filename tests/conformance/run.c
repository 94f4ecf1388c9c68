/*
 * Runs programs that tell their verdict by their exit status, one after the other, each in a session of its own with time
 * limits, and prints a line for each: NAME VERDICT, and behind it what the program said last if it did not pass.  A static
 * Linux program: the same binary on Debian's kernel and on Tessera.
 *     run LIMIT FOLDER [NUMBERS]    names from standard input, relative to FOLDER; LIMIT in seconds
 *     run LIMIT -- COMMAND...       one command with our own input and output, and a terminal that nobody types at as /dev/tty; its
 *                                   status is ours, 137 at the limit
 * NUMBERS says what the numbers mean that the programs exit with: those of the Open POSIX Test Suite (posix, the default), of the
 * kernel's selftests (kselftest) or of automake (automake).  A kselftest is run in its own folder, and what it prints in the form of
 * TAP, "[not] ok NUMBER TITLE", makes lines NAME:NUMBER VERDICT TITLE before its own.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char work[] = "/tmp/conformance"; /* where the programs run */
static const char said[] = "/tmp/conformance.said";

static void fail(const char *what)
{
    perror(what);
    exit(2);
}

/* What the program is read from may be a disk, and the limit is about the program. */
static void read_ahead(const char *path)
{
    static char buffer[65536];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return;
    }
    while (read(fd, buffer, sizeof buffer) > 0) {
    }
    close(fd);
}

static const struct numbers {
    const char *name;
    const char *verdict[6];
    unsigned skip; /* one more, that says SKIP */
    /*
     * In deterministic time what computes is what takes the build machine's time: a program that computes for more seconds than
     * this hangs.  Timers of processor time are tested by computing for six.
     */
    rlim_t busy;
    int tap;       /* prints TAP */
    int own_place; /* runs in its own folder */
} all_numbers[] = {
    /* include/posixtest.h */
    { .name = "posix",
      .verdict = { "PASS", "FAIL", "UNRESOLVED", NULL, "UNSUPPORTED", "UNTESTED" },
      .busy = 4 },
    /* tools/testing/selftests/kselftest.h */
    { .name = "kselftest",
      .verdict = { "PASS", "FAIL", "XFAIL", "XPASS", "SKIP" },
      .busy = 10,
      .tap = 1,
      .own_place = 1 },
    { .name = "automake", .verdict = { "PASS", "FAIL" }, .skip = 77, .busy = 4, .own_place = 1 },
};

static const struct numbers *numbers = all_numbers;

/* The folder that the program runs in. */
static int enter(const char *path)
{
    char folder[512];
    if (!numbers->own_place) {
        return chdir(work);
    }
    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
    return chdir(folder);
}

/* In the child: a session and no core file. */
static void apart(void)
{
    sigset_t none;
    sigemptyset(&none);
    setsid();
    struct rlimit core;
    if (getrlimit(RLIMIT_CORE, &core) == 0) {
        core.rlim_cur = 0;
        setrlimit(RLIMIT_CORE, &core);
    }
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void child(const char *path)
{
    int null = open("/dev/null", O_RDONLY);
    int out = open(said, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
    if (null < 0 || out < 0 || dup2(null, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0 ||
        enter(path) < 0) {
        _exit(126);
    }
    close(null);
    close(out);
    struct rlimit busy = { numbers->busy, numbers->busy };
    setrlimit(RLIMIT_CPU, &busy);
    apart();
    execl(path, path, (char *)NULL);
    _exit(126);
}

/* The parent of the process, 0 if it is gone. */
static long parent_of(const char *pid)
{
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%.16s/stat", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return 0;
    }
    ssize_t length = read(fd, text, sizeof text - 1);
    close(fd);
    if (length <= 0) {
        return 0;
    }
    text[length] = 0;
    const char *end = strrchr(text, ')');
    long parent = 0;
    return end && sscanf(end + 1, " %*c %ld", &parent) == 1 ? parent : 0;
}

/* Ends what the program left: its session, and what it handed to us, the subreaper.  What we end hands us its children in turn:
 * only what has been ended is waited for, and the next round finds those. */
static void end_rest(pid_t leader)
{
    kill(-leader, SIGKILL);
    int found = 1;
    while (found) {
        found = 0;
        DIR *all = opendir("/proc");
        for (struct dirent *entry; all && (entry = readdir(all));) {
            if (isdigit((unsigned char)entry->d_name[0]) && parent_of(entry->d_name) == getpid()) {
                pid_t left = (pid_t)atol(entry->d_name);
                kill(left, SIGKILL);
                waitpid(left, NULL, 0);
                found = 1;
            }
        }
        if (all) {
            closedir(all);
        }
    }
}

/* The last line that the program printed, blanks at its ends left out. */
static void last_line(char *line, size_t size)
{
    static char text[4096];
    line[0] = 0;
    int fd = open(said, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return;
    }
    off_t end = lseek(fd, 0, SEEK_END);
    lseek(fd, end > (off_t)sizeof text ? end - (off_t)sizeof text : 0, SEEK_SET);
    ssize_t length = read(fd, text, sizeof text);
    close(fd);
    while (length > 0 && isspace((unsigned char)text[length - 1])) {
        length--;
    }
    ssize_t start = length;
    while (start > 0 && text[start - 1] != '\n') {
        start--;
    }
    size_t count = 0;
    for (ssize_t at = start; at < length && count + 1 < size; at++) {
        line[count++] = isprint((unsigned char)text[at]) ? text[at] : '?';
    }
    line[count] = 0;
}

/* The verdicts of the program's parts. */
static void print_parts(const char *name)
{
    FILE *file = fopen(said, "re");
    char line[512];
    while (file && fgets(line, sizeof line, file)) {
        unsigned number = 0;
        int passes = 0, end = 0;
        if (sscanf(line, "not ok %u %n", &number, &end) < 1) {
            passes = sscanf(line, "ok %u %n", &number, &end) == 1;
        }
        if (!end) {
            continue;
        }
        const char *word = strstr(line, "# SKIP") ? "SKIP" : passes ? "PASS" : "FAIL";
        for (char *at = line + end; *at; at++) {
            *at = (char)(isprint((unsigned char)*at) ? *at : ' ');
        }
        printf("%s:%u %s %.100s\n", name, number, word, line + end);
    }
    if (file) {
        fclose(file);
    }
}

static const char *verdict(int status, char *buffer, size_t size)
{
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
        return "TIMEOUT"; /* of computing */
    }
    if (WIFSIGNALED(status)) {
        snprintf(buffer, size, "SIGNAL%d", WTERMSIG(status));
        return buffer;
    }
    unsigned code = (unsigned)WEXITSTATUS(status);
    if (code < sizeof numbers->verdict / sizeof *numbers->verdict && numbers->verdict[code]) {
        return numbers->verdict[code];
    }
    if (code && code == numbers->skip) {
        return "SKIP";
    }
    snprintf(buffer, size, "EXIT%u", code);
    return buffer;
}

/* Whether the process ended within the limit; its status. */
static int wait_for(pid_t pid, long limit, int *status)
{
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGCHLD);
    struct timespec now, until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += limit;
    for (;;) {
        if (waitpid(pid, status, WNOHANG) == pid) {
            return 1;
        }
        clock_gettime(CLOCK_MONOTONIC, &now);
        struct timespec left = { until.tv_sec - now.tv_sec, until.tv_nsec - now.tv_nsec };
        if (left.tv_nsec < 0) {
            left.tv_sec--;
            left.tv_nsec += 1000000000;
        }
        if (left.tv_sec < 0) {
            return 0;
        }
        sigtimedwait(&ends, NULL, &left);
    }
}

/* Waits for the child and ends all that it left; whether it ended by itself within the limit. */
static int run_out(pid_t pid, long limit, int *status)
{
    if (pid < 0) {
        fail("fork");
    }
    int ended = wait_for(pid, limit, status);
    if (!ended) {
        kill(pid, SIGKILL);
        waitpid(pid, status, 0);
    }
    end_rest(pid);
    return ended;
}

static void run_names(long limit, const char *folder)
{
    if (mkdir(work, 0777) < 0 && errno != EEXIST) {
        fail(work);
    }
    char name[256], path[512];
    while (fgets(name, sizeof name, stdin)) {
        name[strcspn(name, "\n")] = 0;
        snprintf(path, sizeof path, "%s/%s", folder, name);
        read_ahead(path);
        fflush(stdout);
        pid_t pid = fork();
        if (pid == 0) {
            child(path);
        }
        int status = 0, ended = run_out(pid, limit, &status);
        if (numbers->tap) {
            print_parts(name);
        }
        char buffer[32], line[160];
        const char *word = ended ? verdict(status, buffer, sizeof buffer) : "TIMEOUT";
        if (strcmp(word, "PASS") == 0) {
            printf("%s PASS\n", name);
        } else {
            last_line(line, sizeof line);
            printf("%s %s %s\n", name, word, line);
        }
    }
}

static int run_command(long limit, char **command)
{
    int other = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    const char *terminal = other >= 0 && unlockpt(other) == 0 ? ptsname(other) : NULL;
    if (!terminal) {
        fail("terminal");
    }
    pid_t pid = fork();
    if (pid == 0) {
        apart();
        int own = open(terminal, O_RDWR | O_CLOEXEC); /* of a session's leader: its terminal */
        if (own < 0) {
            _exit(126);
        }
        execvp(command[0], command);
        _exit(126);
    }
    int status = 0;
    run_out(pid, limit, &status);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int main(int count, char **arguments)
{
    int command = count > 3 && strcmp(arguments[2], "--") == 0;
    const struct numbers *end = all_numbers + sizeof all_numbers / sizeof *all_numbers;
    while (!command && count == 4 && numbers < end && strcmp(numbers->name, arguments[3]) != 0) {
        numbers++;
    }
    if ((!command && (count < 3 || count > 4)) || numbers == end) {
        fprintf(stderr, "usage: run LIMIT FOLDER [posix|kselftest|automake] <NAMES, or run LIMIT "
                        "-- COMMAND...\n");
        return 2;
    }
    long limit = atol(arguments[1]);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGCHLD);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    if (command) {
        return run_command(limit, arguments + 3);
    }
    run_names(limit, arguments[2]);
    return 0;
}
