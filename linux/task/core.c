/*
 * Core files: an ELF file with the memory of a process, and its registers and names as notes (elf(5), Linux fs/binfmt_elf.c).
 *
 *     header | program headers | notes | memory, mapping by mapping; what nobody has touched is a hole
 */
#include "core.h"

#include <linux/elf.h>
#include <linux/elf-em.h>
#include <linux/mman.h>
#include <linux/resource.h>
#include <linux/time.h>
#include <stdio.h>
#include <string.h>

#include "../fs/proc.h"
#include "../fs/vfs.h"
#include "../mm/mm.h"
#include "process.h"
#include "registers.h"
#include "times.h"
#include "usage.h"

#define LOOK_NS 1000000ull /* how often is looked whether the other tasks stand */

char core_pattern[CORE_PATTERN_MOST] = "core";
bool core_uses_pid;

/* As Linux has them on 64-bit machines (include/linux/elfcore.h). */
struct status_note {
    int32_t signal, code, error;
    int16_t current_signal;
    uint64_t pending, held;
    int32_t pid, parent, group, session;
    struct __kernel_old_timeval user, system, children_user, children_system;
    struct user_pt_regs regs;
    int32_t has_fp;
};
struct process_note {
    char state, state_name, is_zombie, nice;
    uint64_t flags;
    uint32_t uid, gid;
    int32_t pid, parent, group, session;
    char name[16], arguments[80];
};
_Static_assert(sizeof(struct status_note) == 392 && sizeof(struct process_note) == 136,
               "as gdb knows them");

struct core {
    struct task *task;
    const siginfo_t *info;
    struct file *file;
    uint64_t at, limit; /* in the file */
    int err;
    struct text notes, headers;
    uint64_t contents; /* where the memory begins in the file */
};

/* ---- the other tasks ---- */

void core_wait(struct task *t)
{
    while (t->must_wait && !t->process->is_exiting && !t->is_exiting) {
        (void)wait_on(&t->process->continued, TIME_NEVER, WAIT_UNINTERRUPTIBLE);
    }
}

/* Those that run are forced out of their program; who is in a call stays there.  True: none runs. */
static bool others_stand(const struct task *t)
{
    bool stand = true;

    LIST_FOR(l, &t->process->tasks)
    {
        struct task *other = CONTAINER(l, struct task, peer);

        if (other != t) {
            other->must_wait = true;
            if (!other->in_kernel) {
                task_interrupt(other);
                stand = false;
            }
        }
    }
    return stand;
}

static void stop_others(struct task *t)
{
    while (!others_stand(t) && !signal_is_fatal_pending(t)) {
        (void)wait_on(&t->process->continued, now_ns() + LOOK_NS, WAIT_UNINTERRUPTIBLE);
    }
}

/* ---- notes ---- */

static void note(struct core *c, const char *name, uint32_t type, const void *content, size_t bytes)
{
    static const char zeros[4];
    struct elf64_note head = { .n_namesz = (uint32_t)strlen(name) + 1,
                               .n_descsz = (uint32_t)bytes,
                               .n_type = type };

    text_bytes(&c->notes, &head, sizeof head);
    text_bytes(&c->notes, name, head.n_namesz);
    text_bytes(&c->notes, zeros, -head.n_namesz % 4);
    text_bytes(&c->notes, content, bytes);
    text_bytes(&c->notes, zeros, -bytes % 4);
}

static struct __kernel_old_timeval time_of(uint64_t ns)
{
    return (struct __kernel_old_timeval){ (long)(ns / 1000000000), (long)(ns % 1000000000 / 1000) };
}

static void status_note(struct core *c, struct task *t)
{
    struct process *p = t->process;
    struct status_note s = { .signal = c->info->si_signo,
                             .current_signal = (int16_t)c->info->si_signo,
                             .pending = t->signal.pending.set,
                             .held = t->signal.blocked,
                             .pid = t->tid,
                             .parent = p->parent ? p->parent->pid : 0,
                             .group = p->group,
                             .session = p->session,
                             .user = time_of(task_cpu_ns(t)),
                             .system = time_of(task_system_ns(t)),
                             .children_user = time_of(p->children_user_ns),
                             .children_system = time_of(p->children_system_ns),
                             .has_fp = 1 };
    union regset r;

    (void)regset_get(t, NT_PRSTATUS, &r);
    s.regs = r.general;
    note(c, "CORE", NT_PRSTATUS, &s, sizeof s);
}

static void register_notes(struct core *c, struct task *t)
{
    union regset r;
    size_t bytes = regset_get(t, NT_PRFPREG, &r);

    note(c, "CORE", NT_PRFPREG, &r, bytes);
    bytes = regset_get(t, NT_ARM_TLS, &r);
    note(c, "LINUX", NT_ARM_TLS, &r, bytes);
}

