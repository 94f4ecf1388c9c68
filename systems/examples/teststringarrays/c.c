/* The end of the chain: answers. */
#include "C.h"
#include "words.h"

struct self {
};

static void print_words_here(const char *verb, const char *name, uint32_t count,
                             const struct word *x)
{
    printf(SELF_PATH ": %s ", verb);
    PRINT_WORDS(name, count, x);
    printf("\n");
}

static enum tess_err p_foo(struct self *self, char *s)
{
    strcpy(s, "witaj");
    printf(SELF_PATH ": Sending %s\n", s);
    return TESS_OK;
}

static enum tess_err p_bar(struct self *self, uint32_t count, const struct word *x)
{
    print_words_here("Received", "x", count, x);
    return TESS_OK;
}

static enum tess_err p_baz(struct self *self, uint32_t *count, struct word *x)
{
    *count = SET_WORDS(x, "alo", "mond");
    print_words_here("Sending", "x", *count, x);
    return TESS_OK;
}

static enum tess_err p_qux(struct self *self, uint32_t count, const struct word *x,
                           uint32_t *count_out, struct word *x_out)
{
    print_words_here("Received", "x", count, x);
    *count_out = SET_WORDS(x_out, "hola", "mundo");
    print_words_here("Sending", "x", *count_out, x_out);
    return TESS_OK;
}

static enum tess_err p_quux(struct self *self, uint32_t x_count, const struct word *x,
                            uint32_t z_count, const struct word *z, uint32_t *y_count,
                            struct word *y, uint32_t *z_count_out, struct word *z_out)
{
    print_words_here("Received", "x", x_count, x);
    print_words_here("Received", "z", z_count, z);
    *y_count = SET_WORDS(y, "ola", "mundo");
    *z_count_out = SET_WORDS(z_out, "hallo", "welt");
    print_words_here("Sending", "y", *y_count, y);
    print_words_here("Sending", "z", *z_count_out, z_out);
    return TESS_OK;
}
