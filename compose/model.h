/*
 * The model: what all passes of compose share, from text to capabilities.
 *
 *     parse      text            -> declarations: enums, structs, interfaces, components, connectors
 *     resolve    declarations    -> every name points to what it names; sizes and values are computed
 *     elaborate  one system      -> instances and connections, composites taken apart, wildcards and filters expanded
 *     check      ...             -> rules that need the whole system (table of named checks)
 *     lower      connections     -> domains; objects, grants, maps of each connection
 *     place      ...             -> numbers: slots, badges, bits, addresses, start order
 *     emit       decides nothing: glue, distribution, build file, reports
 *
 * Passes only add.  A field is written by the pass in whose section it stands and read by later ones.  Everything is
 * allocated from one arena and never freed before the end; lists are arrays of pointers (struct list).  The order of
 * every list is that of the text, so that the output is the same byte for byte.
 */
#ifndef COMPOSE_MODEL_H
#define COMPOSE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NONE UINT32_MAX /* no number yet */

/* A place in a source text, for messages. */
struct where {
    const struct source *source;
    uint32_t offset, length;
};

struct source {
    const char *path; /* as given or imported, relative to the working directory */
    const char *text;
    uint32_t bytes;
};

struct list {
    void **item;
    uint32_t count, room;
};
/* for (EACH(struct method, m, &interface->methods)) */
#define EACH(type, name, list)                                                                     \
    type **name##_at_ = (type **)(list)->item,                                                     \
         **name##_end_ = name##_at_ ? name##_at_ + (list)->count : NULL, *name = NULL;             \
    name##_at_ != name##_end_ && (name = *name##_at_, 1);                                          \
    name##_at_++

/* How everything that has a name in the text begins; also a name that is used somewhere. */
struct named {
    const char *name;
    struct where where;
};

/* ---- interfaces ---- */

enum type_kind {
    TYPE_UNSIGNED, /* bits */
    TYPE_SIGNED,   /* bits */
    TYPE_FLOAT,    /* bits: 32 or 64; its bit pattern in a message word */
    TYPE_BOOL,
    TYPE_ENUM,   /* enumeration */
    TYPE_FLAGS,  /* enumeration */
    TYPE_STRUCT, /* structure */
    TYPE_STRING, /* bound: characters without the NUL */
    TYPE_BYTES,  /* bound: bytes */
    TYPE_CAP,    /* interface */
};

struct type {
    enum type_kind kind;
    uint32_t bits;
    uint32_t bound;
    uint32_t count;   /* of an array; 0: not an array */
    const char *name; /* as written, when it names a declaration */
    struct where where;
    /* resolve */
    struct enumeration *enumeration;
    struct structure *structure;
    struct interface *interface;
    uint32_t bytes, align; /* of one element in C; string: bound + 1 */
};

/* How far resolve is with something that may contain itself. */
enum mark { MARK_NEW, MARK_IN_WORK, MARK_DONE };

struct constant {
    const char *name;
    struct where where;
    int64_t value;
};

struct enumeration {
    const char *name;
    struct where where;
    bool is_flags, is_signed;
    uint32_t bits;
    struct list constants; /* struct constant */
};

struct field {
    const char *name;
    struct where where;
    struct type type;
    uint32_t offset; /* resolve */
};

struct structure {
    const char *name;
    struct where where;
    struct list fields;
    /* resolve */
    uint32_t bytes, align;
    enum mark mark;
};

/* Size of a lend buffer: value of another parameter times factor, or just factor. */
struct extent {
    const char *param; /* NULL: a constant */
    struct where where;
    struct param *of; /* resolve */
    uint64_t factor;
    uint64_t max; /* bytes; never unbounded */
};

