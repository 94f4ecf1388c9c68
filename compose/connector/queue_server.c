/*
 * queue, the server's side: what is in a request is looked at before the component's function sees any of it.  An
 * asynchronous end begins, and finishes when it likes; one that is not is called, and its request finished at once.
 */
#include <inttypes.h>

#include "table.h"

/* ---- in the header ---- */

static uint32_t result_words(const struct interface *i)
{
    uint32_t most = 0;

    for (EACH(struct method, m, &i->methods)) {
        most = scalar_words(m, true) > most ? scalar_words(m, true) : most;
    }
    return most;
}

/* ", uint64_t lba, uint32_t n, void *buf, uint64_t buf_address" */
static void begin_params(FILE *out, const struct end *e, const struct method *m)
{
    for (EACH(struct param, p, &m->params)) {
        if (p->is_lend) {
            fprintf(out, ", %svoid *%s", p->is_out ? "" : "const ", p->name);
            if (e->is_dma) {
                fprintf(out, ", uint64_t %s_address", p->name);
            }
        } else if (!p->is_out) {
            fprintf(out, ", %s %s", c_type(&p->type), p->name);
        }
    }
}

/* "words_, N" behind the declaration of the words of the results. */
static const char *results(FILE *out, const struct method *m, const char *indent)
{
    uint32_t count = scalar_words(m, true);

    if (!count) {
        return "NULL, 0";
    }
    fprintf(out, "%sconst uint64_t words_[] = {", indent);
    for (uint32_t i = 0; i < count; i++) {
        for (EACH(struct param, p, &m->params)) {
            if (p->is_out && p->word == i) {
                fprintf(out, " %s,", c_word(&p->type, p->name));
            }
        }
    }
    fprintf(out, " };\n\n");
    return text_format("words_, %u", count);
}

/* finish of the methods without results, and of one with results. */
static void finish(FILE *out, const struct end *e, const struct method *m, uint32_t connections)
{
    const char *arguments = "NULL, 0";

    fprintf(out, "COMP_INLINE void %s%s%s_finish(struct self *self, uint32_t id, enum tess_err err",
            e->name, m ? "_" : "", m ? m->name : "");
    if (m) {
        for (EACH(struct param, p, &m->params)) {
            if (p->is_out && is_scalar(p)) {
                fprintf(out, ", %s %s", c_type(&p->type), p->name);
            }
        }
    }
    fprintf(out, ")\n{\n");
    if (m) {
        arguments = results(out, m, "    ");
    }
    fprintf(
        out,
        "    (void)self;\n    if (id < %u * COMP_QUEUE_DEPTH) {\n"
        "        comp_queue_finish(&%s_queue_[id / COMP_QUEUE_DEPTH], id, err, %s);\n    }\n}\n",
        connections, e->name, m ? text_format("err ? NULL : %s", arguments) : arguments);
}

void queue_provides(FILE *out, const struct model *model, const struct instance *i,
                    const struct end *e)
{
    uint32_t n = count_at_server(model, i, e, TRANSPORT_QUEUE);

    if (n || e->is_async) {
        fprintf(out, "static struct comp_queue_server %s_queue_[%u];\n", e->name, n ? n : 1);
    }
    if (!e->is_async) {
        return;
    }
    fprintf(out, "#define %s_DEPTH %uu\n", c_upper(e->name), n * COMP_QUEUE_DEPTH);
    for (EACH(struct method, m, &e->interface->methods)) {
        fprintf(out,
                "COMP_UNUSED static enum tess_err %s_%s_begin(struct self *self%s, uint32_t id",
                e->name, m->name, e->count ? ", uint32_t element" : "");
        begin_params(out, e, m);
        fprintf(out, ");\n");
        if (scalar_words(m, true)) {
            finish(out, e, m, n);
        }
    }
    finish(out, e, NULL, n);
}

/* ---- requests ---- */

static void leave_if(FILE *out, const char *condition)
{
    fprintf(out, "        if (COMP_UNLIKELY(%s)) {\n            break;\n        }\n", condition);
}

/* The lent bytes lie inside the buffer; the last word is their offset. */
static void check_lent(FILE *out, const struct param *p, uint32_t offset)
{
    const char *bytes = text_format("%" PRIu64 "u", p->extent.factor);

    if (p->extent.of) {
        const char *value =
            text_format("(uint64_t)(%s)m_.w[%u]", c_type(&p->extent.of->type), p->extent.of->word);

        leave_if(out, text_format("%s > %" PRIu64 "u", value, extent_limit(p)));
        bytes = text_format("%s * %" PRIu64 "u", value, p->extent.factor);
    }
    leave_if(out, text_format("m_.w[%u] > at_->buffer_bytes || %s > at_->buffer_bytes - m_.w[%u]",
                              offset, bytes, offset));
}

