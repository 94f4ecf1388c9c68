/* The C runtime of the root program: thread-local storage, constructors, console, heap, exit. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <picotls.h>
#include <unistd.h>
#include <tess/invoke.h>
#include <tess/start.h>

/* From root.ld. */
extern char __arm64_tls_tcb_offset[], __tdata_size[], __tbss_offset[], __tbss_size[], __tls_area[];
extern char __heap_start[], __heap_end[];
extern void (*__init_array_start[])(void), (*__init_array_end[])(void);

int main(int argc, char **argv);
_Noreturn void tess_start(const struct tess_bootinfo *bootinfo);

const struct tess_bootinfo *tess_bootinfo;
tess_cap tess_console = TESS_ROOT_MACHINE;

uint64_t tess_tls_bytes(void)
{
    return (uint64_t)__arm64_tls_tcb_offset + (uint64_t)__tbss_offset + (uint64_t)__tbss_size;
}

void tess_tls_init(void *block, void *ipc_buffer)
{
    _init_tls((char *)block + (uint64_t)__arm64_tls_tcb_offset);
    *(void **)block = ipc_buffer;
}

_Noreturn void tess_start(const struct tess_bootinfo *bootinfo)
{
    static char name[] = "root", *argv[] = { name, NULL };

    tess_tls_init(__tls_area, (void *)bootinfo->ipc_buffer);
    __asm__ volatile("msr tpidr_el0, %0" : : "r"(__tls_area) : "memory");
    tess_bootinfo = bootinfo;
    for (void (**f)(void) = __init_array_start; f < __init_array_end; f++) {
        (*f)();
    }
    exit(main(1, argv));
}

void tess_console_write(const char *text, uint64_t bytes)
{
    while (bytes && tess_console) {
        uint64_t taken = 0, part = bytes < TESS_CONSOLE_MAX ? bytes : TESS_CONSOLE_MAX;

        if (tess_machine_write(tess_console, text, part, &taken) || !taken) {
            return;
        }
        text += taken;
        bytes -= taken;
    }
}

/* stdout: one line, or as much of it as fits into one message, per system call. */
static char line[TESS_CONSOLE_MAX];
static unsigned line_bytes;

static int console_flush(FILE *file)
{
    (void)file;
    tess_console_write(line, line_bytes);
    line_bytes = 0;
    return 0;
}

static int console_put(char c, FILE *file)
{
    line[line_bytes++] = c;
    if (c == '\n' || line_bytes == sizeof line) {
        console_flush(file);
    }
    return (unsigned char)c;
}

static FILE console = FDEV_SETUP_STREAM(console_put, NULL, console_flush, _FDEV_SETUP_WRITE);
FILE *const stdin = &console, *const stdout = &console, *const stderr = &console;

void *sbrk(ptrdiff_t bytes)
{
    static char *end = __heap_start;
    char *old = end;

    if (bytes > __heap_end - end || bytes < __heap_start - end) {
        errno = ENOMEM;
        return (void *)-1;
    }
    end += bytes;
    return old;
}

void _exit(int code)
{
    (void)code;
    console_flush(stdout);
    (void)tess_machine_power_off(TESS_ROOT_MACHINE);
    for (;;) {
        (void)tess_thread_suspend(TESS_ROOT_THREAD);
    }
}

/* abort() ends here: there are no signals and one process. */
pid_t getpid(void)
{
    return 1;
}

int kill(pid_t pid, int signal)
{
    (void)pid;
    _exit(128 + signal);
}