struct param {
    const char *name;
    struct where where;
    struct type type;
    bool is_out;
    bool is_lend; /* type is bytes, extent says how many */
    struct extent extent;
    /* resolve: the wire format (docs/language.md), the same at both ends */
    uint32_t word; /* scalar: number of its message word; variable length: of its length; NONE */
    uint32_t
        offset; /* aggregate: byte offset in the message area (message words 8..) or in the buffer */
};

enum method_kind { METHOD_ONCE, METHOD_IDEMPOTENT };

struct method {
    const char *name;
    struct where where;
    enum method_kind kind;
    bool is_dedupe;
    struct named
        covers; /* parameter that says which block the lent ones begin at; name NULL: none */
    struct list params; /* struct param: in first, then results */
    /* resolve */
    uint32_t number;              /* label of the request */
    uint32_t words_in, words_out; /* message words without a variable tail */
    bool uses_buffer; /* aggregates travel in the connection's buffer, else in message words 8.. */
    uint32_t buffer_bytes; /* in plus out */
    uint64_t within_ns;    /* longest of its transitions; 0: none */
    uint32_t answer;       /* dedupe: number among those of the interface */
    struct interface *interface;
    struct param *cover; /* what covers names; NULL: none */
};

/* state Open quiet { read, write -> Open within 50ms; } */
struct transition {
    const char *target;
    struct where where;
    struct list names; /* struct named: methods */
    uint64_t within_ns;
    /* resolve */
    struct list methods; /* struct method */
    struct state *to;
};

struct state {
    const char *name;
    struct where where;
    bool is_quiet;
    struct list transitions;
    uint32_t number; /* 0: the first, where every connection begins */
};

struct interface {
    const char *name;
    struct where where;
    uint32_t major, minor;
    const char *error_name; /* NULL: none */
    struct where error_where;
    struct list methods, events; /* struct method; struct constant */
    struct list states;          /* empty: no protocol, every method at any time */
    struct list recover_names;   /* struct named */
    uint64_t patience_ns;        /* 0: not said */
    /* resolve */
    struct enumeration *error;
    struct list recover;   /* struct method */
    uint32_t buffer_bytes; /* largest of its methods */
    uint64_t cover_bytes;  /* of a block that its methods cover; 0: none does */
};

/* ---- components ---- */

enum end_kind {
    END_PROVIDES, /* interface */
    END_NEEDS,    /* interface */
    END_EMITS,    /* a signal out */
    END_CONSUMES, /* a signal in */
    END_SHARES,   /* memory: structure, or bytes */
    END_GATE,     /* gate iommu, gate bus; at: enum gate of comp/gate.h */
    END_MMIO,     /* needs Mmio: registers of a device */
    END_IRQ,      /* needs Irq */
    END_DMA,      /* needs Dma<bytes> */
    END_UNTYPED,  /* needs Untyped<bytes>: spare memory of its own */
    END_CPU,      /* needs Cpu: it gives threads of its own processor time */
    END_TRACE,    /* needs Trace: to read what traced connections write */
    END_HARDWARE, /* provides Mmio / Irq at ...: of a hardware component */
};

struct end {
    const char *name;
    struct where where;
    enum end_kind kind;
    const char *type_name; /* of the interface or structure; NULL */
    struct where type_where;
    uint32_t count;   /* array; 0: not an array */
    bool is_optional; /* may stay unconnected: calls give CAP */
    bool is_readonly; /* shares */
    bool is_polled;   /* consumes: no handler, only poll and wait */
    bool is_async;    /* needs, provides: requests and completions; joined by a queue */
    bool is_rest;     /* Untyped: what is left at boot, too */
    bool is_dma;      /* provides: it is told the physical addresses of what is lent */
    bool is_guest;    /* Mmio, Dma: the component may map it in the address space of a guest */
    uint64_t bytes;   /* Dma, Untyped, shares without a structure, Mmio of hardware */
    uint64_t
        at; /* hardware: physical address, INTID or number of a function; gate; Dma: where the device sees it, 0: where it is */
    bool is_function;       /* hardware Dma: behind gates, `at` is its number there */
    bool is_edge;           /* hardware irq */
    bool is_full;           /* the supervisor's: may also change things */
    bool is_poke;           /* and the text of what runs */
    enum end_kind hardware; /* of END_HARDWARE: END_MMIO, END_IRQ or END_DMA */
    /* resolve */
    struct interface *interface;
    struct structure *structure;
    uint32_t number; /* in its component */
};

