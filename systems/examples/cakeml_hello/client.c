/* Calls every method of both interfaces once. */
#include "Client.h"
#include "../must.h"

struct self {
};

static void try_numbers(struct self *self)
{
    uint32_t value, k;
    uint8_t l;

    must(h_hello(self));
    must(h_input(self, 100));
    must(h_multi_input(self, 100, 200));
    must(h_ret(self, &value));
    printf("Hello_ret: %u\n", (unsigned)value);
    must(h_output(self, &value));
    printf("Hello_output: %u\n", (unsigned)value);
    must(h_in_out(self, 100, &value));
    printf("Hello_in_out: 100-> %u\n", (unsigned)value);
    must(h_rainbow(self, 100, 200, &value, &k, &l));
    printf("Hello_rainbow: (100, 200) -> %u (%u, %u)\n", (unsigned)value, (unsigned)k, (unsigned)l);
}

static int run(struct self *self)
{
    char reversed[32];

    printf("Starting the client\n");
    printf("-------------------\n");
    try_numbers(self);
    must(h_input_string(self, "Hello CakeML!"));
    must(h_input_strings(self, "Foo!", "Bar!"));
    must(h_reverse_string(self, "Hello world", reversed));
    printf("Hello_reverse_string: \"Hello world\" -> \"%s\"\n", reversed);
    must(g_bye(self));
    return 0;
}
