/* Who a process is: numbers, groups, sessions, users, capabilities, limits, names. */
#include <asm/unistd.h>
#include <linux/capability.h>
#include <linux/personality.h>
#include <linux/prctl.h>
#include <linux/resource.h>
#include <linux/securebits.h>
#include <linux/sysinfo.h>
#include <linux/utsname.h>
#include <string.h>

#include "../fs/vfs.h"
#include "../mm/mm.h"
#include "identity.h"
#include "process.h"
#include "seccomp.h"

long sys_getpid(struct task *t, const uint64_t *a)
{
    (void)a;
    return t->process->pid;
}

long sys_gettid(struct task *t, const uint64_t *a)
{
    (void)a;
    return t->tid;
}

long sys_getppid(struct task *t, const uint64_t *a)
{
    (void)a;
    return t->process->parent ? t->process->parent->pid : 0;
}

long sys_set_tid_address(struct task *t, const uint64_t *a)
{
    t->clear_child_tid = a[0];
    return t->tid;
}

/* ---- groups and sessions (POSIX, setpgid and setsid) ---- */

static struct process *self_or(struct task *t, int pid)
{
    return pid ? process_find(pid) : t->process;
}

static bool group_is_in_session(int group, int session)
{
    LIST_FOR(l, &processes)
    {
        struct process *p = CONTAINER(l, struct process, all);

        if (p->group == group && p->session == session) {
            return true;
        }
    }
    return false;
}

long sys_setpgid(struct task *t, const uint64_t *a)
{
    int pid = (int)a[0], group = (int)a[1];
    struct process *p = self_or(t, pid);

    if (group < 0) {
        return -EINVAL;
    }
    if (!p || p->is_zombie || (p != t->process && p->parent != t->process)) {
        return -ESRCH;
    }
    group = group ? group : p->pid;
    if (p != t->process && p->session != t->process->session) {
        return -EPERM;
    }
    if (p != t->process && p->has_execed) {
        return -EACCES;
    }
    if (p->session == p->pid || (group != p->pid && !group_is_in_session(group, p->session))) {
        return -EPERM;
    }
    p->group = group;
    return 0;
}

long sys_getpgid(struct task *t, const uint64_t *a)
{
    struct process *p = self_or(t, (int)a[0]);

    return p ? p->group : -ESRCH;
}

long sys_getsid(struct task *t, const uint64_t *a)
{
    struct process *p = self_or(t, (int)a[0]);

    return p ? p->session : -ESRCH;
}

long sys_setsid(struct task *t, const uint64_t *a)
{
    struct process *p = t->process;

    (void)a;
    LIST_FOR(l, &processes)
    {
        if (CONTAINER(l, struct process, all)->group == p->pid) {
            return -EPERM;
        }
    }
    p->group = p->session = p->pid;
    p->tty = NULL;
    return p->pid;
}

/* ---- users ---- */

bool is_capable(const struct credentials *cred, unsigned capability)
{
    return cred->cap_effective >> capability & 1;
}

void credentials_changed(struct task *t, const struct credentials *before)
{
    const struct credentials *c = &t->process->cred;

    if (c->euid != before->euid || c->egid != before->egid || c->fsuid != before->fsuid ||
        c->fsgid != before->fsgid || c->cap_permitted & ~before->cap_permitted) {
        t->process->is_undumpable = true;
        t->death_signal = 0;
    }
}

long sys_getuid(struct task *t, const uint64_t *a)
{
    (void)a;
    return t->process->cred.uid;
}

long sys_geteuid(struct task *t, const uint64_t *a)
{
    (void)a;
    return t->process->cred.euid;
}

long sys_getgid(struct task *t, const uint64_t *a)
{
    (void)a;
    return t->process->cred.gid;
}

long sys_getegid(struct task *t, const uint64_t *a)
{
    (void)a;
    return t->process->cred.egid;
}

