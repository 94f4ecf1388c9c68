/* Prints texts and vectors. */
#include <stdio.h>

#include "PrinterPart.h"

struct self {
};

static enum tess_err printer_print_string(struct self *self, const char *text)
{
    printf("%s\n", text);
    return TESS_OK;
}

static enum tess_err printer_print_vec(struct self *self, const struct vec *vector)
{
    printf("(%2f, %2f)\n", vector->x, vector->y);
    return TESS_OK;
}
