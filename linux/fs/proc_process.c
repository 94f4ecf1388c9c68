/* What /proc/PID says (proc(5)). */
#include <linux/capability.h>
#include <linux/mman.h>
#include <asm/mman.h>
#include <linux/resource.h>
#include <stdio.h>
#include <string.h>

#include "../task/seccomp.h"
#include "../task/trace.h"
#include "../task/fiber.h"
#include "../task/usage.h"
#include "../tty/tty.h"
#include "dentry.h"
#include "proc.h"

int subject_process(const struct subject *s, struct process **p, struct task **t)
{
    *p = s->pid ? process_find(s->pid) : NULL;
    if (!*p) {
        return -ESRCH;
    }
    *t = s->tid                        ? task_find(s->tid)
         : list_is_empty(&(*p)->tasks) ? NULL
                                       : CONTAINER((*p)->tasks.next, struct task, peer);
    return s->tid && (!*t || (*t)->process != *p) ? -ESRCH : 0;
}

int may_inspect(const struct process *p)
{
    const struct credentials *c = current ? &current->process->cred : NULL, *o = &p->cred;

    return !c || p == current->process || is_capable(c, CAP_SYS_PTRACE) ||
                   (!p->is_undumpable && c->fsuid == o->uid && c->fsuid == o->euid &&
                    c->fsuid == o->suid)
               ? 0
               : -EACCES;
}

char task_state(const struct process *p, const struct task *t)
{
    if (p->is_zombie || !t) {
        return 'Z';
    }
    if (trace_is_stopped(t)) {
        return 't';
    }
    if (p->is_stopped) {
        return 'T';
    }
    if (t->fiber && t->fiber->is_sleeping) {
        return t->wait_mode == WAIT_UNINTERRUPTIBLE ? 'D' : 'S';
    }
    return 'R';
}

static const char *state_name(char state)
{
    switch (state) {
    case 'Z':
        return "Z (zombie)";
    case 't':
        return "t (tracing stop)";
    case 'T':
        return "T (stopped)";
    case 'D':
        return "D (disk sleep)";
    case 'S':
        return "S (sleeping)";
    default:
        return "R (running)";
    }
}

static void signal_sets(const struct process *p, signal_set *ignored, signal_set *caught)
{
    *ignored = *caught = 0;
    for (int n = 1; p->actions && n <= SIGNALS; n++) {
        uint64_t handler = p->actions->action[n - 1].handler;

        *ignored |= handler == 1 ? SIGNAL_BIT(n) : 0;
        *caught |= handler > 1 ? SIGNAL_BIT(n) : 0;
    }
}

static const char *name_of(const struct process *p, const struct task *t)
{
    return t && t->name[0] ? t->name : p->name;
}

static int show_stat(struct text *to, const struct subject *s)
{
    static const struct space_layout no_layout;
    const struct space_layout *l = &no_layout;
    struct space_info m = { 0 };
    signal_set ignored, caught;
    struct usage u;
    struct process *p;
    struct task *t;
    int err = subject_process(s, &p, &t);

    if (err) {
        return err;
    }
    usage_of_process(p, &u, false);
    if (s->tid) {
        u.user_ns = task_cpu_ns(t);
        u.system_ns = task_system_ns(t);
    }
    signal_sets(p, &ignored, &caught);
    if (p->space) {
        space_info(p->space, &m);
        l = may_inspect(p) ? l : space_layout(p->space);
    }
    text_add(to, "%d (%s) %c %d %d %d %d %d 0 ", s->tid ? s->tid : p->pid, name_of(p, t),
             task_state(p, t), p->parent ? p->parent->pid : 0, p->group, p->session,
             p->tty ? (int)(p->tty->major << 8 | p->tty->minor) : 0,
             p->tty && p->tty->foreground ? p->tty->foreground : -1);
    text_add(to, "%lu %lu %lu 0 %lu %lu %lu %lu ", (unsigned long)u.faults_minor,
             (unsigned long)p->children_faults_minor, (unsigned long)u.faults_major,
             (unsigned long)(u.user_ns / TICK_NS), (unsigned long)(u.system_ns / TICK_NS),
             (unsigned long)(p->children_user_ns / TICK_NS),
             (unsigned long)(p->children_system_ns / TICK_NS));
    text_add(to, "%d %d %u 0 %lu %lu %lu %lu ", 20 + p->nice, p->nice, p->task_count,
             (unsigned long)(p->start_ns / TICK_NS), (unsigned long)(m.virtual_pages * PAGE_SIZE),
             (unsigned long)m.resident_pages, (unsigned long)p->limit[RLIMIT_RSS].soft);
    text_add(to, "%lu %lu %lu 0 0 %lu %lu %lu %lu 0 0 0 17 0 %d %d 0 0 0 ",
             (unsigned long)l->code_start, (unsigned long)l->code_end,
             (unsigned long)l->stack_start,
             (unsigned long)(t ? t->signal.pending.set & 0x7fffffff : 0),
             (unsigned long)(t ? t->signal.blocked & 0x7fffffff : 0),
             (unsigned long)(ignored & 0x7fffffff), (unsigned long)(caught & 0x7fffffff),
             t ? t->priority : 0, t ? t->policy : 0);
    text_add(to, "%lu %lu 0 %lu %lu %lu %lu %d\n", (unsigned long)l->data_start,
             (unsigned long)l->data_end, (unsigned long)l->arg_start, (unsigned long)l->arg_end,
             (unsigned long)l->env_start, (unsigned long)l->env_end,
             may_inspect(p) ? 0 : p->exit_status);
    return 0;
}

