/* The distribution, checked: pointers to its tables, and nothing in them that could lead outside. */
#ifndef COMP_DIST_OK_H
#define COMP_DIST_OK_H

#include <comp/dist.h>

struct dist {
    const struct dist_header *header;
    const struct dist_domain *domain;
    const struct dist_object *object;
    const struct dist_grant *grant;
    const struct dist_map *map;
    const struct dist_connection *connection;
    const struct dist_alternative *alternative;
    const struct dist_function *function;
    const struct dist_window *window;
    const char *strings;
    uint32_t domains, objects, grants, maps, connections, alternatives, functions, windows;
};

/* What is wrong, for one line: "grant 12: its object does not exist". */
struct dist_fault {
    const char *table;
    uint32_t index;
    const char *what;
};

/*
 * Check a distribution of that many bytes, 8-byte aligned, not trusted: sums, sizes, every index, order, overlaps.
 * False: *why says what is wrong first, and *out means nothing.  Images are not looked at.
 */
bool dist_ok(const void *block, uint64_t bytes, struct dist *out, struct dist_fault *why);

#endif
