/* Lines on the emergency console. */
#ifndef SUPERVISOR_SAY_H
#define SUPERVISOR_SAY_H

#include <stddef.h>
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

/* A whole line: texts up to NULL. */
__attribute__((sentinel)) void say(const char *name, ...);

/* Begin a line: which domain, and why it was stopped. */
void say_why(struct line *l, uint32_t domain);
/* It runs again, if it had failed; it was given up. */
void say_started(uint32_t domain);
void say_parked(uint32_t domain);

#endif
