/* Gets things here and has them printed there. */
#include "Client.h"
#include "../must.h"

struct self {
};

static int run(struct self *self)
{
    char text[32];
    struct vec vector;

    must(g_get_string(self, text));
    must(p_print_string(self, text));
    must(g_get_vec(self, &vector));
    must(p_print_vec(self, &vector));
    printf("%u\n", (unsigned)counter(self)->value);
    return 0;
}
