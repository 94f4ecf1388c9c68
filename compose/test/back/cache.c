/* Only compiled. */
#include "Cache.h"

struct self {
    uint32_t changes;
};

static enum tess_err up_get(struct self *self, uint32_t key, uint64_t *value)
{
    return down_get(self, key, value);
}

static enum tess_err up_put(struct self *self, uint32_t key, uint64_t value)
{
    up_changed_emit(self);
    (void)log_note(self, key, "put", 3);
    return down_put(self, key, value);
}

static void down_changed_handle(struct self *self)
{
    self->changes++;
}
