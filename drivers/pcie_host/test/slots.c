/* Power of the slot whose port is device 2. */
static void slot_power(struct self *self, bool is_on)
{
    config_space port = device(self, 2);
    uint32_t at = self->slot[2] + EXPRESS_SLOT;
    uint32_t control = config_read(port, at) & 0xffff & ~(uint32_t)SLOT_POWER_OFF;

    if (self->slot[2]) {
        config_write(port, at, control | (is_on ? 0u : (uint32_t)SLOT_POWER_OFF));
    }
}

static void take_handle(struct self *self)
{
    slot_power(self, false);
}

/* If it was on already, the driver hears news that are old. */
static void give_handle(struct self *self)
{
    if (function_identity(self, 2, &(struct bus_identity){ 0 }) == TESS_OK) {
        function_changed_emit(self, 2);
    }
    slot_power(self, true);
}
