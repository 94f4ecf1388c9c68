/* mkdist FILE [FLAW]: the distribution of the supervisor's test, written by hand; with something wrong in it. */
#include "parts.h"

#include <comp/dist.h>
#include <comp/layout.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tessera/cap.h>

#define MS 1000000ull
#define S  1000000000ull

enum {
    OBJECTS_MAX = 64,
    GRANTS_MAX = 64,
    MAPS_MAX = 8,
    CONNECTIONS_MAX = 32,
    ALTERNATIVES_MAX = 8
};

static struct dist_domain domain[PARTS];
static struct dist_object object[OBJECTS_MAX];
static struct dist_grant grant[GRANTS_MAX];
static struct dist_map map[MAPS_MAX];
static struct dist_connection connection[CONNECTIONS_MAX];
static struct dist_alternative alternative[ALTERNATIVES_MAX];
static char strings[1024];
static struct dist_function function[2];
static struct dist_window window[1];
static uint32_t objects, grants, maps, connections, alternatives, text = 1;

static uint32_t string(const char *s)
{
    uint32_t at = text;

    strcpy(strings + at, s);
    text += (uint32_t)strlen(s) + 1;
    return at;
}

static uint32_t object_add(uint32_t kind, const char *name, uint32_t owner, uint64_t bytes,
                           uint64_t where, uint64_t badge)
{
    object[objects] = (struct dist_object){ kind, string(name), owner, 0, bytes, where, badge };
    return objects++;
}

static void grant_add(uint32_t to, uint32_t slot, uint32_t what, uint32_t rights, uint64_t badge)
{
    grant[grants++] = (struct dist_grant){ to, slot, what, rights, badge, DIST_NONE, 0 };
    domain[to].grant_count++;
}

static void map_add(uint32_t to, uint32_t what, uint64_t at, uint32_t attributes)
{
    map[maps++] =
        (struct dist_map){ to,         what,      at, 0, 4096, TESS_RIGHT_READ | TESS_RIGHT_WRITE,
                           attributes, DIST_NONE, 0 };
    domain[to].map_count++;
}

static void domain_add(enum part d, const char *name, const char *image, uint32_t prio)
{
    domain[d] = (struct dist_domain){
        .mem = 0x80000,
        .stack = 0x4000,
        .budget_ns = 10 * MS,
        .period_ns = 10 * MS,
        .heartbeat_ns = 100 * MS,
        .window_ns = S,
        .backoff_min_ns = MS,
        .backoff_max_ns = MS,
        .restart = DIST_RESTART,
        .restart_max = 1000000,
        .restart_set = d,
        .group = DIST_NONE,
        .slots = 64,
        .prio = prio,
        .order = PARTS - d,
    };
    strcpy(domain[d].name, name);
    strcpy(domain[d].image, image);
    domain[d].endpoint = object_add(DIST_ENDPOINT, name, d, 0, 0, 0);
    domain[d].notification = object_add(DIST_NOTIFICATION, name, d, 0, 0, 0);
    domain[d].pulse = object_add(DIST_FRAME, name, d, 4096, 0, 0);
}

static void domains_make(void)
{
    domain_add(PART_DRIVER, "driver", "driver", 100);
    domain[PART_DRIVER].heartbeat_ns = 0;
    domain[PART_DRIVER].flags = DIST_RUN | DIST_UNTIL;
    domain_add(PART_ECHO, "echo", "echo", 120);
    domain[PART_ECHO].spare = 0x2000;
    domain_add(PART_LEFT, "left", "part", 110);
    domain_add(PART_RIGHT, "right", "part", 110);
    domain[PART_RIGHT].restart_set = PART_LEFT;
    domain_add(PART_FRAGILE, "fragile", "part", 110);
    domain[PART_FRAGILE].restart_max = 3;
    domain[PART_FRAGILE].window_ns = 10 * S;
    domain_add(PART_NEVER, "never", "part", 110);
    domain[PART_NEVER].restart = DIST_RESTART_NEVER;
    domain_add(PART_PASSIVE, "passive", "part", 110);
    domain[PART_PASSIVE].flags = DIST_PASSIVE;
    domain_add(PART_HOG, "hog", "part", 200);
    domain[PART_HOG].heartbeat_ns = 0;
    domain_add(PART_ONE, "one", "part", 110);
    domain_add(PART_TWO, "two", "part", 110);
    domain_add(PART_MEMBER, "member", "part", 110);
    domain[PART_MEMBER].restart_max = 2;
    domain[PART_MEMBER].window_ns = 10 * S;
    domain[PART_MEMBER].backoff_max_ns = 4 * MS;
    domain[PART_MEMBER].group = 1;
    domain_add(PART_FELLOW, "fellow", "part", 110);
    domain[PART_FELLOW].group = 1;
}

static void connect(enum part client, enum part server, uint32_t watch, uint32_t strikes)
{
    char name[64];

    snprintf(name, sizeof name, "%s.out -> %s.in", domain[client].name, domain[server].name);
    connection[connections++] =
        (struct dist_connection){ string(name), string("rpc"),  client, server, watch, DIST_NONE, 1,
                                  20 * MS,      DIST_MONITORED, strikes };
}

/* What may run as ECHO: itself, and one that has no memory of its own. */
static void alternatives_make(void)
{
    static const char *const names[][2] = { { "Echo", "echo" }, { "Part", "part" } };

    domain[PART_ECHO].alternative_count = 2;
    for (; alternatives < 2; alternatives++) {
        strcpy(alternative[alternatives].name, names[alternatives][0]);
        strcpy(alternative[alternatives].image, names[alternatives][1]);
        alternative[alternatives].domain = PART_ECHO;
    }
}

