/* Calls every method of Echo once. */
#include "EchoClient.h"
#include "../../must.h"

struct self {
};

static void try_numbers(struct self *self)
{
    float f = 273421.4274f, f_echo;
    double d = 273421.4274, d_echo;
    int32_t i = 42, whole;

    must(i_echo_int(self, i, &whole));
    printf("echo_int: %d -> %d\n", (int)i, (int)whole);
    must(i_echo_float(self, f, &f_echo));
    printf("echo_float: %f -> %f\n", (double)f, (double)f_echo);
    must(i_echo_double(self, d, &d_echo));
    printf("echo_double: %f -> %f\n", d, d_echo);
    must(i_echo_mix(self, d, &whole));
    printf("echo_mix: %f -> %d\n", d, (int)whole);
}

static int run(struct self *self)
{
    char echo[32];
    int32_t returned, out;

    printf("Starting the " NAME "\n");
    printf("-------------------\n");
    try_numbers(self);
    must(i_echo_string(self, "hello world", echo));
    printf("echo_string: \"%s\" -> \"%s\"\n", "hello world", echo);
    must(i_echo_parameter(self, PARAMETER, &returned, &out));
    printf("echo_parameter: %d -> %d (returned = %d)\n", (int)PARAMETER, (int)out, (int)returned);
    printf("After the " NAME "\n");
    return 0;
}
