/* connector NAME { ... }: a connector of the user's. */
#include <string.h>

#include <tessera/cap.h>

#include "connector.h"
#include "parse.h"

static const char *const side_words[] = { "from", "to", NULL };

static enum side parse_side(struct parser *p)
{
    if (!accept_word(p, "to") && !accept_word(p, "from")) {
        fail_word(p, "\"from\" or \"to\"", side_words);
        return SIDE_FROM;
    }
    return p->at[-1].text[0] == 't' ? SIDE_TO : SIDE_FROM;
}

/* from needs [INTERFACE]; to provides [INTERFACE]; */
static void parse_end(struct parser *p, struct connector_end *end, const struct where *where)
{
    static const char *const words[] = { "needs", "provides", NULL };

    if (end->is_set) {
        error_at(where, "this is said twice");
    }
    end->is_set = true;
    end->where = *where;
    end->kind = END_PROVIDES;
    if (accept_word(p, "needs")) {
        end->kind = END_NEEDS;
    } else if (!accept_word(p, "provides")) {
        fail_word(p, "\"needs\" or \"provides\"", words);
    }
    if (!at_punct(p, ';')) {
        end->type_name = expect_name(p, "the name of an interface", &end->type_where);
    }
    semicolon(p);
}

static void parse_from(struct parser *p, void *to, const struct where *where)
{
    parse_end(p, &((struct connector *)to)->end[SIDE_FROM], where);
}

static void parse_to(struct parser *p, void *to, const struct where *where)
{
    parse_end(p, &((struct connector *)to)->end[SIDE_TO], where);
}

static void add_object(struct parser *p, struct connector *connector,
                       struct connector_object *object)
{
    semicolon(p);
    if (!p->broken) {
        object->number = connector->objects.count;
        list_add(&connector->objects, object);
    }
}

/* object frame SIZE|notification|endpoint NAME [shared]; */
static void parse_object(struct parser *p, void *to, const struct where *where)
{
    static const char *const words[] = { "frame", "notification", "endpoint", NULL };
    struct connector_object *object = NEW(struct connector_object);

    (void)where;
    if (accept_word(p, "frame")) {
        object->bytes =
            (expect_number(p, "the size of a frame", UNIT_SIZE, 1, 1 << 30) + 4095) & ~4095ull;
    } else if (accept_word(p, "notification")) {
        object->kind = OBJECT_NOTIFICATION;
    } else if (accept_word(p, "endpoint")) {
        object->kind = OBJECT_ENDPOINT;
    } else {
        fail_word(p, "\"frame\", \"notification\" or \"endpoint\"", words);
    }
    object->name = expect_name(p, "the name of the object", &object->where);
    object->is_shared = accept_word(p, "shared");
    add_object(p, to, object);
}

/* signal NAME to from|to [polled]; */
static void parse_signal(struct parser *p, void *to, const struct where *where)
{
    struct connector_object *object = NEW(struct connector_object);

    (void)where;
    object->kind = OBJECT_SIGNAL;
    object->name = expect_name(p, "the name of the signal", &object->where);
    if (!accept_word(p, "to")) {
        fail(p, "expected \"to from\" or \"to to\"");
    }
    object->receiver = parse_side(p);
    object->is_polled = accept_word(p, "polled");
    add_object(p, to, object);
}

static struct connector_object *object_find(struct parser *p, struct connector *connector)
{
    struct where where;
    const char *name = expect_name(p, "the name of an object", &where);
    struct spell spell = { .wanted = name };

    if (!name) {
        return NULL;
    }
    for (EACH(struct connector_object, object, &connector->objects)) {
        if (object->name == name) {
            return object;
        }
        spell_offer(&spell, object->name);
    }
    error_at(&where, "there is no object \"%s\"%s", name, spell_hint(&spell));
    return NULL;
}

static const struct {
    const char *word;
    uint32_t right;
    bool is_memory;
} rights[] = {
    { "send", TESS_RIGHT_SEND, false },   { "recv", TESS_RIGHT_RECV, false },
    { "grant", TESS_RIGHT_GRANT, false }, { "read", TESS_RIGHT_READ, true },
    { "write", TESS_RIGHT_WRITE, true },
};
#define RIGHTS (sizeof(rights) / sizeof(rights[0]))

