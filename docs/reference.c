/*
 * Prints the reference chapter of the book: every table of abi/ as markdown.  A host program; the build writes its
 * output to build/docs/reference.md.  There is nothing in the chapter that is not in the tables.
 */
#include <stdio.h>
#include <string.h>

#include <tessera/bootinfo.h>
#include <tessera/cap.h>
#include <tessera/error.h>
#include <tessera/msg.h>
#include <tessera/trace.h>

/* Cell text: a bar would end the cell; an empty cell reads as missing. */
static void cell(const char *text)
{
    if (text[0] == '\0') {
        fputs("none", stdout);
    }
    for (; *text; text++) {
        if (*text == '|' || *text == '<' || *text == '*') {
            putchar('\\');
        }
        putchar(*text);
    }
}

/* "arguments -> results": prints the part before or after the arrow. */
static void arrow_part(const char *args, int after)
{
    const char *arrow = strstr(args, "->");
    char part[256];
    size_t length;

    if (arrow == NULL) {
        cell(after ? "" : args);
        return;
    }
    if (after) {
        args = arrow + 2 + strspn(arrow + 2, " ");
        length = strlen(args);
    } else {
        length = (size_t)(arrow - args);
        while (length > 0 && args[length - 1] == ' ') {
            length--;
        }
    }
    snprintf(part, sizeof(part), "%.*s", (int)length, args);
    cell(part);
}

