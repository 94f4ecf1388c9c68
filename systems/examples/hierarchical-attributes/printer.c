/* Prints its configuration. */
#include <stdio.h>

#include "Printer.h"

struct self {
};

static enum tess_err pa_print_attributes(struct self *self)
{
    printf("str: %s\n", STR);
    return TESS_OK;
}
