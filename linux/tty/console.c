/* The console as a terminal: /dev/console, /dev/tty1, /dev/tty0, /dev/ttyAMA0; and /dev/tty, whatever one's own is. */
#include <asm/errno.h>
#include <linux/eventpoll.h>

#include "../fs/vfs.h"
#include "../task/personality.h"
#include "../task/process.h"
#include "tty.h"

static struct tty *console;

static void start_output(struct tty *t)
{
    uint8_t text[400];
    size_t n;

    while ((n = tty_take_output(t, text, sizeof text))) {
        size_t taken = personality_write((const char *)text, n);

        if (taken < n) { /* the console has no room: the rest goes back */
            t->out_tail -= (uint32_t)(n - taken);
            break;
        }
    }
    tty_output_done(t);
}

void console_output(void)
{
    if (console) {
        start_output(console);
    }
}

size_t console_input(const uint8_t *bytes, size_t count)
{
    size_t room = tty_room(console);

    count = count < room ? count : room;
    tty_input(console, bytes, count);
    return count;
}

void tty_input_room(struct tty *t)
{
    if (t == console) {
        personality_keys();
    } else {
        wake_all(&t->readers, 0);
    }
}

static int open_console(struct file *f)
{
    tty_opened(console, f);
    return 0;
}

static void close_console(struct file *f)
{
    struct tty *t = f->data;

    t->refs--;
}

static const struct file_ops console_ops = { .open = open_console,
                                             .read = tty_read,
                                             .write = tty_write,
                                             .ioctl = tty_ioctl,
                                             .poll = tty_poll,
                                             .release = close_console,
                                             .is_stream = true };

static int open_own(struct file *f)
{
    struct tty *t = current ? current->process->tty : NULL;

    if (!t) {
        return -ENXIO;
    }
    f->data = t;
    t->refs++;
    f->ops = t->pty ? pty_slave_ops() : &console_ops;
    return 0;
}

static const struct file_ops own_ops = { .open = open_own, .is_stream = true };

void console_start(uint16_t rows, uint16_t columns)
{
    console = tty_new(4, 64);
    if (!console) {
        return;
    }
    console->size.ws_row = rows;
    console->size.ws_col = columns;
    console->termios.c_iflag |= IUTF8;
    console->start_output = start_output;
    console->name = "tty1";
    device_register(S_IFCHR, 5, 0, 1, &own_ops);
    device_register(S_IFCHR, 5, 1, 1, &console_ops);
    device_register(S_IFCHR, 4, 0, 2, &console_ops);
    device_register(S_IFCHR, 204, 64, 1, &console_ops);
    (void)device_node("tty", S_IFCHR | 0666, 5, 0);
    (void)device_node("console", S_IFCHR | 0600, 5, 1);
    (void)device_node("tty0", S_IFCHR | 0620, 4, 0);
    (void)device_node("tty1", S_IFCHR | 0620, 4, 1);
    (void)device_node("ttyAMA0", S_IFCHR | 0660, 204, 64);
}
