/*
 * The registers of a virtio device on PCI with a configuration space of the test: one that keeps to the specification, ones that do
 * not, and random ones.  The function's memory has its exact size, so that the address sanitizer sees what lies outside.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <virtio/pci.h>
#include <virtio/queue.h>

enum { REGS = 0x8000, BAR = 0x4000, BAR_SIZE = 0x4000, BARS = 6, SPACES = 200000 };

struct self {
    uint32_t config[64];
    uint64_t bar_offset[BARS], bar_bytes[BARS];
    uint32_t reads;
    uint64_t table; /* of messages */
    bool is_away;   /* the bus */
};

static struct self fake;
static uint8_t *memory;

static enum tess_err fake_config(struct self *self, uint32_t offset, uint32_t *value)
{
    self->reads++;
    if (self->is_away) {
        return TESS_GONE;
    }
    if (offset % 4 || offset >= sizeof self->config) {
        return TESS_ARG;
    }
    *value = self->config[offset / 4];
    return TESS_OK;
}

static enum tess_err fake_bar(struct self *self, uint32_t number, uint64_t *offset, uint64_t *bytes)
{
    if (number >= BARS || self->bar_bytes[number] == 0) {
        return TESS_ARG;
    }
    *offset = self->bar_offset[number];
    *bytes = self->bar_bytes[number];
    return TESS_OK;
}

static enum tess_err fake_messages(struct self *self, uint64_t *table, uint64_t *address,
                                   uint32_t *data)
{
    *table = self->table;
    *address = 0x1234567890;
    *data = 5;
    return self->is_away ? TESS_GONE : TESS_OK;
}

static const struct virtio_pci_bus bus = { &fake, fake_config, fake_bar, NULL };
static const struct virtio_pci_bus message_bus = { &fake, fake_config, fake_bar, fake_messages };

/* A capability of so many words. */
static void put(uint32_t at, uint32_t next, uint32_t type, uint32_t offset, uint32_t bytes,
                uint32_t multiplier)
{
    fake.config[at / 4] = VIRTIO_PCI_CAPABILITY | next << 8 | 20u << 16 | type << 24;
    fake.config[at / 4 + 1] = 4; /* the register */
    fake.config[at / 4 + 2] = offset;
    fake.config[at / 4 + 3] = bytes;
    fake.config[at / 4 + 4] = multiplier;
}

static void put_device(void)
{
    memset(&fake, 0, sizeof fake);
    memset(memory, 0, REGS);
    fake.config[0] = VIRTIO_PCI_VENDOR | (VIRTIO_PCI_DEVICE + VIRTIO_BLOCK) << 16;
    fake.config[0x34 / 4] = 0x40;
    put(0x40, 0x54, VIRTIO_PCI_COMMON, 0, 0x1000, 0);
    put(0x54, 0x68, VIRTIO_PCI_INTERRUPT, 0x1000, 0x1000, 0);
    put(0x68, 0x7c, VIRTIO_PCI_CONFIG, 0x2000, 0x40, 0);
    put(0x7c, 0, VIRTIO_PCI_NOTIFY, 0x3000, 0x1000, 4);
    fake.bar_offset[4] = BAR;
    fake.bar_bytes[4] = BAR_SIZE;
}

static void a_message_is_entered_and_chosen(void **state)
{
    struct virtio v;
    uint32_t *entry = (uint32_t *)(memory + 0x100);

    (void)state;
    put_device();
    fake.table = 0x100;
    entry[3] = 1;
    v = virtio_pci_open(memory, REGS, &message_bus);
    assert_int_equal(v.transport->device(&v), VIRTIO_BLOCK);
    assert_int_equal(entry[0], 0x34567890);
    assert_int_equal(entry[1], 0x12);
    assert_int_equal(entry[2], 5);
    assert_int_equal(entry[3], 0);
    *(uint16_t *)(memory + BAR + VIRTIO_PCI_QUEUE_MESSAGE) = 0xffff;
    *(uint16_t *)(memory + BAR + VIRTIO_PCI_CONFIG_MESSAGE) = 0xffff;
    v.transport->set_queue(&v, 0, 4, 0, 0, 0);
    assert_int_equal(*(uint16_t *)(memory + BAR + VIRTIO_PCI_QUEUE_MESSAGE), 0);
    assert_int_equal(*(uint16_t *)(memory + BAR + VIRTIO_PCI_CONFIG_MESSAGE), 0);
    memory[BAR + 0x1000] = VIRTIO_INTERRUPT_CONFIG; /* a queue says nothing there */
    assert_int_equal(v.transport->interrupt(&v), VIRTIO_INTERRUPT_CONFIG | VIRTIO_INTERRUPT_QUEUE);
}

