/* The last character comes first. */
#include <string.h>

#include "Reverse.h"

struct self {
};

static enum tess_err i_process(struct self *self, const char *input)
{
    char text[128];
    size_t length = strlen(input);

    for (size_t n = 0; n < length; n++) {
        text[n] = input[length - 1 - n];
    }
    text[length] = '\0';
    return o_process(self, text);
}
