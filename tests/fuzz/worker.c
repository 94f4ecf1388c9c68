/* The loop of workers on the target; see worker.h. */
#include "worker.h"

#include <tess/time.h>

_Noreturn void worker_main(struct worker *w)
{
    for (;;) {
        struct svc_registers r;
        uint64_t pattern = w->calls << 8;

        w->now = tess_now();
        unsigned number = worker_next(w, &r);
        if (w->calls % 4 == 0) { /* so that the kernel finds FP registers in use */
            __asm__ volatile("fmov d31, %0" : : "r"(pattern) : "v31");
        }
        fuzz_svc(number, &r, pattern);
        worker_done(w, number, &r, pattern);
    }
}
