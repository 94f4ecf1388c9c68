/*
 * Draws faults: which operator, which of the sites that a golden run executed, at which moment.  Fault number N of a seed is the same
 * whatever the first one is.
 *     faults-plan elf=FILE sites=FILE seed=S first=N count=N plan=FILE binary=FILE [operators=NAME,GROUP,...] [golden=NS|plot=KILLS]
 * plan: for people and the plugin, a line a fault: number, operator, kind, address, old, new, delay, extra.  binary: for the agent
 * (struct agent_plan).  golden: the plan is only to let the system run for so long; plot: to be killed once a second.
 * Groups: text, kill, supervisor, interface; default: text,kill.
 */
#define _GNU_SOURCE /* strsep */
#include "operator.h"

#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DELAY_MOST 2000000u /* ns */

static struct {
    const char *elf, *sites, *plan, *binary, *operators;
    uint64_t seed, first, count, golden, plot;
} option = { .operators = "text,kill" };

static struct text text;
static uint64_t *site; /* addresses, the often executed ones first */
static size_t site_count, often_count;
static bool is_chosen[OPERATOR_COUNT];

static _Noreturn void fail(const char *what, const char *name)
{
    fprintf(stderr, "faults-plan: %s%s\n", what, name);
    exit(2);
}

/* ---- symbols: functions that complete requests ---- */

static uint64_t replies[64];
static size_t reply_count;

static bool is_reply(uint64_t address)
{
    for (size_t i = 0; i < reply_count; i++) {
        if (replies[i] == address) {
            return true;
        }
    }
    return false;
}

static void symbol(const char *name, uint64_t address)
{
    bool completes = strstr(name, "finish") || strstr(name, "complete") || strstr(name, "reply");

    if (completes && reply_count < sizeof replies / sizeof replies[0]) {
        replies[reply_count++] = address;
    }
}

/* The whole file; the planner's input is the build's own. */
static char *file_read(const char *name, size_t *bytes)
{
    FILE *from = fopen(name, "rb");
    char *all = NULL;
    size_t room = 0;

    *bytes = 0;
    if (!from) {
        fail("cannot read ", name);
    }
    do {
        room += 1u << 20;
        all = realloc(all, room);
        if (!all) {
            fail("no memory for ", name);
        }
        *bytes += fread(all + *bytes, 1, room - *bytes, from);
    } while (*bytes == room);
    fclose(from);
    return all;
}

static void symbols_of(const char *all, size_t bytes, const Elf64_Shdr *s, const Elf64_Shdr *names)
{
    if (s->sh_offset > bytes || s->sh_size > bytes - s->sh_offset || names->sh_offset > bytes ||
        names->sh_size > bytes - names->sh_offset) {
        fail("no symbols in ", option.elf);
    }
    for (uint64_t i = 0; i < s->sh_size / sizeof(Elf64_Sym); i++) {
        Elf64_Sym one;

        memcpy(&one, all + s->sh_offset + i * sizeof one, sizeof one);
        if (ELF64_ST_TYPE(one.st_info) == STT_FUNC && one.st_name < names->sh_size) {
            symbol(all + names->sh_offset + one.st_name, one.st_value);
        }
    }
}

static void symbols_read(void)
{
    size_t bytes;
    char *all = file_read(option.elf, &bytes);
    Elf64_Ehdr h;

    memcpy(&h, all, sizeof h);
    if (bytes < sizeof h || h.e_shoff > bytes ||
        h.e_shnum * sizeof(Elf64_Shdr) > bytes - h.e_shoff) {
        fail("no sections in ", option.elf);
    }
    for (unsigned i = 0; i < h.e_shnum; i++) {
        Elf64_Shdr s, names;

        memcpy(&s, all + h.e_shoff + i * sizeof s, sizeof s);
        if (s.sh_type == SHT_SYMTAB && s.sh_link < h.e_shnum) {
            memcpy(&names, all + h.e_shoff + s.sh_link * sizeof s, sizeof names);
            symbols_of(all, bytes, &s, &names);
        }
    }
    free(all);
}

/* ---- drawing ---- */

/* Executed more often than that in the golden run: soon again. */
#define OFTEN 20u

static void site_add(uint64_t address, uint64_t executed)
{
    site = realloc(site, (site_count + 1) * sizeof *site);
    if (!site) {
        fail("no memory", "");
    }
    site[site_count] = address;
    if (executed > OFTEN) {
        site[site_count] = site[often_count];
        site[often_count++] = address;
    }
    site_count++;
}

static void sites_read(void)
{
    FILE *from = fopen(option.sites, "r");
    uint64_t address, executed;

    if (!from) {
        fail("cannot read ", option.sites);
    }
    while (fscanf(from, "%" SCNx64 " %*x %" SCNu64, &address, &executed) == 2) {
        site_add(address, executed);
    }
    fclose(from);
    if (!site_count) {
        fail("no sites in ", option.sites);
    }
}

static bool has_site(enum operator op)
{
    uint32_t to;

    for (size_t i = 0; i < site_count; i++) {
        if (operator_apply(op, &text, site[i], 0, is_reply, &to)) {
            return true;
        }
    }
    return false;
}

