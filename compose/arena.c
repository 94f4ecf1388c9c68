/* Memory of one run: a chain of chunks; interned names and maps of names. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"

#define CHUNK_BYTES (256u * 1024)

struct chunk {
    struct chunk *next;
    size_t used, bytes;
    _Alignas(16) char data[];
};

static struct chunk *chunks;
static struct map interned; /* the text itself is name and value */

static struct chunk *chunk_new(size_t bytes)
{
    size_t room = bytes > CHUNK_BYTES ? bytes : CHUNK_BYTES;
    struct chunk *chunk = malloc(sizeof(*chunk) + room);

    if (!chunk) {
        fputs("compose: out of memory\n", stderr);
        exit(1);
    }
    *chunk = (struct chunk){ .next = chunks, .bytes = room };
    chunks = chunk;
    return chunk;
}

void *arena_alloc(size_t bytes)
{
    struct chunk *chunk = chunks;
    size_t whole = (bytes + 15) & ~(size_t)15;
    void *at;

    if (!chunk || chunk->bytes - chunk->used < whole) {
        chunk = chunk_new(whole);
    }
    at = chunk->data + chunk->used;
    chunk->used += whole;
    return memset(at, 0, whole);
}

void arena_reset(void)
{
    while (chunks) {
        struct chunk *next = chunks->next;

        free(chunks);
        chunks = next;
    }
    interned = (struct map){ 0 };
}

const char *text_vformat(const char *format, va_list args)
{
    va_list again;
    int length;
    char *text;

    va_copy(again, args);
    length = vsnprintf(NULL, 0, format, args);
    text = arena_alloc((size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

const char *text_format(const char *format, ...)
{
    va_list args;
    const char *text;

    va_start(args, format);
    text = text_vformat(format, args);
    va_end(args);
    return text;
}

void list_add(struct list *list, void *item)
{
    if (list->count == list->room) {
        uint32_t room = list->room ? 2 * list->room : 4;
        void **items = arena_alloc(room * sizeof(*items));

        if (list->count) {
            memcpy(items, list->item, list->count * sizeof(*items));
        }
        list->item = items;
        list->room = room;
    }
    list->item[list->count++] = item;
}

void list_sort(struct list *list, int (*compare)(const void *a, const void *b))
{
    if (list->count) {
        qsort(list->item, list->count, sizeof(void *), compare);
    }
}

void list_add_name(struct list *list, const char *name)
{
    list_add(list, (void *)(uintptr_t)name);
}

void *list_find(const struct list *list, const char *name)
{
    for (EACH(struct named, named, list)) {
        if (named->name == name) {
            return named;
        }
    }
    return NULL;
}

static uint64_t text_hash(const char *text, size_t bytes)
{
    uint64_t hash = 0xcbf29ce484222325ull;

    for (size_t i = 0; i < bytes; i++) {
        hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3ull;
    }
    return hash ^ hash >> 29;
}

static uint64_t pointer_hash(const void *scope, const char *name)
{
    uint64_t hash = (uintptr_t)scope * 0x9e3779b97f4a7c15ull ^ (uintptr_t)name;

    hash *= 0x9e3779b97f4a7c15ull;
    return hash ^ hash >> 32;
}

/* Interned texts are compared by content, all other names by address. */
static uint64_t slot_hash(const struct map *map, const void *scope, const char *name)
{
    return map == &interned ? text_hash(name, strlen(name)) : pointer_hash(scope, name);
}

static void map_grow(struct map *map)
{
    uint32_t room = map->room ? 2 * map->room : 64;
    struct map_slot *slots = arena_alloc(room * sizeof(*slots));

    for (uint32_t i = 0; i < map->room; i++) {
        if (map->slot[i].name) {
            uint64_t at = slot_hash(map, map->slot[i].scope, map->slot[i].name);

            while (slots[at & (room - 1)].name) {
                at++;
            }
            slots[at & (room - 1)] = map->slot[i];
        }
    }
    map->slot = slots;
    map->room = room;
}

void *map_get(const struct map *map, const void *scope, const char *name)
{
    if (!map->room || !name) {
        return NULL;
    }
    for (uint64_t at = pointer_hash(scope, name);; at++) {
        const struct map_slot *slot = &map->slot[at & (map->room - 1)];

        if (!slot->name || (slot->name == name && slot->scope == scope)) {
            return slot->value;
        }
    }
}

void *map_put(struct map *map, const void *scope, const char *name, void *value)
{
    uint64_t at;

    if (2 * (map->count + 1) > map->room) {
        map_grow(map);
    }
    for (at = pointer_hash(scope, name); map->slot[at & (map->room - 1)].name; at++) {
        struct map_slot *slot = &map->slot[at & (map->room - 1)];

        if (slot->name == name && slot->scope == scope) {
            return slot->value;
        }
    }
    map->slot[at & (map->room - 1)] = (struct map_slot){ name, scope, value };
    map->count++;
    return value;
}

const char *intern(const char *text, size_t bytes)
{
    uint64_t at = text_hash(text, bytes);
    struct map_slot *slot;
    char *copy;

    if (2 * (interned.count + 1) > interned.room) {
        map_grow(&interned);
    }
    for (;; at++) {
        slot = &interned.slot[at & (interned.room - 1)];
        if (!slot->name) {
            break;
        }
        if (strncmp(slot->name, text, bytes) == 0 && slot->name[bytes] == '\0') {
            return slot->name;
        }
    }
    copy = arena_alloc(bytes + 1);
    memcpy(copy, text, bytes);
    *slot = (struct map_slot){ copy, NULL, copy };
    interned.count++;
    return copy;
}

const char *name_of(const char *text)
{
    return intern(text, strlen(text));
}
