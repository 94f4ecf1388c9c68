/* QEMU's education device (PCI 1234:11e8; docs/specs/edu in its source): it copies between memory and memory of its own. */
#include <unistd.h>

#include <blockdrv/blockdrv.h>
#include <comp/fence.h>
#include <comp/sleep.h>

#include "Edu.h"

enum {
    ID = 0x11e81234,
    INTERRUPT = 0x24,
    ACKNOWLEDGE = 0x64,
    FROM = 0x80,
    TO = 0x88,
    COUNT = 0x90,
    COMMAND = 0x98
};
enum { START = 1, TO_MEMORY = 2, WITH_INTERRUPT = 4 }; /* bits of COMMAND */

#define INSIDE 0x40000u /* address of its memory, as it sees it */
#define BYTES  2048u    /* of 4096: QEMU 7.2 ends when a copy reaches the last one */

struct copy {
    uint64_t from, to;
    uint32_t n, command;
};

struct self {
    volatile uint8_t *at;            /* its registers */
    struct blockdrv_waiting waiting; /* the first is being copied */
    uint32_t next[STORE_DEPTH];
    struct copy copy[STORE_DEPTH]; /* of each request in hand */
};

static volatile uint32_t *reg(struct self *self, uint32_t offset)
{
    return (volatile uint32_t *)(self->at + offset);
}

static void set64(struct self *self, uint32_t offset, uint64_t value)
{
    *(volatile uint64_t *)(self->at + offset) = value;
}

static bool is_there(struct self *self)
{
    struct bus_identity i;

    return bus_identity(self, &i) == TESS_OK && (i.device << 16 | i.vendor) == ID;
}

/* It cannot be reset: what the last incarnation began goes on for 100 ms, and reaches nothing. */
static void init(struct self *self)
{
    uint64_t offset, bytes, came = 0;

    if (!is_there(self) || bus_bar(self, 0, &offset, &bytes) || bytes > REGS_BYTES ||
        offset > REGS_BYTES - bytes || bus_enable(self, true, true)) {
        _exit(1);
    }
    self->at = regs(self) + offset;
    for (uint32_t ms = 0; *reg(self, COMMAND) & START; ms++) {
        if (ms == 200) {
            _exit(1);
        }
        came |= comp_sleep_early(tess_deadline_ns(1000000));
    }
    *reg(self, ACKNOWLEDGE) = *reg(self, INTERRUPT);
    blockdrv_waiting_init(&self->waiting, self->next);
    irq_ack(self);
    comp_signal(came);
}

static void start_first(struct self *self)
{
    const struct copy *c = &self->copy[self->waiting.first];

    set64(self, FROM, c->from);
    set64(self, TO, c->to);
    set64(self, COUNT, c->n);
    comp_fence();
    *reg(self, COMMAND) = START | WITH_INTERRUPT | c->command;
}

static enum tess_err begin(struct self *self, uint32_t id, uint32_t at, struct copy c)
{
    bool is_idle = self->waiting.first == BLOCKDRV_NONE;

    if (at > BYTES || c.n > BYTES - at || c.n == 0) {
        return TESS_RANGE;
    }
    self->copy[id] = c;
    blockdrv_wait(&self->waiting, id);
    if (is_idle) {
        start_first(self);
    }
    return TESS_OK;
}

static enum tess_err store_put_begin(struct self *self, uint32_t element, uint32_t id, uint32_t at,
                                     uint32_t n, const void *data, uint64_t data_address)
{
    (void)element;
    (void)data;
    return begin(self, id, at, (struct copy){ data_address, INSIDE + at, n, 0 });
}

static enum tess_err store_get_begin(struct self *self, uint32_t element, uint32_t id, uint32_t at,
                                     uint32_t n, void *data, uint64_t data_address)
{
    (void)element;
    (void)data;
    return begin(self, id, at, (struct copy){ INSIDE + at, data_address, n, TO_MEMORY });
}

static void irq_handle(struct self *self)
{
    uint32_t why = *reg(self, INTERRUPT), id = self->waiting.first;

    *reg(self, ACKNOWLEDGE) = why;
    irq_ack(self);
    if (why == 0 || id == BLOCKDRV_NONE || *reg(self, COMMAND) & START) {
        return;
    }
    comp_fence();
    blockdrv_go(&self->waiting);
    if (self->waiting.first != BLOCKDRV_NONE) {
        start_first(self);
    }
    store_finish(self, id, TESS_OK);
}

/* News of before the start change nothing. */
static void bus_changed_handle(struct self *self)
{
    if (!is_there(self)) {
        _exit(1);
    }
}
