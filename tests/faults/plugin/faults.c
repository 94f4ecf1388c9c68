/*
 * What a fault campaign has to know of the machine from outside: a plugin for QEMU's TCG (interface version 1).
 *
 *     text      which instructions of the driver are executed, or whether one that was changed is.  A translated block is the driver's if
 *               its words are those of the driver's image at these addresses, but for the changed one
 *     mail      what the agent in the machine says.  It stores a zero to the address mail + byte with an instruction
 *               that no compiler emits (AGENT_STORE); no driver is needed for that
 *     settle    after each access of a program to a device, the other threads of QEMU finish what they do, so that a disk answers at
 *               the same instruction in each run
 *
 * Arguments (name=value, separated by commas):
 *     elf=FILE      the driver's image
 *     out=FILE      what the agent says, line by line; and `A NUMBER` when the changed instruction of that fault is executed first
 *     plan=FILE     the faults: lines with number, operator, kind, address, old, new (hexadecimal), ...
 *     sites=FILE    the executed instructions between the agent's lines `golden` and `golden end`: address, word, how often
 *
 * One virtual CPU, -icount.
 */
#define _GNU_SOURCE /* gettid */
#include "../../../tools/bench/plugin/qemu_plugin.h"
#include "../agent.h"
#include "text.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

struct fault {
    uint64_t number, address;
    uint32_t word;
};

static struct text text;
static FILE *out;
static const char *sites;
static struct fault *faults;
static size_t fault_count;
static const struct fault *current; /* that the agent is busy with */
static bool is_active;

/* How often each instruction of the text was executed; at the begin of the golden run; in it. */
static uint64_t *counts, *before, *golden;

/* ---- mail ---- */

static char line[256];
static size_t line_bytes;

static void on_line(void)
{
    uint64_t number = 0;

    fprintf(out, "%s\n", line);
    if (sscanf(line, "B %" SCNu64, &number) == 1) {
        current = NULL;
        is_active = false;
        for (size_t i = 0; i < fault_count; i++) {
            if (faults[i].number == number) {
                current = &faults[i];
            }
        }
    }
    if (strcmp(line, "golden") == 0) {
        memcpy(before, counts, text.words * sizeof *counts);
    } else if (strcmp(line, "golden end") == 0) {
        for (size_t i = 0; i < text.words; i++) {
            golden[i] = counts[i] - before[i];
        }
    }
    fflush(out);
}

static void on_mail(unsigned int vcpu, qemu_plugin_meminfo_t info, uint64_t vaddr, void *data)
{
    char c = (char)(vaddr % AGENT_MAIL_BYTES);

    (void)vcpu;
    (void)info;
    (void)data;
    if (c == '\n') {
        line[line_bytes] = 0;
        line_bytes = 0;
        on_line();
    } else if (line_bytes + 1 < sizeof line) {
        line[line_bytes++] = c;
    }
}

/* ---- settle ---- */

#define THREADS      64
#define SETTLE_LOOKS 1000000

/* The status files of QEMU's other threads; which there are is looked up anew when one has ended or was begun. */
static struct {
    int file[THREADS];
    int count;
} threads;

static void threads_find(void)
{
    DIR *tasks = opendir("/proc/self/task");
    const struct dirent *task;
    char path[64];
    int self = gettid();

    while (threads.count) {
        close(threads.file[--threads.count]);
    }
    while (tasks && (task = readdir(tasks)) != NULL) {
        if (task->d_name[0] != '.' && atoi(task->d_name) != self && threads.count < THREADS) {
            snprintf(path, sizeof path, "/proc/self/task/%.20s/stat", task->d_name);
            threads.file[threads.count] = open(path, O_RDONLY | O_CLOEXEC);
            threads.count += threads.file[threads.count] >= 0;
        }
    }
    if (tasks) {
        closedir(tasks);
    }
}

/* Whether the thread waits for something; false as well: it has ended. */
static bool is_asleep(int file)
{
    char stat[128]; /* proc(5): number (name) state ... */
    ssize_t bytes = pread(file, stat, sizeof stat - 1, 0);
    const char *at;

    if (bytes <= 0) {
        threads_find();
        return false;
    }
    stat[bytes] = 0;
    at = strrchr(stat, ')');
    return at && at[1] == ' ' && at[2] == 'S';
}

static bool all_asleep(void)
{
    for (int i = 0; i < threads.count; i++) {
        if (!is_asleep(threads.file[i])) {
            return false;
        }
    }
    return true;
}

/* What wakes a thread makes it runnable before the waker goes on, so nobody is asleep who has something to do. */
static void settle(void)
{
    static nlink_t tasks;
    struct stat now;
    int quiet = 0;

    for (int i = 0; i < SETTLE_LOOKS && quiet < 2; i++) {
        if (stat("/proc/self/task", &now) == 0 && now.st_nlink != tasks) {
            tasks = now.st_nlink;
            threads_find();
        }
        quiet = all_asleep() ? quiet + 1 : 0;
        if (!quiet) {
            if (i < 20) {
                sched_yield();
            } else {
                usleep(30); /* the build machine is busy */
            }
        }
    }
}

#define REPEATS                                                                                    \
    32u /* stores to one register in a row: it is one for output, and nothing follows from them */

static void on_store(unsigned int vcpu, qemu_plugin_meminfo_t info, uint64_t vaddr, void *data)
{
    const struct qemu_plugin_hwaddr *at = qemu_plugin_get_hwaddr(info, vaddr);
    static uint64_t last, repeats;

    (void)vcpu;
    (void)data;
    if (qemu_plugin_mem_is_store(info) && at && qemu_plugin_hwaddr_is_io(at)) {
        repeats = vaddr == last ? repeats + 1 : 0;
        last = vaddr;
        if (repeats < REPEATS) {
            settle();
        }
    }
}

