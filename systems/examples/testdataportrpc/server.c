/* Gives back what it gets: both have room for the same number of characters. */
#include <string.h>

#include "Server.h"

struct self {
};

static enum tess_err b_small(struct self *self, const char *s, char *echo)
{
    strcpy(echo, s);
    return TESS_OK;
}

static enum tess_err b_page(struct self *self, const char *s, char *echo)
{
    strcpy(echo, s);
    return TESS_OK;
}

static enum tess_err b_odd(struct self *self, const char *s, char *echo)
{
    strcpy(echo, s);
    return TESS_OK;
}

static enum tess_err b_large(struct self *self, const char *s, char *echo)
{
    strcpy(echo, s);
    return TESS_OK;
}
