/*
 * What the files of the back half share: lower, place, the connectors and the emitters.
 *
 * A transport is one file in compose/connector/ with the same four functions:
 *
 *     lower   objects that the connection needs and that outlive its ends
 *     place   slots, badges, notification bits and addresses on both sides, and the grants and maps for them
 *     from    C of the client's side: what the source of the instance `from` calls
 *     to      C of the server's side: what the loop of the domain of `to` calls
 *
 * Any of them may be missing.  from and to only print; everything is decided before.
 */
#ifndef COMPOSE_BACK_H
#define COMPOSE_BACK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <comp/dist.h>
#include <comp/layout.h>
#include <tessera/msg.h>

#include "model.h"
#include "passes.h"

#define PAGE 4096ull

struct transport_ops {
    const char *name;
    void (*lower)(struct model *model, struct connection *c);
    void (*place)(struct model *model, struct connection *c);
    void (*from)(FILE *out, const struct model *model, const struct connection *c);
    void (*to)(FILE *out, const struct model *model, const struct connection *c);
};
/* Indexed by enum transport. */
extern const struct transport_ops transports[TRANSPORTS];

/* ---- lower ---- */

static inline uint64_t pages(uint64_t bytes)
{
    return (bytes + PAGE - 1) & ~(PAGE - 1);
}

/* A new object; returns its number. */
uint32_t object_add(struct model *model, enum dist_kind kind, const char *name,
                    const struct dist_object *fields);
/* Item i of a list. */
#define AT(type, list, i) ((type *)(list)->item[i])

/* ---- place ---- */

/* Capability to the object in the domain's next free slot, which it returns.  why: number of a watch record or NONE. */
uint32_t grant(struct model *model, struct domain *domain, uint32_t object, uint32_t rights,
               uint64_t badge, uint32_t why);
/* Map the bytes from offset of the object at the domain's next free address, which it returns; the same bytes of the
 * same object are mapped once in a domain, with the rights of all who asked. */
uint64_t map(struct model *model, struct domain *domain, uint32_t object, uint64_t offset,
             uint64_t bytes, uint32_t rights, uint32_t why);
/* A free notification bit of the domain; an error at `where` when there is none. */
uint32_t bit_of(struct domain *domain, const struct where *where);
/* A free entry of the domain's pulse page, or NONE. */
uint32_t watch_of(struct domain *domain);
/* Both ends in one domain: nothing of the kernel lies between them. */
bool is_inside(const struct connection *c);
/* The supervisor watches the calls in flight. */
bool is_watched(const struct connection *c);

/* Connections that end at (start from) this end of this instance, in order: for (each_to(...)) */
struct connection *next_to(const struct model *model, const struct instance *instance,
                           const struct end *end, const struct connection *after);
struct connection *next_from(const struct model *model, const struct instance *instance,
                             const struct end *end, const struct connection *after);
#define EACH_TO(c, model, instance, end)                                                           \
    struct connection *c = next_to(model, instance, end, NULL);                                    \
    c;                                                                                             \
    c = next_to(model, instance, end, c)
#define EACH_FROM(c, model, instance, end)                                                         \
    struct connection *c = next_from(model, instance, end, NULL);                                  \
    c;                                                                                             \
    c = next_from(model, instance, end, c)

/* ---- C text (emit_c.c) ---- */