#define BIT(capability)  (1ull << (capability))
#define ALL_CAPABILITIES (BIT(CAP_LAST_CAP + 1) - 1)
/* Those that the user of files has (Linux: CAP_FS_SET). */
#define FILE_CAPABILITIES                                                                          \
    (BIT(CAP_CHOWN) | BIT(CAP_MKNOD) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_DAC_READ_SEARCH) |          \
     BIT(CAP_FOWNER) | BIT(CAP_FSETID) | BIT(CAP_LINUX_IMMUTABLE) | BIT(CAP_MAC_OVERRIDE))

/* capabilities(7): what becomes of capabilities when user ids change. */
static void users_changed(struct task *t, const struct credentials *before)
{
    struct credentials *c = &t->process->cred;
    bool was_root = !before->uid || !before->euid || !before->suid;

    c->fsuid = c->euid;
    if (was_root && c->uid && c->euid && c->suid) {
        c->cap_permitted = c->keeps_capabilities ? c->cap_permitted : 0;
        c->cap_effective = 0;
    } else if (!before->euid && c->euid) {
        c->cap_effective = 0;
    } else if (before->euid && !c->euid) {
        c->cap_effective = c->cap_permitted;
    }
    credentials_changed(t, before);
}

long sys_setuid(struct task *t, const uint64_t *a)
{
    struct credentials *c = &t->process->cred, before = *c;
    uint32_t id = (uint32_t)a[0];

    if (id == UINT32_MAX) {
        return -EINVAL;
    }
    if (is_capable(c, CAP_SETUID)) {
        c->uid = c->suid = id;
    } else if (id != c->uid && id != c->suid) {
        return -EPERM;
    }
    c->euid = id;
    users_changed(t, &before);
    return 0;
}

long sys_setgid(struct task *t, const uint64_t *a)
{
    struct credentials *c = &t->process->cred, before = *c;
    uint32_t id = (uint32_t)a[0];

    if (id == UINT32_MAX) {
        return -EINVAL;
    }
    if (is_capable(c, CAP_SETGID)) {
        c->gid = c->sgid = id;
    } else if (id != c->gid && id != c->sgid) {
        return -EPERM;
    }
    c->egid = c->fsgid = id;
    credentials_changed(t, &before);
    return 0;
}

/* May id be one of the three, or is the caller privileged?  UINT32_MAX: unchanged. */
static bool id_ok(uint32_t id, uint32_t r, uint32_t e, uint32_t s, bool privileged)
{
    return id == UINT32_MAX || privileged || id == r || id == e || id == s;
}

long sys_setresuid(struct task *t, const uint64_t *a)
{
    struct credentials *c = &t->process->cred, before = *c;
    bool privileged = is_capable(c, CAP_SETUID);

    for (unsigned i = 0; i < 3; i++) {
        if (!id_ok((uint32_t)a[i], c->uid, c->euid, c->suid, privileged)) {
            return -EPERM;
        }
    }
    c->uid = (uint32_t)a[0] == UINT32_MAX ? c->uid : (uint32_t)a[0];
    c->euid = (uint32_t)a[1] == UINT32_MAX ? c->euid : (uint32_t)a[1];
    c->suid = (uint32_t)a[2] == UINT32_MAX ? c->suid : (uint32_t)a[2];
    users_changed(t, &before);
    return 0;
}

long sys_setresgid(struct task *t, const uint64_t *a)
{
    struct credentials *c = &t->process->cred, before = *c;
    bool privileged = is_capable(c, CAP_SETGID);

    for (unsigned i = 0; i < 3; i++) {
        if (!id_ok((uint32_t)a[i], c->gid, c->egid, c->sgid, privileged)) {
            return -EPERM;
        }
    }
    c->gid = (uint32_t)a[0] == UINT32_MAX ? c->gid : (uint32_t)a[0];
    c->egid = (uint32_t)a[1] == UINT32_MAX ? c->egid : (uint32_t)a[1];
    c->sgid = (uint32_t)a[2] == UINT32_MAX ? c->sgid : (uint32_t)a[2];
    c->fsgid = c->egid;
    credentials_changed(t, &before);
    return 0;
}

