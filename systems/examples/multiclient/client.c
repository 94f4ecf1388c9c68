/* Calls the server, reads what it left in the memory, and hears its events, its own and those of the others' calls. */
#include "Client.h"
#include "../must.h"
#include "../shared.h"

struct self {
    bool heard;
};

static void e_handle(struct self *self)
{
    self->heard = true;
    printf(KIND " Event received!\n");
}

static int run(struct self *self)
{
    uint32_t calls;
    char text[64];

    printf("Starting the client\n");
    printf("-------------------\n");
    must(s_echo_int(self, &calls));
    printf("echo_int: %u\n", (unsigned)calls);
    shared_get_string(text, d(self), sizeof text);
    printf("%s\n", text);
    while (!self->heard) {
        e_wait(self);
    }
    printf("After the client\n");
    return 0;
}
