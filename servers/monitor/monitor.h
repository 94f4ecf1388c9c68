/*
 * The monitor: a root program with a prompt on the UART.  Each command is one function of (number of words, words),
 * the first word being the command's own name; it says on the console what it finds and what goes wrong.
 */
#ifndef MONITOR_MONITOR_H
#define MONITOR_MONITOR_H

#include <stdbool.h>
#include <stdint.h>

#include <tess/tess.h>

extern struct tess_env env; /* slots, memory and addresses of the root thread */

/* One line: what failed and the error's name and meaning.  Returns false, so that a caller can end with it. */
bool fail(const char *what, enum tess_err err);

/* The number that the word spells (decimal, 0x..); says so and returns false when it is none or outside low..high. */
bool number(const char *word, uint64_t low, uint64_t high, uint64_t *out);

/* Names of the ABI's tables; "?" for a number that is not in them. */
const char *name_of_type(uint64_t type);
const char *name_of_fault(uint64_t kind);
const char *name_of_state(uint64_t state);
const char *name_of_syscall(uint64_t number);
const char *name_of_label(uint64_t label);
const char *name_of_event(uint64_t kind);
const char *arguments_of_event(uint64_t kind); /* "argument a, argument b" */

/* inspect.c */
void command_info(int count, char **word);
void command_mem(int count, char **word);
void command_caps(int count, char **word);
/* demo.c */
void command_threads(int count, char **word);
void command_spawn(int count, char **word);
void command_kill(int count, char **word);
/* try.c */
void command_ping(int count, char **word);
void command_fault(int count, char **word);
/* trace.c */
void command_trace(int count, char **word);
/* dt.c */
void command_dt(int count, char **word);

#endif
