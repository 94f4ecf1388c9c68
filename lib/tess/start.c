/* Start and end of the root program. */
#include <stdlib.h>
#include <unistd.h>
#include <tess/invoke.h>
#include <tess/start.h>

extern char __tls_area[]; /* from root.ld */

int main(int argc, char **argv);
_Noreturn void tess_start(const struct tess_bootinfo *bootinfo);

const struct tess_bootinfo *tess_bootinfo;
tess_cap tess_console = TESS_ROOT_MACHINE;

_Noreturn void tess_start(const struct tess_bootinfo *bootinfo)
{
    static char name[] = "root", *argv[] = { name, NULL };

    tess_bootinfo = bootinfo;
    tess_libc_init(__tls_area, (void *)bootinfo->ipc_buffer);
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

void tess_print(const char *text, uint64_t bytes)
{
    tess_console_write(text, bytes);
}

void _exit(int code)
{
    (void)code;
    tess_print_flush();
    (void)tess_machine_power_off(TESS_ROOT_MACHINE);
    for (;;) {
        (void)tess_thread_suspend(TESS_ROOT_THREAD);
    }
}
