/* The guest's interrupt controllers on the build machine, under sanitizers: the distributor of a GICv2, and what a guest that means harm cannot do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gic.h"
#include "machine.h"
#include "state.h"

#define CPUS 3u
#define ON   1u /* GICD_CTLR */

enum { ITARGETSR = 0x800, SGIR = 0xf00, CPENDSGIR = 0xf10, SPENDSGIR = 0xf20, IROUTER = 0x6000 };

/* ---- the kernel ---- */

struct machine machine;
static struct state state_of_all;
struct state *state = &state_of_all;

static unsigned room[CPUS]; /* list registers that are free */
static unsigned taken[CPUS][IRQ_LINES];
static unsigned later[IRQ_LINES]; /* of those, which can wait */
static uint64_t priority_of[IRQ_LINES], timer[CPUS], sgis[CPUS];

struct tess_msg host_svc(unsigned number, uint64_t x0, uint64_t x1, uint64_t x2,
                         const struct tess_words *w)
{
    unsigned cpu = (unsigned)x0 - 1;
    uint64_t label = x1 >> TESS_TAG_LABEL_SHIFT;

    (void)number, (void)x2;
    assert_true(cpu < machine.cpus);
    if (label == TESS_LABEL_vcpu_write) {
        assert_true(w->w[0] == TESS_VCPU_vtimer || w->w[0] == TESS_VCPU_sgis);
        (w->w[0] == TESS_VCPU_vtimer ? timer : sgis)[cpu] = w->w[1];
        return (struct tess_msg){ .tag = 0 };
    }
    assert_int_equal(label, TESS_LABEL_vcpu_inject);
    assert_true(w->w[0] < IRQ_LINES && (w->w[1] & ~TESS_VCPU_LATER) <= 255);
    assert_true(state->gic.control != 0);
    if (!room[cpu]) {
        return (struct tess_msg){ .tag = TESS_TAG_ERROR | (uint64_t)TESS_AGAIN
                                                              << TESS_TAG_LABEL_SHIFT };
    }
    room[cpu]--;
    taken[cpu][w->w[0]]++;
    later[w->w[0]] += (w->w[1] & TESS_VCPU_LATER) != 0;
    priority_of[w->w[0]] = w->w[1] & ~TESS_VCPU_LATER;
    return (struct tess_msg){ .tag = 0 };
}

static void start(unsigned version, unsigned cpus)
{
    machine = (struct machine){ .gic = version, .cpus = cpus };
    for (unsigned i = 0; i < CPUS; i++) {
        machine.cpu[i] = (struct cpu){ .vcpu = 1 + i, .number = i };
        room[i] = 100;
    }
    memset(taken, 0, sizeof taken);
    memset(later, 0, sizeof later);
    memset(priority_of, 0, sizeof priority_of);
    memset(timer, 0, sizeof timer);
    memset(sgis, 0, sizeof sgis);
    gic_reset();
}

static int start_v2(void **fixture)
{
    (void)fixture;
    start(2, CPUS);
    return 0;
}

static void write4(unsigned cpu, uint64_t offset, uint32_t value)
{
    gicd_v2_write(cpu, offset, 4, value);
}

static unsigned all_taken(void)
{
    unsigned n = 0;

    for (unsigned i = 0; i < CPUS * IRQ_LINES; i++) {
        n += taken[i / IRQ_LINES][i % IRQ_LINES];
    }
    return n;
}

/* ---- the distributor of a GICv2 ---- */

static void test_who(void **fixture)
{
    (void)fixture;
    assert_int_equal(gicd_v2_read(0, GICD_TYPER), IRQ_LINES / 32 - 1 + ((CPUS - 1) << 5));
    assert_int_equal(gicd_v2_read(0, 0xfe8) >> 4, 2);
    assert_int_equal(gicd_v2_read(0, GICD_IGROUPR), 0);
    write4(0, GICD_IGROUPR, ~0u);
    assert_int_equal(gicd_v2_read(0, GICD_IGROUPR), 0);
    for (unsigned i = 0; i < CPUS; i++) { /* each CPU finds its own number there */
        assert_int_equal(gicd_v2_read(i, ITARGETSR), (1u << i) * 0x01010101u);
        assert_int_equal(gicd_v2_read(i, ITARGETSR + 31), 1u << i);
    }
    write4(0, GICD_CTLR, ~0u);
    assert_int_equal(gicd_v2_read(1, GICD_CTLR), ON);
}

