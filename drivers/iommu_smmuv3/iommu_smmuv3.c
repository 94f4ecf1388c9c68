/*
 * Arm SMMUv3: which memory each function of a bus reaches (IHI 0070; numbers are its sections).  Formats: smmuv3.h, tables.h.
 *
 * The supervisor's orders say everything.  Each stream has its place in the stream table, each function its context descriptor, ASID and
 * room for tables: what is written to memory depends on the orders alone.  So a driver that starts writes once more what its
 * predecessor wrote; streams that are open do not notice.
 *
 *     orders ---> batch_begin: tables, entry --> commands, SYNC --> SMMU
 *                     ^                                           |
 *     faults <--- events_collect <------------------ events ------+
 *     answers <-- answer <---------------------- SYNC is done ----+
 *
 * One batch of commands is under way at a time.  It is answered when the SYNC behind its invalidations is done: from then on
 * nothing uses what was invalidated.
 */
#include <unistd.h>

#include <comp/fence.h>
#include <comp/gate.h>

#include "IommuSmmuv3.h"
#include "smmuv3.h"
#include "tables.h"

#define STREAM_BITS  8u /* one bus */
#define STREAMS      (1u << STREAM_BITS)
#define COMMAND_BITS 8u
#define COMMANDS     (1u << COMMAND_BITS)
#define EVENT_BITS   7u
#define EVENTS       (1u << EVENT_BITS)
#define PATIENCE     100000u /* looks at a register that must change */

/* What the SMMU reads and writes.  The table and the queues are aligned to their size, tables to pages. */
struct memory {
    uint64_t stream[STREAMS][STE_WORDS];
    uint64_t command[COMMANDS][CMD_WORDS];
    uint64_t event[EVENTS][EVENT_WORDS];
    uint64_t table[GATE_FUNCTIONS][TABLES_MAX][TABLE_ENTRIES];
    uint64_t context[GATE_FUNCTIONS][CD_WORDS];
};
#define MEMORY_ALIGN sizeof(((struct memory *)0)->stream)

_Static_assert(sizeof(struct memory) + MEMORY_ALIGN <= MEMORY_BYTES, "wherever that lies");
_Static_assert(COMMANDS > 2 * GATE_FUNCTIONS + 1, "a batch fits into the queue");

struct self {
    volatile struct memory *memory;
    uint64_t address;      /* of it, for the SMMU */
    uint32_t address_size; /* IDR5_OAS */
    uint32_t produced;     /* index of the next command */
    bool is_busy;          /* a batch is under way */
    bool is_on;
    bool is_open[GATE_FUNCTIONS];     /* in memory, as what follows */
    uint32_t carried[GATE_FUNCTIONS]; /* the order */
    uint32_t faulted[GATE_FUNCTIONS]; /* the order under which it did wrong, and was closed */
    struct tables tables;             /* being built */
};

static void must(bool is_so)
{
    if (!is_so) {
        _exit(1);
    }
}

/* ---- registers and memory ---- */

static uint32_t reg(struct self *self, enum smmu_register at)
{
    return *(volatile uint32_t *)(regs(self) + at);
}

/* What was written to memory before is seen by the SMMU when it sees this. */
static void set(struct self *self, enum smmu_register at, uint32_t value)
{
    comp_fence();
    *(volatile uint32_t *)(regs(self) + at) = value;
}

static uint64_t reg64(struct self *self, enum smmu_register at)
{
    return *(volatile uint64_t *)(regs(self) + at);
}

static void set64(struct self *self, enum smmu_register at, uint64_t value)
{
    *(volatile uint64_t *)(regs(self) + at) = value;
}

static void wait_for(struct self *self, enum smmu_register at, uint32_t mask, uint32_t value)
{
    uint32_t looks = 0;

    while ((reg(self, at) & mask) != value) {
        must(++looks < PATIENCE);
    }
}

static void control(struct self *self, uint32_t bits)
{
    set(self, SMMU_CR0, bits | CR0_ATSCHK);
    wait_for(self, SMMU_CR0ACK, CR0_ACKED, bits);
}

static uint64_t address_of(struct self *self, const volatile void *part)
{
    return self->address +
           (uint64_t)((const volatile uint8_t *)part - (volatile uint8_t *)self->memory);
}

/* What is right already is not touched. */
static void put(volatile uint64_t *to, uint64_t value)
{
    if (*to != value) {
        *to = value;
    }
}

