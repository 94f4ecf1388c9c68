/* Lines on the emergency console. */
#ifndef SUPERVISOR_SAY_H
#define SUPERVISOR_SAY_H

#include <stdint.h>

struct line {
    unsigned used;
    char text[224];
};

/* Begin a line: "supervisor: NAME". */
void line_begin(struct line *l, const char *name);

/* Append; what does not fit is cut off. */
void line_text(struct line *l, const char *text);
void line_number(struct line *l, uint64_t n);
void line_hex(struct line *l, uint64_t n);

/* Append a time, ticks, as milliseconds with two digits. */
void line_ms(struct line *l, uint64_t ticks);

/* End and print it. */
void line_end(struct line *l);

#endif
