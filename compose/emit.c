/* emit: writes the files.  A file that would not change is left alone, so that ninja rebuilds nothing for it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <comp/dist_ok.h>

#include "back.h"
#include "template.h"

static bool complain(const char *path)
{
    error_at(NULL, "%s: %s", path, strerror(errno));
    return false;
}

/* With those above it. */
static bool make_folder(const char *path)
{
    for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        (void)mkdir(text_format("%.*s", (int)(slash - path), path), 0777);
    }
    return mkdir(path, 0777) == 0 || errno == EEXIST || complain(path);
}

static bool is_same(const char *path, const void *bytes, size_t count)
{
    FILE *in = fopen(path, "rb");
    char *old = arena_alloc(count + 1);
    bool same = in && fread(old, 1, count + 1, in) == count && memcmp(old, bytes, count) == 0;

    if (in) {
        fclose(in);
    }
    return same;
}

static bool write_file(const char *path, const void *bytes, size_t count)
{
    FILE *out;
    bool ok;

    if (is_same(path, bytes, count)) {
        return true;
    }
    out = fopen(path, "wb");
    if (!out) {
        return complain(path);
    }
    ok = fwrite(bytes, 1, count, out) == count;
    ok = fclose(out) == 0 && ok;
    return ok || complain(path);
}

/* A text in the making. */
struct page {
    char *text;
    size_t bytes;
    FILE *out;
};

static void page_open(struct page *p)
{
    p->out = open_memstream(&p->text, &p->bytes);
    if (!p->out) {
        fputs("compose: out of memory\n", stderr);
        exit(1);
    }
}

static bool page_write(struct page *p, const char *path)
{
    bool ok;

    fclose(p->out);
    ok = write_file(path, p->text, p->bytes);
    free(p->text);
    return ok;
}

/* What a template of compose/glue prints for one thing. */
static bool write_glue(const char *path, const char *template, struct val val)
{
    struct page p;

    page_open(&p);
    template_use(p.out, template, val);
    return page_write(&p, path);
}

static bool emit_instance(const struct instance *i, const char *gen)
{
    const char *folder = text_format("%s/%s", gen, i->id);
    struct val val = node(NODE_instance, i);

    return make_folder(folder) &&
           write_glue(text_format("%s/%s.h", folder, i->component->name), "header", val) &&
           write_glue(text_format("%s/unit.c", folder), "unit", val);
}

/* A domain with what is in it; what may take its place is a domain like it. */
static bool emit_program(const struct domain *d, const char *gen)
{
    bool ok = write_glue(text_format("%s/%s.c", gen, domain_id(d)), "domain", node(NODE_domain, d));

    for (EACH(struct instance, i, &d->instances)) {
        ok &= emit_instance(i, gen);
    }
    return ok;
}

static bool emit_programs(const struct model *model, const char *gen)
{
    bool ok = true;

    for (EACH(struct domain, d, &model->domains)) {
        struct instance *base = AT(struct instance, &d->instances, 0);

        ok &= emit_program(d, gen);
        for (EACH(struct instance, other, &base->alternatives)) {
            replace(base, other);
            ok &= emit_program(other->domain, gen);
        }
    }
    return ok;
}

/* What the supervisor would refuse at boot is refused here: by the same function. */
static bool distribution_ok(const struct model *model, const void *distribution, size_t bytes)
{
    struct dist_fault why;
    struct dist d;
    bool ok = dist_ok(distribution, bytes, &d, &why);

    if (!ok) {
        error_at(&model->system->where, "the supervisor would refuse this system: %s %u: %s",
                 why.table, why.index, why.what);
    }
    return ok;
}

static bool emit_files(const struct model *model, const struct options *options)
{
    const char *dir = options->output, *gen = text_format("%s/gen", dir);
    size_t bytes;
    const void *distribution = emit_dist(model, &bytes);
    struct page p;
    bool ok;

    if (!distribution_ok(model, distribution, bytes) || !make_folder(dir) || !make_folder(gen)) {
        return false;
    }
    ok = emit_programs(model, gen);
    ok &= write_file(text_format("%s/distribution", dir), distribution, bytes);
    page_open(&p);
    emit_dist_text(p.out, model);
    ok &= page_write(&p, text_format("%s/distribution.txt", dir));
    page_open(&p);
    emit_build(p.out, model, options);
    return page_write(&p, text_format("%s/build.ninja", dir)) && ok;
}

bool emit(struct model *model, const struct options *options)
{
    bool ok = true;

    template_start(model);
    if (options->report) {
        ok = report(stdout, model, options);
    }
    return (!options->output || emit_files(model, options)) && ok;
}
