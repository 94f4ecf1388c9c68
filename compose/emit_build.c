/* build.ninja of a system: every domain compiled and linked, and all of it packed into bootable images. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "back.h"

static const char head[] =
    "cc = aarch64-linux-gnu-gcc\n"
    "picolibc = /usr/lib/picolibc/aarch64-linux-gnu\n"
    "cflags = -std=gnu17 -O2 -g -Wall -Wextra -Werror -Wno-unused-parameter -Wno-enum-compare "
    "-Wno-enum-conversion -Wno-maybe-uninitialized "
    "-nostdinc -idirafter $picolibc/include -idirafter $$($cc -print-file-name=include) "
    "-ftls-model=local-exec -fno-stack-protector -fno-pie -mno-outline-atomics "
    "-ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables $\n"
    "    -I $top/lib/comp/include -I $top/lib/tess/include -I $top/lib/ring/include "
    "-I $top/lib/recover/include -I $top/lib/virtio/include -I $top/lib/netdrv/include -I "
    "$top/lib/blockdrv/include -I $top/lib/consoledrv/include -I $top/lib/plausible/include "
    "-I $top/abi/include -I $top/abi $more\n"
    "ldflags = -nostdlib -static -no-pie -T $top/lib/tess/root.ld -Wl,-u,_start "
    "-Wl,--gc-sections -Wl,-z,max-page-size=4096 -Wl,--build-id=none -L $picolibc/lib\n"
    "\n"
    "rule cc\n"
    "  command = $cc $cflags $include -MD -MF $out.d -c $in -o $out\n"
    "  depfile = $out.d\n"
    "  deps = gcc\n"
    "  description = cc $out\n"
    "rule link\n"
    "  command = $cc $cflags $ldflags -Wl,--defsym=__heap_bytes=$heap $in "
    "-Wl,--whole-archive $libraries -Wl,--no-whole-archive "
    "$tree/lib/comp/libcomp.a -Wl,--start-group -lc -lgcc -Wl,--end-group -o $out\n"
    "  description = link $out\n"
    "rule image\n"
    "  command = $tree/tools/mkimage $out $tree/kernel/loader/loader.bin $kernel $supervisor "
    "$modules\n"
    "  description = image $out\n"
    "\n";

const char *domain_id(const struct domain *d)
{
    return AT(struct instance, &d->instances, 0)->id;
}

/* Folder of a path, for -I. */
static const char *folder(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? text_format("%.*s", (int)(slash - path), path) : ".";
}

/* Ninja's escape of blanks, colons and dollars in names. */
static const char *escape(const char *name)
{
    char *escaped = arena_alloc(2 * strlen(name) + 1), *to = escaped;

    for (; *name; name++) {
        if (*name == ' ' || *name == ':' || *name == '$') {
            *to++ = '$';
        }
        *to++ = *name;
    }
    return escaped;
}

/* -I for the folders that a component names. */
static const char *includes(const struct instance *i)
{
    const char *all = "";

    for (EACH(struct value, v, &i->component->includes)) {
        bool is_built = strncmp(v->string, "build/", 6) == 0;

        all = text_format("%s -I %s/%s", all, is_built ? "$tree" : "$top",
                          escape(v->string + (is_built ? 6 : 0)));
    }
    return all;
}

/* What a domain is linked with beside libcomp. */
static const char *libraries(const struct domain *d)
{
    const char *all = "";

    for (EACH(struct instance, i, &d->instances)) {
        for (EACH(struct value, v, &i->component->libraries)) {
            const char *name = text_format(" $tree/%s", escape(v->string));

            all = strstr(all, name) ? all : text_format("%s%s", all, name);
        }
    }
    return all;
}

static void compile(FILE *out, const char *dir, const struct instance *i, const char *object,
                    const char *source, const char *more)
{
    fprintf(out, "build %s/gen/%s: cc %s/gen/%s\n", dir, object, dir, source);
    fprintf(out, "  include = -I %s/gen/%s -I %s%s%s\n", dir, i->id,
            escape(folder(i->component->where.source->path)), includes(i), more);
}

