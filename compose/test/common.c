/* The front passes on one file, in this process, as often as wanted. */
#include <stdlib.h>
#include <string.h>

#include "common.h"

static struct model *last;

struct model *run_model(void)
{
    return last;
}

char **run_paths(void)
{
    size_t bytes = sizeof(char *);
    char **paths, *at;
    uint32_t i = 0;

    for (EACH(struct source, source, &last->sources)) {
        bytes += sizeof(char *) + strlen(source->path) + 1;
    }
    paths = malloc(bytes);
    at = (char *)(paths + last->sources.count + 1);
    for (EACH(struct source, source, &last->sources)) {
        paths[i++] = strcpy(at, source->path);
        at += strlen(at) + 1;
    }
    paths[i] = NULL;
    return paths;
}

bool run_front(const char *path, char **text)
{
    struct options options = { .file = path, .memory = ADMIT_MEMORY_DEFAULT };
    struct model *model;
    bool is_good;

    arena_reset();
    diag_start(NULL);
    last = model = NEW(struct model);
    is_good = parse(model, &options);
    is_good = model->sources.count && resolve(model, &options) && is_good;
    is_good = is_good && elaborate(model, &options) && check(model, &options);
    if (is_good && text) {
        size_t bytes;
        FILE *out = open_memstream(text, &bytes);

        dump_front(model, out);
        fclose(out);
    }
    return is_good;
}
