/* A small table. */
#include <string.h>

#include "Store.h"

struct self {
};

static const struct {
    const char *id, *value;
} table[] = {
    { "foo", "bar" },
    { "secret", "baz" },
};

static enum tess_err l_get_value(struct self *self, const char *id, char *value)
{
    value[0] = '\0';
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (strcmp(id, table[i].id) == 0) {
            strcpy(value, table[i].value);
        }
    }
    return TESS_OK;
}
