/*
 * Root program with a prompt: shows what the kernel gives to the root thread and lets one try it out.
 * main() takes over the machine's free memory, starts the UART driver and then serves one line after the other.
 */
#include "line.h"
#include "monitor.h"
#include "say.h"
#include "uart.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 16 /* of a command line */

struct tess_env env;
static struct tess_slots slots;
static struct tess_pool pool;
static uint32_t slot_links[TESS_ROOT_CNODE_SLOTS];

static void command_help(int count, char **word);

static void command_echo(int count, char **word)
{
    for (int i = 1; i < count; i++) {
        say("%s%s", i > 1 ? " " : "", word[i]);
    }
    say("\n");
}

static void command_clear(int count, char **word)
{
    (void)count;
    (void)word;
    say("\x1b[H\x1b[2J");
}

static void command_time(int count, char **word)
{
    uint64_t now = tess_now(), ns = tess_ns_of_ticks(now);

    (void)count;
    (void)word;
    say("%llu ticks of %llu Hz, %llu.%06llu s since the counter started\n", (unsigned long long)now,
        (unsigned long long)tess_tick_hz(), (unsigned long long)(ns / 1000000000),
        (unsigned long long)(ns / 1000 % 1000000));
}

static void command_reset(int count, char **word)
{
    (void)count;
    (void)word;
    say("resetting\n");
    fail("machine.reset", tess_machine_reset(TESS_ROOT_MACHINE));
}

static void command_poweroff(int count, char **word)
{
    (void)count;
    (void)word;
    say("power off\n");
    fail("machine.power_off", tess_machine_power_off(TESS_ROOT_MACHINE));
}

static const struct command {
    const char *name;
    const char *arguments;
    const char *text;
    void (*run)(int count, char **word);
} commands[] = {
    { "help", "[command]", "what there is, or one command", command_help },
    { "info", "", "processor, memory, interrupts, timer, kernel", command_info },
    { "mem", "", "untyped memory and how much of it is used", command_mem },
    { "caps", "[from [to]]", "capabilities in the root thread's CNode", command_caps },
    { "threads", "", "the threads made here, their state and processor time", command_threads },
    { "spawn", "N", "N pairs of threads that send messages to and fro", command_spawn },
    { "kill", "", "end them: one revoke of the memory they were made of", command_kill },
    { "ping", "[N]", "N calls to a thread that answers, ticks of each", command_ping },
    { "fault", "", "let a thread fault and show the message about it", command_fault },
    { "time", "", "the counter that all programs can read", command_time },
    { "trace", "start | stop | show [N]", "the kernel's event ring", command_trace },
    { "dt", "[name]", "nodes of the device tree; of those named so, properties", command_dt },
    { "echo", "words", "say them", command_echo },
    { "clear", "", "clear the screen", command_clear },
    { "reset", "", "restart the machine", command_reset },
    { "poweroff", "", "switch the machine off", command_poweroff },
    { "exit", "", "the same", command_poweroff },
};

#define COMMANDS (sizeof commands / sizeof commands[0])

static const char *command_name(size_t i)
{
    return i < COMMANDS ? commands[i].name : NULL;
}

static const struct command *command_find(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(commands[i].name, name) == 0) {
            return &commands[i];
        }
    }
    say("%s: no such command, see help\n", name);
    return NULL;
}

static void command_help(int count, char **word)
{
    const struct command *one = count > 1 ? command_find(word[1]) : NULL;

    for (size_t i = 0; i < COMMANDS; i++) {
        if (count < 2 || &commands[i] == one) {
            say("  %-8s %-24s %s\n", commands[i].name, commands[i].arguments, commands[i].text);
        }
    }
}

bool fail(const char *what, enum tess_err err)
{
    say("%s: %s: %s\n", what, tess_strerror(err), tess_error_text(err));
    return false;
}

bool number(const char *word, uint64_t low, uint64_t high, uint64_t *out)
{
    char *end;

    errno = 0;
    *out = strtoull(word, &end, 0);
    if (end == word || *end || word[0] == '-' || errno) {
        say("%s: not a number\n", word);
        return false;
    }
    if (*out < low || *out > high) {
        say("%s: must be %llu to %llu\n", word, (unsigned long long)low, (unsigned long long)high);
        return false;
    }
    return true;
}

static void run(const char *line)
{
    char copy[LINE_MAX], *word[WORDS_MAX + 1], *at = copy;
    const struct command *command;
    int count = 0;

    strcpy(copy, line); /* a line has at most LINE_MAX bytes */
    while (count <= WORDS_MAX && *(at += strspn(at, " \t"))) {
        word[count++] = at;
        at += strcspn(at, " \t");
        if (*at) {
            *at++ = '\0';
        }
    }
    if (count > WORDS_MAX) {
        say("more than %d words\n", WORDS_MAX);
    } else if (count > 0 && (command = command_find(word[0])) != NULL) {
        command->run(count, word);
    }
}

/* Before there is a console. */
static _Noreturn void give_up(const char *why)
{
    tess_console_write("monitor: ", 9);
    tess_console_write(why, strlen(why));
    tess_console_write("\n", 1);
    exit(1);
}

int main(void)
{
    const char *problem;

    if (tess_env_init_root(&env, &slots, &pool, slot_links, tess_bootinfo)) {
        give_up("no memory");
    }
    problem = uart_start(tess_bootinfo);
    if (problem) {
        give_up(problem);
    }
    say("\nTessera monitor. Type help.\n");
    for (;;) {
        run(line_read("tessera> ", command_name));
    }
}