enum value_kind {
    VALUE_NUMBER,
    VALUE_STRING,
    VALUE_NAME,   /* of a constant of an enum, true, false; resolve turns it into a number */
    VALUE_CONFIG, /* a config of the composite around it; elaborate turns it into its value */
};

enum unit { UNIT_NONE, UNIT_SIZE, UNIT_TIME }; /* plain number; bytes; nanoseconds */

struct value {
    enum value_kind kind;
    enum unit unit;
    int64_t number;
    const char *string;
    struct where where;
};

struct config {
    const char *name;
    struct where where;
    struct type type;
    uint32_t number; /* in its component; resolve */
    bool has_value, has_range;
    struct value value;
    int64_t low, high;
    enum unit range_unit;
};

/* keep struct S name: memory that survives the instance. */
struct keep {
    const char *name;
    struct where where, type_where;
    const char *type_name;
    uint32_t version; /* 0: not given */
    bool converts;    /* it has a function that takes over the struct of another version */
    struct structure *structure; /* resolve */
};

/* Budgets and restart policy.  A field that was not written holds the default (policy_default) and its set bit is clear. */
struct policy {
    uint64_t cpu_ns, period_ns;
    uint64_t mem, stack, heap;
    uint64_t heartbeat_ns; /* 0: off */
    uint64_t window_ns, backoff_min_ns, backoff_max_ns;
    uint32_t prio, caps, restart_max;
    bool is_passive, restarts;
    const char *restart_with; /* instance name in the same scope; NULL: alone */
    struct where restart_where;
    uint32_t set; /* bits: 1 << enum policy_field */
    struct where where[12];
};
enum policy_field {
    POLICY_CPU,
    POLICY_PRIO,
    POLICY_MEM,
    POLICY_CAPS,
    POLICY_STACK,
    POLICY_HEAP,
    POLICY_RESTART,
    POLICY_HEARTBEAT,
    POLICY_FIELDS
};

/* NAME = value; in an instance. */
struct setting {
    const char *name;
    struct where where;
    struct value value;
    /* resolve */
    struct config *config;
    struct config *outer; /* VALUE_CONFIG */
};

struct part { /* instance COMPONENT NAME { ... }, slot NAME of COMPONENT, ... { ... } */
    const char *name;
    struct where where, type_where;
    const char *type_name;
    uint32_t count; /* instance C w[4]; resolve makes w0 .. w3 of it; 0: no array */
    bool is_slot;   /* is not started at boot */
    struct policy policy;
    struct list settings;
    struct list swaps; /* struct named: components that may take the place of the first */
    /* resolve */
    struct component *component;
    struct list alternatives; /* struct component: those of swaps */
    struct part *array;       /* what it is one of; NULL */
};

/* One end as written: a.b.end[3]; "*" as instance: every one in this scope and below that has such an end unconnected. */
struct end_ref {
    struct list path; /* struct named: instances, then the end */
    struct where where;
    uint32_t element; /* NONE: not given */
    bool is_wild;
};

enum transport {
    TRANSPORT_DIRECT,
    TRANSPORT_RPC,
    TRANSPORT_RING,
    TRANSPORT_QUEUE,
    TRANSPORT_SHARE,
    TRANSPORT_EVENT,
    TRANSPORT_IRQ,
    TRANSPORT_MMIO,
    TRANSPORT_DMA,
    TRANSPORT_USER, /* a connector of the user's */
    TRANSPORTS
};

