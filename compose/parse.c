/* Files, declarations, and the machinery of the parser. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "connector.h"
#include "parse.h"
#include "passes.h"

static const struct token nothing = { .kind = TOKEN_PUNCT, .punct = 0, .text = "" };

const struct token *peek(const struct parser *p)
{
    return p->broken ? &nothing : p->at;
}

static bool at_word(const struct parser *p, const char *word)
{
    return peek(p)->kind == TOKEN_NAME && strcmp(peek(p)->text, word) == 0;
}

bool at_punct(const struct parser *p, int punct)
{
    return peek(p)->kind == TOKEN_PUNCT && peek(p)->punct == punct;
}

bool accept_word(struct parser *p, const char *word)
{
    bool is = at_word(p, word);

    p->at += is;
    return is;
}

bool accept(struct parser *p, int punct)
{
    bool is = at_punct(p, punct);

    p->at += is;
    return is;
}

/* ---- errors ---- */

static const char *token_text(const struct token *token)
{
    switch (token->kind) {
    case TOKEN_END:
        return "the end of the file";
    case TOKEN_STRING:
        return text_format("the string \"%s\"", token->text);
    default:
        return text_format("\"%.*s\"", (int)token->where.length,
                           token->where.source->text + token->where.offset);
    }
}

void fail(struct parser *p, const char *format, ...)
{
    va_list args;

    if (p->broken) {
        return;
    }
    va_start(args, format);
    error_at(&p->at->where, "%s", text_vformat(format, args));
    va_end(args);
    p->broken = true;
}

void once(struct parser *p, bool was_there)
{
    if (was_there) {
        error_at(p->word, "this is said twice");
    }
}

/*
 * Go behind the next ';' or '{ ... }', or before the '}' of the block that the parser is in.  The names since the
 * beginning of the statement are lost.
 */
static void recover(struct parser *p, const struct token *from)
{
    const struct token *failed = p->at;
    uint32_t depth = 0;

    p->broken = false;
    for (p->at = from; p->at->kind != TOKEN_END; p->at++) {
        int punct = p->at->kind == TOKEN_PUNCT && p->at >= failed ? p->at->punct : 0;

        if (p->at->kind == TOKEN_NAME) {
            list_add_name(&p->model->lost, p->at->text);
        }
        if (depth == 0 && punct == '}') {
            return;
        }
        depth += punct == '{';
        depth -= punct == '}';
        if (depth == 0 && (punct == ';' || punct == '}')) {
            p->at++;
            return;
        }
    }
}

void expect(struct parser *p, int punct)
{
    if (!accept(p, punct)) {
        fail(p, "expected \"%s\", found %s", punct_text(punct), token_text(p->at));
    }
}

void expect_word(struct parser *p, const char *word, const char *what)
{
    if (!accept_word(p, word)) {
        fail(p, "expected \"%s\"", what);
    }
}

uint32_t choose(struct parser *p, const char *words, const char *what)
{
    struct spell spell = { .wanted = peek(p)->text };
    const char *all = "", *end;

    for (uint32_t i = 0; *words; i++, words = *end ? end + 1 : end) {
        const char *word;

        end = words + strcspn(words, " ");
        word = intern(words, (size_t)(end - words));
        if (accept_word(p, word)) {
            return i;
        }
        spell_offer(&spell, word);
        all = text_format("%s%s\"%s\"", all, !i ? "" : *end ? ", " : " or ", word);
    }
    what = what ? what : all;
    if (peek(p)->kind == TOKEN_NAME) {
        fail(p, "\"%s\" is not %s%s", p->at->text, what, spell_hint(&spell));
    }
    fail(p, "expected %s, found %s", what, token_text(p->at));
    return 0;
}

bool accept_flag(struct parser *p, const char *word, bool *flag)
{
    bool is = !*flag && accept_word(p, word);

    *flag |= is;
    return is;
}

void semicolon(struct parser *p)
{
    const struct token *last = p->at - 1;

    if (accept(p, ';') || p->broken) {
        return;
    }
    if (p->at->line > last->line || at_punct(p, '}')) {
        error_at(&(struct where){ last->where.source, last->where.offset + last->where.length, 1 },
                 "expected \";\"");
        return;
    }
    fail(p, "expected \";\", found %s", token_text(p->at));
}