static void test_sgi(void **fixture)
{
    (void)fixture;
    write4(0, SGIR, 2u << 16 | 5); /* off: it waits */
    assert_int_equal(gicd_v2_read(1, GICD_ISPENDR), 1u << 5);
    assert_int_equal(gicd_v2_read(0, GICD_ISPENDR), 0);
    for (unsigned i = 0; i < CPUS; i++) {
        write4(i, GICD_ISENABLER, 0xffff);
    }
    assert_int_equal(all_taken(), 0);
    write4(0, GICD_CTLR, ON);
    assert_int_equal(taken[1][5], 1);
    assert_int_equal(all_taken(), 1);
    write4(1, SGIR, 1u << 24 | 0xffu << 16 | 3); /* all others, whatever the list says */
    assert_int_equal(taken[0][3] + taken[2][3], 2);
    assert_int_equal(taken[1][3], 0);
    write4(2, SGIR, 2u << 24 | 4);
    assert_int_equal(taken[2][4], 1);
    write4(2, SGIR, 3u << 24 | 0xffu << 16 | 4); /* reserved */
    write4(0, SGIR, 0xf8u << 16 | 6);            /* nobody that there is */
    assert_int_equal(all_taken(), 4);
    write4(0, SGIR, 0xffu << 16 | 15);
    assert_int_equal(taken[0][15] + taken[1][15] + taken[2][15], 3);
}

static void test_sgi_pending(void **fixture)
{
    (void)fixture;
    gicd_v2_write(1, SPENDSGIR + 7, 1, 4);
    assert_int_equal(gicd_v2_read(1, SPENDSGIR + 4), 1u << 24);
    assert_int_equal(gicd_v2_read(1, CPENDSGIR + 7), 1);
    assert_int_equal(gicd_v2_read(0, CPENDSGIR + 7), 0);
    gicd_v2_write(1, CPENDSGIR + 4, 4, 0x00ffffff); /* the others */
    assert_int_equal(gicd_v2_read(1, GICD_ISPENDR), 1u << 7);
    gicd_v2_write(1, CPENDSGIR + 7, 1, 1);
    assert_int_equal(gicd_v2_read(1, GICD_ISPENDR), 0);
}

static void test_target(void **fixture)
{
    (void)fixture;
    write4(0, GICD_CTLR, ON);
    write4(0, GICD_ISENABLER + 4, ~0u);
    gicd_v2_write(0, ITARGETSR + 48, 4, 0xff060402); /* CPUs 1; 2; 1 and 2; all */
    assert_int_equal(gicd_v2_read(0, ITARGETSR + 48), 0x07060402);
    assert_int_equal(gicd_v2_read(0, ITARGETSR + 49), 0x070604);
    for (unsigned i = 48; i < 52; i++) {
        gic_fire(i);
    }
    assert_int_equal(taken[1][48] + taken[2][49] + taken[1][50] + taken[0][51], 4);
    assert_int_equal(all_taken(), 4);
    gicd_v2_write(0, ITARGETSR + 49, 1, 0); /* nobody: it waits */
    gic_fire(49);
    assert_int_equal(all_taken(), 4);
    assert_int_equal(gicd_v2_read(2, GICD_ISPENDR + 4), 1u << 17);
    gicd_v2_write(0, ITARGETSR + 49, 1, 1);
    assert_int_equal(taken[0][49], 1);        /* and is there when somebody is named */
    gicd_v2_write(0, ITARGETSR + 4, 1, 0xff); /* read-only */
    assert_int_equal(gicd_v2_read(2, ITARGETSR + 4), 0x04040404);
}

static void test_lines(void **fixture)
{
    (void)fixture;
    write4(0, GICD_CTLR, ON);
    gicd_v2_write(0, ITARGETSR + 33, 1, 1);
    gicd_v2_write(0, GICD_IPRIORITYR + 33, 1, 0xa8);
    assert_int_equal(gicd_v2_read(0, GICD_IPRIORITYR + 32), 0xa800);
    assert_int_equal(gicd_v2_read(0, GICD_IPRIORITYR + 33), 0xa8);
    gic_fire(33);
    assert_int_equal(all_taken(), 0); /* masked */
    room[0] = 0;
    write4(0, GICD_ISENABLER + 4, 2);
    assert_int_equal(gicd_v2_read(0, GICD_ISPENDR + 4), 2); /* no list register */
    room[0] = 1;
    gic_refill(0);
    assert_int_equal(taken[0][33], 1);
    assert_int_equal(priority_of[33], 0xa8);
    assert_int_equal(gicd_v2_read(0, GICD_ISPENDR + 4), 0);
    room[0] = 2;
    write4(0, GICD_ISENABLER + 4, 4);
    gicd_v2_write(0, ITARGETSR + 34, 1, 1);
    gic_fire_later(34);
    assert_int_equal(taken[0][34], 1);
    assert_int_equal(later[34], 1);
    gic_fire(34);
    assert_int_equal(later[34], 1);
    gic_fire(33);
    write4(0, GICD_ICPENDR + 4, 2); /* it is not wanted any more */
    room[0] = 1;
    gic_refill(0);
    assert_int_equal(all_taken(), 3);
    write4(0, GICD_ICENABLER + 4, 6);
    assert_int_equal(gicd_v2_read(0, GICD_ISENABLER + 4), 0);
    write4(0, GICD_ICFGR + 8, 0xa);
    assert_int_equal(gicd_v2_read(1, GICD_ICFGR + 8), 0xa);
    write4(1, GICD_ICFGR + 4, 0x2);
    assert_int_equal(gicd_v2_read(1, GICD_ICFGR + 4), 2);
    assert_int_equal(gicd_v2_read(0, GICD_ICFGR + 4), 0);
    gicd_v2_write(2, GICD_IPRIORITYR + 3, 1, 0x70); /* of its own lines */
    assert_int_equal(gicd_v2_read(2, GICD_IPRIORITYR), 0x70000000);
    assert_int_equal(gicd_v2_read(0, GICD_IPRIORITYR), 0);
}

