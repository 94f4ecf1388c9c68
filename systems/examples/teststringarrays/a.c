/* Sends words and gets words. */
#include "A.h"
#include "../must.h"
#include "words.h"

struct self {
};

static void try_one_way(struct self *self)
{
    struct word x[WORDS];
    char s[16];
    uint32_t n;

    printf(SELF_PATH ": Calling p_foo()...\n");
    must(p_foo(self, s));
    printf(SELF_PATH ": Received \"%s\"\n", s);
    n = SET_WORDS(x, "hello", "world");
    printf(SELF_PATH ": Calling p_bar(2, {\"hello\", \"world\"})...\n");
    must(p_bar(self, n, x));
    printf(SELF_PATH ": Calling p_baz(&s2_sz, &s2)...\n");
    must(p_baz(self, &n, x));
    printf(SELF_PATH ": Received ");
    PRINT_WORDS("s2", n, x);
    printf("\n");
}

static void try_both_ways(struct self *self)
{
    struct word x[WORDS], z[WORDS], y_out[WORDS], z_out[WORDS];
    uint32_t n = SET_WORDS(z, "ciao", "mondo"), m, k;

    printf(SELF_PATH ": Calling p_qux(&s3_sz, &s3)...\n");
    must(p_qux(self, n, z, &m, z_out));
    printf(SELF_PATH ": Received ");
    PRINT_WORDS("s3", m, z_out);
    m = SET_WORDS(z, "ahoj", "svete");
    n = SET_WORDS(x, "bonjour", "le", "monde");
    printf("\n" SELF_PATH ": Calling p_quux(3, {\"bonjour\", \"le\", \"monde\"}, &s5_sz, &s5, "
           "&s6_sz, &s6)...\n");
    must(p_quux(self, n, x, m, z, &k, y_out, &m, z_out));
    printf(SELF_PATH ": Received ");
    PRINT_WORDS("s5", k, y_out);
    printf(", ");
    PRINT_WORDS("s6", m, z_out);
    printf("\n");
}

static int run(struct self *self)
{
    try_one_way(self);
    try_both_ways(self);
    printf("All OK\n");
    return 0;
}