/* Names that the generated C could not use. */
static bool is_c_word(const char *name)
{
    static const char words[] =
        " auto bool break case char const continue default do double else enum extern float for "
        "goto "
        "if inline int long register restrict return short signed sizeof static struct switch "
        "typedef union unsigned void volatile while true false self element int8_t int16_t int32_t "
        "int64_t uint8_t uint16_t uint32_t uint64_t main asm ";

    return strstr(words, text_format(" %s ", name)) != NULL;
}

#define NAME_MAX_BYTES 48u

const char *expect_name(struct parser *p, const char *what, struct where *where)
{
    const char *name = peek(p)->text;

    if (peek(p)->kind != TOKEN_NAME) {
        fail(p, "expected %s, found %s", what, token_text(p->at));
        return NULL;
    }
    if (is_c_word(name)) {
        fail(p, "\"%s\" cannot be a name: it means something in C", name);
        return NULL;
    }
    if (strlen(name) > NAME_MAX_BYTES) {
        fail(p, "a name has at most %u characters", NAME_MAX_BYTES);
        return NULL;
    }
    if (where) {
        *where = p->at->where;
    }
    p->at++;
    return name;
}

void parse_name(struct parser *p, void *to, const char *what)
{
    struct named *named = to;

    named->name = expect_name(p, what, &named->where);
}

void parse_names(struct parser *p, struct list *list, int between, const char *what)
{
    do {
        struct named *named = NEW(struct named);

        parse_name(p, named, what);
        if (named->name) {
            list_add(list, named);
        }
    } while (accept(p, between));
}

static const char *number_text(uint64_t value, enum unit unit)
{
    static const char *const size[] = { "", "KiB", "MiB", "GiB" };
    static const char *const time[] = { "ns", "us", "ms", "s" };
    uint32_t i = 0;

    if (unit == UNIT_NONE) {
        return text_format("%llu", (unsigned long long)value);
    }
    for (; i < 3 && value && value % (unit == UNIT_SIZE ? 1024 : 1000) == 0; i++) {
        value /= unit == UNIT_SIZE ? 1024 : 1000;
    }
    return text_format("%llu%s", (unsigned long long)value,
                       unit == UNIT_SIZE ? size[i] : time[value ? i : 3]);
}

uint64_t expect_number(struct parser *p, const char *what, enum unit unit, uint64_t low,
                       uint64_t high)
{
    uint64_t value = peek(p)->value;

    if (peek(p)->kind != TOKEN_NUMBER) {
        fail(p, "expected %s, found %s", what, token_text(p->at));
        return low;
    }
    /* A size may be plain bytes; a time is never without its unit. */
    if (p->at->unit != unit && !(unit == UNIT_SIZE && p->at->unit == UNIT_NONE)) {
        fail(p, "%s is a %s, not a %s", what, unit_name(unit), unit_name(p->at->unit));
        return low;
    }
    if (value < low || value > high) {
        fail(p, "%s must be in %s .. %s", what, number_text(low, unit), number_text(high, unit));
        return low;
    }
    p->at++;
    return value;
}

uint64_t bracketed(struct parser *p, const char *brackets, const char *what, enum unit unit,
                   uint64_t low, uint64_t high)
{
    uint64_t value;

    expect(p, brackets[0]);
    value = expect_number(p, what, unit, low, high);
    expect(p, brackets[1]);
    return value;
}

int64_t expect_signed(struct parser *p, const char *what)
{
    bool negative = accept(p, '-');

    return (int64_t)(negative ? -1 : 1) *
           (int64_t)expect_number(p, what, UNIT_NONE, 0, (uint64_t)INT64_MAX);
}

const char *expect_string(struct parser *p, const char *what, struct where *where)
{
    const char *text = peek(p)->text;

    if (peek(p)->kind != TOKEN_STRING) {
        fail(p, "expected %s in quotes, found %s", what, token_text(p->at));
        return NULL;
    }
    if (where) {
        *where = p->at->where;
    }
    p->at++;
    return text;
}

