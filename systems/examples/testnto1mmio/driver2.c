/* The second one, when the first one is done. */
#include "Driver2.h"
#include "uart.h"

struct self {
};

static enum tess_err h_handoff(struct self *self)
{
    uart_print(regs(self), "hello from drv2\r\n");
    return TESS_OK;
}
