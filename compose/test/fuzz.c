/*
 * compose-fuzz [--runs N | --seconds S] [--seed N] FILE...: all passes up to place on files with random damage: no crash, no
 * assertion, no time without end (each run has a limit), whatever the text.  First every file as it is.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common.h"
#include "lex.h"
#include "template.h"

#define RUN_LIMIT 10u /* seconds of one run */
#define TEXT_MAX  (1u << 16)

static uint64_t state;

static uint32_t below(uint32_t limit)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)((state >> 16) % limit);
}

static const char *const pieces[] = {
    "{",
    "}",
    "(",
    ")",
    ";",
    ",",
    ".",
    "..",
    "->",
    "~>",
    "[",
    "]",
    "<",
    ">",
    "=",
    "*",
    "-",
    "/*",
    "//",
    "\"",
    "\\",
    "0",
    "1",
    "4096",
    "18446744073709551615",
    "9999999999999999999",
    "0x",
    "KiB",
    "s",
    "interface",
    "component",
    "system",
    "instance",
    "connect",
    "struct",
    "enum",
    "lend",
    "string<",
    "u64",
    "import",
    "protocol",
    "state",
    "deny",
    "group",
    "export",
    "filter(",
    "direct",
};

/* Copy `bytes` of a text over or between those at a place. */
static uint32_t splice(char *text, uint32_t bytes, const char *from, uint32_t length,
                       bool is_insert)
{
    uint32_t at = below(bytes + 1);

    if (!is_insert) {
        length = length > bytes - at ? bytes - at : length;
        memcpy(text + at, from, length);
        return bytes;
    }
    if (bytes + length > TEXT_MAX) {
        return bytes;
    }
    memmove(text + at + length, text + at, bytes - at);
    memcpy(text + at, from, length);
    return bytes + length;
}

static uint32_t damage(char *text, uint32_t bytes, const char *other, uint32_t other_bytes)
{
    uint32_t at = below(bytes + 1), length = below(40);
    const char *piece = pieces[below(sizeof(pieces) / sizeof(pieces[0]))];
    char byte = (char)below(256);

    switch (below(6)) {
    case 0:
        return splice(text, bytes, &byte, 1, false);
    case 1:
        return splice(text, bytes, piece, (uint32_t)strlen(piece), true);
    case 2:
        return splice(text, bytes, piece, (uint32_t)strlen(piece), false);
    case 3:
        length = length > bytes - at ? bytes - at : length;
        memmove(text + at, text + at + length, bytes - at - length);
        return bytes - length;
    case 4:
        at = below(other_bytes + 1);
        length = below(400);
        length = length > other_bytes - at ? other_bytes - at : length;
        return splice(text, bytes, other + at, length, true);
    default: {
        /* One word of the text in place of another. */
        uint32_t from = below(bytes + 1);
        char word[8];

        length = bytes - from < sizeof(word) ? bytes - from : sizeof(word);
        memcpy(word, text + from, length);
        return splice(text, bytes, word, length, false);
    }
    }
}

struct file {
    const char *path;
    char *text;
    uint32_t bytes;
};

static bool load(struct file *file, const char *path)
{
    struct source *source = source_read(path);

    if (!source || source->bytes > TEXT_MAX) {
        return false;
    }
    *file = (struct file){ path, malloc(source->bytes + 1), source->bytes };
    memcpy(file->text, source->text, source->bytes + 1);
    return true;
}

/* All passes that print nothing, as far as they come. */
static void run_all(const char *path)
{
    static const struct options options = { .memory = ADMIT_MEMORY_DEFAULT, .force = TRANSPORTS };

    FILE *out;

    if (!run_front(path, NULL) || !lower(run_model(), &options) || !place(run_model())) {
        return;
    }
    out = fopen("/dev/null", "w");
    template_start(run_model());
    for (EACH(struct connection, c, &run_model()->connections)) {
        if (c->transport == TRANSPORT_USER) {
            template_print(out, c, SIDE_FROM);
            template_print(out, c, SIDE_TO);
        }
    }
    fclose(out);
}

/* The system of a file: itself; of the template NAME-from.template or NAME-to.template: NAME.adl. */
static const char *system_of(const char *path)
{
    static char system[4096];
    const char *dash = strrchr(path, '-');

    if (!dash || !strstr(path, ".template")) {
        return path;
    }
    snprintf(system, sizeof(system), "%.*s.adl", (int)(dash - path), path);
    return system;
}

static void run_damaged(const struct file *file, const struct file *other)
{
    static char text[TEXT_MAX + 1];
    uint32_t bytes = file->bytes;

    memcpy(text, file->text, bytes);
    for (uint32_t n = 1 + below(6); n > 0; n--) {
        bytes = damage(text, bytes, other->text, other->bytes);
    }
    source_replace(file->path, text, bytes);
    alarm(RUN_LIMIT);
    run_all(system_of(file->path));
    alarm(0);
    source_replace(NULL, NULL, 0);
}

int main(int argc, char **argv)
{
    struct file *files = calloc((size_t)argc, sizeof(*files));
    uint64_t runs = 1000, done = 0, seed = 1;
    uint32_t count = 0;
    time_t end = 0;

    for (int i = 1; i < argc; i++) {
        if (i + 1 < argc && strcmp(argv[i], "--runs") == 0) {
            runs = strtoull(argv[++i], NULL, 0);
        } else if (i + 1 < argc && strcmp(argv[i], "--seconds") == 0) {
            end = time(NULL) + strtol(argv[++i], NULL, 0);
        } else if (i + 1 < argc && strcmp(argv[i], "--seed") == 0) {
            seed = strtoull(argv[++i], NULL, 0);
        } else if (load(&files[count], argv[i])) {
            run_all(system_of(argv[i]));
            count++;
        }
    }
    if (!count) {
        return 1;
    }
    for (; end ? time(NULL) < end : done < runs; done++) {
        /* Each run from its own number, so that one can be repeated alone. */
        state = (seed + done) * 0x9e3779b97f4a7c15ull | 1;
        run_damaged(&files[below(count)], &files[below(count)]);
    }
    printf("%u files, %llu damaged texts, seed %llu: no crash\n", count, (unsigned long long)done,
           (unsigned long long)seed);
    for (uint32_t i = 0; i < count; i++) {
        free(files[i].text);
    }
    free(files);
    arena_reset();
    return 0;
}
