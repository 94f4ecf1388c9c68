/*
 * Memory of one run: everything is allocated here and freed at once, so that no pass owns anything.  Running out of
 * memory ends the program.
 */
#ifndef COMPOSE_ARENA_H
#define COMPOSE_ARENA_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model.h"

/* Zeroed, aligned for any object. */
void *arena_alloc(size_t bytes);
/* Free everything, interned names included. */
void arena_reset(void);

#define NEW(type) ((type *)arena_alloc(sizeof(type)))

/* Text as printf writes it. */
const char *text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
const char *text_vformat(const char *format, va_list args) __attribute__((format(printf, 1, 0)));

/* The one copy of a text: equal interned texts are the same pointer. */
const char *intern(const char *text, size_t bytes);
/* The same for a NUL-terminated text. */
const char *name_of(const char *text);

void list_add(struct list *list, void *item);
/* Sort; the function compares two pointers to items, as qsort has it. */
void list_sort(struct list *list, int (*compare)(const void *a, const void *b));
void list_add_name(struct list *list, const char *name);
/* The first thing (struct named) of that interned name; NULL: there is none. */
void *list_find(const struct list *list, const char *name);

/* Map from an interned text in a scope to a pointer.  Zeroed: empty. */
struct map {
    struct map_slot {
        const char *name;
        const void *scope; /* what the name is looked up in; NULL */
        void *value;
    } * slot;
    uint32_t count, room; /* room is a power of two */
};

/* Value of the name in the scope; NULL: not there. */
void *map_get(const struct map *map, const void *scope, const char *name);
/* Put it there unless the name is taken; returns what is there afterwards. */
void *map_put(struct map *map, const void *scope, const char *name, void *value);

#endif
