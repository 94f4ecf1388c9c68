/* Passes words on, both ways, and prints them. */
#include "B.h"
#include "words.h"

struct self {
};

static enum tess_err q_foo(struct self *self, char *s)
{
    enum tess_err err = p_foo(self, s);

    printf(SELF_PATH ": Received \"%s\"\n", err ? "" : s);
    return err;
}

static void print_received(const char *name, uint32_t count, const struct word *x)
{
    printf(SELF_PATH ": Received ");
    PRINT_WORDS(name, count, x);
    printf("\n");
}

static enum tess_err q_bar(struct self *self, uint32_t count, const struct word *x)
{
    print_received("x", count, x);
    return p_bar(self, count, x);
}

static enum tess_err q_baz(struct self *self, uint32_t *count, struct word *x)
{
    enum tess_err err = p_baz(self, count, x);

    if (err == TESS_OK) {
        print_received("x", *count, x);
    }
    return err;
}

static enum tess_err q_qux(struct self *self, uint32_t count, const struct word *x,
                           uint32_t *count_out, struct word *x_out)
{
    enum tess_err err;

    print_received("x", count, x);
    err = p_qux(self, count, x, count_out, x_out);
    if (err == TESS_OK) {
        print_received("x", *count_out, x_out);
    }
    return err;
}

static enum tess_err q_quux(struct self *self, uint32_t x_count, const struct word *x,
                            uint32_t z_count, const struct word *z, uint32_t *y_count,
                            struct word *y, uint32_t *z_count_out, struct word *z_out)
{
    enum tess_err err;

    print_received("x", x_count, x);
    print_received("z", z_count, z);
    err = p_quux(self, x_count, x, z_count, z, y_count, y, z_count_out, z_out);
    if (err == TESS_OK) {
        print_received("y", *y_count, y);
        print_received("z", *z_count_out, z_out);
    }
    return err;
}
