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

static enum tess_err up_begin(struct self *self)
{
    return down_begin(self);
}

static enum tess_err up_end(struct self *self)
{
    return down_end(self);
}

static void down_changed_handle(struct self *self)
{
    self->changes++;
}
