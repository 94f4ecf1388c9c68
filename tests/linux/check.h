/* A test program for Linux says one line a check, "ok NAME" or "FAIL NAME: errno N"; its status is 0 if none failed. */
#ifndef TESTS_LINUX_CHECK_H
#define TESTS_LINUX_CHECK_H

#include <errno.h>
#include <stdio.h>

static int failures;

static void check(int ok, const char *name)
{
    if (ok) {
        printf("ok %s\n", name);
    } else {
        printf("FAIL %s: errno %d\n", name, errno);
        failures++;
    }
}

/* A system call's result: it has failed with that error. */
static inline int fails(long result, int error)
{
    return result == -1 && errno == error;
}

#endif
