/*
 * Keys come in as bytes and escape sequences (ECMA-48 CSI, as xterm sends them); key_read() makes one number of each.
 * The line is redrawn from the changed place on; nothing is assumed of the terminal but CSI K, CSI D and CSI J.
 */
#include "line.h"

#include "say.h"
#include "uart.h"

#include <stdbool.h>
#include <string.h>

#define CTRL(c)       ((c)&0x1f)
#define ESC           0x1b
#define HISTORY_LINES 16
#define SEQUENCE_MAX  8 /* bytes of an escape sequence that is looked at */

enum key { /* beyond bytes */
           KEY_UP = 256,
           KEY_DOWN,
           KEY_RIGHT,
           KEY_LEFT,
           KEY_HOME,
           KEY_END,
           KEY_DELETE,
           KEY_OTHER,
};

static char text[LINE_MAX];
static size_t length, cursor;
static const char *shown_prompt;

static char history[HISTORY_LINES][LINE_MAX];
static size_t history_count; /* ever stored; line n lies in history[n % HISTORY_LINES] */

/* ---- keys ---- */

static int sequence_key(char final, unsigned number)
{
    switch (final) {
    case 'A':
        return KEY_UP;
    case 'B':
        return KEY_DOWN;
    case 'C':
        return KEY_RIGHT;
    case 'D':
        return KEY_LEFT;
    case 'H':
        return KEY_HOME;
    case 'F':
        return KEY_END;
    case '~':
        return number == 3                  ? KEY_DELETE
               : number == 1 || number == 7 ? KEY_HOME
               : number == 4 || number == 8 ? KEY_END
                                            : KEY_OTHER;
    default:
        return KEY_OTHER;
    }
}

static int key_read(void)
{
    unsigned number = 0;
    int c = uart_read();

    if (c != ESC) {
        return c;
    }
    c = uart_read();
    if (c != '[' && c != 'O') {
        return KEY_OTHER;
    }
    for (int i = 0; i < SEQUENCE_MAX; i++) {
        c = uart_read();
        if (c >= 0x40 && c <= 0x7e) { /* final byte */
            return sequence_key((char)c, number);
        }
        number = c >= '0' && c <= '9' ? number * 10 + (unsigned)(c - '0') : 0;
    }
    return KEY_OTHER;
}

/* ---- screen ---- */

/* Text from `from` on has changed and the screen's cursor stands there: show it and go to `cursor`.
 * shorter: clear what may stand behind it. */
static void redraw(size_t from, bool shorter)
{
    uart_write(text + from, length - from);
    if (shorter) {
        say("\x1b[K");
    }
    if (length > cursor) {
        say("\x1b[%uD", (unsigned)(length - cursor));
    }
}

static void go(size_t to)
{
    if (to < cursor) {
        say("\x1b[%uD", (unsigned)(cursor - to));
    } else if (to > cursor) {
        uart_write(text + cursor, to - cursor);
    }
    cursor = to;
}

static void show_line(void)
{
    say("%s", shown_prompt);
    redraw(0, false);
}

/* ---- editing ---- */

static void insert(const char *s, size_t n)
{
    size_t at = cursor;

    if (n > LINE_MAX - 1 - length) {
        say("\a");
        return;
    }
    memmove(text + at + n, text + at, length - at);
    memcpy(text + at, s, n);
    length += n;
    cursor += n;
    redraw(at, false);
}

/* Delete the text from `from` to the cursor or, if that lies before it, from the cursor to `from`. */
static void cut(size_t from)
{
    size_t a = from < cursor ? from : cursor, b = from < cursor ? cursor : from;

    if (a == b) {
        return;
    }
    go(a);
    memmove(text + a, text + b, length - b);
    length -= b - a;
    redraw(a, true);
}

static void replace(const char *s)
{
    go(0);
    length = strlen(s); /* from the history: at most LINE_MAX bytes with the 0 */
    memmove(text, s, length);
    cursor = length;
    redraw(0, true);
}

