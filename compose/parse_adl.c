/* Components, hardware, systems. */
#include <string.h>

#include "parse.h"

static struct end *end_new(struct component *component, enum end_kind kind)
{
    struct end *end = NEW(struct end);

    end->kind = kind;
    end->number = component->ends.count;
    return end;
}

/* Behind the type: NAME [N] and its words; the end is part of the component if all of it was there. */
static void finish_end(struct parser *p, struct component *component, struct end *end)
{
    semicolon(p);
    if (!p->broken) {
        list_add(&component->ends, end);
    }
}

static uint64_t parse_size(struct parser *p, const char *what)
{
    uint64_t bytes;

    expect(p, '<');
    bytes = expect_number(p, what, UNIT_SIZE, 1, 1ull << 40);
    expect(p, '>');
    return bytes;
}

/* ---- ends ---- */

static void parse_provides(struct parser *p, void *to, const struct where *where)
{
    struct end *end = end_new(to, END_PROVIDES);

    (void)where;
    end->type_name = expect_name(p, "the name of an interface", &end->type_where);
    end->name = expect_name(p, "the name of the end", &end->where);
    end->count = parse_count(p, 256);
    finish_end(p, to, end);
}

static void parse_needs(struct parser *p, void *to, const struct where *where)
{
    struct end *end = end_new(to, END_NEEDS);

    (void)where;
    end->type_where = peek(p)->where;
    if (accept_word(p, "Mmio")) {
        end->kind = END_MMIO;
    } else if (accept_word(p, "Irq")) {
        end->kind = END_IRQ;
    } else if (accept_word(p, "Dma")) {
        end->kind = END_DMA;
        end->bytes = parse_size(p, "the size of the memory");
    } else if (accept_word(p, "Untyped")) {
        end->kind = END_UNTYPED;
        end->bytes = parse_size(p, "the size of the memory");
    } else {
        end->type_name = expect_name(p, "the name of an interface", &end->type_where);
    }
    end->name = expect_name(p, "the name of the end", &end->where);
    if (end->kind == END_NEEDS) {
        end->count = parse_count(p, 256);
    }
    end->is_optional = accept_word(p, "optional");
    finish_end(p, to, end);
}

static void parse_emits(struct parser *p, void *to, const struct where *where)
{
    struct end *end = end_new(to, END_EMITS);

    (void)where;
    end->name = expect_name(p, "the name of the signal", &end->where);
    end->is_optional = accept_word(p, "optional");
    finish_end(p, to, end);
}

static void parse_consumes(struct parser *p, void *to, const struct where *where)
{
    struct end *end = end_new(to, END_CONSUMES);

    (void)where;
    end->name = expect_name(p, "the name of the signal", &end->where);
    for (;;) {
        if (!end->is_polled && accept_word(p, "polled")) {
            end->is_polled = true;
        } else if (!end->is_optional && accept_word(p, "optional")) {
            end->is_optional = true;
        } else {
            break;
        }
    }
    finish_end(p, to, end);
}

/* shares struct S NAME | bytes<N> NAME [readonly] [optional] */
static void parse_shares(struct parser *p, void *to, const struct where *where)
{
    struct end *end = end_new(to, END_SHARES);

    (void)where;
    end->type_where = peek(p)->where;
    if (accept_word(p, "bytes")) {
        end->bytes = parse_size(p, "the size of the memory");
    } else {
        accept_word(p, "struct");
        end->type_name = expect_name(p, "the name of a struct", &end->type_where);
    }
    end->name = expect_name(p, "the name of the end", &end->where);
    for (;;) {
        if (!end->is_readonly && accept_word(p, "readonly")) {
            end->is_readonly = true;
        } else if (!end->is_optional && accept_word(p, "optional")) {
            end->is_optional = true;
        } else {
            break;
        }
    }
    finish_end(p, to, end);
}

/* ---- hardware ---- */

static void parse_hardware_mmio(struct parser *p, struct end *end)
{
    end->hardware = END_MMIO;
    end->name = expect_name(p, "the name of the end", &end->where);
    if (!accept_word(p, "at")) {
        fail(p, "expected \"at ADDRESS\"");
    }
    end->at = expect_number(p, "the address", UNIT_NONE, 0, (1ull << 48) - 1);
    if (!accept_word(p, "size")) {
        fail(p, "expected \"size SIZE\"");
    }
    end->bytes = expect_number(p, "the size", UNIT_SIZE, 1, 1ull << 40);
}

