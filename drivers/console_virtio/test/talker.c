/* Says some lines, and tells its log what comes back. */
#include <stdio.h>
#include <string.h>

#include <comp/sleep.h>

#include "Talker.h"

#define LINE 60u

static const char *const said[] = {
    "hello\n",
    "\n",
    "several writes ",
    "are one line\n",
    "all that is typed, also more than 40 bytes of it\n",
    "end\n",
};

struct self {
    uint64_t done;
    char line[LINE + 1];
    uint32_t bytes;
    bool is_over;
};

static void take(struct self *self, char c)
{
    if (c >= ' ' && self->bytes < LINE) {
        self->line[self->bytes++] = c;
    }
    if (c == '\n') {
        self->line[self->bytes] = 0;
        printf("talker: %s\n", self->line);
        self->is_over |= strcmp(self->line, "echo: end") == 0;
        self->bytes = 0;
    }
}

static void keys_ready_handle(struct self *self)
{
    char text[64];
    uint32_t bytes = 0;
    uint64_t first = 0;

    while (keys_read(self, self->done, &first, text, &bytes) == TESS_OK && bytes) {
        for (uint32_t i = 0; i < bytes; i++) {
            take(self, text[i]);
        }
        self->done = first + bytes;
    }
}

static int run(struct self *self)
{
    for (uint32_t i = 0; i < sizeof said / sizeof *said; i++) {
        if (console_write(self, said[i], (uint32_t)strlen(said[i])) != TESS_OK) {
            printf("talker: FAILED to write\n");
        }
    }
    while (!self->is_over) {
        comp_sleep_until(tess_deadline_ns(10000000));
    }
    return 0;
}