long sys_setreuid(struct task *t, const uint64_t *a)
{
    struct credentials *c = &t->process->cred, before = *c;
    bool privileged = is_capable(c, CAP_SETUID);
    uint32_t r = (uint32_t)a[0], e = (uint32_t)a[1];

    if (!id_ok(r, c->uid, c->euid, c->euid, privileged) ||
        !id_ok(e, c->uid, c->euid, c->suid, privileged)) {
        return -EPERM;
    }
    c->uid = r == UINT32_MAX ? c->uid : r;
    c->euid = e == UINT32_MAX ? c->euid : e;
    if (r != UINT32_MAX || (e != UINT32_MAX && e != before.uid)) {
        c->suid = c->euid;
    }
    users_changed(t, &before);
    return 0;
}

long sys_setregid(struct task *t, const uint64_t *a)
{
    struct credentials *c = &t->process->cred, before = *c;
    bool privileged = is_capable(c, CAP_SETGID);
    uint32_t r = (uint32_t)a[0], e = (uint32_t)a[1];

    if (!id_ok(r, c->gid, c->egid, c->egid, privileged) ||
        !id_ok(e, c->gid, c->egid, c->sgid, privileged)) {
        return -EPERM;
    }
    c->gid = r == UINT32_MAX ? c->gid : r;
    c->egid = e == UINT32_MAX ? c->egid : e;
    if (r != UINT32_MAX || (e != UINT32_MAX && e != before.gid)) {
        c->sgid = c->egid;
    }
    c->fsgid = c->egid;
    credentials_changed(t, &before);
    return 0;
}

static long three_to_user(const uint64_t *a, uint32_t r, uint32_t e, uint32_t s)
{
    return copy_to_user(a[0], &r, 4) || copy_to_user(a[1], &e, 4) || copy_to_user(a[2], &s, 4)
               ? -EFAULT
               : 0;
}

long sys_getresuid(struct task *t, const uint64_t *a)
{
    const struct credentials *c = &t->process->cred;

    return three_to_user(a, c->uid, c->euid, c->suid);
}

long sys_getresgid(struct task *t, const uint64_t *a)
{
    const struct credentials *c = &t->process->cred;

    return three_to_user(a, c->gid, c->egid, c->sgid);
}

long sys_setfsuid(struct task *t, const uint64_t *a)
{
    struct credentials *c = &t->process->cred, before = *c;
    uint32_t id = (uint32_t)a[0];

    if (id_ok(id, c->uid, c->euid, c->suid, is_capable(c, CAP_SETUID)) && id != UINT32_MAX) {
        c->fsuid = id;
        if (!before.fsuid && id) {
            c->cap_effective &= ~FILE_CAPABILITIES;
        } else if (before.fsuid && !id) {
            c->cap_effective |= c->cap_permitted & FILE_CAPABILITIES;
        }
        credentials_changed(t, &before);
    }
    return before.fsuid;
}

long sys_setfsgid(struct task *t, const uint64_t *a)
{
    struct credentials *c = &t->process->cred, before = *c;
    uint32_t id = (uint32_t)a[0];

    if (id_ok(id, c->gid, c->egid, c->sgid, is_capable(c, CAP_SETGID)) && id != UINT32_MAX) {
        c->fsgid = id;
        credentials_changed(t, &before);
    }
    return before.fsgid;
}

long sys_getgroups(struct task *t, const uint64_t *a)
{
    const struct credentials *c = &t->process->cred;

    if ((int)a[0] < 0 || (a[0] && a[0] < c->group_count)) {
        return -EINVAL;
    }
    if (a[0] && copy_to_user(a[1], c->groups, 4ull * c->group_count)) {
        return -EFAULT;
    }
    return c->group_count;
}

