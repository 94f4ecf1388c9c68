/* Waits for one text. */
#include <stdio.h>

#include "Receiver.h"
#include "../shared.h"

struct self {
};

static int run(struct self *self)
{
    char text[100];

    printf(SELF_PATH ": Waiting for data...\n");
    while (!sock(self)->full) {
        arrived_wait(self);
    }
    shared_get_string(text, sock(self)->data, sizeof text);
    printf(SELF_PATH ": Received \"%s\".\n", text);
    printf(SELF_PATH ": Done.\n");
    return 0;
}
