/* Orders to the IOMMU, and a device that is told to reach for memory. */
#include <stdio.h>

#include <comp/gate.h>
#include <comp/sleep.h>
#include <tessera/cap.h>

#include "Bench.h"
#include "edu.h"

#define EDU_STREAM 8u          /* 00:01.0 */
#define EDU_AT     0x10200000u /* Pci_00_01_0 */
#define WAIT_NS    50000000ull

enum page { /* of the area */
            PAGE_SOURCE,
            PAGE_TARGET,
            PAGE_OTHER,
            PAGE_FOREIGN = 100,
};

struct self {
    uint64_t random;
    uint32_t lost, wild, unheard;
    bool has_failed;
};

static void check(struct self *self, const char *what, bool is_so)
{
    self->has_failed |= !is_so;
    printf("%s: %s\n", what, is_so ? "ok" : "FAILED");
}

/* ---- orders ---- */

static volatile struct gate_orders *order_page(struct self *self)
{
    return (volatile struct gate_orders *)orders(self);
}

static volatile struct gate_answers *answer_page(struct self *self)
{
    return (volatile struct gate_answers *)answers(self);
}

static uint64_t page_address(struct self *self, enum page page)
{
    return area_address(self) + page * 4096ull;
}

static volatile uint8_t *page_memory(struct self *self, enum page page)
{
    return area(self) + page * 4096ull;
}

static void window(struct self *self, uint32_t number, enum page page, uint32_t pages,
                   uint32_t rights)
{
    order_page(self)->window[number] =
        (struct gate_window){ page_address(self, page), pages * 4096ull, rights, 0 };
}

/* The next order of a function.  False: it was not carried out in time. */
static bool order(struct self *self, uint32_t f)
{
    uint64_t deadline = tess_deadline_ns(WAIT_NS);
    uint32_t wanted = ++order_page(self)->function[f].order;

    changed_emit(self);
    while (answer_page(self)->done[f] != wanted) {
        if (!answered_wait_until(self, deadline)) {
            return false;
        }
    }
    return true;
}

/* Closed and open again: nothing of it is cached, and what it has done is forgiven. */
static bool reopen(struct self *self)
{
    bool is_done = order_page(self)->function[0].order % 2 == 0 || order(self, 0);

    return order(self, 0) && is_done;
}

/* ---- the device ---- */

static bool edu_begin(struct self *self)
{
    volatile uint32_t *config = (volatile uint32_t *)(ecam(self) + EDU_STREAM * 4096);

    config[4] = EDU_AT; /* base address */
    config[1] |= 6;     /* memory, bus master */
    return config[0] == EDU_ID;
}

static void edu_copy(struct self *self, bool to_memory, enum page page)
{
    edu_start(edu(self), to_memory, page_address(self, page));
    comp_sleep_until(tess_deadline_ns(EDU_MS * 1000000ull));
    while (edu_is_busy(edu(self))) {
        comp_sleep_until(tess_deadline_ns(1000000));
    }
}

/* Does what the device writes there arrive?  The source must be within reach. */
static bool reaches(struct self *self, enum page page, uint8_t value)
{
    edu_page_fill(page_memory(self, PAGE_SOURCE), value);
    edu_page_fill(page_memory(self, page), (uint8_t)~value);
    edu_copy(self, false, PAGE_SOURCE);
    edu_copy(self, true, page);
    return edu_page_holds(page_memory(self, page), value);
}