/* ---- statements ---- */

void block(struct parser *p, void *to, const struct statement *table, uint32_t place,
           const char *what)
{
    const struct token *open = p->at, *from;

    expect(p, '{');
    while (!p->broken && !accept(p, '}')) {
        if (p->at->kind == TOKEN_END) {
            error_at(&open->where, "this \"{\" is never closed");
            return;
        }
        from = p->at;
        statement(p, table, to, place, what);
        if (p->broken) {
            recover(p, from);
        }
    }
}

static void run(struct parser *p, const struct statement *s, void *to, uint32_t place)
{
    struct list *list = (struct list *)((char *)to + s->list);
    void *item = s->bytes ? arena_alloc(s->bytes) : to;

    p->as = s;
    p->word = &p->at->where;
    p->at += *s->word != '\0';
    s->parse(p, item);
    if (!(place & IN_LINE) && s->syntax[strlen(s->syntax) - 1] == ';') {
        semicolon(p);
    }
    if (p->broken || !s->bytes) {
        return;
    }
    if (s->most && list->count == s->most) {
        error_at(&((struct named *)item)->where, "there are more than %u of these", s->most);
    } else {
        list_add(list, item);
    }
}

static bool is_at(const struct parser *p, const struct statement *s)
{
    if (*s->word) {
        return at_word(p, s->word);
    }
    return !s->second || (p->at->kind == TOKEN_NAME && p->at[1].kind == TOKEN_PUNCT &&
                          p->at[1].punct == s->second);
}

bool accept_statement(struct parser *p, const struct statement *table, void *to, uint32_t place,
                      struct spell *spell)
{
    for (const struct statement *s = table; s->word || s->more; s++) {
        if (s->places && !(s->places & place)) {
            continue;
        }
        if (s->more) {
            return accept_statement(p, s->more, (char *)to + s->list, place, spell);
        }
        if (is_at(p, s)) {
            run(p, s, to, place);
            return true;
        }
        spell_offer(spell, s->word);
    }
    return false;
}

void statement(struct parser *p, const struct statement *table, void *to, uint32_t place,
               const char *what)
{
    struct spell spell = { .wanted = peek(p)->text };

    if (accept_statement(p, table, to, place, &spell)) {
        return;
    }
    if (peek(p)->kind == TOKEN_NAME) {
        fail(p, "\"%s\" does not begin %s%s", spell.wanted, what, spell_hint(&spell));
    }
    fail(p, "expected %s, found %s", what, token_text(p->at));
}

void parse_flag(struct parser *p, void *to)
{
    bool *flag = (bool *)((char *)to + p->as->which);

    once(p, *flag);
    *flag = true;
}

void offer_statements(const struct statement *table, struct spell *spell)
{
    for (; table->word; table++) {
        spell_offer(spell, table->word);
    }
}

void statement_reference(const struct statement *table, FILE *out)
{
    fputs("| written | means |\n|---|---|\n", out);
    for (; table->word; table++) {
        if (!table->help) {
            continue;
        }
        fputs("| `", out);
        for (const char *c = table->syntax; *c; c++) {
            fprintf(out, *c == '|' ? "\\|" : "%c", *c);
        }
        fprintf(out, "` | %s |\n", table->help);
    }
}

/* ---- files ---- */

static const struct list *include_folders;
static struct map loaded; /* real path -> source */

static const char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? intern(path, (size_t)(slash - path) + 1) : "";
}

const char *source_path(const struct value *source)
{
    return text_format("%s%s", folder_of(source->where.source->path), source->string);
}

/* A source that has not been read yet, at that path; NULL: no such file.  *again: it has been read before. */
static struct source *load(struct model *model, const char *path, bool *again)
{
    char *real = realpath(path, NULL);
    const char *key = real ? name_of(real) : NULL;
    struct source *source = map_get(&loaded, model, key);

    free(real);
    *again = source != NULL;
    if (key && !source && (source = source_read(path)) != NULL) {
        map_put(&loaded, model, key, source);
        list_add(&model->sources, source);
    }
    return source;
}

