/*
 * host DISTRIBUTION ELF: what the supervisor believes of a distribution and an image, on this machine, under sanitizers.
 * A good one is taken; one with any wrong value in it is refused with the right words; random damage never leads outside.
 */
#include "parts.h"

#include <comp/dist_ok.h>
#include "../image.h"

#include <comp/layout.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tessera/cap.h>

#define ROUNDS 20000u

static unsigned passed, failed;
static uint64_t *good,
    *block; /* block: as many bytes as the file has, so that reading past them is noticed */
static uint64_t good_bytes;
static uint64_t random_state = 88172645463325252u;

static void check(bool ok, const char *what)
{
    passed += ok;
    failed += !ok;
    if (!ok) {
        printf("FAIL %s\n", what);
    }
}

static uint64_t random_next(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    return random_state ^= random_state << 17;
}

static uint64_t *read_file(const char *path, uint64_t *bytes)
{
    FILE *f = fopen(path, "rb");

    if (!f || fseek(f, 0, SEEK_END)) {
        perror(path);
        exit(2);
    }
    *bytes = (uint64_t)ftell(f);
    rewind(f);
    uint64_t *data = malloc(*bytes);
    if (fread(data, 1, *bytes, f) != *bytes) {
        perror(path);
        exit(2);
    }
    fclose(f);
    return data;
}

static struct dist_header *fresh(void)
{
    memcpy(block, good, good_bytes);
    return (struct dist_header *)block;
}

static void sum(struct dist_header *h)
{
    h->sum = dist_sum(block + 2, good_bytes / 8 - 2);
}

/* ---- distributions ---- */

/* Refused, and with these words. */
static void refused(const char *table, const char *what)
{
    struct dist_fault why = { 0 };
    struct dist d;
    bool ok = dist_ok(block, good_bytes, &d, &why);

    check(!ok && strcmp(why.table, table) == 0 && strstr(why.what, what), what);
    if (ok || !strstr(why.what, what)) {
        printf("     %s: %s\n", ok ? "taken" : why.table, ok ? "" : why.what);
    }
}

#define TABLE(h, type, name) ((struct type *)((char *)(h) + (h)->name.offset))

/* Set a field of a record of a table, repair the sum, and see it refused. */
#define WRONG(type, name, index, field, value, table, what)                                        \
    do {                                                                                           \
        struct dist_header *h = fresh();                                                           \
        TABLE(h, type, name)[index].field = (value);                                               \
        sum(h);                                                                                    \
        refused(table, what);                                                                      \
    } while (0)

static void test_header(void)
{
    struct dist_fault why;
    struct dist d;

    fresh();
    check(dist_ok(block, good_bytes, &d, &why), "a good distribution is taken");
    check(!dist_ok(block, 8, &d, &why), "a short one is refused");
    check(!dist_ok(block, good_bytes - 8, &d, &why) && strstr(why.what, "cut off"), "cut off");
    fresh()->magic++;
    refused("distribution", "is none");
    fresh()->version++;
    refused("distribution", "another version");
    fresh();
    ((char *)block)[good_bytes - 1] ^= 1;
    refused("distribution", "damaged");
    struct dist_header *h = fresh();
    h->maps.offset = h->bytes;
    sum(h);
    refused("distribution", "outside");
    h = fresh();
    h->domains.count = 0;
    sum(h);
    refused("distribution", "no domains");
}