/* ---- text ---- */

static void on_changed(unsigned int vcpu, void *data)
{
    (void)vcpu;
    if (data == current && !is_active) {
        is_active = true;
        fprintf(out, "A %" PRIu64 "\n", current->number);
    }
}

static uint32_t word_of(const struct qemu_plugin_tb *tb, size_t i)
{
    uint32_t word;

    memcpy(&word, qemu_plugin_insn_data(qemu_plugin_tb_get_insn(tb, i)), sizeof word);
    return word;
}

/* How many words of the block are not the driver's; last: the last one. */
static size_t differences(const struct qemu_plugin_tb *tb, size_t *last)
{
    size_t found = 0;

    for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
        uint64_t at = qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(tb, i));
        uint32_t word;

        if (!text_word(&text, at, &word) || word != word_of(tb, i)) {
            found++;
            *last = i;
        }
    }
    return found;
}

static void watch_text(struct qemu_plugin_tb *tb)
{
    size_t n = qemu_plugin_tb_n_insns(tb), changed = 0;
    size_t found = differences(tb, &changed);

    if (found == 0 && sites) {
        for (size_t i = 0; i < n; i++) {
            struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
            uint64_t at = qemu_plugin_insn_vaddr(insn);

            qemu_plugin_register_vcpu_insn_exec_inline(insn, QEMU_PLUGIN_INLINE_ADD_U64,
                                                       &counts[(at - text.at) / 4], 1);
        }
    }
    if (found != 1) {
        return;
    }
    for (size_t i = 0; i < fault_count; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, changed);

        if (faults[i].address == qemu_plugin_insn_vaddr(insn) &&
            faults[i].word == word_of(tb, changed)) {
            qemu_plugin_register_vcpu_insn_exec_cb(insn, on_changed, QEMU_PLUGIN_CB_NO_REGS,
                                                   &faults[i]);
        }
    }
}

static void on_translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    uint64_t at = qemu_plugin_tb_vaddr(tb);
    bool is_driver_like = at >= text.at && at - text.at < text.words * 4;

    (void)id;
    if (at >> 55 & 1) {
        return; /* the kernel */
    }
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);

        if ((word_of(tb, i) & AGENT_STORE_MASK) == AGENT_STORE) {
            qemu_plugin_register_vcpu_mem_cb(insn, on_mail, QEMU_PLUGIN_CB_NO_REGS,
                                             QEMU_PLUGIN_MEM_RW, NULL);
        } else if (is_driver_like) {
            qemu_plugin_register_vcpu_mem_cb(insn, on_store, QEMU_PLUGIN_CB_NO_REGS,
                                             QEMU_PLUGIN_MEM_W, NULL);
        }
    }
    if (is_driver_like) {
        watch_text(tb);
    }
}

/* ---- begin and end ---- */

static void on_end(qemu_plugin_id_t id, void *data)
{
    FILE *to = sites ? fopen(sites, "w") : NULL;

    (void)id;
    (void)data;
    for (size_t i = 0; to && i < text.words; i++) {
        if (golden[i]) {
            fprintf(to, "%" PRIx64 " %08" PRIx32 " %" PRIu64 "\n", text.at + 4 * i, text.word[i],
                    golden[i]);
        }
    }
    if ((to && fclose(to)) || fclose(out)) {
        fputs("faults: cannot write the results\n", stderr);
    }
}

static bool plan_read(const char *name)
{
    char row[256];
    FILE *from = fopen(name, "r");

    while (from && fgets(row, sizeof row, from)) {
        struct fault f;

        faults = realloc(faults, (fault_count + 1) * sizeof *faults);
        if (!faults) {
            abort();
        }
        if (sscanf(row, "%" SCNu64 " %*s %*s %" SCNx64 " %*x %" SCNx32, &f.number, &f.address,
                   &f.word) == 3) {
            faults[fault_count++] = f;
        }
    }
    if (from) {
        fclose(from);
    }
    return from != NULL;
}

static bool argument(const char *arg)
{
    if (strncmp(arg, "out=", 4) == 0) {
        return (out = fopen(arg + 4, "w")) != NULL;
    }
    if (strncmp(arg, "elf=", 4) == 0) {
        return text_read(arg + 4, &text);
    }
    if (strncmp(arg, "plan=", 5) == 0) {
        return plan_read(arg + 5);
    }
    if (strncmp(arg, "sites=", 6) == 0) {
        return (sites = strdup(arg + 6)) != NULL;
    }
    return false;
}

int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
    if (!info->system_emulation || strcmp(info->target_name, "aarch64") != 0 ||
        info->system.smp_vcpus != 1) {
        fputs("faults: for one CPU of qemu-system-aarch64 only\n", stderr);
        return -1;
    }
    for (int i = 0; i < argc; i++) {
        if (!argument(argv[i])) {
            fprintf(stderr, "faults: bad argument: %s\n", argv[i]);
            return -1;
        }
    }
    if (!out || !text.words) {
        fputs("faults: needs elf= and out=\n", stderr);
        return -1;
    }
    counts = calloc(text.words, sizeof *counts);
    before = calloc(text.words, sizeof *before);
    golden = calloc(text.words, sizeof *golden);
    if (!counts || !before || !golden) {
        return -1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
    qemu_plugin_register_atexit_cb(id, on_end, NULL);
    return 0;
}