static void program(FILE *out, const char *dir, const struct domain *d)
{
    const struct instance *first = AT(struct instance, &d->instances, 0);
    const char *id = domain_id(d), *more = "";

    if (d->instances.count > 1) {
        more = " -flto -DCOMP_EXPORT=";
        for (EACH(struct instance, i, &d->instances)) {
            compile(out, dir, i, text_format("%s/unit.o", i->id), text_format("%s/unit.c", i->id),
                    more);
        }
    }
    compile(out, dir, first, text_format("%s.o", id), text_format("%s.c", id), more);
    fprintf(out, "build %s/%s.elf: link %s/gen/%s.o", dir, id, dir, id);
    for (EACH(struct instance, i, &d->instances)) {
        if (d->instances.count > 1) {
            fprintf(out, " %s/gen/%s/unit.o", dir, i->id);
        }
    }
    fprintf(out, " | $tree/lib/comp/libcomp.a $top/lib/tess/root.ld%s\n", libraries(d));
    fprintf(out, "  libraries =%s\n", libraries(d));
    fprintf(out, "  heap = %" PRIu64 "\n", pages(d->policy.heap));
    if (d->instances.count > 1) {
        fprintf(out, "  cflags = $cflags -flto\n");
    }
}

/* The files of all domains and alternatives; is: "=": as NAME=FILE. */
static void images(FILE *out, const struct model *model, const char *dir, const char *is)
{
    for (EACH(struct domain, d, &model->domains)) {
        const struct instance *first = AT(struct instance, &d->instances, 0);

        fprintf(out, " %s%s%s/%s.elf", *is ? first->id : "", is, dir, first->id);
        for (EACH(struct instance, other, &first->alternatives)) {
            fprintf(out, " %s%s%s/%s.elf", *is ? other->id : "", is, dir, other->id);
        }
    }
}

static void image(FILE *out, const struct model *model, const char *dir, const char *suffix)
{
    const char *name = text_format("%s/%s%s.img", dir, model->system->name, suffix);
    const char *kernel = text_format("$tree/kernel/kernel%s.elf", suffix);

    fprintf(out,
            "build %s: image | %s $tree/tools/mkimage $tree/kernel/loader/loader.bin "
            "$supervisor %s/distribution",
            name, kernel, dir);
    images(out, model, dir, "");
    fprintf(out, "\n  kernel = %s\n  modules = %s=%s/distribution", kernel, DIST_MODULE, dir);
    images(out, model, dir, "=");
    fprintf(out, "\ndefault %s\n", name);
}

static const char *setting(const char *name, const char *otherwise)
{
    const char *value = getenv(name);

    return value && *value ? value : otherwise;
}

void emit_build(FILE *out, const struct model *model, const struct options *options)
{
    const char *dir = escape(options->output);

    fprintf(out,
            "# Builds system %s.  Written by compose; run it where compose ran: ninja -f "
            "%s/build.ninja\n"
            "builddir = %s\ntop = %s\ntree = %s\nsupervisor = %s\nmore = %s\n",
            model->system->name, dir, dir, escape(setting("TESSERA_TOP", ".")),
            escape(setting("TESSERA_BUILD", "build")),
            escape(setting("TESSERA_SUPERVISOR", "build/servers/supervisor/supervisor.elf")),
            setting("TESSERA_CFLAGS", ""));
    fputs(head, out);
    for (EACH(struct domain, d, &model->domains)) {
        program(out, dir, d);
        for (EACH(struct instance, other, &AT(struct instance, &d->instances, 0)->alternatives)) {
            struct domain as = *d;

            as.instances = (struct list){ 0 };
            list_add(&as.instances, other);
            program(out, dir, &as);
        }
    }
    image(out, model, dir, "");
    image(out, model, dir, "-debug");
}
