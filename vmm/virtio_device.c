/* The registers and queues of virtio devices; see virtio_device.h. */
#include "virtio_device.h"

#include <string.h>
#include <virtio/mmio.h>

#include "state.h"

#define EVENT_INDEX (1ull << 29) /* VIRTIO_F_RING_EVENT_IDX (6) */

static unsigned count;
static const struct vdevice_kind *kind_of[DEVICES_MAX];
/* Heads to be taken again, before those of the available ring. */
static uint64_t again[DEVICES_MAX][QUEUES_MAX][QUEUE_SIZE / 64];

void vdevice_add(const struct vdevice_kind *kind)
{
    if (count < DEVICES_MAX) {
        kind_of[count++] = kind;
    }
}

unsigned vdevice_count(void)
{
    return count;
}

bool vdevice_works(const struct vdevice *d)
{
    return d->kind && (d->status & VIRTIO_DRIVER_OK) && !d->is_broken;
}

/* ---- what the guest reads without an exit ---- */

#define CONFIG_BYTES 64u

static void publish_word(const struct vdevice *d, uint64_t offset, uint32_t value)
{
    uint32_t *at = device_page(d->number) + offset / 4;

    __atomic_store_n(at, value, __ATOMIC_RELAXED);
    written_back(at, 4);
}

/* All of it: what depends on what the guest has selected, and what it has agreed to. */
static void publish(const struct vdevice *d)
{
    for (uint64_t offset = 0; offset < VIRTIO_MMIO_CONFIG + CONFIG_BYTES; offset += 4) {
        publish_word(d, offset, vdevice_read(d, offset));
    }
}

static void reset(struct vdevice *d)
{
    unsigned number = (unsigned)(d - state->device);
    const struct vdevice_kind *kind = kind_of[number];

    *d = (struct vdevice){ .kind = kind, .number = number, .device = kind->device };
    memset(again[number], 0, sizeof again[number]);
    kind->reset(d);
    publish(d);
}

void vdevices_reset(void)
{
    memset(state->device, 0, sizeof state->device);
    for (unsigned i = 0; i < count; i++) {
        reset(&state->device[i]);
    }
}

static void interrupt(struct vdevice *d, uint32_t why, bool is_urgent)
{
    d->interrupt |= why;
    publish_word(d, VIRTIO_MMIO_INTERRUPT, d->interrupt);
    (is_urgent ? gic_fire : gic_fire_later)(IRQ_VIRTIO + d->number);
}

static void broken(struct vdevice *d)
{
    d->is_broken = true;
    d->status |= VIRTIO_NEEDS_RESET;
    publish_word(d, VIRTIO_MMIO_STATUS, d->status);
    interrupt(d, VIRTIO_INTERRUPT_CONFIG, true);
}

/* ---- registers ---- */

static struct vqueue *selected(struct vdevice *d)
{
    return d->select < d->kind->queues ? &d->queue[d->select] : NULL;
}

static uint64_t features(const struct vdevice *d)
{
    return d->kind->features | VIRTIO_F_VERSION_1 | EVENT_INDEX;
}

uint32_t vdevice_read(const struct vdevice *d, uint64_t offset)
{
    const struct vqueue *q;

    if (!d->kind) {
        return 0;
    }
    q = d->select < d->kind->queues ? &d->queue[d->select] : NULL;
    switch (offset) {
    case VIRTIO_MMIO_MAGIC:
        return VIRTIO_MMIO_MAGIC_VALUE;
    case VIRTIO_MMIO_VERSION:
        return 2;
    case VIRTIO_MMIO_DEVICE:
        return d->kind->device;
    case 0x00c: /* vendor */
        return 0x41535354;
    case VIRTIO_MMIO_DEVICE_FEATURES:
        return d->feature_select < 2 ? (uint32_t)(features(d) >> d->feature_select * 32) : 0;
    case VIRTIO_MMIO_QUEUE_MAX:
        return q ? QUEUE_SIZE : 0;
    case VIRTIO_MMIO_QUEUE_READY:
        return q ? q->is_ready : 0;
    case VIRTIO_MMIO_INTERRUPT:
        return d->interrupt;
    case VIRTIO_MMIO_STATUS:
        return d->status;
    case VIRTIO_MMIO_GENERATION:
        return d->generation;
    default:
        return offset >= VIRTIO_MMIO_CONFIG ? d->kind->config((uint32_t)offset - VIRTIO_MMIO_CONFIG)
                                            : 0;
    }
}

