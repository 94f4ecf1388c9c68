/* Terminals: the line discipline between a program and a device (the console, or the master side of a pty). */
#ifndef LINUX_TTY_TTY_H
#define LINUX_TTY_TTY_H

#include <asm/termbits.h>
#include <asm/termios.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../task/wait.h"
#include "keys.h"

struct file;
struct process;
struct uio;
struct poll_wait;

#define TTY_LINE  4096u /* bytes of input that wait; also the longest line */
#define TTY_WRITE 8192u /* bytes of output that wait for the device */

struct tty {
    struct termios2 termios;
    struct winsize size;
    int session, foreground; /* 0: none */
    uint32_t refs;
    uint32_t major, minor;
    /* input: bytes [tail, ready) can be read, [ready, head) is the line being edited (canonical mode) */
    uint8_t in[TTY_LINE];
    uint32_t tail, ready, head;
    uint32_t line_ends[TTY_LINE / 32]; /* bits: the byte ends a line */
    uint32_t erase_column;             /* column where the line being edited begins */
    uint32_t column;                   /* of the cursor */
    bool is_literal, is_erasing;       /* after VLNEXT */
    bool is_stopped;                   /* by VSTOP */
    bool is_hung_up, is_exclusive;
    bool packet_mode; /* of the master */
    uint8_t packet;   /* TIOCPKT_* that the master has not seen */
    /* output */
    uint8_t out[TTY_WRITE];
    uint32_t out_tail, out_head;
    struct wait_queue readers, writers;
    struct lock write_lock;
    void (*start_output)(struct tty *t); /* there is something in out, or is_stopped went */
    struct pty *pty;                     /* NULL: the console */
    const char *name;
};

struct tty *tty_new(uint32_t major, uint32_t minor);
/* Bytes that the device received.  Never waits. */
void tty_input(struct tty *t, const uint8_t *bytes, size_t count);
/* How many more bytes tty_input takes without losing any. */
size_t tty_room(const struct tty *t);
/* Output for the device: up to most bytes, taken away. */
size_t tty_take_output(struct tty *t, uint8_t *to, size_t most);
/* Its input has been read: who types may go on. */
void tty_input_room(struct tty *t);
/* There is room in out again. */
void tty_output_done(struct tty *t);
/* Nobody is at the other end any more: reads give 0, writes EIO, the session gets SIGHUP. */
void tty_hang_up(struct tty *t);
/* The operations of a program's side; file->data is the tty, which open has set. */
long tty_read(struct file *f, struct uio *u, uint64_t *position);
long tty_write(struct file *f, struct uio *u, uint64_t *position);
long tty_ioctl(struct file *f, uint32_t command, uint64_t argument);
uint32_t tty_poll(struct file *f, struct poll_wait *w);
/* open of a terminal: it may become the controlling one. */
void tty_opened(struct tty *t, struct file *f);

/* A session leader ends: its terminal is hung up. */
void tty_process_exit(struct process *p);

/* The console (console.c). */
void console_start(uint16_t rows, uint16_t columns);
/* The console has room again. */
void console_output(void);
struct file_ops;
/* Of the program's side of a pty. */
const struct file_ops *pty_slave_ops(void);
/* Ptys (pty.c): /dev/ptmx and the file system devpts. */
void pty_start(void);

#endif