static void put_all(volatile uint64_t *to, const uint64_t *words, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        put(&to[i], words[i]);
    }
}

static uint32_t functions(struct self *self)
{
    uint64_t count = iommu_orders(self)->count;

    must(count <= GATE_FUNCTIONS);
    return (uint32_t)count;
}

/* ---- commands, chapter 4 ---- */

static void command(struct self *self, uint64_t word0, uint64_t word1)
{
    volatile uint64_t *to = self->memory->command[self->produced % COMMANDS];

    to[0] = word0;
    to[1] = word1;
    self->produced = (self->produced + 1) % (2 * COMMANDS);
}

static void commands_go(struct self *self)
{
    command(self, CMD_SYNC_IRQ, 0);
    set(self, SMMU_CMDQ_PROD, self->produced);
    self->is_busy = true;
}

/* The SYNC is the last, and done when the effects of all before it are seen everywhere. */
static bool commands_are_done(struct self *self)
{
    return reg(self, SMMU_CMDQ_CONS) % (2 * COMMANDS) == self->produced;
}

/* ---- faults ---- */

static void report(struct self *self, uint32_t f, uint64_t address, uint32_t why)
{
    volatile struct gate_answers *answers = iommu_answers(self);
    volatile struct gate_fault *fault = &answers->fault[answers->faults % GATE_FAULTS];

    self->faulted[f] = self->carried[f];
    fault->address = address;
    fault->function = f;
    fault->why = why;
    comp_fence();
    answers->faults++;
    iommu_answered(self);
}

/* Heard is an open function, once; what is left of one that was closed, or a stream that is nobody's, is not. */
static void event_take(struct self *self, uint32_t stream, uint64_t address, uint32_t why)
{
    volatile const struct gate_orders *orders = iommu_orders(self);

    for (uint32_t f = 0; f < functions(self); f++) {
        if (orders->function[f].id == stream && self->is_open[f] &&
            orders->function[f].order == self->carried[f] && self->faulted[f] != self->carried[f]) {
            report(self, f, address, why);
        }
    }
}

/* 7.2, 7.3.  A driver that is killed here may leave an event to the next one that was reported already. */
static void events_collect(struct self *self)
{
    uint32_t produced = reg(self, SMMU_EVENTQ_PROD), consumed = reg(self, SMMU_EVENTQ_CONS);
    uint32_t count = (produced - consumed) % (2 * EVENTS);
    bool is_mine = false;

    must(count <= EVENTS);
    comp_fence();
    for (uint32_t i = 0; i < count; i++) {
        const volatile uint64_t *event = self->memory->event[(consumed + i) % EVENTS];
        uint64_t word0 = event[0];
        uint32_t number = EVENT_NUMBER(word0);

        is_mine |= number < 64 && EVENTS_OF_TABLES >> number & 1;
        event_take(self, EVENT_STREAM(word0), event[EVENT_ADDRESS], number);
    }
    if (count || (produced ^ consumed) & QUEUE_OVERFLOW) {
        set(self, SMMU_EVENTQ_CONS, produced);
    }
    must(!is_mine);
}

/* 7.5.  Events that could not be written are lost; their function will do it again.  All else ends the driver. */
static void errors_check(struct self *self)
{
    uint32_t error = reg(self, SMMU_GERROR), active = error ^ reg(self, SMMU_GERRORN);

    must(!(active & ~GERROR_EVENTQ_ABT));
    if (active) {
        set(self, SMMU_GERRORN, error);
    }
}

/* ---- orders ---- */

/* The tables of an open function.  False: they do not fit, or the order makes no sense. */
static bool tables_write(struct self *self, uint32_t f)
{
    static const uint32_t widths[] = { 32, 36, 40, 42, 44, 48, 48, 48 }; /* 6.3.6, IDR5.OAS */
    volatile const struct gate_orders *orders = iommu_orders(self);
    uint32_t first = orders->function[f].window_first, count = orders->function[f].window_count;
    uint32_t ips = self->address_size < 5 ? self->address_size : 5;
    struct tables *t = &self->tables;

    if (first > GATE_WINDOWS || count > GATE_WINDOWS - first) {
        return false;
    }
    tables_begin(t, address_of(self, self->memory->table[f]));
    if (DOORBELL && !tables_doorbell(t, DOORBELL)) {
        return false;
    }
    for (uint32_t i = first; i < first + count; i++) {
        struct gate_window w = orders->window[i];

        if (!tables_map(t, &w, widths[self->address_size])) {
            return false;
        }
    }
    for (uint32_t i = 0; i < t->count; i++) {
        put_all(self->memory->table[f][i], t->entry[i], TABLE_ENTRIES);
    }
    put_all(self->memory->context[f],
            (const uint64_t[CD_WORDS]){ CD_WORD0(ips, f + 1), t->at, 0, CD_MAIR }, CD_WORDS);
    return true;
}

