/* The functions of the transports, one file each; what they do: ../back.h. */
#ifndef COMPOSE_CONNECTOR_TABLE_H
#define COMPOSE_CONNECTOR_TABLE_H

#include "../back.h"

void direct_from(FILE *out, const struct model *model, const struct connection *c);
void direct_to(FILE *out, const struct model *model, const struct connection *c);

void rpc_lower(struct model *model, struct connection *c);
void rpc_place(struct model *model, struct connection *c);
void rpc_from(FILE *out, const struct model *model, const struct connection *c);
void rpc_to(FILE *out, const struct model *model, const struct connection *c);

/* Functions to call whoever a received capability leads to: Block_read(cap, ...). */
void rpc_by_cap(FILE *out, const struct interface *i);

/* Does a state of the interface list the method?  If none does, it is allowed always. */
bool is_in_protocol(const struct interface *i, const struct method *m);
/*
 * next_ = the state behind the method, or return `refusal`.  state: an expression.  may_restart: behind the last state
 * stands "restarted", in which only what recovers is known.
 */
void c_transition(FILE *out, const struct interface *i, const struct method *m, const char *state,
                  const char *refusal, bool may_restart);

/* The dispatch of calls, rpc or ring as c is, to the end of which c is the first connection of its transport. */
void server(FILE *out, const struct model *model, const struct connection *c);

void ring_lower(struct model *model, struct connection *c);
void ring_place(struct model *model, struct connection *c);
void ring_from(FILE *out, const struct model *model, const struct connection *c);
void ring_to(FILE *out, const struct model *model, const struct connection *c);

void queue_lower(struct model *model, struct connection *c);
void queue_place(struct model *model, struct connection *c);
void queue_from(FILE *out, const struct model *model, const struct connection *c);
void queue_to(FILE *out, const struct model *model, const struct connection *c);

void share_lower(struct model *model, struct connection *c);
void share_place(struct model *model, struct connection *c);
void share_from(FILE *out, const struct model *model, const struct connection *c);
void share_to(FILE *out, const struct model *model, const struct connection *c);

void event_place(struct model *model, struct connection *c);
void event_from(FILE *out, const struct model *model, const struct connection *c);
void event_to(FILE *out, const struct model *model, const struct connection *c);

void irq_lower(struct model *model, struct connection *c);
void irq_place(struct model *model, struct connection *c);
void irq_from(FILE *out, const struct model *model, const struct connection *c);

void user_lower(struct model *model, struct connection *c);
void user_place(struct model *model, struct connection *c);
void user_from(FILE *out, const struct model *model, const struct connection *c);
void user_to(FILE *out, const struct model *model, const struct connection *c);

void mmio_lower(struct model *model, struct connection *c);
void mmio_place(struct model *model, struct connection *c);
void mmio_from(FILE *out, const struct model *model, const struct connection *c);

#endif
