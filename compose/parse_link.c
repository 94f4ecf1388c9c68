/* Instances, connections and what else a composite or system says of them. */
#include <string.h>

#include "parse.h"

/* ---- references to ends and instances ---- */

/* a.b.end[3]; *.end if wild is allowed */
static void parse_ref(struct parser *p, struct end_ref *ref, const char *what, bool may_be_wild)
{
    uint32_t from = peek(p)->where.offset;

    *ref = (struct end_ref){ .where = peek(p)->where, .element = NONE };
    if (may_be_wild && accept(p, '*')) {
        ref->is_wild = true;
        expect(p, '.');
    }
    do {
        struct where *where = NEW(struct where);
        const char *name = expect_name(p, what, where);

        if (name) {
            list_add_name(&ref->path, name);
            list_add(&ref->wheres, where);
        }
    } while (accept(p, '.'));
    if (accept(p, '[')) {
        ref->element = (uint32_t)expect_number(p, "an element", UNIT_NONE, 0, 65535);
        expect(p, ']');
    }
    if (!p->broken) {
        const struct where *last = &p->at[-1].where;

        ref->where.length = last->offset + last->length - from;
    }
}

static void parse_refs(struct parser *p, struct list *refs, const char *what, bool may_be_wild)
{
    do {
        struct end_ref *ref = NEW(struct end_ref);

        parse_ref(p, ref, what, may_be_wild);
        if (!p->broken) {
            list_add(refs, ref);
        }
    } while (accept(p, ','));
}

static void no_element(const struct end_ref *ref)
{
    if (ref->element != NONE) {
        error_at(&ref->where, "an instance has no elements: w[4] are w0 .. w3");
    }
}

/* ---- instance ---- */

void parse_value(struct parser *p, struct value *value)
{
    bool negative = accept(p, '-');

    *value = (struct value){ .where = peek(p)->where };
    switch (peek(p)->kind) {
    case TOKEN_NUMBER:
        if (peek(p)->value > (uint64_t)INT64_MAX) {
            fail(p, "this number is too large");
            return;
        }
        value->unit = p->at->unit;
        value->number = negative ? -(int64_t)p->at->value : (int64_t)p->at->value;
        break;
    case TOKEN_STRING:
        value->kind = VALUE_STRING;
        value->string = p->at->text;
        break;
    case TOKEN_NAME:
        value->kind = VALUE_NAME;
        value->string = p->at->text;
        break;
    default:
        fail(p, "expected a value");
        return;
    }
    if (negative && value->kind != VALUE_NUMBER) {
        fail(p, "expected a number behind \"-\"");
        return;
    }
    p->at++;
}

static void parse_setting(struct parser *p, struct part *part)
{
    struct setting *setting = NEW(struct setting);

    setting->name = expect_name(p, "the name of a config", &setting->where);
    expect(p, '=');
    parse_value(p, &setting->value);
    semicolon(p);
    if (!p->broken) {
        list_add(&part->settings, setting);
    }
}

static void parse_instance_item(struct parser *p, void *to)
{
    struct part *part = to;
    struct spell spell = { .wanted = peek(p)->text };

    if (peek(p)->kind == TOKEN_NAME && p->at[1].kind == TOKEN_PUNCT && p->at[1].punct == '=') {
        parse_setting(p, part);
    } else if (parse_policy(p, &part->policy)) {
        semicolon(p);
    } else {
        for (const struct statement *s = policy_statements; s->word; s++) {
            spell_offer(&spell, s->word);
        }
        fail(p, "expected a budget, a restart policy or NAME = VALUE%s",
             peek(p)->kind == TOKEN_NAME ? spell_hint(&spell) : "");
    }
}

/* instance COMPONENT NAME [N] ; or { settings } */
void parse_instance(struct parser *p, void *to, const struct where *where)
{
    struct component *component = to;
    struct part *part = NEW(struct part);

    (void)where;
    part->policy = policy_default;
    part->type_name = expect_name(p, "the name of a component", &part->type_where);
    part->name = expect_name(p, "the name of the instance", &part->where);
    part->count = parse_count(p, 256);
    if (part->type_name && part->name) {
        list_add(&component->parts, part);
    }
    if (at_punct(p, '{')) {
        block(p, part, parse_instance_item);
    } else {
        semicolon(p);
    }
}

/* ---- connect ---- */

