/* Sends one text. */
#include <stdio.h>

#include "Sender.h"
#include "../shared.h"

struct self {
};

static int run(struct self *self)
{
    printf(SELF_PATH ": Writing \"hello world\"...\n");
    shared_put_string(sock(self)->data, "hello world");
    sock(self)->full = 1;
    printf(SELF_PATH ": Notifying transport...\n");
    written_emit(self);
    printf(SELF_PATH ": Done.\n");
    return 0;
}
