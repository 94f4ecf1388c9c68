/*
 * Makes some trace events, then invokes the machine capability.  tests/panic/panic.sh boots it with kernels whose
 * machine_invoke is damaged: a kernel bug, made to order.  With an undamaged one it says so.
 */
#include <stdio.h>
#include <tess/tess.h>

int main(void)
{
    if (tess_trace_start(TESS_ROOT_TRACE, 0) != TESS_OK) {
        return 1;
    }
    for (int i = 0; i < 40; i++) {
        tess_yield();
    }
    printf("the kernel is not damaged\n");
    return 0;
}