static void a_table_of_messages_that_is_outside_is_refused(void **state)
{
    const uint64_t outside[] = { REGS, REGS - 12, REGS - 15, 2, UINT64_MAX - 3 };
    struct virtio v;

    (void)state;
    put_device();
    for (uint32_t i = 0; i < sizeof outside / sizeof *outside; i++) {
        fake.table = outside[i];
        v = virtio_pci_open(memory, REGS, &message_bus);
        assert_int_equal(v.transport->device(&v), 0);
    }
    fake.table = REGS - 16;
    v = virtio_pci_open(memory, REGS, &message_bus);
    assert_int_equal(v.transport->device(&v), VIRTIO_BLOCK);
}

static bool is_refused(void)
{
    struct virtio v = virtio_pci_open(memory, REGS, &bus);

    return v.transport->device(&v) == 0 && !virtio_begin(&v, VIRTIO_BLOCK, 0);
}

static void a_device_is_found_where_it_says(void **state)
{
    struct virtio v;

    (void)state;
    put_device();
    v = virtio_pci_open(memory, REGS, &bus);
    assert_int_equal(v.transport->device(&v), VIRTIO_BLOCK);
    v.transport->set_status(&v, 0x0f);
    assert_int_equal(memory[BAR + VIRTIO_PCI_STATUS], 0x0f);
    memory[BAR + 0x1000] = VIRTIO_INTERRUPT_QUEUE;
    assert_int_equal(v.transport->interrupt(&v), VIRTIO_INTERRUPT_QUEUE);
    memory[BAR + 0x2000 + 0x3c] = 7;
    assert_int_equal(v.transport->config(&v, 0x3c), 7);
    assert_int_equal(v.transport->config(&v, 0x40), 0);
    assert_int_equal(v.transport->config(&v, UINT32_MAX - 3), 0);
}

static void a_queue_is_notified_where_it_says(void **state)
{
    struct virtio v;

    (void)state;
    put_device();
    v = virtio_pci_open(memory, REGS, &bus);
    memory[BAR + VIRTIO_PCI_QUEUE_SIZE + 1] = 1; /* 256 */
    memory[BAR + VIRTIO_PCI_QUEUE_NOTIFY] = 5;
    assert_int_equal(v.transport->queue_max(&v, 3), 256);
    assert_int_equal(v.transport->queue_max(&v, VIRTIO_QUEUES), 0);
    v.transport->set_queue(&v, 3, 128, 0x123450000, 0x123460000, 0x123470000);
    assert_int_equal(*(uint64_t *)(memory + BAR + VIRTIO_PCI_AVAILABLE), 0x123460000);
    assert_int_equal(memory[BAR + VIRTIO_PCI_QUEUE_ENABLE], 1);
    assert_int_equal(v.transport->queue_max(&v, 3), 0); /* in use */
    v.transport->notify(&v, 3);
    assert_int_equal(memory[BAR + 0x3000 + 20], 3);
    memory[BAR + VIRTIO_PCI_QUEUE_ENABLE] = 0;
    memory[BAR + VIRTIO_PCI_QUEUE_NOTIFY + 1] = 4; /* times 4: behind the end */
    assert_int_equal(v.transport->queue_max(&v, 3), 0);
}

