/* For each size: the longest string that fits, then one that is too long by one. */
#include <string.h>

#include "Client.h"
#include "../must.h"

enum {
    LONGEST = 8191,
};

struct self {
    char text[LONGEST + 2], echo[LONGEST + 1];
};

typedef enum tess_err echo_fn(struct self *self, const char *s, char *echo);

static void test(struct self *self, echo_fn *echo, uint32_t longest, const char *name,
                 const char *over_name)
{
    printf("Testing %s dataport...\n", name);
    memset(self->text, 'a', longest);
    self->text[longest] = '\0';
    must(echo(self, self->text, self->echo));
    expect(strcmp(self->text, self->echo) == 0);
    printf("Test overwriting %s dataport...\n", over_name);
    self->text[longest] = 'a';
    self->text[longest + 1] = '\0';
    expect(echo(self, self->text, self->echo) == TESS_ARG);
}

static int run(struct self *self)
{
    test(self, b_page, 4095, "basic one page", "basic one page");
    test(self, b_odd, 4999, "larger two page unaligned", "two page unaligned");
    test(self, b_large, 8191, "larger two page aligned", "larger two page aligned");
    test(self, b_small, 99, "C struct", "C struct");
    printf("All OK\n");
    return 0;
}