static void process_note(struct core *c)
{
    struct process *p = c->task->process;
    const struct space_layout *l = space_layout(p->space);
    struct process_note n = { .state_name = 'R',
                              .nice = (char)p->nice,
                              .uid = p->cred.uid,
                              .gid = p->cred.gid,
                              .pid = p->pid,
                              .parent = p->parent ? p->parent->pid : 0,
                              .group = p->group,
                              .session = p->session };
    size_t most = l->arg_end - l->arg_start;

    most = most < sizeof n.arguments ? most : sizeof n.arguments - 1;
    memcpy(n.name, p->name, sizeof n.name);
    (void)space_read(p->space, l->arg_start, n.arguments, most);
    for (size_t i = 0; i + 1 < most; i++) {
        n.arguments[i] = n.arguments[i] ? n.arguments[i] : ' ';
    }
    note(c, "CORE", NT_PRPSINFO, &n, sizeof n);
}

static void auxv_note(struct core *c)
{
    struct space *s = c->task->process->space;
    const struct space_layout *l = space_layout(s);
    char aux[512];
    size_t bytes = l->auxv_bytes < sizeof aux ? l->auxv_bytes : sizeof aux;

    if (space_read(s, l->auxv_at, aux, bytes) == (long)bytes) {
        note(c, "CORE", NT_AUXV, aux, bytes);
    }
}

/* Which files are mapped where: numbers, then names. */
static void file_note(struct core *c)
{
    struct space *s = c->task->process->space;
    struct mapping_info m = { 0 };
    struct text numbers = { 0 }, names = { 0 };
    uint64_t head[2] = { 0, PAGE_SIZE };

    text_bytes(&numbers, head, sizeof head);
    while (space_next_mapping(s, m.end, &m)) {
        if (m.file && m.file->dentry) {
            const uint64_t range[3] = { m.start, m.end, m.offset / PAGE_SIZE };
            struct path p = { m.file->mount, m.file->dentry };

            head[0]++;
            text_bytes(&numbers, range, sizeof range);
            text_path(&names, &p);
            text_bytes(&names, "", 1);
        }
    }
    if (!numbers.is_short && !names.is_short && head[0]) {
        memcpy(numbers.at, head, sizeof head);
        text_bytes(&numbers, names.at, names.bytes);
        note(c, "CORE", NT_FILE, numbers.at, numbers.bytes);
    }
    heap_free(numbers.at);
    heap_free(names.at);
}

/* Debuggers take the first task for the one that the signal was for. */
static void all_notes(struct core *c)
{
    status_note(c, c->task);
    process_note(c);
    note(c, "CORE", NT_SIGINFO, c->info, sizeof *c->info);
    auxv_note(c);
    file_note(c);
    register_notes(c, c->task);
    LIST_FOR(l, &c->task->process->tasks)
    {
        struct task *other = CONTAINER(l, struct task, peer);

        if (other != c->task && other->in_kernel) {
            status_note(c, other);
            register_notes(c, other);
        }
    }
}

/* ---- memory ---- */

/* How much of a mapping is in the file (core(5), coredump_filter 0x33): what the process has of its own; of other files the ELF header. */
static uint64_t bytes_wanted(struct space *s, const struct mapping_info *m)
{
    bool is_private = (m->flags & MAP_TYPE) == MAP_PRIVATE;
    char magic[SELFMAG];

    if (!m->file || (m->file && !m->file->dentry) || (is_private && m->private_pages)) {
        return m->end - m->start;
    }
    return is_private && !m->offset && m->prot & PROT_READ &&
                   space_read(s, m->start, magic, SELFMAG) == SELFMAG &&
                   memcmp(magic, ELFMAG, SELFMAG) == 0
               ? PAGE_SIZE
               : 0;
}

static void program_headers(struct core *c)
{
    struct space *s = c->task->process->space;
    struct mapping_info m = { 0 };
    uint16_t count = 1;
    uint64_t at;

    while (space_next_mapping(s, m.end, &m) && count < PN_XNUM - 1) {
        count++;
    }
    struct elf64_hdr h = { .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
                                        EV_CURRENT },
                           .e_type = ET_CORE,
                           .e_machine = EM_AARCH64,
                           .e_version = EV_CURRENT,
                           .e_phoff = sizeof h,
                           .e_ehsize = sizeof h,
                           .e_phentsize = sizeof(struct elf64_phdr),
                           .e_phnum = count };
    struct elf64_phdr ph = { .p_type = PT_NOTE,
                             .p_offset = sizeof h + count * sizeof ph,
                             .p_filesz = c->notes.bytes,
                             .p_align = 4 };

    text_bytes(&c->headers, &h, sizeof h);
    text_bytes(&c->headers, &ph, sizeof ph);
    at = c->contents = (ph.p_offset + ph.p_filesz + PAGE_SIZE - 1) & -PAGE_SIZE;
    m.end = 0;
    while (count-- > 1 && space_next_mapping(s, m.end, &m)) {
        ph = (struct elf64_phdr){ .p_type = PT_LOAD,
                                  .p_flags = (m.prot & PROT_READ ? PF_R : 0u) |
                                             (m.prot & PROT_WRITE ? PF_W : 0u) |
                                             (m.prot & PROT_EXEC ? PF_X : 0u),
                                  .p_offset = at,
                                  .p_vaddr = m.start,
                                  .p_filesz = bytes_wanted(s, &m),
                                  .p_memsz = m.end - m.start,
                                  .p_align = PAGE_SIZE };
        text_bytes(&c->headers, &ph, sizeof ph);
        at += ph.p_filesz;
    }
}

