/* Counts when it is its turn, four times. */
#include "Counter.h"
#include "../must.h"

struct self {
};

static int run(struct self *self)
{
    for (uint32_t value = ID; value < 20; value += 5) {
        if (value > 0) {
            turn_wait(self);
        }
        expect(port(self)->value == value);
        printf("%u: My turn to increment (current value %u)\n", (unsigned)ID, (unsigned)value);
        port(self)->value = value + 1;
        next_emit(self);
    }
    if (ID == 4) {
        printf("4: We're done, people\n");
    }
    return 0;
}
