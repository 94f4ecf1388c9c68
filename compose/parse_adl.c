/* Components, hardware, systems. */
#include <string.h>

#include "parse.h"

#define SIZE_MOST (1ull << 40) /* bytes of memory of one end */

/* ---- ends ---- */

static void parse_type_name(struct parser *p, struct end *end, const char *what)
{
    end->type_name = expect_name(p, what, &end->type_where);
}

static void memory_size(struct parser *p, struct end *end)
{
    end->bytes = bracketed(p, "<>", "the size of the memory", UNIT_SIZE, 1, SIZE_MOST);
}

static void parse_needs(struct parser *p, struct end *end)
{
    if (accept_word(p, "Mmio")) {
        end->kind = END_MMIO;
    } else if (accept_word(p, "Irq")) {
        end->kind = END_IRQ;
    } else if (accept_word(p, "Dma")) {
        end->kind = END_DMA;
        memory_size(p, end);
    } else if (accept_word(p, "Trace")) {
        end->kind = END_TRACE;
    } else if (accept_word(p, "Cpu")) {
        end->kind = END_CPU;
    } else if (accept_word(p, "Untyped")) {
        end->kind = END_UNTYPED;
        memory_size(p, end);
    } else {
        parse_type_name(p, end, "the name of an interface");
    }
}

/* Dma<SIZE> NAME at ADDRESS: for its device. */
static bool accept_device_address(struct parser *p, struct end *end)
{
    if (end->at || !accept_word(p, "at")) {
        return false;
    }
    end->at = expect_number(p, "the address for the device", UNIT_NONE, 4096, (1ll << 44) - 4096);
    if (end->at % 4096) {
        error_at(&p->at[-1].where, "memory begins at a page: a multiple of 4096");
    }
    return true;
}

/* WORD [TYPE] NAME [N] and the words behind it, whatever kind of end it is. */
static void parse_end(struct parser *p, void *to)
{
    struct end *end = to;
    enum end_kind kind = p->as->which;
    bool is_call;

    end->kind = kind;
    end->type_where = peek(p)->where;
    if (kind == END_PROVIDES) {
        parse_type_name(p, end, "the name of an interface");
    } else if (kind == END_NEEDS) {
        parse_needs(p, end);
    } else if (kind == END_SHARES && accept_word(p, "bytes")) {
        memory_size(p, end);
    } else if (kind == END_SHARES) {
        accept_word(p, "struct");
        parse_type_name(p, end, "the name of a struct");
    }
    parse_name(p, end, "the name of the end");
    is_call = end->kind == END_NEEDS || end->kind == END_PROVIDES;
    if (is_call) {
        end->count = parse_count(p, 256);
    }
    while ((kind != END_PROVIDES && accept_flag(p, "optional", &end->is_optional)) ||
           (is_call && accept_flag(p, "async", &end->is_async)) ||
           (kind == END_PROVIDES && accept_flag(p, "dma", &end->is_dma)) ||
           (end->kind == END_UNTYPED && accept_flag(p, "rest", &end->is_rest)) ||
           (end->kind == END_DMA && accept_device_address(p, end)) ||
           ((end->kind == END_DMA || end->kind == END_MMIO) &&
            accept_flag(p, "guest", &end->is_guest)) ||
           (kind == END_CONSUMES && accept_flag(p, "polled", &end->is_polled)) ||
           (kind == END_SHARES && accept_flag(p, "readonly", &end->is_readonly))) {
    }
    if (end->is_dma && !end->is_async) {
        error_at(&end->where, "only an asynchronous end has \"dma\": say \"async dma\"");
    }
}

