/* What all versions of the server do; TURN is the number of the one that includes it. */

struct self {
    uint64_t calls;
};

enum tess_err turn_open(struct self *self)
{
    self->calls++;
    return TESS_OK;
}

enum tess_err turn_enter(struct self *self, uint64_t x, uint64_t *y)
{
    kept(self)->entered++;
    *y = x + 1;
    return TESS_OK;
}

enum tess_err turn_leave(struct self *self, uint64_t *entered)
{
    *entered = kept(self)->entered;
    return TESS_OK;
}

enum tess_err turn_add(struct self *self, uint64_t x, uint64_t *total)
{
    *total = kept(self)->total += x;
    return TESS_OK;
}

enum tess_err turn_version(struct self *self, uint32_t *version)
{
    (void)self;
    *version = TURN;
    return TESS_OK;
}
