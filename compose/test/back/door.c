struct self {
    uint32_t asked;
};

static enum tess_err door_open(struct self *self)
{
    self->asked = 0;
    return TESS_OK;
}

static enum tess_err door_ask(struct self *self, uint32_t x, uint32_t *y)
{
    past(self)->PAST++;
    *y = x + ++self->asked;
    return TESS_OK;
}
