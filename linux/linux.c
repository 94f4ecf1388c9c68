/* The component: its ends, and the personality behind them. */
#include "Linux.h"

#include <comp/comp.h>
#include <stdio.h>
#include <string.h>
#include <tess/time.h>

#include "task/native.h"
#include "task/personality.h"
#include "tty/keys.h"

struct self {
    uint64_t typed; /* position behind the last byte that was taken */
    struct personality_config config;
};

static struct self *self_of_all;

static void take_keys(struct self *self)
{
    uint8_t text[64];
    uint32_t bytes;
    uint64_t first;

    while (keys_connected() && keys_read(self, self->typed, &first, text, &bytes) == TESS_OK &&
           bytes) {
        size_t taken = console_input(text, bytes);

        self->typed = first + taken;
        if (taken < bytes) {
            break;
        }
    }
}

static void keys_ready_handle(struct self *self)
{
    take_keys(self);
}

static void clock_rang_handle(struct self *self)
{
    (void)self;
}

static int run(struct self *self)
{
    const struct native_config native = { .memory = COMP_SLOT_UNTYPED,
                                          .bytes = MEMORY_BYTES,
                                          .first_slot = SELF_SLOT_FIRST,
                                          .end_slot = SELF_SLOT_END,
                                          .priority = PROGRAM_PRIORITY };
    uint64_t window, seconds = 0;
    enum tess_err err = native_start(&native, &window);

    self_of_all = self;
    if (err) {
        printf("linux: no memory or capability slots to start with: error %d\n", err);
        return 127;
    }
    if (clock_connected()) {
        (void)clock_now(self, &seconds);
    }
    self->config =
        (struct personality_config){ .command = COMMAND,
                                     .root_cpio = root_cpio,
                                     .root_cpio_bytes = (size_t)(root_cpio_end - root_cpio),
                                     .real_ns = seconds * 1000000000ull,
                                     .seed = tess_now() ^ seconds,
                                     .rows = ROWS,
                                     .columns = COLUMNS };
    personality_run(&self->config, window);
}

void personality_signal(uint64_t bits)
{
    comp_signal(bits);
}

size_t personality_write(const char *text, size_t bytes)
{
    size_t n = bytes < 440 ? bytes : 440;

    return terminal_write(self_of_all, text, (uint32_t)n) == TESS_OK ? n : 0;
}

void personality_keys(void)
{
    take_keys(self_of_all);
}

_Noreturn void personality_over(int status)
{
    printf("linux: over, status %d\n", status >> 8 & 0xff);
    comp_finish(status >> 8 & 0xff);
    for (;;) {
        (void)comp_wait_signal(0, 0);
    }
}
