/* Compares what is typed with what must be; killed and started again, it goes on where it was. */
#include <stdio.h>

#include "Typed.h"

#define LINE 10u /* bytes */

struct self {
    uint64_t done;
};

static char expected(uint64_t position)
{
    char line[LINE + 1];

    (void)snprintf(line, sizeof line, "line %04u%c", (unsigned)(position / LINE % 10000),
                   (int)ENDS);
    return line[position % LINE];
}

/* What the server has not been told of when this incarnation is killed, the next one sees again. */
static bool take(struct self *self)
{
    char text[64];
    uint32_t bytes = 0;
    uint64_t first = 0;
    enum tess_err err;

    do {
        err = keys_read(self, self->done, &first, text, &bytes);
    } while (err == TESS_POISON); /* two kills met one call */
    if (err != TESS_OK || bytes == 0) {
        return false;
    }
    typing(self)->gaps += first > typing(self)->done;
    for (uint32_t i = 0; i < bytes; i++) {
        typing(self)->wrong += text[i] != expected(first + i);
    }
    self->done = first + bytes;
    if (typing(self)->done < self->done) {
        typing(self)->done = self->done;
    }
    return true;
}

static void keys_ready_handle(struct self *self)
{
    while (take(self)) {
    }
}

static int run(struct self *self)
{
    keys_ready_handle(self);
    return 0;
}
