/*
 * compose-mutate [-a] FILE.adl...: every word of a file with a typo in it is refused, or the typo changes nothing.
 *
 * A typo is one of four: a character is left out, doubled, replaced by "q", or swapped with the next.  With -a all
 * four are tried at each token, else one of them in turn.  Looked at are names, keywords, numbers (whose digits stay:
 * any other number is as good; a letter is put in or the unit changed) and the names of files.  Left out are typos that
 * make another word of the file or another unit: these are no typos that anybody but the author could see.
 *
 * "Changes nothing" means: the dump behind the checks is the same, or it is the same but for the name, everywhere it
 * stands, and for the hashes of interfaces: the text has given a name to something that nothing in it refers to.
 */
#include <stdlib.h>
#include <string.h>

#include "common.h"
#include "lex.h"

#define TYPOS 4u

static uint32_t systems, refused, same, renamed, left_out, bad;
static bool is_all;

struct mutant {
    const char *path;
    char *text;     /* the whole file */
    uint32_t bytes; /* of it */
    char word[128], typo[130];
};

static bool make_typo(uint32_t kind, const char *word, char *typo)
{
    size_t length = strlen(word), at = length / 2;

    if (length < 2 && kind == 0) {
        return false;
    }
    switch (kind) {
    case 0:
        memcpy(typo, word, at);
        strcpy(typo + at, word + at + 1);
        break;
    case 1:
        memcpy(typo, word, at + 1);
        strcpy(typo + at + 1, word + at);
        break;
    case 2:
        strcpy(typo, word);
        typo[at] = 'q';
        break;
    default:
        strcpy(typo, word);
        if (at == 0) {
            return false;
        }
        typo[at] = word[at - 1];
        typo[at - 1] = word[at];
    }
    return strcmp(typo, word) != 0;
}

/* Digits stay as they are; the unit, or a letter where there is none, is wrong. */
static bool make_number_typo(uint32_t kind, const char *word, char *typo)
{
    size_t digits = strncmp(word, "0x", 2) == 0 ? strlen(word) : strspn(word, "0123456789");
    char unit[128];

    if (word[digits] == '\0' || strlen(word + digits) > 100) {
        sprintf(typo, "%s%c", word, "kqms"[kind]);
        return kind < 3;
    }
    if (!make_typo(kind, word + digits, unit)) {
        return false;
    }
    sprintf(typo, "%.*s%s", (int)digits, word, unit);
    return strcmp(unit, "s") != 0;
}

/* ---- comparing dumps ---- */

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Copy with `from` replaced by `to` where it is a whole word or a part between "_", "." and "~" of one; without hashes. */
static char *normal(const char *dump, const char *from, const char *to)
{
    size_t length = strlen(from), room = 2 * strlen(dump) + 1, at = 0;
    char *out = malloc(room + 256);

    for (const char *c = dump; *c;) {
        if (strncmp(c, "hash=", 5) == 0) {
            c += 5 + 16;
        } else if (strncmp(c, from, length) == 0 && (c == dump || !is_name_char(c[-1])) &&
                   !is_name_char(c[length])) {
            at += (size_t)sprintf(out + at, "%s", to);
            c += length;
        } else {
            out[at++] = *c++;
        }
        if (at > room) {
            abort();
        }
    }
    out[at] = '\0';
    return out;
}

static bool is_renaming(const char *before, const char *after, const struct mutant *m)
{
    /* Both with the typo for the word: so that a word that stands elsewhere, too, does not matter. */
    char *a = normal(before, m->word, m->typo), *b = normal(after, m->word, m->typo);
    bool is = strcmp(a, b) == 0;

    free(a);
    free(b);
    return is;
}

static void try(const char *file, const char *before, struct mutant *m, uint32_t line)
{
    char *after = NULL;

    source_replace(m->path, m->text, m->bytes);
    if (!run_front(file, &after)) {
        refused++;
    } else if (strcmp(before, after) == 0) {
        same++;
    } else if (is_renaming(before, after, m)) {
        renamed++;
    } else {
        printf("FAIL %s:%u: \"%s\" for \"%s\" is accepted and changes something\n", m->path, line,
               m->typo, m->word);
        bad++;
    }
    source_replace(NULL, NULL, 0);
    free(after);
}

/* ---- tokens of a file ---- */

struct word {
    enum token_kind kind;
    uint32_t offset, bytes, line;
};

