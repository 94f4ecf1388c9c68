/* Types lines, some in a row, then a pause. */
#include <stdio.h>

#include <comp/sleep.h>

#include "Typist.h"

#define LINE   10u
#define IN_ROW 8u

struct self {
    uint64_t again;
};

static int run(struct self *self)
{
    char line[LINE + 1];

    for (uint32_t i = 0; i < LINES; i++) {
        (void)snprintf(line, sizeof line, "line %04u\r", (unsigned)i);
        while (console_write(self, line, LINE) != TESS_OK) {
            self->again++;
            comp_sleep_until(tess_deadline_ns(100000));
        }
        if (i % IN_ROW == 0) {
            comp_sleep_until(tess_deadline_ns(i * 37 % 100 * 100000));
        }
    }
    printf("typist: %llu lines written again\n", (unsigned long long)self->again);
    return 0;
}
