/*
 * The program of a domain: start, one loop for calls and signals, and what waits.  A domain of one instance is one
 * translation unit; one of several is put together by the linker (link-time optimisation folds the direct calls).
 */
#include <inttypes.h>
#include <string.h>

#include "back.h"

const struct end *log_of(const struct model *model, const struct instance *i)
{
    for (EACH(struct end, e, &i->component->ends)) {
        if (e->kind == END_NEEDS && strcmp(e->name, "log") == 0 && e->interface &&
            strcmp(e->interface->name, "Console") == 0 && connection_from(model, i, e, 0)) {
            return e;
        }
    }
    return NULL;
}

static bool is_called(const struct model *model, const struct instance *i, const struct end *e)
{
    return e->kind == END_PROVIDES && count_at_server(model, i, e, TRANSPORT_RPC);
}

/* ---- what the instances have ---- */

static void prototypes(FILE *out, const struct model *model, const struct instance *i)
{
    fprintf(out,
            "void %s_start_(uint64_t generation);\nvoid %s_drain_(void);\n"
            "void %s_signal_(uint64_t bits_);\n",
            i->id, i->id, i->id);
    if (i->component->has_init) {
        fprintf(out, "void %s_init_(void);\n", i->id);
    }
    if (i->component->has_run) {
        fprintf(out, "int %s_run_(void);\n", i->id);
    }
    if (log_of(model, i)) {
        fprintf(out, "void %s_print_(const char *text, uint64_t bytes);\n", i->id);
    }
    for (EACH(struct end, e, &i->component->ends)) {
        if (is_called(model, i, e)) {
            fprintf(out,
                    "struct comp_answer %s_%s_call_(uint32_t connection_, struct tess_msg m_);\n",
                    i->id, e->name);
        }
    }
}

static void instances(FILE *out, const struct model *model, const struct domain *d)
{
    if (d->instances.count == 1) {
        const struct instance *i = AT(struct instance, &d->instances, 0);

        fprintf(out, "#define COMP_EXPORT COMP_INLINE\n#include \"%s/unit.c\"\n\n", i->id);
        return;
    }
    fprintf(out, "#include <comp/comp.h>\n\n");
    for (EACH(struct instance, i, &d->instances)) {
        prototypes(out, model, i);
    }
    fprintf(out, "\n");
}

/* ---- calls ---- */

static void dispatch_end(FILE *out, const struct model *model, const struct instance *i,
                         const struct end *e)
{
    uint32_t n = count_at_server(model, i, e, TRANSPORT_RPC);
    uint64_t first = 0;

    for (EACH_TO(c, model, i, e)) {
        if (c->transport == TRANSPORT_RPC && !first) {
            first = c->badge;
        }
    }
    if (n == 1) {
        fprintf(out, "    if (COMP_LIKELY(m_.badge == %" PRIu64 ")) {\n", first);
        fprintf(out, "        return %s_%s_call_(0, m_);\n    }\n", i->id, e->name);
        return;
    }
    fprintf(out, "    if (COMP_LIKELY(m_.badge - %" PRIu64 " < %u)) {\n", first, n);
    fprintf(out, "        return %s_%s_call_((uint32_t)(m_.badge - %" PRIu64 "), m_);\n    }\n",
            i->id, e->name, first);
}

static void dispatch(FILE *out, const struct model *model, const struct domain *d)
{
    fprintf(out, "COMP_INLINE struct comp_answer call_(struct tess_msg m_)\n{\n");
    for (EACH(struct instance, i, &d->instances)) {
        for (EACH(struct end, e, &i->component->ends)) {
            if (is_called(model, i, e)) {
                dispatch_end(out, model, i, e);
            }
        }
    }
    fprintf(out, "    return comp_refuse(m_, -1);\n}\n\n");
}

/* ---- signals ---- */

static void signals(FILE *out, const struct domain *d)
{
    fprintf(out, "const tess_cap comp_cap_slot = %u;\n", d->cap_slot == NONE ? 0 : d->cap_slot);
    fprintf(out, "uint64_t comp_pending;\n\nvoid comp_signal(uint64_t bits)\n{\n"
                 "    if (bits & COMP_BIT_PING) {\n        comp_beat();\n    }\n"
                 "    comp_pending |= bits;\n");
    for (EACH(struct instance, i, &d->instances)) {
        fprintf(out, "    %s_signal_(bits);\n", i->id);
    }
    fprintf(out, "}\n\n");
}

static bool waits(const struct domain *d)
{
    for (EACH(struct instance, i, &d->instances)) {
        for (EACH(struct end, e, &i->component->ends)) {
            if (e->kind == END_CONSUMES) {
                return true;
            }
        }
    }
    return false;
}

static bool is_swappable(const struct domain *d)
{
    return AT(struct instance, &d->instances, 0)->is_swappable;
}

/* Calls outside of the main loop. */
static void nested(FILE *out)
{
    fprintf(out, "static __attribute__((noinline)) struct comp_answer nested_(struct tess_msg m_)\n"
                 "{\n    return call_(m_);\n}\n\n");
}

