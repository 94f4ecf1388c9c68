/* Says "NAME(letter)" for each letter that is typed. */
#include <stdio.h>
#include <string.h>

#include "SwitchProgram.h"

struct self {
    uint64_t typed;
};

static void answer(struct self *self)
{
    uint8_t text[64];
    uint32_t bytes;
    uint64_t first;

    while (in_read(self, self->typed, &first, text, &bytes) == TESS_OK && bytes) {
        for (uint32_t i = 0; i < bytes; i++) {
            char line[24];
            int n = snprintf(line, sizeof line, "%s(%c)", NAME, text[i]);

            (void)out_write(self, line, (uint32_t)n);
        }
        self->typed = first + bytes;
    }
}

static void in_ready_handle(struct self *self)
{
    answer(self);
}

static int run(struct self *self)
{
    char line[24];
    int n = snprintf(line, sizeof line, "%s begins.", NAME);

    (void)out_write(self, line, (uint32_t)n);
    answer(self);
    return 0;
}
