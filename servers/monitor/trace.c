/* The kernel's event ring in words. */
#include "monitor.h"
#include "say.h"
#include "uart.h"

#include <tessera/trace.h>

#include <stdio.h>
#include <string.h>

#define SHOW_DEFAULT 20

typedef unsigned long long ull;

static const struct tess_trace_ring *ring;

static bool ring_open(void)
{
    void *address;
    enum tess_err err;

    if (ring) {
        return true;
    }
    err = tess_map(&env, TESS_ROOT_TRACE_RING, sizeof *ring, TESS_RIGHT_READ, TESS_ATTR_NORMAL,
                   &address);
    if (err) {
        return fail("cannot map the event ring", err);
    }
    ring = address;
    return true;
}

/* What the first argument of an event stands for, where it is a number out of a table. */
static const char *meaning(const struct tess_trace_event *e)
{
    switch (e->kind) {
    case TESS_TRACE_syscall:
        return name_of_syscall(e->a);
    case TESS_TRACE_fault:
        return name_of_fault(e->a);
    case TESS_TRACE_invoke:
        return name_of_label(e->a);
    default:
        return "";
    }
}

static void show_event(const struct tess_trace_event *e, uint64_t first)
{
    const char *names = arguments_of_event(e->kind), *comma = strchr(names, ',');
    int length = comma ? (int)(comma - names) : (int)strlen(names);
    const char *second = comma ? comma + 1 + strspn(comma + 1, " ") : "";

    say("%10llu  thread %-3u %-8s %.*s %#llx", (ull)(e->time - first), (unsigned)e->thread,
        name_of_event(e->kind), length, names, (ull)e->a);
    if (meaning(e)[0]) {
        say(" (%s)", meaning(e));
    }
    say(", %s %#llx\n", second, (ull)e->b);
}

static void show(uint64_t wanted)
{
    uint64_t count = ring->count, kept = count < TESS_TRACE_EVENTS ? count : TESS_TRACE_EVENTS;
    uint64_t from = count - (wanted < kept ? wanted : kept);

    for (uint64_t n = from; n < count && !uart_interrupted(); n++) {
        show_event(&ring->event[n % TESS_TRACE_EVENTS], ring->event[from % TESS_TRACE_EVENTS].time);
    }
    say("%llu events recorded, %llu kept, recording is %s\n", (ull)count, (ull)kept,
        ring->on ? "on" : "off");
}

void command_trace(int count, char **word)
{
    uint64_t wanted = SHOW_DEFAULT, events;
    enum tess_err err;

    if (count == 2 && strcmp(word[1], "start") == 0) {
        err = tess_trace_start(TESS_ROOT_TRACE, 0);
        if (err) {
            fail("trace.start", err);
        } else {
            say("recording\n");
        }
    } else if (count == 2 && strcmp(word[1], "stop") == 0) {
        err = tess_trace_stop(TESS_ROOT_TRACE, &events);
        if (err) {
            fail("trace.stop", err);
        } else {
            say("%llu events\n", (ull)events);
        }
    } else if (count >= 2 && count <= 3 && strcmp(word[1], "show") == 0) {
        if ((count < 3 || number(word[2], 1, TESS_TRACE_EVENTS, &wanted)) && ring_open()) {
            show(wanted);
        }
    } else {
        say("trace start | stop | show [N]\n");
    }
}
