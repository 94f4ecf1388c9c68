/*
 * The devices of a PCI host bridge: element n of `function` is function 0 of device n of bus 0, or, if that device is a root port, what is
 * in its slot.
 *
 * Where a device's registers are follows from what its base address registers ask for and from nothing else, and everything else is asked
 * of the device when it is needed.  So nothing is kept, and a function that is open when this driver starts stays as it is:
 *
 *     closed -- open: power on, write the base address registers, memory on --> open
 *     closed <-- close: bus master off, interrupt off, reset, memory off ------ open
 *
 * The registers' sizes are found out while the function is closed, or while its driver waits for the answer.  Neither a device
 * nor a client is believed.
 */
#include "PcieHost.h"
#include "config.h"

#define POLL_NS   10000000u
#define LOOK_EACH 10u /* polls */

struct function {
    config_space space;
    uint32_t id;     /* vendor and device; CONFIG_NOTHING: there is none */
    bool is_bridge;  /* to be left alone */
    bool is_ordered; /* it is opened and closed by order; else it is open */
    bool may_open;   /* as ordered */
    bool is_open;
    bool has_memory; /* its registers answer */
    bool is_news;    /* its driver is to be told that it has come */
    bool is_reset;   /* by this incarnation, and not opened since */
    bool is_sized;
    bool fits;         /* all its registers have room */
    uint64_t ready_at; /* ticks: a reset is over */
    struct bar bar[BARS];
};

struct self {
    struct function function[FUNCTION_COUNT + 1]; /* the last one: what is none of them */
    uint32_t slot[FUNCTION_COUNT]; /* of a root port: its express capability; 0: no port */
    bool is_done[GATE_FUNCTIONS];  /* an order was carried out by this incarnation: this one */
    uint32_t done[GATE_FUNCTIONS];
};

/* ECAM has 1 MiB a bus, 32 KiB a device; the bus behind the port that is device n is n + 1. */
_Static_assert(ECAM_BYTES >= (FUNCTION_COUNT + 1) << 20, "bus 0, and one for each port");

static uint64_t area_of(uint32_t n)
{
    return WINDOW + (uint64_t)n * AREA;
}

/* ---- where registers are ---- */

/*
 * Finds out the sizes, and writes the addresses.  Memory is off meanwhile.  Of a function that is open only when its driver waits for the
 * answer.
 */
static void size(struct function *f, uint32_t n)
{
    uint32_t was = config_read(f->space, CONFIG_COMMAND) & 0xffff & ~(uint32_t)COMMAND_IO;
    uint32_t count = config_bars(f->space), mask[BARS] = { 0 };

    config_command(f->space, was & ~(uint32_t)COMMAND_MEMORY);
    for (uint32_t i = 0; i < count; i++) {
        config_write(f->space, CONFIG_BAR + 4 * i, UINT32_MAX);
        mask[i] = config_read(f->space, CONFIG_BAR + 4 * i);
    }
    f->fits = bars_place(f->bar, mask, count, AREA);
    for (uint32_t i = 0; i < count; i++) {
        const struct bar *b = &f->bar[i];

        config_write(f->space, CONFIG_BAR + 4 * i,
                     b->bytes ? (uint32_t)(area_of(n) + b->offset) : 0);
    }
    config_command(f->space, was);
    f->is_sized = true;
}

/* ---- open and closed ---- */

static uint64_t after_ms(uint32_t ms)
{
    return tess_deadline_ns((uint64_t)(ms <= SETTLE_MS ? ms : SETTLE_MS) * 1000000u);
}

static bool is_ready(const struct function *f)
{
    return SETTLE_MS == 0 || tess_now() >= f->ready_at;
}

/* PCIe 6.6.2: 100 ms after a function-level reset; 5.3.1.4: 10 ms after a change to or from D3hot.  False: it has none. */
static bool reset(struct function *f)
{
    uint32_t express = config_capability(f->space, CAPABILITY_EXPRESS);
    uint32_t power = config_capability(f->space, CAPABILITY_POWER);

    if (express && config_read(f->space, express + EXPRESS_DEVICE) & EXPRESS_HAS_RESET) {
        uint32_t control = config_read(f->space, express + EXPRESS_CONTROL) & 0xffff;

        config_write(f->space, express + EXPRESS_CONTROL, control | EXPRESS_RESET);
        f->ready_at = after_ms(100);
        return true;
    }
    if (power && !(config_read(f->space, power + POWER_CONTROL) & POWER_NO_RESET)) {
        config_write(f->space, power + POWER_CONTROL, POWER_STATE);
        f->ready_at = after_ms(10);
        return true;
    }
    return false;
}

