/*
 * Connectors of the user's: what a `connector` declaration holds (docs/language.md, "Your own connector").  Objects, rights
 * and flows are declared; the templates only print.
 */
#ifndef COMPOSE_CONNECTOR_H
#define COMPOSE_CONNECTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "model.h"

enum side { SIDE_FROM, SIDE_TO, SIDES };

enum connector_kind {
    OBJECT_FRAME,        /* memory, zeroed at boot */
    OBJECT_NOTIFICATION, /* a notification of the connection's own */
    OBJECT_ENDPOINT,     /* an endpoint of the connection's own */
    OBJECT_SIGNAL, /* a bit of the notification of one side's domain, signalled by the other side */
};

struct connector_object {
    const char *name;
    struct where where;
    enum connector_kind kind;
    uint64_t bytes;         /* frame; whole pages */
    bool is_shared;         /* one for all connections to one end; else one a connection */
    enum side receiver;     /* signal */
    bool is_polled;         /* signal: only waited for, no handler */
    uint32_t number;        /* in its connector */
    uint32_t grants[SIDES]; /* TESS_RIGHT_*; 0: no capability */
    uint32_t maps[SIDES];   /* TESS_RIGHT_READ, _WRITE; 0: not mapped */
};

struct connector_end {
    bool is_set;
    struct where where;
    enum end_kind kind; /* END_NEEDS or END_PROVIDES */
    const char *type_name;
    struct where type_where;
    struct interface *interface; /* resolve; NULL: any */
    const char *template;        /* file, relative to the connector's; NULL: nothing is printed */
    struct where template_where;
    bool flows; /* from this side to the other one */
};

struct connector {
    const char *name;
    struct where where;
    struct connector_end end[SIDES];
    struct list objects; /* struct connector_object */
};

/* What place gives one object of one connection. */
struct connector_place {
    uint32_t object;
    uint32_t slot[SIDES]; /* NONE: no capability */
    uint64_t at[SIDES];   /* 0: not mapped */
    uint32_t bit;         /* signal, at its receiver; NONE */
};

/* Path of a template, relative to the working directory. */
const char *template_path(const struct connector_end *end);

#endif