static void test_records(void)
{
    WRONG(dist_domain, domains, 1, mem, 5000, "domain", "memory");
    WRONG(dist_domain, domains, 1, stack, 0, "domain", "memory");
    WRONG(dist_domain, domains, 1, prio, 251, "domain", "priority");
    WRONG(dist_domain, domains, 1, slots, 4, "domain", "slots");
    WRONG(dist_domain, domains, 1, endpoint, 0, "domain", "endpoint");
    WRONG(dist_domain, domains, 1, pulse, 10000, "domain", "pulse");
    WRONG(dist_domain, domains, 1, budget_ns, 0, "domain", "budget");
    WRONG(dist_domain, domains, 1, restart, 7, "domain", "policy");
    WRONG(dist_domain, domains, 1, grant_count, 10000, "domain", "grants");
    WRONG(dist_domain, domains, 1, name[0], 0, "domain", "name");
    WRONG(dist_object, objects, 1, kind, DIST_KINDS, "object", "kind");
    WRONG(dist_object, objects, 0, domain, DIST_NONE, "domain", "endpoint");
    WRONG(dist_object, objects, 2, bytes, 100, "object", "pages");
    WRONG(dist_grant, grants, 1, object, 10000, "grant", "object");
    WRONG(dist_grant, grants, 1, slot, COMP_SLOT_ENDPOINT, "grant", "slot");
    WRONG(dist_grant, grants, 1, slot, 1000, "grant", "slot");
    WRONG(dist_grant, grants, 1, domain, 1, "grant", "not among");
    WRONG(dist_map, maps, 0, object, 0, "map", "no memory");
    WRONG(dist_map, maps, 0, bytes, 8192, "map", "not inside");
    WRONG(dist_map, maps, 1, address, COMP_REGIONS_AT, "map", "taken");
    WRONG(dist_map, maps, 0, address, COMP_IMAGE_AT, "map", "outside");
    WRONG(dist_map, maps, 0, rights, TESS_RIGHT_EXEC | TESS_RIGHT_READ, "map", "rights");
    WRONG(dist_connection, connections, 0, server, 1000, "connection", "domain");
    WRONG(dist_connection, connections, 0, client_watch, COMP_WATCHES, "connection", "watched");
    WRONG(dist_connection, connections, 0, name, 60000, "connection", "name");
    WRONG(dist_domain, domains, 1, alternative_count, 10000, "domain", "alternatives");
    WRONG(dist_alternative, alternatives, 0, domain, 10000, "alternative", "not among");
    WRONG(dist_alternative, alternatives, 1, domain, 2, "alternative", "not among");
    WRONG(dist_alternative, alternatives, 1, image[0], 0, "alternative", "name");
    WRONG(dist_function, functions, 1, domain, 10000, "function", "domain");
    WRONG(dist_function, functions, 1, id, 0x8, "function", "id");
    WRONG(dist_function, functions, 0, window_count, 2, "function", "windows");
    WRONG(dist_window, windows, 0, object, 0, "window", "no memory");
    WRONG(dist_window, windows, 0, rights, TESS_RIGHT_EXEC, "window", "rights");
}

/* Pages of ECHO: its pulse page, kept memory, and a device that is made another one. */
static void wrong_gate(uint32_t domain, uint32_t orders, uint32_t answers, const char *table,
                       const char *what)
{
    struct dist_header *h = fresh();

    TABLE(h, dist_object, objects)[3 * PARTS + 3].kind = DIST_FRAME;
    h->gate[1] = (struct dist_gate){ domain, orders, answers, 0 };
    sum(h);
    refused(table, what);
}

static void test_gates(void)
{
    uint32_t keep = 3 * PARTS + 2, other = keep + 1, pulse = 3 * PART_ECHO + 2;

    wrong_gate(10000, keep, other, "gate", "none");
    wrong_gate(PART_LEFT, keep, other, "gate", "none");
    wrong_gate(PART_ECHO, keep, keep, "gate", "none");
    wrong_gate(PART_ECHO, keep, pulse, "gate", "none");
    wrong_gate(PART_ECHO, 10000, other, "gate", "none");
    wrong_gate(PART_ECHO, keep, other, "function", "is a gate");
    struct dist_header *h = fresh();

    TABLE(h, dist_object, objects)[3 * PARTS + 3].kind = DIST_FRAME;
    TABLE(h, dist_function, functions)[0].domain = PART_FELLOW;
    TABLE(h, dist_domain, domains)[PART_FELLOW].restart_set = PART_ECHO;
    h->gate[0] = (struct dist_gate){ PART_ECHO, keep, other, 0 };
    sum(h);
    refused("function", "restarts with a gate");
}