static void syscalls(void)
{
    puts("\n## System calls\n\nThe number is the immediate of `svc`; registers: "
         "[IPC](../../docs/ipc.md).\n");
    puts("| number | system call | arguments | what it does |\n|---|---|---|---|");
#define SYSCALL(name, number, args, text)                                                          \
    printf("| %d | `%s` | ", number, #name);                                                       \
    cell(args);                                                                                    \
    fputs(" | ", stdout);                                                                          \
    cell(text);                                                                                    \
    puts(" |");
#include "../abi/syscalls.def"
#undef SYSCALL
}

static void invocations(void)
{
    const char *last = "";

    puts("\n## Invocations\n\nA `call` on the capability of a kernel object. The label of the tag "
         "is the "
         "number, the arguments are\nmessage words from w0 on; the reply's label is an error, its "
         "words from "
         "w0 on are the results.\nAn argument called `cnode` is the slot of a CNode capability, 0 "
         "the "
         "caller's own CNode.\n`words` is the least message length. \"buffer:\" arguments lie in "
         "the IPC "
         "buffer, from word 8 on.");
#define INVOKE(object, verb, number, words, results, args, text)                                   \
    if (strcmp(last, #object) != 0) {                                                              \
        last = #object;                                                                            \
        puts("\n### " #object                                                                      \
             "\n\n| number | invocation | words | arguments | results | what it does "             \
             "|\n|---|---|---|---|---|---|");                                                      \
    }                                                                                              \
    printf("| %#x | `%s.%s` | %d | ", number, #object, #verb, words);                              \
    arrow_part(args, 0);                                                                           \
    printf(" | %d: ", results);                                                                    \
    arrow_part(args, 1);                                                                           \
    fputs(" | ", stdout);                                                                          \
    cell(text);                                                                                    \
    puts(" |");
#include "../abi/invocations.def"
#undef INVOKE
}

static void objects(void)
{
    puts("\n## Objects\n\nWhat `untyped.retype` takes for one object. 0: the size is an argument, "
         "or the "
         "object is not made by retype.\n");
    puts("| number | type | bytes | alignment | what it is |\n|---|---|---|---|---|");
#define OBJECT(name, number, bytes, align, text)                                                   \
    printf("| %d | `%s` | %d | %d | ", number, #name, bytes, align);                               \
    cell(text);                                                                                    \
    puts(" |");
#include "../abi/objects.def"
#undef OBJECT
}

static void errors(void)
{
    puts("\n## Errors\n\nThe kernel returns numbers below 16; components use all.\n");
    puts("| number | error | meaning |\n|---|---|---|");
#define ERROR(name, value, text)                                                                   \
    printf("| %d | `%s` | ", value, #name);                                                        \
    cell(text);                                                                                    \
    puts(" |");
#include "../abi/errors.def"
#undef ERROR
}

static void faults(void)
{
    puts("\n## Faults\n\nA fault is a message to the fault handler of the thread: the tag has the "
         "fault bit "
         "set, its label is the number.\n");
    puts("| number | fault | words | when |\n|---|---|---|---|");
#define FAULT(name, number, words, text)                                                           \
    printf("| %d | `%s` | ", number, #name);                                                       \
    cell(words);                                                                                   \
    fputs(" | ", stdout);                                                                          \
    cell(text);                                                                                    \
    puts(" |");
#include "../abi/faults.def"
#undef FAULT
}

static void traces(void)
{
    puts("\n## Trace events\n\nThe event mask of `trace.start` has bit `number` for each.\n");
    puts("| number | event | a, b |\n|---|---|---|");
#define TRACE(name, number, args)                                                                  \
    printf("| %d | `%s` | ", number, #name);                                                       \
    cell(args);                                                                                    \
    puts(" |");
#include "../abi/trace.def"
#undef TRACE
}

static void vcpu_registers(void)
{
    puts(
        "\n## Registers of a virtual CPU\n\nFor `vcpu.read` and `vcpu.write`; numbers 32 to 47 are "
        "the list registers.\n");
    puts("| number | name | reset | what |\n|---|---|---|---|");
#define VCPU_STATE(name, number, reset, text)                                                      \
    printf("| %d | `%s` | %#x | ", number, #name, (unsigned)(reset));                              \
    cell(text);                                                                                    \
    puts(" |");
#define VCPU_REG(name, number, reg, reset, text) VCPU_STATE(name, number, reset, text)
#include "../abi/vcpu.def"
#undef VCPU_REG
#undef VCPU_STATE
}

static void limits(void)
{
    puts("\n## Limits and layouts\n\n| what | value |\n|---|---|");
#define LIMIT(text, value) printf("| %s | %llu |\n", text, (unsigned long long)(value));
    LIMIT("words of a message", TESS_MSG_WORDS)
    LIMIT("of them in registers", TESS_MSG_REGS)
    LIMIT("capabilities of a message", TESS_MSG_CAPS)
    LIMIT("bytes of an IPC buffer", sizeof(struct tess_ipc_buffer))
    LIMIT("words of a register block (`struct tess_regs`)", TESS_REGS_WORDS)
    LIMIT("bytes of a capability slot", TESS_SLOT_BYTES)
    LIMIT("slots of a CNode, at most", TESS_CNODE_MAX)
    LIMIT("objects of one `untyped.retype`, at most", TESS_RETYPE_MAX)
    LIMIT("frames of one `vspace.*_vector` call, at most", TESS_VECTOR_MAX)
    LIMIT("priorities", TESS_PRIO_COUNT)
    LIMIT("bytes of a page", TESS_PAGE)
    LIMIT("slots of the root thread's CNode", TESS_ROOT_CNODE_SLOTS)
    LIMIT("bytes of the root thread's stack", TESS_ROOT_STACK)
    LIMIT("priority of the root thread", TESS_ROOT_PRIO)
    LIMIT("bytes of the boot information", sizeof(struct tess_bootinfo))
    LIMIT("events of the trace ring", TESS_TRACE_EVENTS)
#undef LIMIT
}

int main(void)
{
    puts("# Reference\n\nGenerated from `abi/*.def` and `abi/include/tessera/`; not edited by "
         "hand.");
    syscalls();
    invocations();
    objects();
    errors();
    faults();
    traces();
    vcpu_registers();
    limits();
    return ferror(stdout) || fflush(stdout) ? 1 : 0;
}
