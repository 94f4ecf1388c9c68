/* Tries to interrupt others. */
#include <stdio.h>
#include <unistd.h>

#include <comp/sleep.h>
#include <virtio/pci.h>
#include <virtio/queue.h>

#include "../../iommu_smmuv3/test/edu.h"
#include "MsiWild.h"

#define ENTRIES     4u
#define WAIT_NS     1000000u /* a request, or the device's access */
#define FAILURE_DMA 23u      /* servers/supervisor/region.h */

struct self {
    struct virtio device;
    struct virtq queue;
    uint64_t table, address; /* of messages */
    uint32_t driver;         /* domain */
    uint32_t own, others;    /* interrupts */
    bool has_failed;
};

static void check(struct self *self, const char *what, bool is_so)
{
    self->has_failed |= !is_so;
    printf("%s: %s\n", what, is_so ? "ok" : "FAILED");
}

static void must(bool is_so)
{
    if (!is_so) {
        printf("wild: FAILED to start\n");
        _exit(1);
    }
}

static void msi_handle(struct self *self)
{
    self->own++;
    msi_ack(self);
}

static void victim1_handle(struct self *self)
{
    self->others++;
    victim1_ack(self);
}

static void victim2_handle(struct self *self)
{
    self->others++;
    victim2_ack(self);
}

static void victim3_handle(struct self *self)
{
    self->others++;
    victim3_ack(self);
}

static void bus_changed_handle(struct self *self)
{
    (void)self;
}

static void start(struct self *self)
{
    const struct virtio_pci_bus pci = { self, bus_config, bus_bar, bus_messages };
    uint32_t data;

    self->device = virtio_pci_open(regs(self), REGS_BYTES, &pci);
    must(virtio_begin(&self->device, VIRTIO_ENTROPY, 0));
    must(bus_enable(self, true, true) == TESS_OK);
    must(virtq_open(&self->queue, &self->device, 0, ENTRIES, pool(self), pool_address(self)));
    virtio_go(&self->device);
    must(bus_messages(self, &self->table, &self->address, &data) == TESS_OK && data == 0);
    must(supervisor_find(self, "driver", &self->driver) == TESS_OK);
}

/* The device serves a request, and sends this word to the doorbell.  False: it did not serve it. */
static bool send(struct self *self, uint32_t data)
{
    const struct virtq_buffer room = { pool_address(self) + 4096, 16, true };
    struct virtq_done done;

    must(pci_message_set(regs(self), REGS_BYTES, self->table, self->address, data));
    must(virtq_add(&self->queue, &room, 1, 0) == VIRTQ_OK);
    virtq_notify(&self->queue);
    comp_sleep_until(tess_deadline_ns(WAIT_NS));
    return virtq_collect(&self->queue, &done) == VIRTQ_OK;
}

static void words_of_others(struct self *self)
{
    static const uint32_t wild[] = {
        1, 2, 8, 16, 24, 32, 40, 8192, 8194, 8197, 0xffff, UINT32_MAX
    };
    bool is_served = true;

    for (uint32_t i = 0; i < sizeof wild / sizeof *wild; i++) {
        is_served = send(self, wild[i]) && is_served;
    }
    check(self, "requests are served without their interrupt", is_served && self->own == 0);
    check(self, "words that are not its own interrupt nobody", self->others == 0);
}

/* The education device copies so many bytes, and is waited for. */
static void copy(struct self *self, bool to_memory, uint64_t address)
{
    must(puppet_go(self, to_memory, address) == TESS_OK);
    comp_sleep_until(tess_deadline_ns(EDU_MS * 1000000ull + 20000000));
}

/* It writes numbers to where messages go and around it, and to the page behind it. */
static void doorbell_pages(struct self *self)
{
    struct domain_info info = { 0 };
    uint64_t pool;

    must(puppet_pool(self, &pool) == TESS_OK);
    for (uint32_t value = 0; value < 2; value++) {
        (void)puppet_fill(self, 0, (uint8_t)value);
        copy(self, false, pool);
        copy(self, true, DOORBELL);
        copy(self, true, self->address);
    }
    (void)supervisor_domain(self, self->driver, &info);
    check(self, "words that are written there interrupt nobody",
          self->own == 0 && self->others == 0);
    check(self, "and is no fault", info.failures == 0);
    copy(self, true, DOORBELL + 4096);
    (void)supervisor_domain(self, self->driver, &info);
    check(self, "the page behind the doorbell is one",
          info.failures == 1 && info.why == FAILURE_DMA && info.detail[0] == DOORBELL + 4096);
}

static int run(struct self *self)
{
    start(self);
    comp_sleep_until(tess_deadline_ns(WAIT_NS));
    self->own = self->others = 0; /* each line is raised once when the service starts */
    check(self, "its own message interrupts it", send(self, 0) && self->own == 1);
    self->own = 0;
    words_of_others(self);
    doorbell_pages(self);
    check(self, "its own message interrupts it again", send(self, 0) && self->own == 1);
    check(self, "and nobody else", self->others == 0);
    printf("wild: %s\n", self->has_failed ? "FAILED" : "all ok");
    return 0;
}
