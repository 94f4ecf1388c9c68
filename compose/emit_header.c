/* The header of an instance: what its source sees of the ends, configs and keeps of its component. */
#include <inttypes.h>
#include <string.h>

#include "back.h"
#include "connector/table.h"

static bool is_listed(const struct list *list, const void *item)
{
    for (EACH(void, other, list)) {
        if (other == item) {
            return true;
        }
    }
    return false;
}

static const char *element_param(const struct end *e)
{
    return e->count ? ", uint32_t element" : "";
}

static void ignore_params(FILE *out, const struct method *m)
{
    fprintf(out, "        (void)self;\n");
    for (EACH(struct param, p, &m->params)) {
        fprintf(out, "        (void)%s;\n", p->name);
        if (p->type.kind == TYPE_BYTES && !p->is_lend) {
            fprintf(out, "        (void)%s_bytes;\n", p->name);
        }
    }
}

/* ---- which elements are connected ---- */

static void connected(FILE *out, const struct model *model, const struct instance *i,
                      const struct end *e,
                      bool (*is)(const struct model *, const struct instance *, const struct end *,
                                 uint32_t))
{
    if (!e->count) {
        fprintf(out, "COMP_INLINE bool %s_connected(void)\n{\n    return %s;\n}\n", e->name,
                is(model, i, e, 0) ? "true" : "false");
        return;
    }
    fprintf(out, "#define %s_COUNT %u\n", c_upper(e->name), e->count);
    fprintf(out, "COMP_INLINE bool %s_connected(uint32_t element)\n{\n    switch (element) {\n",
            e->name);
    for (uint32_t k = 0; k < e->count; k++) {
        if (is(model, i, e, k)) {
            fprintf(out, "    case %u:\n", k);
        }
    }
    fprintf(out, "    default:\n        return false;\n    }\n}\n");
}

static bool is_from(const struct model *model, const struct instance *i, const struct end *e,
                    uint32_t element)
{
    return connection_from(model, i, e, element) != NULL;
}

/* ---- needs: calls ---- */

static void method_of_one(FILE *out, const struct connection *c, const struct end *e,
                          const struct method *m)
{
    fprintf(out, "COMP_INLINE enum tess_err %s_%s(struct self *self", e->name, m->name);
    c_params(out, m);
    fprintf(out, ")\n{\n");
    if (c) {
        fprintf(out, "    return %s_%u_%s_(self", e->name, c->from_element, m->name);
        c_args(out, m);
        fprintf(out, ");\n}\n");
        return;
    }
    ignore_params(out, m);
    fprintf(out, "        return TESS_CAP;\n}\n");
}

static void method_of_array(FILE *out, const struct model *model, const struct instance *i,
                            const struct end *e, const struct method *m)
{
    fprintf(out, "COMP_INLINE enum tess_err %s_%s(struct self *self, uint32_t element", e->name,
            m->name);
    c_params(out, m);
    fprintf(out, ")\n{\n    switch (element) {\n");
    for (uint32_t k = 0; k < e->count; k++) {
        if (connection_from(model, i, e, k)) {
            fprintf(out, "    case %u:\n        return %s_%u_%s_(self", k, e->name, k, m->name);
            c_args(out, m);
            fprintf(out, ");\n");
        }
    }
    fprintf(out, "    default:\n");
    ignore_params(out, m);
    fprintf(out, "        return TESS_CAP;\n    }\n}\n");
}

static void handlers(FILE *out, const struct end *e)
{
    for (EACH(struct constant, event, &e->interface->events)) {
        fprintf(out, "COMP_UNUSED static void %s_%s_handle(struct self *self%s);\n", e->name,
                event->name, element_param(e));
    }
}

/* For ends written by hand: the slot to call, and the buffer. */
static void by_hand(FILE *out, const struct end *e, const struct connection *c, uint32_t slot,
                    uint64_t buffer)
{
    if (!c || e->count || c->transport != TRANSPORT_RPC) {
        return;
    }
    if (slot != NONE) {
        fprintf(out, "#define %s_SLOT %u\n", c_upper(e->name), slot);
    }
    if (buffer) {
        fprintf(out, "#define %s_BUFFER 0x%" PRIx64 "ull\n", c_upper(e->name), buffer);
    }
}

