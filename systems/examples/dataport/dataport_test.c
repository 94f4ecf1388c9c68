/* Writes a text for the other one, waits for its text. */
#include <stdio.h>

#include "DataportTest.h"
#include "../shared.h"

struct self {
};

static int run(struct self *self)
{
    char text[64];

    printf("Starting...\n");
    printf("-----------\n");
    shared_put_string(data_out(self), "hello world");
    written_emit(self);
    arrived_wait(self);
    shared_get_string(text, data_in(self), sizeof text);
    printf(SELF_PATH " read %s\n", text);
    return 0;
}
