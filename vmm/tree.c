/* The device tree that a guest gets: what there is and nothing else (Linux, Documentation/devicetree/bindings). */
#include <libfdt.h>
#include <stdio.h>

#include "machine.h"
#include "pci.h"
#include "virtio_device.h"

#define PHANDLE_GIC   1u
#define PHANDLE_CLOCK 2u
#define SPI           0u
#define PPI           1u
#define EDGE          1u
#define LEVEL         4u
#define PCI_MEMORY_32 0x02000000u

/* Every step returns an error of libfdt; the first one stays. */
static int err;

#define DO(call)                                                                                   \
    do {                                                                                           \
        if (!err) {                                                                                \
            err = (call);                                                                          \
        }                                                                                          \
    } while (0)

static void cells(void *tree, const char *name, const uint32_t *value, unsigned count)
{
    fdt32_t cell[32];

    for (unsigned i = 0; i < count; i++) {
        cell[i] = cpu_to_fdt32(value[i]);
    }
    DO(fdt_property(tree, name, cell, (int)(count * sizeof *cell)));
}

#define CELLS(tree, name, ...)                                                                     \
    cells(tree, name, (const uint32_t[]){ __VA_ARGS__ },                                           \
          sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t))
#define WIDE(value) (uint32_t)((value) >> 32), (uint32_t)(value)

static void node(void *tree, const char *name, const char *compatible)
{
    DO(fdt_begin_node(tree, name));
    if (compatible) {
        DO(fdt_property_string(tree, "compatible", compatible));
    }
}

static void node_at(void *tree, const char *name, uint64_t at, const char *compatible)
{
    char full[32];

    (void)snprintf(full, sizeof full, "%s@%lx", name, (unsigned long)at);
    node(tree, full, compatible);
}

static void cpus(void *tree)
{
    node(tree, "cpus", NULL);
    CELLS(tree, "#address-cells", 1);
    CELLS(tree, "#size-cells", 0);
    for (unsigned i = 0; i < machine.cpus; i++) {
        node_at(tree, "cpu", i, "arm,armv8");
        DO(fdt_property_string(tree, "device_type", "cpu"));
        CELLS(tree, "reg", i);
        DO(fdt_property_string(tree, "enable-method", "psci"));
        DO(fdt_end_node(tree));
    }
    DO(fdt_end_node(tree));
}

/* The registers stay where they are: linux,pci-probe-only. */
static void pci_bus(void *tree)
{
    node_at(tree, "pcie", PCI_AT, "pci-host-ecam-generic");
    DO(fdt_property_string(tree, "device_type", "pci"));
    CELLS(tree, "#address-cells", 3);
    CELLS(tree, "#size-cells", 2);
    CELLS(tree, "#interrupt-cells", 1);
    CELLS(tree, "bus-range", 0, 0);
    CELLS(tree, "reg", WIDE(PCI_AT), WIDE(PCI_BYTES));
    CELLS(tree, "ranges", PCI_MEMORY_32, WIDE(PCI_WINDOW_AT), WIDE(PCI_WINDOW_AT),
          WIDE(PCI_WINDOW_BYTES));
    CELLS(tree, "interrupt-map-mask", 0, 0, 0, 7);
    CELLS(tree, "interrupt-map", 0, 0, 0, 1, PHANDLE_GIC, SPI, IRQ_PCI - 32, LEVEL);
    DO(fdt_property(tree, "dma-coherent", NULL, 0));
    DO(fdt_end_node(tree));
}

