/* Root program of `./tessera bench`: performs every operation of the table (tools/bench/rows) between markers. */
#include "marker.h"
#include "rounds.h"

static void active(enum place place, void (*main)(struct worker *), unsigned prio)
{
    worker_start_active(worker_new(place, main, prio, 0, 0));
}

static void passive(enum place place, void (*main)(struct worker *))
{
    worker_start_passive(worker_new(place, main, PRIO_SERVER, 0, 0));
}

static void run(void (*main)(struct worker *), tess_cap fault, uint64_t flags)
{
    worker_run(worker_new(CLIENT, main, PRIO_CLIENT, fault, flags));
}

/* Two threads of one priority in different spaces; both finish. */
static void run_yielders(void)
{
    struct worker *a = worker_new(CLIENT, yield_from_main, PRIO_CLIENT, 0, 0);
    struct worker *b = worker_new(SERVER, yield_to_main, PRIO_CLIENT, 0, 0);
    worker_start(a);
    worker_start(b);
    (void)tess_recv(caps.done, 0);
    worker_settle();
}

int main(void)
{
    world_make();
    passive(SERVER, serve_main);
    passive(CLIENT, same_main);
    passive(SERVER, long_main);
    passive(SERVER, take_main);
    passive(SERVER, fault_main);
    passive(SERVER, foreign_main);
    active(SERVER, own_main, PRIO_SERVER);
    active(SERVER, listen_main, PRIO_SERVER);
    active(SERVER, wake_main, PRIO_SERVER);
    active(SERVER, driver_main, PRIO_DRIVER);
    active(SERVER, person_main, PRIO_SERVER);
    active(SERVER, monitor_main, PRIO_SERVER);
    run(client_main, 0, 0);
    run(faulter_main, caps.fault, 0);
    run(stranger_main, caps.foreign, TESS_THREAD_FOREIGN);
    run(guest_main, caps.person, TESS_THREAD_FOREIGN);
    run(poker_main, 0, 0);
    run_yielders();
    vm_run();
    BENCH_POINT(BENCH_DONE);
    return 0;
}
