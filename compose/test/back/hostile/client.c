/*
 * Calls everything again and again.  `honest` must get the right answers from a server that is attacked meanwhile;
 * `victim` must get results within their bounds, or an error, whatever its server answers.
 */
#include <stdio.h>
#include <stdlib.h>

#include "Client.h"

struct self {
    uint32_t good, wrong, errors;
    uint8_t data[3000], buf[4096];
};

#define GUARD 0x7e

static bool is_honest(void)
{
    return strcmp(SELF_PATH, "honest") == 0;
}

static void count(struct self *self, enum tess_err err, bool is_right)
{
    if (err) {
        self->errors++;
    } else if (is_right) {
        self->good++;
    } else {
        self->wrong++;
    }
}

static void must(bool is_so, const char *what)
{
    if (!is_so) {
        printf("%s: %s\n", SELF_PATH, what);
        abort();
    }
}

static void small(struct self *self, uint32_t i)
{
    uint64_t sum = 0;
    bool odd = false;
    char text[32], tail[9];
    uint32_t bytes = 0;
    struct point p = { .x = (int32_t)i, .id = i }, q = { 0 };
    uint16_t list[5] = { 1, 2, 3, 4, 5 };

    count(self, many_numbers(self, 1, -2, true, COLOUR_GREEN, i, &sum, &odd), sum == i + 2);
    must(*(uint8_t *)&odd <= 1, "a bool is more than 1");
    memset(text, GUARD, sizeof text);
    memset(tail, GUARD, sizeof tail);
    count(self, many_text(self, "hello", "12345678901", 11, text, tail, &bytes),
          bytes == 8 && strcmp(text, "<hello>") == 0 && memcmp(tail, "45678901", 8) == 0);
    must(text[31] == GUARD && tail[8] == GUARD && bytes <= 8, "a result is out of its bounds");
    count(self, many_shape(self, &p, list, &q), q.x == 5 && q.id == i);
}

static void large(struct self *self, uint32_t i)
{
    char back[702];
    uint32_t done = 0;

    memset(back, GUARD, sizeof back);
    memset(self->data, 1, sizeof self->data);
    count(self, many_large(self, "name", self->data, i % 3000, 2, self->buf, back),
          strncmp(back, "name ", 5) == 0);
    must(back[701] == GUARD, "a text is out of its bounds");
    self->buf[4 * (i % 1000)] = GUARD;
    count(self, many_fill(self, i % 1000, self->buf, &done), done == i % 1000);
    must(self->buf[4 * (i % 1000)] == GUARD, "a lent buffer is out of its bounds");
    memset(self->buf, 0, sizeof self->buf);
}

static int run(struct self *self)
{
    enum tess_err err = many_open(self);

    for (uint32_t i = 0; i < ROUNDS; i++) {
        small(self, i);
        if (i % 16 == 0) {
            large(self, i);
        }
    }
    if (is_honest()) {
        printf("honest: %s\n",
               !err && !self->wrong && !self->errors ? "all answers right" : "wrong answers");
    } else {
        printf("victim: %s\n", self->good + self->wrong > 100 && self->errors > 100
                                   ? "results and errors"
                                   : "one kind only");
    }
    return 0;
}
