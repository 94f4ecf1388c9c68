/* What the files of the resolve pass share. */
#ifndef COMPOSE_RESOLVE_H
#define COMPOSE_RESOLVE_H

#include <stdbool.h>

#include "arena.h"
#include "diag.h"
#include "model.h"

enum name_kind {
    NAME_ENUMERATION,
    NAME_STRUCTURE,
    NAME_INTERFACE,
    NAME_COMPONENT,
    NAME_CONNECTOR,
    NAME_KINDS
};

/* What a global name of that kind stands for; reports an unknown one or one of another kind and returns NULL. */
void *find_name(enum name_kind kind, const char *name, const struct where *where);
/* The same without a report. */
void *look_name(enum name_kind kind, const char *name);
void offer_names(enum name_kind kind, struct spell *spell);
/* Report an unknown name, unless a syntax error has hidden its declaration. */
void unknown_name(const struct where *where, const char *what, const struct spell *spell);
bool is_lost(const char *name);
/* Has a syntax error hidden anything?  Then what is missing may have been there. */
bool is_any_lost(void);

/* Report the second of two things of the same name in a scope; true: it is the first. */
bool unique_name(struct map *map, const void *scope, const char *name, const struct where *where,
                 const char *what);

/* Point the type to what it names and compute its C layout; what: for messages. */
bool resolve_type(struct type *type);
/* ---- resolve_idl.c ---- */
void resolve_enumeration(struct enumeration *e);
bool resolve_structure(struct structure *structure);
void resolve_interface(struct interface *interface);

/* ---- wire.c: the wire format (docs/language.md, "The wire") and the hash ---- */
void wire_interface(struct interface *interface);

/* ---- check_connector.c ---- */
void resolve_connector(struct connector *connector);

/* ---- resolve_adl.c ---- */
void resolve_component(struct component *component);
/* Report a value that the config does not take; a name becomes the number that it stands for. */
void resolve_value(const struct config *config, struct value *value);
/* Names inside composites; all components have been resolved. */
void resolve_composite(struct component *component);

/* ---- refs.c ---- */

/* One instance name of a composite: w2 is element 2 of part w. */
struct part_name {
    struct part *part;
    uint32_t index;
    struct where where; /* for messages about duplicates: as the first member of all of them */
};
void parts_start(void);
/* Declare the names of all parts. */
void parts_declare(struct component *component);
const struct part_name *part_find(const struct component *component, const char *name);
/* The component of the instance that the first `count` names of a reference name; NULL: reported. */
struct component *ref_component(struct component *scope, const struct end_ref *ref, uint32_t count);
/* The end that a reference names, through exports; NULL: reported.  *element: what the exports say, or NONE. */
struct end *ref_end(struct component *scope, const struct end_ref *ref, uint32_t *element);

#endif
