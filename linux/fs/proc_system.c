/* What /proc says of the system (proc(5)). */
#include <limits.h>
#include <linux/utsname.h>
#include <stdio.h>
#include <string.h>

#include <linux/msg.h>
#include <linux/sem.h>

#include "../ipc/ipc.h"
#include "../event/limits.h"
#include "../task/core.h"
#include "../task/features.h"
#include "../task/fiber.h"
#include "../task/identity.h"
#include "../task/native.h"
#include "../task/personality.h"
#include "../task/random.h"
#include "../task/usage.h"
#include "dentry.h"
#include "proc.h"

#define LOAD_PERIOD_NS 5000000000ull /* Linux: LOAD_FREQ */
#define LOAD_ONE       2048u         /* fixed point, Linux: FIXED_1 */

static unsigned long kib(uint64_t pages)
{
    return (unsigned long)(pages * (PAGE_SIZE / 1024));
}

/* ---- load ---- */

static uint64_t load[3];
static uint64_t load_until; /* counted up to this time, ns */

static void count_tasks(unsigned *running, unsigned *all, int *last)
{
    *running = *all = 0;
    *last = 0;
    LIST_FOR(l, &processes)
    {
        struct process *p = CONTAINER(l, struct process, all);

        *last = p->pid > *last ? p->pid : *last;
        LIST_FOR(k, &p->tasks)
        {
            char state = task_state(p, CONTAINER(k, struct task, peer));

            ++*all;
            *running += state == 'R' || state == 'D';
        }
    }
}

/*
 * Averages over 1, 5 and 15 minutes, with the constants of Linux (include/linux/sched/loadavg.h: EXP_1, EXP_5, EXP_15).  Counted when somebody
 * looks, for all periods since the last look: a timer would cost every system call a deadline.  Who looks is not counted.
 */
static void load_count(unsigned running)
{
    static const uint64_t keep[3] = { 1884, 2014, 2037 };
    uint64_t periods = (now_ns() - load_until) / LOAD_PERIOD_NS;

    load_until += periods * LOAD_PERIOD_NS;
    running -= running > 0;
    for (uint64_t n = 0; n < periods && n < 2000; n++) { /* then it has settled */
        for (unsigned i = 0; i < 3; i++) {
            load[i] = (load[i] * keep[i] + (uint64_t)running * LOAD_ONE * (LOAD_ONE - keep[i])) /
                      LOAD_ONE;
        }
    }
}

static int show_loadavg(struct text *to, const struct subject *s)
{
    unsigned running, all;
    int last;

    (void)s;
    count_tasks(&running, &all, &last);
    load_count(running);
    for (unsigned i = 0; i < 3; i++) {
        text_add(to, "%lu.%02lu ", (unsigned long)(load[i] / LOAD_ONE),
                 (unsigned long)(load[i] % LOAD_ONE * 100 / LOAD_ONE));
    }
    text_add(to, "%u/%u %d\n", running, all, last);
    return 0;
}

/* ---- time ---- */

/* Processor time of all processes, also of those that are over (their parents have it). */
static void busy(uint64_t *user, uint64_t *system)
{
    struct usage u;

    *user = *system = 0;
    LIST_FOR(l, &processes)
    {
        usage_of_process(CONTAINER(l, struct process, all), &u, true);
        *user += u.user_ns;
        *system += u.system_ns;
    }
}

static uint64_t idle_ns(void)
{
    uint64_t user, system, now = now_ns();

    busy(&user, &system);
    return now > user + system ? now - user - system : 0;
}

static int show_uptime(struct text *to, const struct subject *s)
{
    uint64_t up = now_ns() / TICK_NS, idle = idle_ns() / TICK_NS;

    (void)s;
    text_add(to, "%lu.%02lu %lu.%02lu\n", (unsigned long)(up / 100), (unsigned long)(up % 100),
             (unsigned long)(idle / 100), (unsigned long)(idle % 100));
    return 0;
}

static int show_stat(struct text *to, const struct subject *s)
{
    uint64_t user, system;
    unsigned running, all;
    int last;

    (void)s;
    busy(&user, &system);
    count_tasks(&running, &all, &last);
    for (unsigned i = 0; i < 2; i++) {
        text_add(to, "%s %lu 0 %lu %lu 0 0 0 0 0 0\n", i ? "cpu0" : "cpu ",
                 (unsigned long)(user / TICK_NS), (unsigned long)(system / TICK_NS),
                 (unsigned long)(idle_ns() / TICK_NS));
    }
    text_add(to, "intr 0\nctxt 0\nbtime %lu\nprocesses %d\nprocs_running %u\nprocs_blocked 0\n",
             (unsigned long)((now_real_ns() - now_ns()) / 1000000000), last, running);
    text_add(to, "softirq 0 0 0 0 0 0 0 0 0 0 0\n");
    return 0;
}

