#include "options.h"

#include <stdlib.h>
#include <string.h>
#include <tess/tess.h>

/* The device tree, mapped once; its structure does not matter here: the command line is the text behind bootargs. */
static const char *tree(struct tess_env *env)
{
    static void *at;
    uint64_t bytes = (tess_bootinfo->dtb_bytes + 2 * TESS_PAGE - 1) & ~(uint64_t)(TESS_PAGE - 1);
    struct tess_cap_info info;

    if (at == NULL && !tess_cnode_read(TESS_ROOT_CNODE, TESS_ROOT_DTB, &info) &&
        info.size < bytes + TESS_PAGE) {
        (void)tess_map(env, TESS_ROOT_DTB, info.size, TESS_RIGHT_READ, TESS_ATTR_NORMAL, &at);
    }
    return at;
}

uint64_t option(struct tess_env *env, const char *name, uint64_t fallback)
{
    const char *at = tree(env);
    size_t n = strlen(name);

    for (uint64_t i = 0; at && i + n + 1 < tess_bootinfo->dtb_bytes; i++) {
        if (at[i + n] == '=' && memcmp(at + i, name, n) == 0) {
            return strtoull(at + i + n + 1, NULL, 0);
        }
    }
    return fallback;
}