/* The loop that ends when one of the bits has come. */
static void wait(FILE *out, bool swappable)
{
    fprintf(out,
            "bool comp_wait_until(uint64_t bits, uint64_t deadline)\n{\n"
            "    bool came_;\n\n%s"
            "    while (!(comp_pending & bits)) {\n"
            "        struct tess_msg m_ = comp_take(deadline);\n\n"
            "        if (tess_msg_err(m_.tag) == TESS_TIMEOUT) {\n"
            "            break;\n        }\n"
            "        comp_reply(nested_(m_));\n    }\n%s"
            "    came_ = comp_pending & bits;\n"
            "    comp_pending &= ~bits;\n    return came_;\n}\n\n",
            swappable ? "    comp_depth++;\n" : "", swappable ? "    comp_depth--;\n" : "");
}

static void settle(FILE *out, const char *id)
{
    fprintf(out,
            "void comp_settle(void)\n{\n"
            "    static const struct comp_swap swap = { %s_is_quiet_, %s_hand_over_, nested_ };\n\n"
            "    comp_become_quiet(&swap);\n}\n\n",
            id, id);
}

/* ---- start ---- */

static void runs(FILE *out, const struct domain *d)
{
    bool has_run = false;

    for (EACH(struct instance, i, &d->instances)) {
        has_run |= i->component->has_run;
    }
    if (!has_run) {
        return;
    }
    fprintf(out, "    int result = 0;\n\n");
    for (EACH(struct instance, i, &d->instances)) {
        if (i->component->has_run) {
            fprintf(out, "    result |= %s_run_();\n", i->id);
        }
    }
    fprintf(out, "    comp_finish(result);\n");
}

/* How deep the direct calls of an instance go: who is called is initialised before its callers. */
static uint32_t depth_of(const struct model *model, const struct instance *i, uint32_t limit)
{
    uint32_t depth = 0;

    for (EACH(struct connection, c, &model->connections)) {
        if (c->transport == TRANSPORT_DIRECT && c->from == i && c->to != i && limit) {
            uint32_t below = depth_of(model, c->to, limit - 1) + 1;

            depth = below > depth ? below : depth;
        }
    }
    return depth;
}

static void inits(FILE *out, const struct model *model, const struct domain *d)
{
    uint32_t limit = d->instances.count;

    for (uint32_t depth = 0; depth <= limit; depth++) {
        for (EACH(struct instance, i, &d->instances)) {
            if (i->component->has_init && depth_of(model, i, limit) == depth) {
                fprintf(out, "    %s_init_();\n", i->id);
            }
        }
    }
}

/* A client of a queue waits before its init. */
static bool has_queue(const struct model *model, const struct domain *d)
{
    for (EACH(struct connection, c, &model->connections)) {
        if (c->transport == TRANSPORT_QUEUE && c->from->domain == d) {
            return true;
        }
    }
    return false;
}

static void start(FILE *out, const struct model *model, const struct domain *d)
{
    if (has_queue(model, d)) {
        fprintf(out, "extern uint64_t comp_early;\n");
    }
    fprintf(out, "_Noreturn void comp_main(uint64_t generation)\n{\n");
    if (d->cap_slot != NONE) {
        fprintf(out, "    tess_ipc_receive_at(%u);\n", d->cap_slot);
    }
    for (EACH(struct instance, i, &d->instances)) {
        fprintf(out, "    %s_start_(generation);\n", i->id);
    }
    inits(out, model, d);
    fprintf(out, "%s    comp_running();\n", is_swappable(d) ? "    comp_trial();\n" : "");
    for (EACH(struct instance, i, &d->instances)) {
        fprintf(out, "    %s_drain_();\n", i->id);
    }
    if (has_queue(model, d)) {
        fprintf(out, "    comp_signal(comp_early);\n");
    }
    runs(out, d);
    fprintf(out, is_swappable(d) ? "    comp_depth = 0;\n" : "");
    fprintf(out, "    struct tess_msg m_ = tess_recv(COMP_SLOT_ENDPOINT, 0);\n\n"
                 "    for (;;) {\n        m_ = comp_next(call_(m_));\n    }\n}\n");
}

void emit_domain(FILE *out, const struct model *model, const struct domain *d)
{
    fprintf(out, "/* Domain %s: written by compose. */\n#include <comp/comp.h>\n\n", d->name);
    instances(out, model, d);
    dispatch(out, model, d);
    signals(out, d);
    if (waits(d) || is_swappable(d)) {
        nested(out);
    }
    if (waits(d)) {
        wait(out, is_swappable(d));
    }
    if (is_swappable(d)) {
        settle(out, domain_id(d));
    }
    for (EACH(struct instance, i, &d->instances)) {
        if (log_of(model, i)) {
            fprintf(out,
                    "void tess_print(const char *text, uint64_t bytes)\n{\n"
                    "    %s_print_(text, bytes);\n}\n\n",
                    i->id);
            break;
        }
    }
    start(out, model, d);
}