static int show_statm(struct text *to, const struct subject *s)
{
    struct space_info m = { 0 };
    struct process *p;
    struct task *t;
    int err = subject_process(s, &p, &t);

    if (!err) {
        if (p->space) {
            space_info(p->space, &m);
        }
        text_add(to, "%lu %lu %lu %lu 0 %lu 0\n", (unsigned long)m.virtual_pages,
                 (unsigned long)m.resident_pages, (unsigned long)m.shared_pages,
                 (unsigned long)m.text_pages, (unsigned long)m.data_pages);
    }
    return err;
}

static unsigned long kib(uint64_t pages)
{
    return (unsigned long)(pages * (PAGE_SIZE / 1024));
}

static void status_memory(struct text *to, const struct process *p)
{
    struct space_info m;

    space_info(p->space, &m);
    text_add(to, "VmPeak:\t%8lu kB\nVmSize:\t%8lu kB\nVmLck:\t       0 kB\nVmPin:\t       0 kB\n",
             kib(m.virtual_pages), kib(m.virtual_pages));
    text_add(to, "VmHWM:\t%8lu kB\nVmRSS:\t%8lu kB\nRssAnon:\t%8lu kB\nRssFile:\t%8lu kB\n",
             kib(m.peak_pages), kib(m.resident_pages), kib(m.resident_pages - m.shared_pages),
             kib(m.shared_pages));
    text_add(to, "RssShmem:\t       0 kB\nVmData:\t%8lu kB\nVmStk:\t%8lu kB\nVmExe:\t%8lu kB\n",
             kib(m.data_pages), 132ul, kib(m.text_pages));
    text_add(to, "VmLib:\t       0 kB\nVmPTE:\t       0 kB\nVmSwap:\t       0 kB\n");
}

static void status_signals(struct text *to, const struct process *p, const struct task *t)
{
    signal_set ignored, caught;

    signal_sets(p, &ignored, &caught);
    text_add(to, "Threads:\t%u\nSigQ:\t%u/%lu\n", p->task_count, p->pending.count,
             (unsigned long)p->limit[RLIMIT_SIGPENDING].soft);
    text_add(
        to, "SigPnd:\t%016lx\nShdPnd:\t%016lx\nSigBlk:\t%016lx\nSigIgn:\t%016lx\nSigCgt:\t%016lx\n",
        (unsigned long)(t ? t->signal.pending.set : 0), (unsigned long)p->pending.set,
        (unsigned long)(t ? t->signal.blocked : 0), (unsigned long)ignored, (unsigned long)caught);
}