/* What is taken in spite of damage holds no index outside: read all that they lead to. */
static uint64_t walk(const struct dist *d)
{
    uint64_t n = 0;

    for (uint32_t i = 0; i < d->grants; i++) {
        n += d->object[d->grant[i].object].kind + d->domain[d->grant[i].domain].prio;
    }
    for (uint32_t i = 0; i < d->maps; i++) {
        n += d->object[d->map[i].object].bytes + d->domain[d->map[i].domain].prio;
    }
    for (uint32_t i = 0; i < d->domains; i++) {
        const struct dist_domain *m = &d->domain[i];
        n += d->object[m->pulse].bytes + d->object[m->endpoint].kind;
        n += m->grant_count ? d->grant[m->grant_first + m->grant_count - 1].slot : 0;
        n += m->map_count ? d->map[m->map_first + m->map_count - 1].bytes : 0;
        n += m->alternative_count
                 ? d->alternative[m->alternative_first + m->alternative_count - 1].domain
                 : 0;
    }
    for (uint32_t i = 0; i < d->functions; i++) {
        const struct dist_function *f = &d->function[i];
        n += d->domain[f->domain].prio;
        n += f->window_count ? d->window[f->window_first + f->window_count - 1].rights : 0;
    }
    for (uint32_t i = 0; i < d->windows; i++) {
        n += d->object[d->window[i].object].bytes;
    }
    for (uint32_t i = 0; i < d->connections; i++) {
        n +=
            strlen(d->strings + d->connection[i].name) + strlen(d->strings + d->connection[i].kind);
    }
    return n;
}

static void test_random(void)
{
    struct dist_fault why;
    struct dist d;
    unsigned taken = 0;

    for (unsigned i = 0; i < ROUNDS; i++) {
        struct dist_header *h = fresh();

        for (unsigned n = random_next() % 3 + 1; n; n--) {
            uint32_t *word = (uint32_t *)block + 4 + random_next() % (good_bytes / 4 - 4);
            *word = random_next() % 2 ? (uint32_t)random_next() : (uint32_t)random_next() % 64;
        }
        if (h->bytes <= good_bytes && h->bytes >= 16) {
            h->sum = dist_sum(block + 2, h->bytes / 8 - 2);
        }
        if (dist_ok(block, good_bytes, &d, &why)) {
            taken += walk(&d) != 0;
        }
    }
    check(taken < ROUNDS, "random damage to distributions leads nowhere");
    printf("%u of %u damaged distributions are good\n", taken, ROUNDS);
}

/* ---- images ---- */

static void test_images(const char *path)
{
    uint64_t bytes;
    uint64_t *elf = read_file(path, &bytes), *copy = malloc(bytes);
    struct image image;
    uint64_t n = 0;
    volatile uint64_t last = 0; /* reads the end of each segment */

    check(!image_read(elf, bytes, COMP_IMAGE_AT, COMP_STACK_END, &image) && image.count >= 2,
          "a good image is taken");
    check(image_read(elf, bytes, COMP_IMAGE_AT, COMP_IMAGE_AT + 4096, &image) != NULL,
          "one that does not fit is refused");
    for (unsigned i = 0; i < ROUNDS; i++) {
        memcpy(copy, elf, bytes);
        for (unsigned k = random_next() % 4 + 1; k; k--) {
            ((uint8_t *)copy)[random_next() % 400] = (uint8_t)random_next();
        }
        if (image_read(copy, bytes, COMP_IMAGE_AT, COMP_STACK_END, &image)) {
            continue;
        }
        for (uint32_t s = 0; s < image.count; s++) {
            const struct image_segment *g = &image.segment[s];
            bool twice = (g->rights & TESS_RIGHT_WRITE) && (g->rights & TESS_RIGHT_EXEC);
            n +=
                twice || g->at + g->bytes > COMP_STACK_END || (s && g->at < g[-1].at + g[-1].bytes);
            last += g->file_bytes ? ((const uint8_t *)g->file)[g->file_bytes - 1] : 0;
        }
    }
    check(n == 0, "random damage to images leads nowhere");
    free(copy);
    free(elf);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fputs("usage: host DISTRIBUTION ELF\n", stderr);
        return 2;
    }
    good = read_file(argv[1], &good_bytes);
    block = malloc(good_bytes);
    test_header();
    test_records();
    test_gates();
    test_random();
    test_images(argv[2]);
    free(block);
    free(good);
    printf("%u passed, %u failed\n", passed, failed);
    return failed != 0;
}
