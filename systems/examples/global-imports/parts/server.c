/* Gives out a text and a vector, and counts in shared memory how often. */
#include <string.h>

#include "Server.h"

struct self {
    uint32_t calls;
};

static void count(struct self *self)
{
    counter(self)->value = ++self->calls;
}

static void init(struct self *self)
{
    counter(self)->value = 0;
}

static enum tess_err getter_get_string(struct self *self, char *text)
{
    count(self);
    strcpy(text, "Hello, World!");
    return TESS_OK;
}

static enum tess_err getter_get_vec(struct self *self, struct vec *vector)
{
    count(self);
    *vector = (struct vec){ 4.0, 2.0 };
    return TESS_OK;
}
