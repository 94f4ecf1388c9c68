/* Only compiled. */
#include "User.h"

struct self {
    uint64_t value;
};

static void store_changed_handle(struct self *self)
{
    (void)store_get(self, 1, &self->value);
}

static int run(struct self *self)
{
    return store_begin(self) || store_put(self, 1, 2) || store_end(self);
}