static void write_bytes(struct core *c, const void *from, size_t bytes)
{
    struct uio u;
    long n;

    if (c->err || c->at >= c->limit) {
        return;
    }
    bytes = bytes < c->limit - c->at ? bytes : (size_t)(c->limit - c->at);
    uio_kernel(&u, (void *)from, bytes);
    n = c->file->ops->write(c->file, &u, &c->at);
    c->err = n < 0 ? (int)n : n < (long)bytes ? -ENOSPC : 0;
}

static void write_memory(struct core *c)
{
    struct space *s = c->task->process->space;
    const struct elf64_phdr *ph =
        (const struct elf64_phdr *)(c->headers.at + sizeof(struct elf64_hdr));
    size_t count = (c->headers.bytes - sizeof(struct elf64_hdr)) / sizeof *ph;
    uint64_t end = 0;
    char *page = heap_alloc(PAGE_SIZE);

    c->err = page ? c->err : -ENOMEM;
    for (size_t i = 1; i < count && !c->err; i++) {
        end = ph[i].p_offset + ph[i].p_filesz;
        for (uint64_t done = 0; done < ph[i].p_filesz && !c->err; done += PAGE_SIZE) {
            uint64_t address = ph[i].p_vaddr + done;

            c->err = signal_is_fatal_pending(c->task) ? -EINTR : 0;
            if (space_has_content(s, address) &&
                space_read(s, address, page, PAGE_SIZE) == PAGE_SIZE) {
                c->at = ph[i].p_offset + done;
                write_bytes(c, page, PAGE_SIZE);
            }
        }
    }
    if (c->at < end) { /* it ends with a hole */
        c->at = end - 1;
        write_bytes(c, "", 1);
    }
    heap_free(page);
}

/* ---- the file ---- */

static void name_part(struct core *c, struct text *to, char what)
{
    const struct process *p = c->task->process;

    switch (what) {
    case '%':
        text_add(to, "%%");
        break;
    case 'p':
    case 'P':
        text_add(to, "%d", p->pid);
        break;
    case 'i':
    case 'I':
        text_add(to, "%d", c->task->tid);
        break;
    case 'u':
        text_add(to, "%u", p->cred.uid);
        break;
    case 'g':
        text_add(to, "%u", p->cred.gid);
        break;
    case 's':
        text_add(to, "%d", c->info->si_signo);
        break;
    case 't':
        text_add(to, "%lu", (unsigned long)(now_real_ns() / 1000000000));
        break;
    case 'e':
        for (const char *n = p->name; *n; n++) { /* it must not lead to another folder */
            text_bytes(to, *n == '/' ? "!" : n, 1);
        }
        break;
    default: /* unknown ones are left out, as on Linux */
        break;
    }
}

/* core_pattern with its % replaced, and a NUL. */
static void core_name(struct core *c, struct text *to)
{
    bool has_pid = false;

    for (const char *p = core_pattern; *p; p++) {
        if (*p != '%') {
            text_bytes(to, p, 1);
        } else if (*++p) {
            has_pid |= *p == 'p';
            name_part(c, to, *p);
        } else {
            break;
        }
    }
    if (core_uses_pid && !has_pid) {
        text_add(to, ".%d", c->task->process->pid);
    }
    text_bytes(to, "", 1);
}

/* A new file: what somebody else has put there is not written to. */
static int open_file(struct core *c)
{
    struct text name = { 0 };
    int err;

    core_name(c, &name);
    err = name.is_short || name.bytes > PATH_BYTES_MAX ? -ENOMEM : path_unlink(name.at);
    if (err == 0 || err == -ENOENT) {
        err = file_open(AT_FDCWD, name.at, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_LARGEFILE,
                        0600, &c->file);
    }
    heap_free(name.at);
    return err ? err : c->file->ops->write ? 0 : -EINVAL;
}

bool core_dump(struct task *t, const siginfo_t *info)
{
    struct process *p = t->process;
    struct core c = { .task = t, .info = info, .limit = p->limit[RLIMIT_CORE].soft };

    if (c.limit < PAGE_SIZE || p->is_undumpable || !p->space || p->is_exiting || !core_pattern[0]) {
        return false;
    }
    stop_others(t);
    c.err = open_file(&c);
    if (!c.err) {
        all_notes(&c);
        program_headers(&c);
        c.err = c.notes.is_short || c.headers.is_short ? -ENOMEM : 0;
        write_bytes(&c, c.headers.at, c.headers.bytes);
        write_bytes(&c, c.notes.at, c.notes.bytes);
        write_memory(&c);
    }
    if (c.file) {
        file_put(c.file);
    }
    heap_free(c.notes.at);
    heap_free(c.headers.at);
    return !c.err;
}