static void test_timer(void **fixture)
{
    (void)fixture;
    write4(0, GICD_CTLR, ON);
    gicd_v2_write(1, GICD_IPRIORITYR + IRQ_VTIMER, 1, 0x80);
    write4(1, GICD_ISENABLER, 1u << IRQ_VTIMER);
    assert_true(timer[1] == (TESS_VCPU_VTIMER_ON | 0x80u << 16 | IRQ_VTIMER));
    assert_false(timer[0] & TESS_VCPU_VTIMER_ON);
    write4(0, GICD_CTLR, 0);
    assert_false(timer[1] & TESS_VCPU_VTIMER_ON);
}

/* Version 3: what no list register was free for goes to the CPU that is named meanwhile. */
static void test_route(void **fixture)
{
    (void)fixture;
    start(3, CPUS);
    room[0] = 0;
    gicd_write(GICD_CTLR, 4, 2);
    gicd_write(GICD_ISENABLER + 4, 4, ~0u);
    gic_fire(40);
    assert_int_equal(gicd_read(GICD_ISPENDR + 4), 1u << 8);
    gicd_write(IROUTER + 40 * 8, 8, 2);
    assert_int_equal(taken[2][40], 1);
    assert_int_equal(gicd_read(GICD_ISPENDR + 4), 0);
}

/* ---- anything ---- */

static uint64_t place(void)
{
    static const uint64_t bank[] = { 0,     0x80,  0x100, 0x180, 0x200, 0x280,  0x300, 0x380,
                                     0x400, 0x800, 0xc00, 0xf00, 0xf10, 0x6000, 0xffe0 };

    return bank[(unsigned)rand() % (sizeof bank / sizeof *bank)] + (unsigned)rand() % 160;
}

static void test_random(void **fixture)
{
    (void)fixture;
    srand(1);
    for (unsigned version = 2; version <= 3; version++) {
        start(version, CPUS - 1);
        for (unsigned n = 0; n < 1000000; n++) {
            unsigned cpu = (unsigned)rand() % machine.cpus, bytes = 1u << rand() % 4;
            uint64_t at = place() & -(uint64_t)bytes,
                     value = (uint64_t)rand() << 33 ^ (uint64_t)rand() << 8 ^ (unsigned)rand();

            room[cpu] = (unsigned)rand() % 4;
            switch (rand() % 6) {
            case 0:
                gic_fire((unsigned)rand() % 1100);
                break;
            case 1:
                gic_refill(cpu);
                break;
            case 2:
                version == 2 ? (void)gicd_v2_read(cpu, at)
                             : (void)(rand() % 2 ? gicd_read(at) : gicr_read(cpu, at + 0x10000));
                break;
            case 3:
                gic_sgi(cpu, value);
                break;
            default:
                if (version == 2) {
                    gicd_v2_write(cpu, at, bytes, value);
                } else if (rand() % 2) {
                    gicd_write(at, bytes, value);
                } else {
                    gicr_write(cpu, at + 0x10000, bytes, value);
                }
                break;
            }
        }
        assert_true(all_taken() > 1000);
    }
}

/* What the kernel may pass on by itself: enabled, of one priority, and only while the distributor is on. */
static void test_sgis_told(void **fixture)
{
    (void)fixture;
    write4(1, GICD_ISENABLER, 0x8000ffff);
    assert_int_equal(sgis[1], 0);
    write4(0, GICD_CTLR, ON);
    assert_int_equal(sgis[1], 0xffff);
    assert_int_equal(sgis[0], 0);
    for (unsigned i = 0; i < 16; i += 4) {
        write4(1, GICD_IPRIORITYR + i, 0xa0a0a0a0);
    }
    assert_int_equal(sgis[1], 0xa0 << 16 | 0xffff);
    write4(1, GICD_IPRIORITYR + 4, 0xa0a040a0); /* the fifth has another */
    assert_int_equal(sgis[1], 0xa0 << 16 | 0xffdf);
    write4(1, GICD_ICENABLER, 0x3);
    assert_int_equal(sgis[1], 0xa0 << 16 | 0xffdc);
    write4(0, GICD_CTLR, 0);
    assert_int_equal(sgis[1], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_who, start_v2),
        cmocka_unit_test_setup(test_sgi, start_v2),
        cmocka_unit_test_setup(test_sgi_pending, start_v2),
        cmocka_unit_test_setup(test_target, start_v2),
        cmocka_unit_test_setup(test_lines, start_v2),
        cmocka_unit_test_setup(test_timer, start_v2),
        cmocka_unit_test_setup(test_sgis_told, start_v2),
        cmocka_unit_test(test_route),
        cmocka_unit_test(test_random),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
