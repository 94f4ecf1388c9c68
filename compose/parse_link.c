/* Instances, connections and what else a composite or system says of them. */
#include <string.h>

#include "parse.h"

#define COVER_DEFAULT (64u << 20)

/* ---- references to ends and instances ---- */

/* a.b.end[3]; *.end if wild is allowed */
static void parse_ref(struct parser *p, struct end_ref *ref, const char *what, bool may_be_wild)
{
    *ref = (struct end_ref){ .where = peek(p)->where, .element = NONE };
    if (may_be_wild && accept(p, '*')) {
        ref->is_wild = true;
        expect(p, '.');
    }
    parse_names(p, &ref->path, '.', what);
    if (at_punct(p, '[')) {
        ref->element = (uint32_t)bracketed(p, "[]", "an element", UNIT_NONE, 0, 65535);
    }
    if (!p->broken) {
        const struct where *last = &p->at[-1].where;

        ref->where.length = last->offset + last->length - ref->where.offset;
    }
}

static void parse_end(struct parser *p, struct end_ref *ref, bool may_be_wild)
{
    parse_ref(p, ref, "INSTANCE.END", may_be_wild);
}

static void parse_instance_name(struct parser *p, struct end_ref *ref, bool unused)
{
    (void)unused;
    parse_ref(p, ref, "the name of an instance", false);
    if (ref->element != NONE) {
        error_at(&ref->where, "an instance has no elements: w[4] are w0 .. w3");
    }
}

static void parse_refs(struct parser *p, struct list *refs, bool may_be_wild,
                       void (*parse)(struct parser *p, struct end_ref *ref, bool may_be_wild))
{
    do {
        struct end_ref *ref = NEW(struct end_ref);

        parse(p, ref, may_be_wild);
        if (!p->broken) {
            list_add(refs, ref);
        }
    } while (accept(p, ','));
}

/* ---- instance ---- */

void parse_value(struct parser *p, struct value *value)
{
    bool negative = accept(p, '-');
    const struct token *token = peek(p);

    *value = (struct value){ .where = token->where, .unit = token->unit, .string = token->text };
    if (token->kind == TOKEN_NUMBER && token->value > (uint64_t)INT64_MAX) {
        fail(p, "this number is too large");
    } else if (token->kind == TOKEN_NUMBER) {
        value->number = negative ? -(int64_t)token->value : (int64_t)token->value;
    } else if (negative) {
        fail(p, "expected a number behind \"-\"");
    } else if (token->kind == TOKEN_STRING || token->kind == TOKEN_NAME) {
        value->kind = token->kind == TOKEN_STRING ? VALUE_STRING : VALUE_NAME;
    } else {
        fail(p, "expected a value");
    }
    p->at += !p->broken;
}

static void parse_setting(struct parser *p, void *to)
{
    struct setting *setting = to;

    parse_name(p, setting, "the name of a config");
    expect(p, '=');
    parse_value(p, &setting->value);
}

static void parse_swap(struct parser *p, void *to)
{
    struct part *part = to;

    if (part->is_slot) {
        fail(p, "what may come into a slot is said behind \"of\"");
    }
    parse_names(p, &part->swaps, ',', "the name of a component");
}

static const struct statement settings[] = {
    { "swap", parse_swap, "swap COMPONENT, ...;",
      .help = "components that may take its place while it runs" },
    { "", .second = '=', .parse = parse_setting, .syntax = ";", ADDS(setting, part, settings) },
    { GO_ON(policy_statements, part, policy) },
};

static void parse_settings(struct parser *p, struct part *part)
{
    if (at_punct(p, '{')) {
        block(p, part, settings, 0, "a budget, a restart policy, \"swap\" or NAME = VALUE");
    } else {
        semicolon(p);
    }
}

/* instance COMPONENT NAME [N] ; or { settings } */
void parse_instance(struct parser *p, void *to)
{
    struct part *part = to;

    part->policy = policy_default;
    part->type_name = expect_name(p, "the name of a component", &part->type_where);
    parse_name(p, part, "the name of the instance");
    part->count = parse_count(p, 256);
    parse_settings(p, part);
}

/* slot NAME [N] of COMPONENT, ... ; or { settings } */
void parse_slot(struct parser *p, void *to)
{
    struct part *part = to;

    part->policy = policy_default;
    part->is_slot = true;
    parse_name(p, part, "the name of the slot");
    part->count = parse_count(p, 256);
    expect_word(p, "of", "of COMPONENT, ...");
    part->type_name = expect_name(p, "the name of a component", &part->type_where);
    if (accept(p, ',')) {
        parse_names(p, &part->swaps, ',', "the name of a component");
    }
    parse_settings(p, part);
}

/* ---- connect ---- */

static void parse_transport(struct parser *p, void *to)
{
    struct link *link = to;

    link->transport = p->as->which;
    if ((link->transport == TRANSPORT_RING || link->transport == TRANSPORT_QUEUE) &&
        peek(p)->kind == TOKEN_NUMBER) {
        link->bytes = expect_number(p, "the size of a ring or queue", UNIT_SIZE, 4096, 16 << 20);
    }
}

#define TRANSPORT(word, of, is)                                                                    \
    {                                                                                              \
        word, .parse = parse_transport, .which = of, .syntax = word, .help = is                    \
    }