/* ---- memory ---- */

static int show_meminfo(struct text *to, const struct subject *s)
{
    struct memory_info m;
    unsigned long none = 0;

    (void)s;
    memory_info(&m);
    const struct {
        const char *name;
        unsigned long kib;
    } line[] = {
        { "MemTotal", kib(m.total) },
        { "MemFree", kib(m.free) },
        { "MemAvailable",
          kib(m.free + (m.cached > m.dirty + m.shared ? m.cached - m.dirty - m.shared : 0)) },
        { "Buffers", none },
        { "Cached", kib(m.cached) },
        { "SwapCached", none },
        { "Active", kib(m.anonymous) },
        { "Inactive", kib(m.cached) },
        { "SwapTotal", none },
        { "SwapFree", none },
        { "Dirty", kib(m.dirty) },
        { "Writeback", none },
        { "AnonPages", kib(m.anonymous) },
        { "Mapped", none },
        { "Shmem", kib(m.shared) },
        { "Slab", kib(m.heap) },
        { "SReclaimable", none },
        { "SUnreclaim", kib(m.heap) },
        { "CommitLimit", kib(m.total) },
        { "Committed_AS", kib(m.anonymous) },
    };

    for (unsigned i = 0; i < sizeof line / sizeof *line; i++) {
        text_add(to, "%s:%*lu kB\n", line[i].name, 23 - (int)strlen(line[i].name), line[i].kib);
    }
    return 0;
}

static int show_vmstat(struct text *to, const struct subject *s)
{
    struct memory_info m;

    (void)s;
    memory_info(&m);
    text_add(to,
             "nr_free_pages %lu\nnr_file_pages %lu\nnr_dirty %lu\nnr_anon_pages %lu\n"
             "pgpgin 0\npgpgout 0\npswpin 0\npswpout 0\n",
             (unsigned long)m.free, (unsigned long)m.cached, (unsigned long)m.dirty,
             (unsigned long)m.anonymous);
    return 0;
}

/* What the personality itself has taken, and from how much. */
static int show_memory(struct text *to, const struct subject *s)
{
    struct memory_info m;
    struct native_taken n;
    uint64_t used;

    (void)s;
    memory_info(&m);
    native_taken(&n);
    text_add(to, "pages free %lu cached %lu kept %lu heap %lu other %lu\n", (unsigned long)m.free,
             (unsigned long)(m.cached - m.shared), (unsigned long)m.shared, (unsigned long)m.heap,
             (unsigned long)m.anonymous);
    text_add(to, "kernel objects %lu of %lu KiB, slots %lu of %lu\n",
             (unsigned long)(n.objects / 1024), (unsigned long)(n.objects_all / 1024),
             (unsigned long)n.slots, (unsigned long)n.slots_all);
    text_add(to, "threads %u idle %u\nspaces %u idle %u\nfibers %u idle %u\n", n.threads,
             n.threads_free, n.spaces, n.spaces_free, fibers_made, fibers_idle);
    for (unsigned i = 0, bytes; heap_class(i, &bytes, &used); i++) {
        text_add(to, "heap %u: %lu\n", bytes, (unsigned long)used);
    }
    return 0;
}

/* ---- the machine ---- */

static int show_cpuinfo(struct text *to, const struct subject *s)
{
    uint64_t hz;

    (void)s;
    __asm__("mrs %0, cntfrq_el0" : "=r"(hz));
    text_add(to, "processor\t: 0\nBogoMIPS\t: %lu.%02lu\nFeatures\t: fp asimd",
             (unsigned long)(hz * 2 / 1000000), (unsigned long)(hz * 2 / 10000 % 100));
    for (unsigned n = 0; feature_name(n); n++) {
        text_add(to, " %s", feature_name(n));
    }
    text_add(to, "\nCPU architecture: 8\n\n");
    return 0;
}

static int show_version(struct text *to, const struct subject *s)
{
    const struct new_utsname *u = system_names();

    (void)s;
    text_add(to, "%s version %s %s\n", u->sysname, u->release, u->version);
    return 0;
}

static int show_filesystems(struct text *to, const struct subject *s)
{
    const struct file_system *f;

    (void)s;
    for (unsigned i = 0; (f = file_system_at(i)); i++) {
        text_add(to, "%s\t%s\n", f->is_virtual ? "nodev" : "", f->name);
    }
    return 0;
}

