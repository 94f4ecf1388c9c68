/* Only compiled. */
#include "Disk.h"

struct self {
    uint64_t value[64];
};

static enum tess_err store_get(struct self *self, uint32_t element, uint32_t key, uint64_t *value)
{
    *value = self->value[key % 64];
    return TESS_OK;
}

static enum tess_err store_put(struct self *self, uint32_t element, uint32_t key, uint64_t value)
{
    self->value[key % 64] = value;
    store_changed_emit(self, element);
    return TESS_OK;
}

static enum tess_err store_begin(struct self *self, uint32_t element)
{
    self->value[element]++;
    return TESS_OK;
}

static enum tess_err store_end(struct self *self, uint32_t element)
{
    self->value[element]--;
    return TESS_OK;
}