static int show_status(struct text *to, const struct subject *s)
{
    const struct credentials *c;
    struct process *p;
    struct task *t;
    int err = subject_process(s, &p, &t);

    if (err) {
        return err;
    }
    c = &p->cred;
    text_add(to, "Name:\t%s\n", name_of(p, t));
    if (p->fs) {
        text_add(to, "Umask:\t%04o\n", p->fs->umask);
    }
    text_add(to, "State:\t%s\nTgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t%d\n",
             state_name(task_state(p, t)), p->pid, s->tid ? s->tid : p->pid,
             p->parent ? p->parent->pid : 0, trace_tracer(t));
    text_add(to, "Uid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\n", c->uid, c->euid, c->suid, c->fsuid,
             c->gid, c->egid, c->sgid, c->fsgid);
    text_add(to, "FDSize:\t%u\nGroups:\t", p->files ? p->files->room : 0);
    for (uint32_t n = 0; n < c->group_count; n++) {
        text_add(to, "%u ", c->groups[n]);
    }
    text_add(to, "\nNStgid:\t%d\nNSpid:\t%d\nNSpgid:\t%d\nNSsid:\t%d\n", p->pid,
             s->tid ? s->tid : p->pid, p->group, p->session);
    if (p->space) {
        status_memory(to, p);
    }
    status_signals(to, p, t);
    text_add(
        to, "CapInh:\t%016lx\nCapPrm:\t%016lx\nCapEff:\t%016lx\nCapBnd:\t%016lx\nCapAmb:\t%016lx\n",
        (unsigned long)c->cap_inheritable, (unsigned long)c->cap_permitted,
        (unsigned long)c->cap_effective, (unsigned long)c->cap_bounding, 0ul);
    text_add(to, "NoNewPrivs:\t%d\nSeccomp:\t%d\nSeccomp_filters:\t%u\n", p->no_new_privileges,
             t ? t->seccomp_mode : 0, t ? seccomp_filters(t) : 0);
    text_add(to,
             "Cpus_allowed:\t1\nCpus_allowed_list:\t0\nMems_allowed:\t1\nMems_allowed_list:\t0\n");
    text_add(to, "voluntary_ctxt_switches:\t0\nnonvoluntary_ctxt_switches:\t0\n");
    return 0;
}

/* Bytes of the process's memory. */
static int show_memory(struct text *to, const struct subject *s, bool environment)
{
    char part[256];
    struct process *p;
    struct task *t;
    int err = subject_process(s, &p, &t);

    if (err || !p->space) {
        return err;
    }
    const struct space_layout *l = space_layout(p->space);
    uint64_t at = environment ? l->env_start : l->arg_start;
    uint64_t end = environment ? l->env_end : l->arg_end;

    while (at < end && p->space) {
        size_t want = end - at < sizeof part ? end - at : sizeof part;
        long n = space_read(p->space, at, part, want);

        if (n <= 0) {
            break;
        }
        text_bytes(to, part, (size_t)n);
        at += (uint64_t)n;
        if (subject_process(s, &p, &t)) { /* reading may have waited */
            break;
        }
    }
    return 0;
}

static int show_cmdline(struct text *to, const struct subject *s)
{
    return show_memory(to, s, false);
}

static int show_environ(struct text *to, const struct subject *s)
{
    return show_memory(to, s, true);
}

static int show_auxv(struct text *to, const struct subject *s)
{
    char part[512];
    struct process *p;
    struct task *t;
    int err = subject_process(s, &p, &t);

    if (!err && p->space) {
        const struct space_layout *l = space_layout(p->space);
        size_t want = l->auxv_bytes < sizeof part ? l->auxv_bytes : sizeof part;
        long n = space_read(p->space, l->auxv_at, part, want);

        text_bytes(to, part, n > 0 ? (size_t)n : 0);
    }
    return err;
}

static int show_comm(struct text *to, const struct subject *s)
{
    struct process *p;
    struct task *t;
    int err = subject_process(s, &p, &t);

    if (!err) {
        text_add(to, "%s\n", name_of(p, t));
    }
    return err;
}

static int write_comm(const struct subject *s, const char *text, size_t bytes)
{
    struct process *p;
    struct task *t;
    int err = subject_process(s, &p, &t);

    if (err || !t) {
        return err ? err : -ESRCH;
    }
    if (!current || current->process != p) {
        return -EINVAL;
    }
    bytes -= bytes && text[bytes - 1] == '\n';
    bytes = bytes < sizeof t->name - 1 ? bytes : sizeof t->name - 1;
    memset(t->name, 0, sizeof t->name);
    memcpy(t->name, text, bytes);
    if (t->tid == p->pid) {
        memcpy(p->name, t->name, sizeof p->name);
    }
    return 0;
}

/* ---- mappings ---- */

