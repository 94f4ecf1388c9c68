/* Small letters become capitals. */
#include <ctype.h>

#include "UpperCase.h"

struct self {
};

static enum tess_err i_process(struct self *self, const char *input)
{
    char text[128];
    size_t n = 0;

    for (; input[n] != '\0'; n++) {
        text[n] = (char)toupper((unsigned char)input[n]);
    }
    text[n] = '\0';
    return o_process(self, text);
}