/* Write to memory what the order wants; the first word of the entry is written last, and at once. */
static void order_write(struct self *self, uint32_t f, uint32_t order, bool open)
{
    uint32_t stream = iommu_orders(self)->function[f].id;
    bool is_refused = open && (stream >= STREAMS || !tables_write(self, f));

    self->carried[f] = order;
    self->is_open[f] = open && !is_refused;
    if (is_refused) {
        report(self, f, 0, GATE_REFUSED);
    }
    if (stream < STREAMS) {
        comp_fence();
        put(&self->memory->stream[stream][0],
            self->is_open[f] ? STE_S1 | address_of(self, self->memory->context[f]) : STE_ABORT);
    }
}

/* All that differs from what was carried out.  False: nothing does. */
static bool batch_begin(struct self *self)
{
    volatile const struct gate_orders *orders = iommu_orders(self);
    uint32_t changed = 0;

    for (uint32_t f = 0; f < functions(self); f++) {
        uint32_t order = orders->function[f].order;
        bool open = order % 2 && order != self->faulted[f];

        if (order != self->carried[f] || open != self->is_open[f]) {
            order_write(self, f, order, open);
            command(self, CMD_CFGI_STE(orders->function[f].id), CMD_CFGI_LEAF);
            command(self, CMD_TLBI_NH_ASID(f + 1), 0);
            changed++;
        }
    }
    if (changed) {
        commands_go(self);
    }
    return changed;
}

/* Events come first: what a function did before it was closed must not be held against it when it is opened again. */
static void answer(struct self *self)
{
    volatile struct gate_answers *answers = iommu_answers(self);

    self->is_busy = false;
    if (!self->is_on) {
        control(self, CR0_ACKED);
        self->is_on = true;
    }
    events_collect(self);
    comp_fence();
    for (uint32_t f = 0; f < functions(self); f++) {
        answers->done[f] = self->carried[f];
    }
    iommu_answered(self);
}

/* There is an interrupt when the event queue is no longer empty (3.18), and none for what comes while it is being emptied. */
static bool events_are_there(struct self *self)
{
    return (reg(self, SMMU_EVENTQ_PROD) - reg(self, SMMU_EVENTQ_CONS)) % (2 * EVENTS) != 0;
}

/* All there is to do now.  A function that does wrong is closed, so it does not go on for ever. */
static void work(struct self *self)
{
    errors_check(self);
    do {
        events_collect(self);
        if (self->is_busy) {
            if (!commands_are_done(self)) {
                return;
            }
            answer(self);
        }
    } while (batch_begin(self) || events_are_there(self));
}

static void iommu_handle(struct self *self)
{
    work(self);
}

static void events_handle(struct self *self)
{
    events_ack(self);
    work(self);
}

static void synced_handle(struct self *self)
{
    synced_ack(self);
    work(self);
}

static void errors_handle(struct self *self)
{
    errors_ack(self);
    work(self);
}

/* ---- start ---- */

/* What the driver counts on, 6.3.1 to 6.3.6. */
static void identify(struct self *self)
{
    uint32_t idr0 = reg(self, SMMU_IDR0), idr1 = reg(self, SMMU_IDR1), idr5 = reg(self, SMMU_IDR5);

    must((idr0 & IDR0_S1P) && (idr0 & IDR0_AARCH64) && (idr0 & IDR0_COHACC));
    must(IDR0_STALL(idr0) != IDR0_STALL_FORCED && IDR0_ENDIAN(idr0) != IDR0_ENDIAN_BIG);
    must(!(idr1 & IDR1_PRESET) && IDR1_SIDSIZE(idr1) >= STREAM_BITS);
    must(IDR1_CMDQS(idr1) >= COMMAND_BITS && IDR1_EVENTQS(idr1) >= EVENT_BITS);
    must(idr5 & IDR5_GRAN4K);
    self->address_size = IDR5_OAS(idr5);
}

