/* Reverses what it finds in the memory, each time it is told to. */
#include <stdio.h>

#include "Server.h"
#include "../shared.h"

struct self {
};

static void reverse(char *text)
{
    for (size_t i = 0, j = strlen(text); i + 1 < j; i++) {
        char c = text[i];

        text[i] = text[--j];
        text[j] = c;
    }
}

static void sent_handle(struct self *self)
{
    char text[64];

    shared_get_string(text, buffer(self), sizeof text);
    printf("Got string: %s\n", text);
    reverse(text);
    shared_put_string(buffer(self), text);
    answered_emit(self);
}
