/* Writes a message into its window until that is full or the message over. */
#include "Client.h"
#include "../must.h"

struct self {
};

static int run(struct self *self)
{
    uint32_t x = 0;

    while (MESSAGE[x] != '\0' && d_put_char(self, x, 0, (uint8_t)MESSAGE[x]) == TESS_OK) {
        x++;
    }
    expect(d_put_char(self, 15, 0, 'x') == TESS_RANGE);
    printf("\n" SELF_PATH ": %u characters shown\n", (unsigned)x);
    return 0;
}