long sys_setgroups(struct task *t, const uint64_t *a)
{
    struct credentials *c = &t->process->cred;
    uint32_t groups[32];

    if (!is_capable(c, CAP_SETGID)) {
        return -EPERM;
    }
    if (a[0] > sizeof groups / sizeof *groups) {
        return -EINVAL;
    }
    if (copy_from_user(groups, a[1], 4 * a[0])) {
        return -EFAULT;
    }
    memcpy(c->groups, groups, 4 * a[0]);
    c->group_count = (uint32_t)a[0];
    return 0;
}

/* ---- capabilities ---- */

static int capability_header(uint64_t at, struct __user_cap_header_struct *h, unsigned *words)
{
    if (copy_from_user(h, at, sizeof *h)) {
        return -EFAULT;
    }
    switch (h->version) {
    case _LINUX_CAPABILITY_VERSION_1:
        *words = 1;
        return 0;
    case _LINUX_CAPABILITY_VERSION_2:
    case _LINUX_CAPABILITY_VERSION_3:
        *words = 2;
        return 0;
    default:
        h->version = _LINUX_CAPABILITY_VERSION_3;
        return copy_to_user(at, h, sizeof *h) ? -EFAULT : -EINVAL;
    }
}

long sys_capget(struct task *t, const uint64_t *a)
{
    struct __user_cap_header_struct h;
    struct __user_cap_data_struct d[2];
    unsigned words;
    int err = capability_header(a[0], &h, &words);
    struct process *p;

    if (err) {
        return err == -EINVAL && !a[1] ? 0 : err;
    }
    p = self_or(t, h.pid);
    if (!p || h.pid < 0) {
        return h.pid < 0 ? -EINVAL : -ESRCH;
    }
    for (unsigned i = 0; i < 2; i++) {
        d[i].effective = (uint32_t)(p->cred.cap_effective >> 32 * i);
        d[i].permitted = (uint32_t)(p->cred.cap_permitted >> 32 * i);
        d[i].inheritable = (uint32_t)(p->cred.cap_inheritable >> 32 * i);
    }
    return a[1] ? copy_to_user(a[1], d, words * sizeof *d) : 0;
}

long sys_capset(struct task *t, const uint64_t *a)
{
    struct credentials *c = &t->process->cred;
    struct __user_cap_header_struct h;
    struct __user_cap_data_struct d[2] = { 0 };
    uint64_t effective, permitted, inheritable;
    unsigned words;
    int err = capability_header(a[0], &h, &words);

    if (err) {
        return err;
    }
    if (h.pid && h.pid != t->process->pid && h.pid != t->tid) {
        return -EPERM;
    }
    if (copy_from_user(d, a[1], words * sizeof *d)) {
        return -EFAULT;
    }
    effective = (d[0].effective | (uint64_t)d[1].effective << 32) & ALL_CAPABILITIES;
    permitted = (d[0].permitted | (uint64_t)d[1].permitted << 32) & ALL_CAPABILITIES;
    inheritable = (d[0].inheritable | (uint64_t)d[1].inheritable << 32) & ALL_CAPABILITIES;
    if (permitted & ~c->cap_permitted || effective & ~permitted ||
        inheritable & ~(c->cap_inheritable | c->cap_bounding) ||
        (inheritable & ~(c->cap_inheritable | c->cap_permitted) && !is_capable(c, CAP_SETPCAP))) {
        return -EPERM;
    }
    c->cap_effective = effective;
    c->cap_permitted = permitted;
    c->cap_inheritable = inheritable;
    return 0;
}

/* ---- limits ---- */

static long set_limit(struct process *self, struct process *p, unsigned which,
                      const struct rlimit64 *r)
{
    if (r->rlim_cur > r->rlim_max) {
        return -EINVAL;
    }
    if (which == RLIMIT_NOFILE && r->rlim_max > 1048576) {
        return -EPERM;
    }
    if (r->rlim_max > p->limit[which].hard && !is_capable(&self->cred, CAP_SYS_RESOURCE)) {
        return -EPERM;
    }
    p->limit[which].soft = r->rlim_cur;
    p->limit[which].hard = r->rlim_max;
    if (which == RLIMIT_CPU && r->rlim_cur != ~0ull) {
        cpu_limit_changed();
    }
    return 0;
}

