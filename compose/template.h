/*
 * Templates: text with lines that begin with "@" and with "@{EXPRESSION}" in the others (docs/language.md, "Your own
 * connector").  A template reads the model and prints; it decides nothing and changes nothing.  All C text that compose
 * writes comes from its own templates, compose/glue.
 */
#ifndef COMPOSE_TEMPLATE_H
#define COMPOSE_TEMPLATE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "connector.h"

/* Values have the fields that fields.def gives them.  Those behind NODE_object_seen are for compose's own templates only. */
enum node {
    NODE_connection,
    NODE_instance,
    NODE_port,
    NODE_interface,
    NODE_method,
    NODE_param,
    NODE_object_seen,
    NODE_component,
    NODE_config_value,
    NODE_constant,
    NODE_domain,
    NODE_element,
    NODE_enumeration,
    NODE_event,
    NODE_field,
    NODE_keep,
    NODE_queue_place,
    NODE_queue_side,
    NODE_region,
    NODE_signal,
    NODE_state,
    NODE_step,
    NODE_structure,
    NODE_traced,
    NODE_type,
    NODE_value
};

/* The value of an expression. */
struct val {
    enum { VAL_NUMBER, VAL_TEXT, VAL_LIST, VAL_NODE } kind;
    enum node node; /* of a node, or of the items of a list */
    int64_t number;
    const char *text;
    const void *at; /* node (NULL: it is not there), struct list */
};

static inline struct val text(const char *text)
{
    return (struct val){ .kind = VAL_TEXT, .text = text ? text : "" };
}

static inline struct val number(int64_t number)
{
    return (struct val){ .kind = VAL_NUMBER, .number = number };
}

static inline struct val node(enum node node, const void *at)
{
    return (struct val){ .kind = VAL_NODE, .node = node, .at = at };
}

static inline struct val list(enum node node, const struct list *list)
{
    return (struct val){ .kind = VAL_LIST, .node = node, .at = list };
}

/* Reads a field of the node. */
typedef struct val field_read(const void *node);
/* The field of that name of the value; NULL: it has none. */
field_read *field_find(const struct val *val, const char *name);

/* Types are asked for in all of the model (types.c). */
void types_start(const struct model *model);
/* The types that the component of an instance sees, each once, what it contains before it. */
struct val types_of(const struct instance *i);

/* An object of a connector of the user's, as one side of a connection sees it. */
struct object_seen {
    const struct connector_object *object;
    const struct connector_place *place;
    enum side side;
};

/* By a method from one state of the protocol to another. */
struct step {
    const struct state *from, *to;
    bool recovers; /* it may be the first after a restart */
};

/* The steps of a method, its results: in order. */
struct val steps_of(const struct method *m);
struct val results_of(const struct method *m);

/* Read compose's own templates; before anything is printed. */
void template_start(const struct model *model);
/* Print the definition of that name for one node. */
void template_use(FILE *out, const char *name, struct val val);
/* The same as a text, without what it ends with being a line. */
const char *template_text(const char *name, struct val val);
/* Print what one side of a connection sees of it: by the template of its transport, or of its connector.  Errors in the
 * latter are reported at their place in it. */
void template_print(FILE *out, const struct connection *c, enum side side);
/* What the names in one side's C text begin with: its end and, at a provided end, which of its connections it is. */
const char *template_prefix(const struct connection *c, enum side side);
/* Table of what a template of the user's may read, as Markdown. */
void template_reference(FILE *out);

/* compose/glue, file by file. */
extern const struct glue_file {
    const char *path, *text;
} glue_files[];
extern const uint32_t glue_files_count;

#endif
