/* Somebody who types and looks: the terminal of the consoles. */
#include <stdio.h>
#include <string.h>

#include "SwitchUser.h"

struct self {
    char seen[4096];
    uint32_t seen_bytes;
    const char *typed;
    uint64_t done;
    uint32_t bad;
};

static enum tess_err screen_write(struct self *self, const void *text, uint32_t bytes)
{
    uint32_t room = sizeof self->seen - 1 - self->seen_bytes;

    bytes = bytes < room ? bytes : room;
    memcpy(self->seen + self->seen_bytes, text, bytes);
    self->seen_bytes += bytes;
    self->seen[self->seen_bytes] = 0;
    return TESS_OK;
}

static enum tess_err keys_read(struct self *self, uint64_t done, uint64_t *first, void *text,
                               uint32_t *bytes)
{
    uint64_t all = strlen(self->typed);

    if (done <= all && done > self->done) {
        self->done = done;
    }
    *first = self->done;
    *bytes = (uint32_t)(all - self->done);
    memcpy(text, self->typed + self->done, *bytes);
    return TESS_OK;
}

/* From here on `all` has been typed; the screen shows `expected` at its end, and nothing that it must not. */
static void step(struct self *self, const char *all, const char *expected, const char *hidden)
{
    self->seen_bytes = 0;
    self->seen[0] = 0;
    self->typed = all;
    keys_ready_emit(self);
    (void)never_wait_until(self, tess_deadline_ns(5000000));
    bool is_right = self->seen_bytes >= strlen(expected) &&
                    strcmp(self->seen + self->seen_bytes - strlen(expected), expected) == 0 &&
                    !(hidden && strstr(self->seen, hidden));

    printf("%s%s%s\n", is_right ? "ok" : "FAILED", *expected ? ": " : "", expected);
    self->bad += !is_right;
}

static int run(struct self *self)
{
    self->typed = "";
    (void)never_wait_until(self, tess_deadline_ns(5000000)); /* both have begun */
    step(self, "", "", "second");                            /* nothing new */
    step(self, "a", "first(a)", "second");
    step(self, "a\035", "[console 2 of 2]\r\nsecond begins.", "first");
    step(self, "a\035bc", "second(b)second(c)", "first");
    step(self, "a\035bc\035d", "[console 1 of 2]\r\nfirst begins.first(a)first(d)", "second");
    step(self, "a\035bc\035d\035\035", "first begins.first(a)first(d)", NULL);
    printf("%u failed\n", (unsigned)self->bad);
    return self->bad != 0;
}
