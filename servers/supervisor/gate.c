#include "gate.h"

#include "service.h"

#include <assert.h>
#include <tess/invoke.h>
#include <tess/time.h>

#define ANSWER_NS 300000000u /* from an order to its answer */

/* Behind the pulse pages: orders and answers of each gate. */
static uint64_t page(uint32_t n)
{
    return PULSES_AT + (uint64_t)(sup.dist.domains + n) * TESS_PAGE;
}

static volatile struct gate_orders *orders(uint32_t gate)
{
    return (volatile struct gate_orders *)page(2 * gate);
}

static const volatile struct gate_answers *answers(uint32_t gate)
{
    return (const volatile struct gate_answers *)page(2 * gate + 1);
}

static uint32_t keeper(uint32_t gate)
{
    return sup.dist.header->gate[gate].domain;
}

static void tell(uint32_t gate)
{
    (void)tess_signal(object_slot(sup.dist.header->gate[gate].orders, OBJ_AUX));
}

static void fill(volatile struct gate_orders *o)
{
    for (uint32_t i = 0; i < sup.dist.windows; i++) {
        const struct dist_window *w = &sup.dist.window[i];
        uint64_t address = 0, bytes = 0;
        enum tess_err err = tess_frame_address(object_slot(w->object, OBJ_CAP), &address, &bytes);

        assert(!err);
        o->window[i] = (struct gate_window){ address, bytes, w->rights, w->at / TESS_PAGE };
    }
    for (uint32_t i = 0; i < sup.dist.functions; i++) {
        const struct dist_function *f = &sup.dist.function[i];

        o->function[i].id = f->id;
        o->function[i].window_first = f->window_first;
        o->function[i].window_count = f->window_count;
    }
    o->count = sup.dist.functions;
}

void gate_init(void)
{
    for (uint32_t gate = 0; gate < GATES; gate++) {
        if (keeper(gate) != DIST_NONE) {
            fill(orders(gate));
            tell(gate);
        }
    }
}

enum turn gate_turn(uint32_t domain, enum gate gate, bool open)
{
    bool ordered = false, answered = true;

    for (uint32_t i = 0; i < sup.dist.functions && keeper(gate) != DIST_NONE; i++) {
        volatile struct gate_function *f = &orders(gate)->function[i];

        if (sup.dist.function[i].domain != domain) {
            continue;
        }
        if (f->order % 2 != open) {
            sup.region->ordered[gate][i] = tess_now();
            f->order++;
            ordered = true;
        }
        answered = answered && answers(gate)->done[i] == f->order;
    }
    if (ordered) {
        tell(gate);
    }
    if (answered) {
        return TURN_DONE;
    }
    return record(keeper(gate))->state == DOMAIN_PARKED ? TURN_NEVER : TURN_WAITS;
}

/* ---- what the IOMMU reports ---- */

/* Its page is not believed: at worst it makes a domain restart whose device is open. */
static void blame(const struct gate_fault *f)
{
    if (f->function < sup.dist.functions && orders(GATE_IOMMU)->function[f->function].order % 2) {
        service_fail(sup.dist.function[f->function].domain, FAILURE_DMA, f->address, f->why);
    }
}

static void faults(void)
{
    const volatile struct gate_answers *a = answers(GATE_IOMMU);
    uint64_t count = a->faults, *seen = &sup.region->faults;

    if (count - *seen > GATE_FAULTS) {
        *seen = count - GATE_FAULTS; /* the others are overwritten, or the number is nonsense */
    }
    for (; *seen != count; ++*seen) {
        struct gate_fault f = a->fault[*seen % GATE_FAULTS];

        blame(&f);
    }
}

/* ---- gates that do not answer ---- */

/* From the order, or from the start of the gate, if that came later.  A gate that is being restarted has time. */
static uint64_t late(uint32_t gate, uint64_t until)
{
    uint64_t started = sup.region->watch[keeper(gate)].started, now = tess_now();

    for (uint32_t i = 0; i < sup.dist.functions; i++) {
        uint64_t due = sup.region->ordered[gate][i];

        due = (due > started ? due : started) + tess_ticks_of_ns(ANSWER_NS);
        if (record(keeper(gate))->state != DOMAIN_RUNNING ||
            answers(gate)->done[i] == orders(gate)->function[i].order) {
            continue;
        }
        if (now >= due) {
            service_fail(keeper(gate), FAILURE_GATE, i, 0);
        } else {
            until = due < until ? due : until;
        }
    }
    return until;
}

uint64_t gate_look(uint64_t until)
{
    if (keeper(GATE_IOMMU) != DIST_NONE) {
        faults();
    }
    for (uint32_t gate = 0; gate < GATES; gate++) {
        until = keeper(gate) != DIST_NONE ? late(gate, until) : until;
    }
    return until;
}