static void needs(FILE *out, const struct model *model, const struct instance *i,
                  const struct end *e)
{
    const struct connection *first = connection_from(model, i, e, 0);

    connected(out, model, i, e, is_from);
    by_hand(out, e, first, first ? first->from_slot : NONE, first ? first->from_at : 0);
    for (EACH_FROM(c, model, i, e)) {
        if (transports[c->transport].from) {
            transports[c->transport].from(out, model, c);
        }
    }
    for (EACH_TO(c, model, i, e)) {
        transports[c->transport].to(out, model, c);
    }
    if (e->is_async) {
        queue_needs(out, model, i, e);
    }
    for (EACH(struct method, m, &e->interface->methods)) {
        if (e->count) {
            method_of_array(out, model, i, e, m);
        } else {
            method_of_one(out, connection_from(model, i, e, 0), e, m);
        }
    }
    handlers(out, e);
}

/* ---- provides ---- */

static void emit_event(FILE *out, const struct model *model, const struct instance *i,
                       const struct end *e, const struct constant *event, uint32_t number)
{
    fprintf(out, "COMP_INLINE void %s_%s_emit(struct self *self%s)\n{\n    (void)self;\n", e->name,
            event->name, element_param(e));
    if (e->count) {
        fprintf(out, "    (void)element;\n");
    }
    for (EACH_TO(c, model, i, e)) {
        if (c->event_slot == NONE && c->transport != TRANSPORT_DIRECT) {
            continue;
        }
        if (e->count) {
            fprintf(out, "    if (element == %u)\n    ", c->to_element);
        }
        if (c->transport == TRANSPORT_DIRECT) {
            fprintf(out, "    { extern void %s_%s_%u_%s_direct_(void); %s_%s_%u_%s_direct_(); }\n",
                    c->from->id, c->from_end->name, c->from_element, event->name, c->from->id,
                    c->from_end->name, c->from_element, event->name);
        } else {
            fprintf(out, "    (void)tess_signal(%u);\n", c->event_slot + number);
        }
    }
    fprintf(out, "}\n");
}

static void provides(FILE *out, const struct model *model, const struct instance *i,
                     const struct end *e)
{
    const struct connection *first = next_to(model, i, e, NULL);
    uint32_t number = 0;

    by_hand(out, e, first, NONE, first ? first->to_at : 0);
    if (e->count) {
        fprintf(out, "#define %s_COUNT %u\n", c_upper(e->name), e->count);
    }
    queue_provides(out, model, i, e);
    for (EACH(struct method, m, &e->interface->methods)) {
        if (e->is_async) {
            break;
        }
        fprintf(out, "COMP_UNUSED static enum tess_err %s_%s(struct self *self%s", e->name, m->name,
                element_param(e));
        c_params(out, m);
        fprintf(out, ");\n");
    }
    for (EACH(struct constant, event, &e->interface->events)) {
        emit_event(out, model, i, e, event, number++);
    }
}

/* ---- signals ---- */

static void emits(FILE *out, const struct model *model, const struct instance *i,
                  const struct end *e)
{
    connected(out, model, i, e, is_from);
    fprintf(out, "COMP_INLINE void %s_emit(struct self *self%s)\n{\n    (void)self;\n", e->name,
            element_param(e));
    if (e->count) {
        fprintf(out, "    (void)element;\n");
    }
    for (EACH_FROM(c, model, i, e)) {
        if (e->count) {
            fprintf(out, "    if (element == %u)\n    ", c->from_element);
        }
        transports[c->transport].from(out, model, c);
    }
    fprintf(out, "}\n");
}

static bool is_to(const struct model *model, const struct instance *i, const struct end *e,
                  uint32_t element)
{
    for (EACH_TO(c, model, i, e)) {
        if (c->to_element == element) {
            return true;
        }
    }
    return false;
}