/* A name or a group of option.operators. */
static bool is_named(const struct operator_info *op)
{
    static const char *const group[] = {
        [GROUP_TEXT] = "text",
        [GROUP_KILL] = "kill",
        [GROUP_SUPERVISOR] = "supervisor",
        [GROUP_INTERFACE] = "interface",
    };
    char list[512], *rest = list, *name;

    snprintf(list, sizeof list, "%s", option.operators);
    while ((name = strsep(&rest, ",")) != NULL) {
        if (strcmp(name, op->name) == 0 || strcmp(name, group[op->group]) == 0) {
            return true;
        }
    }
    return false;
}

static void choose(void)
{
    size_t chosen = 0;

    for (enum operator op = 0; op < OPERATOR_COUNT; op++) {
        is_chosen[op] =
            is_named(&operators[op]) && (operators[op].group != GROUP_TEXT || has_site(op));
        chosen += is_chosen[op];
    }
    if (!chosen) {
        fail("no operator of ", option.operators);
    }
}

/* Of four sites three are often executed: what is not executed tells nothing. */
static uint64_t draw_site(uint64_t *state)
{
    uint64_t random = tess_random(state) >> 32;

    return site[random % (often_count && tess_random(state) >> 62 ? often_count : site_count)];
}

static uint64_t state_of(uint64_t number)
{
    uint64_t state = (option.seed * 0x9e3779b97f4a7c15ull) ^ (number + 1) * 0xd1342543de82ef95ull;

    state += !state;
    for (unsigned i = 0; i < 8; i++) {
        (void)tess_random(&state);
    }
    return state;
}

static enum operator draw(uint64_t number, struct agent_fault *f)
{
    uint64_t state = state_of(number);
    enum operator op;
    uint32_t to = 0, old = 0;

    do {
        op = (enum operator)((tess_random(&state) >> 32) % OPERATOR_COUNT);
    } while (!is_chosen[op]);
    *f = (struct agent_fault){
        .number = number,
        .kind = operators[op].kind,
        .extra = operators[op].extra,
        .delay = (tess_random(&state) >> 32) % DELAY_MOST,
    };
    if (op == OPERATOR_KILL_TWICE) {
        f->extra = (tess_random(&state) >> 32) % DELAY_MOST;
    }
    if (operators[op].group == GROUP_TEXT) {
        do {
            f->address = draw_site(&state);
        } while (!operator_apply(op, &text, f->address, tess_random(&state), is_reply, &to));
        (void)text_word(&text, f->address, &old);
        f->old = old;
        f->new = to;
    }
    return op;
}

static void plan_make(struct agent_plan *p)
{
    FILE *to = fopen(option.plan, "w");

    if (!to) {
        fail("cannot write ", option.plan);
    }
    p->magic = AGENT_PLAN_MAGIC;
    p->count = option.count;
    for (uint64_t i = 0; i < option.count; i++) {
        struct agent_fault *f = &p->fault[i];
        enum operator op = draw(option.first + i, f);

        fprintf(to,
                "%" PRIu64 " %s %" PRIu64 " %" PRIx64 " %08" PRIx64 " %08" PRIx64 " %" PRIu64
                " %" PRIu64 "\n",
                f->number, operators[op].name, f->kind, f->address, f->old, f->new, f->delay,
                f->extra);
    }
    if (fclose(to)) {
        fail("cannot write ", option.plan);
    }
}

static void plan_write(const struct agent_plan *p)
{
    FILE *to = fopen(option.binary, "wb");

    if (!to || fwrite(p, sizeof *p, 1, to) != 1 || fclose(to)) {
        fail("cannot write ", option.binary);
    }
}

/* ---- options ---- */

static bool take(const char *arg)
{
    static const struct {
        const char *name;
        const char **text;
        uint64_t *number;
    } known[] = {
        { "elf=", &option.elf, NULL },     { "sites=", &option.sites, NULL },
        { "plan=", &option.plan, NULL },   { "binary=", &option.binary, NULL },
        { "seed=", NULL, &option.seed },   { "first=", NULL, &option.first },
        { "count=", NULL, &option.count }, { "golden=", NULL, &option.golden },
        { "plot=", NULL, &option.plot },   { "operators=", &option.operators, NULL },
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        size_t bytes = strlen(known[i].name);

        if (strncmp(arg, known[i].name, bytes) == 0 && known[i].text) {
            *known[i].text = arg + bytes;
            return true;
        }
        if (strncmp(arg, known[i].name, bytes) == 0) {
            char *end;
            *known[i].number = strtoull(arg + bytes, &end, 10);
            return end != arg + bytes && !*end;
        }
    }
    return false;
}

int main(int argc, char **argv)
{
    static struct agent_plan plan;

    for (int i = 1; i < argc; i++) {
        if (!take(argv[i])) {
            fail("bad argument: ", argv[i]);
        }
    }
    if ((option.golden || option.plot) && option.binary) {
        struct agent_fault f = { .kind = option.plot ? AGENT_PLOT : AGENT_GOLDEN,
                                 .delay = option.golden,
                                 .extra = option.plot };
        plan = (struct agent_plan){ AGENT_PLAN_MAGIC, 1, { f } };
        plan_write(&plan);
        return 0;
    }
    if (!option.elf || !option.sites || !option.plan || !option.binary ||
        option.count > AGENT_PLAN_MOST) {
        fail("elf=, sites=, plan=, binary= and count= of at most 256 are needed", "");
    }
    if (!text_read(option.elf, &text)) {
        fail("cannot read ", option.elf);
    }
    symbols_read();
    sites_read();
    choose();
    plan_make(&plan);
    plan_write(&plan);
    return 0;
}