/* prlimit(2): all three users and groups of the other are the caller's real ones. */
static bool may_limit(const struct credentials *c, const struct credentials *of)
{
    return is_capable(c, CAP_SYS_RESOURCE) ||
           (c->uid == of->uid && c->uid == of->euid && c->uid == of->suid && c->gid == of->gid &&
            c->gid == of->egid && c->gid == of->sgid);
}

long sys_prlimit64(struct task *t, const uint64_t *a)
{
    struct task *of = a[0] ? task_find((int)a[0]) : t;
    struct process *p = of ? of->process : process_find((int)a[0]);
    unsigned which = (unsigned)a[1];
    struct rlimit64 old, new = { 0 };
    long err = 0;

    if (a[2] && copy_from_user(&new, a[2], sizeof new)) {
        return -EFAULT;
    }
    if (!p) {
        return -ESRCH;
    }
    if (p != t->process && !may_limit(&t->process->cred, &p->cred)) {
        return -EPERM;
    }
    if (which >= RLIM_NLIMITS) {
        return -EINVAL;
    }
    old = (struct rlimit64){ p->limit[which].soft, p->limit[which].hard };
    if (a[2]) {
        err = set_limit(t->process, p, which, &new);
    }
    return err ? err : a[3] && copy_to_user(a[3], &old, sizeof old) ? -EFAULT : 0;
}

long sys_getrlimit(struct task *t, const uint64_t *a)
{
    uint64_t b[4] = { 0, a[0], 0, a[1] };

    return a[1] ? sys_prlimit64(t, b) : -EFAULT;
}

long sys_setrlimit(struct task *t, const uint64_t *a)
{
    uint64_t b[4] = { 0, a[0], a[1], 0 };

    return a[1] ? sys_prlimit64(t, b) : -EFAULT;
}

/* ---- names of the system ---- */

static struct new_utsname uts = {
    .sysname = "Linux",
    .nodename = "tessera",
    .release = TESSERA_LINUX_RELEASE,
    .version = "#1 Tessera",
    .machine = "aarch64",
    .domainname = "(none)",
};

const struct new_utsname *system_names(void)
{
    return &uts;
}

long sys_uname(struct task *t, const uint64_t *a)
{
    (void)t;
    return copy_to_user(a[0], &uts, sizeof uts);
}

static long set_name(struct task *t, char *name, uint64_t from, uint64_t bytes)
{
    char text[65] = { 0 };

    if (!is_capable(&t->process->cred, CAP_SYS_ADMIN)) {
        return -EPERM;
    }
    if (bytes > 64) {
        return -EINVAL;
    }
    if (copy_from_user(text, from, bytes)) {
        return -EFAULT;
    }
    memcpy(name, text, sizeof text);
    return 0;
}

long sys_sethostname(struct task *t, const uint64_t *a)
{
    return set_name(t, uts.nodename, a[0], a[1]);
}

long sys_setdomainname(struct task *t, const uint64_t *a)
{
    return set_name(t, uts.domainname, a[0], a[1]);
}

long sys_sysinfo(struct task *t, const uint64_t *a)
{
    struct memory_info m;
    struct sysinfo s = { .uptime = (long)(now_ns() / 1000000000), .mem_unit = 1 };

    (void)t;
    memory_info(&m);
    s.totalram = m.total * PAGE_SIZE;
    s.freeram = m.free * PAGE_SIZE;
    s.bufferram = 0;
    s.sharedram = m.shared * PAGE_SIZE;
    LIST_FOR(l, &processes)
    {
        s.procs++;
    }
    return copy_to_user(a[0], &s, sizeof s);
}

