/* Takes pieces from the pool, and turns their addresses into those that a device would be told. */
#include "Client.h"
#include "../must.h"

struct piece {
    volatile uint8_t *at;
    uint64_t address; /* for a device */
};

struct self {
    uint32_t used;    /* bytes of the pool, from its beginning */
    uint64_t address; /* of the pool, for a device */
};

/* alignment: a power of two.  A piece without memory is at NULL. */
static struct piece take(struct self *self, uint32_t bytes, uint32_t alignment)
{
    uint32_t at = (self->used + alignment - 1) & ~(alignment - 1);

    if (at > POOL_BYTES || bytes > POOL_BYTES - at) {
        return (struct piece){ 0 };
    }
    self->used = at + bytes;
    return (struct piece){ pool(self) + at, self->address + at };
}

static void give_all_back(struct self *self)
{
    self->used = 0;
}

static void try_pages(struct self *self)
{
    printf("Allocating some DMA pages...\n");
    for (unsigned i = 0; i < 100; i++) {
        struct piece p = take(self, 4096, 4096);

        expect(p.at && p.address % 4096 == 0 && p.address == self->address + i * 4096);
        p.at[i * 13] = (uint8_t)i;
    }
    printf("Freeing them...\n");
    give_all_back(self);
}

static void try_alignments(struct self *self)
{
    printf("Allocating with different alignment requirements...\n");
    for (uint32_t alignment = 1; alignment <= 1u << 13; alignment *= 2) {
        struct piece p = take(self, 0x1000, alignment);

        expect(p.at && (uintptr_t)p.at % alignment == 0);
        printf(" Allocating 0x1000 with alignment %u... offset %u\n", (unsigned)alignment,
               (unsigned)(p.address - self->address));
    }
    give_all_back(self);
}

static int run(struct self *self)
{
    printf("Starting client...\n");
    self->address = pool_address(self);
    expect(self->address != 0);
    try_pages(self);
    try_alignments(self);
    printf("Allocating 4MB...\n");
    expect(take(self, POOL_BYTES, 4096).at && !take(self, 1, 1).at);
    printf("Succeeded\n");
    printf("Done.\n");
    return 0;
}
