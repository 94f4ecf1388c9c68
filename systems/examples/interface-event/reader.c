/* Takes what is there whenever something arrives. */
#include <stdio.h>

#include "Reader.h"

struct self {
};

static void box_arrived_handle(struct self *self)
{
    char text[32];

    while (box_take(self, text) == TESS_OK) {
        printf("read %s\n", text);
        done_emit(self);
    }
}