static void messages_switch(struct function *f, uint32_t bits)
{
    uint32_t at = config_capability(f->space, CAPABILITY_MESSAGES);

    if (at) {
        config_write(f->space, at,
                     (config_read(f->space, at) & ~(uint32_t)(MESSAGES_ENABLE | MESSAGES_MASK)) |
                         bits);
    }
}

/*
 * What asks for memory or for interrupts asks no more when this returns; what the reset takes, the next open waits for.  What nobody
 * orders is its driver's to reset.
 */
static void close(struct function *f)
{
    if (f->id == CONFIG_NOTHING || f->is_bridge || f->is_reset) {
        return;
    }
    config_command(f->space, COMMAND_NO_INTERRUPT);
    (void)config_read(f->space, CONFIG_COMMAND); /* behind what the device wrote before that */
    if (!f->is_ordered || !reset(f)) {
        messages_switch(f, 0); /* else the reset does */
    }
    f->is_open = f->has_memory = f->is_sized = false;
    f->is_reset = true;
}

/* False: the power is not on yet. */
static bool power_on(struct function *f)
{
    uint32_t power = config_capability(f->space, CAPABILITY_POWER);

    if (!is_ready(f)) {
        return false;
    }
    if (power && config_read(f->space, power + POWER_CONTROL) & POWER_STATE) {
        config_write(f->space, power + POWER_CONTROL, 0);
        f->ready_at = after_ms(10);
    }
    return is_ready(f);
}

/* False: not yet.  A function whose registers have no room answers at none; one that is not there is opened when it comes. */
static bool open(struct self *self, uint32_t n)
{
    struct function *f = &self->function[n];

    if (f->id == CONFIG_NOTHING || f->is_bridge || f->is_open) {
        return true;
    }
    if (!power_on(f)) {
        return false;
    }
    config_command(f->space, COMMAND_NO_INTERRUPT);
    size(f, n);
    config_command(f->space, f->fits ? COMMAND_MEMORY : COMMAND_NO_INTERRUPT);
    f->has_memory = f->fits;
    f->is_open = true;
    f->is_reset = false;
    if (f->is_news) {
        f->is_news = false;
        function_changed_emit(self, n);
    }
    return true;
}

/* ---- root ports ---- */

static config_space device(struct self *self, uint32_t n)
{
    return ecam(self) + ((size_t)n << 15);
}

/* A root port with a slot: its bus gets the number n + 1, and all of its window is what is in the slot. */
static void port_open(struct self *self, uint32_t n)
{
    config_space port = device(self, n);
    uint32_t express = config_capability(port, CAPABILITY_EXPRESS);
    uint32_t kind = express ? config_read(port, express) : 0;
    uint64_t area = area_of(n), last = area + AREA - 1;
    uint32_t memory = (uint32_t)(area >> 16 & 0xfff0) | (uint32_t)(last & 0xfff00000);
    uint32_t buses = (n + 1) << 16 | (n + 1) << 8;

    if (config_header(port) != 1 || (kind & EXPRESS_PORT) != EXPRESS_ROOT_PORT ||
        !(kind & EXPRESS_HAS_SLOT)) {
        return;
    }
    self->slot[n] = express;
    self->function[n].space = ecam(self) + ((size_t)(n + 1) << 20);
    if (config_read(port, BRIDGE_BUSES) == buses && config_read(port, BRIDGE_MEMORY) == memory &&
        config_read(port, CONFIG_COMMAND) & COMMAND_MEMORY) {
        return; /* as the last incarnation has left it */
    }
    for (uint32_t i = 0; i < config_bars(port); i++) {
        config_write(port, CONFIG_BAR + 4 * i,
                     UINT32_MAX); /* its own registers are out of the way */
    }
    config_write(port, BRIDGE_BUSES, buses);
    config_write(port, BRIDGE_IO, BRIDGE_IO_NONE);
    config_write(port, BRIDGE_MEMORY, memory);
    config_write(port, BRIDGE_PREFETCHED, BRIDGE_PREFETCHED_NONE);
    config_command(port, COMMAND_MEMORY | COMMAND_MASTER);
}

