/* Calls every method of Simple once, and the one with a string twice. */
#include "Client_.h"
#include "../must.h"

struct self {
};

static void try_numbers(struct self *self)
{
    float f = 273421.4274f, f_echo;
    double d = 273421.4274, d_echo;
    int32_t i = 42, i_echo;

    must(_fault_handler_echo_int(self, i, &i_echo));
    printf("echo_int: %d -> %d\n", (int)i, (int)i_echo);
    must(_fault_handler_echo_float(self, f, &f_echo));
    printf("echo_float: %f -> %f\n", (double)f, (double)f_echo);
    must(_fault_handler_echo_double(self, d, &d_echo));
    printf("echo_double: %f -> %f\n", d, d_echo);
    must(_fault_handler_echo_mix(self, d, &i_echo));
    printf("echo_mix: %f -> %d\n", d, (int)i_echo);
}

static void try_string(struct self *self, const char *text)
{
    char echo[81];

    must(_fault_handler_echo_string(self, text, echo));
    printf("echo_string: \"%s\" -> \"%s\"\n", text, echo);
}

static void try_parameters(struct self *self)
{
    int32_t returned, out, next;

    must(_fault_handler_echo_parameter(self, 123, &returned, &out));
    printf("echo_parameter: %d -> %d (returned = %d)\n", 123, (int)out, (int)returned);
    must(_fault_handler_increment_parameter(self, 100, &next));
    printf("increment_parameter: %d -> %d\n", 100, (int)next);
}

static int run(struct self *self)
{
    printf("Starting the client\n");
    printf("-------------------\n");
    try_numbers(self);
    try_string(self, "hello world");
    try_string(self, "a longer string that will overflow the message registers on ARM");
    try_parameters(self);
    printf("After the client\n");
    return 0;
}
