/* Formatted output on the console. */
#ifndef MONITOR_SAY_H
#define MONITOR_SAY_H

/* printf on the console, at most SAY_MAX - 1 bytes; a newline is sent as carriage return and newline. */
#define SAY_MAX 512
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
