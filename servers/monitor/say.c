#include "say.h"

#include "uart.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void say(const char *format, ...)
{
    char text[SAY_MAX];
    va_list args;
    const char *at = text;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    for (const char *end = strchr(at, '\n'); end; end = strchr(at, '\n')) {
        uart_write(at, (size_t)(end - at));
        uart_write("\r\n", 2);
        at = end + 1;
    }
    uart_write(at, strlen(at));
}
