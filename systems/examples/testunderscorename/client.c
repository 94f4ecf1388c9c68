/* The functions of an end are called by its name, underscore and all. */
#include "Client_.h"
#include "../must.h"

struct self {
};

int run(struct self *self)
{
    int32_t echo = 0;

    printf("Starting the client\n");
    must(_fault_handler_echo_int(self, 42, &echo));
    printf("echo_int: %d -> %d\n", 42, (int)echo);
    printf("After the client\n");
    return 0;
}
