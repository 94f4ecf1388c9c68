/* The C library functions that the loader and libfdt use, for memory without caches: no unaligned accesses. */
#ifndef KERNEL_LOADER_STRING_H
#define KERNEL_LOADER_STRING_H

#include <stddef.h>

void *memcpy(void *to, const void *from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int value, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);
void *memchr(const void *at, int value, size_t bytes);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t most);
int strcmp(const char *a, const char *b);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);

#endif
