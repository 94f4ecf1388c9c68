/* The virtio devices of the monitor on the build machine, under sanitizers: what they do, and what a guest that means harm cannot make them do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <virtio/mmio.h>

#include "board.h"
#include "host.h"
#include "packets.h"
#include "state.h"

#include <vsock/packet.h>

#define RAM_BYTES (1u << 20)
#define RINGS     (RAM_AT + 0x10000)
#define DISK      (1u << 20)

/* ---- the board and the component around it ---- */

static struct state state_of_all;
struct state *state = &state_of_all;

static uint8_t ram[RAM_BYTES] __attribute__((aligned(4096))), buffer[1u << 20], disk[DISK],
    frame[8][2048];
static unsigned fired[128], fired_later[128];
static struct {
    bool is_used;
    enum host_disk what;
    uint64_t sector, place;
    uint32_t sectors;
} asked[16];
static char printed[256];
static size_t printed_bytes;

void *guest_memory(uint64_t address, uint64_t bytes)
{
    uint64_t offset = address - RAM_AT;

    return address < RAM_AT || offset >= RAM_BYTES || bytes > RAM_BYTES - offset ? NULL
                                                                                 : ram + offset;
}

static uint32_t page[DEVICES_MAX][VIRTIO_BYTES / 4];

uint32_t *device_page(unsigned n)
{
    assert_true(n < DEVICES_MAX);
    return page[n];
}

void written_back(const void *at, uint64_t bytes)
{
    (void)at, (void)bytes;
}

void gic_fire(unsigned intid)
{
    assert_true(intid < 128);
    fired[intid]++;
}

void gic_fire_later(unsigned intid)
{
    assert_true(intid < 128);
    fired_later[intid]++;
}

void host_console(const uint8_t *text, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++) {
        printed[printed_bytes++ % sizeof printed] = (char)text[i];
    }
}

uint8_t *host_disk_buffer(uint64_t *bytes)
{
    *bytes = sizeof buffer;
    return buffer;
}

uint64_t host_disk_sectors(void)
{
    return DISK / HOST_SECTOR;
}

bool host_disk_start(uint64_t cookie, enum host_disk what, uint64_t sector, uint32_t sectors,
                     uint64_t place)
{
    assert_true(cookie < 16 && !asked[cookie].is_used);
    assert_true(sector <= DISK / HOST_SECTOR && sectors <= DISK / HOST_SECTOR - sector);
    assert_true(place + (uint64_t)sectors * HOST_SECTOR <= sizeof buffer);
    if (rand() % 8 == 0) {
        return false;
    }
    asked[cookie].is_used = true;
    asked[cookie].what = what;
    asked[cookie].sector = sector;
    asked[cookie].sectors = sectors;
    asked[cookie].place = place;
    return true;
}

static void disk_works(void)
{
    for (unsigned i = 0; i < 16; i++) {
        uint32_t bytes = asked[i].sectors * HOST_SECTOR;

        if (!asked[i].is_used) {
            continue;
        }
        asked[i].is_used = false;
        if (asked[i].what == HOST_READ) {
            memcpy(buffer + asked[i].place, disk + asked[i].sector * HOST_SECTOR, bytes);
        } else if (asked[i].what == HOST_WRITE) {
            memcpy(disk + asked[i].sector * HOST_SECTOR, buffer + asked[i].place, bytes);
        }
        virtio_blk_done(i, false);
    }
}

uint8_t *host_random_buffer(void)
{
    return buffer;
}

static uint32_t random_asked;

bool host_random_start(uint32_t bytes)
{
    assert_true(bytes <= 4096);
    random_asked = bytes;
    return bytes != 0;
}

uint64_t host_net_address(void)
{
    return 0x060504030202;
}

uint8_t *host_net_frame(uint64_t cookie)
{
    assert_true(cookie < 8);
    return frame[cookie];
}

static bool sending[8];