static void set_status(struct vdevice *d, uint32_t status)
{
    if (status == 0) {
        return reset(d);
    }
    if ((status & VIRTIO_FEATURES_OK) && !(d->status & VIRTIO_FEATURES_OK) &&
        (!(d->driver_features & VIRTIO_F_VERSION_1) || (d->driver_features & ~features(d)))) {
        status &= ~VIRTIO_FEATURES_OK; /* refused (3.1.1) */
    }
    d->status = status | (d->status & VIRTIO_NEEDS_RESET);
}

/* Where the monitor sees it, if it is one. */
static bool queue_fits(struct vqueue *q)
{
    q->table = guest_memory(q->descriptors, 16ull * q->size);
    q->available_at = guest_memory(q->available, 6 + 2ull * q->size);
    q->used_at = guest_memory(q->used, 6 + 8ull * q->size);
    return q->size != 0 && q->size <= QUEUE_SIZE && (q->size & (q->size - 1)) == 0 &&
           q->descriptors % 16 == 0 && q->available % 2 == 0 && q->used % 4 == 0 && q->table &&
           q->available_at && q->used_at;
}

static void set_ready(struct vdevice *d, struct vqueue *q, bool ready)
{
    if (!ready) {
        q->is_ready = false;
        return;
    }
    if (!queue_fits(q)) {
        return broken(d);
    }
    q->next = q->used_next = 0;
    memset(q->taken, 0, sizeof q->taken);
    q->is_ready = true;
}

bool vdevices_idle(void)
{
    for (unsigned i = 0; i < count; i++) {
        if (kind_of[i]->idle && !kind_of[i]->idle()) {
            return false;
        }
    }
    return true;
}

bool vdevices_fit(const struct vdevice *saved)
{
    for (unsigned i = 0; i < DEVICES_MAX; i++) {
        if (saved[i].device != (i < count ? kind_of[i]->device : 0)) {
            return false;
        }
    }
    return true;
}

void vdevice_check(struct vdevice *d)
{
    d->number = (unsigned)(d - state->device);
    d->kind = kind_of[d->number];
    for (unsigned i = 0; i < QUEUES_MAX; i++) {
        struct vqueue *q = &d->queue[i];

        if (q->is_ready && (i >= d->kind->queues || !queue_fits(q))) {
            q->is_ready = false;
            broken(d);
        }
    }
    publish(d);
}

static void put_half(uint64_t *to, bool high, uint64_t value)
{
    *to = high ? (*to & 0xffffffff) | value << 32 : (*to & ~0xffffffffull) | (uint32_t)value;
}

/* All but NOTIFY and INTERRUPT_ACK: the registers that a driver writes when it begins. */
static void set_up(struct vdevice *d, uint64_t offset, uint64_t value)
{
    struct vqueue *q = selected(d);

    switch (offset) {
    case VIRTIO_MMIO_DEVICE_FEATURES_WORD:
        d->feature_select = (uint32_t)value;
        return;
    case VIRTIO_MMIO_DRIVER_FEATURES_WORD:
        d->driver_select = (uint32_t)value;
        return;
    case VIRTIO_MMIO_DRIVER_FEATURES:
        if (d->driver_select < 2 && !(d->status & VIRTIO_FEATURES_OK)) {
            put_half(&d->driver_features, d->driver_select == 1, value);
        }
        return;
    case VIRTIO_MMIO_QUEUE:
        d->select = (uint32_t)value;
        return;
    case VIRTIO_MMIO_STATUS:
        return set_status(d, (uint32_t)value);
    default:
        break;
    }
    if (!q || (q->is_ready && offset != VIRTIO_MMIO_QUEUE_READY)) {
        return;
    }
    switch (offset) {
    case VIRTIO_MMIO_QUEUE_SIZE:
        q->size = value <= QUEUE_SIZE && (value & (value - 1)) == 0 ? (uint32_t)value : 0;
        return;
    case VIRTIO_MMIO_QUEUE_READY:
        return set_ready(d, q, value & 1);
    case VIRTIO_MMIO_DESCRIPTORS:
    case VIRTIO_MMIO_DESCRIPTORS + 4:
        return put_half(&q->descriptors, offset & 4, value);
    case VIRTIO_MMIO_AVAILABLE:
    case VIRTIO_MMIO_AVAILABLE + 4:
        return put_half(&q->available, offset & 4, value);
    case VIRTIO_MMIO_USED:
    case VIRTIO_MMIO_USED + 4:
        return put_half(&q->used, offset & 4, value);
    default:
        return;
    }
}

