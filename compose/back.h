/*
 * What the files of the back half share: lower, place, the connectors and the emitters.
 *
 * A transport is a file in compose/connector/ with two functions, either of which may be missing,
 *
 *     lower   objects that the connection needs and that outlive its ends
 *     place   slots, badges, notification bits and addresses on both sides, and the grants and maps for them
 *
 * and what compose/glue prints for it, NAME_from in the header of the client and NAME_to behind the source of the server.
 * Printing decides nothing.
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

#define PAGE  4096ull
#define BLOCK (2ull << 20)

struct transport_ops {
    const char *name;
    void (*lower)(struct model *model, struct connection *c);
    void (*place)(struct model *model, struct connection *c);
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

/* Connections that end at (start from) this end of the instance, in order: for (EACH_TO(c, instance, end)) */
#define EACH_TO(c, instance, end)   EACH(struct connection, c, &port_of(instance, end)->to)
#define EACH_FROM(c, instance, end) EACH(struct connection, c, &port_of(instance, end)->from)
/* ---- what is printed of types and methods (c.c) ---- */

/* "uint64_t", "struct stat": of one value or element. */
const char *c_type(const struct type *type);
/* Upper-case copy. */
const char *c_upper(const char *name);
/* Passed by value and carried in one message word. */
bool is_scalar(const struct param *p);
/* Bytes that the parameter takes in the area or buffer; 0 for a scalar. */
uint64_t room_of(const struct param *p);
/* Words of the message one way, area included. */
uint32_t message_words(const struct method *m, bool is_out);
/* Scalar words one way, lengths included. */
uint32_t scalar_words(const struct method *m, bool is_out);
/* Words of the area one way. */
uint32_t area_words(const struct method *m, bool is_out);
/* Words in registers: with an area behind them all of them, so that nothing else goes with them. */
uint32_t register_words(const struct method *m, bool is_out);
/* ", 0" for each register behind the scalars of the request. */
const char *padding(const struct method *m);
/* Which words of the results are bool. */
uint32_t bools(const struct method *m);
/* Its request has a length of its own: a string, or bytes that are not lent. */
bool has_length(const struct param *p);
/* The last parameter that is no scalar; NULL: none. */
const struct param *last_aggregate(const struct method *m);
/* It may be executed twice. */
bool may_repeat(const struct method *m);
/* The interface's own first or last error; 1 and 0 when it has none. */
int64_t own_error(const struct interface *i, bool is_last);
/* Words of the largest results. */
uint32_t most_results(const struct interface *i);
/* The value of a config as C text. */
const char *literal(const struct config *config, const struct value *v);
/* The parameter that is a capability; NULL: none. */
const struct param *cap_param(const struct method *m);
/* The parameter that is lent; NULL: none. */
const struct param *lent_param(const struct method *m);

/* How many connections of that transport end at the end: their `index` is below. */
uint32_t count_at_server(const struct instance *instance, const struct end *end,
                         enum transport transport);
/* How many answers are kept for the end: one for each deduplicated method of each rpc. */
uint32_t answers_of(const struct instance *instance, const struct end *end);

/* Kept answers of an instance: those of an end lie together, in them those of a method.  Where they lie; how many are
 * before those of the connection's end. */
uint64_t answers_at(const struct instance *i);
uint32_t answers_before(const struct connection *c);

/* What files of the domain are called: the id of its first instance. */
const char *domain_id(const struct domain *domain);

/* ---- replace.c ---- */

/* Make `other`, an alternative of `base`, like base for the emitters: all numbers are those that place gave to base. */
void replace(struct instance *base, struct instance *other);

/* ---- rings and queues ---- */

/* Bytes for records in the ring. */
uint64_t ring_bytes(const struct connection *c);
/* Address of the page that belongs to the consumer, on the side where the ring begins at `at`. */
uint64_t ring_consumer(const struct connection *c, uint64_t at);

/* What lower and place give a queue; the memory of its rings is connection.memory. */
struct queue_place {
    uint32_t buffer;      /* object; NONE: the interface lends nothing */
    uint64_t async_bytes; /* of the buffer: the client's own; behind them the synchronous call's */
    struct queue_side {
        uint64_t request, taken, completion, read, buffer; /* addresses */
    } from, to;
    uint32_t endpoint_slot; /* client: the server's endpoint */
    uint32_t address_slot;  /* server: to ask for the physical address of the buffer; NONE */
    uint32_t cover;         /* object of the checksums; NONE */
    uint64_t cover_at, blocks;
};

/* ---- gates (gate.c) ---- */

void gate_lower(struct model *model, struct instance *instance, const struct end *end);
/* Its devices are behind gates. */
bool has_functions(const struct model *model, const struct domain *domain);
/* Pages of the gates; functions and windows. */
void gate_place(struct model *model);
struct dist_gate gate_record(const struct gate_place *gate);
void gate_text(FILE *out, const struct model *model);

/* ---- emitters ---- */

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
