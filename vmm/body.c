/* A guest's objects are made; see body.h. */
#include "body.h"

#include <string.h>
#include <tess/invoke.h>
#include <tess/thread.h>
#include <tess/time.h>

#define BLOCK         (2ull << 20) /* what the hardware maps in one entry */
#define RAM_PRIORITY  100          /* of a monitor */
#define RAM_BUDGET_NS 100000u      /* in twice that */
#define RWX           (TESS_RIGHT_READ | TESS_RIGHT_WRITE | TESS_RIGHT_EXEC)

/* Map it into the guest; what the monitor gets is another capability of it: each maps it at one place. */
static enum tess_err map(struct tess_env *env, const struct body *b, tess_cap frame, uint64_t at,
                         uint64_t rights)
{
    uint64_t second;
    enum tess_err err = tess_slot_alloc(env->slots, &second);

    err = err ? err : tess_cnode_copy(env->cnode, 0, frame, second, rights);
    return err ? err
               : tess_map_at(env, second, b->object[BODY_VSPACE], at, rights, TESS_ATTR_NORMAL);
}

static enum tess_err make_ram(struct tess_env *env, struct body *b)
{
    uint64_t slot;
    enum tess_err err = TESS_NOMEM;

    /* memory in blocks of the hardware's: both address spaces map it with few entries, and the guest misses the TLB less */
    for (unsigned i = 0; i < env->pool->count && err; i++) {
        const struct tess_pool_item *u = &env->pool->item[i];
        struct tess_untyped_info info;

        if (u->device || tess_untyped_info(u->cap, &info)) {
            continue;
        }
        uint64_t at = ((u->paddr + info.used + BLOCK - 1) & -BLOCK) - u->paddr;
        if (at >= u->bytes || b->shape.ram_bytes > u->bytes - at ||
            tess_slot_alloc(env->slots, &slot)) {
            continue;
        }
        b->object[BODY_RAM] = slot;
        err = tess_untyped_retype(u->cap, TESS_TYPE_frame, b->shape.ram_bytes, 0, slot, 1, at);
    }
    return err ? err : map(env, b, b->object[BODY_RAM], RAM_AT, RWX);
}

struct ram_order {
    struct tess_env *env;
    struct body *body;
    tess_cap done;
    enum tess_err err;
};

static void ram_main(void *argument)
{
    struct ram_order *o = argument;

    o->err = make_ram(o->env, o->body);
    (void)tess_signal(o->done);
}

/* To fill 128 MiB with zeros takes milliseconds: with half the CPU, lest other guests pay for it. */
static enum tess_err make_ram_throttled(struct tess_env *env, struct body *b)
{
    struct tess_thread_config config = { .priority = RAM_PRIORITY,
                                         .budget = tess_ticks_of_ns(RAM_BUDGET_NS),
                                         .period = tess_ticks_of_ns(2 * RAM_BUDGET_NS),
                                         .name = "ram" };
    struct ram_order order = { .env = env, .body = b, .err = TESS_NOMEM };
    struct tess_thread worker;
    enum tess_err err = tess_alloc(env, TESS_TYPE_notification, 0, &order.done);

    err = err ? err : tess_thread_create(env, &worker, &config);
    if (err) {
        return err;
    }
    err = tess_thread_run(env, &worker, ram_main, &order);
    if (!err) {
        (void)tess_wait(order.done, 0, &err);
    }
    tess_thread_destroy(env, &worker);
    return err ? err : order.err;
}

/* Registers that the guest may read; what it writes there is an exit. */
static enum tess_err make_pages(struct tess_env *env, struct body *b)
{
    enum tess_err err =
        tess_alloc(env, TESS_TYPE_frame, DEVICES_MAX * VIRTIO_BYTES, &b->object[BODY_PAGES]);

    return err ? err : map(env, b, b->object[BODY_PAGES], VIRTIO_AT, TESS_RIGHT_READ);
}

static enum tess_err make_cpu(struct tess_env *env, tess_cap exits, struct body *b, unsigned i)
{
    tess_cap *thread = &b->object[BODY_THREAD + 2 * i], *vcpu = &b->object[BODY_VCPU + 2 * i];
    uint64_t slice = tess_ticks_of_ns(b->shape.slice_ns), fault;
    tess_cap budget;
    enum tess_err err = tess_alloc(env, TESS_TYPE_thread, 0, thread);

    err = err ? err : tess_alloc(env, TESS_TYPE_vcpu, 0, vcpu);
    err = err ? err : tess_alloc(env, TESS_TYPE_budget, 0, &budget);
    err = err ? err : tess_slot_alloc(env->slots, &fault);
    err = err ? err : tess_cnode_mint(env->cnode, 0, exits, fault, TESS_RIGHT_SEND, BODY_BADGE(i));
    err = err ? err : tess_thread_configure(*thread, 0, b->object[BODY_VSPACE], fault, 0, 0, 0);
    err = err ? err : tess_thread_set_priority(*thread, b->shape.priority, b->shape.priority);
    err = err ? err : tess_budget_configure(budget, env->cpu, slice, slice);
    err = err ? err : tess_budget_bind(budget, *thread);
    err = err ? err : tess_vcpu_bind(*vcpu, *thread);
    return err || i == 0 ? err : tess_vcpu_join(*vcpu, b->object[BODY_VCPU]);
}

/* The kernel puts the virtual CPU interface there if it is memory. */
static enum tess_err make_interface(struct tess_env *env, struct body *b)
{
    enum tess_err err, more = TESS_OK;

    do {
        err = tess_vcpu_interface(b->object[BODY_VCPU], GICC_AT, &b->gic);
        if (err == TESS_NOMEM) {
            more = tess_donate(env, b->object[BODY_VSPACE]);
        }
    } while (err == TESS_NOMEM && !more);
    return err;
}

enum tess_err body_make(struct tess_env *env, tess_cap exits, const struct body_shape *shape,
                        struct body *out)
{
    enum tess_err err;

    memset(out, 0, sizeof *out);
    out->shape = *shape;
    if (shape->ram_bytes % BLOCK || shape->cpus == 0 || shape->cpus > CPUS_MAX) {
        return TESS_ARG;
    }
    err = tess_alloc(env, TESS_TYPE_vspace, 0, &out->object[BODY_VSPACE]);
    err = err ? err : tess_vspace_guest(out->object[BODY_VSPACE]);
    err = err || shape->ram_bytes == 0 ? err : make_ram_throttled(env, out);
    err = err ? err : make_pages(env, out);
    for (unsigned i = 0; i < shape->cpus && !err; i++) {
        err = make_cpu(env, exits, out, i);
    }
    err = err ? err : make_interface(env, out);
    out->when = tess_now();
    return err;
}
