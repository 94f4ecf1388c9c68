/* Version 4 never comes to its event loop. */
#include "Turn4.h"
#define TURN 4
#include "turn.c"

void init(struct self *self)
{
    kept(self)->total = 1;
    for (volatile int i = 0;;) {
        i = i + 1;
    }
}
