/* The component Vmm: its ends, and the guest's machine behind them. */
#include "Vmm.h"
/* */
#include <blockdrv/nvme.h>
#include <comp/comp.h>
#include <comp/pci.h>
#include <netdrv/ear.h>
#include <netdrv/ether.h>
#include <plausible/ask.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tess/env.h>
#include <tess/mark.h>
#include <tess/time.h>

#include "body.h"
#include "books.h"
#include "guest_files.h"
#include "host.h"
#include "machine.h"
#include "packets.h"
#include "pci.h"
#include "quirk.h"
#include "snapshot.h"
#include "virtio_device.h"

#define BODY_TRIES    20u
#define BODY_WAIT_NS  1000000u
#define FILES_WAIT_MS 10000u
#define COMMAND_MOST  1300u
#define WRITE_MAX     440u /* bytes<440> of Console.write */

struct self {
    uint64_t sectors, store_sectors, mac;
    bool is_up; /* the guest is there: before that nothing that comes is for it */
    bool is_off, saves;
    struct plausible_clock clock;
    struct plausible_random health;
    struct plausible_asked clock_asked, random_asked;
    struct ear ear;
    uint32_t asked; /* id of the order that waits for a snapshot */
    struct tess_slots slots;
    struct tess_pool pool;
    struct tess_env env;
    struct body body;
    uint32_t link[SELF_SLOT_END - SELF_SLOT_FIRST];
};

static struct self *self_of_all;
static struct books *books;

/* ---- terminal ---- */

void host_console(const uint8_t *text, uint32_t bytes)
{
    for (uint32_t n; bytes; text += n, bytes -= n) {
        n = bytes < WRITE_MAX ? bytes : WRITE_MAX;
        (void)terminal_write(self_of_all, (const char *)text, n);
    }
}

static void take_keys(struct self *self)
{
    uint8_t text[64];
    uint32_t bytes, taken;
    uint64_t first;

    while (self->is_up && keys_connected() &&
           keys_read(self, books->typed, &first, text, &bytes) == TESS_OK && bytes) {
        taken =
            virtio_console_works() ? virtio_console_input(text, bytes) : uart_input(text, bytes);
        books->typed = first + taken;
        if (taken < bytes) {
            break;
        }
    }
}

static void keys_ready_handle(struct self *self)
{
    take_keys(self);
}

/* ---- clock ---- */

static void clock_rang_handle(struct self *self)
{
    (void)self;
    watchdog_look();
}

void host_alarm(uint64_t seconds)
{
    uint64_t now = host_seconds();

    if (now) {
        (void)clock_alarm(self_of_all, seconds ? now + seconds : 0);
    }
}

uint64_t host_seconds(void)
{
    uint64_t seconds = 0;

    if (clock_connected()) {
        (void)plausible_now(&self_of_all->clock_asked, &self_of_all->clock, self_of_all, clock_now,
                            clock_watch(), &seconds);
    }
    return seconds;
}

/* ---- disk ---- */

uint8_t *host_disk_buffer(uint64_t *bytes)
{
    *bytes = DISK_BUFFER_BYTES;
    return disk_connected() ? disk_buffer(self_of_all) : NULL;
}

uint64_t host_disk_sectors(void)
{
    return self_of_all->sectors;
}

bool host_disk_start(uint64_t cookie, enum host_disk what, uint64_t sector, uint32_t sectors,
                     uint64_t buffer)
{
    struct self *s = self_of_all;
    enum tess_err err = what == HOST_READ    ? disk_read_start(s, cookie, sector, sectors, buffer)
                        : what == HOST_WRITE ? disk_write_start(s, cookie, sector, sectors, buffer)
                                             : disk_flush_start(s, cookie);

    return err == TESS_OK;
}

void disk_read_done(struct self *self, uint64_t cookie, enum tess_err err)
{
    (void)self;
    virtio_blk_done(cookie, err != TESS_OK);
}

void disk_write_done(struct self *self, uint64_t cookie, enum tess_err err)
{
    (void)self;
    virtio_blk_done(cookie, err != TESS_OK);
}

void disk_flush_done(struct self *self, uint64_t cookie, enum tess_err err)
{
    (void)self;
    virtio_blk_done(cookie, err != TESS_OK);
}