/* provides Mmio NAME at ADDRESS size SIZE; ...: what the board has, and the supervisor's control interface. */
static void parse_hardware_end(struct parser *p, void *to)
{
    static const enum end_kind kinds[] = { END_MMIO, END_IRQ, END_DMA, END_PROVIDES };
    struct end *end = to;
    enum end_kind kind = kinds[choose(p, "Mmio Irq Dma Supervisor", NULL)];

    end->kind = kind == END_PROVIDES ? kind : END_HARDWARE;
    end->hardware = kind;
    end->type_where = p->at[-1].where;
    parse_name(p, end, "the name of the end");
    if (kind == END_MMIO) {
        expect_word(p, "at", "at ADDRESS");
        end->at = expect_number(p, "the address", UNIT_NONE, 0, (1ull << 48) - 1);
        expect_word(p, "size", "size SIZE");
        end->bytes = expect_number(p, "the size", UNIT_SIZE, 1, SIZE_MOST);
    } else if (kind == END_IRQ) {
        expect_word(p, "at", "at LINE");
        end->at = expect_number(p, "the interrupt line", UNIT_NONE, 16, 8255);
        end->is_edge = choose(p, "level edge", NULL) == 1;
    } else if (kind == END_DMA) {
        end->is_function = accept_word(p, "at");
        end->at = end->is_function ? expect_number(p, "the number", UNIT_NONE, 0, 0xffff) : 0;
    } else if (kind == END_PROVIDES) {
        end->type_name = name_of("Supervisor");
        end->is_full = accept_word(p, "full");
        end->is_poke = accept_word(p, "poke");
    }
}

/* gate iommu; gate bus; : an end that the supervisor is connected to. */
static void parse_gate(struct parser *p, void *to)
{
    struct end *end = to;

    end->kind = END_GATE;
    end->at = choose(p, "iommu bus", NULL);
    end->name = name_of(end->at ? "bus" : "iommu");
    end->where = end->type_where = p->at[-1].where;
}

/* ---- the rest of a component ---- */

