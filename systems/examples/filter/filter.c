/* Lets all questions pass but one. */
#include <string.h>

#include "Filter.h"

struct self {
};

static enum tess_err external_get_value(struct self *self, const char *id, char *value)
{
    if (strcmp(id, "secret") == 0) {
        value[0] = '\0';
        return TESS_OK;
    }
    return backing_get_value(self, id, value);
}
