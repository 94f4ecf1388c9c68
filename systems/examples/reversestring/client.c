/* Has a string reversed. */
#include <stdio.h>

#include "Client.h"
#include "../shared.h"

struct self {
};

static int run(struct self *self)
{
    char text[64] = "Hello, World!";

    printf("Sending string: %s\n", text);
    shared_put_string(buffer(self), text);
    sent_emit(self);
    answered_wait(self);
    shared_get_string(text, buffer(self), sizeof text);
    printf("%s\n", text);
    return 0;
}