static void mapping_line(struct text *to, const struct mapping_info *m)
{
    const struct inode *i = m->file ? m->file->inode : NULL;
    uint64_t device = i ? i->super->device : 0;
    size_t begin = to->bytes;

    text_add(to, "%08lx-%08lx %c%c%c%c %08lx %02x:%02x %lu ", (unsigned long)m->start,
             (unsigned long)m->end, m->prot & PROT_READ ? 'r' : '-',
             m->prot & PROT_WRITE ? 'w' : '-', m->prot & PROT_EXEC ? 'x' : '-',
             (m->flags & MAP_TYPE) == MAP_PRIVATE ? 'p' : 's', (unsigned long)m->offset,
             (unsigned)(device >> 8 & 0xfff), (unsigned)(device & 0xff),
             (unsigned long)(i ? i->number : 0));
    if (m->file || m->name) {
        text_add(to, "%*s", (int)(begin + 73 > to->bytes ? begin + 73 - to->bytes : 0), "");
    }
    if (m->name) {
        text_add(to, "%s", m->name);
    } else if (m->file && m->file->dentry) {
        struct path p = { m->file->mount, m->file->dentry };

        text_path(to, &p);
    } else if (m->file) {
        text_add(to, "/%s (deleted)", (const char *)m->file->data); /* memory_file */
    }
    text_add(to, "\n");
}

static void mapping_details(struct text *to, const struct mapping_info *m)
{
    unsigned long size = (unsigned long)((m->end - m->start) / 1024), rss = kib(m->resident_pages),
                  own = kib(m->private_pages);

    text_add(to,
             "Size:           %8lu kB\nKernelPageSize:        4 kB\nMMUPageSize:           4 kB\n",
             size);
    text_add(to, "Rss:            %8lu kB\nPss:            %8lu kB\nShared_Clean:   %8lu kB\n", rss,
             rss, rss - own);
    text_add(to,
             "Shared_Dirty:          0 kB\nPrivate_Clean:         0 kB\nPrivate_Dirty:  %8lu kB\n",
             own);
    text_add(to, "Referenced:     %8lu kB\nAnonymous:      %8lu kB\nSwap:                  0 kB\n",
             rss, own);
    text_add(to, "Locked:                0 kB\n");
}

static int show_mappings(struct text *to, const struct subject *s, bool with_details)
{
    struct mapping_info m = { 0 };
    struct process *p;
    struct task *t;
    int err = subject_process(s, &p, &t);

    while (!err && p->space && space_next_mapping(p->space, m.end, &m)) {
        mapping_line(to, &m);
        if (with_details) {
            mapping_details(to, &m);
        }
    }
    return err;
}

static int show_maps(struct text *to, const struct subject *s)
{
    return show_mappings(to, s, false);
}

static int show_smaps(struct text *to, const struct subject *s)
{
    return show_mappings(to, s, true);
}

/* ---- links ---- */

/* The mount that holds the name. */
static struct mount *mount_of(const struct dentry *d)
{
    LIST_FOR(l, &mounts)
    {
        struct mount *m = CONTAINER(l, struct mount, all);

        if (m->super == d->inode->super) {
            return m;
        }
    }
    return root_mount;
}

/* A place of a process, with a reference: -ENOENT, -EACCES. */
static int place(const struct subject *s, char which, struct path *to)
{
    struct process *p;
    struct task *t;
    int err = subject_process(s, &p, &t);

    err = err ? -ENOENT : may_inspect(p);
    if (err) {
        return err;
    }
    if (which == 'e') {
        if (!p->program || !p->program->inode) {
            return -ENOENT;
        }
        *to = (struct path){ mount_of(p->program), p->program };
    } else {
        if (!p->fs) {
            return -ENOENT;
        }
        *to = which == 'c' ? p->fs->cwd : p->fs->root;
    }
    path_get(to);
    return 0;
}

static int show_place(struct text *to, const struct subject *s, char which)
{
    struct path p;
    int err = place(s, which, &p);

    if (!err) {
        text_path(to, &p);
        path_put(&p);
    }
    return err;
}

#define PLACE(name, which)                                                                         \
    static int follow_##name(const struct subject *s, struct path *to)                             \
    {                                                                                              \
        return place(s, which, to);                                                                \
    }                                                                                              \
    static int show_##name(struct text *to, const struct subject *s)                               \
    {                                                                                              \
        return show_place(to, s, which);                                                           \
    }
PLACE(exe, 'e')
PLACE(cwd, 'c')
PLACE(root, 'r')

/* The open file of a subject, with a reference. */
static int subject_file(const struct subject *s, struct file **out)
{
    struct process *p;
    struct task *t;
    int err = subject_process(s, &p, &t);

    err = err ? -ENOENT : may_inspect(p);
    if (!err) {
        *out = fd_file_of(p, s->fd);
        err = *out ? 0 : -ENOENT;
    }
    return err;
}