/* The bits of the elements, as a function of the element; 0: not connected. */
static void bits(FILE *out, const struct model *model, const struct instance *i,
                 const struct end *e,
                 bool (*is)(const struct model *, const struct instance *, const struct end *,
                            uint32_t))
{
    const char *upper = c_upper(e->name);

    fprintf(out, "COMP_INLINE uint64_t %s_bits_(uint32_t element)\n{\n    switch (element) {\n",
            e->name);
    for (uint32_t k = 0; k < (e->count ? e->count : 1); k++) {
        if (is(model, i, e, k)) {
            fprintf(out, "    case %u:\n        return %s_BIT_%u_;\n", k, upper, k);
        }
    }
    fprintf(out, "    default:\n        return 0;\n    }\n}\n");
}

static void consumes(FILE *out, const struct model *model, const struct instance *i,
                     const struct end *e)
{
    const char *element = e->count ? "element" : "0";

    connected(out, model, i, e, is_to);
    for (EACH_TO(c, model, i, e)) {
        transports[c->transport].to(out, model, c);
    }
    bits(out, model, i, e, is_to);
    if (!e->is_polled) {
        fprintf(out, "COMP_UNUSED static void %s_handle(struct self *self%s);\n", e->name,
                element_param(e));
    }
    fprintf(out,
            "COMP_INLINE bool %s_poll(struct self *self%s)\n{\n    (void)self;\n"
            "    return comp_poll(%s_bits_(%s));\n}\n",
            e->name, element_param(e), e->name, element);
    fprintf(out,
            "COMP_INLINE bool %s_wait_until(struct self *self%s, uint64_t deadline)\n{\n"
            "    (void)self;\n    return comp_wait_until(%s_bits_(%s), deadline);\n}\n",
            e->name, element_param(e), e->name, element);
    fprintf(out,
            "COMP_INLINE void %s_wait(struct self *self%s)\n{\n    (void)self;\n"
            "    const uint64_t bits_ = %s_bits_(%s);\n\n"
            "    if (bits_) {\n        (void)comp_wait_until(bits_, 0);\n    }\n}\n",
            e->name, element_param(e), e->name, element);
}

static void irq(FILE *out, const struct model *model, const struct instance *i, const struct end *e)
{
    connected(out, model, i, e, is_from);
    for (EACH_FROM(c, model, i, e)) {
        transports[c->transport].from(out, model, c);
    }
    fprintf(out, "COMP_UNUSED static void %s_handle(struct self *self%s);\n", e->name,
            element_param(e));
    fprintf(out, "COMP_INLINE void %s_ack(struct self *self%s)\n{\n    (void)self;\n", e->name,
            element_param(e));
    for (EACH_FROM(c, model, i, e)) {
        if (e->count) {
            fprintf(out, "    if (element == %u)\n    ", c->from_element);
        }
        fprintf(out, "    (void)tess_irq_ack(%s_SLOT_%u_);\n", c_upper(e->name), c->from_element);
    }
    fprintf(out, "}\n");
}

/* ---- memory ---- */

static void shares(FILE *out, const struct model *model, const struct instance *i,
                   const struct end *e)
{
    const struct connection *from = connection_from(model, i, e, 0);
    const struct connection *to = next_to(model, i, e, NULL);
    const char *type = e->structure ? text_format("struct %s", e->structure->name) : "uint8_t";
    const char *constant = e->is_readonly ? "const " : "";

    if (from) {
        transports[from->transport].from(out, model, from);
    } else if (to) {
        transports[to->transport].to(out, model, to);
    } else {
        fprintf(out, "#define %s_AT_ 0ull\n", c_upper(e->name));
    }
    if (!e->structure) {
        fprintf(out, "#define %s_BYTES %" PRIu64 "u\n", c_upper(e->name), e->bytes);
    }
    fprintf(out, "COMP_INLINE bool %s_connected(void)\n{\n    return %s;\n}\n", e->name,
            from || to ? "true" : "false");
    fprintf(out,
            "COMP_INLINE %svolatile %s *%s(struct self *self)\n{\n    (void)self;\n"
            "    return (%svolatile %s *)%s_AT_;\n}\n",
            constant, type, e->name, constant, type, c_upper(e->name));
}