/* Copied out of the arena, which every run empties. */
static struct word *words_of(const char *path, char **text, uint32_t *bytes, uint32_t *count)
{
    struct source *source = source_read(path);
    struct token *tokens = lex(source);
    struct word *words;
    bool is_file = false;

    for (*count = 0; tokens[*count].kind != TOKEN_END;) {
        ++*count;
    }
    words = calloc(*count + 1, sizeof(*words));
    for (uint32_t i = 0; i < *count; i++) {
        const struct token *t = &tokens[i];

        is_file = t->kind == TOKEN_NAME
                      ? strcmp(t->text, "import") == 0 || strcmp(t->text, "source") == 0
                      : is_file;
        words[i] = (struct word){ t->kind, t->where.offset, t->where.length, t->line };
        if (t->kind == TOKEN_STRING && !is_file) {
            words[i].kind = TOKEN_END;
        }
    }
    *bytes = source->bytes;
    *text = malloc(*bytes + 1);
    memcpy(*text, source->text, *bytes + 1);
    return words;
}

static bool is_word_of(const char *text, const struct word *words, uint32_t count, const char *typo)
{
    for (uint32_t i = 0; i < count; i++) {
        if (words[i].bytes == strlen(typo) &&
            memcmp(text + words[i].offset, typo, words[i].bytes) == 0) {
            return true;
        }
    }
    return false;
}

static bool typo_of(const struct word *word, uint32_t kind, struct mutant *m)
{
    if (word->kind == TOKEN_NUMBER) {
        return make_number_typo(kind, m->word, m->typo);
    }
    return word->kind != TOKEN_PUNCT && word->kind != TOKEN_END &&
           make_typo(kind, m->word, m->typo);
}

static void mutate_word(const char *file, const char *path, const char *before, const char *text,
                        uint32_t bytes, const struct word *words, uint32_t count, uint32_t i,
                        uint32_t kind)
{
    const struct word *word = &words[i];
    struct mutant m = { .path = path };
    size_t length;

    if (word->bytes >= sizeof(m.word)) {
        return;
    }
    memcpy(m.word, text + word->offset, word->bytes);
    if (!typo_of(word, kind, &m)) {
        return;
    }
    if (is_word_of(text, words, count, m.typo)) {
        left_out++;
        return;
    }
    length = strlen(m.typo);
    m.bytes = bytes - word->bytes + (uint32_t)length;
    m.text = malloc(m.bytes + 1);
    memcpy(m.text, text, word->offset);
    memcpy(m.text + word->offset, m.typo, length);
    memcpy(m.text + word->offset + length, text + word->offset + word->bytes,
           bytes - word->offset - word->bytes + 1);
    try(file, before, &m, word->line);
    free(m.text);
}

/* All words of one source of the system in the file. */
static void mutate_source(const char *file, const char *path, const char *before)
{
    uint32_t bytes, count;
    char *text;
    struct word *words = words_of(path, &text, &bytes, &count);

    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t kind = 0; kind < TYPOS; kind++) {
            if (is_all || kind == i % TYPOS) {
                mutate_word(file, path, before, text, bytes, words, count, i, kind);
            }
        }
    }
    free(words);
    free(text);
}

/* Files seen: each is changed as a part of the first system that reads it. */
static char *seen[1024];
static uint32_t seen_count;

static bool is_new(const char *path)
{
    char *real = realpath(path, NULL);

    for (uint32_t i = 0; i < seen_count; i++) {
        if (real && strcmp(seen[i], real) == 0) {
            free(real);
            return false;
        }
    }
    if (real && seen_count < sizeof(seen) / sizeof(seen[0])) {
        seen[seen_count++] = real;
    }
    return real != NULL;
}

static void mutate_system(const char *file)
{
    char *before, **paths;

    if (!run_front(file, &before)) {
        return; /* a file without a system, or of another test */
    }
    systems++;
    paths = run_paths();
    for (uint32_t i = 0; paths[i]; i++) {
        if (is_new(paths[i])) {
            mutate_source(file, paths[i], before);
        }
    }
    free(paths);
    free(before);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-a") == 0) {
            is_all = true;
        } else {
            mutate_system(argv[i]);
        }
    }
    arena_reset();
    while (seen_count) {
        free(seen[--seen_count]);
    }
    printf("%u systems, %u typos: %u refused, %u change nothing, %u only the name of what nothing "
           "refers to; "
           "%u make another word\n",
           systems, refused + same + renamed + bad, refused, same, renamed, left_out);
    return bad || !refused;
}
