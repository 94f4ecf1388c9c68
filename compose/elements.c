/* Elements of arrays: those that the text names, then the next free ones, in the order of the text. */
#include <string.h>

#include "arena.h"
#include "diag.h"
#include "elaborate.h"

static struct map table; /* (instance, element_name) -> what takes it */

void elements_start(void)
{
    table = (struct map){ 0 };
}

const char *element_name(const struct end *end, uint32_t element)
{
    return end->count ? name_of(text_format("%s[%u]", end->name, element)) : end->name;
}

static void take(const struct instance *instance, const struct end *end, uint32_t element)
{
    map_put(&table, instance, element_name(end, element), &table);
}

void connection_note(const struct connection *c)
{
    take(c->from, c->from_end, c->from_element);
    take(c->to, c->to_end, c->to_element);
}

bool is_connected(const struct instance *instance, const struct end *end, uint32_t element)
{
    return map_get(&table, instance, element_name(end, element));
}

static uint32_t next_free(struct connection *c, const struct instance *instance,
                          const struct end *end)
{
    for (uint32_t i = 0; i < end->count; i++) {
        if (!is_connected(instance, end, i)) {
            take(instance, end, i);
            return i;
        }
    }
    error_at(&c->where, "\"%s.%s\" has %u elements, and all are taken", instance->path, end->name,
             end->count);
    return 0;
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