/* Somebody has pressed the slot's button: what is in it is switched off, to be taken out, or on. */
static void slot_look(struct self *self, uint32_t n)
{
    config_space port = device(self, n);
    uint32_t at = self->slot[n] + EXPRESS_SLOT, slot, control;

    if (!self->slot[n]) {
        return;
    }
    slot = config_read(port, at);
    control = slot & 0xffff & ~(uint32_t)(SLOT_INDICATOR | SLOT_POWER_OFF);
    if (slot == CONFIG_NOTHING || !(slot & SLOT_BUTTON)) {
        return;
    }
    config_write(port, at, (slot & 0xffff) | (slot & SLOT_EVENTS));
    if (!(slot & SLOT_PRESENT)) {
        return;
    }
    if (slot & SLOT_POWER_OFF) {
        config_write(port, at, control | SLOT_INDICATOR_ON);
    } else {
        close(&self->function[n]);
        config_write(port, at, control | SLOT_INDICATOR | SLOT_POWER_OFF);
    }
}

/* ---- what is there ---- */

/* The element that a function with that id is; FUNCTION_COUNT: none. */
static uint32_t element_of(struct self *self, uint32_t id)
{
    uint32_t bus = id >> 8, n = bus ? bus - 1 : id >> 3;

    if (n >= FUNCTION_COUNT || (bus ? id & 0xff : id & 7) || !bus == !!self->slot[n]) {
        return FUNCTION_COUNT;
    }
    return n;
}

/* What is there at the start is nothing new.  What has gone and come since the last look has forgotten what it was told. */
static void look(struct self *self, uint32_t n, bool is_start)
{
    struct function *f = &self->function[n];
    uint32_t id =
        is_ready(f) ? config_read(f->space, CONFIG_ID) : f->id; /* it may not answer yet */
    bool was_reset = f->has_memory && !(config_read(f->space, CONFIG_COMMAND) & COMMAND_MEMORY);

    if (id == f->id && !was_reset) {
        return;
    }
    *f = (struct function){
        .space = f->space, .id = id, .is_ordered = f->is_ordered, .may_open = f->may_open
    };
    f->is_bridge =
        config_header(f->space) != 0 || config_read(f->space, CONFIG_CLASS) >> 24 == CLASS_BRIDGE;
    if (id != CONFIG_NOTHING && is_start &&
        config_read(f->space, CONFIG_COMMAND) & COMMAND_MEMORY) {
        f->is_open = f->has_memory = f->fits = true;
    } else {
        close(f);
    }
    f->is_news = !is_start && id != CONFIG_NOTHING;
    if (id == CONFIG_NOTHING) {
        function_changed_emit(self, n);
    }
}

static void init(struct self *self)
{
    const volatile struct gate_orders *orders = bus_orders(self);

    for (uint32_t n = 0; n < FUNCTION_COUNT; n++) {
        self->function[n].space = device(self, n);
        self->function[n].id = CONFIG_NOTHING;
        port_open(self, n);
    }
    for (uint32_t i = 0; i < GATE_FUNCTIONS && i < orders->count; i++) {
        self->function[element_of(self, orders->function[i].id)].is_ordered = true;
    }
    for (uint32_t n = 0; n < FUNCTION_COUNT; n++) {
        look(self, n, true);
    }
}

/* ---- orders: comp/gate.h ---- */

/* An order for a function by its id.  False: not yet. */
static bool obey(struct self *self, uint32_t i, uint32_t id, uint32_t order)
{
    uint32_t n = element_of(self, id);
    struct function *f = &self->function[n];

    if (n == FUNCTION_COUNT) {
        return true; /* nobody has opened it, nobody will */
    }
    f->may_open = order % 2;
    if (!f->may_open || (self->is_done[i] && self->done[i] != order)) {
        close(f);
    }
    return !f->may_open || open(self, n);
}

static void carry_out(struct self *self)
{
    const volatile struct gate_orders *orders = bus_orders(self);
    bool is_any = false;

    for (uint32_t i = 0; i < GATE_FUNCTIONS && i < orders->count; i++) {
        uint32_t order = orders->function[i].order;

        if (self->is_done[i] && self->done[i] == order) {
            continue;
        }
        if (obey(self, i, orders->function[i].id, order)) {
            self->is_done[i] = true;
            self->done[i] = order;
            bus_answers(self)->done[i] = order;
            is_any = true;
        }
    }
    if (is_any) {
        bus_answered(self);
    }
}

/* What has come since, and what nobody orders. */
static void open_wanted(struct self *self)
{
    for (uint32_t n = 0; n < FUNCTION_COUNT; n++) {
        struct function *f = &self->function[n];

        if (!f->is_ordered || f->may_open) {
            (void)open(self, n);
        }
    }
}

