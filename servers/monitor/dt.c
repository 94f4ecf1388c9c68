/*
 * A reader of flattened device trees (Devicetree Specification 0.4, chapter 5).  The tree comes from outside: each
 * step checks that it stays inside the blob, and a broken tree ends the walk with a message.
 */
#include "dt.h"

#include "monitor.h"
#include "say.h"
#include "uart.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define FDT_MAGIC 0xd00dfeedu

enum { /* tokens of the structure block, 5.4.1 */
       FDT_BEGIN_NODE = 1,
       FDT_END_NODE = 2,
       FDT_PROP = 3,
       FDT_NOP = 4,
       FDT_END = 9,
};

#define DEPTH_MAX 32 /* nodes inside each other */

static struct {
    const unsigned char *structure, *strings;
    size_t structure_bytes, strings_bytes;
} dt;

/* One node or property, as dt_next() found it. */
struct item {
    int token; /* FDT_BEGIN_NODE, FDT_END_NODE, FDT_PROP or FDT_END; -1: broken */
    unsigned depth;
    const char *name;
    const unsigned char *value; /* property */
    size_t bytes;
    size_t at; /* where the next one lies */
};

static uint32_t big32(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Map the tree at the first use. */
static bool dt_open(void)
{
    size_t bytes = tess_bootinfo->dtb_bytes;
    void *address;
    const unsigned char *blob;
    enum tess_err err;

    if (dt.structure) {
        return true;
    }
    if (bytes < 40) { /* its header */
        say("no device tree\n");
        return false;
    }
    err = tess_map(&env, TESS_ROOT_DTB, (bytes + TESS_PAGE - 1) & ~(uint64_t)(TESS_PAGE - 1),
                   TESS_RIGHT_READ, TESS_ATTR_NORMAL, &address);
    if (err) {
        return fail("cannot map the device tree", err);
    }
    blob = address;
    /* header, 5.2: magic, totalsize, off_dt_struct, off_dt_strings, ..., size_dt_strings, size_dt_struct */
    uint32_t structure = big32(blob + 8), strings = big32(blob + 12);
    uint32_t strings_bytes = big32(blob + 32), structure_bytes = big32(blob + 36);
    if (big32(blob) != FDT_MAGIC || structure > bytes || structure_bytes > bytes - structure ||
        strings > bytes || strings_bytes > bytes - strings) {
        say("not a device tree\n");
        return false;
    }
    dt.strings = blob + strings;
    dt.strings_bytes = strings_bytes;
    dt.structure_bytes = structure_bytes;
    dt.structure = blob + structure;
    return true;
}

/* Length of the string at p if it ends within limit bytes, else limit. */
static size_t string_bytes(const void *p, size_t limit)
{
    const unsigned char *end = memchr(p, 0, limit);

    return end ? (size_t)(end - (const unsigned char *)p) : limit;
}

/* Go on to the next node, end of node, or property. */
static void dt_next(struct item *i)
{
    const unsigned char *p = dt.structure;
    size_t at = i->at, left, length;
    uint32_t token, name;

    do {
        if (at > dt.structure_bytes || dt.structure_bytes - at < 4) {
            i->token = -1;
            return;
        }
        token = big32(p + at);
        at += 4;
    } while (token == FDT_NOP);
    left = dt.structure_bytes - at;
    i->depth -= i->token == FDT_END_NODE;
    i->token = (int)token;
    switch (token) {
    case FDT_BEGIN_NODE:
        length = string_bytes(p + at, left);
        i->name = (const char *)p + at;
        i->token = length == left || ++i->depth > DEPTH_MAX ? -1 : i->token;
        at += length + 1;
        break;
    case FDT_PROP:
        length = left < 8 ? left : big32(p + at);
        name = left < 8 ? 0 : big32(p + at + 4);
        if (left < 8 || length > left - 8 || name >= dt.strings_bytes ||
            string_bytes(dt.strings + name, dt.strings_bytes - name) == dt.strings_bytes - name) {
            i->token = -1;
            return;
        }
        i->name = (const char *)dt.strings + name;
        i->value = p + at + 8;
        i->bytes = length;
        at += 8 + length;
        break;
    case FDT_END_NODE:
        i->token = i->depth == 0 ? -1 : i->token;
        break;
    case FDT_END:
        break;
    default:
        i->token = -1;
    }
    i->at = (at + 3) & ~(size_t)3;
}

static bool is_text(const struct item *i)
{
    if (i->bytes == 0 || i->value[i->bytes - 1] != '\0' || i->value[0] == '\0') {
        return false;
    }
    for (size_t n = 0; n + 1 < i->bytes; n++) {
        if (!isprint(i->value[n]) && (i->value[n] != '\0' || i->value[n + 1] == '\0')) {
            return false;
        }
    }
    return true;
}

#define CELLS_SHOWN 12

static void show_value(const struct item *i)
{
    if (is_text(i)) {
        for (size_t n = 0; n < i->bytes; n += string_bytes(i->value + n, i->bytes - n) + 1) {
            say(" \"%s\"", (const char *)i->value + n);
        }
    } else if (i->bytes % 4 == 0) {
        for (size_t n = 0; n < i->bytes && n < CELLS_SHOWN * 4; n += 4) {
            say(" %#x", (unsigned)big32(i->value + n));
        }
        say("%s", i->bytes > CELLS_SHOWN * 4 ? " ..." : "");
    } else {
        say(" (%u bytes)", (unsigned)i->bytes);
    }
}

/* The node's name up to "@" or in full is the wanted one; the root has the name "". */
static bool is_named(const struct item *i, const char *wanted)
{
    size_t length = strlen(wanted);

    return (strncmp(i->name, wanted, length) == 0 &&
            (i->name[length] == '\0' || i->name[length] == '@')) ||
           (i->depth == 1 && strcmp(wanted, "/") == 0);
}

void command_dt(int count, char **word)
{
    struct item i = { 0 };
    unsigned nodes = 0;
    bool all = count < 2, inside = false;

    if (!dt_open()) {
        return;
    }
    for (dt_next(&i); i.token > 0 && i.token != FDT_END && !uart_interrupted(); dt_next(&i)) {
        if (i.token == FDT_BEGIN_NODE) {
            inside = all || is_named(&i, word[1]);
            nodes += inside;
            if (inside) {
                say("%*s%s\n", (int)(i.depth - 1) * 2, "", i.depth == 1 ? "/" : i.name);
            }
        } else if (i.token == FDT_PROP && inside && (!all || strcmp(i.name, "compatible") == 0)) {
            say("%*s%s%s", (int)i.depth * 2, "", i.name, i.bytes ? " =" : "");
            show_value(&i);
            say("\n");
        } else if (i.token == FDT_END_NODE) {
            inside = false; /* properties come before the nodes inside */
        }
    }
    if (i.token < 0) {
        say("the device tree is broken at offset %#x\n", (unsigned)i.at);
    } else if (!all && nodes == 0) {
        say("%s: no such node\n", word[1]);
    } else {
        say("%u nodes\n", nodes);
    }
}

void dt_cpu_name(char *out, size_t bytes)
{
    struct item i = { 0 };
    bool inside = false;

    snprintf(out, bytes, "unknown processor");
    if (!dt_open()) {
        return;
    }
    for (dt_next(&i); i.token > 0 && i.token != FDT_END; dt_next(&i)) {
        if (i.token == FDT_BEGIN_NODE) {
            inside = is_named(&i, "cpu");
        } else if (i.token == FDT_PROP && inside && strcmp(i.name, "compatible") == 0 &&
                   is_text(&i)) {
            snprintf(out, bytes, "%s", (const char *)i.value);
            return;
        }
    }
}