bool host_net_send(uint64_t cookie, uint32_t bytes)
{
    assert_true(cookie < 8 && bytes <= HOST_FRAME_MAX && !sending[cookie]);
    sending[cookie] = true;
    return true;
}

static uint8_t packet[PACKETS_PLACES + 1][HOST_VSOCK_MAX],
    inbox[HOST_VSOCK_RECEIVES][HOST_VSOCK_MAX];
static bool packet_sent[PACKETS_PLACES + 1], wanted[HOST_VSOCK_RECEIVES];
static uint32_t packet_bytes[PACKETS_PLACES + 1];

uint8_t *host_vsock_packet(uint64_t cookie)
{
    assert_true(cookie <= PACKETS_PLACES);
    return packet[cookie];
}

bool host_vsock_send(uint64_t cookie, uint32_t bytes)
{
    assert_true(cookie <= PACKETS_PLACES && bytes <= HOST_VSOCK_MAX && !packet_sent[cookie]);
    packet_sent[cookie] = true;
    packet_bytes[cookie] = bytes;
    return true;
}

uint8_t *host_vsock_received(uint64_t cookie)
{
    assert_true(cookie < HOST_VSOCK_RECEIVES);
    return inbox[cookie];
}

void host_vsock_receive(uint64_t cookie)
{
    assert_true(cookie < HOST_VSOCK_RECEIVES && !wanted[cookie]);
    wanted[cookie] = true;
}

/* The component has taken all that was sent. */
static void component_takes(void)
{
    for (unsigned i = 0; i <= PACKETS_PLACES; i++) {
        if (packet_sent[i]) {
            packet_sent[i] = false;
            virtio_vsock_sent(i);
        }
    }
}

static void component_says(unsigned place, uint32_t bytes)
{
    assert_true(wanted[place]);
    wanted[place] = false;
    virtio_vsock_received(place, bytes);
}

/* ---- a driver ---- */

enum { CONSOLE, BLOCK, RNG, NET, VSOCK, DEVICES };

static int start(void **fixture)
{
    static bool is_made;

    (void)fixture;
    if (!is_made) {
        vdevice_add(&virtio_console);
        vdevice_add(&virtio_blk);
        vdevice_add(&virtio_rng);
        vdevice_add(&virtio_net);
        vdevice_add(&virtio_vsock);
        memset(wanted, true, sizeof wanted);
        is_made = true;
    }
    for (unsigned i = 0; i < 16; i++) { /* what is left of the test before */
        while (asked[i].is_used) {
            disk_works();
        }
    }
    memset(sending, 0, sizeof sending);
    component_takes();
    vdevices_reset();
    memset(ram, 0, sizeof ram);
    memset(fired, 0, sizeof fired);
    memset(fired_later, 0, sizeof fired_later);
    printed_bytes = 0;
    return 0;
}

static void set(unsigned device, uint32_t offset, uint64_t value)
{
    vdevice_write(&state->device[device], offset, value);
}

static uint64_t get(unsigned device, uint32_t offset)
{
    return vdevice_read(&state->device[device], offset);
}

static uint64_t rings_of(unsigned queue)
{
    return RINGS + queue * 0x4000;
}

static void drive(unsigned device, unsigned queues)
{
    set(device, VIRTIO_MMIO_STATUS, 0);
    set(device, VIRTIO_MMIO_STATUS, 3);
    set(device, VIRTIO_MMIO_DRIVER_FEATURES_WORD, 1);
    set(device, VIRTIO_MMIO_DRIVER_FEATURES, 1);
    set(device, VIRTIO_MMIO_STATUS, 11);
    assert_int_equal(get(device, VIRTIO_MMIO_STATUS), 11);
    for (unsigned q = 0; q < queues; q++) {
        set(device, VIRTIO_MMIO_QUEUE, q);
        set(device, VIRTIO_MMIO_QUEUE_SIZE, 16);
        set(device, VIRTIO_MMIO_DESCRIPTORS, rings_of(q));
        set(device, VIRTIO_MMIO_AVAILABLE, rings_of(q) + 0x1000);
        set(device, VIRTIO_MMIO_USED, rings_of(q) + 0x2000);
        set(device, VIRTIO_MMIO_QUEUE_READY, 1);
    }
    set(device, VIRTIO_MMIO_STATUS, 15);
}