struct link {             /* connect a, b -> c : words; */
    struct list from, to; /* struct end_ref */
    struct where where;
    enum transport transport;
    const char *connector_name;                                     /* TRANSPORT_USER */
    struct where connector_where, transport_where, transport_again; /* again: a second one */
    bool is_monitored, is_traced;
    uint64_t timeout_ns;     /* 0: none */
    uint64_t bytes;          /* ring, queue: size; 0: default */
    const char *filter_name; /* component; NULL */
    struct where filter_where;
    uint32_t strikes;            /* 0: default */
    uint64_t cover_bytes;        /* checksummed: so much of what the server stores; 0: it is not */
    struct component *filter;    /* resolve */
    struct connector *connector; /* resolve */
};

struct export_decl { /* export inner.end as name; */
    const char *name;
    struct where where;
    struct end_ref ref;
};

struct group_decl { /* group NAME = { a, b }; */
    const char *name;
    struct where where;
    struct list members; /* struct end_ref, instances only */
};

struct deny_decl {           /* deny a ~> b; */
    struct end_ref from, to; /* instances only */
    struct where where;
};

struct component {
    const char *name;
    struct where where;
    bool is_system, is_hardware, is_composite; /* composite: has parts */
    bool has_run, has_init, is_reentrant;
    struct list ends, configs, keeps;
    struct list libraries, includes; /* struct value (strings), relative to build folder and tree */
    struct list sources;             /* struct value (strings), relative to the file */
    struct policy policy;            /* defaults of its instances */
    struct list parts, links, exports, groups, denies;
    struct list until; /* struct end_ref: instances */
    /* resolve */
    enum mark mark;
    uint32_t depth; /* of composites in it */
};

/* connector NAME { ... } of the user's: see compose/connector.h. */
struct connector;

/* ---- the elaborated system ---- */

/* An end of an instance. */
struct port {
    struct instance *instance;
    struct end *end;
    struct list to,
        from; /* struct connection: those that end there, that start from there; in order */
};

struct instance {
    const char *path; /* "store.fs": as a person names it */
    const char *id;   /* "store_fs": as C and files name it; unique */
    struct component *component;
    struct instance *parent; /* composite it is in; NULL: the system */
    struct where where;      /* of the part */
    struct policy policy;    /* component's defaults, overridden */
    struct value *configs;   /* [component->configs.count] */
    struct list groups;      /* struct group */
    struct instance *restart_with;
    bool is_until, is_slot;
    bool is_swappable; /* it or what takes its place may be replaced */
    struct list
        alternatives; /* struct instance, in no list of the model: the same with another component */
    uint32_t number;
    struct list served, used; /* struct connection: those that end at it, that start from it */
    struct port *ports;       /* one for each of its ends */
    /* check */
    struct instance *first; /* of those that direct joins to one domain */
    /* lower */
    struct domain *domain;
    struct list regions;      /* struct region */
    struct list traces;       /* struct trace_seen: Trace */
    struct gate_place *gates; /* by enum gate; NULL: it is none */
};

struct group {
    const char *name;
    struct where where;
    struct list members; /* struct instance, leaves */
    uint32_t number;
};

static inline struct port *port_of(const struct instance *instance, const struct end *end)
{
    return &instance->ports[end->number];
}