/* "uint64_t", "struct stat": of one value or element. */
const char *c_type(const struct type *type);
/* The message word that carries a scalar; the scalar that message word carries. */
const char *c_word(const struct type *type, const char *value);
const char *c_value(const struct type *type, uint32_t word);
/* Upper-case copy. */
const char *c_upper(const char *name);
/* Passed by value and carried in one message word. */
bool is_scalar(const struct param *p);
/* Bytes that the parameter takes in the area or buffer; 0 for a scalar. */
uint64_t room_of(const struct param *p);
/* ", uint64_t lba, const char *name": as parameters; as arguments: ", lba, name". */
void c_params(FILE *out, const struct method *m);
void c_args(FILE *out, const struct method *m);
/* Bytes of a lent buffer as an expression of the other parameters. */
void c_extent(FILE *out, const struct param *p);
/* Largest value of the parameter that a lent buffer's size depends on. */
uint64_t extent_limit(const struct param *p);
/* Words of the message one way, area included. */
uint32_t message_words(const struct method *m, bool is_out);
/* Scalar words one way, lengths included. */
uint32_t scalar_words(const struct method *m, bool is_out);
/* Words of the area one way. */
uint32_t area_words(const struct method *m, bool is_out);
/* Tag of the request, as a C constant. */
const char *request_tag(const struct method *m);
/* The parameter that is a capability; NULL: none. */
const struct param *cap_param(const struct method *m);
/* Does a method of the interface pass a capability? */
bool passes_caps(const struct interface *interface);
/* What the caller must not give: too long a text, too large a buffer.  Prints the checks; each returns ARG. */
void c_check_arguments(FILE *out, const struct method *m);
/* Types that the ends, keeps and configs of a component need, each once; all structs, if it converts what it keeps. */
void c_declare_types(FILE *out, const struct model *model, const struct component *component);
/* First and last of the interface's own errors; 1 and 0 when it has none. */
void own_errors(const struct interface *interface, int64_t *first, int64_t *last);

/* The connection by which an instance reaches the end's element; NULL: none. */
const struct connection *connection_from(const struct model *model, const struct instance *instance,
                                         const struct end *end, uint32_t element);
/* Number of the connection among those of its transport that end at the same end; how many there are. */
uint32_t index_at_server(const struct model *model, const struct connection *c);
uint32_t count_at_server(const struct model *model, const struct instance *instance,
                         const struct end *end, enum transport transport);

/* Which element each of the connections of c's transport to c's end is, if it is an array. */
void c_element_table(FILE *out, const struct model *model, const struct connection *c);

/* What files of the domain are called: the id of its first instance. */
const char *domain_id(const struct domain *domain);
/* The needed end that printf of the instance goes to; NULL: none. */
const struct end *log_of(const struct model *model, const struct instance *instance);

/* ---- replace.c ---- */

/* The model with `other`, an alternative of `base`, in its place, for emitters; all numbers are those of place. */
const struct model *model_with(const struct model *model, struct instance *base,
                               struct instance *other);

/* ---- queues (connector/queue.c, queue_server.c) ---- */

/* What lower and place give a queue; the memory of its rings is connection.memory. */
struct queue_place {
    uint32_t buffer;      /* object; NONE: the interface lends nothing */
    uint64_t async_bytes; /* of the buffer: the client's own; behind them the synchronous call's */
    struct queue_side {
        uint64_t request, taken, completion, read, buffer; /* addresses */
    } from, to;
    uint32_t endpoint_slot; /* client: the server's endpoint */
    uint32_t address_slot;  /* server: to ask for the physical address of the buffer; NONE */
};

/* In the header: functions to start and prototypes of the handlers of an asynchronous needed end. */
void queue_needs(FILE *out, const struct model *model, const struct instance *instance,
                 const struct end *end);
/* In the header: what a provided end needs to complete requests. */
void queue_provides(FILE *out, const struct model *model, const struct instance *instance,
                    const struct end *end);
/* Behind the source: what the client does with completions. */
void queue_client(FILE *out, const struct model *model, const struct connection *c);
/* Initialiser of the struct comp_queue_at of a side. */
void queue_at(FILE *out, const struct connection *c, bool is_client);

/* ---- emitters ---- */

/* Calls of the handlers of signals that connectors of the user's have declared. */
void user_signals(FILE *out, const struct model *model, const struct instance *instance);

void emit_header(FILE *out, const struct model *model, const struct instance *instance);
void emit_unit(FILE *out, const struct model *model, const struct instance *instance);
void emit_server(FILE *out, const struct model *model, const struct instance *instance);
void emit_domain(FILE *out, const struct model *model, const struct domain *domain);
void emit_build(FILE *out, const struct model *model, const struct options *options);
void emit_dist_text(FILE *out, const struct model *model);
/* The binary form; bytes is set; allocated in the arena. */
const void *emit_dist(const struct model *model, size_t *bytes);

/* Names of kinds and rights in texts and reports. */
const char *kind_name(uint32_t kind);
const char *rights_name(uint32_t kind, uint32_t rights);

/* Reports to `out`; false: unknown word or wrong arguments (reported). */
bool report(FILE *out, struct model *model, const struct options *options);

#endif