static void describe(unsigned queue, unsigned n, uint64_t address, uint32_t bytes, unsigned flags,
                     unsigned next)
{
    struct virtq_descriptor d = { address, bytes, (uint16_t)flags, (uint16_t)next };

    memcpy(guest_memory(rings_of(queue) + n * sizeof d, sizeof d), &d, sizeof d);
}

static void offer(unsigned device, unsigned queue, unsigned head)
{
    uint16_t *available = guest_memory(rings_of(queue) + 0x1000, 64);

    available[2 + available[1] % 16] = (uint16_t)head;
    available[1]++;
    set(device, VIRTIO_MMIO_NOTIFY, queue);
}

static unsigned used(unsigned queue)
{
    return ((uint16_t *)guest_memory(rings_of(queue) + 0x2000, 64))[1];
}

/* ---- tests ---- */

static void test_console(void **fixture)
{
    (void)fixture;
    drive(CONSOLE, 2);
    memcpy(ram + 0x100, "hello, ", 7);
    memcpy(ram + 0x200, "world", 5);
    describe(1, 0, RAM_AT + 0x100, 7, VIRTQ_NEXT, 1);
    describe(1, 1, RAM_AT + 0x200, 5, 0, 0);
    offer(CONSOLE, 1, 0);
    assert_memory_equal(printed, "hello, world", 12);
    assert_int_equal(used(1), 1);
    assert_int_equal(fired_later[IRQ_VIRTIO + CONSOLE], 1);
    assert_int_equal(fired[IRQ_VIRTIO + CONSOLE], 0);
    assert_int_equal(get(CONSOLE, VIRTIO_MMIO_INTERRUPT), 1);
    set(CONSOLE, VIRTIO_MMIO_INTERRUPT_ACK, 1);
    assert_int_equal(get(CONSOLE, VIRTIO_MMIO_INTERRUPT), 0);
    describe(0, 0, RAM_AT + 0x300, 4, VIRTQ_WRITE, 0);
    offer(CONSOLE, 0, 0);
    assert_int_equal(virtio_console_input((const uint8_t *)"typed", 5), 4);
    assert_memory_equal(ram + 0x300, "type", 4);
    assert_int_equal(fired[IRQ_VIRTIO + CONSOLE], 1);
}

static void test_disk(void **fixture)
{
    struct {
        uint32_t type, reserved;
        uint64_t sector;
    } header = { 1, 0, 5 };

    (void)fixture;
    drive(BLOCK, 1);
    memset(ram + 0x1000, 0x5a, 1024);
    memcpy(ram + 0x100, &header, sizeof header);
    describe(0, 0, RAM_AT + 0x100, 16, VIRTQ_NEXT, 1);
    describe(0, 1, RAM_AT + 0x1000, 1024, VIRTQ_NEXT, 2);
    describe(0, 2, RAM_AT + 0x200, 1, VIRTQ_WRITE, 0);
    ram[0x200] = 0xff;
    offer(BLOCK, 0, 0);
    while (used(0) == 0) {
        disk_works();
        set(BLOCK, VIRTIO_MMIO_NOTIFY, 0);
    }
    assert_int_equal(ram[0x200], 0);
    assert_int_equal(disk[5 * 512], 0x5a);
    assert_int_equal(disk[7 * 512 - 1], 0x5a);
    header.type = 0;
    header.sector = DISK / 512 - 1; /* two sectors are not there */
    memcpy(ram + 0x100, &header, sizeof header);
    describe(0, 1, RAM_AT + 0x1000, 1024, VIRTQ_NEXT | VIRTQ_WRITE, 2);
    offer(BLOCK, 0, 0);
    assert_int_equal(used(0), 2);
    assert_int_equal(ram[0x200], 1);
}