void vdevice_write(struct vdevice *d, uint64_t offset, uint64_t value)
{
    if (!d->kind) {
        return;
    }
    if (offset == VIRTIO_MMIO_NOTIFY) {
        if (value < d->kind->queues && d->queue[value].is_ready && vdevice_works(d)) {
            d->kind->notify(d, (unsigned)value);
        }
    } else if (offset == VIRTIO_MMIO_INTERRUPT_ACK) {
        d->interrupt &= ~(uint32_t)value;
        publish_word(d, VIRTIO_MMIO_INTERRUPT, d->interrupt);
    } else {
        set_up(d, offset, value);
        publish(d);
    }
}

/* ---- queues ---- */

static void fence(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* The chain that begins with descriptor head. */
static bool chain_read(const struct vqueue *q, uint16_t head, struct chain *out)
{
    uint16_t at = head;

    out->head = head;
    for (out->count = 0; out->count < PIECES_MAX; out->count++) {
        struct virtq_descriptor d;

        if (at >= q->size) {
            return false;
        }
        memcpy(&d, q->table + 16u * at, sizeof d); /* once: it is the guest's */
        __asm__ volatile("" ::: "memory");
        struct piece *p = &out->piece[out->count];
        *p = (struct piece){ guest_memory(d.address, d.bytes), d.bytes, d.flags & VIRTQ_WRITE };
        if (!p->at || (d.flags & ~(VIRTQ_NEXT | VIRTQ_WRITE)) != 0 ||
            (out->count > 0 && !p->is_in && p[-1].is_in)) { /* what is read comes first (2.6.4.2) */
            return false;
        }
        if (!(d.flags & VIRTQ_NEXT)) {
            out->count++;
            return true;
        }
        at = d.next;
    }
    return false;
}

static uint64_t bit_of(uint16_t head)
{
    return 1ull << head % 64;
}

/* The monitor may die between any two of its stores: they are made in this order. */
static void in_order(void)
{
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/* A head that is to be taken again. */
static bool take_again(const struct vdevice *d, unsigned queue, uint16_t *head)
{
    uint64_t *words = again[d->number][queue];

    for (unsigned i = 0; i < QUEUE_SIZE / 64; i++) {
        if (words[i]) {
            *head = (uint16_t)(i * 64 + (unsigned)__builtin_ctzll(words[i]));
            words[i] &= words[i] - 1;
            return true;
        }
    }
    return false;
}

bool chain_next(struct vdevice *d, unsigned queue, struct chain *out)
{
    struct vqueue *q = &d->queue[queue];
    uint16_t head;

    if (!vdevice_works(d) || !q->is_ready) {
        return false;
    }
    if (take_again(d, queue, &head)) {
        if (chain_read(q, head, out)) {
            return true;
        }
        broken(d);
        return false;
    }
    uint16_t index = q->available_at[1], ahead = (uint16_t)(index - q->next);
    if (ahead == 0 && (d->driver_features & EVENT_INDEX)) {
        /* ask for a notification, then look once more (2.6.7.2) */
        q->used_at[2 + 4 * q->size] = q->next;
        fence();
        index = q->available_at[1];
        ahead = (uint16_t)(index - q->next);
    }
    if (ahead == 0) {
        return false;
    }
    fence();
    if (ahead > q->size || !chain_read(q, q->available_at[2 + q->next % q->size], out)) {
        broken(d);
        return false;
    }
    q->taken[out->head / 64] |= bit_of(out->head);
    in_order();
    q->next++;
    return true;
}

void chain_done(struct vdevice *d, unsigned queue, uint16_t head, uint32_t written)
{
    struct vqueue *q = &d->queue[queue];

    if (!vdevice_works(d) || !q->is_ready) {
        return;
    }
    volatile uint16_t *used = q->used_at;
    uint16_t before = q->used_next, after = (uint16_t)(before + 1);
    volatile uint32_t *element = (volatile uint32_t *)(used + 2) + 2 * (before % q->size);
    q->last = head;
    element[0] = head;
    element[1] = written;
    fence();
    used[1] = after; /* from here on it is the guest's: see queue_go_on */
    fence();
    q->taken[head / 64] &= ~bit_of(head);
    in_order();
    q->used_next = after;
    bool wants;
    if (d->driver_features &
        EVENT_INDEX) { /* 2.6.7.2: the index that used_event names was passed */
        uint16_t event = q->available_at[2 + q->size];
        wants = (uint16_t)(after - event - 1) < (uint16_t)(after - before);
    } else {
        wants = !(q->available_at[0] & 1);
    }
    if (wants) {
        interrupt(d, VIRTIO_INTERRUPT_QUEUE, !(d->kind->patient >> queue & 1));
    }
}

/*
 * The monitor died anywhere in chain_next or chain_done.  A head that the used ring shows has gone back, although it may be noted as taken; one that is
 * noted as taken is, although it may be the next of the available ring.
 */
static void queue_go_on(struct vqueue *q, uint64_t *words)
{
    uint16_t head;

    q->last %= QUEUE_SIZE;
    if (q->used_at[1] == (uint16_t)(q->used_next + 1)) {
        q->taken[q->last / 64] &= ~bit_of(q->last);
        in_order();
        q->used_next++;
    }
    head = q->available_at[2 + q->next % q->size];
    if (q->available_at[1] != q->next && head < q->size && (q->taken[head / 64] & bit_of(head))) {
        q->next++;
    }
    memcpy(words, q->taken, sizeof q->taken);
}

void vdevices_go_on(void)
{
    for (unsigned i = 0; i < count; i++) {
        struct vdevice *d = &state->device[i];

        vdevice_check(d);
        d->kind->reset(d);
        for (unsigned n = 0; n < d->kind->queues; n++) {
            if (d->queue[n].is_ready) {
                queue_go_on(&d->queue[n], again[i][n]);
            }
        }
        if (d->kind->loaded) {
            d->kind->loaded(d);
        }
        for (unsigned n = 0; n < d->kind->queues; n++) {
            if (d->queue[n].is_ready && vdevice_works(d)) {
                d->kind->notify(d, n);
            }
        }
        if (vdevice_works(d)) {
            interrupt(d, VIRTIO_INTERRUPT_QUEUE, true);
        }
    }
}

uint32_t chain_bytes(const struct chain *c, bool is_in)
{
    uint64_t bytes = 0;

    for (unsigned i = 0; i < c->count; i++) {
        bytes += c->piece[i].is_in == is_in ? c->piece[i].bytes : 0;
    }
    return bytes < UINT32_MAX ? (uint32_t)bytes : UINT32_MAX;
}

uint32_t chain_copy(const struct chain *c, bool is_in, uint32_t from, void *memory, uint32_t bytes)
{
    uint8_t *to = memory;
    uint32_t done = 0;

    for (unsigned i = 0; i < c->count && done < bytes; i++) {
        const struct piece *p = &c->piece[i];

        if (p->is_in != is_in) {
            continue;
        }
        if (from >= p->bytes) {
            from -= p->bytes;
            continue;
        }
        uint32_t n = p->bytes - from < bytes - done ? p->bytes - from : bytes - done;
        if (is_in) {
            memcpy(p->at + from, to + done, n);
        } else {
            memcpy(to + done, p->at + from, n);
        }
        done += n;
        from = 0;
    }
    return done;
}
