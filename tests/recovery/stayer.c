/* Enters when it is told to, and leaves when it is told to: meanwhile the server is not quiet. */
#include "Stayer.h"

struct self {
    uint64_t y;
};

int run(struct self *self)
{
    if (turn_open(self)) {
        return 1;
    }
    for (;;) {
        enter_wait(self);
        (void)turn_enter(self, 1, &self->y);
        done_emit(self);
        leave_wait(self);
        (void)turn_leave(self, &self->y);
        done_emit(self);
    }
}