static void test_broken(void **fixture)
{
    static const struct {
        uint64_t address;
        uint32_t bytes, flags, next;
    } bad[] = {
        { RAM_AT + RAM_BYTES, 1, 0, 0 },     /* outside */
        { RAM_AT + RAM_BYTES - 4, 8, 0, 0 }, /* over the end */
        { 0, 8, 0, 0 },                      /* a device */
        { RAM_AT, 8, VIRTQ_NEXT, 0 },        /* a loop */
        { RAM_AT, 8, VIRTQ_NEXT, 99 },       /* no such descriptor */
        { RAM_AT, 8, 4, 0 },                 /* indirect was not agreed on */
        { ~0ull, ~0u, 0, 0 },
    };

    (void)fixture;
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        start(NULL);
        drive(CONSOLE, 2);
        describe(1, 0, bad[i].address, bad[i].bytes, bad[i].flags, bad[i].next);
        offer(CONSOLE, 1, 0);
        assert_int_equal(get(CONSOLE, VIRTIO_MMIO_STATUS) & VIRTIO_NEEDS_RESET, VIRTIO_NEEDS_RESET);
        assert_int_equal(used(1), 0);
        assert_int_equal(printed_bytes, 0);
        drive(CONSOLE, 2); /* a reset mends it */
        assert_int_equal(get(CONSOLE, VIRTIO_MMIO_STATUS), 15);
    }
    start(NULL);
    drive(CONSOLE, 2);
    ((uint16_t *)guest_memory(rings_of(1) + 0x1000, 64))[1] = 17; /* more than there are */
    set(CONSOLE, VIRTIO_MMIO_NOTIFY, 1);
    assert_int_equal(get(CONSOLE, VIRTIO_MMIO_STATUS) & VIRTIO_NEEDS_RESET, VIRTIO_NEEDS_RESET);
}

static void test_refused(void **fixture)
{
    (void)fixture;
    set(BLOCK, VIRTIO_MMIO_STATUS, 3);
    set(BLOCK, VIRTIO_MMIO_STATUS, 11); /* without version 1 */
    assert_int_equal(get(BLOCK, VIRTIO_MMIO_STATUS), 3);
    set(BLOCK, VIRTIO_MMIO_QUEUE_SIZE, 16);
    set(BLOCK, VIRTIO_MMIO_DESCRIPTORS, RAM_AT + RAM_BYTES - 64);
    set(BLOCK, VIRTIO_MMIO_AVAILABLE, RAM_AT);
    set(BLOCK, VIRTIO_MMIO_USED, RAM_AT);
    set(BLOCK, VIRTIO_MMIO_QUEUE_READY, 1); /* the table ends outside */
    assert_int_equal(get(BLOCK, VIRTIO_MMIO_QUEUE_READY), 0);
}

