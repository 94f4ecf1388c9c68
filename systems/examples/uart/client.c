/* Sends a message, character by character, then says what was typed, if anything was. */
#include <stdio.h>

#include "Client.h"

struct self {
};

static void print(struct self *self, const char *text)
{
    for (; *text; text++) {
        if (*text == '\n') {
            (void)uart_put_char(self, '\r');
        }
        (void)uart_put_char(self, (uint8_t)*text);
    }
}

static int run(struct self *self)
{
    char text[32];
    uint8_t c;

    print(self, "This message is sent via UART.\n");
    while (uart_get_char(self, &c) == TESS_OK && c != 'q') {
        snprintf(text, sizeof text, "Input from UART: %c\n", c);
        print(self, text);
    }
    print(self, "UART client exit...\n");
    return 0;
}
