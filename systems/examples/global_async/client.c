/* Prints what was sent, at each signal. */
#include <stdio.h>

#include "Client.h"
#include "../shared.h"

struct self {
};

static void notification_ready_handle(struct self *self)
{
    char text[64];

    shared_get_string(text, data(self), sizeof text);
    printf("Got an event : Incoming data is %s\n", text);
    notification_signal_emit(self);
}