/* Packets go and come in order; what has come waits for the guest; both ends hear when the other starts anew. */
static void test_vsock(void **fixture)
{
    static const struct vsock_header all = {
        .from_port = VSOCK_ANY, .to_port = VSOCK_ANY, .type = VSOCK_TYPE_STREAM, .op = VSOCK_RST
    };

    (void)fixture;
    assert_true(packet_sent[PACKETS_PLACES]); /* start: the device was reset */
    assert_int_equal(packet_bytes[PACKETS_PLACES], sizeof all);
    drive(VSOCK, 3);
    memset(ram + 0x1000, 0x5a, 100);
    describe(1, 0, RAM_AT + 0x1000, 44, VIRTQ_NEXT, 1);
    describe(1, 1, RAM_AT + 0x1000, 56, 0, 0);
    offer(VSOCK, 1, 0);
    assert_false(packet_sent[0]); /* not before the component knows of the reset */
    component_takes();
    assert_true(packet_sent[0]);
    assert_int_equal(packet_bytes[0], 100);
    assert_int_equal(packet[0][99], 0x5a);
    assert_int_equal(used(1), 0);
    component_takes();
    assert_int_equal(used(1), 1);

    memset(inbox, 0, sizeof inbox);
    inbox[0][0] = 1, inbox[1][0] = 2;
    component_says(0, 60);
    component_says(1, 60);
    assert_false(wanted[0]); /* held: the guest has no room */
    describe(0, 0, RAM_AT + 0x2000, 64, VIRTQ_WRITE, 0);
    describe(0, 1, RAM_AT + 0x3000, 64, VIRTQ_WRITE, 0);
    offer(VSOCK, 0, 0);
    assert_true(wanted[0] && !wanted[1]);
    assert_int_equal(ram[0x2000], 1);
    offer(VSOCK, 0, 1);
    assert_int_equal(ram[0x3000], 2);

    memcpy(inbox[0], &all, sizeof all);
    component_says(0, sizeof all);
    memset(ram + 0x4000, 0xff, 4);
    describe(2, 0, RAM_AT + 0x4000, 4, VIRTQ_WRITE, 0);
    offer(VSOCK, 2, 0); /* an event, as soon as there is room */
    assert_int_equal(used(2), 1);
    assert_int_equal(ram[0x4000], 0);

    component_says(2, 60); /* held over a reset: lost */
    set(VSOCK, VIRTIO_MMIO_STATUS, 0);
    assert_true(wanted[2] && packet_sent[PACKETS_PLACES]);
}

/* How often the used ring of the disk names that head. */
static unsigned times_used(unsigned head)
{
    const uint32_t *element = guest_memory(rings_of(0) + 0x2000 + 4, 128);
    unsigned times = 0;

    for (unsigned i = 0; i < used(0); i++) {
        times += element[2 * (i % 16)] == head;
    }
    return times;
}

/* A read of sector n for head 3 n, to where its descriptors say. */
static void ask_sector(unsigned n)
{
    uint64_t header[2] = { 0, n }, at = RAM_AT + 0x1000 * (n + 1);

    memcpy(guest_memory(at, 16), header, sizeof header);
    describe(0, 3 * n, at, 16, VIRTQ_NEXT, 3 * n + 1);
    describe(0, 3 * n + 1, at + 0x400, 512, VIRTQ_NEXT | VIRTQ_WRITE, 3 * n + 2);
    describe(0, 3 * n + 2, at + 0x200, 1, VIRTQ_WRITE, 0);
    memset(guest_memory(at + 0x400, 512), 0, 512);
    offer(BLOCK, 0, 3 * n);
}

/* The monitor dies with four requests in hand, where `edge` says, and the next one goes on: each comes back once, and is right. */
static void go_on_after(unsigned edge)
{
    struct vqueue *q = &state->device[BLOCK].queue[0];
    uint16_t *used_ring = guest_memory(rings_of(0) + 0x2000, 4);

    drive(BLOCK, 1);
    for (unsigned n = 0; n < 4; n++) {
        memset(disk + n * 512, 0x10 + (int)n, 512);
        ask_sector(n);
    }
    assert_int_equal(q->next, 4);
    switch (edge) {
    case 1: /* chain_next has noted the last one, and not counted it */
        q->next--;
        break;
    case 2: /* chain_done has given the second one back, and not forgotten it */
    case 3: /* and has, but not counted it */
        memset(guest_memory(RAM_AT + 0x2400, 512), 0x11, 512);
        *(uint32_t *)guest_memory(rings_of(0) + 0x2004, 4) = 3;
        q->last = 3;
        used_ring[1] = 1;
        q->taken[0] &= edge == 3 ? ~(1ull << 3) : ~0ull;
        break;
    default: /* in nothing */
        break;
    }
    memset(fired, 0, sizeof fired);
    vdevices_go_on();
    assert_true(fired[IRQ_VIRTIO + BLOCK] > 0);
    for (unsigned i = 0; i < 100 && used(0) < 4; i++) {
        disk_works();
        set(BLOCK, VIRTIO_MMIO_NOTIFY, 0);
    }
    assert_int_equal(used(0), 4);
    for (unsigned n = 0; n < 4; n++) {
        assert_int_equal(times_used(3 * n), 1);
        assert_int_equal(ram[0x1000 * (n + 1) + 0x400], 0x10 + n);
        assert_int_equal(ram[0x1000 * (n + 1) + 0x5ff], 0x10 + n);
    }
}

