/* compose: reads interface and system files, writes glue, capabilities and reports.  Runs the passes in order. */
#include <stdlib.h>
#include <string.h>

#include "lex.h"
#include "passes.h"
#include "template.h"

static const char usage[] =
    "usage: compose FILE.adl [-o DIR] [options]\n"
    "  -o DIR          write everything there\n"
    "  --system NAME   of this system; default: the last one declared in FILE.adl\n"
    "  -I DIR          import looks there, too\n"
    "  --check         only check\n"
    "  --strict        warnings are errors\n"
    "  --memory SIZE   memory of the machine for the admission, default 1GiB\n"
    "  --force WORD    direct or rpc: the connector of every connection inside a group\n"
    "  --dump=PASS     print the model behind the pass: parse resolve elaborate check lower place\n"
    "  --report=WHAT   graph, audit, authority, caps, why A B, cost, expand NAME\n"
    "  --reference     print the reference of the language\n"
    "  --help          print this\n";

static bool run_place(struct model *model, const struct options *options)
{
    (void)options;
    return place(model);
}

static const struct {
    const char *name;
    bool (*run)(struct model *model, const struct options *options);
    void (*dump)(const struct model *model, FILE *out);
} passes[] = {
    { "parse", parse, dump_front },         { "resolve", resolve, dump_front },
    { "elaborate", elaborate, dump_front }, { "check", check, dump_front },
    { "lower", lower, dump_back },          { "place", run_place, dump_back },
};
#define PASSES       (sizeof(passes) / sizeof(passes[0]))
#define FRONT_PASSES 4u

/* All passes.  After a syntax error resolve still runs, so that one run tells all errors. */
static bool run(const struct options *options)
{
    struct model *model = NEW(struct model);
    bool is_good = true;

    for (size_t i = 0; i < PASSES; i++) {
        if (!is_good && passes[i].run != resolve) {
            return false;
        }
        is_good &= passes[i].run(model, options);
        if (i == 0 && !model->sources.count) {
            return false;
        }
        if (is_good && options->dump && strcmp(options->dump, passes[i].name) == 0) {
            passes[i].dump(model, stdout);
            return true;
        }
        if (options->check_only && i + 1 == FRONT_PASSES) {
            return is_good;
        }
    }
    return is_good && emit(model, options) && !diag_errors();
}

/* ---- command line ---- */

static int bad_usage(const char *format, const char *word)
{
    fprintf(stderr, format, word);
    fputs(usage, stderr);
    return 1;
}

/* The value of an option: "--name=value" or the next word; NULL: not this option. */
static const char *value_of(int argc, char **argv, int *at, const char *name)
{
    size_t length = strlen(name);

    if (strncmp(argv[*at], name, length) != 0) {
        return NULL;
    }
    if (argv[*at][length] == '=') {
        return argv[*at] + length + 1;
    }
    return argv[*at][length] == '\0' && *at + 1 < argc ? argv[++*at] : NULL;
}

static uint64_t parse_memory(const char *text)
{
    const struct token *token = lex(source_from("--memory", text, (uint32_t)strlen(text)));

    return token[0].kind == TOKEN_NUMBER && token[0].unit == UNIT_SIZE && token[1].kind == TOKEN_END
               ? token[0].value
               : 0;
}

/* Options, and where their values go. */
static const struct {
    const char *name;
    enum { FLAG, TEXT, TEXTS } kind;
    size_t offset;
} table[] = {
    { "--check", FLAG, offsetof(struct options, check_only) },
    { "--strict", FLAG, offsetof(struct options, strict) },
    { "--reference", FLAG, offsetof(struct options, reference) },
    { "-o", TEXT, offsetof(struct options, output) },
    { "-I", TEXTS, offsetof(struct options, includes) },
    { "--system", TEXT, offsetof(struct options, system) },
    { "--dump", TEXT, offsetof(struct options, dump) },
    { "--report", TEXT, offsetof(struct options, report) },
};

/* One option and its value; false: it is none. */
static bool parse_option(struct options *options, int argc, char **argv, int *at)
{
    const char *value;

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        void *field = (char *)options + table[i].offset;

        if (table[i].kind == FLAG && strcmp(argv[*at], table[i].name) == 0) {
            return *(bool *)field = true;
        }
        value = table[i].kind == FLAG ? NULL : value_of(argc, argv, at, table[i].name);
        if (value && table[i].kind == TEXT) {
            *(const char **)field = value;
        } else if (value) {
            list_add_name(field, value);
        }
        if (value) {
            return true;
        }
    }
    if ((value = value_of(argc, argv, at, "--memory")) != NULL) {
        options->memory = parse_memory(value);
    } else if ((value = value_of(argc, argv, at, "--force")) != NULL) {
        options->force = strcmp(value, "direct") == 0 ? TRANSPORT_DIRECT
                         : strcmp(value, "rpc") == 0  ? TRANSPORT_RPC
                                                      : TRANSPORT_USER;
    }
    return value != NULL;
}

static bool is_pass(const char *name)
{
    for (size_t i = 0; i < PASSES; i++) {
        if (strcmp(passes[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static int check_options(const struct options *options)
{
    if (!options->file && !options->reference) {
        return bad_usage("compose: which file?%s\n", "");
    }
    if (options->dump && !is_pass(options->dump)) {
        return bad_usage("compose: there is no pass \"%s\"\n", options->dump);
    }
    if (!options->memory) {
        return bad_usage("compose: --memory is a size, such as 512MiB%s\n", "");
    }
    if (options->force == TRANSPORT_USER) {
        return bad_usage("compose: --force is direct or rpc%s\n", "");
    }
    if (!options->output && !options->dump && !options->report && !options->check_only &&
        !options->reference) {
        return bad_usage("compose: nothing to do: -o, --check, --dump or --report%s\n", "");
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct options options = { .memory = ADMIT_MEMORY_DEFAULT, .force = TRANSPORTS };
    bool is_good;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            fputs(usage, stdout);
            return 0;
        }
        if (parse_option(&options, argc, argv, &i)) {
            continue;
        }
        if (argv[i][0] == '-') {
            return bad_usage("compose: there is no option \"%s\", or it lacks its value\n",
                             argv[i]);
        }
        if (options.file) {
            list_add_name(&options.words, argv[i]);
        } else {
            options.file = argv[i];
        }
    }
    if (check_options(&options) != 0) {
        return 1;
    }
    if (options.reference) {
        reference(stdout);
        fputs("\n## In a template\n\n", stdout);
        template_reference(stdout);
        return 0;
    }
    is_good = run(&options) && !(options.strict && diag_warnings());
    if (diag_errors()) {
        fprintf(stderr, "compose: %u error%s\n", diag_errors(), diag_errors() == 1 ? "" : "s");
    }
    arena_reset();
    return is_good ? 0 : 1;
}
