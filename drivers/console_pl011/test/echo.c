/* Prints each line that is typed, until "end". */
#include <stdio.h>
#include <string.h>

#include <comp/sleep.h>

#include "Echo.h"

#define LINE 40u

struct self {
    uint64_t done;
    char line[LINE + 1];
    uint32_t bytes;
    bool is_over;
};

static void take(struct self *self, char c)
{
    if (c != '\n' && c != '\r' && self->bytes < LINE) {
        self->line[self->bytes++] = c;
    }
    if (c == '\n') {
        self->line[self->bytes] = 0;
        printf("echo: %s\n", self->line);
        self->is_over |= strcmp(self->line, "end") == 0;
        self->bytes = 0;
    }
}

/* A byte belongs to one answer only: those of the next one are behind it. */
static void keys_ready_handle(struct self *self)
{
    char text[64];
    uint32_t bytes = 0;
    uint64_t first = 0;

    while (keys_read(self, self->done, &first, text, &bytes) == TESS_OK && bytes) {
        if (first != self->done) {
            printf("echo: FAILED: at %llu, not %llu\n", (unsigned long long)first,
                   (unsigned long long)self->done);
        }
        for (uint32_t i = 0; i < bytes; i++) {
            take(self, text[i]);
        }
        self->done = first + bytes;
    }
}

static int run(struct self *self)
{
    keys_ready_handle(self);
    while (!self->is_over) {
        comp_sleep_until(tess_deadline_ns(10000000));
    }
    return 0;
}