static void test_go_on(void **fixture)
{
    for (unsigned edge = 0; edge < 4; edge++) {
        (void)start(fixture);
        go_on_after(edge);
    }
}

/* Everything at random: nothing but the guest's memory and the buffers is touched (sanitizers, and the checks of the stand-ins). */
static void test_random(void **fixture)
{
    static uint8_t noise[1514];

    (void)fixture;
    srand(7);
    for (unsigned round = 0; round < 300000; round++) {
        unsigned device = (unsigned)rand() % DEVICES, queue = (unsigned)rand() % 3;

        switch (rand() % 14) {
        case 12: /* who died was out of his mind */
            if (rand() % 4 == 0) {
                ((uint8_t *)state->device)[(unsigned)rand() % sizeof state->device] =
                    (uint8_t)rand();
            }
            vdevices_go_on();
            break;
        case 0:
            drive(device, state->device[device].kind->queues);
            break;
        case 1:
        case 2:
            set(device, (uint32_t)rand() % 0x108, (uint64_t)rand() << (rand() % 24));
            break;
        case 3:
            (void)get(device, (uint32_t)rand() % 0x1000 & ~3u);
            break;
        case 4:
        case 5:
        case 6:
            describe(queue, (unsigned)rand() % 16,
                     rand() % 8 ? RAM_AT + (uint64_t)rand() % (RAM_BYTES + 4096)
                                : (uint64_t)rand() << 20,
                     rand() % 4 ? (uint32_t)rand() % 5000 : (uint32_t)rand() * 2u,
                     (unsigned)rand() % 4, (unsigned)rand() % 17);
            break;
        case 7:
        case 8:
            offer(device, queue, (unsigned)rand() % 17);
            break;
        case 9:
            disk_works();
            if (random_asked) {
                uint32_t n = random_asked;
                random_asked = 0;
                virtio_rng_done(n);
            }
            break;
        case 10:
            (void)virtio_console_input(noise, (uint32_t)rand() % 64);
            virtio_net_received(noise, (uint32_t)rand() % sizeof noise);
            if (wanted[round % HOST_VSOCK_RECEIVES]) {
                component_says(round % HOST_VSOCK_RECEIVES, (uint32_t)rand() % HOST_VSOCK_MAX);
            }
            break;
        case 11:
            for (uint32_t offset = 0; offset < 0x140;
                 offset += 4) { /* what the guest sees is what there is */
                assert_int_equal(page[device][offset / 4], (uint32_t)get(device, offset));
            }
            break;
        default:
            component_takes();
            for (unsigned i = 0; i < 8; i++) {
                if (sending[i]) {
                    sending[i] = false;
                    virtio_net_sent(i);
                }
            }
            break;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_console, start), cmocka_unit_test_setup(test_disk, start),
        cmocka_unit_test_setup(test_broken, start),  cmocka_unit_test_setup(test_refused, start),
        cmocka_unit_test_setup(test_vsock, start),   cmocka_unit_test_setup(test_go_on, start),
        cmocka_unit_test_setup(test_random, start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