void disk_capacity_done(struct self *self, uint64_t cookie, enum tess_err err, uint64_t sectors)
{
    (void)self, (void)cookie, (void)err, (void)sectors;
}

/* ---- random numbers ---- */

uint8_t *host_random_buffer(void)
{
    return entropy_buffer(self_of_all);
}

bool host_random_start(uint32_t bytes)
{
    if (!bytes || !entropy_connected()) {
        return false;
    }
    plausible_random_prepare(entropy_buffer(self_of_all), bytes);
    return entropy_get_start(self_of_all, bytes, bytes + PLAUSIBLE_SPARE, 0) == TESS_OK;
}

void entropy_get_done(struct self *self, uint64_t cookie, enum tess_err err)
{
    uint32_t bytes = (uint32_t)cookie;

    err = plausible_got(&self->health, err, entropy_buffer(self), bytes);
    if (plausible_again(&self->random_asked, entropy_watch(), err) && host_random_start(bytes)) {
        return;
    }
    virtio_rng_done(err == TESS_OK ? bytes : 0);
}

/* ---- orders ---- */

uint8_t *host_store_buffer(uint64_t *bytes)
{
    *bytes = STORE_BUFFER_BYTES;
    return store_connected() ? store_buffer(self_of_all) : NULL;
}

uint64_t host_store_sectors(void)
{
    return self_of_all->store_sectors;
}

bool host_store_start(uint64_t cookie, enum host_disk what, uint64_t sector, uint32_t sectors,
                      uint64_t buffer)
{
    struct self *s = self_of_all;
    enum tess_err err = what == HOST_READ    ? store_read_start(s, cookie, sector, sectors, buffer)
                        : what == HOST_WRITE ? store_write_start(s, cookie, sector, sectors, buffer)
                                             : store_flush_start(s, cookie);

    return err == TESS_OK;
}

void store_read_done(struct self *self, uint64_t cookie, enum tess_err err)
{
    (void)self;
    snapshot_done(cookie, err != TESS_OK);
}

void store_write_done(struct self *self, uint64_t cookie, enum tess_err err)
{
    (void)self;
    snapshot_done(cookie, err != TESS_OK);
}

void store_flush_done(struct self *self, uint64_t cookie, enum tess_err err)
{
    (void)self;
    snapshot_done(cookie, err != TESS_OK);
}

void store_capacity_done(struct self *self, uint64_t cookie, enum tess_err err, uint64_t sectors)
{
    (void)self, (void)cookie, (void)err, (void)sectors;
}

void snapshot_overwrites(void)
{
    books->is_live = 0; /* neither the one nor the other */
}

void snapshot_over(int result)
{
    static const uint32_t error[] = { TESS_OK, GUEST_ERROR_NO_STORE, GUEST_ERROR_NOT_SAVED,
                                      TESS_STATE, GUEST_ERROR_DAMAGED };

    books->is_live = machine.wish == MACHINE_RUNS;
    if (result == SNAPSHOT_OK) {
        books->is_paused = true;
    } else if (machine.wish == MACHINE_RUNS && !books->is_paused) {
        machine_go(); /* nothing has come of it */
    }
    control_finish(self_of_all, self_of_all->asked, (enum tess_err)error[result]);
}

static uint64_t exits_all(void)
{
    uint64_t exits = 0;

    for (unsigned i = 0; i < EXIT_KINDS; i++) {
        exits += state->exits[i];
    }
    return exits;
}

static enum tess_err control_status_begin(struct self *self, uint32_t id)
{
    enum guest_state now = self->is_off ? GUEST_STATE_OFF
                           : snapshot_is_busy()
                               ? (self->saves ? GUEST_STATE_SAVING : GUEST_STATE_LOADING)
                           : books->is_paused ? GUEST_STATE_PAUSED
                                              : GUEST_STATE_RUNS;

    control_status_finish(self, id, TESS_OK, now, books->resets, exits_all());
    return TESS_OK;
}

static enum tess_err control_pause_begin(struct self *self, uint32_t id)
{
    if (self->is_off || snapshot_is_busy()) {
        return TESS_STATE;
    }
    books->is_paused = true;
    machine_pause();
    control_finish(self, id, TESS_OK);
    return TESS_OK;
}

