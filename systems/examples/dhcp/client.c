/* Asks until it has an address. */
#include "Client.h"
#include "../must.h"
#include "ip.h"

struct self {
};

/* A locally administered address, of the instance's name. */
static uint64_t make_mac(void)
{
    uint64_t mac = 0x02;

    for (size_t i = 0; i < 5; i++) {
        mac = mac << 8 | (i < sizeof SELF_PATH - 1 ? (uint8_t)SELF_PATH[i] : 0);
    }
    return mac;
}

static void print_mac(uint64_t mac)
{
    printf(SELF_PATH ": Started with MAC address: ");
    for (int shift = 40; shift >= 0; shift -= 8) {
        printf(shift ? "%02x:" : "%02x\n", (unsigned)(mac >> shift & 255));
    }
}

static int run(struct self *self)
{
    uint64_t mac = make_mac();
    uint32_t ip = 0, offer, server;

    print_mac(mac);
    while (ip == 0) {
        printf(SELF_PATH ": Sending DHCPDISCOVER\n");
        must(dhcp_discover(self, mac, &offer, &server));
        printf(SELF_PATH ": Sending DHCPREQ of IP %s\n", ip_text(offer).text);
        must(dhcp_request(self, offer, server, &ip));
    }
    printf(SELF_PATH ": Acquired IP %s\n", ip_text(ip).text);
    return 0;
}
