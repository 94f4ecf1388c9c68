/* Tasks and processes: their numbers, their structures, the first one. */
#include "process.h"

#include <assert.h>
#include <linux/resource.h>
#include <linux/sched.h>
#include <string.h>
#include <tess/time.h>

#include "../fs/vfs.h"
#include "../mm/mm.h"
#include "native.h"
#include "seccomp.h"
#include "trace.h"

struct list processes = { &processes, &processes };
static struct task *task_of[TASKS_MAX];
static struct process *process_of[TASKS_MAX];
static int last_number;
struct process *init_process;

struct task *task_find(int tid)
{
    return tid > 0 && (unsigned)tid < TASKS_MAX ? task_of[tid] : NULL;
}

struct process *process_find(int pid)
{
    return pid > 0 && (unsigned)pid < TASKS_MAX ? process_of[pid] : NULL;
}

/* A number is taken as long as a process group or session has it. */
static bool is_taken(int n)
{
    if (task_of[n] || process_of[n]) {
        return true;
    }
    LIST_FOR(l, &processes)
    {
        struct process *p = CONTAINER(l, struct process, all);

        if (p->group == n || p->session == n) {
            return true;
        }
    }
    return false;
}

int process_number(void)
{
    for (unsigned tries = 0; tries < TASKS_MAX; tries++) {
        last_number = last_number + 1 < (int)TASKS_MAX ? last_number + 1 : 300;
        if (!is_taken(last_number)) {
            return last_number;
        }
    }
    return 0;
}

bool process_number_is_free(int number)
{
    return number > 0 && (unsigned)number < TASKS_MAX && !is_taken(number);
}

/* ---- tasks ---- */

/* sched(7): SCHED_RESET_ON_FORK */
static void inherit_schedule(struct task *t, const struct task *parent)
{
    bool is_real_time = parent->policy == SCHED_FIFO || parent->policy == SCHED_RR;
    struct process *p = t->process;

    if (!parent->resets_on_fork || !is_real_time) {
        t->policy = parent->policy;
        t->priority = parent->priority;
    }
    if (parent->resets_on_fork && p != parent->process && (is_real_time || p->nice < 0)) {
        p->nice = 0;
    }
}

struct task *task_new(struct process *p, const struct task *parent, int number)
{
    struct task *t = heap_alloc(sizeof *t);

    if (!t) {
        return NULL;
    }
    t->native = native_new(t);
    if (!t->native) {
        heap_free(t);
        return NULL;
    }
    t->process = p;
    t->consumed_before = native_consumed(t->native);
    t->tid = number;
    signal_task_init(t, parent);
    if (parent) {
        seccomp_inherit(t, parent);
        memcpy(t->name, parent->name, sizeof t->name);
        inherit_schedule(t, parent);
    }
    return t;
}

void task_add(struct task *t)
{
    struct process *p = t->process;

    list_append(&p->tasks, &t->peer);
    p->task_count++;
    task_of[t->tid] = t;
}

void task_discard(struct task *t)
{
    seccomp_task_exit(t);
    native_free(t->native);
    heap_free(t);
}

void task_renumber(struct task *t, int number)
{
    task_of[t->tid] = NULL;
    t->tid = number;
    task_of[t->tid] = t;
}

void task_remove(struct task *t)
{
    struct process *p = t->process;

    p->user_ns += native_consumed(t->native) - t->consumed_before;
    p->system_ns += tess_ns_of_ticks(t->system_ticks);
    trace_task_over(t, p->is_exiting ? p->exit_status : 0);
    signal_task_exit(t);
    list_remove(&t->peer);
    p->task_count--;
    task_of[t->tid] = NULL;
    if (t == current) {
        current = NULL;
    }
    task_discard(t);
}

/* ---- processes ---- */

void process_set_program(struct process *p, struct dentry *program)
{
    struct dentry *old = p->program;

    if (program) {
        dentry_get(program);
        dentry_inode(program)->executed++;
    }
    p->program = program;
    if (old) {
        dentry_inode(old)->executed--;
        dentry_put(old);
    }
}

struct process *process_new(const struct process *parent, int number)
{
    struct process *p = heap_alloc(sizeof *p);

    if (!p) {
        return NULL;
    }
    if (parent) {
        *p = *parent;
        p->user_ns = p->system_ns = p->children_user_ns = p->children_system_ns = 0;
        p->faults_minor = p->faults_major = 0;
        p->timers = NULL;
        p->vfork_waits = NULL;
        p->is_zombie = p->is_stopped = p->is_exiting = p->has_execed = false;
        p->stop_reported = p->continue_pending = p->is_subreaper = false;
        p->traced = 0;
        p->leader_trace = NULL;
        p->space = NULL;
        p->files = NULL;
        p->fs = NULL;
        p->actions = NULL;
        p->program = NULL;
        process_set_program(p, parent->program);
    }
    p->pid = number;
    p->task_count = 0;
    p->start_ns = now_ns();
    list_init(&p->children);
    list_init(&p->tasks);
    list_init(&p->tracees);
    list_init(&p->sibling);
    list_init(&p->all);
    wait_queue_init(&p->child_wait);
    wait_queue_init(&p->vfork_done);
    wait_queue_init(&p->continued);
    return p;
}

void process_add(struct process *p, struct process *parent, struct task *parent_task)
{
    p->parent = parent;
    p->parent_task = parent_task;
    if (parent) {
        list_append(&parent->children, &p->sibling);
    }
    list_append(&processes, &p->all);
    process_of[p->pid] = p;
}

void process_remove(struct process *p)
{
    list_remove(&p->sibling);
    list_remove(&p->all);
    process_of[p->pid] = NULL;
}

struct task *process_first(void)
{
    static const struct {
        unsigned which;
        uint64_t soft, hard;
    } limits[] = { { RLIMIT_STACK, 8ull << 20, ~0ull },
                   { RLIMIT_CORE, 0, ~0ull },
                   { RLIMIT_NPROC, TASKS_MAX / 2, TASKS_MAX / 2 },
                   { RLIMIT_NOFILE, 1024, 4096 },
                   { RLIMIT_MEMLOCK, 8ull << 20, 8ull << 20 },
                   { RLIMIT_SIGPENDING, 1024, 1024 },
                   { RLIMIT_MSGQUEUE, 819200, 819200 },
                   { RLIMIT_NICE, 0, 0 },
                   { RLIMIT_RTPRIO, 0, 0 } };
    struct process *p = process_new(NULL, 1);
    struct task *t = p ? task_new(p, NULL, 1) : NULL;

    assert(t);
    last_number = 1;
    for (unsigned i = 0; i < 16; i++) {
        p->limit[i].soft = p->limit[i].hard = ~0ull;
    }
    for (unsigned i = 0; i < sizeof limits / sizeof *limits; i++) {
        p->limit[limits[i].which].soft = limits[i].soft;
        p->limit[limits[i].which].hard = limits[i].hard;
    }
    p->cred.cap_effective = p->cred.cap_permitted = p->cred.cap_bounding = (1ull << 41) - 1;
    p->group = p->session = 1;
    p->exit_signal = SIGCHLD;
    init_process = p;
    process_add(p, NULL, NULL);
    task_add(t);
    return t;
}
