/* Consoles that take turns on a screen; all that counts is in kept memory. */
#include <consoledrv/ring.h>
#include <stdio.h>
#include <string.h>

#include "ConsoleSwitch.h"

#define CONSOLES_MAX 4u
#define TEXT_BYTES   4096u /* of a console that are kept */
#define PIECE        400u  /* that are written at once */

struct self {
    char unused;
};

static struct consoledrv_ring typed_ring(struct self *self, uint32_t console)
{
    volatile struct console_typed *t = &state(self)->typed[console];

    return (struct consoledrv_ring){ &t->in, &t->out, t->ring, sizeof t->ring };
}

/* ---- the screen ---- */

static void show(struct self *self, const void *text, uint32_t bytes)
{
    for (uint32_t at = 0; at < bytes; at += PIECE) {
        (void)screen_write(self, (const char *)text + at, bytes - at < PIECE ? bytes - at : PIECE);
    }
}

/* Clear the screen (ECMA-48 CUP, ED), and print again what was printed last. */
static void show_console(struct self *self, uint32_t console)
{
    struct console_switch *s = state(self);
    uint64_t end = s->printed[console], at = end > TEXT_BYTES ? end - TEXT_BYTES : 0;
    const uint8_t *text = s->text + console * TEXT_BYTES;
    char head[64];
    int n = snprintf(head, sizeof head, "\033[0m\033[H\033[2J[console %u of %u]\r\n",
                     (unsigned)console + 1, (unsigned)CONSOLES);

    show(self, head, (uint32_t)n);
    while (at < end) {
        uint32_t in = (uint32_t)(at % TEXT_BYTES);
        uint32_t part = TEXT_BYTES - in < end - at ? TEXT_BYTES - in : (uint32_t)(end - at);

        show(self, text + in, part);
        at += part;
    }
}

static enum tess_err out_write(struct self *self, uint32_t console, const void *text,
                               uint32_t bytes)
{
    struct console_switch *s = state(self);
    const uint8_t *from = text;

    if (console >= CONSOLES) {
        return TESS_OK;
    }
    for (uint32_t i = 0; i < bytes; i++) {
        s->text[console * TEXT_BYTES + s->printed[console] % TEXT_BYTES] = from[i];
        s->printed[console]++;
    }
    if (s->seen == console) {
        show(self, text, bytes);
    }
    return TESS_OK;
}

/* ---- the keys ---- */

static void take_key(struct self *self, uint8_t byte)
{
    struct console_switch *s = state(self);

    if (byte == KEY) {
        s->seen = (s->seen + 1) % CONSOLES;
        show_console(self, s->seen);
        return;
    }
    struct consoledrv_ring ring = typed_ring(self, s->seen);

    if (consoledrv_room(&ring)) { /* what nobody reads is lost, as on a terminal */
        consoledrv_put(&ring, byte);
        in_ready_emit(self, s->seen);
    }
}

static void take_keys(struct self *self)
{
    struct console_switch *s = state(self);
    uint8_t text[64];
    uint32_t bytes;
    uint64_t first;

    while (keys_read(self, s->taken, &first, text, &bytes) == TESS_OK && bytes) {
        uint32_t skip = s->taken > first ? (uint32_t)(s->taken - first) : 0;

        for (uint32_t i = skip; i < bytes; i++) {
            s->taken = first + i + 1;
            take_key(self, text[i]);
        }
        s->taken = first + bytes;
    }
}

static void keys_ready_handle(struct self *self)
{
    take_keys(self);
}

static enum tess_err in_read(struct self *self, uint32_t console, uint64_t done, uint64_t *first,
                             void *text, uint32_t *bytes)
{
    struct consoledrv_ring ring = typed_ring(self, console);

    consoledrv_done(&ring, done);
    *first = *ring.out;
    *bytes = consoledrv_copy(&ring, text, 64);
    return TESS_OK;
}

static void init(struct self *self)
{
    struct console_switch *s = state(self);

    s->seen %= CONSOLES;
    for (uint32_t i = 0; i < CONSOLES_MAX; i++) {
        struct consoledrv_ring ring = typed_ring(self, i);

        consoledrv_repair(&ring);
        if (consoledrv_held(&ring)) {
            in_ready_emit(self, i);
        }
    }
    take_keys(self);
}