static enum tess_err control_go_begin(struct self *self, uint32_t id)
{
    if (self->is_off || snapshot_is_busy()) {
        return TESS_STATE;
    }
    books->is_paused = false;
    machine_go();
    control_finish(self, id, TESS_OK);
    return TESS_OK;
}

static enum tess_err control_reset_begin(struct self *self, uint32_t id, uint64_t press)
{
    if (self->is_off || snapshot_is_busy()) {
        return TESS_STATE;
    }
    if (press != books->press) {
        books->is_live = 0; /* first: a monitor that dies here has done it */
        books->press = press;
        machine.wish = MACHINE_RESET; /* serve does it */
    }
    control_finish(self, id, TESS_OK);
    return TESS_OK;
}

static enum tess_err snapshot(struct self *self, uint32_t id, bool saves)
{
    if (!self->is_up || self->is_off || snapshot_is_busy() ||
        pci_is_there()) { /* nobody knows a device's state */
        return TESS_STATE;
    }
    machine_pause(); /* the books do not say so before it is done: if this monitor dies the guest runs on */
    self->asked = id;
    self->saves = saves;
    (void)snapshot_begin(saves);
    return TESS_OK;
}

static enum tess_err control_save_begin(struct self *self, uint32_t id)
{
    return snapshot(self, id, true);
}

static enum tess_err control_load_begin(struct self *self, uint32_t id)
{
    return snapshot(self, id, false);
}

/* ---- network ---- */

#define RECEIVES    8u
#define FRAME_PLACE 2048u

uint64_t host_net_address(void)
{
    return self_of_all->mac;
}

uint8_t *host_net_frame(uint64_t cookie)
{
    return net_buffer(self_of_all) + cookie * FRAME_PLACE;
}

bool host_net_send(uint64_t cookie, uint32_t bytes)
{
    return net_send_start(self_of_all, cookie, bytes, cookie * FRAME_PLACE) == TESS_OK;
}

static void listen(struct self *self)
{
    if (ear_sent(&self->ear, tess_ns_of_ticks(tess_now()), comp_crashes(frames_watch()))) {
        (void)comp_blame(frames_watch(), TESS_TIMEOUT);
    }
}

void net_send_done(struct self *self, uint64_t cookie, enum tess_err err)
{
    (void)err; /* a frame that is lost is what the protocols above are for */
    listen(self);
    virtio_net_sent(cookie);
}

void net_address_done(struct self *self, uint64_t cookie, enum tess_err err, uint64_t mac)
{
    (void)self, (void)cookie, (void)err, (void)mac;
}

void net_link_done(struct self *self, uint64_t cookie, enum tess_err err, bool up)
{
    (void)self, (void)cookie, (void)err, (void)up;
}

static void receive(struct self *self, uint64_t cookie)
{
    (void)frames_receive_start(self, cookie, FRAME_PLACE, cookie * FRAME_PLACE);
}

void frames_receive_done(struct self *self, uint64_t cookie, enum tess_err err, uint32_t n)
{
    if (err == TESS_OK && cookie < RECEIVES && n <= FRAME_PLACE) {
        const uint8_t *frame = frames_buffer(self) + cookie * FRAME_PLACE;
        uint64_t to = ether_destination(frame);

        if (to & ETHER_GROUP || to == self->mac) {
            ear_heard(&self->ear);
        }
        virtio_net_received(frame, n);
    } else {
        listen(self);
    }
    receive(self, cookie);
}

static void net_start(struct self *self)
{
    if (net_connected() && frames_connected() && net_address(self, &self->mac) == TESS_OK) {
        vdevice_add(&virtio_net);
        for (uint64_t i = 0; i < RECEIVES; i++) {
            receive(self, i);
        }
    }
}

/* ---- sockets ---- */

uint8_t *host_vsock_packet(uint64_t cookie)
{
    return vsock_buffer(self_of_all) + cookie * HOST_VSOCK_MAX;
}

bool host_vsock_send(uint64_t cookie, uint32_t bytes)
{
    return vsock_send_start(self_of_all, cookie, bytes, cookie * HOST_VSOCK_MAX) == TESS_OK;
}

