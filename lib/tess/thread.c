#include <tess/invoke.h>
#include <tess/start.h>
#include <tess/thread.h>
#include <tess/time.h>

#define PERIOD_NS 10000000u /* 10 ms, when the creator does not care */
#define SETTLE_NS 100000u   /* how often a passive thread's start is looked at */

static _Noreturn void thread_entry(struct tess_thread *t)
{
    t->main(t->argument);
    for (;;) {
        (void)tess_thread_suspend(t->tcb);
    }
}

/* Lay out stack, thread-local storage and IPC buffer in the thread's memory. */
static void thread_layout(struct tess_thread *t)
{
    uint64_t ipc = t->base + t->bytes - sizeof(struct tess_ipc_buffer);

    t->ipc = (struct tess_ipc_buffer *)ipc;
    t->tls = (ipc - tess_tls_bytes()) & ~63ull;
    t->stack_top = t->tls;
    tess_tls_init((void *)t->tls, t->ipc);
}

static enum tess_err thread_configure(struct tess_env *env, struct tess_thread *t,
                                      const struct tess_thread_config *c)
{
    uint64_t period = c->period ? c->period : tess_ticks_of_ns(PERIOD_NS);
    enum tess_err err = tess_thread_configure(t->tcb, env->cnode, env->vspace, c->fault, t->frame,
                                              t->bytes - sizeof(struct tess_ipc_buffer), c->flags);

    if (!err) {
        err = tess_thread_set_priority(t->tcb, c->priority, c->ceiling ? c->ceiling : c->priority);
    }
    if (!err) {
        err = tess_budget_configure(t->budget, env->cpu, c->budget ? c->budget : period, period);
    }
    if (!err && !c->passive) {
        err = tess_budget_bind(t->budget, t->tcb);
    }
    if (!err && c->name) {
        err = tess_thread_name(t->tcb, c->name);
    }
    return err;
}

enum tess_err tess_thread_create(struct tess_env *env, struct tess_thread *t,
                                 const struct tess_thread_config *config)
{
    uint64_t stack = config->stack_bytes ? config->stack_bytes : TESS_STACK_DEFAULT;
    uint64_t bytes = stack + tess_tls_bytes() + 64 + sizeof(struct tess_ipc_buffer);
    void *base;
    enum tess_err err;

    *t = (struct tess_thread){ .passive = config->passive };
    t->bytes = (bytes + TESS_PAGE - 1) & ~(uint64_t)(TESS_PAGE - 1);
    env->address += TESS_PAGE;
    err = tess_alloc(env, TESS_TYPE_thread, 0, &t->tcb);
    if (!err) {
        err = tess_alloc(env, TESS_TYPE_budget, 0, &t->budget);
    }
    if (!err) {
        err = tess_alloc_memory(env, t->bytes, &t->frame, &base);
        t->frame = err ? 0 : t->frame;
    }
    if (!err) {
        t->base = (uint64_t)base;
        thread_layout(t);
        err = thread_configure(env, t, config);
    }
    if (err) {
        tess_thread_destroy(env, t);
    }
    return err;
}

/* Wait until the thread waits for a message. */
static enum tess_err thread_settle(struct tess_env *env, struct tess_thread *t)
{
    for (;;) {
        struct tess_thread_info info;
        enum tess_err err = tess_thread_info(t->tcb, &info);

        if (err || info.state == TESS_THREAD_RECV || info.state == TESS_THREAD_WAIT) {
            return err;
        }
        if (info.state == TESS_THREAD_SUSPENDED) {
            return TESS_STATE;
        }
        tess_sleep_until(env, tess_deadline_ns(SETTLE_NS));
    }
}

enum tess_err tess_thread_run(struct tess_env *env, struct tess_thread *t,
                              void (*main)(void *argument), void *argument)
{
    enum tess_err err = TESS_OK;

    t->main = main;
    t->argument = argument;
    if (t->passive) {
        err = tess_budget_bind(t->budget, t->tcb);
    }
    if (!err) {
        err = tess_thread_start(t->tcb, (uint64_t)thread_entry, t->stack_top, (uint64_t)t, t->tls);
    }
    if (!err && t->passive) {
        err = thread_settle(env, t);
        (void)tess_budget_unbind(t->budget);
    }
    return err;
}

void tess_thread_destroy(struct tess_env *env, struct tess_thread *t)
{
    tess_cap caps[] = { t->tcb, t->budget, t->frame };

    for (unsigned i = 0; i < sizeof caps / sizeof caps[0]; i++) {
        if (caps[i]) {
            (void)tess_free(env, caps[i]);
        }
    }
    *t = (struct tess_thread){ 0 };
}