static const struct {
    const char *word;
    enum transport transport;
    const char *ends, *help;
} transports[] = {
    { "direct", TRANSPORT_DIRECT, "needs -> provides", "a C call inside one domain" },
    { "rpc", TRANSPORT_RPC, "needs -> provides", "a call through the kernel" },
    { "ring", TRANSPORT_RING, "needs -> provides",
      "calls without results, queued in shared memory: `ring SIZE`, default 16KiB" },
    { "event", TRANSPORT_EVENT, "emits -> consumes", "a signal" },
    { "share", TRANSPORT_SHARE, "shares -> shares", "the same memory at both" },
    { "mmio", TRANSPORT_MMIO, "needs Mmio -> hardware", "registers of a device" },
    { "irq", TRANSPORT_IRQ, "needs Irq -> hardware", "an interrupt line" },
    { "dma", TRANSPORT_DMA, "needs Dma -> hardware", "memory that a device may reach" },
};
#define WORDS (sizeof(transports) / sizeof(transports[0]))

void transports_reference(FILE *out)
{
    fputs("| word | from -> to | is |\n|---|---|---|\n", out);
    for (size_t i = 0; i < WORDS; i++) {
        fprintf(out, "| `%s` | %s | %s |\n", transports[i].word, transports[i].ends,
                transports[i].help);
    }
}

const char *transport_name(enum transport transport)
{
    for (size_t i = 0; i < WORDS; i++) {
        if (transports[i].transport == transport) {
            return transports[i].word;
        }
    }
    return "connector";
}

static void twice(const struct where *where, bool is_set)
{
    if (is_set) {
        error_at(where, "this is said twice");
    }
}

static void parse_monitored(struct parser *p, void *to, const struct where *where)
{
    struct link *link = to;

    (void)p;
    twice(where, link->is_monitored);
    link->is_monitored = true;
}

static void parse_traced(struct parser *p, void *to, const struct where *where)
{
    struct link *link = to;

    (void)p;
    twice(where, link->is_traced);
    link->is_traced = true;
}

static void parse_timeout(struct parser *p, void *to, const struct where *where)
{
    struct link *link = to;

    twice(where, link->timeout_ns);
    link->timeout_where = *where;
    expect(p, '(');
    link->timeout_ns = expect_number(p, "the timeout", UNIT_TIME, 1000, 3600000000000);
    expect(p, ')');
}

static void parse_strikes(struct parser *p, void *to, const struct where *where)
{
    struct link *link = to;

    twice(where, link->strikes);
    expect(p, '(');
    link->strikes = (uint32_t)expect_number(p, "the number of strikes", UNIT_NONE, 1, 1000000);
    expect(p, ')');
}

static void parse_filter(struct parser *p, void *to, const struct where *where)
{
    struct link *link = to;

    twice(where, link->filter_name);
    expect(p, '(');
    link->filter_name = expect_name(p, "the name of a component", &link->filter_where);
    expect(p, ')');
}

const struct statement adjectives[] = {
    { "monitored", parse_monitored, "monitored",
      "the client notes each call in flight where the supervisor sees it", 1 },
    { "traced", parse_traced, "traced", "both sides note each call", 1 },
    { "timeout", parse_timeout, "timeout(TIME)",
      "a call gives TIMEOUT after that time, and a strike against the server", 1 },
    { "strikes", parse_strikes, "strikes(N)", "so many strikes restart the side at fault", 1 },
    { "filter", parse_filter, "filter(COMPONENT)",
      "an instance of the component stands between the two", 1 },
    { 0 },
};

static bool parse_adjective(struct parser *p, struct link *link)
{
    for (const struct statement *s = adjectives; s->word; s++) {
        if (at_word(p, s->word)) {
            statement(p, adjectives, link, 1, "an adjective");
            return true;
        }
    }
    return false;
}

static bool parse_transport(struct parser *p, struct link *link)
{
    for (size_t i = 0; i < WORDS; i++) {
        if (accept_word(p, transports[i].word)) {
            link->transport = transports[i].transport;
            if (link->transport == TRANSPORT_RING && peek(p)->kind == TOKEN_NUMBER) {
                link->bytes = expect_number(p, "the size of a ring", UNIT_SIZE, 4096, 16 << 20);
            }
            return true;
        }
    }
    return false;
}

/* The words behind the colon.  One that is none of the language's is a connector of the user's, or a typo: resolve
 * knows.  It stops at an unknown word on a new line: there the semicolon is missing. */