long sys_personality(struct task *t, const uint64_t *a)
{
    uint32_t old = t->process->personality;

    if ((uint32_t)a[0] != UINT32_MAX) {
        t->process->personality = (uint32_t)a[0];
    }
    return old;
}

/* ---- prctl ---- */

static long name_to_user(struct task *t, uint64_t to)
{
    return copy_to_user(to, t->name, sizeof t->name);
}

static long name_from_user(struct task *t, uint64_t from)
{
    char name[16] = { 0 };
    long n = copy_text_from_user(name, from, sizeof name);

    if (n == -EFAULT) {
        return n;
    }
    name[15] = 0;
    memcpy(t->name, name, sizeof t->name);
    if (t->tid == t->process->pid) {
        memcpy(t->process->name, name, sizeof name);
    }
    return 0;
}

static long int_to_user(uint64_t to, int value)
{
    return copy_to_user(to, &value, sizeof value);
}

long sys_prctl(struct task *t, const uint64_t *a)
{
    struct process *p = t->process;

    switch ((int)a[0]) {
    case PR_SET_PDEATHSIG:
        if (a[1] > SIGNALS) {
            return -EINVAL;
        }
        t->death_signal = (int)a[1];
        return 0;
    case PR_GET_PDEATHSIG:
        return int_to_user(a[1], t->death_signal);
    case PR_GET_DUMPABLE:
        return p->is_undumpable ? 0 : 1;
    case PR_SET_DUMPABLE:
        if (a[1] > 1) {
            return -EINVAL;
        }
        p->is_undumpable = !a[1];
        return 0;
    case PR_SET_NAME:
        return name_from_user(t, a[1]);
    case PR_GET_NAME:
        return name_to_user(t, a[1]);
    case PR_SET_NO_NEW_PRIVS:
        if (a[1] != 1 || a[2] || a[3] || a[4]) {
            return -EINVAL;
        }
        p->no_new_privileges = true;
        return 0;
    case PR_GET_NO_NEW_PRIVS:
        return p->no_new_privileges;
    case PR_SET_CHILD_SUBREAPER:
        p->is_subreaper = a[1] != 0;
        return 0;
    case PR_GET_CHILD_SUBREAPER:
        return int_to_user(a[1], p->is_subreaper);
    case PR_CAPBSET_READ:
        return a[1] > 40 ? -EINVAL : (long)(p->cred.cap_bounding >> a[1] & 1);
    case PR_CAPBSET_DROP:
        if (!is_capable(&p->cred, CAP_SETPCAP)) {
            return -EPERM;
        }
        if (a[1] > 40) {
            return -EINVAL;
        }
        p->cred.cap_bounding &= ~(1ull << a[1]);
        return 0;
    case PR_SET_KEEPCAPS:
        if (a[1] > 1) {
            return -EINVAL;
        }
        p->cred.keeps_capabilities = a[1];
        return 0;
    case PR_GET_KEEPCAPS:
        return p->cred.keeps_capabilities;
    case PR_GET_SECUREBITS:
        return p->cred.keeps_capabilities ? SECBIT_KEEP_CAPS : 0;
    case PR_GET_TIMING:
        return PR_TIMING_STATISTICAL;
    case PR_SET_TIMERSLACK:
    case PR_SET_VMA:
        return 0;
    case PR_GET_TIMERSLACK:
        return 50000;
    case PR_GET_TID_ADDRESS:
        return copy_to_user(a[1], &t->clear_child_tid, 8);
    case PR_GET_SECCOMP:
        return t->seccomp_mode;
    case PR_SET_SECCOMP:
        return seccomp_set_mode(t, a[1], a[2]);
    case PR_SET_TAGGED_ADDR_CTRL:
    case PR_GET_TAGGED_ADDR_CTRL:
    case PR_CAP_AMBIENT:
        return -EINVAL;
    default:
        unimplemented("prctl", a[0]);
        return -EINVAL;
    }
}