static int show_devices(struct text *to, const struct subject *s)
{
    (void)s;
    text_add(to, "Character devices:\n  1 mem\n  5 /dev/tty\n  5 /dev/console\n  5 /dev/ptmx\n"
                 "136 pts\n\nBlock devices:\n");
    return 0;
}

static int show_partitions(struct text *to, const struct subject *s)
{
    (void)s;
    text_add(to, "major minor  #blocks  name\n\n");
    return 0;
}

static int show_swaps(struct text *to, const struct subject *s)
{
    (void)s;
    text_add(to, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
    return 0;
}

static int show_interrupts(struct text *to, const struct subject *s)
{
    (void)s;
    text_add(to, "           CPU0       \n");
    return 0;
}

static int show_empty(struct text *to, const struct subject *s)
{
    (void)to, (void)s;
    return 0;
}

static int show_newline(struct text *to, const struct subject *s)
{
    (void)s;
    text_add(to, "\n");
    return 0;
}

static int show_self(struct text *to, const struct subject *s)
{
    (void)s;
    if (!current) {
        return -ENOENT;
    }
    text_add(to, "%d", current->process->pid);
    return 0;
}

static int show_thread_self(struct text *to, const struct subject *s)
{
    (void)s;
    if (!current) {
        return -ENOENT;
    }
    text_add(to, "%d/task/%d", current->process->pid, current->tid);
    return 0;
}

static int show_mounts_link(struct text *to, const struct subject *s)
{
    (void)s;
    text_add(to, "self/mounts");
    return 0;
}

static int show_unimplemented(struct text *to, const struct subject *s)
{
    char *lines = heap_alloc(8192);

    (void)s;
    if (!lines) {
        return -ENOMEM;
    }
    text_bytes(to, lines, unimplemented_text(lines, 8192));
    heap_free(lines);
    return 0;
}

/* ---- /proc/sys ---- */

#define NAME(function, field)                                                                      \
    static int function(struct text *to, const struct subject *s)                                  \
    {                                                                                              \
        (void)s;                                                                                   \
        text_add(to, "%s\n", system_names()->field);                                               \
        return 0;                                                                                  \
    }
NAME(show_hostname, nodename)
NAME(show_ostype, sysname)
NAME(show_osrelease, release)
NAME(show_osversion, version)
NAME(show_domainname, domainname)

#define VALUE(name, value)                                                                         \
    static int show_##name(struct text *to, const struct subject *s)                               \
    {                                                                                              \
        (void)s;                                                                                   \
        text_add(to, "%lu\n", (unsigned long)(value));                                             \
        return 0;                                                                                  \
    }
VALUE(pid_max, TASKS_MAX)
VALUE(ngroups_max, sizeof current->process->cred.groups / sizeof(uint32_t))
VALUE(cap_last_cap, 40)          /* linux/capability.h: CAP_LAST_CAP */
VALUE(random_bits, 256)          /* Linux: POOL_BITS */
VALUE(file_max, UINT64_MAX >> 1) /* the memory is the limit */
VALUE(nr_open, 1048576)          /* Linux: sysctl_nr_open */
VALUE(pipe_max, 1048576)         /* fs/pipe.c: PIPE_PAGES_MAX */
VALUE(zero, 0)
VALUE(map_max, 65530) /* Linux: DEFAULT_MAX_MAP_COUNT */

/* A number that root may set, up to INT_MAX. */
static int number_from(const char *text, size_t bytes, unsigned *to)
{
    uint64_t n = 0;
    size_t at = 0;

    for (; at < bytes && text[at] >= '0' && text[at] <= '9' && n <= INT_MAX; at++) {
        n = n * 10 + (unsigned)(text[at] - '0');
    }
    if (!at || n > INT_MAX || (at < bytes && text[at] != '\n')) {
        return -EINVAL;
    }
    *to = (unsigned)n;
    return 0;
}

#define SETTING(variable)                                                                          \
    static int show_##variable(struct text *to, const struct subject *s)                           \
    {                                                                                              \
        (void)s;                                                                                   \
        text_add(to, "%u\n", variable);                                                            \
        return 0;                                                                                  \
    }                                                                                              \
    static int set_##variable(const struct subject *s, const char *text, size_t bytes)             \
    {                                                                                              \
        (void)s;                                                                                   \
        return number_from(text, bytes, &variable);                                                \
    }
SETTING(inotify_queued_max)
SETTING(inotify_instances_max)
SETTING(inotify_watches_max)

static void add_uuid(struct text *to, const uint8_t *b)
{
    for (unsigned i = 0; i < 16; i++) {
        text_add(to, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", b[i]);
    }
    text_add(to, "\n");
}

static void make_uuid(uint8_t *b) /* RFC 4122, version 4 */
{
    random_bytes(b, 16);
    b[6] = (b[6] & 0x0f) | 0x40;
    b[8] = (b[8] & 0x3f) | 0x80;
}

static int show_uuid(struct text *to, const struct subject *s)
{
    uint8_t b[16];

    (void)s;
    make_uuid(b);
    add_uuid(to, b);
    return 0;
}

static int show_boot_id(struct text *to, const struct subject *s)
{
    static uint8_t b[16];

    (void)s;
    if (!b[6]) {
        make_uuid(b);
    }
    add_uuid(to, b);
    return 0;
}

/* ---- the system around the personality ---- */

static int show_components(struct text *to, const struct subject *s)
{
    (void)s;
    return personality_show(to, TEXT_COMPONENTS);
}

static int show_connections(struct text *to, const struct subject *s)
{
    (void)s;
    return personality_show(to, TEXT_CONNECTIONS);
}

static int show_events(struct text *to, const struct subject *s)
{
    (void)s;
    return personality_show(to, TEXT_EVENTS);
}

static int show_guests(struct text *to, const struct subject *s)
{
    (void)s;
    return personality_show(to, TEXT_GUESTS);
}

static int show_trace(struct text *to, const struct subject *s)
{
    (void)s;
    return personality_show(to, TEXT_TRACE);
}

static int order(const struct subject *s, const char *text, size_t bytes)
{
    char line[128] = { 0 };

    (void)s;
    if (!is_capable(&current->process->cred, 22 /* CAP_SYS_BOOT */)) {
        return -EPERM;
    }
    if (bytes >= sizeof line) {
        return -EINVAL;
    }
    memcpy(line, text, bytes);
    return personality_order(line);
}

static int switch_trace(const struct subject *s, const char *text, size_t bytes)
{
    bool is_on = bytes >= 2 && memcmp(text, "on", 2) == 0;

    (void)s;
    if (!is_capable(&current->process->cred, 21 /* CAP_SYS_ADMIN */)) {
        return -EPERM;
    }
    return is_on || (bytes >= 3 && memcmp(text, "off", 3) == 0) ? personality_trace(is_on)
                                                                : -EINVAL;
}

/* ---- System V IPC ---- */

#define IPC_TEXT(kind)                                                                             \
    static int show_##kind(struct text *to, const struct subject *s)                               \
    {                                                                                              \
        (void)s;                                                                                   \
        kind##_text(to);                                                                           \
        return 0;                                                                                  \
    }
IPC_TEXT(shm)
IPC_TEXT(sem)
IPC_TEXT(msg)

#define LIMIT(name, format, ...)                                                                   \
    static int show_##name(struct text *to, const struct subject *s)                               \
    {                                                                                              \
        (void)s;                                                                                   \
        text_add(to, format "\n", __VA_ARGS__);                                                    \
        return 0;                                                                                  \
    }
LIMIT(shmmax, "%lu", SHM_MOST)
LIMIT(shmmni, "%u", IPC_MOST)
LIMIT(msgmax, "%u", (unsigned)MSGMAX)
LIMIT(msgmnb, "%u", (unsigned)MSGMNB)
LIMIT(sem_limits, "%u\t%u\t%u\t%u", (unsigned)SEMMSL, (unsigned)SEMMNS, (unsigned)SEMOPM, IPC_MOST)

static int show_core_pattern(struct text *to, const struct subject *s)
{
    (void)s;
    text_add(to, "%s\n", core_pattern);
    return 0;
}

/* Programs that take core files ("|program") there are none. */
static int write_core_pattern(const struct subject *s, const char *text, size_t bytes)
{
    (void)s;
    bytes -= bytes && text[bytes - 1] == '\n';
    if (bytes >= sizeof core_pattern || (bytes && text[0] == '|')) {
        return -EINVAL;
    }
    memcpy(core_pattern, text, bytes);
    core_pattern[bytes] = 0;
    return 0;
}

static int show_core_uses_pid(struct text *to, const struct subject *s)
{
    (void)s;
    text_add(to, "%d\n", core_uses_pid);
    return 0;
}

static int write_core_uses_pid(const struct subject *s, const char *text, size_t bytes)
{
    (void)s;
    if (!bytes || (text[0] != '0' && text[0] != '1') || (bytes > 1 && text[1] != '\n')) {
        return -EINVAL;
    }
    core_uses_pid = text[0] == '1';
    return 0;
}

#define FILE_(name, show)                                                                          \
    {                                                                                              \
        name, PROC_FILE, 0444, 0, show, 0, 0                                                       \
    }
#define SETTING_(name, variable)                                                                   \
    {                                                                                              \
        name, PROC_FILE, 0644, 0, show_##variable, set_##variable, 0                               \
    }
#define DIR_(name, children)                                                                       \
    {                                                                                              \
        name, PROC_DIR, 0555, children, 0, 0, 0                                                    \
    }

static const struct entry
    sys_random[] = { FILE_("boot_id", show_boot_id),
                     FILE_("uuid", show_uuid),
                     FILE_("entropy_avail", show_random_bits),
                     FILE_("poolsize", show_random_bits),
                     { 0 } },
    sys_kernel[] = { FILE_("hostname", show_hostname),
                     FILE_("domainname", show_domainname),
                     FILE_("ostype", show_ostype),
                     FILE_("osrelease", show_osrelease),
                     FILE_("version", show_osversion),
                     FILE_("pid_max", show_pid_max),
                     { "core_pattern", PROC_FILE, 0644, 0, show_core_pattern, write_core_pattern,
                       0 },
                     { "core_uses_pid", PROC_FILE, 0644, 0, show_core_uses_pid, write_core_uses_pid,
                       0 },
                     FILE_("ngroups_max", show_ngroups_max),
                     FILE_("cap_last_cap", show_cap_last_cap),
                     DIR_("random", sys_random),
                     FILE_("shmmax", show_shmmax),
                     FILE_("shmall", show_shmmax),
                     FILE_("shmmni", show_shmmni),
                     FILE_("msgmax", show_msgmax),
                     FILE_("msgmnb", show_msgmnb),
                     FILE_("msgmni", show_shmmni),
                     FILE_("sem", show_sem_limits),
                     { 0 } },
    sys_inotify[] = { SETTING_("max_queued_events", inotify_queued_max),
                      SETTING_("max_user_instances", inotify_instances_max),
                      SETTING_("max_user_watches", inotify_watches_max),
                      { 0 } },
    sys_fs[] = { FILE_("file-max", show_file_max),
                 FILE_("nr_open", show_nr_open),
                 FILE_("pipe-max-size", show_pipe_max),
                 DIR_("inotify", sys_inotify),
                 { 0 } },
    sys_vm[] = { FILE_("overcommit_memory", show_zero),
                 FILE_("max_map_count", show_map_max),
                 FILE_("swappiness", show_zero),
                 { 0 } },
    sys[] = { DIR_("kernel", sys_kernel), DIR_("fs", sys_fs), DIR_("vm", sys_vm), { 0 } },
    sysvipc[] = { FILE_("shm", show_shm), FILE_("sem", show_sem), FILE_("msg", show_msg), { 0 } },
    tessera[] = { FILE_("unimplemented", show_unimplemented),
                  FILE_("components", show_components),
                  FILE_("connections", show_connections),
                  FILE_("events", show_events),
                  FILE_("guests", show_guests),
                  FILE_("memory", show_memory),
                  { "control", PROC_FILE, 0200, 0, 0, order, 0 },
                  { "trace", PROC_FILE, 0600, 0, show_trace, switch_trace, 0 },
                  { 0 } };

const struct entry proc_system_entries[] = {
    { "self", PROC_LINK, 0777, 0, show_self, 0, 0 },
    { "thread-self", PROC_LINK, 0777, 0, show_thread_self, 0, 0 },
    { "mounts", PROC_LINK, 0777, 0, show_mounts_link, 0, 0 },
    FILE_("cmdline", show_newline),
    FILE_("cpuinfo", show_cpuinfo),
    FILE_("devices", show_devices),
    FILE_("diskstats", show_empty),
    FILE_("filesystems", show_filesystems),
    FILE_("interrupts", show_interrupts),
    FILE_("loadavg", show_loadavg),
    FILE_("meminfo", show_meminfo),
    FILE_("partitions", show_partitions),
    FILE_("stat", show_stat),
    FILE_("swaps", show_swaps),
    FILE_("uptime", show_uptime),
    FILE_("version", show_version),
    FILE_("vmstat", show_vmstat),
    DIR_("sys", sys),
    DIR_("sysvipc", sysvipc),
    DIR_("tessera", tessera),
    { 0 },
};
