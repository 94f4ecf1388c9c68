/*
 * Negotiation and queues with a device of the test: one that keeps to the specification, one that does not obey, and one that
 * writes anything into its side of the queue at any time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <virtio/mmio.h>
#include <virtio/queue.h>
#include <tess/random.h>

enum { SIZE = 64, TOKENS = 100000 };

/* The registers of the device, as far as they matter. */
static struct {
    uint32_t device, status, max, generation;
    uint64_t offered, accepted;
    uint32_t size, notified;
    bool ignores_reset, refuses_features, changes_always;
} fake;

static uint32_t fake_device(const struct virtio *v)
{
    (void)v;
    return fake.device;
}

static uint32_t fake_status(const struct virtio *v)
{
    (void)v;
    return fake.status;
}

static void fake_set_status(const struct virtio *v, uint32_t status)
{
    (void)v;
    if (status == 0 && fake.ignores_reset) {
        return;
    }
    fake.status = fake.refuses_features ? status & ~VIRTIO_FEATURES_OK : status;
}

static uint32_t fake_features(const struct virtio *v, uint32_t word)
{
    (void)v;
    return (uint32_t)(fake.offered >> (32 * word));
}

static void fake_set_features(const struct virtio *v, uint32_t word, uint32_t bits)
{
    (void)v;
    fake.accepted &= ~(0xffffffffull << (32 * word));
    fake.accepted |= (uint64_t)bits << (32 * word);
}

static uint32_t fake_queue_max(const struct virtio *v, uint32_t queue)
{
    (void)v;
    return queue == 0 ? fake.max : 0;
}

static void fake_set_queue(struct virtio *v, uint32_t queue, uint32_t size, uint64_t descriptors,
                           uint64_t available, uint64_t used)
{
    (void)v;
    (void)queue;
    assert_int_equal(available - descriptors, VIRTQ_AVAILABLE_AT(size));
    assert_int_equal(used - descriptors, VIRTQ_USED_AT(size));
    fake.size = size;
}

static void fake_notify(const struct virtio *v, uint32_t queue)
{
    (void)v;
    (void)queue;
    fake.notified++;
}

static uint32_t fake_generation(const struct virtio *v)
{
    (void)v;
    fake.generation += fake.changes_always;
    return fake.generation;
}

static uint32_t fake_config(const struct virtio *v, uint32_t offset)
{
    (void)v;
    return offset + 1;
}

static const struct virtio_transport transport = {
    .device = fake_device,
    .status = fake_status,
    .set_status = fake_set_status,
    .features = fake_features,
    .set_features = fake_set_features,
    .queue_max = fake_queue_max,
    .set_queue = fake_set_queue,
    .notify = fake_notify,
    .generation = fake_generation,
    .config = fake_config,
};

static struct virtio device(void)
{
    memset(&fake, 0, sizeof fake);
    fake.device = VIRTIO_BLOCK;
    fake.offered = VIRTIO_F_VERSION_1 | 0x3f;
    fake.max = SIZE;
    return (struct virtio){ .transport = &transport };
}

/* ---- negotiation ---- */

static void both_sides_features_are_agreed_on(void **state)
{
    struct virtio v = device();

    (void)state;
    assert_true(virtio_begin(&v, VIRTIO_BLOCK, 0x105));
    assert_int_equal(v.features, VIRTIO_F_VERSION_1 | 0x5);
    assert_int_equal(fake.accepted, v.features);
    virtio_go(&v);
    assert_int_equal(fake.status, 15);
}

static void a_device_that_does_not_obey_is_refused(void **state)
{
    struct virtio v = device();

    (void)state;
    assert_false(virtio_begin(&v, VIRTIO_NET, 0));
    fake.offered = 0x3f; /* an old one */
    assert_false(virtio_begin(&v, VIRTIO_BLOCK, 0));
    v = device();
    fake.refuses_features = true;
    assert_false(virtio_begin(&v, VIRTIO_BLOCK, 0));
    v = device();
    fake.status = VIRTIO_DRIVER_OK;
    fake.ignores_reset = true;
    assert_false(virtio_begin(&v, VIRTIO_BLOCK, 0));
}

