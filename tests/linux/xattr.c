/* Extended attributes of files on ext4: the same verdicts as on Linux.  Prints "ok NAME" or "FAIL NAME". */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

#define NO_ROOT 1000

static int set(const char *path, const char *name, const char *value, int flags)
{
    return setxattr(path, name, value, strlen(value), flags);
}

static int holds(const char *path, const char *name, const char *value)
{
    char got[8192];
    ssize_t n = getxattr(path, name, got, sizeof got);

    return n == (ssize_t)strlen(value) && memcmp(got, value, strlen(value)) == 0;
}

/* Has it exactly these, each with its NUL, in any order? */
static int lists(const char *path, const char *names, size_t bytes)
{
    char got[1024];
    ssize_t n = listxattr(path, got, sizeof got);
    size_t found = 0;

    for (const char *name = names; name < names + bytes; name += strlen(name) + 1) {
        for (const char *g = got; g < got + (n > 0 ? n : 0); g += strlen(g) + 1) {
            found += strcmp(g, name) == 0 ? strlen(g) + 1 : 0;
        }
    }
    return n == (ssize_t)bytes && found == bytes;
}

static void test_values(void)
{
    static char large[3001];
    char got[16];

    memset(large, 'x', sizeof large - 1);
    check(listxattr("a", NULL, 0) == 0 && fails(getxattr("a", "user.one", got, 16), ENODATA),
          "a new file has none");
    check(set("a", "user.one", "1", XATTR_CREATE) == 0 && holds("a", "user.one", "1"), "one");
    check(fails(set("a", "user.one", "2", XATTR_CREATE), EEXIST), "a second time");
    check(fails(set("a", "user.two", "2", XATTR_REPLACE), ENODATA), "instead of none");
    check(set("a", "user.one", "longer", XATTR_REPLACE) == 0 && holds("a", "user.one", "longer"),
          "another value");
    check(set("a", "user.empty", "", 0) == 0 && getxattr("a", "user.empty", got, 16) == 0, "empty");
    check(set("a", "user.large", large, 0) == 0 && holds("a", "user.large", large), "a large one");
    check(lists("a", "user.one\0user.empty\0user.large", 31), "all of them");
    check(fails(set("a", "user.too", large, 0), ENOSPC), "no room");
    check(lists("a", "user.one\0user.empty\0user.large", 31), "which changed nothing");
    check(getxattr("a", "user.one", NULL, 0) == 6 &&
              fails(getxattr("a", "user.one", got, 5), ERANGE),
          "how large it is");
    check(listxattr("a", NULL, 0) == 31 && fails(listxattr("a", got, 5), ERANGE),
          "how large the list is");
    check(removexattr("a", "user.large") == 0 && lists("a", "user.one\0user.empty", 20), "removed");
    check(fails(removexattr("a", "user.large"), ENODATA), "removed again");
}

static void test_names(void)
{
    char name[300] = "user.";
    static char huge[65537], *volatile nowhere = (char *)8;

    memset(name + 5, 'n', 250);
    check(set("a", name, "v", 0) == 0 && holds("a", name, "v") && removexattr("a", name) == 0,
          "a name of 255 bytes");
    name[255] = 'n';
    check(fails(set("a", name, "v", 0), ERANGE) && fails(set("a", "", "v", 0), ERANGE) &&
              fails(getxattr("a", name, huge, 5), ERANGE),
          "names that are too long or empty");
    check(fails(set("a", "user.", "v", 0), EINVAL), "a name space without a name");
    check(fails(set("a", "nothing.x", "v", 0), EOPNOTSUPP) &&
              fails(getxattr("a", "nothing", huge, 5), EOPNOTSUPP) &&
              fails(removexattr("a", "nothing.x"), EOPNOTSUPP),
          "no such name space");
    check(fails(setxattr("a", "user.x", huge, sizeof huge, 0), E2BIG) &&
              fails(setxattr("a", "user.x", "v", 1, 4), EINVAL) &&
              fails(setxattr("a", "user.x", nowhere, 1, 0), EFAULT) &&
              fails(setxattr("none", "user.x", "v", 1, 0), ENOENT),
          "wrong arguments");
}