static int show_fd(struct text *to, const struct subject *s)
{
    struct file *f;
    int err = subject_file(s, &f);

    if (err) {
        return err;
    }
    if (f->dentry) {
        struct path p = { f->mount, f->dentry };

        text_path(to, &p);
    } else if (file_anonymous_name(f)) {
        text_add(to, "%s", file_anonymous_name(f));
    } else {
        uint32_t type = f->inode->mode & S_IFMT;

        if (type == S_IFREG) {
            text_add(to, "/memfd: (deleted)");
        } else {
            text_add(to, "%s:[%lu]", type == S_IFSOCK ? "socket" : "pipe",
                     (unsigned long)f->inode->number);
        }
    }
    file_put(f);
    return 0;
}

/* A file without a name gets one for the moment, so that it can be opened again. */
static int follow_fd(const struct subject *s, struct path *to)
{
    struct file *f;
    int err = subject_file(s, &f);

    if (err) {
        return err;
    }
    if (f->dentry) {
        *to = (struct path){ f->mount, f->dentry };
        path_get(to);
    } else {
        *to = (struct path){ root_mount, dentry_root(f->inode) };
        if (to->dentry) {
            inode_get(f->inode);
            root_mount->refs++;
        } else {
            err = -ENOMEM;
        }
    }
    file_put(f);
    return err;
}

static int show_fdinfo(struct text *to, const struct subject *s)
{
    struct process *p;
    struct task *t;
    struct file *f;
    int err = subject_file(s, &f);

    if (err) {
        return err;
    }
    err = subject_process(s, &p, &t);
    if (!err) {
        text_add(to, "pos:\t%lu\nflags:\t0%o\nmnt_id:\t%u\nino:\t%lu\n", (unsigned long)f->position,
                 f->flags | (fd_is_close_on_exec(p, s->fd) ? O_CLOEXEC : 0),
                 f->mount ? f->mount->id : 0, (unsigned long)f->inode->number);
    }
    file_put(f);
    return err;
}

const struct entry proc_fd_entry = { "", PROC_LINK, 0700, 0, show_fd, 0, follow_fd };
const struct entry proc_fdinfo_entry = { "", PROC_FILE, 0444, 0, show_fdinfo, 0, 0 };

/* ---- limits and the rest ---- */

static void limit_value(struct text *to, uint64_t value)
{
    if (value == UINT64_MAX) {
        text_add(to, "%-20s ", "unlimited");
    } else {
        text_add(to, "%-20lu ", (unsigned long)value);
    }
}

