/* connector NAME { ... }: a connector of the user's. */
#include <string.h>

#include <tessera/cap.h>

#include "connector.h"
#include "parse.h"
#include "resolve.h"

static enum side parse_side(struct parser *p)
{
    return choose(p, "from to", NULL) == 1 ? SIDE_TO : SIDE_FROM;
}

/* from needs [INTERFACE]; to provides [INTERFACE]; */
static void parse_end(struct parser *p, void *to)
{
    struct connector_end *end = &((struct connector *)to)->end[p->as->which];

    once(p, end->is_set);
    end->is_set = true;
    end->where = *p->word;
    end->kind = choose(p, "needs provides", NULL) ? END_PROVIDES : END_NEEDS;
    if (!at_punct(p, ';')) {
        end->type_name = expect_name(p, "the name of an interface", &end->type_where);
    }
}

/* object frame SIZE|notification|endpoint NAME [shared]; */
static void parse_object(struct parser *p, void *to)
{
    struct connector_object *object = to;

    object->kind = choose(p, "frame notification endpoint", NULL);
    if (object->kind == OBJECT_FRAME) {
        object->bytes =
            (expect_number(p, "the size of a frame", UNIT_SIZE, 1, 1 << 30) + 4095) & ~4095ull;
    }
    parse_name(p, object, "the name of the object");
    object->is_shared = accept_word(p, "shared");
}

/* signal NAME to from|to [polled]; */
static void parse_signal(struct parser *p, void *to)
{
    struct connector_object *object = to;

    object->kind = OBJECT_SIGNAL;
    parse_name(p, object, "the name of the signal");
    expect_word(p, "to", "to from\" or \"to to");
    object->receiver = parse_side(p);
    object->is_polled = accept_word(p, "polled");
}

static struct connector_object *parse_object_name(struct parser *p, struct connector *connector)
{
    struct named use = { 0 };
    struct spell spell = { 0 };
    struct connector_object *object;

    parse_name(p, &use, "the name of an object");
    spell.wanted = use.name;
    object = list_find(&connector->objects, use.name);
    if (use.name && !object) {
        offer_list(&connector->objects, &spell);
        error_at(&use.where, "there is no object \"%s\"%s", use.name, spell_hint(&spell));
    }
    return object;
}

static uint32_t parse_rights(struct parser *p, bool is_memory)
{
    static const uint32_t rights[] = { TESS_RIGHT_SEND, TESS_RIGHT_RECV, TESS_RIGHT_GRANT };
    uint32_t sum = 0;

    do {
        if (!is_memory) {
            sum |= rights[choose(p, "send recv grant", NULL)];
        } else if (choose(p, "read write", NULL) == 0) {
            sum |= TESS_RIGHT_READ;
        } else { /* what can be written can be read: no page is for writing only */
            sum |= TESS_RIGHT_READ | TESS_RIGHT_WRITE;
        }
    } while (accept(p, ','));
    return sum;
}

/* grant OBJECT to SIDE RIGHT, ...; map OBJECT to SIDE RIGHT, ...; which: is it map? */
static void parse_authority(struct parser *p, void *to)
{
    bool is_map = p->as->which;
    struct connector_object *object = parse_object_name(p, to);
    enum side side;
    uint32_t sum, *of;

    expect_word(p, "to", "to from\" or \"to to");
    side = parse_side(p);
    sum = parse_rights(p, is_map);
    if (p->broken || !object) {
        return;
    }
    of = is_map ? &object->maps[side] : &object->grants[side];
    if (object->kind == OBJECT_SIGNAL || (object->kind == OBJECT_FRAME) != is_map) {
        error_at(p->word, "\"%s\" cannot be %s: %s", object->name, is_map ? "mapped" : "granted",
                 object->kind == OBJECT_SIGNAL  ? "a signal says itself who may send it"
                 : object->kind == OBJECT_FRAME ? "a frame is mapped"
                                                : "only a frame can");
    }
    once(p, *of);
    *of = sum;
}

/* flow from -> to; */
static void parse_flow(struct parser *p, void *to)
{
    enum side from = parse_side(p);
    bool *flows = &((struct connector *)to)->end[from].flows;

    expect(p, PUNCT_ARROW);
    if (parse_side(p) == from && !p->broken) {
        error_at(p->word, "a flow goes from one side to the other");
        return;
    }
    once(p, *flows);
    *flows = true;
}

/* template from "file"; */
static void parse_template(struct parser *p, void *to)
{
    struct connector_end *end = &((struct connector *)to)->end[parse_side(p)];

    once(p, end->template);
    end->template = expect_string(p, "the name of a template", &end->template_where);
}

#define OBJECT ADDS(connector_object, connector, objects)

const struct statement connector_statements[] = {
    { "from", .parse = parse_end, .which = SIDE_FROM, .syntax = "from needs|provides [INTERFACE];",
      .help = "the left end" },
    { "to", .parse = parse_end, .which = SIDE_TO, .syntax = "to needs|provides [INTERFACE];",
      .help = "the right end" },
    { "object", .parse = parse_object, OBJECT,
      .syntax = "object frame SIZE|notification|endpoint NAME [shared];",
      .help = "a kernel object of each connection; shared: of all connections to one end" },
    { "signal", .parse = parse_signal, OBJECT, .syntax = "signal NAME to from|to [polled];",
      .help = "a bit in the notification of that side, which the other side may signal" },
    { "grant", .parse = parse_authority, .which = false,
      .syntax = "grant OBJECT to from|to send, recv, grant;",
      .help = "a capability for that side" },
    { "map", .parse = parse_authority, .which = true,
      .syntax = "map OBJECT to from|to read, write;", .help = "memory for that side" },
    { "flow", parse_flow, "flow from -> to;", .help = "one side influences the other" },
    { "template", parse_template, "template from|to \"FILE\";", .help = "what its C code sees" },
    { 0 },
};

void parse_connector(struct parser *p, void *to)
{
    const struct where *where = p->word;
    struct connector *connector = to;

    parse_name(p, connector, "the name of the connector");
    block(p, connector, connector_statements, 0, "a part of a connector");
    for (uint32_t i = 0; i < SIDES; i++) {
        if (!connector->end[i].is_set && !p->broken) {
            error_at(where, "the connector says nothing of its \"%s\" end", i ? "to" : "from");
        }
    }
}