static uint32_t parse_rights(struct parser *p, bool is_memory)
{
    static const char *const object_words[] = { "send", "recv", "grant", NULL };
    static const char *const memory_words[] = { "read", "write", NULL };
    uint32_t sum = 0;

    do {
        size_t i = 0;

        while (i < RIGHTS &&
               !(rights[i].is_memory == is_memory && accept_word(p, rights[i].word))) {
            i++;
        }
        if (i == RIGHTS) {
            fail_word(p, is_memory ? "\"read\" or \"write\"" : "\"send\", \"recv\" or \"grant\"",
                      is_memory ? memory_words : object_words);
            return sum;
        }
        sum |= rights[i].right;
    } while (accept(p, ','));
    /* What can be written can be read: no page is for writing only. */
    return is_memory && sum & TESS_RIGHT_WRITE ? sum | TESS_RIGHT_READ : sum;
}

/* grant OBJECT to SIDE RIGHT, ...; map OBJECT to SIDE RIGHT, ...; */
static void parse_authority(struct parser *p, struct connector *connector,
                            const struct where *where, bool is_map)
{
    struct connector_object *object = object_find(p, connector);
    enum side side;
    uint32_t sum, *of;

    if (!accept_word(p, "to")) {
        fail(p, "expected \"to from\" or \"to to\"");
    }
    side = parse_side(p);
    sum = parse_rights(p, is_map);
    semicolon(p);
    if (p->broken || !object) {
        return;
    }
    of = is_map ? &object->maps[side] : &object->grants[side];
    if (object->kind == OBJECT_SIGNAL || (object->kind == OBJECT_FRAME) != is_map) {
        error_at(where, "\"%s\" cannot be %s: %s", object->name, is_map ? "mapped" : "granted",
                 object->kind == OBJECT_SIGNAL  ? "a signal says itself who may send it"
                 : object->kind == OBJECT_FRAME ? "a frame is mapped"
                                                : "only a frame can");
    } else if (*of) {
        error_at(where, "this is said twice");
    }
    *of = sum;
}

static void parse_grant(struct parser *p, void *to, const struct where *where)
{
    parse_authority(p, to, where, false);
}

static void parse_map(struct parser *p, void *to, const struct where *where)
{
    parse_authority(p, to, where, true);
}

/* flow from -> to; */
static void parse_flow(struct parser *p, void *to, const struct where *where)
{
    struct connector *connector = to;
    enum side a = parse_side(p), b;

    expect(p, PUNCT_ARROW);
    b = parse_side(p);
    semicolon(p);
    if (p->broken) {
        return;
    }
    if (a == b || connector->end[a].flows) {
        error_at(where, a == b ? "a flow goes from one side to the other" : "this is said twice");
        return;
    }
    connector->end[a].flows = true;
}

/* template from "file"; */
static void parse_template(struct parser *p, void *to, const struct where *where)
{
    struct connector_end *end = &((struct connector *)to)->end[parse_side(p)];

    if (end->template) {
        error_at(where, "this is said twice");
    }
    end->template = expect_string(p, "the name of a template", &end->template_where);
    semicolon(p);
}

const struct statement connector_statements[] = {
    { "from", parse_from, "from needs|provides [INTERFACE];", "the left end", 1 },
    { "to", parse_to, "to needs|provides [INTERFACE];", "the right end", 1 },
    { "object", parse_object, "object frame SIZE|notification|endpoint NAME [shared];",
      "a kernel object of each connection; shared: of all connections to one end", 1 },
    { "signal", parse_signal, "signal NAME to from|to [polled];",
      "a bit in the notification of that side, which the other side may signal", 1 },
    { "grant", parse_grant, "grant OBJECT to from|to send, recv, grant;",
      "a capability for that side", 1 },
    { "map", parse_map, "map OBJECT to from|to read, write;", "memory for that side", 1 },
    { "flow", parse_flow, "flow from -> to;", "one side influences the other", 1 },
    { "template", parse_template, "template from|to \"FILE\";", "what its C code sees", 1 },
    { 0 },
};

static void parse_item(struct parser *p, void *to)
{
    statement(p, connector_statements, to, 1, "a part of a connector");
}

void parse_connector(struct parser *p, void *unused, const struct where *where)
{
    struct connector *connector = NEW(struct connector);

    (void)unused;
    connector->name = expect_name(p, "the name of the connector", &connector->where);
    block(p, connector, parse_item);
    for (uint32_t i = 0; i < SIDES; i++) {
        if (!connector->end[i].is_set && !p->broken) {
            error_at(where, "the connector says nothing of its \"%s\" end", side_words[i]);
        }
    }
    if (connector->name) {
        list_add(&p->model->connectors, connector);
    }
}