static void check_request(FILE *out, const struct method *m)
{
    uint32_t scalars = scalar_words(m, false), lends = 0;

    for (EACH(struct param, p, &m->params)) {
        lends += p->is_lend;
    }
    leave_if(out, text_format("!comp_queue_message(r_, %u, &m_)", scalars + lends));
    for (EACH(struct param, p, &m->params)) {
        if (p->is_lend) {
            check_lent(out, p, scalars);
        } else if (!p->is_out && p->type.kind == TYPE_BOOL) {
            leave_if(out, text_format("m_.w[%u] > 1", p->word));
        }
    }
}

static void arguments(FILE *out, const struct end *e, const struct method *m)
{
    uint32_t offset = scalar_words(m, false);

    for (EACH(struct param, p, &m->params)) {
        if (p->is_lend) {
            fprintf(out, ", (void *)(at_->buffer + m_.w[%u])", offset);
            if (e->is_dma) {
                fprintf(out, ", %s_physical_[connection_] + m_.w[%u]", e->name, offset);
            }
        } else if (!p->is_out) {
            fprintf(out, ", %s", c_value(&p->type, p->word));
        } else if (!e->is_async) {
            fprintf(out, ", &%s", p->name);
        }
    }
    fprintf(out, ");\n");
}

static void serve(FILE *out, const struct end *e, const struct method *m)
{
    const char *element = e->count ? text_format(", %s_queue_element_[connection_]", e->name) : "";

    if (e->is_async) {
        fprintf(out, "        return %s_%s_begin(&self_%s, id_", e->name, m->name, element);
        arguments(out, e, m);
        return;
    }
    for (EACH(struct param, p, &m->params)) {
        if (p->is_out && is_scalar(p)) {
            fprintf(out, "        %s %s = 0;\n", c_type(&p->type), p->name);
        }
    }
    fprintf(out, "        enum tess_err err_ = %s_%s(&self_%s", e->name, m->name, element);
    arguments(out, e, m);
    fprintf(out, "        if (err_) {\n            return err_;\n        }\n");
    const char *words = results(out, m, "        ");
    fprintf(out,
            "        comp_queue_finish(&%s_queue_[connection_], id_, TESS_OK, %s);\n"
            "        return TESS_OK;\n",
            e->name, words);
}

static void requests(FILE *out, const struct model *model, const struct connection *c)
{
    const struct end *e = c->to_end;

    if (e->is_dma) {
        fprintf(out, "static uint64_t %s_physical_[%u];\n", e->name,
                count_at_server(model, c->to, e, TRANSPORT_QUEUE));
    }
    c_element_table(out, model, c);
    fprintf(out,
            "static enum tess_err %s_request_(uint32_t id_, const struct ring_record *r_)\n{\n"
            "    const uint32_t connection_ = id_ / COMP_QUEUE_DEPTH;\n"
            "    const struct comp_queue_at *const at_ = %s_queue_[connection_].at;\n"
            "    struct tess_msg m_;\n\n    switch (ring_tag(r_)) {\n",
            e->name, e->name);
    for (EACH(struct method, m, &e->interface->methods)) {
        fprintf(out, "    case %u: { /* %s */\n", m->number, m->name);
        check_request(out, m);
        serve(out, e, m);
        fprintf(out, "    }\n");
    }
    fprintf(out, "    }\n    return comp_blame(at_->watch, TESS_PROTOCOL);\n}\n");
}

/* ---- one connection ---- */

static void attach(FILE *out, const struct model *model, const struct connection *c)
{
    uint32_t index = index_at_server(model, c);
    const char *name = text_format("%s_%u", c->to_end->name, index);
    const char *queue = text_format("%s_queue_[%u]", c->to_end->name, index);

    fprintf(out, "static const struct comp_queue_at %s_at_ = ", name);
    queue_at(out, c, false);
    fprintf(out,
            "static void %s_attach_(uint64_t generation)\n{\n    %s.at = &%s_at_;\n"
            "    %s.results_max = %u;\n    %s.first = %u * COMP_QUEUE_DEPTH;\n"
            "    %s.handle = %s_request_;\n",
            name, queue, name, queue, result_words(c->to_end->interface), queue, index, queue,
            c->to_end->name);
    if (c->queue->address_slot != NONE) {
        fprintf(out,
                "    if (tess_frame_address(%u, &%s_physical_[%u], 0)) {\n"
                "        __builtin_trap();\n    }\n",
                c->queue->address_slot, c->to_end->name, index);
    }
    fprintf(out, "    comp_queue_take_up(&%s, generation);\n}\n", queue);
}

void queue_to(FILE *out, const struct model *model, const struct connection *c)
{
    if (index_at_server(model, c) == 0) {
        fprintf(out, "\n/* %s: queue */\n", c->to_end->name);
        requests(out, model, c);
    }
    attach(out, model, c);
}