static void a_configuration_that_never_rests_is_refused(void **state)
{
    struct virtio v = device();
    uint64_t value = 0;

    (void)state;
    assert_true(virtio_config64(&v, 0, &value));
    assert_int_equal(value, 0x500000001);
    fake.changes_always = true;
    assert_false(virtio_config64(&v, 0, &value));
}

static void registers_are_those_of_the_specification(void **state)
{
    uint32_t regs[128] = { 0 };
    struct virtio v = virtio_mmio_open((volatile uint8_t *)regs);

    (void)state;
    assert_int_equal(v.transport->device(&v), 0);
    regs[0] = 0x74726976;
    regs[1] = 1; /* the layout before version 1.0 */
    regs[2] = 2;
    assert_int_equal(v.transport->device(&v), 0);
    regs[1] = 2;
    assert_int_equal(v.transport->device(&v), VIRTIO_BLOCK);
    regs[0x34 / 4] = 256;
    assert_int_equal(v.transport->queue_max(&v, 3), 256);
    assert_int_equal(regs[0x30 / 4], 3);
    v.transport->set_queue(&v, 3, 128, 0x100002000, 0x200003000, 0x300004000);
    assert_int_equal(regs[0x38 / 4], 128);
    assert_int_equal(regs[0x80 / 4], 0x2000);
    assert_int_equal(regs[0x84 / 4], 1);
    assert_int_equal(regs[0x94 / 4], 2);
    assert_int_equal(regs[0xa4 / 4], 3);
    assert_int_equal(regs[0x44 / 4], 1);
    assert_int_equal(v.transport->queue_max(&v, 3), 0); /* is in use */
    regs[0x60 / 4] = 1;
    assert_int_equal(v.transport->interrupt(&v), VIRTIO_INTERRUPT_QUEUE);
    assert_int_equal(regs[0x64 / 4], 1);
}

/* ---- queues ---- */

static uint64_t random_state = 1;

static uint64_t random64(void)
{
    return tess_random(&random_state);
}

/* A queue, its memory, and the device's end of it. */
struct world {
    struct virtio v;
    struct virtq q;
    uint8_t *memory;
    uint16_t seen;       /* of the available ring */
    uint16_t head[SIZE]; /* chains that the device has */
    uint32_t heads;
    uint8_t out[TOKENS]; /* 1: the chain with that token is out */
    uint32_t added, done;
};

static struct world *begin(uint32_t max)
{
    struct world *w = calloc(1, sizeof *w);

    assert_non_null(w);
    w->v = device();
    fake.max = max;
    w->memory = aligned_alloc(16, (VIRTQ_BYTES(SIZE) + 15) & ~15u);
    assert_non_null(w->memory);
    memset(w->memory, 0, (VIRTQ_BYTES(SIZE) + 15) & ~15u);
    assert_true(virtq_open(&w->q, &w->v, 0, SIZE, w->memory, 0x1000));
    return w;
}

static void end(struct world *w)
{
    free(w->memory);
    free(w);
}

static enum virtq_result add(struct world *w)
{
    struct virtq_buffer buffer[4];
    uint32_t count = 1 + (uint32_t)(random64() % 4), token = w->added;
    enum virtq_result result;

    for (uint32_t i = 0; i < count; i++) {
        buffer[i] = (struct virtq_buffer){ 0x10000 + 16 * token + i, 8, i >= count / 2 };
    }
    result = virtq_add(&w->q, buffer, count, token);
    if (result == VIRTQ_OK) {
        w->out[token] = 1;
        w->added++;
    }
    return result;
}

/* The device looks what there is, and checks the chain. */
static void take(struct world *w)
{
    while (w->seen != w->q.available->index) {
        uint16_t head = w->q.available->ring[w->seen++ % w->q.size], at = head;
        uint64_t token = (w->q.descriptors[head].address - 0x10000) / 16;
        uint32_t length = 1;

        assert_true(token < TOKENS && w->out[token]);
        while (w->q.descriptors[at].flags & VIRTQ_NEXT) {
            at = w->q.descriptors[at].next;
            assert_true(at < w->q.size && length < 4);
            assert_int_equal(w->q.descriptors[at].address, 0x10000 + 16 * token + length++);
        }
        w->head[w->heads++] = head;
    }
}

