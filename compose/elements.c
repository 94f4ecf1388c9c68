/* Elements of arrays: those that the text names, then the next free ones, in the order of the text. */
#include <string.h>

#include "arena.h"
#include "diag.h"
#include "elaborate.h"

/* Per (instance, end): what is taken, as a bit set; allocated at the first use. */
struct taken {
    bool *is_taken;
    uint32_t next; /* no free one below */
};
static struct map table;

void elements_start(void)
{
    table = (struct map){ 0 };
}

/* Names of ends are unique in their component: instance and name are the key. */
static struct taken *taken_of(const struct instance *instance, const struct end *end)
{
    struct taken *taken = map_get(&table, instance, end->name);

    if (!taken) {
        taken = NEW(struct taken);
        taken->is_taken = arena_alloc(end->count ? end->count : 1);
        map_put(&table, instance, end->name, taken);
    }
    return taken;
}

static void take(const struct instance *instance, const struct end *end, uint32_t element)
{
    if (!end->count) {
        taken_of(instance, end)->is_taken[0] = true;
    } else if (element < end->count) {
        taken_of(instance, end)->is_taken[element] = true;
    }
}

void connection_note(const struct connection *c)
{
    take(c->from, c->from_end, c->from_element);
    take(c->to, c->to_end, c->to_element);
}

bool is_connected(const struct instance *instance, const struct end *end, uint32_t element)
{
    return taken_of(instance, end)->is_taken[end->count ? element : 0];
}

static uint32_t next_free(struct connection *c, const struct instance *instance,
                          const struct end *end)
{
    struct taken *taken = taken_of(instance, end);

    while (taken->next < end->count && taken->is_taken[taken->next]) {
        taken->next++;
    }
    if (taken->next == end->count) {
        error_at(&c->where, "\"%s.%s\" has %u elements, and all are taken", instance->path,
                 end->name, end->count);
        return 0;
    }
    taken->is_taken[taken->next] = true;
    return taken->next;
}

void give_elements(struct model *model)
{
    for (EACH(struct connection, c, &model->connections)) {
        if (c->from_end->count && c->from_element == NONE) {
            c->from_element = next_free(c, c->from, c->from_end);
        }
        if (c->to_end->count && c->to_element == NONE) {
            c->to_element = next_free(c, c->to, c->to_end);
        }
    }
}