static void parse_link_words(struct parser *p, struct link *link)
{
    while (peek(p)->kind == TOKEN_NAME) {
        struct where where = p->at->where;

        if (parse_adjective(p, link)) {
            continue;
        }
        if (!parse_transport(p, link)) {
            if (p->at->line > p->at[-1].line && link->transport_where.source) {
                return;
            }
            link->connector_name = expect_name(p, "a connector", &link->connector_where);
        }
        if (link->transport_where.source) {
            link->transport_again = where;
        } else {
            link->transport_where = where;
        }
    }
}

void parse_connect(struct parser *p, void *to, const struct where *where)
{
    struct component *component = to;
    struct link *link = NEW(struct link);

    link->where = *where;
    parse_refs(p, &link->from, "INSTANCE.END", true);
    expect(p, PUNCT_ARROW);
    parse_refs(p, &link->to, "INSTANCE.END", false);
    expect(p, ':');
    parse_link_words(p, link);
    if (link->connector_name) {
        link->transport = TRANSPORT_USER;
    }
    semicolon(p);
    if (!p->broken && !link->transport_where.source) {
        error_at(where, "this connection names no connector");
        return;
    }
    if (!p->broken) {
        list_add(&component->links, link);
    }
}

/* ---- export, group, deny, until, slot ---- */

void parse_export(struct parser *p, void *to, const struct where *where)
{
    struct component *component = to;
    struct export_decl *export = NEW(struct export_decl);

    (void)where;
    parse_ref(p, &export->ref, "INSTANCE.END", false);
    if (!accept_word(p, "as")) {
        fail(p, "expected \"as NAME\"");
    }
    export->name = expect_name(p, "the name of the end", &export->where);
    semicolon(p);
    if (!p->broken) {
        list_add(&component->exports, export);
    }
}

void parse_group(struct parser *p, void *to, const struct where *where)
{
    struct component *component = to;
    struct group_decl *group = NEW(struct group_decl);

    (void)where;
    group->name = expect_name(p, "the name of the group", &group->where);
    expect(p, '=');
    expect(p, '{');
    parse_refs(p, &group->members, "the name of an instance", false);
    expect(p, '}');
    semicolon(p);
    for (uint32_t i = 0; i < group->members.count; i++) {
        no_element(group->members.item[i]);
    }
    if (!p->broken) {
        list_add(&component->groups, group);
    }
}

void parse_deny(struct parser *p, void *to, const struct where *where)
{
    struct component *component = to;
    struct deny_decl *deny = NEW(struct deny_decl);

    deny->where = *where;
    parse_ref(p, &deny->from, "the name of an instance", false);
    expect(p, PUNCT_INFLUENCE);
    parse_ref(p, &deny->to, "the name of an instance", false);
    semicolon(p);
    no_element(&deny->from);
    no_element(&deny->to);
    if (!p->broken) {
        list_add(&component->denies, deny);
    }
}

void parse_until(struct parser *p, void *to, const struct where *where)
{
    struct component *component = to;

    (void)where;
    parse_refs(p, &component->until, "the name of an instance", false);
    semicolon(p);
}

static void parse_slot_ends(struct parser *p, struct list *ends, enum end_kind kind)
{
    do {
        struct end *end = NEW(struct end);

        end->kind = kind;
        end->type_name = expect_name(p, "the name of an interface", &end->type_where);
        end->where = end->type_where;
        if (end->type_name) {
            list_add(ends, end);
        }
    } while (accept(p, ','));
}

/* slot NAME : needs A, B provides C max 8 mem 2MiB ...; */
void parse_slot(struct parser *p, void *to, const struct where *where)
{
    struct component *component = to;
    struct slot_decl *slot = NEW(struct slot_decl);

    (void)where;
    slot->policy = policy_default;
    slot->max = 1;
    slot->name = expect_name(p, "the name of the slot", &slot->where);
    expect(p, ':');
    while (!p->broken && peek(p)->kind == TOKEN_NAME) {
        if (accept_word(p, "needs")) {
            parse_slot_ends(p, &slot->needs, END_NEEDS);
        } else if (accept_word(p, "provides")) {
            parse_slot_ends(p, &slot->provides, END_PROVIDES);
        } else if (accept_word(p, "max")) {
            slot->max = (uint32_t)expect_number(p, "the number of components", UNIT_NONE, 1, 256);
        } else if (!parse_policy(p, &slot->policy)) {
            static const char *const words[] = { "needs", "provides", "max", NULL };

            fail_word(p, "\"needs\", \"provides\", \"max\" or a budget", words);
        }
    }
    semicolon(p);
    if (!p->broken) {
        list_add(&component->slots, slot);
    }
}