static void parse_hardware_irq(struct parser *p, struct end *end)
{
    static const char *const words[] = { "level", "edge", NULL };

    end->hardware = END_IRQ;
    end->name = expect_name(p, "the name of the end", &end->where);
    if (!accept_word(p, "at")) {
        fail(p, "expected \"at LINE\"");
    }
    end->at = expect_number(p, "the interrupt line", UNIT_NONE, 16, 1019);
    end->is_edge = accept_word(p, "edge");
    if (!end->is_edge && !accept_word(p, "level")) {
        fail_word(p, "\"level\" or \"edge\"", words);
    }
}

/* What is there without being an instance: the supervisor's control interface. */
static void parse_hardware_supervisor(struct parser *p, struct end *end)
{
    end->kind = END_PROVIDES;
    end->type_name = name_of("Supervisor");
    end->type_where = p->at[-1].where;
    end->name = expect_name(p, "the name of the end", &end->where);
    end->is_full = accept_word(p, "full");
}

static void parse_hardware_provides(struct parser *p, void *to, const struct where *where)
{
    static const char *const words[] = { "Mmio", "Irq", "Dma", "Supervisor", NULL };
    struct end *end = end_new(to, END_HARDWARE);

    (void)where;
    if (accept_word(p, "Mmio")) {
        parse_hardware_mmio(p, end);
    } else if (accept_word(p, "Irq")) {
        parse_hardware_irq(p, end);
    } else if (accept_word(p, "Dma")) {
        end->hardware = END_DMA;
        end->name = expect_name(p, "the name of the end", &end->where);
    } else if (accept_word(p, "Supervisor")) {
        parse_hardware_supervisor(p, end);
    } else {
        fail_word(p, "\"Mmio\", \"Irq\", \"Dma\" or \"Supervisor\"", words);
    }
    finish_end(p, to, end);
}

/* ---- the rest of a component ---- */

/* config TYPE NAME [= VALUE] [range A .. B] */
static void parse_config(struct parser *p, void *to, const struct where *where)
{
    struct component *component = to;
    struct config *config = NEW(struct config);

    (void)where;
    parse_type(p, &config->type);
    config->name = expect_name(p, "the name of the config", &config->where);
    if (accept(p, '=')) {
        config->has_value = true;
        parse_value(p, &config->value);
    }
    if (accept_word(p, "range")) {
        struct value low, high;

        config->has_range = true;
        parse_value(p, &low);
        expect(p, PUNCT_RANGE);
        parse_value(p, &high);
        if (!p->broken && (low.kind != VALUE_NUMBER || high.kind != VALUE_NUMBER ||
                           low.unit != high.unit || low.number > high.number)) {
            error_at(&low.where, "a range is two numbers of one kind, the smaller one first");
        }
        config->low = low.number;
        config->high = high.number;
        config->range_unit = low.unit;
    }
    semicolon(p);
    if (!p->broken) {
        list_add(&component->configs, config);
    }
}

static void parse_keep(struct parser *p, void *to, const struct where *where)
{
    struct component *component = to;
    struct keep *keep = NEW(struct keep);

    (void)where;
    accept_word(p, "struct");
    keep->type_name = expect_name(p, "the name of a struct", &keep->type_where);
    keep->name = expect_name(p, "the name of the memory", &keep->where);
    if (accept_word(p, "version")) {
        keep->version = (uint32_t)expect_number(p, "the version", UNIT_NONE, 1, 65535);
    }
    semicolon(p);
    if (!p->broken) {
        list_add(&component->keeps, keep);
    }
}

static void parse_flag(struct parser *p, bool *flag, const struct where *where)
{
    if (*flag) {
        error_at(where, "this is said twice");
    }
    *flag = true;
    semicolon(p);
}

static void parse_run(struct parser *p, void *to, const struct where *where)
{
    parse_flag(p, &((struct component *)to)->has_run, where);
}

static void parse_init(struct parser *p, void *to, const struct where *where)
{
    parse_flag(p, &((struct component *)to)->has_init, where);
}

static void parse_reentrant(struct parser *p, void *to, const struct where *where)
{
    parse_flag(p, &((struct component *)to)->is_reentrant, where);
}

static void parse_source_name(struct parser *p, void *to, const struct where *where)
{
    struct component *component = to;

    (void)where;
    do {
        struct value *value = NEW(struct value);

        value->kind = VALUE_STRING;
        value->string = expect_string(p, "the name of a C file", &value->where);
        if (value->string) {
            list_add(&component->sources, value);
        }
    } while (accept(p, ','));
    semicolon(p);
}

