/* Reads at both ends of the buffer. */
#include "Main.h"
#include "../must.h"

struct self {
};

static int run(struct self *self)
{
    expect(BUFFER_BYTES == 16 << 20);
    (void)buffer(self)[0];
    (void)buffer(self)[BUFFER_BYTES - 1];
    printf("Hello, World!\n");
    return 0;
}
