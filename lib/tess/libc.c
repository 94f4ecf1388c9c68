/* What picolibc wants of its surroundings, the same for root programs and components: TLS, stdout, heap. */
#include <errno.h>
#include <picotls.h>
#include <stdio.h>
#include <unistd.h>
#include <tess/start.h>

/* From root.ld. */
extern char __arm64_tls_tcb_offset[], __tbss_offset[], __tbss_size[];
extern char __heap_start[], __heap_end[];
extern void (*__init_array_start[])(void), (*__init_array_end[])(void);

uint64_t tess_tls_bytes(void)
{
    return (uint64_t)__arm64_tls_tcb_offset + (uint64_t)__tbss_offset + (uint64_t)__tbss_size;
}

void tess_tls_init(void *block, void *ipc_buffer)
{
    _init_tls((char *)block + (uint64_t)__arm64_tls_tcb_offset);
    *(void **)block = ipc_buffer;
}

void tess_libc_init(void *tls, void *ipc_buffer)
{
    tess_tls_init(tls, ipc_buffer);
    __asm__ volatile("msr tpidr_el0, %0" : : "r"(tls) : "memory");
    for (void (**f)(void) = __init_array_start; f < __init_array_end; f++) {
        (*f)();
    }
}

/* stdout: a line, or as much of it as fits, goes to tess_print() at once. */
static char line[TESS_PRINT_MAX];
static unsigned line_bytes;

void tess_print_flush(void)
{
    unsigned bytes = line_bytes;

    line_bytes = 0;
    if (bytes) {
        tess_print(line, bytes);
    }
}

static int console_flush(FILE *file)
{
    (void)file;
    tess_print_flush();
    return 0;
}

static int console_put(char c, FILE *file)
{
    (void)file;
    line[line_bytes++] = c;
    if (c == '\n' || line_bytes == sizeof line) {
        tess_print_flush();
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

/* abort() ends in kill(): there are no signals and one process. */
pid_t getpid(void)
{
    return 1;
}

int kill(pid_t pid, int signal)
{
    (void)pid;
    _exit(128 + signal);
}
