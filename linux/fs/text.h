/* Text that grows, of the files of procfs. */
#ifndef LINUX_FS_TEXT_H
#define LINUX_FS_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct text {
    char *at;
    size_t bytes, room;
    bool is_short; /* no memory: the rest is missing */
};
void text_add(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_bytes(struct text *t, const void *from, size_t bytes);
/* The characters of `special` as \ooo, in octal, as Linux has them in fields that end at a blank. */
void text_escaped(struct text *t, const char *from, size_t bytes, const char *special);

#endif
