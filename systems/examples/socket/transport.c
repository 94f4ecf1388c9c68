/* Takes a text from one side to the other. */
#include <stdio.h>

#include "Transport.h"
#include "../shared.h"

struct self {
};

static int run(struct self *self)
{
    char text[100];

    printf(SELF_PATH ": Waiting for data...\n");
    while (!incoming(self)->full) {
        arrived_wait(self);
    }
    shared_get_string(text, incoming(self)->data, sizeof text);
    shared_put_string(outgoing(self)->data, text);
    outgoing(self)->full = 1;
    printf(SELF_PATH ": Notifying receiver...\n");
    written_emit(self);
    printf(SELF_PATH ": Done.\n");
    return 0;
}