void vsock_send_done(struct self *self, uint64_t cookie, enum tess_err err)
{
    (void)self, (void)err; /* lib/vsock takes all; who does not breaks its own streams */
    virtio_vsock_sent(cookie);
}

uint8_t *host_vsock_received(uint64_t cookie)
{
    return vsock_inbox_buffer(self_of_all) + cookie * HOST_VSOCK_MAX;
}

void host_vsock_receive(uint64_t cookie)
{
    (void)vsock_inbox_receive_start(self_of_all, cookie, HOST_VSOCK_MAX, cookie * HOST_VSOCK_MAX);
}

void vsock_inbox_receive_done(struct self *self, uint64_t cookie, enum tess_err err, uint32_t n)
{
    (void)self;
    if (err == TESS_OK && n <= HOST_VSOCK_MAX) {
        virtio_vsock_received(cookie, n);
    } else if (err != TESS_GONE && err != TESS_CAP) {
        host_vsock_receive(cookie);
    }
}

static void vsock_start(void)
{
    _Static_assert(VSOCK_BUFFER_BYTES == 0 ||
                       (PACKETS_PLACES + 1) * HOST_VSOCK_MAX <= VSOCK_BUFFER_BYTES,
                   "vsock: queue 64KiB, or more");
    _Static_assert(VSOCK_INBOX_BUFFER_BYTES == 0 ||
                       HOST_VSOCK_RECEIVES * HOST_VSOCK_MAX <= VSOCK_INBOX_BUFFER_BYTES,
                   "vsock_inbox: queue 64KiB, or more");
    if (vsock_connected() && vsock_inbox_connected()) {
        vdevice_add(&virtio_vsock);
        for (uint64_t i = 0; i < HOST_VSOCK_RECEIVES; i++) {
            host_vsock_receive(i);
        }
    }
}

/* ---- a device of the guest's own ---- */

#define DEVICE_WAIT_MS 1000u /* from its reset until it answers */

static bool has_device(void)
{
    return bus_connected() && registers_frame() && line_slot() && ram_frame();
}

/* In the bus's place for it, when it is there again. */
static bool device_ready(struct self *self)
{
    uint64_t offset, bytes;

    return bus_bar(self, 0, &offset, &bytes) != TESS_STATE;
}

void host_device_enable(bool memory, bool master)
{
    (void)bus_enable(self_of_all, memory, master);
}

static bool device_asks(void)
{
    uint32_t command = 0;

    return bus_config(self_of_all, PCI_COMMAND, &command) == TESS_OK && command & PCI_LINE;
}

/* It is reset, and no master. */
static void device_quirk(struct self *self)
{
    struct bus_identity i;
    uint64_t offset, bytes;

    if (bus_identity(self, &i) == TESS_OK && i.class == NVME_CLASS &&
        bus_bar(self, 0, &offset, &bytes) == TESS_OK && offset < PCI_WINDOW_BYTES &&
        bus_enable(self, true, false) == TESS_OK) {
        quirk_nvme(registers(self) + offset, device_asks);
    }
    line_ack(self); /* what it had raised */
}

void host_device_reset(void)
{
    (void)bus_reset(self_of_all);
    for (unsigned ms = 0; ms < DEVICE_WAIT_MS && !device_ready(self_of_all); ms++) {
        (void)comp_wait_signal(0, tess_now() + tess_ticks_of_ns(1000000));
    }
    device_quirk(self_of_all);
}

static void line_handle(struct self *self)
{
    (void)self;
    pci_fires();
}

/* It has gone, or come: the guest reads ones, and finds it as it is after a reset. */
static void bus_changed_handle(struct self *self)
{
    (void)self;
}

/* False: there is none at its place. */
static bool device_look(struct self *self)
{
    struct host_device device = { 0 };
    struct bus_identity i;

    if (bus_identity(self, &i) != TESS_OK) {
        return false;
    }
    device.id = (uint32_t)i.device << 16 | i.vendor;
    device.class = i.class << 8 | i.revision;
    device.subsystem = (uint32_t)i.subsystem << 16 | i.subsystem_vendor;
    for (uint32_t n = 0; n < HOST_BARS; n++) {
        uint64_t offset, bytes;

        if (bus_bar(self, n, &offset, &bytes) == TESS_OK && bytes <= PCI_WINDOW_BYTES &&
            offset <= PCI_WINDOW_BYTES - bytes) {
            device.bar[n] = (struct host_bar){ (uint32_t)offset, (uint32_t)bytes };
        }
    }
    pci_make(&device);
    return true;
}

