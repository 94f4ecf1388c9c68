/* Has a driver do what it must not, and looks who suffers. */
#include <stdio.h>

#include <comp/sleep.h>

#include "Abettor.h"
#include "edu.h"

#define ACCESS_NS   (EDU_MS * 1000000ull + 20000000)
#define FAILURE_DMA 23u /* servers/supervisor/region.h */

struct self {
    uint32_t driver; /* domain */
    uint64_t pool;   /* address */
    bool has_failed;
};

static void check(struct self *self, const char *what, bool is_so)
{
    self->has_failed |= !is_so;
    printf("%s: %s\n", what, is_so ? "ok" : "FAILED");
}

static void access_is_over(void)
{
    comp_sleep_until(tess_deadline_ns(ACCESS_NS));
}

/* From one page of the driver's to the other. */
static bool works(struct self *self, uint8_t value)
{
    bool is_so = false;

    if (puppet_fill(self, 0, value) || puppet_fill(self, 1, (uint8_t)~value) ||
        puppet_go(self, false, self->pool)) {
        return false;
    }
    access_is_over();
    if (puppet_go(self, true, self->pool + 4096)) {
        return false;
    }
    access_is_over();
    return puppet_holds(self, 1, value, &is_so) == TESS_OK && is_so;
}

/* Of all domains but the driver. */
static uint32_t failures_of_others(struct self *self)
{
    struct supervisor_info all = { 0 };
    struct domain_info info;
    uint32_t failures = 0;

    (void)supervisor_info(self, &all);
    for (uint32_t d = 0; d < all.domains; d++) {
        if (d != self->driver && supervisor_domain(self, d, &info) == TESS_OK) {
            failures += info.failures;
        }
    }
    return failures;
}

static void wild_write(struct self *self)
{
    struct domain_info info = { 0 };
    uint64_t address = foreign_address(self);

    edu_page_fill(foreign(self), 0x11);
    check(self, "the driver is told", puppet_go(self, true, address) == TESS_OK);
    access_is_over();
    (void)supervisor_domain(self, self->driver, &info);
    check(self, "a foreign page is not written", edu_page_holds(foreign(self), 0x11));
    check(self, "its driver is restarted", info.failures == 1 && info.generation == 2);
    check(self, "for that", info.why == FAILURE_DMA && info.detail[0] == address);
}

/* The driver is stopped between order and access. */
static void late_write(struct self *self)
{
    bool is_so = false;

    (void)puppet_fill(self, 1, 0x33);
    (void)puppet_go(self, true, self->pool + 4096);
    check(self, "stopped", supervisor_stop(self, self->driver) == TESS_OK);
    access_is_over();
    check(self, "started", supervisor_start(self, self->driver) == TESS_OK);
    check(self, "what began before does not arrive",
          puppet_holds(self, 1, 0x33, &is_so) == TESS_OK && is_so);
}

static int run(struct self *self)
{
    check(self, "the driver is known", supervisor_find(self, "driver", &self->driver) == TESS_OK);
    check(self, "it says where its memory is", puppet_pool(self, &self->pool) == TESS_OK);
    check(self, "works", works(self, 0x22));
    wild_write(self);
    check(self, "works again", works(self, 0x44));
    late_write(self);
    check(self, "and again", works(self, 0x55));
    check(self, "nobody else was hurt", failures_of_others(self) == 0);
    printf("abettor: %s\n", self->has_failed ? "FAILED" : "all ok");
    return 0;
}
