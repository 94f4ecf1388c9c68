/* Gives back what it gets. */
#include <string.h>

#include "EchoServer.h"

struct self {
};

static enum tess_err i_echo_string(struct self *self, const char *s, char *echo)
{
    strcpy(echo, s); /* both have room for the same number of characters */
    return TESS_OK;
}

static enum tess_err i_echo_int(struct self *self, int32_t i, int32_t *echo)
{
    *echo = i;
    return TESS_OK;
}

static enum tess_err i_echo_float(struct self *self, float f, float *echo)
{
    *echo = f;
    return TESS_OK;
}

static enum tess_err i_echo_double(struct self *self, double d, double *echo)
{
    *echo = d;
    return TESS_OK;
}

static enum tess_err i_echo_mix(struct self *self, double d, int32_t *whole)
{
    if (!(d > INT32_MIN && d < INT32_MAX)) {
        return TESS_RANGE;
    }
    *whole = (int32_t)d;
    return TESS_OK;
}

static enum tess_err i_echo_parameter(struct self *self, int32_t pin, int32_t *returned,
                                      int32_t *pout)
{
    *returned = pin;
    *pout = pin;
    return TESS_OK;
}