#define IN_ANY (IN_COMPONENT | IN_SYSTEM)

const struct statement component_statements[] = {
    { "provides", parse_hardware_provides,
      "provides Mmio NAME at ADDRESS size SIZE; provides Irq NAME at LINE level|edge; provides "
      "Dma NAME; provides Supervisor NAME [full];",
      "hardware: registers, an interrupt line, access to memory; the supervisor's control "
      "interface",
      IN_HARDWARE },
    { "provides", parse_provides, "provides INTERFACE NAME[N];", "methods for others",
      IN_COMPONENT },
    { "needs", parse_needs, "needs INTERFACE|Mmio|Irq|Dma<SIZE>|Untyped<SIZE> NAME[N] [optional];",
      "methods of others, registers, an interrupt, memory for a device, spare memory",
      IN_COMPONENT },
    { "emits", parse_emits, "emits NAME [optional];", "a signal out", IN_COMPONENT },
    { "consumes", parse_consumes, "consumes NAME [polled] [optional];", "a signal in",
      IN_COMPONENT },
    { "shares", parse_shares, "shares struct NAME|bytes<SIZE> NAME [readonly] [optional];",
      "memory shared with others", IN_COMPONENT },
    { "config", parse_config, "config TYPE NAME [= VALUE] [range A .. B];",
      "a constant, set in the instance", IN_COMPONENT },
    { "keep", parse_keep, "keep struct NAME NAME [version N];", "memory that survives a restart",
      IN_COMPONENT },
    { "run", parse_run, "run;", "it has a run function", IN_COMPONENT },
    { "init", parse_init, "init;", "it has an init function", IN_COMPONENT },
    { "reentrant", parse_reentrant, "reentrant;", "it may be called while it calls", IN_COMPONENT },
    { "source", parse_source_name, "source \"FILE\", ...;", "its C files, one translation unit",
      IN_COMPONENT },
    { "instance", parse_instance, "instance COMPONENT NAME[N] { ... }", "a part", IN_ANY },
    { "connect", parse_connect, "connect FROM, ... -> TO, ... : WORDS;", "joins ends", IN_ANY },
    { "export", parse_export, "export INSTANCE.END as NAME;",
      "an end of a part is an end of the whole", IN_ANY },
    { "group", parse_group, "group NAME = { INSTANCE, ... };",
      "they may share an address space and a thread", IN_ANY },
    { "deny", parse_deny, "deny INSTANCE ~> INSTANCE;", "no path of influence may exist", IN_ANY },
    { "slot", parse_slot, "slot NAME : needs INTERFACE, ... provides INTERFACE, ... max N BUDGETS;",
      "room for components that come later", IN_SYSTEM },
    { "until", parse_until, "until INSTANCE, ...;",
      "the system is over when their run functions have returned", IN_SYSTEM },
    { 0 },
};

static void parse_component_item(struct parser *p, void *to)
{
    struct component *component = to;

    if (parse_policy(p, &component->policy)) {
        semicolon(p);
    } else {
        statement(p, component_statements, component, IN_COMPONENT, "a part of a component");
    }
}

static void parse_system_item(struct parser *p, void *to)
{
    statement(p, component_statements, to, IN_SYSTEM, "a part of a system");
}

static void parse_hardware_item(struct parser *p, void *to)
{
    statement(p, component_statements, to, IN_HARDWARE, "a part of hardware");
}

static struct component *component_new(struct parser *p, const char *what)
{
    struct component *component = NEW(struct component);

    component->policy = policy_default;
    component->name = expect_name(p, what, &component->where);
    return component;
}

static void component_body(struct parser *p, struct component *component,
                           void (*item)(struct parser *p, void *to))
{
    block(p, component, item);
    component->is_composite = component->parts.count != 0 || component->is_system;
    if (component->name) {
        list_add(&p->model->components, component);
    }
}

void parse_component(struct parser *p, void *unused, const struct where *where)
{
    (void)unused, (void)where;
    component_body(p, component_new(p, "the name of the component"), parse_component_item);
}

void parse_hardware(struct parser *p, void *unused, const struct where *where)
{
    struct component *component = component_new(p, "the name of the hardware");

    (void)unused, (void)where;
    component->is_hardware = true;
    component_body(p, component, parse_hardware_item);
}

void parse_system(struct parser *p, void *unused, const struct where *where)
{
    struct component *component = component_new(p, "the name of the system");

    (void)unused, (void)where;
    component->is_system = true;
    component_body(p, component, parse_system_item);
}
