/* Hands out addresses, one to each client.  One call after the other is served: no lock is needed. */
#include "Server.h"
#include "ip.h"

#define NETWORK (192u << 24 | 168u << 16 | 1u << 8)

enum {
    OWN_HOST = 1,
    HOSTS = 255,
};

struct self {
    uint32_t offered;               /* host number of the last offer */
    uint32_t granted[CLIENT_COUNT]; /* addresses, by client; 0: none */
};

static bool is_free(const struct self *self, uint32_t ip)
{
    for (uint32_t i = 0; i < CLIENT_COUNT; i++) {
        if (self->granted[i] == ip) {
            return false;
        }
    }
    return ip != (NETWORK | OWN_HOST);
}

static enum tess_err client_discover(struct self *self, uint32_t element, uint64_t hwaddr,
                                     uint32_t *offer, uint32_t *siaddr)
{
    do {
        self->offered = self->offered % (HOSTS - 1) + 1;
        *offer = NETWORK | self->offered;
    } while (!is_free(self, *offer));
    *siaddr = NETWORK | OWN_HOST;
    printf(SELF_PATH ": Sending DHCPOFFER of IP %s\n", ip_text(*offer).text);
    return TESS_OK;
}

static enum tess_err client_request(struct self *self, uint32_t element, uint32_t ip,
                                    uint32_t siaddr, uint32_t *granted)
{
    *granted = 0;
    if (siaddr != (NETWORK | OWN_HOST) || ip - NETWORK >= HOSTS) {
        printf(SELF_PATH ": Sending DHCPNAK due to server IP mismatch\n");
    } else if (ip == self->granted[element]) {
        printf(SELF_PATH ": Sending DHCPACK to client %u for its existing IP\n",
               (unsigned)element + 1);
        *granted = ip;
    } else if (is_free(self, ip)) {
        printf(SELF_PATH ": Sending DHCPACK to client %u of IP %s\n", (unsigned)element + 1,
               ip_text(ip).text);
        self->granted[element] = ip;
        *granted = ip;
    }
    return TESS_OK;
}
