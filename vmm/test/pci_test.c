/* The configuration space of a guest's own device, on the build machine: what the guest finds, and what it cannot do with it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "host.h"
#include "pci.h"

#define MEMORY 2u
#define MASTER 4u
#define QUIET  0x400u
#define BAR(n) (0x10u + 4u * (n))
#define AWAY   UINT64_MAX

static const struct host_device device = {
    .id = 0x00101b36,
    .class = 0x01080202,
    .subsystem = 0x11001af4,
    .bar = { [0] = { 0, 0x4000 }, [2] = { 0x20000, 0x20000 }, [5] = { 0x4000, 16 } },
};

static unsigned fired, enabled, resets;
static bool has_memory, has_master;

void gic_fire(unsigned intid)
{
    assert_int_equal(intid, IRQ_PCI);
    fired++;
}

void host_device_enable(bool memory, bool master)
{
    enabled++;
    has_memory = memory;
    has_master = master;
}

void host_device_reset(void)
{
    resets++;
    has_memory = has_master = false;
}

static int start(void **state)
{
    (void)state;
    pci_make(&device);
    pci_reset();
    fired = enabled = resets = 0;
    has_memory = has_master = false;
    return 0;
}

static void test_header(void **state)
{
    (void)state;
    assert_true(pci_is_there());
    assert_int_equal(pci_read(0, 4), device.id);
    assert_int_equal(pci_read(0, 2) & 0xffff, 0x1b36);
    assert_int_equal(pci_read(2, 2) & 0xffff, 0x0010);
    assert_int_equal(pci_read(8, 4), device.class);
    assert_int_equal(pci_read(11, 1) & 0xff, 1);
    assert_int_equal(pci_read(0x2c, 4), device.subsystem);
    assert_int_equal(pci_read(0xc, 4), 0);        /* header 0, one function */
    assert_int_equal(pci_read(6, 2) & 0xffff, 0); /* no capabilities */
    assert_int_equal(pci_read(0x34, 1) & 0xff, 0);
    assert_int_equal(pci_read(0x3d, 1) & 0xff, 1); /* INTA */
    pci_write(0x3c, 1, 40);
    assert_int_equal(pci_read(0x3c, 4), 0x128);
    pci_write(0, 4, 0);
    pci_write(8, 4, 0);
    assert_int_equal(pci_read(0, 4), device.id);
    assert_int_equal(pci_read(8, 4), device.class);
    /* nothing else is on the bus, and nothing behind the space of a conventional function */
    assert_true(pci_read(0x100, 4) == AWAY && pci_read(0x1000, 4) == AWAY);
    assert_true(pci_read(0x8000, 4) == AWAY && pci_read(PCI_BYTES - 4, 4) == AWAY);
    assert_true(pci_read(0, 8) == AWAY && pci_read(1, 2) == AWAY && pci_read(2, 4) == AWAY);
}

static void test_bars(void **state)
{
    (void)state;
    for (unsigned n = 0; n < HOST_BARS; n++) {
        const struct host_bar *b = &device.bar[n];
        uint32_t at = b->bytes ? (uint32_t)PCI_WINDOW_AT + b->offset : 0;

        assert_int_equal(pci_read(BAR(n), 4), at);
        pci_write(BAR(n), 4, UINT32_MAX);
        assert_int_equal(pci_read(BAR(n), 4), b->bytes ? -b->bytes : 0);
        pci_write(BAR(n), 4, 0x40000000);
        assert_int_equal(pci_read(BAR(n), 4), at); /* it cannot be moved */
    }
    assert_int_equal(enabled, 0);
}

static void test_command(void **state)
{
    (void)state;
    pci_write(4, 2, MEMORY);
    assert_true(enabled == 1 && has_memory && !has_master);
    pci_write(4, 1, MEMORY | MASTER);
    assert_true(enabled == 2 && has_memory && has_master);
    pci_write(5, 1, QUIET >> 8);
    assert_int_equal(pci_read(4, 4), MEMORY | MASTER | QUIET);
    pci_write(4, 4, 0xfffffbff); /* all other bits are not there */
    assert_int_equal(pci_read(4, 4), MEMORY | MASTER);
    assert_int_equal(enabled, 2);
    pci_write(4, 4, 0);
    assert_true(enabled == 3 && !has_memory && !has_master);
}

static void test_interrupt(void **state)
{
    (void)state;
    pci_fires();
    assert_int_equal(fired, 1);
    pci_write(4, 2, QUIET);
    pci_fires();
    assert_int_equal(fired, 1);
    pci_write(4, 2, 0);
    assert_int_equal(fired, 2);
    pci_write(4, 2, QUIET);
    pci_write(4, 2, 0);
    assert_int_equal(fired, 2);
}

static void test_reset(void **state)
{
    (void)state;
    pci_reset();
    assert_int_equal(resets, 0); /* nobody has told it anything */
    pci_write(4, 2, MEMORY | MASTER | QUIET);
    pci_write(BAR(0), 4, UINT32_MAX);
    pci_fires();
    pci_reset();
    assert_true(resets == 1 && !has_memory && !has_master);
    assert_int_equal(pci_read(4, 4), 0);
    assert_int_equal(pci_read(BAR(0), 4), PCI_WINDOW_AT);
    pci_write(4, 2, QUIET);
    pci_write(4, 2, 0);
    assert_int_equal(fired, 0);
}

static void test_random(void **state)
{
    (void)state;
    srand(5);
    for (unsigned round = 0; round < 300000; round++) {
        uint64_t at = rand() % 4 ? (uint64_t)rand() % 0x48 : (uint64_t)rand() % PCI_BYTES;
        unsigned bytes = 1u << rand() % 4, n = (unsigned)rand() % HOST_BARS;
        uint32_t bar = (uint32_t)pci_read(BAR(n), 4), was = enabled;
        const struct host_bar *b = &device.bar[n];

        pci_write(at, bytes, rand() % 8 ? (uint64_t)rand() << rand() % 40 : UINT64_MAX);
        (void)pci_read((uint64_t)rand() % PCI_BYTES, 1u << rand() % 4);
        assert_true(b->bytes ? bar == PCI_WINDOW_AT + b->offset || bar == -b->bytes : bar == 0);
        assert_int_equal(pci_read(0, 4), device.id);
        assert_int_equal(pci_read(4, 4) & ~(MEMORY | MASTER | QUIET), 0);
        assert_true(enabled == was || at - 4 < 4);
        assert_true(has_memory == !!(pci_read(4, 4) & MEMORY));
        assert_true(has_master == !!(pci_read(4, 4) & MASTER));
        if (rand() % 64 == 0) {
            pci_fires();
        }
    }
    assert_int_equal(resets, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_header, start),  cmocka_unit_test_setup(test_bars, start),
        cmocka_unit_test_setup(test_command, start), cmocka_unit_test_setup(test_interrupt, start),
        cmocka_unit_test_setup(test_reset, start),   cmocka_unit_test_setup(test_random, start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