/* NULL, or what is wrong. */
static const char *device_make(struct self *self, struct machine_config *config)
{
    if (!bus_connected()) {
        return NULL;
    }
    if (!has_device()) {
        return "a device of the guest's own needs bus, registers, line and ram";
    }
    if ((uint64_t)RAM_MIB << 20 > RAM_BYTES) {
        return "the guest's memory is larger than what its device reaches";
    }
    config->ram_bytes = (uint64_t)RAM_MIB << 20;
    config->ram = ram_frame();
    config->ram_seen = (uint8_t *)(uintptr_t)ram(self);
    config->device = registers_frame();
    config->line = line_slot();
    if (!device_look(self)) {
        return "the guest's device is not there";
    }
    device_quirk(self);
    return NULL;
}

/* ---- the guest ---- */

static const char *boot(struct self *self)
{
    uint64_t seed = tess_now() ^ host_seconds() << 32;
    uint8_t room[sizeof seed + PLAUSIBLE_SPARE];

    books->is_live = 0;
    TESS_MARK_POINT(4001); /* tests/guest/bench: the machine is switched on */
    if (entropy_connected()) {
        if (plausible_get(&self->random_asked, &self->health, self, entropy_get, entropy_watch(),
                          sizeof seed, room) == TESS_OK) {
            memcpy(&seed, room, sizeof seed);
        }
    }
    const uint8_t *from = (const uint8_t *)(uintptr_t)files(self);
    struct guest_files f;

    memcpy(&f, from, sizeof f);
    if (f.image >= FILES_BYTES || f.image_bytes > FILES_BYTES - f.image ||
        f.initrd >= FILES_BYTES || f.initrd_bytes > FILES_BYTES - f.initrd) {
        return "what the guest starts from lies outside the memory for it";
    }
    char command[COMMAND_MOST];

    (void)snprintf(command, sizeof command, RUN[0] ? "%s -- \"%s\"" : "%s", COMMAND, RUN);
    const char *what = machine_start(from + f.image, f.image_bytes, from + f.initrd, f.initrd_bytes,
                                     command, seed);
    if (!what) {
        books->is_paused = false;
        books->is_live = 1;
        up_emit(self);
    }
    return what;
}

/* Until kernel and first file system are there; false: they do not come. */
static bool wait_for_files(struct self *self)
{
    const uint64_t *magic = (const uint64_t *)(uintptr_t)files(self);

    for (unsigned ms = 0; ms < FILES_WAIT_MS; ms++) {
        if (__atomic_load_n(magic, __ATOMIC_ACQUIRE) == GUEST_FILES_MAGIC) {
            return true;
        }
        (void)comp_wait_signal(0, tess_now() + tess_ticks_of_ns(1000000));
    }
    return false;
}

/* Until the guest switches its machine off, or resets it once too often. */
static int serve(struct self *self)
{
    for (;;) {
        struct tess_msg m = machine_serve();

        if (m.tag & TESS_TAG_SIGNAL) {
            comp_signal(m.badge);
            snapshot_look();
        }
        if (COMP_UNLIKELY(machine.wish != MACHINE_RUNS)) {
            bool is_off = machine.wish == MACHINE_OFF;

            books->is_live = 0;
            machine_stop();
            self->is_off = is_off;
            if (is_off || books->resets == RESETS) {
                printf(
                    "vmm: the guest is %s; exits: device %lu, register %lu, hvc %lu, kick %lu, "
                    "other %lu\n",
                    is_off ? "off" : "reset once too often", (unsigned long)state->exits[EXIT_MMIO],
                    (unsigned long)state->exits[EXIT_SYSREG], (unsigned long)state->exits[EXIT_HVC],
                    (unsigned long)state->exits[EXIT_KICK],
                    (unsigned long)state->exits[EXIT_OTHER]);
                return !is_off;
            }
            books->resets++;
            const char *what = boot(self);
            if (what) {
                printf("vmm: %s\n", what);
                return 1;
            }
        }
    }
}