static void what_is_no_device_is_refused(void **state)
{
    (void)state;
    put_device();
    fake.is_away = true;
    assert_true(is_refused());
    put_device();
    fake.config[0] = UINT32_MAX; /* it has gone */
    assert_true(is_refused());
    fake.config[0] = VIRTIO_PCI_VENDOR | 0x1001u << 16; /* an old one */
    assert_true(is_refused());
    put_device();
    fake.bar_bytes[4] = 0;
    assert_true(is_refused());
}

static void a_list_without_end_ends(void **state)
{
    (void)state;
    put_device();
    put(0x54, 0x40, VIRTIO_PCI_INTERRUPT, 0x1000, 0x1000, 0);
    assert_true(is_refused());
    assert_in_range(fake.reads, 1, 500);
}

static void registers_that_are_outside_are_refused(void **state)
{
    static const struct {
        uint32_t offset, bytes;
    } wrong[] = { { BAR_SIZE, 0x38 },       { BAR_SIZE - 0x34, 0x38 },
                  { 0, BAR_SIZE + 1 },      { 0, UINT32_MAX },
                  { UINT32_MAX - 3, 0x38 }, { 2, 0x38 },
                  { 0xfffffff0, 0x1000 },   { 0, 0x37 } };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        put_device();
        put(0x40, 0x54, VIRTIO_PCI_COMMON, wrong[i].offset, wrong[i].bytes, 0);
        assert_true(is_refused());
    }
    put_device();
    fake.bar_bytes[4] = REGS; /* the bus is wrong */
    assert_true(is_refused());
    put_device();
    fake.bar_offset[4] = UINT64_MAX - 3;
    assert_true(is_refused());
}

/* What may be in a device's own words. */
static uint32_t random_word(void)
{
    static const uint32_t likely[] = { 0, 4, 0x38, 0x1000, 0x3fff, 0x4000, 0x7fff, UINT32_MAX };
    uint32_t r = (uint32_t)random();

    return r % 4 ? likely[r / 4 % 8] : r;
}

static void use(struct virtio *v)
{
    for (uint32_t i = 0; i < REGS / 16; i++) {
        memory[(uint32_t)random() % REGS] = (uint8_t)random();
    }
    for (uint32_t queue = 0; queue < VIRTIO_QUEUES; queue++) {
        if (v->transport->queue_max(v, queue)) {
            v->transport->set_queue(v, queue, 2, 0, 32, 64);
            v->transport->notify(v, queue);
        }
    }
    (void)v->transport->features(v, 1);
    (void)v->transport->interrupt(v);
    (void)v->transport->generation(v);
    (void)v->transport->config(v, (uint32_t)random() & ~3u);
}

static void a_random_space_is_refused_or_harmless(void **state)
{
    uint32_t opened = 0;

    (void)state;
    srandom(1);
    for (uint32_t i = 0; i < SPACES; i++) {
        struct virtio v;

        put_device();
        for (uint32_t k = (uint32_t)random() % 6; k > 0; k--) {
            uint32_t at = 0x40 + 20 * ((uint32_t)random() % 4);

            fake.config[at / 4 + 1 + (uint32_t)random() % 4] = random_word();
        }
        fake.bar_offset[4] = random_word();
        fake.bar_bytes[4] = random_word();
        v = virtio_pci_open(memory, REGS, &bus);
        if (v.device) {
            opened++;
            use(&v);
        }
    }
    assert_in_range(opened, SPACES / 100, SPACES - SPACES / 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_entered_and_chosen),
        cmocka_unit_test(a_table_of_messages_that_is_outside_is_refused),
        cmocka_unit_test(a_device_is_found_where_it_says),
        cmocka_unit_test(a_queue_is_notified_where_it_says),
        cmocka_unit_test(what_is_no_device_is_refused),
        cmocka_unit_test(a_list_without_end_ends),
        cmocka_unit_test(registers_that_are_outside_are_refused),
        cmocka_unit_test(a_random_space_is_refused_or_harmless),
    };
    int failed;

    memory = malloc(REGS);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(memory);
    return failed;
}
