#include "say.h"

#include <stdarg.h>
#include <stddef.h>
#include <tess/start.h>
#include <tess/time.h>

void line_text(struct line *l, const char *text)
{
    while (*text && l->used < sizeof l->text - 1) {
        l->text[l->used++] = *text++;
    }
    l->text[l->used] = 0;
}

void line_begin(struct line *l, const char *name)
{
    l->used = 0;
    line_text(l, "supervisor: ");
    line_text(l, name);
}

static void digits(struct line *l, uint64_t n, unsigned base)
{
    char text[21], *at = &text[20];

    *at = 0;
    do {
        *--at = "0123456789abcdef"[n % base];
        n /= base;
    } while (n);
    line_text(l, at);
}

void line_number(struct line *l, uint64_t n)
{
    digits(l, n, 10);
}

void line_hex(struct line *l, uint64_t n)
{
    line_text(l, "0x");
    digits(l, n, 16);
}

void line_ms(struct line *l, uint64_t ticks)
{
    uint64_t us = tess_ns_of_ticks(ticks) / 1000;

    digits(l, us / 1000, 10);
    line_text(l, us / 10 % 100 < 10 ? ".0" : ".");
    digits(l, us / 10 % 100, 10);
    line_text(l, " ms");
}

void say(const char *name, ...)
{
    struct line l;
    va_list more;

    line_begin(&l, name);
    va_start(more, name);
    for (const char *text = va_arg(more, const char *); text; text = va_arg(more, const char *)) {
        line_text(&l, text);
    }
    va_end(more);
    line_end(&l);
}

void line_end(struct line *l)
{
    l->text[l->used++] = '\n';
    tess_console_write(l->text, l->used);
}