static void bus_handle(struct self *self)
{
    carry_out(self);
    open_wanted(self);
}

static int run(struct self *self)
{
    for (uint32_t i = 0;; i++) {
        (void)poll_wait_until(self, tess_deadline_ns(POLL_NS));
        for (uint32_t n = 0; n < FUNCTION_COUNT && i % LOOK_EACH == 0; n++) {
            slot_look(self, n);
            look(self, n, false);
        }
        bus_handle(self);
    }
    return 0;
}

/* ---- for its driver ---- */

static enum tess_err present(const struct function *f)
{
    return config_read(f->space, CONFIG_ID) == CONFIG_NOTHING ? (enum tess_err)BUS_ERROR_NONE
                                                              : TESS_OK;
}

static enum tess_err function_identity(struct self *self, uint32_t n, struct bus_identity *i)
{
    config_space space = self->function[n].space;
    uint32_t id = config_read(space, CONFIG_ID), class = config_read(space, CONFIG_CLASS);
    uint32_t subsystem = config_read(space, CONFIG_SUBSYSTEM);

    *i = (struct bus_identity){
        .vendor = (uint16_t)id,
        .device = (uint16_t)(id >> 16),
        .subsystem_vendor = (uint16_t)subsystem,
        .subsystem = (uint16_t)(subsystem >> 16),
        .class = class >> 8,
        .revision = class & 0xff,
    };
    return present(&self->function[n]);
}

static enum tess_err function_bar(struct self *self, uint32_t n, uint32_t number, uint64_t *offset,
                                  uint64_t *bytes)
{
    struct function *f = &self->function[n];

    if (present(f) != TESS_OK) {
        return present(f);
    }
    if (!f->is_open || !is_ready(f)) {
        return TESS_STATE;
    }
    if (!f->is_sized) {
        size(f, n);
    }
    if (!f->fits || number >= BARS || f->bar[number].bytes == 0) {
        return (enum tess_err)BUS_ERROR_NOT_THERE;
    }
    *offset = f->bar[number].offset;
    *bytes = f->bar[number].bytes;
    return TESS_OK;
}

static enum tess_err function_config(struct self *self, uint32_t n, uint32_t offset,
                                     uint32_t *value)
{
    if (offset % 4 || offset >= CONFIG_BYTES) {
        return TESS_ARG;
    }
    *value = config_read(self->function[n].space, offset);
    return present(&self->function[n]);
}

static enum tess_err function_enable(struct self *self, uint32_t n, bool memory, bool master)
{
    struct function *f = &self->function[n];

    if (present(f) != TESS_OK) {
        return present(f);
    }
    if (!f->is_open || !f->fits) {
        return TESS_STATE;
    }
    f->has_memory = memory;
    config_command(f->space, (memory ? COMMAND_MEMORY : 0u) | (master ? COMMAND_MASTER : 0u));
    return TESS_OK;
}

/* The lowest bits of the table's offset number the register (PCI 6.8.2.4). */
static enum tess_err function_messages(struct self *self, uint32_t n, uint64_t *table,
                                       uint64_t *address, uint32_t *data)
{
    struct function *f = &self->function[n];
    uint32_t at = config_capability(f->space, CAPABILITY_MESSAGES);
    uint64_t offset, bytes, where;
    enum tess_err err;

    if (DOORBELL == 0 || self->slot[n] || at == 0) {
        return present(f) != TESS_OK ? present(f) : (enum tess_err)BUS_ERROR_NOT_THERE;
    }
    where = config_read(f->space, at + MESSAGES_TABLE);
    err = function_bar(self, n, where & 7, &offset, &bytes);
    if (err != TESS_OK) {
        return err;
    }
    where &= ~7ull;
    if (bytes < MESSAGES_ENTRY || where > bytes - MESSAGES_ENTRY) {
        return (enum tess_err)BUS_ERROR_NOT_THERE;
    }
    messages_switch(f, MESSAGES_ENABLE);
    *table = offset + where;
    *address = DOORBELL;
    *data = 0; /* the event: drivers/its_gicv3 */
    return TESS_OK;
}

static enum tess_err function_reset(struct self *self, uint32_t n)
{
    struct function *f = &self->function[n];

    if (present(f) != TESS_OK) {
        return present(f);
    }
    if (!f->is_ordered) {
        return TESS_STATE; /* nobody closes it, and it is its driver's to reset */
    }
    close(f);
    open_wanted(self);
    return TESS_OK;
}
