/* direct: both ends lie in one domain, and the call is a C call that the compiler folds. */
#include "table.h"

static void name(FILE *out, const struct connection *c, const struct method *m)
{
    fprintf(out, "%s_%s_%s_direct_", c->to->id, c->to_end->name, m->name);
}

static void prototype(FILE *out, const struct connection *c, const struct method *m)
{
    fprintf(out, "enum tess_err ");
    name(out, c, m);
    fprintf(out, "(uint32_t connection_");
    c_params(out, m);
    fprintf(out, ")");
}

static void call(FILE *out, const struct model *model, const struct connection *c,
                 const struct method *m)
{
    fprintf(out, "COMP_INLINE enum tess_err %s_%u_%s_(struct self *self", c->from_end->name,
            c->from_element, m->name);
    c_params(out, m);
    fprintf(out, ")\n{\n    (void)self;\n    return ");
    name(out, c, m);
    fprintf(out, "(%u", index_at_server(model, c));
    c_args(out, m);
    fprintf(out, ");\n}\n");
}

void direct_from(FILE *out, const struct model *model, const struct connection *c)
{
    for (EACH(struct method, m, &c->to_end->interface->methods)) {
        prototype(out, c, m);
        fprintf(out, ";\n");
        call(out, model, c, m);
    }
}

static void method(FILE *out, const struct connection *c, const struct method *m)
{
    const struct end *e = c->to_end;
    const char *element = e->count ? text_format(", %s_direct_element_[connection_]", e->name) : "";
    const char *state = text_format("%s_direct_state_[connection_]", e->name);
    bool is_in = is_in_protocol(e->interface, m);

    prototype(out, c, m);
    fprintf(out, ";\n");
    prototype(out, c, m);
    fprintf(out, "\n{\n    (void)connection_;\n");
    c_check_arguments(out, m);
    if (is_in) {
        c_transition(out, e->interface, m, state, "TESS_PROTOCOL", false);
    }
    fprintf(out, "    enum tess_err err_ = %s_%s(&self_%s", e->name, m->name, element);
    c_args(out, m);
    fprintf(out, ");\n\n");
    if (is_in) {
        fprintf(out, "    if (!err_) {\n        %s = next_;\n    }\n", state);
    }
    fprintf(out, "    return err_;\n}\n");
}

/* The server's side of all direct connections to the end: c is the first of them. */
void direct_to(FILE *out, const struct model *model, const struct connection *c)
{
    const struct end *e = c->to_end;

    if (index_at_server(model, c) != 0) {
        return;
    }
    fprintf(out, "\n/* %s: direct */\n", e->name);
    c_element_table(out, model, c);
    if (e->interface->states.count) {
        fprintf(out, "static uint8_t %s_direct_state_[%u];\n", e->name,
                count_at_server(model, c->to, e, TRANSPORT_DIRECT));
    }
    for (EACH(struct method, m, &e->interface->methods)) {
        method(out, c, m);
    }
}
