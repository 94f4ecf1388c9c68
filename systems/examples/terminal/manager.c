/* Keeps each client in its window, with the escape sequences of ECMA-48. */
#include <stdio.h>

#include "Manager.h"

struct window {
    uint32_t x, y, width, height, color;
};

static const struct window windows[DOMAIN_COUNT] = {
    { 3, 3, 15, 10, 35 },
    { 20, 20, 15, 10, 33 },
};

struct self {
    bool bordered[DOMAIN_COUNT];
};

static void put(const struct window *w, uint32_t x, uint32_t y, char c)
{
    printf("\033[%um\033[%u;%uH%c\033[0m", (unsigned)w->color, (unsigned)y, (unsigned)x + 1, c);
    fflush(stdout);
}

static void border(const struct window *w)
{
    for (uint32_t x = 0; x < w->width + 2; x++) {
        char c = x == 0 || x == w->width + 1 ? '+' : '-';

        put(w, w->x + x - 1, w->y - 1, c);
        put(w, w->x + x - 1, w->y + w->height, c);
    }
    for (uint32_t y = 0; y < w->height; y++) {
        put(w, w->x - 1, w->y + y, '|');
        put(w, w->x + w->width, w->y + y, '|');
    }
}

static enum tess_err domain_put_char(struct self *self, uint32_t element, uint32_t x, uint32_t y,
                                     uint8_t c)
{
    const struct window *w = &windows[element];

    if (c < ' ' || c > '~') {
        return TESS_ARG;
    }
    if (x >= w->width || y >= w->height) {
        return TESS_RANGE;
    }
    if (!self->bordered[element]) {
        self->bordered[element] = true;
        border(w);
    }
    put(w, w->x + x, w->y + y, (char)c);
    return TESS_OK;
}