/* ---- its body, and what the incarnation before this one left ---- */

/* NULL, or what is wrong.  All of it again if the body dies meanwhile. */
static const char *fetch_body(struct self *self, tess_cap ask, const struct machine_config *config,
                              struct body *body)
{
    struct body_shape shape = { config->device ? 0 : (uint64_t)RAM_MIB << 20, CPUS, GUEST_PRIORITY,
                                SLICE_US * 1000ull };
    enum tess_err err = TESS_GONE;

    for (unsigned i = 0; i < BODY_TRIES; i++) {
        err = body_fetch(&self->env, ask, &shape, body);
        if (err != TESS_GONE && err != TESS_CAP && err != TESS_TIMEOUT) {
            break;
        }
        (void)comp_wait_signal(0, tess_now() + tess_ticks_of_ns(BODY_WAIT_NS));
    }
    return !err ? NULL
           : err == TESS_STATE
               ? "this machine's kernel is no hypervisor: it needs EL2 with VHE and "
                 "a GICv3, or a GICv2 with its extensions (QEMU: virtualization=on, "
                 "cortex-a76); or the guest's body was made with another config"
               : "the guest's body has no memory for it, or does not answer";
}

/* It may have told so already at the start. */
static void body_is_new(struct self *self)
{
    struct tess_regs regs;

    (void)self;
    if (machine.cpus && tess_thread_read_regs(machine.cpu[0].thread, &regs) == TESS_CAP) {
        printf("vmm: the guest's body is a new one\n");
        exit(1);
    }
}

static const char *go_on_or_boot(struct self *self, const struct body *body)
{
    struct books_now now = { tess_now(), tess_ticks_of_ns(BOOKS_SOON_NS), comp_pulse->crashed != 0,
                             !pci_is_there() && vdevices_fit(state->device) };
    enum books_verdict verdict = books_judge(books, body->when, &now);

    if (verdict == BOOKS_GO_ON) {
        machine_go_on(books->is_paused);
        self->is_up = true;
        take_keys(self); /* typed since the last incarnation looked */
        return NULL;
    }
    if (verdict == BOOKS_POISON) {
        if (books->resets == RESETS) {
            books->is_live = 0;
            machine_stop();
            return "the guest crashes its monitors, and would be reset once too often";
        }
        printf("vmm: %u incarnations have crashed at once: the guest is reset\n", BOOKS_TRIES);
        books->resets++;
    }
    self->is_up = true;
    return wait_for_files(self) ? boot(self) : "the guest's kernel does not come: see GuestFiles";
}

static int run(struct self *self)
{
    const char *what;
    struct machine_config config = { .env = &self->env, .body = &self->body };
    uint64_t ask, at;

    self_of_all = self;
    (void)body_slots(self, &ask, &config.exits, &at);
    books = (struct books *)at;
    state = &books->state;
    tess_slots_init(&self->slots, SELF_SLOT_FIRST, SELF_SLOT_END, self->link);
    tess_pool_init(&self->pool);
    self->env = (struct tess_env){ .slots = &self->slots,
                                   .pool = &self->pool,
                                   .tables = &self->pool,
                                   .cnode = COMP_SLOT_CNODE,
                                   .vspace = COMP_SLOT_VSPACE };
    what = device_make(self, &config);
    what = what ? what : fetch_body(self, ask, &config, &self->body);
    if (!what && (tess_pool_add(&self->pool, COMP_SLOT_UNTYPED) || machine_make(&config))) {
        what = "no memory or capability slots for the guest";
    }
    if (what) {
        printf("vmm: %s\n", what);
        return 1;
    }
    vdevice_add(&virtio_console);
    if (disk_connected()) {
        (void)disk_capacity(self, &self->sectors);
        vdevice_add(&virtio_blk);
    }
    if (entropy_connected()) {
        vdevice_add(&virtio_rng);
    }
    if (store_connected()) {
        (void)store_capacity(self, &self->store_sectors);
    }
    net_start(self);
    vsock_start();
    what = go_on_or_boot(self, &self->body);
    if (what) {
        printf("vmm: %s\n", what);
        return 1;
    }
    return serve(self);
}
