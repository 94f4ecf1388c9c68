/* The start: memory, file systems, devices, the first process. */
#include <asm/ioctls.h>
#include <linux/mount.h>
#include <linux/reboot.h>
#include <string.h>

#include "../fs/dentry.h"
#include "../fs/disk.h"
#include "../fs/page_cache.h"
#include "../fs/tmpfs.h"
#include "../mm/frames.h"
#include "../tty/tty.h"
#include "clock.h"
#include "features.h"
#include "fiber.h"
#include "personality.h"
#include "process.h"
#include "random.h"
#include "start.h"
#include "vdso.h"

extern const uint8_t init_image[], init_image_end[];

static const struct personality_config *config;

int make_directory(const char *path, uint32_t mode)
{
    struct path dir;
    struct last last;
    struct dentry *d;
    struct inode *i;
    int err = path_parent(AT_FDCWD, path, &dir, &last);

    if (err) {
        return err;
    }
    err = dentry_lookup(dir.dentry, last.name, last.bytes, &d);
    if (!err) {
        if (!d->inode) {
            struct inode *parent = dir.dentry->inode;

            err = mount_may_write(dir.mount);
            err = err ? err
                      : parent->ops->create(parent, last.name, last.bytes, S_IFDIR | mode, 0, &i);
            if (!err) {
                dentry_set(d, i);
            }
        }
        dentry_put(d);
    }
    path_put(&dir);
    return err;
}

static void mount_or_say(const char *type, const char *where, uint32_t flags, const char *options)
{
    int err = make_directory(where, 0755);

    err = err ? err : mount_at(type, type, where, flags, options);
    if (err) {
        log_line("%s cannot be mounted at %s: error %d", type, where, -err);
    }
}

/* The first program is the personality's own. */
#define INIT "/run/.init"

static int write_init(void)
{
    struct uio u;
    uint64_t at = 0;
    struct file *f;
    size_t bytes = (size_t)(init_image_end - init_image);
    int err = file_open(AT_FDCWD, INIT, O_CREAT | O_RDWR, 0755, &f);

    if (!err) {
        uio_kernel(&u, (void *)(uintptr_t)init_image, bytes);
        err = f->ops->write(f, &u, &at) == (long)bytes ? 0 : -ENOMEM;
        file_put(f);
    }
    return err;
}

/* What is in the system's image, in memory: the root where there is no disk, or none that can be read. */
static int root_of_image(void)
{
    return config->root_cpio_bytes ? cpio_unpack(config->root_cpio, config->root_cpio_bytes) : 0;
}

static int root_of_disk(void)
{
    size_t bytes;
    int err;

    if (!personality_disk(&bytes)) {
        return root_of_image();
    }
    err = make_directory("/root", 0700);
    err = err ? err : mount_at("ext4", "/dev/root", "/root", 0, "");
    err = err ? err : mount_pivot("/root");
    if (err) {
        log_line("no root on the disk: error %d.  The root is in memory now, and what is written "
                 "there is lost.  Look at the disk's "
                 "image with e2fsck -f, or make a new one",
                 -err);
        return root_of_image();
    }
    if (root_mount->super->flags & MS_RDONLY) {
        log_line("the root is read-only");
    }
    return 0;
}

static void mounts_of_root(void)
{
    mount_or_say("devtmpfs", "/dev", MS_NOSUID, "mode=0755");
    devices_start();
    console_start(config->rows, config->columns);
    pty_start();
    mount_or_say("devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC, "");
    mount_or_say("tmpfs", "/dev/shm", MS_NOSUID | MS_NODEV, "mode=1777");
    mount_or_say("proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, "");
    mount_or_say("sysfs", "/sys", MS_NOSUID | MS_NODEV | MS_NOEXEC, "");
    mount_or_say("tmpfs", "/run", MS_NOSUID | MS_NODEV, "mode=0755");
    mount_or_say("tmpfs", "/tmp", MS_NOSUID | MS_NODEV, "mode=1777");
}

static int open_console(struct task *t)
{
    struct file *f;
    int err;

    current = t;
    err = file_open(AT_FDCWD, "/dev/console", O_RDWR | O_NOCTTY, 0, &f);
    if (!err) {
        file_get(f);
        file_get(f);
        (void)fd_install(f, 0, false);
        (void)fd_install(f, 1, false);
        (void)fd_install(f, 2, false);
    }
    current = NULL;
    return err;
}

static void first_process(void *nothing)
{
    static const char *const environment[] = {
        "HOME=/root",
        "TERM=xterm-256color",
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "LANG=C.UTF-8",
        "USER=root",
        "LOGNAME=root",
        NULL
    };
    const char *arguments[] = { "init", config->command, NULL };
    struct task *t = process_first();
    struct process *p = t->process;
    int err;

    (void)nothing;
    err = root_of_disk();
    mounts_of_root();
    err = err ? err : write_init();
    err = err ? err : fs_context_fork(NULL, false, &p->fs);
    err = err ? err : file_table_fork(NULL, false, &p->files);
    err = err ? err : signal_fork(p, NULL, false);
    err = err ? err : open_console(t);
    err = err ? err : exec_first(t, INIT, arguments, environment);
    if (err) {
        log_line("the first process cannot be started: error %d", -err);
        personality_over(127 << 8);
    }
}

static void must(int err, const char *what)
{
    if (err) {
        log_line("%s: error %d", what, -err);
        personality_over(127 << 8);
    }
}

__attribute__((weak)) void events_start(void)
{
}

__attribute__((weak)) void proc_start(void)
{
}

long sys_reboot(struct task *t, const uint64_t *a)
{
    static const uint32_t second[] = { LINUX_REBOOT_MAGIC2, LINUX_REBOOT_MAGIC2A,
                                       LINUX_REBOOT_MAGIC2B, LINUX_REBOOT_MAGIC2C };
    bool is_magic = (uint32_t)a[0] == LINUX_REBOOT_MAGIC1;
    unsigned n = 0;

    if (!is_capable(&t->process->cred, 22 /* CAP_SYS_BOOT */)) {
        return -EPERM;
    }
    while (n < 4 && (uint32_t)a[1] != second[n]) {
        n++;
    }
    if (!is_magic || n == 4) {
        return -EINVAL;
    }
    switch ((uint32_t)a[2]) {
    case LINUX_REBOOT_CMD_CAD_ON:
    case LINUX_REBOOT_CMD_CAD_OFF:
        return 0; /* there is no such key */
    case LINUX_REBOOT_CMD_RESTART:
    case LINUX_REBOOT_CMD_RESTART2:
    case LINUX_REBOOT_CMD_HALT:
    case LINUX_REBOOT_CMD_POWER_OFF:
        (void)sys_sync(t, a);
        personality_over(0);
    default:
        return -EINVAL;
    }
}

_Noreturn void personality_run(const struct personality_config *c, uint64_t window_bytes)
{
    config = c;
    fiber_start_first();
    must(pages_start(window_bytes) ? 0 : -ENOMEM, "memory");
    random_seed(c->seed, sizeof c->seed);
    clock_set_real(c->real_ns);
    tmpfs_start();
    disk_start();
    events_start();
    proc_start();
    must(mount_at("rootfs", "rootfs", "/", 0, "mode=0755"), "root");
    must(vdso_start(), "vdso");
    must(features_start(), "features of the processor");
    cache_start();
    fiber_start(first_process, NULL);
    event_loop();
}
