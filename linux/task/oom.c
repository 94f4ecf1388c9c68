/* Memory has run out: a process must go. */
#include "../mm/mm.h"
#include "process.h"

static uint64_t badness(const struct process *p)
{
    struct space_info info;

    if (!p->space || p->is_exiting || p->oom_score_adj == -1000 || p == init_process) {
        return 0;
    }
    space_info(p->space, &info);
    return info.resident_pages + 1;
}

bool memory_is_short(void)
{
    struct process *worst = NULL;
    uint64_t most = 0;

    LIST_FOR(l, &processes)
    {
        struct process *p = CONTAINER(l, struct process, all);
        uint64_t n = badness(p);

        if (n > most) {
            most = n;
            worst = p;
        }
    }
    if (!worst) {
        return false;
    }
    log_line("out of memory: killed process %d (%s), %lu KiB resident", worst->pid, worst->name,
             (unsigned long)(most * PAGE_SIZE / 1024));
    process_exit(worst, SIGKILL);
    return current && current->process != worst;
}
