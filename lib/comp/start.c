/* Start and end of a component. */
#include <unistd.h>
#include <comp/comp.h>
#include <tess/start.h>

extern char __tls_area[]; /* from root.ld */

_Noreturn void comp_start(uint64_t generation);

_Noreturn void comp_start(uint64_t generation)
{
    comp_pulse->generation = generation;
    comp_pulse->state = COMP_STARTING;
    tess_libc_init(__tls_area, (void *)COMP_IPC_AT);
    comp_main(generation);
}

__attribute__((weak)) void tess_print(const char *text, uint64_t bytes)
{
    (void)text;
    (void)bytes;
}

/* A component that ends itself has failed: it serves no more.  The fault tells the supervisor, with the code in x0. */
void _exit(int code)
{
    for (;;) {
        register uint64_t x0 __asm__("x0") = (uint64_t)code;

        __asm__ volatile("brk #0" : : "r"(x0));
    }
}
