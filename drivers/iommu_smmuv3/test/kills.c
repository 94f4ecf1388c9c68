/*
 * The driver is killed around the moment at which the device reaches for memory, in the middle of orders for other functions: what is
 * allowed always arrives, what is not never does.
 */

#define OTHERS    3u      /* functions without a device */
#define START_NS  200000u /* before the access: then the next driver starts about when it comes */
#define SPREAD_NS 120000u
#define ORDER_NS  40000u /* before the kill */

static uint64_t next(struct self *self)
{
    self->random ^= self->random << 13;
    self->random ^= self->random >> 7;
    self->random ^= self->random << 17;
    return self->random;
}

/* The device's clock is QEMU's, which the processor's counter shows; it counts whole milliseconds. */
static uint64_t next_access(void)
{
    return tess_ticks_of_ns((tess_ns_of_ticks(tess_now()) / 1000000 + EDU_MS) * 1000000);
}

/* The order is given, not waited for. */
static void disturb(struct self *self)
{
    order_page(self)->function[1 + next(self) % OTHERS].order++;
    changed_emit(self);
}

static bool all_done(struct self *self)
{
    bool is_done = true;

    for (uint32_t f = 0; f <= OTHERS; f++) {
        is_done &= answer_page(self)->done[f] == order_page(self)->function[f].order;
    }
    return is_done;
}

static void settle(struct self *self)
{
    uint64_t deadline = tess_deadline_ns(WAIT_NS);

    while (!all_done(self) && answered_wait_until(self, deadline)) {
    }
    self->has_failed |= !all_done(self);
}

static void kill_once(struct self *self, uint32_t driver, bool is_wild, uint8_t value)
{
    enum page page = is_wild ? PAGE_FOREIGN : PAGE_TARGET;
    uint64_t before = faults(self);

    self->has_failed |= !reopen(self);
    edu_page_fill(page_memory(self, page), (uint8_t)~value);
    edu_page_fill(page_memory(self, PAGE_SOURCE), value);
    edu_copy(self, false, PAGE_SOURCE);
    self->has_failed |= !reopen(self);

    uint64_t access = next_access(),
             kill_at = access - tess_ticks_of_ns(START_NS + next(self) % SPREAD_NS);

    edu_start(edu(self), true, page_address(self, page));
    comp_sleep_until(kill_at - tess_ticks_of_ns(next(self) % ORDER_NS));
    disturb(self);
    comp_sleep_until(kill_at);
    self->has_failed |= supervisor_kill(self, driver) != TESS_OK;
    comp_sleep_until(access + tess_ticks_of_ns(1000000));
    settle(self);
    self->lost += !is_wild && !holds(self, page, value);
    self->wild += is_wild && !holds(self, page, (uint8_t)~value);
    self->unheard += is_wild && faults(self) == before;
}

static void kills(struct self *self)
{
    struct domain_info info = { 0 };
    uint32_t driver = 0;

    self->random = 88172645463325252ull;
    for (uint32_t f = 1; f <= OTHERS; f++) {
        order_page(self)->function[f] = (struct gate_function){ EDU_STREAM + 8 * f, 0, 0, 1 };
    }
    order_page(self)->count = 1 + OTHERS;
    check(self, "the driver is known", supervisor_find(self, "driver", &driver) == TESS_OK);
    for (uint32_t i = 0; i < KILLS; i++) {
        kill_once(self, driver, i % 4 == 3, (uint8_t)i);
    }
    (void)supervisor_domain(self, driver, &info);
    printf("%u kills: %u lost, %u wild, %u of %u not heard\n", (unsigned)info.failures,
           (unsigned)self->lost, (unsigned)self->wild, (unsigned)self->unheard, KILLS / 4);
    check(self, "all that is allowed arrives", self->lost == 0);
    check(self, "nothing else does", self->wild == 0);
    check(self, "what is tried is heard", self->unheard == 0);
    check(self, "as many restarts as kills", info.failures == KILLS);
}

/* While the driver is away, more events come than the queue has room for. */
static void overflow(struct self *self)
{
    uint64_t before = faults(self);
    uint32_t driver = 0;

    (void)supervisor_find(self, "driver", &driver);
    self->has_failed |= !reopen(self) || supervisor_stop(self, driver) != TESS_OK;
    for (uint32_t i = 0; i < 200; i++) {
        edu_copy(self, true, PAGE_FOREIGN);
    }
    self->has_failed |= supervisor_start(self, driver) != TESS_OK;
    settle(self);
    check(self, "of a flood one fault is reported", faults(self) == before + 1);
    check(self, "after it all is well", reopen(self) && reaches(self, PAGE_TARGET, 0x77));
}

static int run(struct self *self)
{
    order_page(self)->function[0].id = EDU_STREAM;
    order_page(self)->count = 1;
    check(self, "the device is there", edu_begin(self));
    wild(self);
    kills(self);
    overflow(self);
    printf("bench: %s\n", self->has_failed ? "FAILED" : "all ok");
    return 0;
}
