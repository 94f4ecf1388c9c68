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
    NAME_CONNECTOR,
    NAME_COMPONENT,
    NAME_KINDS
};

/* What a global name of that kind stands for; reports an unknown one or one of another kind and returns NULL. */
void *find_name(enum name_kind kind, const char *name, const struct where *where);
/* The same without a report. */
void *look_name(enum name_kind kind, const char *name);
void offer_names(enum name_kind kind, struct spell *spell);
/* All names of a list of struct named. */
void offer_list(const struct list *list, struct spell *spell);
/* The one of that name in a list of struct named; NULL: reported as not there in `owner` (NULL: at all). */
void *find_in(const struct list *list, const struct named *name, const char *what,
              const char *owner);
/* Report an unknown name, unless a syntax error has hidden its declaration. */
void unknown_name(const struct where *where, const char *what, const char *owner,
                  const struct spell *spell);
/* Has a syntax error hidden anything?  Then what is missing may have been there. */
bool is_any_lost(void);

/* Report the second of two of the same name in a list of struct named, and in what the map holds; true: there is none. */
bool unique_names(struct map *names, const struct list *list, const char *what);

/* ---- resolve_idl.c ---- */
/* Does it fit that many bits? */
bool number_fits(int64_t value, uint32_t bits, bool is_signed);
/* Point the type to what it names and compute its C layout. */
bool resolve_type(struct type *type);
void resolve_enumeration(struct enumeration *e);
bool resolve_structure(struct structure *structure);
void resolve_interface(struct interface *interface);

/* ---- wire.c: the wire format (docs/language.md, "The wire") ---- */
void wire_interface(struct interface *interface);

/* ---- check_connector.c ---- */
void resolve_connector(struct connector *connector);

/* ---- resolve_adl.c ---- */
void resolve_component(struct component *component);
/* Report a value that the config does not take; a name becomes the number that it stands for. */
void resolve_value(const struct config *config, struct value *value);
/* Names inside composites; all components have been resolved. */
void resolve_composite(struct component *component);

/* ---- alternative.c ---- */

/* Find the components that may take the part's place, and report why one cannot. */
void resolve_alternatives(struct part *part);

/* ---- refs.c: names of instances and ends inside composites ---- */
/* The instance of that name in the scope; NULL: reported. */
struct part *find_part(struct component *scope, const struct named *name);
/* The component of the instance that the first `count` names of a reference name; NULL: reported. */
struct component *ref_component(struct component *scope, const struct end_ref *ref, uint32_t count);
/* The end that a reference names, through exports; NULL: reported.  *element: what the exports say, or NONE. */
struct end *ref_end(struct component *scope, const struct end_ref *ref, uint32_t *element);

#endif
