/*
 * The interrupt translation service of a GICv3 (IHI0069H chapter 5; numbers are its sections): a message of device n is line LINE + n.
 *
 * A message is a word that a device writes to the translation frame; which device that was, says the bus.  The service looks that up in its
 * device table and the word in the device's own table, and finds an LPI, or nothing: then the message has no effect.  So no
 * device can have another one's interrupt.
 *
 * Everything is done at the start: off, tables empty, on, one command after another.  The tables' formats are the service's business, so they
 * are not looked at, but made anew.  What devices send while it is off is lost.  So at the end each line is raised once: whoever has missed
 * a message gets it now, and all others find that there was nothing.
 */
#include <unistd.h>

#include <comp/fence.h>

#include "ItsGicv3.h"
#include "its.h"

#define TABLE_BYTES 0x10000u /* the largest page; the first one is all that is used of a table */
#define QUEUE_BYTES 0x1000u
#define COMMANDS    (QUEUE_BYTES / (8 * COMMAND_WORDS))
#define ITT_BYTES   256u /* and its alignment */
#define EVENT_BITS  1u   /* the fewest there are */
#define DEVICE_MAX  32u
#define DEVICE(n)   ((uint64_t)(n) << 3) /* function 0 of it, as the bus says it */
#define PATIENCE    1000000u             /* looks at a register that must change */

/* What the service reads and writes. */
struct memory {
    uint64_t devices[TABLE_BYTES / 8];
    uint64_t collections[TABLE_BYTES / 8];
    uint64_t command[COMMANDS][COMMAND_WORDS];
    uint64_t itt[DEVICE_MAX][ITT_BYTES / 8];
};

_Static_assert(sizeof(struct memory) + TABLE_BYTES - 4096 <= MEMORY_BYTES, "wherever that lies");
_Static_assert(DEVICES <= DEVICE_MAX, "a table each");

struct self {
    volatile struct memory *memory;
    uint64_t address;  /* of it, for the service */
    uint32_t produced; /* index of the next command */
};

static void must(bool is_so)
{
    if (!is_so) {
        _exit(1);
    }
}

/* ---- registers and memory ---- */

static uint32_t control(struct self *self)
{
    return *(volatile uint32_t *)(regs(self) + ITS_CTLR);
}

/* What was written to memory before is seen by the service when it sees this. */
static void set_control(struct self *self, uint32_t value)
{
    comp_fence();
    *(volatile uint32_t *)(regs(self) + ITS_CTLR) = value;
}

static uint64_t reg(struct self *self, uint32_t at)
{
    return *(volatile uint64_t *)(regs(self) + at);
}

static void set(struct self *self, uint32_t at, uint64_t value)
{
    comp_fence();
    *(volatile uint64_t *)(regs(self) + at) = value;
}

static uint64_t address_of(struct self *self, const volatile void *part)
{
    return self->address +
           (uint64_t)((const volatile uint8_t *)part - (volatile uint8_t *)self->memory);
}

static void clear(volatile uint64_t *words, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes / 8; i++) {
        words[i] = 0;
    }
}

/* ---- commands, 5.3 ---- */

static void command(struct self *self, uint64_t word0, uint64_t word1, uint64_t word2)
{
    volatile uint64_t *to = self->memory->command[self->produced];

    to[0] = word0;
    to[1] = word1;
    to[2] = word2;
    to[3] = 0;
    self->produced = (self->produced + 1) % COMMANDS;
}

/* Until all commands are done, and their effects are seen by the redistributor. */
static void commands_go(struct self *self)
{
    uint64_t read, end;

    command(self, COMMAND_SYNC, 0, (uint64_t)PROCESSOR << 16);
    end = self->produced * 8ull * COMMAND_WORDS;
    set(self, ITS_CWRITER, end);
    for (uint32_t looks = 0; (read = reg(self, ITS_CREADR)) != end; looks++) {
        must(!(read & READ_STALLED) && looks < PATIENCE);
    }
}

/* ---- start ---- */

static void switch_off(struct self *self)
{
    set_control(self, 0);
    for (uint32_t looks = 0; !(control(self) & CTLR_QUIESCENT); looks++) {
        must(looks < PATIENCE);
    }
}

/* One empty page, of the size that the service wants, has room for so many entries. */
static void table_set(struct self *self, uint32_t at, volatile uint64_t *table, uint32_t entries)
{
    uint64_t own = reg(self, at) & BASER_ITS_OWN, base = address_of(self, table) | BASE_CACHED;
    uint32_t bytes;

    set(self, at, own | base);
    bytes = 4096u << 2 * BASER_PAGE(reg(self, at));
    must(bytes <= TABLE_BYTES && bytes / BASER_ENTRY(own) >= entries);
    clear(table, bytes);
    set(self, at, own | base | (reg(self, at) & 3ull << 8) | BASE_VALID);
}

static void tables_set(struct self *self)
{
    for (uint32_t i = 0; i < ITS_BASERS; i++) {
        uint32_t at = ITS_BASER + 8 * i, type = BASER_TYPE(reg(self, at));

        if (type == BASER_DEVICES) {
            table_set(self, at, self->memory->devices, DEVICE(DEVICES));
        } else if (type == BASER_COLLECTIONS) {
            table_set(self, at, self->memory->collections, 1);
        }
    }
    clear(self->memory->itt[0], sizeof self->memory->itt);
}

/* All lines of collection 0, which is the kernel's processor. */
static void map(struct self *self)
{
    command(self, COMMAND_MAPC, 0, COMMAND_VALID | (uint64_t)PROCESSOR << 16);
    for (uint32_t n = 1; n < DEVICES; n++) {
        uint64_t device = DEVICE(n) << 32;

        command(self, COMMAND_MAPD | device, EVENT_BITS - 1,
                COMMAND_VALID | address_of(self, self->memory->itt[n]));
        command(self, COMMAND_MAPTI | device, (uint64_t)(LINE + n) << 32, 0);
        command(self, COMMAND_INV | device, 0, 0);
        commands_go(self);
    }
}

static void make_good(struct self *self)
{
    for (uint32_t n = 1; n < DEVICES; n++) {
        command(self, COMMAND_INT | DEVICE(n) << 32, 0, 0);
    }
    commands_go(self);
}

static void init(struct self *self)
{
    uint64_t at = memory_address(self), address, has = reg(self, ITS_TYPER);

    must(at != 0);
    address = (at + TABLE_BYTES - 1) & ~(uint64_t)(TABLE_BYTES - 1);
    self->memory = (volatile struct memory *)(memory(self) + (address - at));
    self->address = address;
    must(has & TYPER_PHYSICAL && !(has & TYPER_TARGET_ADDRESS));
    must(TYPER_ITT_ENTRY(has) << EVENT_BITS <= ITT_BYTES);
    must(1ull << TYPER_DEVICE_BITS(has) >= DEVICE(DEVICES));
    switch_off(self);
    tables_set(self);
    set(self, ITS_CBASER, address_of(self, self->memory->command) | BASE_CACHED | BASE_VALID);
    set(self, ITS_CWRITER, 0);
    set_control(self, CTLR_ENABLED);
    map(self);
    make_good(self);
}