/* Two devices, in a machine without IOMMU and bus: nothing to wait for. */
static void functions_make(uint32_t keep)
{
    function[0] = (struct dist_function){ 0x8, PART_ECHO, 0, 1 };
    function[1] = (struct dist_function){ 0x10, PART_LEFT, 1, 0 };
    window[0] = (struct dist_window){ keep, TESS_RIGHT_READ | TESS_RIGHT_WRITE, 0 };
}

/* Grants are sorted by domain. */
static void grants_make(void)
{
    uint32_t control = object_add(DIST_SUPERVISOR, "control", DIST_NONE, 0, 0, 0);
    uint32_t machine = object_add(DIST_MACHINE, "machine", DIST_NONE, 0, 0, 0);
    uint32_t keep = object_add(DIST_FRAME, "keep", PART_ECHO, 4096, 0, 0);
    uint32_t rtc = object_add(DIST_DEVICE, "rtc", PART_ECHO, 4096, 0x9010000, 0);
    uint32_t irq = object_add(DIST_IRQ, "line", PART_ECHO, 0, 34, 1u << COMP_BIT_FIRST);

    functions_make(keep);
    for (uint32_t d = 0; d < PARTS; d++) {
        domain[d].grant_first = grants;
        domain[d].map_first = maps;
        if (d == PART_DRIVER) {
            grant_add(d, DRIVER_SLOT_CONTROL, control, TESS_RIGHT_SEND, DIST_CONTROL_FULL);
            grant_add(d, DRIVER_SLOT_LOOK, control, TESS_RIGHT_SEND, 0);
            grant_add(d, DRIVER_SLOT_MACHINE, machine, 0, 0);
            for (uint32_t p = 1; p < PARTS; p++) {
                grant_add(d, DRIVER_SLOT_PART + p, domain[p].endpoint, TESS_RIGHT_SEND, 1);
                connect(PART_DRIVER, p, p, p == PART_LEFT ? 3 : 0);
            }
        } else if (d == PART_ECHO) {
            grant_add(d, PART_SLOT_IRQ, irq, 0, 0);
            map_add(d, keep, PART_KEEP, TESS_ATTR_NORMAL);
            map_add(d, rtc, PART_DEVICE, TESS_ATTR_DEVICE);
        } else if (d == PART_ONE || d == PART_TWO) {
            uint32_t other = PART_ONE + PART_TWO - d;
            grant_add(d, PART_SLOT_OTHER, domain[other].endpoint, TESS_RIGHT_SEND, 1);
            connect(d, other, DIST_NONE, 0);
        }
    }
}

static struct dist_table table(char *block, uint32_t *at, const void *from, uint32_t count,
                               uint32_t size)
{
    struct dist_table t = { *at, count };

    memcpy(block + *at, from, (size_t)count * size);
    *at += (count * size + 7) / 8 * 8;
    return t;
}

/* Flaws that the checks of the supervisor find late, and one that they find first. */
static void spoil(const char *flaw)
{
    if (strcmp(flaw, "grant") == 0) {
        grant[3].object = 999;
    } else if (strcmp(flaw, "image") == 0) {
        strcpy(domain[PART_NEVER].image, "none");
    } else if (strcmp(flaw, "memory") == 0) {
        domain[PART_LEFT].mem = 4096;
    } else if (strcmp(flaw, "slots") == 0) {
        domain[PART_HOG].mem = 1ull << 40;
    } else if (strcmp(flaw, "device") == 0) {
        for (uint32_t i = 0; i < objects; i++) {
            object[i].where = object[i].kind == DIST_DEVICE ? 0x40000000 : object[i].where;
        }
    }
}

int main(int argc, char **argv)
{
    static uint64_t block[65536 / 8];
    struct dist_header *h = (struct dist_header *)block;
    uint32_t at = sizeof *h;
    FILE *f = argc >= 2 ? fopen(argv[1], "wb") : NULL;

    if (!f) {
        fputs("usage: mkdist FILE [FLAW]\n", stderr);
        return 2;
    }
    domains_make();
    grants_make();
    alternatives_make();
    spoil(argc > 2 ? argv[2] : "");
    strcpy(h->system, "supervisor test");
    h->magic = DIST_MAGIC;
    h->version = DIST_VERSION;
    h->domains = table((char *)block, &at, domain, PARTS, sizeof domain[0]);
    h->objects = table((char *)block, &at, object, objects, sizeof object[0]);
    h->grants = table((char *)block, &at, grant, grants, sizeof grant[0]);
    h->maps = table((char *)block, &at, map, maps, sizeof map[0]);
    h->connections = table((char *)block, &at, connection, connections, sizeof connection[0]);
    h->alternatives = table((char *)block, &at, alternative, alternatives, sizeof alternative[0]);
    h->functions = table((char *)block, &at, function, 2, sizeof function[0]);
    h->windows = table((char *)block, &at, window, 1, sizeof window[0]);
    h->gate[0].domain = h->gate[1].domain = DIST_NONE;
    h->strings = table((char *)block, &at, strings, text, 1);
    h->bytes = at;
    h->sum = dist_sum(block + 2, at / 8 - 2) ^ (argc > 2 && strcmp(argv[2], "sum") == 0);
    return fwrite(block, 1, at, f) != at || fclose(f) != 0;
}