static void mmio(FILE *out, const struct model *model, const struct instance *i,
                 const struct end *e)
{
    const char *upper = c_upper(e->name);
    uint64_t bytes = 0;

    connected(out, model, i, e, is_from);
    for (EACH_FROM(c, model, i, e)) {
        transports[c->transport].from(out, model, c);
        bytes = c->to_end->bytes;
    }
    fprintf(out, "#define %s_BYTES %" PRIu64 "u\n", upper, bytes);
    fprintf(out, "COMP_INLINE volatile uint8_t *%s(struct self *self%s)\n{\n    (void)self;\n",
            e->name, element_param(e));
    fprintf(out, "    switch (%s) {\n", e->count ? "element" : "0");
    for (EACH_FROM(c, model, i, e)) {
        fprintf(out, "    case %u:\n        return (volatile uint8_t *)%s_AT_%u_;\n",
                c->from_element, upper, c->from_element);
    }
    fprintf(out, "    default:\n        return 0;\n    }\n}\n");
}

static const struct region *region_of(const struct model *model, const struct instance *i,
                                      const struct end *e, const struct keep *k)
{
    for (EACH(struct region, r, &model->regions)) {
        if (r->instance == i && r->end == e && r->keep == k) {
            return r;
        }
    }
    return NULL;
}

static void dma(FILE *out, const struct model *model, const struct instance *i, const struct end *e)
{
    const struct region *r = region_of(model, i, e, NULL);

    fprintf(out, "#define %s_BYTES %" PRIu64 "u\n", c_upper(e->name), e->bytes);
    fprintf(out,
            "COMP_INLINE volatile uint8_t *%s(struct self *self)\n{\n    (void)self;\n"
            "    return (volatile uint8_t *)0x%" PRIx64 "ull;\n}\n",
            e->name, r->at);
    fprintf(out,
            "COMP_INLINE uint64_t %s_address(struct self *self)\n{\n    uint64_t at = 0;\n\n"
            "    (void)self;\n    (void)tess_frame_address(%u, &at, 0);\n    return at;\n}\n",
            e->name, r->slot);
}

/* ---- the rest ---- */

static void end(FILE *out, const struct model *model, const struct instance *i, const struct end *e)
{
    fprintf(out, "\n/* %s */\n", e->name);
    switch (e->kind) {
    case END_PROVIDES:
        provides(out, model, i, e);
        break;
    case END_NEEDS:
        needs(out, model, i, e);
        break;
    case END_EMITS:
        emits(out, model, i, e);
        break;
    case END_CONSUMES:
        consumes(out, model, i, e);
        break;
    case END_SHARES:
        shares(out, model, i, e);
        break;
    case END_MMIO:
        mmio(out, model, i, e);
        break;
    case END_IRQ:
        irq(out, model, i, e);
        break;
    case END_DMA:
        dma(out, model, i, e);
        break;
    case END_UNTYPED:
        fprintf(out, "#define %s_BYTES %" PRIu64 "u\n", c_upper(e->name), e->bytes);
        break;
    case END_HARDWARE:
        break;
    }
}

static void literal(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;

        if (c == '"' || c == '\\') {
            fprintf(out, "\\%c", c);
        } else if (c < ' ' || c > '~' || c == '?') {
            fprintf(out, "\\%03o", c);
        } else {
            fputc(c, out);
        }
    }
    fputc('"', out);
}