static void devices(void *tree)
{
    static const char clocks[] = "uartclk\0apb_pclk", primecell[] = "arm,pl011\0arm,primecell";
    static const char rtc[] = "arm,pl031\0arm,primecell";

    node_at(tree, "intc", GICD_AT, machine.gic == 2 ? "arm,cortex-a15-gic" : "arm,gic-v3");
    CELLS(tree, "#interrupt-cells", 3);
    DO(fdt_property(tree, "interrupt-controller", NULL, 0));
    if (machine.gic == 2) {
        CELLS(tree, "reg", WIDE(GICD_AT), 0, 0x1000, WIDE(GICC_AT), 0, (uint32_t)GICC_BYTES);
    } else {
        CELLS(tree, "reg", WIDE(GICD_AT), 0, 0x10000, WIDE(GICR_AT), 0,
              (uint32_t)(GICR_BYTES * machine.cpus));
    }
    CELLS(tree, "phandle", PHANDLE_GIC);
    DO(fdt_end_node(tree));

    node(tree, "timer", "arm,armv8-timer");
    CELLS(tree, "interrupts", PPI, 13, LEVEL, PPI, 14, LEVEL, PPI, IRQ_VTIMER - 16, LEVEL, PPI, 10,
          LEVEL);
    DO(fdt_property(tree, "always-on", NULL, 0));
    DO(fdt_end_node(tree));

    node(tree, "clock", "fixed-clock");
    CELLS(tree, "#clock-cells", 0);
    CELLS(tree, "clock-frequency", 24000000);
    CELLS(tree, "phandle", PHANDLE_CLOCK);
    DO(fdt_end_node(tree));

    node_at(tree, "uart", UART_AT, NULL);
    DO(fdt_property(tree, "compatible", primecell, sizeof primecell));
    CELLS(tree, "reg", WIDE(UART_AT), 0, 0x1000);
    CELLS(tree, "interrupts", SPI, IRQ_UART - 32, EDGE);
    CELLS(tree, "clocks", PHANDLE_CLOCK, PHANDLE_CLOCK);
    DO(fdt_property(tree, "clock-names", clocks, sizeof clocks));
    DO(fdt_end_node(tree));

    node_at(tree, "rtc", RTC_AT, NULL);
    DO(fdt_property(tree, "compatible", rtc, sizeof rtc));
    CELLS(tree, "reg", WIDE(RTC_AT), 0, 0x1000);
    CELLS(tree, "clocks", PHANDLE_CLOCK);
    DO(fdt_property_string(tree, "clock-names", "apb_pclk"));
    DO(fdt_end_node(tree));

    node_at(tree, "watchdog", WATCHDOG_AT, "arm,sbsa-gwdt");
    CELLS(tree, "reg", WIDE(WATCHDOG_AT), 0, 0x1000, WIDE(WATCHDOG_AT + 0x1000), 0, 0x1000);
    CELLS(tree, "interrupts", SPI, IRQ_WATCHDOG - 32, EDGE);
    DO(fdt_end_node(tree));

    for (unsigned i = 0; i < vdevice_count(); i++) {
        node_at(tree, "virtio", VIRTIO_AT + i * VIRTIO_BYTES, "virtio,mmio");
        CELLS(tree, "reg", WIDE(VIRTIO_AT + i * VIRTIO_BYTES), 0, 0x200);
        CELLS(tree, "interrupts", SPI, IRQ_VIRTIO + i - 32, EDGE);
        DO(fdt_property(tree, "dma-coherent", NULL, 0));
        DO(fdt_end_node(tree));
    }
}

uint64_t tree_make(void *to, uint64_t room, const char *command, uint64_t initrd,
                   uint64_t initrd_end, uint64_t seed)
{
    /* /chosen/rng-seed: without it Linux 6.1 does without its per-CPU random state for long (Documentation/devicetree/bindings/chosen) */
    uint64_t numbers[8];

    for (unsigned i = 0; i < 8; i++) { /* splitmix64 */
        uint64_t z = seed += 0x9e3779b97f4a7c15ull;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
        z = (z ^ z >> 27) * 0x94d049bb133111ebull;
        numbers[i] = z ^ z >> 31;
    }
    err = 0;
    DO(fdt_create(to, (int)room));
    DO(fdt_finish_reservemap(to));
    node(to, "", "linux,dummy-virt");
    CELLS(to, "#address-cells", 2);
    CELLS(to, "#size-cells", 2);
    CELLS(to, "interrupt-parent", PHANDLE_GIC);
    DO(fdt_property_string(to, "model", "Tessera guest"));

    node(to, "chosen", NULL);
    DO(fdt_property_string(to, "bootargs", command));
    DO(fdt_property_string(to, "stdout-path", "/uart@9000000"));
    DO(fdt_property(to, "rng-seed", numbers, sizeof numbers));
    DO(fdt_property(to, "kaslr-seed", numbers, 8));
    if (initrd_end > initrd) {
        CELLS(to, "linux,initrd-start", WIDE(initrd));
        CELLS(to, "linux,initrd-end", WIDE(initrd_end));
    }
    if (pci_is_there()) {
        CELLS(to, "linux,pci-probe-only", 1);
    }
    DO(fdt_end_node(to));

    node_at(to, "memory", RAM_AT, NULL);
    DO(fdt_property_string(to, "device_type", "memory"));
    CELLS(to, "reg", WIDE(RAM_AT), WIDE(machine.ram_bytes));
    DO(fdt_end_node(to));

    node(to, "psci", "arm,psci-1.0");
    DO(fdt_property_string(to, "method", "hvc"));
    DO(fdt_end_node(to));

    cpus(to);
    devices(to);
    if (pci_is_there()) {
        pci_bus(to);
    }
    DO(fdt_end_node(to));
    DO(fdt_finish(to));
    return err ? 0 : fdt_totalsize(to);
}