static int show_limits(struct text *to, const struct subject *s)
{
    static const char *const name[16][2] = {
        [RLIMIT_CPU] = { "Max cpu time", "seconds" },
        [RLIMIT_FSIZE] = { "Max file size", "bytes" },
        [RLIMIT_DATA] = { "Max data size", "bytes" },
        [RLIMIT_STACK] = { "Max stack size", "bytes" },
        [RLIMIT_CORE] = { "Max core file size", "bytes" },
        [RLIMIT_RSS] = { "Max resident set", "bytes" },
        [RLIMIT_NPROC] = { "Max processes", "processes" },
        [RLIMIT_NOFILE] = { "Max open files", "files" },
        [RLIMIT_MEMLOCK] = { "Max locked memory", "bytes" },
        [RLIMIT_AS] = { "Max address space", "bytes" },
        [RLIMIT_LOCKS] = { "Max file locks", "locks" },
        [RLIMIT_SIGPENDING] = { "Max pending signals", "signals" },
        [RLIMIT_MSGQUEUE] = { "Max msgqueue size", "bytes" },
        [RLIMIT_NICE] = { "Max nice priority", "" },
        [RLIMIT_RTPRIO] = { "Max realtime priority", "" },
        [RLIMIT_RTTIME] = { "Max realtime timeout", "us" },
    };
    struct process *p;
    struct task *t;
    int err = subject_process(s, &p, &t);

    if (err) {
        return err;
    }
    text_add(to, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units");
    for (unsigned i = 0; i < 16; i++) {
        text_add(to, "%-25s ", name[i][0]);
        limit_value(to, p->limit[i].soft);
        limit_value(to, p->limit[i].hard);
        text_add(to, "%-10s\n", name[i][1]);
    }
    return 0;
}

static int show_io(struct text *to, const struct subject *s)
{
    (void)s;
    text_add(to, "rchar: 0\nwchar: 0\nsyscr: 0\nsyscw: 0\nread_bytes: 0\nwrite_bytes: 0\n"
                 "cancelled_write_bytes: 0\n");
    return 0;
}

static int show_oom_score(struct text *to, const struct subject *s)
{
    struct memory_info all;
    struct space_info m = { 0 };
    struct process *p;
    struct task *t;
    int err = subject_process(s, &p, &t);

    if (!err) {
        memory_info(&all);
        if (p->space) {
            space_info(p->space, &m);
        }
        text_add(to, "%lu\n",
                 (unsigned long)(m.resident_pages * 1000 / (all.total ? all.total : 1)));
    }
    return err;
}

static int show_oom_score_adj(struct text *to, const struct subject *s)
{
    struct process *p;
    struct task *t;
    int err = subject_process(s, &p, &t);

    if (!err) {
        text_add(to, "%d\n", p->oom_score_adj);
    }
    return err;
}

static int write_oom_score_adj(const struct subject *s, const char *text, size_t bytes)
{
    bool is_negative = bytes && text[0] == '-';
    int n = 0;
    struct process *p;
    struct task *t;
    int err = subject_process(s, &p, &t);

    if (err) {
        return err;
    }
    bytes -= bytes && text[bytes - 1] == '\n';
    for (size_t i = is_negative; i < bytes; i++) {
        if (text[i] < '0' || text[i] > '9' || n > 1000) {
            return -EINVAL;
        }
        n = n * 10 + text[i] - '0';
    }
    n = is_negative ? -n : n;
    if (n < -1000 || n > 1000 || bytes == (size_t)is_negative) {
        return -EINVAL;
    }
    if (n < p->oom_score_adj && !is_capable(&current->process->cred, CAP_SYS_RESOURCE)) {
        return -EACCES;
    }
    p->oom_score_adj = n;
    return 0;
}

static int show_wchan(struct text *to, const struct subject *s)
{
    struct process *p;
    struct task *t;
    int err = subject_process(s, &p, &t);

    if (!err) {
        text_add(to, "%s", t && task_state(p, t) == 'S' && t->waiting ? t->waiting : "0");
    }
    return err;
}

static int show_cgroup(struct text *to, const struct subject *s)
{
    (void)s;
    text_add(to, "0::/\n");
    return 0;
}

#define FILE_(name, mode, show)                                                                    \
    {                                                                                              \
        name, PROC_FILE, mode, 0, show, 0, 0                                                       \
    }
#define COMMON                                                                                     \
    FILE_("stat", 0444, show_stat), FILE_("statm", 0444, show_statm),                              \
        FILE_("status", 0444, show_status), FILE_("cmdline", 0444, show_cmdline),                  \
        FILE_("environ", 0400, show_environ), FILE_("auxv", 0400, show_auxv),                      \
        FILE_("maps", 0444, show_maps), FILE_("smaps", 0444, show_smaps),                          \
        FILE_("limits", 0444, show_limits), FILE_("io", 0400, show_io),                            \
        FILE_("oom_score", 0444, show_oom_score), FILE_("wchan", 0444, show_wchan),                \
        FILE_("cgroup", 0444, show_cgroup), FILE_("mounts", 0444, show_mounts),                    \
        FILE_("mountinfo", 0444, show_mountinfo),                                                  \
        { "comm", PROC_FILE, 0644, 0, show_comm, write_comm, 0 },                                  \
        { "oom_score_adj", PROC_FILE, 0644, 0, show_oom_score_adj, write_oom_score_adj, 0 },       \
        { "mem", PROC_MEMORY, 0600, 0, 0, 0, 0 },                                                  \
        { "exe", PROC_LINK, 0777, 0, show_exe, 0, follow_exe },                                    \
        { "cwd", PROC_LINK, 0777, 0, show_cwd, 0, follow_cwd },                                    \
        { "root", PROC_LINK, 0777, 0, show_root, 0, follow_root },                                 \
        { "fd", PROC_FDS, 0500, 0, 0, 0, 0 },                                                      \
    {                                                                                              \
        "fdinfo", PROC_FDINFOS, 0555, 0, 0, 0, 0                                                   \
    }

const struct entry proc_process_entries[] = { COMMON,
                                              { "task", PROC_TASKS, 0555, 0, 0, 0, 0 },
                                              { 0 } };
const struct entry proc_task_entries[] = { COMMON, { 0 } };
