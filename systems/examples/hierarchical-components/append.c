/* A text of the system's choice is put behind. */
#include <stdio.h>

#include "Append.h"

struct self {
};

static enum tess_err i_process(struct self *self, const char *input)
{
    char text[128];
    int length = snprintf(text, sizeof text, "%s%s", input, STRING_TO_APPEND);

    if (length < 0 || (size_t)length >= sizeof text) {
        return TESS_RANGE;
    }
    return o_process(self, text);
}
