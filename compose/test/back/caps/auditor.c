/* Prints all capabilities of all domains, as the kernel describes them. */
#include <stdio.h>
#include <tessera/cap.h>

#include "Auditor.h"

struct self {
};

static const char *type_name(uint32_t type)
{
    return type == TESS_TYPE_endpoint       ? "endpoint"
           : type == TESS_TYPE_notification ? "notification"
           : type == TESS_TYPE_irq          ? "irq"
                                            : "?";
}

static void print(const char *domain, uint32_t slot, uint32_t type, uint32_t rights, uint64_t badge)
{
    if (type == TESS_TYPE_irq) {
        printf("cap %s %u irq all 0x%llx\n", domain, (unsigned)slot, (unsigned long long)badge);
        return;
    }
    printf("cap %s %u %s %s%s%s 0x%llx\n", domain, (unsigned)slot, type_name(type),
           rights & TESS_RIGHT_SEND ? "s" : "", rights & TESS_RIGHT_RECV ? "r" : "",
           rights & TESS_RIGHT_GRANT ? "g" : "", (unsigned long long)badge);
}

static int print_domain(struct self *self, uint32_t domain)
{
    struct domain_info info;
    enum tess_err err = sup_domain(self, domain, &info);

    for (uint32_t slot = 1; !err && slot < 64; slot++) {
        uint32_t type = 0, rights = 0;
        uint64_t badge = 0, object, size;

        err = sup_capability(self, domain, slot, &type, &rights, &badge, &object, &size);
        if (type) {
            print((const char *)info.name, slot, type, rights, badge);
        }
    }
    return err;
}

static int run(struct self *self)
{
    struct supervisor_info info;
    int err = sup_info(self, &info);

    for (uint32_t i = 0; !err && i < info.domains; i++) {
        err = print_domain(self, i);
    }
    /* Its connection is one that may only look. */
    printf("%s\n", sup_restart(self, 0) == TESS_DENIED ? "denied" : "not denied");
    return err;
}