/* One client end (element) connected to one server end (element). */
struct connection {
    struct instance *from, *to; /* leaves; from: caller, emitter, user of the hardware */
    struct end *from_end, *to_end;
    uint32_t from_element, to_element; /* 0 when the end is no array */
    struct link *link;
    struct where where;
    enum transport transport;
    bool is_monitored, is_traced;
    uint64_t timeout_ns, bytes, cover_bytes;
    uint32_t strikes;
    const char *name; /* "client.end[i] -> server.end[j]" */
    uint32_t number;
    /* lower */
    uint32_t index; /* among those of its transport that end at the same end */
    /* place */
    uint64_t
        badge; /* that the server sees: 1.. , unique in the server's domain; event, irq, ring: the bit */
    uint32_t
        from_slot; /* capability in the client's CNode: endpoint, or notification to wake the other side */
    uint32_t
        to_slot; /* in the server's CNode: notification back to the client (ring), irq to acknowledge */
    uint32_t from_bit; /* number of the client's notification bit (ring: space; NONE) */
    uint32_t to_bit;   /* number of the server's notification bit (event, irq, ring) */
    uint64_t from_at,
        to_at; /* address of the shared memory (buffer, ring, share, mmio, dma) on each side; 0: none */
    uint64_t memory_bytes;         /* of it; whole pages */
    uint32_t from_watch, to_watch; /* index in the pulse page's watch[]; NONE */
    struct connector_place *user;  /* TRANSPORT_USER: one an object of the connector */
    struct queue_place *queue;     /* TRANSPORT_QUEUE */
    uint32_t memory;               /* object of it; NONE */
    uint32_t line;                 /* object of the interrupt line, or the supervisor's; NONE */
    uint32_t event_slot,
        event_bit; /* events of an rpc interface: the server's first slot, the client's first bit; NONE */
    uint32_t watch; /* record in model.watches; NONE */
};

/* What a `deny` and the audit work on: every instance with what it can influence. */
struct denial {
    struct instance *from, *to;
    struct where where;
};

/* ---- lower, place ---- */

struct domain {
    const char *name; /* of its first instance, or of the group */
    struct list instances;
    struct policy policy; /* of all of them together */
    uint32_t number, order, restart_set, group;
    uint32_t endpoint, notification, pulse; /* objects */
    uint32_t next_slot, next_bit, next_watch;
    uint64_t next_badge, next_address;
    uint64_t spare;    /* bytes of Untyped */
    bool has_cpu;      /* may give processor time */
    bool has_rest;     /* its spare memory is all that is left at boot */
    uint32_t trace;    /* object: what its traced connections write; NONE: nobody reads it */
    uint64_t trace_at; /* there */
    uint32_t cap_slot; /* first of those for received capabilities; NONE: it takes none */
};

/* Memory of one instance: a keep struct, memory for a device, or (neither) the answers to its deduplicated calls. */
struct region {
    struct instance *instance;
    struct keep *keep;
    struct end *end;
    uint64_t bytes; /* whole pages */
    uint64_t bank;  /* keep: where the copy lies that a swap makes; 0: none does */
    uint32_t object;
    /* place */
    uint64_t at;
    uint32_t slot; /* end: to ask for the physical address; NONE */
};

/* What an instance with a Trace end reads of one domain. */
struct trace_seen {
    struct domain *domain;
    uint64_t at;
};

/* A component that says `gate`. */
struct gate_place {
    struct instance *instance; /* NULL: there is none */
    uint32_t orders, answers;  /* objects */
    /* place */
    uint64_t orders_at, answers_at;
};

struct model {
    struct list sources; /* the first is the one that was named on the command line */
    struct list enumerations, structures, interfaces, components, connectors;
    struct list lost; /* const char *: names in what the parser skipped after an error */
    /* elaborate */
    struct component *system;
    struct list instances;   /* struct instance: leaves, hardware included */
    struct list composites;  /* struct instance */
    struct list connections; /* struct connection */
    struct list groups;      /* struct group */
    struct list denials;     /* struct denial */
    uint64_t memory;         /* bytes of the machine, for the admission */
    /* lower, place */
    struct list domains; /* struct domain */
    struct list objects, grants, maps,
        watches; /* struct dist_object, dist_grant, dist_map, dist_connection (comp/dist.h) */
    struct list object_names;       /* const char *, one an object */
    struct list regions;            /* struct region */
    struct gate_place gates[2];     /* by enum gate (comp/gate.h) */
    struct list functions, windows; /* struct dist_function, dist_window */
    struct list function_uses;      /* struct connection: the first to each function's device */
};

#endif