/* Every stream has an entry: nothing passes but what is open. */
static void streams_write(struct self *self)
{
    volatile const struct gate_orders *orders = iommu_orders(self);
    const uint64_t rest[STE_WORDS - 1] = { STE_WORD1 };
    bool is_listed[STREAMS] = { false };

    for (uint32_t f = 0; f < functions(self); f++) {
        if (orders->function[f].id < STREAMS) {
            is_listed[orders->function[f].id] = true;
        }
    }
    for (uint32_t s = 0; s < STREAMS; s++) {
        put_all(&self->memory->stream[s][1], rest, STE_WORDS - 1);
        if (!is_listed[s]) {
            put(&self->memory->stream[s][0], STE_ABORT);
        }
    }
    for (uint32_t f = 0; f < functions(self); f++) {
        uint32_t order = orders->function[f].order;

        order_write(self, f, order, order % 2);
    }
}

/* What runs already as this driver has it goes on (bits of CR0): translation, and events that were not heard yet. */
static uint32_t kept(struct self *self, uint64_t table, uint64_t events)
{
    uint32_t on = reg(self, SMMU_CR0);

    if (reg64(self, SMMU_STRTAB_BASE) != table || reg(self, SMMU_STRTAB_BASE_CFG) != STREAM_BITS) {
        on &= ~CR0_SMMUEN;
    }
    if (reg64(self, SMMU_EVENTQ_BASE) != events) {
        on &= ~CR0_EVENTQEN;
    }
    if (!(on & CR0_SMMUEN)) {
        return 0; /* CR1 may be written while all is off, and only then (6.3.11) */
    }
    return on & (CR0_SMMUEN | CR0_EVENTQEN);
}

/* While the SMMU is off, nothing passes it (6.3.14). */
static void block(struct self *self)
{
    wait_for(self, SMMU_GBPA, GBPA_UPDATE, 0);
    set(self, SMMU_GBPA, GBPA_UPDATE | GBPA_ABORT);
    wait_for(self, SMMU_GBPA, GBPA_UPDATE, 0);
}

/* The order of 3.11; bases may be written while what they are for is off. */
static void set_up(struct self *self)
{
    uint64_t table = address_of(self, self->memory->stream);
    uint64_t events = address_of(self, self->memory->event) | EVENT_BITS;
    uint32_t on = kept(self, table, events);

    block(self);
    control(self, on);
    if (!(on & CR0_SMMUEN)) {
        set64(self, SMMU_STRTAB_BASE, table);
        set(self, SMMU_STRTAB_BASE_CFG, STREAM_BITS);
        set(self, SMMU_CR1, CR1_CACHED);
        set(self, SMMU_CR2, CR2_PTM);
    }
    if (!(on & CR0_EVENTQEN)) {
        set64(self, SMMU_EVENTQ_BASE, events);
        set(self, SMMU_EVENTQ_PROD, 0);
        set(self, SMMU_EVENTQ_CONS, 0);
    }
    set64(self, SMMU_CMDQ_BASE, address_of(self, self->memory->command) | COMMAND_BITS);
    set(self, SMMU_CMDQ_PROD, 0);
    set(self, SMMU_CMDQ_CONS, 0);
    set(self, SMMU_GERRORN, reg(self, SMMU_GERROR));
    set(self, SMMU_IRQ_CTRL, 0);
    wait_for(self, SMMU_IRQ_CTRLACK, IRQ_CTRL_EVENTQ | IRQ_CTRL_GERROR, 0);
    set64(self, SMMU_EVENTQ_IRQ_CFG0, 0); /* lines, not messages */
    set64(self, SMMU_GERROR_IRQ_CFG0, 0);
    set(self, SMMU_IRQ_CTRL, IRQ_CTRL_EVENTQ | IRQ_CTRL_GERROR);
    control(self, on | CR0_CMDQEN | CR0_EVENTQEN);
}

static void init(struct self *self)
{
    uint64_t at = memory_address(self), address = (at + MEMORY_ALIGN - 1) & ~(MEMORY_ALIGN - 1);

    must(at != 0);
    self->memory = (volatile struct memory *)(memory(self) + (address - at));
    self->address = address;
    identify(self);
    streams_write(self);
    set_up(self);
    events_ack(self);
    synced_ack(self);
    errors_ack(self);
    command(self, CMD_CFGI_ALL, CMD_CFGI_ALL_WORD1);
    command(self, CMD_TLBI_NSNH_ALL, 0);
    commands_go(self);
    work(self);
}
