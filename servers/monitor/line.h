/* The line editor: one line of input with editing, history and completion. */
#ifndef MONITOR_LINE_H
#define MONITOR_LINE_H

#include <stddef.h>

#define LINE_MAX 256 /* bytes of a line with its final 0 */

/*
 * Show the prompt and read a line; the result is valid until the next call.  Keys: arrows, Home, End, Delete,
 * Backspace, Tab, and Ctrl-A, -B, -C (drop the line), -D (delete; on an empty line the word "exit"), -E, -F, -H,
 * -K (delete to the end), -L (clear the screen), -N, -P, -U (delete to the start), -W (delete a word).
 * complete(prefix, i): the i-th word that may begin a line, or NULL after the last one.
 */
const char *line_read(const char *prompt, const char *(*word)(size_t i));

#endif
