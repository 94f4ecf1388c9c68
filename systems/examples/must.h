/* What has to be so in an example: if it is not, the component says where and ends itself. */
#ifndef EXAMPLES_MUST_H
#define EXAMPLES_MUST_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <tess/error.h>

static inline void must_hold(bool holds, const char *what, const char *why)
{
    if (!holds) {
        printf("FAILED: %s: %s\n", what, why);
        abort();
    }
}

/* A call that has to succeed: must(a_echo_int(self, 42, &i)). */
#define must(call)                                                                                 \
    do {                                                                                           \
        enum tess_err must_err = (call);                                                           \
        must_hold(must_err == TESS_OK, #call, tess_strerror(must_err));                            \
    } while (0)

/* A condition that has to hold. */
#define expect(condition) must_hold(condition, #condition, "does not hold")

#endif
