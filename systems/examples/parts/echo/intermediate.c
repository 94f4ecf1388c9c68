/* Passes every call on. */
#include "EchoIntermediate.h"

struct self {
};

static enum tess_err r_echo_string(struct self *self, const char *s, char *echo)
{
    return i_echo_string(self, s, echo);
}

static enum tess_err r_echo_int(struct self *self, int32_t i, int32_t *echo)
{
    return i_echo_int(self, i, echo);
}

static enum tess_err r_echo_float(struct self *self, float f, float *echo)
{
    return i_echo_float(self, f, echo);
}

static enum tess_err r_echo_double(struct self *self, double d, double *echo)
{
    return i_echo_double(self, d, echo);
}

static enum tess_err r_echo_mix(struct self *self, double d, int32_t *whole)
{
    return i_echo_mix(self, d, whole);
}

static enum tess_err r_echo_parameter(struct self *self, int32_t pin, int32_t *returned,
                                      int32_t *pout)
{
    return i_echo_parameter(self, pin, returned, pout);
}
