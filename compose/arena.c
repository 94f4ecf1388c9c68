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
static struct map interned;

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

/* Where the name is or would be: interned texts are compared by content, all other names by address. */
static struct map_slot *slot_of(const struct map *map, const void *scope, const char *name,
                                size_t bytes)
{
    bool is_text = map == &interned;
    uint64_t at = is_text ? text_hash(name, bytes) : pointer_hash(scope, name);

    for (;; at++) {
        struct map_slot *slot = &map->slot[at & (map->room - 1)];

        if (!slot->name ||
            (is_text ? strncmp(slot->name, name, bytes) == 0 && slot->name[bytes] == '\0'
                     : slot->name == name && slot->scope == scope)) {
            return slot;
        }
    }
}

static void map_grow(struct map *map)
{
    struct map old = *map;

    map->room = old.room ? 2 * old.room : 64;
    map->slot = arena_alloc(map->room * sizeof(*map->slot));
    for (struct map_slot *slot = old.slot; slot < old.slot + old.room; slot++) {
        if (slot->name) {
            *slot_of(map, slot->scope, slot->name, strlen(slot->name)) = *slot;
        }
    }
}

static struct map_slot *slot_for(struct map *map, const void *scope, const char *name, size_t bytes)
{
    struct map_slot *slot;

    if (2 * (map->count + 1) > map->room) {
        map_grow(map);
    }
    slot = slot_of(map, scope, name, bytes);
    map->count += !slot->name;
    return slot;
}

void *map_get(const struct map *map, const void *scope, const char *name)
{
    return map->room && name ? slot_of(map, scope, name, 0)->value : NULL;
}

void *map_put(struct map *map, const void *scope, const char *name, void *value)
{
    struct map_slot *slot = slot_for(map, scope, name, 0);

    if (!slot->name) {
        *slot = (struct map_slot){ name, scope, value };
    }
    return slot->value;
}

const char *intern(const char *text, size_t bytes)
{
    struct map_slot *slot = slot_for(&interned, NULL, text, bytes);

    if (!slot->name) {
        slot->name = memcpy(arena_alloc(bytes + 1), text, bytes);
    }
    return slot->name;
}

const char *name_of(const char *text)
{
    return intern(text, strlen(text));
}
