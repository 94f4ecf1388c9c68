/* Prints and answers. */
#include <stdio.h>
#include <string.h>

#include "Greeter.h"

struct self {
};

static enum tess_err h_hello(struct self *self)
{
    printf("Hello: hello\n");
    return TESS_OK;
}

static enum tess_err h_input(struct self *self, uint32_t i)
{
    printf("Hello: input %u\n", (unsigned)i);
    return TESS_OK;
}

static enum tess_err h_multi_input(struct self *self, uint32_t i, uint32_t j)
{
    printf("Hello: multi input %u %u\n", (unsigned)i, (unsigned)j);
    return TESS_OK;
}

static enum tess_err h_ret(struct self *self, uint32_t *value)
{
    *value = 42;
    return TESS_OK;
}

static enum tess_err h_output(struct self *self, uint32_t *i)
{
    *i = 60;
    return TESS_OK;
}

static enum tess_err h_in_out(struct self *self, uint32_t i, uint32_t *next)
{
    *next = i + 1;
    return TESS_OK;
}

static enum tess_err h_rainbow(struct self *self, uint32_t i, uint8_t j, uint32_t *value,
                               uint32_t *k, uint8_t *l)
{
    *value = 42;
    *k = i + 1;
    *l = (uint8_t)(j + 1);
    return TESS_OK;
}

static enum tess_err h_input_string(struct self *self, const char *s)
{
    printf("Received this string from C: %s\n", s);
    return TESS_OK;
}

static enum tess_err h_input_strings(struct self *self, const char *s1, const char *s2)
{
    printf("Received these strings from C:\n%s\n%s\n", s1, s2);
    return TESS_OK;
}

static enum tess_err h_reverse_string(struct self *self, const char *s, char *reversed)
{
    size_t length = strlen(s);

    for (size_t i = 0; i < length; i++) {
        reversed[i] = s[length - 1 - i];
    }
    reversed[length] = '\0';
    return TESS_OK;
}

static enum tess_err g_bye(struct self *self)
{
    printf("Goodbye: bye\n");
    return TESS_OK;
}
