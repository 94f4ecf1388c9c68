/* Version 2: its kept memory is another struct. */
#include "Turn2.h"
#define TURN 2
#include "turn.c"

#define TURN_MAGIC 0x7475726e32ull

bool kept_convert(struct self *self, struct turn_kept2 *to, uint32_t from_version, const void *from,
                  uint32_t from_bytes)
{
    const struct turn_kept *old = from;

    (void)self;
    if (from_version != 1 || from_bytes != sizeof *old) {
        return false;
    }
    *to = (struct turn_kept2){ TURN_MAGIC, old->entered, old->total, 1 };
    return true;
}
