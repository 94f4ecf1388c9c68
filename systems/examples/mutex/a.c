/* Holds the lock for a long time. */
#include "A.h"
#include "../must.h"

struct self {
};

static void take(struct self *self)
{
    enum tess_err err;

    while ((err = lock_lock(self)) == TESS_AGAIN) {
        released_wait(self);
    }
    must(err);
}

static void waste_time(void)
{
    for (volatile int i = 0; i < 10000; i++) {
    }
}

static int run(struct self *self)
{
    printf(SELF_PATH ": Started\n");
    printf(SELF_PATH ": Trying to acquire the lock...\n");
    take(self);
    printf(SELF_PATH ": Got it!\n");
    printf(SELF_PATH
           ": Let's do some long running calculation (or more accurately, waste time)...\n");
    waste_time();
    printf(SELF_PATH ": Releasing the lock...\n");
    must(lock_unlock(self));
    printf(SELF_PATH ": Done; let's spin.\n");
    return 0;
}
