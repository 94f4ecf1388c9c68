/* The machine capability: power and the emergency console. */
#include "arch.h"
#include "cap/invoke.h"
#include "debug/debug.h"
#include "dev/dev.h"

#define WRITE_MAX 56u /* bytes in message words 1..7 */

static enum tess_err machine_write(struct invocation *inv)
{
    word_t bytes = inv->arg[0], taken = 0;
    if (bytes == 0 || bytes > WRITE_MAX) {
        return TESS_ARG;
    }
    const char *text = (const char *)&inv->arg[1];
    while (taken < bytes && uart_put(text[taken])) {
        LOOP_BOUND(WRITE_MAX);
        taken++;
    }
    inv->result[0] = taken;
    return TESS_OK;
}

enum tess_err machine_invoke(struct invocation *inv)
{
    switch (inv->label) {
    case TESS_LABEL_machine_power_off:
        arch_power_off();
    case TESS_LABEL_machine_reset:
        arch_reset();
    case TESS_LABEL_machine_write:
        return machine_write(inv);
    default: /* check */
        inv->result[0] = kernel_check();
        return TESS_OK;
    }
}
