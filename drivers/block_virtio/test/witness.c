/* Waits until the honest client has finished, then looks at the others. */
#include <stdio.h>
#include <string.h>

#include <comp/sleep.h>

#include "Witness.h"

struct self {
    struct domain_info client, driver;
};

static bool find(struct self *self, const char *name, struct domain_info *info)
{
    uint32_t number = 0;

    return supervisor_find(self, name, &number) == TESS_OK &&
           supervisor_domain(self, number, info) == TESS_OK;
}

/* Strikes against the client of that name, of all its connections. */
static uint64_t strikes_against(struct self *self, const char *name)
{
    struct connection_info c;
    uint64_t strikes = 0;

    for (uint32_t i = 0; supervisor_connection(self, i, &c) == TESS_OK; i++) {
        if (strncmp((const char *)c.name, name, strlen(name)) == 0) {
            strikes += c.against_client;
        }
    }
    return strikes;
}

static int run(struct self *self)
{
    uint64_t strikes;

    do {
        comp_sleep_until(tess_deadline_ns(10000000));
    } while (find(self, "high", &self->client) && !self->client.finished);
    if (!find(self, "driver", &self->driver)) {
        printf("witness: FAILED to find the driver\n");
    }
    strikes = strikes_against(self, "vandal.");
    printf("witness: the driver has failed %u times, the vandal was %sblamed\n",
           (unsigned)self->driver.failures, strikes > 10 ? "" : "not ");
    printf("witness: %llu strikes\n", (unsigned long long)strikes);
    return 0;
}
