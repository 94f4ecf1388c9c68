/* Version 3 crashes while it starts, after it has spoilt what is kept. */
#include "Turn3.h"
#define TURN 3
#include "turn.c"

void init(struct self *self)
{
    kept(self)->total = 0;
    kept(self)->entered = 0;
    __builtin_trap();
}
