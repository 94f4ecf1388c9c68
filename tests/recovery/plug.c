/* What both plugins do: they say who they are, and how often one of them was started in the slot. */
struct self {
    uint32_t unused;
};

static void init(struct self *self)
{
    kept(self)->times++;
}

enum tess_err plug_who(struct self *self, uint32_t *kind, uint32_t *times)
{
    *kind = PLUG_KIND;
    *times = kept(self)->times;
    return TESS_OK;
}