/* config TYPE NAME [= VALUE] [range A .. B] */
static void parse_config(struct parser *p, void *to)
{
    struct config *config = to;

    parse_type(p, &config->type);
    parse_name(p, config, "the name of the config");
    config->has_value = accept(p, '=');
    if (config->has_value) {
        parse_value(p, &config->value);
    }
    config->has_range = accept_word(p, "range");
    if (config->has_range) {
        struct value low, high;

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
}

static void parse_keep(struct parser *p, void *to)
{
    struct keep *keep = to;

    accept_word(p, "struct");
    keep->type_name = expect_name(p, "the name of a struct", &keep->type_where);
    parse_name(p, keep, "the name of the memory");
    if (accept_word(p, "version")) {
        keep->version = (uint32_t)expect_number(p, "the version", UNIT_NONE, 1, 65535);
        keep->converts = accept_word(p, "convert");
    }
}

/* Of sources, libraries or folders, as the statement says. */
static void parse_files(struct parser *p, void *to)
{
    struct list *list = (struct list *)((char *)to + p->as->which);

    do {
        struct value *value = NEW(struct value);

        value->kind = VALUE_STRING;
        value->string = expect_string(p, "the name of a file", &value->where);
        if (value->string) {
            list_add(list, value);
        }
    } while (accept(p, ','));
}

#define END(kind)                                                                                  \
    .parse = parse_end, .which = kind, .places = IN_COMPONENT, ADDS(end, component, ends)
#define FLAG(field)                                                                                \
    .parse = parse_flag, .which = offsetof(struct component, field), .places = IN_COMPONENT
#define FILES(field)                                                                               \
    .parse = parse_files, .which = offsetof(struct component, field), .places = IN_COMPONENT
#define IN_ANY (IN_COMPONENT | IN_SYSTEM)

const struct statement component_statements[] = {
    { "provides", parse_hardware_end,
      "provides Mmio NAME at ADDRESS size SIZE; provides Irq NAME at LINE level|edge; "
      "provides Dma NAME [at NUMBER]; provides Supervisor NAME [full] [poke];",
      "hardware: registers, an interrupt line, access to memory (NUMBER: behind an IOMMU or bus); "
      "the supervisor's control interface",
      .places = IN_HARDWARE, ADDS(end, component, ends) },
    { "provides", END(END_PROVIDES), .syntax = "provides INTERFACE NAME[N] [async [dma]];",
      .help = "methods for others" },
    { "needs", END(END_NEEDS),
      .syntax = "needs INTERFACE|Mmio|Irq|Dma<SIZE>|Untyped<SIZE>|Cpu|Trace NAME[N] [async] "
                "[optional] [rest] [guest] [at ADDRESS];",
      .help = "methods of others, registers, an interrupt, memory for a device, spare memory, "
              "processor time to give to threads of its own, what traced connections write" },
    { "emits", END(END_EMITS), .syntax = "emits NAME [optional];", .help = "a signal out" },
    { "consumes", END(END_CONSUMES), .syntax = "consumes NAME [polled] [optional];",
      .help = "a signal in" },
    { "shares", END(END_SHARES), .help = "memory shared with others",
      .syntax = "shares struct NAME|bytes<SIZE> NAME [readonly] [optional];" },
    { "gate", parse_gate, "gate iommu|bus;",
      "opens and closes for the supervisor what devices may do", .places = IN_COMPONENT,
      ADDS(end, component, ends) },
    { "config", parse_config, "config TYPE NAME [= VALUE] [range A .. B];",
      "a constant, set in the instance", .places = IN_COMPONENT, ADDS(config, component, configs) },
    { "keep", parse_keep, "keep struct NAME NAME [version N [convert]];",
      "memory that survives a restart; convert: a function takes over another version's",
      .places = IN_COMPONENT, ADDS(keep, component, keeps) },
    { "run", FLAG(has_run), .syntax = "run;", .help = "it has a run function" },
    { "init", FLAG(has_init), .syntax = "init;", .help = "it has an init function" },
    { "reentrant", FLAG(is_reentrant), .syntax = "reentrant;",
      .help = "it may be called while it calls" },
    { "source", FILES(sources), .syntax = "source \"FILE\", ...;",
      .help = "its C files, one translation unit" },
    { "library", FILES(libraries), .syntax = "library \"FILE\", ...;",
      .help =
          "static libraries or object files of the build folder that it is linked with, whole" },
    { "include", FILES(includes), .syntax = "include \"FOLDER\", ...;",
      .help = "folders of the tree, or with \"build/\" of the build folder, for #include of its "
              "source" },
    { "instance", parse_instance, "instance COMPONENT NAME[N] { ... }", "a part", .places = IN_ANY,
      ADDS(part, component, parts) },
    { "slot", parse_slot, "slot NAME[N] of COMPONENT, ... { ... }",
      "a part that is not started at boot; one of the components comes later", .places = IN_ANY,
      ADDS(part, component, parts) },
    { "connect", parse_connect, "connect FROM, ... -> TO, ... : WORDS;", "joins ends",
      .places = IN_ANY, ADDS(link, component, links) },
    { "export", parse_export, "export INSTANCE.END as NAME;",
      "an end of a part is an end of the whole", .places = IN_ANY,
      ADDS(export_decl, component, exports) },
    { "group", parse_group, "group NAME = { INSTANCE, ... };",
      "they may share an address space and a thread", .places = IN_ANY,
      ADDS(group_decl, component, groups) },
    { "deny", parse_deny, "deny INSTANCE ~> INSTANCE;", "no path of influence may exist",
      .places = IN_ANY, ADDS(deny_decl, component, denies) },
    { "until", parse_until, "until INSTANCE, ...;",
      "the system is over when their run functions have returned", .places = IN_SYSTEM },
    { .places = IN_COMPONENT, GO_ON(policy_statements, component, policy) },
    { 0 },
};

void parse_component(struct parser *p, void *to)
{
    const struct statement *as = p->as;
    struct component *component = to;

    component->policy = policy_default;
    component->is_hardware = as->which == IN_HARDWARE;
    component->is_system = as->which == IN_SYSTEM;
    parse_name(p, component, text_format("the name of the %s", as->word));
    block(p, component, component_statements, as->which, text_format("a part of a %s", as->word));
    component->is_composite = component->parts.count != 0 || component->is_system;
}
