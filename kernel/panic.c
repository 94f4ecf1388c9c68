/* The end of a kernel that found a bug in itself: say all that is known, then switch the machine off. */
#include "arch.h"
#include "dev/dev.h"
#include "ksyms.h"
#include "panic.h"
#include "trace.h"

#define KSYM_BITS   16 /* fewer than 2^16 functions */
#define LAST_EVENTS 16u
#define REGISTERS   31u

void panic_hex(word_t value)
{
    char text[19] = "0x";
    unsigned digits = value ? (67 - (unsigned)__builtin_clzll(value)) / 4 : 1;
    for (unsigned i = 0; i < digits; i++) {
        LOOP_BOUND(16);
        text[2 + i] = "0123456789abcdef"[value >> (digits - 1 - i) * 4 & 15];
    }
    text[2 + digits] = 0;
    uart_print(text);
}

void panic_decimal(word_t value)
{
    char text[21];
    unsigned at = sizeof(text) - 1;
    text[at] = 0;
    do {
        LOOP_BOUND(20);
        text[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    uart_print(text + at);
}

/* The last function that begins at or before pc; NULL outside the kernel's code. */
static const struct ksym *symbol_find(word_t pc)
{
    if (pc < (word_t)kernel_first || pc >= (word_t)kernel_text_end || ksym_count == 0) {
        return NULL;
    }
    uint32_t offset = (uint32_t)(pc - (word_t)kernel_first), low = 0, high = ksym_count;
    while (high - low > 1) { /* table[low] <= offset < table[high] */
        LOOP_BOUND(KSYM_BITS);
        uint32_t middle = low + (high - low) / 2;
        if (ksym_table[middle].offset <= offset) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return ksym_table[low].offset <= offset ? &ksym_table[low] : NULL;
}

void panic_symbol(word_t pc)
{
    const struct ksym *s = symbol_find(pc);
    panic_hex(pc);
    if (s != NULL) {
        uart_print(" ");
        uart_print(ksym_name + s->name);
        uart_print("+");
        panic_hex(pc - (word_t)kernel_first - s->offset);
    }
}

static void print_call(word_t pc)
{
    uart_print("  ");
    panic_symbol(pc);
    uart_print("\n");
}

static void print_named(const char *name, word_t value)
{
    uart_print(name);
    panic_hex(value);
}

static const char *state_name(unsigned state)
{
    static const char *const name[] = {
        [TESS_THREAD_SUSPENDED] = "suspended",
        [TESS_THREAD_READY] = "ready",
        [TESS_THREAD_NO_BUDGET] = "without budget",
        [TESS_THREAD_SEND] = "sending",
        [TESS_THREAD_RECV] = "receiving",
        [TESS_THREAD_REPLY] = "in a call",
        [TESS_THREAD_WAIT] = "waiting",
    };
    return state < sizeof(name) / sizeof(name[0]) ? name[state] : "in no state";
}

static void print_thread(const struct thread *t)
{
    char name[sizeof(t->name) + 1];
    for (unsigned i = 0; i < sizeof(t->name); i++) {
        LOOP_BOUND(sizeof(t->name));
        char c = t->name[i];
        name[i] = c != 0 && (c < ' ' || c > '~') ? '?' : c;
    }
    name[sizeof(t->name)] = 0;
    uart_print("thread ");
    panic_decimal(t->id);
    uart_print(" \"");
    uart_print(name);
    uart_print("\" ");
    uart_print(state_name(t->state));
    uart_print(" priority ");
    panic_decimal(t->prio);
    uart_print(", as last saved:\n");
    for (unsigned i = 0; i < REGISTERS; i++) {
        LOOP_BOUND(REGISTERS);
        uart_print(i % 4 == 0 ? "  x" : " x");
        panic_decimal(i);
        print_named(" ", t->regs.x[i]);
        uart_print(i % 4 == 3 ? "\n" : "");
    }
    print_named("\n  pc ", t->regs.pc);
    print_named(" sp ", t->regs.sp);
    print_named(" pstate ", t->regs.pstate);
    print_named(" tls ", t->regs.tls);
    uart_print("\n");
}

static const char *event_name(uint32_t kind)
{
    static const char *const name[TESS_TRACE_COUNT] = {
#define TRACE(name, number, args) [number] = #name,
#include "../abi/trace.def"
#undef TRACE
    };
    return kind < TESS_TRACE_COUNT && name[kind] != NULL ? name[kind] : "?";
}

static void print_events(void)
{
    uint64_t count = trace_ring->count;
    uint64_t first = count > LAST_EVENTS ? count - LAST_EVENTS : 0;
    for (uint64_t n = first; n < count; n++) {
        LOOP_BOUND(LAST_EVENTS);
        const struct tess_trace_event *e = &trace_ring->event[n % TESS_TRACE_EVENTS];
        uart_print("  ");
        panic_decimal(e->time);
        uart_print(" thread ");
        panic_decimal(e->thread);
        uart_print(" ");
        uart_print(event_name(e->kind));
        print_named(" ", e->a);
        print_named(" ", e->b);
        uart_print("\n");
    }
}

_Noreturn void panic(const char *what)
{
    static bool again;
    if (again) { /* the panic itself ran into a bug */
        arch_power_off();
    }
    again = true;
    uart_print("\nkernel panic: ");
    uart_print(what);
    uart_print("\nbacktrace:\n");
    arch_backtrace(print_call);
    if (cpu_boot->current != NULL) {
        print_thread(cpu_boot->current);
    }
    if (trace_ring != NULL && trace_ring->count != 0) {
        uart_print("last events:\n");
        print_events();
    }
    arch_power_off();
}

_Noreturn void assert_failed(const char *expr, const char *file, int line)
{
    uart_print("\n");
    uart_print(file);
    uart_print(":");
    panic_decimal((word_t)line);
    uart_print(": not so: ");
    uart_print(expr);
    panic("assertion");
}
