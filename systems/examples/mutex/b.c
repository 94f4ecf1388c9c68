/* Does some work under the lock. */
#include "B.h"
#include "../must.h"

struct self {
};

/* Modulo 2^64: 23! is beyond. */
static uint64_t factorial(uint64_t n)
{
    return n < 2 ? 1 : n * factorial(n - 1);
}

static int run(struct self *self)
{
    printf(SELF_PATH ": started.\n");
    printf(SELF_PATH ": trying to acquire the lock...\n");
    must(lock_lock(self));
    printf(SELF_PATH ": got it!\n");
    printf(SELF_PATH ": Let's do some actual work (not like that other lazy instance)...\n");
    printf(SELF_PATH ": So, it turns out factorial 23 is %llu\n",
           (unsigned long long)factorial(23));
    printf(SELF_PATH ": Let's take a breather...\n");
    printf(SELF_PATH ": Unlocking...\n");
    must(lock_unlock(self));
    printf(SELF_PATH ": Exiting\n");
    return 0;
}
