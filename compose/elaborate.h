/* What the files of the elaborate pass share. */
#ifndef COMPOSE_ELABORATE_H
#define COMPOSE_ELABORATE_H

#include <stdbool.h>

#include "model.h"

/* An end of a leaf instance; element NONE: not given. */
struct target {
    struct instance *instance;
    struct end *end;
    uint32_t element;
};

/* The instance of that name in a composite; NULL: of the system, or not there. */
struct instance *instance_child(const struct instance *composite, const char *name);
struct instance *ref_instance(struct instance *scope, const struct end_ref *ref, uint32_t count);
bool ref_target(struct instance *scope, const struct end_ref *ref, struct target *target);

/* The end of an instance, through exports; false: it has none of that name. */
bool end_of(struct instance *instance, const char *name, struct target *target);
/* Is it the composite, or in it?  NULL: the system. */
bool is_below(const struct instance *instance, const struct instance *composite);
struct instance *filter_new(struct model *model, struct component *component,
                            struct instance *caller, const char *path, const struct where *where);

/* Ports without connections, one for each end. */
void make_ports(struct instance *instance);

/* "store.fs" -> "store_fs", which nothing else is called. */
const char *make_id(const char *path);

/* ---- alternative.c ---- */

/* The part's other components, as instances in the place of this one.  fixed: bits of the policy that the text gives. */
void add_alternatives(struct instance *base, const struct part *part, uint32_t fixed);

/* ---- join.c: all connections ---- */
void add_links(struct model *model);

/* ---- elements.c: which elements of the arrays are taken ---- */
void elements_start(void);
/* A new connection takes the elements that it names. */
void connection_note(const struct connection *connection);
/* "end[element]", or "end" if it is no array. */
const char *element_name(const struct end *end, uint32_t element);
/* element NONE: the end is no array. */
bool is_connected(const struct instance *instance, const struct end *end, uint32_t element);
/* Every connection to an array without an element gets the next that nobody has taken. */
void give_elements(struct model *model);

#endif