/* Beside the importing file, in the -I folders, in idl/ and systems/. */
static struct source *find_import(struct parser *p, const char *name, bool *again)
{
    const char *beside = folder_of(p->source->path);
    struct source *source = load(p->model, text_format("%s%s", beside, name), again);

    for (uint32_t i = 0; !source && i < include_folders->count; i++) {
        source =
            load(p->model, text_format("%s/%s", (char *)include_folders->item[i], name), again);
    }
    if (!source) {
        source = load(p->model, text_format("idl/%s", name), again);
    }
    return source ? source : load(p->model, text_format("systems/%s", name), again);
}

static void parse_source(struct model *model, const struct source *source);

static void parse_import(struct parser *p, void *to)
{
    struct where at;
    const char *name = expect_string(p, "the name of a file", &at);
    struct source *source;
    bool again;

    (void)to;
    if (!name) {
        return;
    }
    source = name[0] ? find_import(p, name, &again) : NULL;
    if (!source) {
        error_at(&at, "there is no file \"%s\" to import", name);
    } else if (!again) {
        parse_source(p->model, source);
    }
}

static const struct statement declarations[] = {
    { "import", parse_import, "import \"FILE\";", .help = "read another file, once" },
    { "enum", parse_enumeration, "enum NAME : TYPE { NAME = N, ... }", "named values",
      .which = false, ADDS(enumeration, model, enumerations) },
    { "flags", parse_enumeration, "flags NAME : TYPE { NAME = N, ... }", "named bits",
      .which = true, ADDS(enumeration, model, enumerations) },
    { "struct", parse_struct, "struct NAME { TYPE NAME; ... }", "a structure, laid out as in C",
      ADDS(structure, model, structures) },
    { "interface", parse_interface, "interface NAME version MAJOR.MINOR { ... }",
      "what two components say to each other", ADDS(interface, model, interfaces) },
    { "component", parse_component, "component NAME { ... }",
      "a program, or (with instances in it) a composite", .which = IN_COMPONENT,
      ADDS(component, model, components) },
    { "hardware", parse_component, "hardware NAME { ... }", "a device of the board",
      .which = IN_HARDWARE, ADDS(component, model, components) },
    { "connector", parse_connector, "connector NAME { ... }", "a connector of one's own",
      ADDS(connector, model, connectors) },
    { "system", parse_component, "system NAME { ... }", "a whole", .which = IN_SYSTEM,
      ADDS(component, model, components) },
    { 0 },
};

static void parse_source(struct model *model, const struct source *source)
{
    struct parser p = { .model = model, .source = source };

    p.at = lex(source);
    while (p.at->kind != TOKEN_END) {
        const struct token *from = p.at;

        statement(&p, declarations, model, 0, "a declaration");
        if (p.broken) {
            recover(&p, from);
            /* A '}' that closes nothing here was left by what went wrong before it. */
            while (at_punct(&p, '}')) {
                p.at++;
            }
        }
    }
}

bool parse(struct model *model, const struct options *options)
{
    uint32_t before = diag_errors();
    struct source *source;
    bool again;

    include_folders = &options->includes;
    loaded = (struct map){ 0 };
    source = load(model, options->file, &again);
    if (!source) {
        error_at(NULL, "%s: cannot be read", options->file);
        return false;
    }
    parse_source(model, source);
    return diag_errors() == before;
}

/* ---- reference ---- */

void parse_reference(FILE *out)
{
    static const struct {
        const char *title;
        const struct statement *table;
    } parts[] = {
        { "In an interface", interface_statements },
        { "In a protocol", protocol_statements },
        { "In a component, hardware or a system", component_statements },
        { "Budgets and restart", policy_statements },
        { "Connectors", transport_words },
        { "Adjectives", adjectives },
        { "In a connector", connector_statements },
    };

    fputs("## Declarations\n\n", out);
    statement_reference(declarations, out);
    fputs("\n## Types\n\n", out);
    types_reference(out);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        fprintf(out, "\n## %s\n\n", parts[i].title);
        statement_reference(parts[i].table, out);
    }
    fputs("\n## Units\n\n", out);
    lex_reference(out);
}
