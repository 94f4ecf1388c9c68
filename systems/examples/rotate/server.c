/* The old c goes out as b, a goes out as the new c and as the answer. */
#include "Server.h"

struct self {
};

/* The caller may pass the same memory as parameter and result: all is read before anything is written. */
static enum tess_err s_rotate(struct self *self, const struct my_type *a, const struct my_type *c,
                              struct my_type *ret, struct my_type *b, struct my_type *c_next)
{
    struct my_type old_a = *a, old_c = *c;

    *ret = old_a;
    *b = old_c;
    *c_next = old_a;
    return TESS_OK;
}
