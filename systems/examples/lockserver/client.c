/* Takes the lock once. */
#include "Client.h"
#include "../must.h"

struct self {
};

static void take(struct self *self)
{
    enum tess_err err;

    while ((err = l_lock(self)) == TESS_AGAIN) {
        released_wait(self);
    }
    must(err);
}

static int run(struct self *self)
{
    printf(SELF_PATH ": starting...\n");
    take(self);
    printf(SELF_PATH ": got lock!\n");
    must(l_unlock(self));
    printf(SELF_PATH ": released\n");
    return 0;
}