static void give_back(struct world *w)
{
    if (w->heads) {
        uint32_t which = (uint32_t)random64() % w->heads;

        w->q.used->ring[w->q.used->index % w->q.size].id = w->head[which];
        w->q.used->ring[w->q.used->index % w->q.size].bytes = (uint32_t)random64() % 9;
        w->q.used->index++;
        w->head[which] = w->head[--w->heads];
    }
}

static enum virtq_result collect(struct world *w)
{
    struct virtq_done done;
    enum virtq_result result = virtq_collect(&w->q, &done);

    if (result == VIRTQ_OK) {
        assert_true(done.token < w->added && w->out[done.token]);
        assert_true(done.bytes <= 32);
        w->out[done.token] = 0;
        w->done++;
    }
    return result;
}

static void every_chain_comes_back_once(void **state)
{
    const uint32_t sizes[] = { SIZE, 100, 32, 4 };

    (void)state;
    for (uint32_t i = 0; i < 4; i++) {
        struct world *w = begin(sizes[i]);

        assert_int_equal(fake.size, sizes[i] >= SIZE ? SIZE : sizes[i]);
        while (w->added < TOKENS) {
            (void)add(w);
            take(w);
            if (random64() % 2) {
                give_back(w);
            }
            assert_int_not_equal(collect(w), VIRTQ_BROKEN);
        }
        while (w->heads) {
            give_back(w);
            assert_int_equal(collect(w), VIRTQ_OK);
        }
        assert_int_equal(collect(w), VIRTQ_NONE);
        assert_int_equal(w->done, TOKENS);
        assert_int_equal(w->q.free_count, w->q.size);
        end(w);
    }
}

static void a_full_queue_says_so(void **state)
{
    struct world *w = begin(SIZE);

    (void)state;
    for (uint32_t i = 0; i < 10000; i++) {
        uint16_t free_count = w->q.free_count;

        if (add(w) == VIRTQ_FULL) {
            assert_true(free_count < 4);
            take(w);
            give_back(w);
            assert_int_equal(collect(w), VIRTQ_OK);
        }
    }
    end(w);
}

static void a_queue_that_is_not_there_is_refused(void **state)
{
    struct virtio v = device();
    struct virtq q;

    (void)state;
    assert_false(virtq_open(&q, &v, 1, SIZE, NULL, 0));
    fake.max = 0;
    assert_false(virtq_open(&q, &v, 0, SIZE, NULL, 0));
    fake.max = SIZE;
    assert_false(virtq_open(&q, &v, 0, 2 * VIRTQ_SIZE_MAX, NULL, 0));
}

/* Whatever the device writes, what comes back was out, and nothing outside is touched. */
static void a_hostile_device_is_found_or_harmless(void **state)
{
    uint32_t broken = 0;

    (void)state;
    for (uint32_t round = 0; round < 2000; round++) {
        struct world *w = begin(SIZE);
        uint64_t before = w->added;

        for (uint32_t i = 0; i < 200; i++) {
            uint64_t random = random64();

            (void)add(w);
            w->q.used->index = (uint16_t)(random % 4 ? w->q.used->index + random % 3 : random >> 8);
            w->q.used->ring[random64() % w->q.size].id =
                (uint32_t)(random % 2 ? random64() % w->q.size : random64());
            w->q.used->ring[random64() % w->q.size].bytes = (uint32_t)(random64() % 64);
            w->q.used->flags = (uint16_t)random64();
            virtq_notify(&w->q);
            if (collect(w) == VIRTQ_BROKEN) {
                broken++;
                break;
            }
        }
        assert_true(w->added >= before && w->done <= w->added);
        end(w);
    }
    assert_true(broken > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_sides_features_are_agreed_on),
        cmocka_unit_test(a_device_that_does_not_obey_is_refused),
        cmocka_unit_test(a_configuration_that_never_rests_is_refused),
        cmocka_unit_test(registers_are_those_of_the_specification),
        cmocka_unit_test(every_chain_comes_back_once),
        cmocka_unit_test(a_full_queue_says_so),
        cmocka_unit_test(a_queue_that_is_not_there_is_refused),
        cmocka_unit_test(a_hostile_device_is_found_or_harmless),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
