/* Has everybody print. */
#include "Controller.h"
#include "../must.h"

struct self {
};

static int run(struct self *self)
{
    static const char *const title[FOO_NESTED_PA_COUNT] = { "Foo Bar", "Foo Bar Baz", "Foo Baz" };

    printf("Foo\n");
    must(foo_pa_print_attributes(self));
    for (uint32_t i = 0; i < FOO_NESTED_PA_COUNT; i++) {
        printf("%s\n", title[i]);
        must(foo_nested_pa_print_attributes(self, i));
    }
    return 0;
}
