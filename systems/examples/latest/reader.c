#include <stdio.h>

#include "Reader.h"

struct self {
    char unused;
};

int run(struct self *self)
{
    uint64_t value = 0, number = 0;

    done_wait(self);
    if (in_get(self, &value, &number)) {
        printf("reader: a value that is half written\n");
        return 1;
    }
    printf("reader: value %llu is %llu\n", (unsigned long long)number, (unsigned long long)value);
    return 0;
}
