/*
 * Prints every capability that a domain's CNode really holds: name of the domain, slot, type, rights, badge, id of the
 * object.  Twice: after boot, and after every domain but this one has been killed and restarted.
 */
#include <stdio.h>

#include <comp/sleep.h>

#include "Auditor.h"

struct self {
    char unused;
};

static void print_slot(struct self *self, const char *pass, const char *name, uint32_t domain,
                       uint32_t slot)
{
    uint32_t type = 0, rights = 0;
    uint64_t badge = 0, object = 0, size = 0;

    if (supervisor_capability(self, domain, slot, &type, &rights, &badge, &object, &size) ==
            TESS_OK &&
        type != TESS_TYPE_null) {
        printf("cap %s %s %u %u %u 0x%llx %llx\n", pass, name, (unsigned)slot, (unsigned)type,
               (unsigned)rights, (unsigned long long)badge, (unsigned long long)object);
    }
}

static void print_all(struct self *self, const char *pass)
{
    struct supervisor_info info = { 0 };
    struct domain_info domain;

    (void)supervisor_info(self, &info);
    for (uint32_t d = 0; d < info.domains; d++) {
        if (supervisor_domain(self, d, &domain)) {
            printf("auditor: domain %u cannot be read\n", (unsigned)d);
            continue;
        }
        for (uint32_t slot = 0; slot < 64; slot++) {
            print_slot(self, pass, (const char *)domain.name, d, slot);
        }
    }
}

static void kill_others(struct self *self)
{
    struct supervisor_info info = { 0 };
    uint32_t own = 0;

    (void)supervisor_info(self, &info);
    (void)supervisor_find(self, "auditor", &own);
    for (uint32_t d = 0; d < info.domains; d++) {
        if (d != own) {
            (void)supervisor_kill(self, d);
        }
    }
    comp_sleep_until(tess_deadline_ns(50000000));
}

int run(struct self *self)
{
    print_all(self, "boot");
    kill_others(self);
    print_all(self, "restart");
    printf("auditor: end\n");
    return 0;
}
