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
        fuzz_svc(number, &r, pattern);
        worker_done(w, number, &r, pattern);
    }
}
