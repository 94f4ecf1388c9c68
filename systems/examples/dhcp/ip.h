/* An IPv4 address as text. */
#ifndef DHCP_IP_H
#define DHCP_IP_H

#include <stdint.h>
#include <stdio.h>

struct ip_text {
    char text[16];
};

static inline struct ip_text ip_text(uint32_t ip)
{
    struct ip_text t;

    snprintf(t.text, sizeof t.text, "%u.%u.%u.%u", (unsigned)(ip >> 24), (unsigned)(ip >> 16 & 255),
             (unsigned)(ip >> 8 & 255), (unsigned)(ip & 255));
    return t;
}

#endif
