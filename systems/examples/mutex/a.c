/* Holds the lock for a long time. */
#include "A.h"
#include "../must.h"

struct self {
};

static void waste_time(void)
{
    for (volatile int i = 0; i < 10000; i++) {
    }
}

static int run(struct self *self)
{
    printf(SELF_PATH ": Started\n");
    printf(SELF_PATH ": Trying to acquire the lock...\n");
    must(lock_lock(self));
    printf(SELF_PATH ": Got it!\n");
    printf(SELF_PATH
           ": Let's do some long running calculation (or more accurately, waste time)...\n");
    waste_time();
    printf(SELF_PATH ": Releasing the lock...\n");
    must(lock_unlock(self));
    printf(SELF_PATH ": Done; let's spin.\n");
    return 0;
}