const struct statement transport_words[] = {
    TRANSPORT("direct", TRANSPORT_DIRECT, "needs -> provides: a C call inside one domain"),
    TRANSPORT("rpc", TRANSPORT_RPC, "needs -> provides: a call through the kernel"),
    TRANSPORT("ring", TRANSPORT_RING,
              "needs -> provides: calls without results, queued in shared memory: `ring SIZE`, "
              "default 16KiB"),
    TRANSPORT("queue", TRANSPORT_QUEUE,
              "needs -> provides: asynchronous calls: requests, completions and a buffer: `queue "
              "SIZE`, default 64KiB"),
    TRANSPORT("event", TRANSPORT_EVENT, "emits -> consumes: a signal"),
    TRANSPORT("share", TRANSPORT_SHARE, "shares -> shares: the same memory at both"),
    TRANSPORT("mmio", TRANSPORT_MMIO, "needs Mmio -> hardware: registers of a device"),
    TRANSPORT("irq", TRANSPORT_IRQ, "needs Irq -> hardware: an interrupt line"),
    TRANSPORT("dma", TRANSPORT_DMA, "needs Dma -> hardware: memory that a device may reach"),
    { 0 },
};

const char *transport_name(enum transport transport)
{
    const struct statement *s = transport_words;

    while (s->word && s->which != transport) {
        s++;
    }
    return s->word ? s->word : "connector";
}

static void parse_timeout(struct parser *p, void *to)
{
    struct link *link = to;

    once(p, link->timeout_ns);
    link->timeout_ns = bracketed(p, "()", "the timeout", UNIT_TIME, 1000, HOUR);
}

static void parse_strikes(struct parser *p, void *to)
{
    struct link *link = to;

    once(p, link->strikes);
    link->strikes = (uint32_t)bracketed(p, "()", "the number of strikes", UNIT_NONE, 1, 1000000);
}

static void parse_checksummed(struct parser *p, void *to)
{
    struct link *link = to;

    once(p, link->cover_bytes);
    link->cover_bytes = at_punct(p, '(')
                            ? bracketed(p, "()", "what is covered", UNIT_SIZE, 512, 16ull << 30)
                            : COVER_DEFAULT;
}

static void parse_filter(struct parser *p, void *to)
{
    struct link *link = to;

    once(p, link->filter_name);
    expect(p, '(');
    link->filter_name = expect_name(p, "the name of a component", &link->filter_where);
    expect(p, ')');
}

const struct statement adjectives[] = {
    { "monitored", .parse = parse_flag, .which = offsetof(struct link, is_monitored),
      .syntax = "monitored",
      .help = "the client notes each call in flight where the supervisor sees it" },
    { "traced", .parse = parse_flag, .which = offsetof(struct link, is_traced), .syntax = "traced",
      .help = "each call is written down, begin and end, where who has a Trace end reads it" },
    { "timeout", parse_timeout, "timeout(TIME)",
      .help = "a call gives TIMEOUT after that time, and a strike against the server" },
    { "strikes", parse_strikes, "strikes(N)", .help = "so many strikes restart the side at fault" },
    { "checksummed", parse_checksummed, "checksummed[(SIZE)]",
      .help = "what is read must be what was written; so much of the server's storage, default "
              "64MiB" },
    { "filter", parse_filter, "filter(COMPONENT)",
      .help = "an instance of the component stands between the two" },
    { 0 },
};

/* The words behind the colon.  One that is none of the language's is a connector of the user's, or a typo: resolve
 * knows.  It stops at an unknown word on a new line: there the semicolon is missing. */
static void parse_link_words(struct parser *p, struct link *link)
{
    while (peek(p)->kind == TOKEN_NAME) {
        const struct token *word = p->at;
        struct spell spell = { .wanted = word->text };

        if (accept_statement(p, adjectives, link, IN_LINE, &spell)) {
            continue;
        }
        if (!accept_statement(p, transport_words, link, IN_LINE, &spell)) {
            if (word->line > word[-1].line && link->transport_where.source) {
                return;
            }
            link->connector_name = expect_name(p, "a connector", &link->connector_where);
        }
        if (link->transport_where.source) {
            link->transport_again = word->where;
        } else {
            link->transport_where = word->where;
        }
    }
}

void parse_connect(struct parser *p, void *to)
{
    struct link *link = to;

    link->where = *p->word;
    parse_refs(p, &link->from, true, parse_end);
    expect(p, PUNCT_ARROW);
    parse_refs(p, &link->to, false, parse_end);
    expect(p, ':');
    parse_link_words(p, link);
    if (link->connector_name) {
        link->transport = TRANSPORT_USER;
    }
    if (!p->broken && !link->transport_where.source) {
        error_at(&link->where, "this connection names no connector");
        p->broken = true;
    }
}

/* ---- export, group, deny, until ---- */

void parse_export(struct parser *p, void *to)
{
    struct export_decl *export = to;

    parse_end(p, &export->ref, false);
    expect_word(p, "as", "as NAME");
    parse_name(p, export, "the name of the end");
}

void parse_group(struct parser *p, void *to)
{
    struct group_decl *group = to;

    parse_name(p, group, "the name of the group");
    expect(p, '=');
    expect(p, '{');
    parse_refs(p, &group->members, false, parse_instance_name);
    expect(p, '}');
}

void parse_deny(struct parser *p, void *to)
{
    struct deny_decl *deny = to;

    deny->where = *p->word;
    parse_instance_name(p, &deny->from, false);
    expect(p, PUNCT_INFLUENCE);
    parse_instance_name(p, &deny->to, false);
}

void parse_until(struct parser *p, void *to)
{
    parse_refs(p, &((struct component *)to)->until, false, parse_instance_name);
}