static void test_files(void)
{
    int fd = open("a", O_RDONLY), place = open("a", O_PATH);
    struct stat before, after;
    char got[16];

    check(fsetxattr(fd, "user.fd", "f", 1, 0) == 0 && holds("a", "user.fd", "f") &&
              fgetxattr(fd, "user.fd", got, 16) == 1 && fremovexattr(fd, "user.fd") == 0 &&
              flistxattr(fd, NULL, 0) == 20,
          "by a descriptor");
    check(fails(fgetxattr(place, "user.one", got, 16), EBADF) &&
              fails(fsetxattr(-1, "user.one", "", 0, 0), EBADF),
          "by one that is only a place");
    check(symlink("a", "l") == 0 && holds("l", "user.one", "longer") &&
              fails(lsetxattr("l", "user.x", "v", 1, 0), EPERM) &&
              fails(lgetxattr("l", "user.x", got, 16), ENODATA),
          "a link has none of the user's");
    check(lsetxattr("l", "trusted.x", "v", 1, 0) == 0 &&
              lgetxattr("l", "trusted.x", got, 16) == 1 &&
              fails(getxattr("l", "trusted.x", got, 16), ENODATA),
          "but of the administrator's");
    check(mkfifo("p", 0666) == 0 && fails(set("p", "user.x", "v", 0), EPERM), "nor has a pipe");
    check(mkdir("d", 0755) == 0 && set("d", "user.x", "v", 0) == 0 && holds("d", "user.x", "v"),
          "a folder has");
    check(link("a", "b") == 0 && holds("b", "user.one", "longer") && rename("b", "c") == 0 &&
              holds("c", "user.one", "longer"),
          "with another name");
    stat("a", &before);
    nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
    check(set("a", "user.later", "l", 0) == 0 && stat("a", &after) == 0 &&
              (after.st_ctim.tv_nsec != before.st_ctim.tv_nsec ||
               after.st_ctim.tv_sec != before.st_ctim.tv_sec) &&
              after.st_mtim.tv_nsec == before.st_mtim.tv_nsec &&
              removexattr("a", "user.later") == 0,
          "the time of the change");
    close(fd);
    close(place);
}

/* What somebody else may do: a bit for each thing that is not as it should be. */
static int as_other(void)
{
    char got[16];
    int wrong = 0;

    wrong |= !fails(set("a", "user.x", "v", 0), EACCES) << 0;
    wrong |= !holds("a", "user.one", "longer") << 1;
    wrong |= !fails(set("mine", "trusted.x", "v", 0), EPERM) << 2;
    wrong |= !fails(getxattr("a", "trusted.x", got, 16), ENODATA) << 3;
    wrong |= !lists("a", "user.one\0user.empty", 20) << 4;
    wrong |= !(set("mine", "user.x", "v", 0) == 0 && holds("mine", "user.x", "v")) << 5;
    wrong |= !fails(set("sticky", "user.x", "v", 0), EPERM) << 6;
    wrong |= (!fails(getxattr("secret", "user.x", got, 16), EACCES) ||
              !fails(set("a", "system.nothing", "v", 0), EOPNOTSUPP))
             << 7;
    return wrong;
}

static void test_users(void)
{
    int status = -1;
    pid_t pid;

    check(set("a", "trusted.x", "v", 0) == 0 && lists("a", "user.one\0user.empty\0trusted.x", 30),
          "the administrator's");
    if (mkdir("sticky", 0777) || chmod("sticky", 01777) || mknod("mine", 0100644, 0) ||
        chown("mine", NO_ROOT, NO_ROOT) || mknod("secret", 0100600, 0) ||
        set("secret", "user.x", "v", 0)) {
        abort();
    }
    pid = fork();
    if (pid == 0) {
        _exit(setresuid(NO_ROOT, NO_ROOT, NO_ROOT) ? 255 : as_other());
    }
    waitpid(pid, &status, 0);
    printf("wrong: %x\n", WEXITSTATUS(status));
    check(WIFEXITED(status) && WEXITSTATUS(status) == 0, "what somebody else may do");
}

int main(void)
{
    char folder[] = "/var/tmp/xattr.XXXXXX";

    setvbuf(stdout, NULL, _IONBF, 0);
    if (!mkdtemp(folder) || chmod(folder, 0755) || chdir(folder) || mknod("a", 0100644, 0)) {
        return 2;
    }
    test_values();
    test_names();
    test_files();
    test_users();
    printf("%d failures\n", failures);
    return failures != 0;
}