static void config(FILE *out, const struct config *c, const struct value *v)
{
    fprintf(out, "#define %s ", c_upper(c->name));
    if (v->kind == VALUE_STRING) {
        literal(out, v->string);
    } else if (c->type.kind == TYPE_BOOL) {
        fputs(v->number ? "true" : "false", out);
    } else if (c->type.kind == TYPE_SIGNED) {
        fprintf(out, c->type.bits > 32 ? "INT64_C(%" PRId64 ")" : "(%" PRId64 ")", v->number);
    } else {
        fprintf(out, c->type.bits > 32 ? "UINT64_C(%" PRIu64 ")" : "%" PRIu64 "u",
                (uint64_t)v->number);
    }
    fputc('\n', out);
}

static void keep(FILE *out, const struct model *model, const struct instance *i,
                 const struct keep *k)
{
    const struct region *r = region_of(model, i, NULL, k);

    fprintf(out,
            "COMP_INLINE struct %s *%s(struct self *self)\n{\n    (void)self;\n"
            "    return (struct %s *)0x%" PRIx64 "ull;\n}\n",
            k->structure->name, k->name, k->structure->name, r->at + COMP_KEEP_HEADER);
    if (k->converts) {
        fprintf(out,
                "COMP_UNUSED static bool %s_convert(struct self *self, struct %s *to, uint32_t "
                "from_version, "
                "const void *from, uint32_t from_bytes);\n",
                k->name, k->structure->name);
    }
}

/* To pass on: the slots of the needed ends.  To receive: functions that call by a capability; free slots. */
static void caps(FILE *out, const struct model *model, const struct instance *i)
{
    struct list done = { 0 };

    for (EACH(struct end, e, &i->component->ends)) {
        const struct connection *c = connection_from(model, i, e, 0);

        if (e->kind == END_NEEDS && !e->count && c && c->transport == TRANSPORT_RPC) {
            fprintf(out,
                    "COMP_INLINE tess_cap %s_cap(struct self *self)\n{\n    (void)self;\n"
                    "    return %u;\n}\n",
                    e->name, c->from_slot);
        }
        if (e->kind != END_PROVIDES || !i->domain) {
            continue;
        }
        for (EACH(struct method, m, &e->interface->methods)) {
            const struct param *p = cap_param(m);

            if (p && !is_listed(&done, p->type.interface)) {
                list_add(&done, p->type.interface);
                rpc_by_cap(out, p->type.interface);
            }
        }
    }
    if (done.count) {
        fprintf(out, "#define SELF_SLOT_FIRST %u\n#define SELF_SLOT_END %u\n", i->domain->next_slot,
                i->domain->policy.caps);
    }
}

static bool has(const struct model *model, const struct instance *i, enum transport transport)
{
    for (EACH(struct connection, c, &model->connections)) {
        if (c->transport == transport && (c->from == i || c->to == i)) {
            return true;
        }
    }
    return false;
}

void emit_header(FILE *out, const struct model *model, const struct instance *i)
{
    const struct component *c = i->component;
    uint32_t k = 0;

    fprintf(out, "/* Instance %s of component %s: written by compose. */\n", i->path, c->name);
    fprintf(out, "#ifndef %s_H\n#define %s_H\n\n#include <comp/comp.h>\n\n", c_upper(c->name),
            c_upper(c->name));
    fprintf(out, "%s", has(model, i, TRANSPORT_RING) ? "#include <comp/ring.h>\n\n" : "");
    fprintf(out, "%s", has(model, i, TRANSPORT_QUEUE) ? "#include <comp/queue.h>\n\n" : "");
    fprintf(out, "#define SELF_PATH \"%s\"\nstruct self;\n\n", i->path);
    c_declare_types(out, model, c);
    for (EACH(struct config, g, &c->configs)) {
        config(out, g, &i->configs[k++]);
    }
    for (EACH(struct keep, p, &c->keeps)) {
        keep(out, model, i, p);
    }
    for (EACH(struct end, e, &c->ends)) {
        end(out, model, i, e);
    }
    caps(out, model, i);
    fprintf(out, "\n%s%s#endif\n", c->has_init ? "static void init(struct self *self);\n" : "",
            c->has_run ? "static int run(struct self *self);\n" : "");
}
