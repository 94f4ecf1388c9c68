/* The first one at the device. */
#include "Driver1.h"
#include "uart.h"

struct self {
};

static int run(struct self *self)
{
    uart_print(regs(self), "hello from drv1\r\n");
    return h_handoff(self);
}
