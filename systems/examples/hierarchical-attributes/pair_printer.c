/* Prints its configuration. */
#include <stdio.h>

#include "PairPrinter.h"

struct self {
};

static enum tess_err pa_print_attributes(struct self *self)
{
    printf("str0: %s\n", STR0);
    printf("str1: %s\n", STR1);
    return TESS_OK;
}