static size_t word_start(void)
{
    size_t at = cursor;

    while (at > 0 && text[at - 1] == ' ') {
        at--;
    }
    while (at > 0 && text[at - 1] != ' ') {
        at--;
    }
    return at;
}

/* ---- history ---- */

static void history_store(void)
{
    const char *last = history_count ? history[(history_count - 1) % HISTORY_LINES] : "";

    if (length > 0 && strcmp(text, last) != 0) {
        memcpy(history[history_count++ % HISTORY_LINES], text, length + 1);
    }
}

/* Show line n of the history, or an empty line behind the last; the new position. */
static size_t history_go(size_t at, size_t n)
{
    if (n > history_count || n + HISTORY_LINES < history_count) {
        return at;
    }
    replace(n == history_count ? "" : history[n % HISTORY_LINES]);
    return n;
}

/* ---- completion ---- */

static void complete(const char *(*word)(size_t i))
{
    const char *first = NULL;
    size_t common = 0, matches = 0;

    if (cursor != length || memchr(text, ' ', length)) {
        return; /* only the command is completed */
    }
    for (size_t i = 0; word(i); i++) {
        const char *w = word(i);

        if (strncmp(w, text, length) != 0) {
            continue;
        }
        if (matches++ == 0) {
            first = w;
            common = strlen(w);
        }
        while (strncmp(first, w, common) != 0) {
            common--;
        }
    }
    if (matches == 1) {
        insert(first + length, common - length);
        insert(" ", 1);
    } else if (matches > 1 && common > length) {
        insert(first + length, common - length);
    } else if (matches > 1) {
        say("\n");
        for (size_t i = 0; word(i); i++) {
            if (strncmp(word(i), text, length) == 0) {
                say("%s  ", word(i));
            }
        }
        say("\n");
        show_line();
    }
}

/* One key that is not Return, Ctrl-C or history. */
static void edit(int key, const char *(*word)(size_t i))
{
    switch (key) {
    case KEY_LEFT:
    case CTRL('B'):
        go(cursor > 0 ? cursor - 1 : 0);
        break;
    case KEY_RIGHT:
    case CTRL('F'):
        go(cursor < length ? cursor + 1 : length);
        break;
    case KEY_HOME:
    case CTRL('A'):
        go(0);
        break;
    case KEY_END:
    case CTRL('E'):
        go(length);
        break;
    case CTRL('H'):
    case 0x7f:
        cut(cursor > 0 ? cursor - 1 : 0);
        break;
    case KEY_DELETE:
    case CTRL('D'):
        cut(cursor < length ? cursor + 1 : length);
        break;
    case CTRL('K'):
        cut(length);
        break;
    case CTRL('U'):
        cut(0);
        break;
    case CTRL('W'):
        cut(word_start());
        break;
    case CTRL('L'):
        say("\x1b[H\x1b[2J");
        show_line();
        break;
    case '\t':
        complete(word);
        break;
    default:
        if (key >= ' ' && key < 0x7f) {
            insert(&(char){ (char)key }, 1);
        }
    }
}

const char *line_read(const char *prompt, const char *(*word)(size_t i))
{
    size_t at = history_count;

    shown_prompt = prompt;
    length = cursor = 0;
    show_line();
    for (;;) {
        int key = key_read();

        if (key == CTRL('D') && length == 0) {
            insert("exit", 4);
            key = '\r';
        }
        switch (key) {
        case '\r':
        case '\n':
            text[length] = '\0';
            say("\n");
            history_store();
            return text;
        case CTRL('C'):
            say("^C\n");
            length = cursor = 0;
            show_line();
            at = history_count;
            break;
        case KEY_UP:
        case CTRL('P'):
            at = history_go(at, at > 0 ? at - 1 : 0);
            break;
        case KEY_DOWN:
        case CTRL('N'):
            at = history_go(at, at + 1);
            break;
        default:
            edit(key, word);
        }
    }
}
