/* execve: ELF programs and scripts. */
#include <asm/auxvec.h>
#include <linux/mman.h>
#include <linux/auxvec.h>
#include <linux/elf.h>
#include <linux/resource.h>
#include <string.h>

#include "../fs/vfs.h"
#include "../mm/mm.h"
#include "features.h"
#include "native.h"
#include "process.h"
#include "trace.h"
#include "random.h"
#include "vdso.h"

#define ARGUMENTS_MAX (2ull << 20) /* bytes of arguments and environment, with their pointers */
#define TEXT_MAX      (128u << 10) /* of one: MAX_ARG_STRLEN */
#define SCRIPT_DEPTH  5u
#define HEADERS_MAX   64u
#define DYN_BASE      0x555555550000ull /* where position-independent programs are put */
#define INTERP_ALIGN  0x10000ull
#define STACK_LOWEST  (132u << 10) /* bytes of the stack's first mapping */

/* Texts, one behind the other, with their NULs, in pages of the heap's. */
struct texts {
    char *bytes;
    size_t used, room;
    unsigned count;
};

struct program {
    struct file *file;
    struct elf64_hdr header;
    struct elf64_phdr ph[HEADERS_MAX];
    uint64_t base, entry, headers_at, end, code_start, code_end, data_start, data_end;
    bool has_stack_exec;
};

struct exec {
    struct texts arguments, environment;
    char path[PATH_BYTES_MAX]; /* for AT_EXECFN, and of a script */
    struct program program, interpreter;
    bool has_interpreter;
    struct space *space;
    char name[16];
};

/* ---- arguments ---- */

static int texts_grow(struct texts *x, size_t more)
{
    if (x->used + more > ARGUMENTS_MAX) {
        return -E2BIG;
    }
    if (x->used + more > x->room) {
        size_t room = x->room ? 2 * x->room : 2032;
        char *bigger;

        while (room < x->used + more) {
            room *= 2;
        }
        bigger = heap_alloc(room);
        if (!bigger) {
            return -ENOMEM;
        }
        if (x->used) {
            memcpy(bigger, x->bytes, x->used);
        }
        heap_free(x->bytes);
        x->bytes = bigger;
        x->room = room;
    }
    return 0;
}

static int texts_add(struct texts *x, const char *text)
{
    size_t bytes = strlen(text) + 1;
    int err = texts_grow(x, bytes);

    if (!err) {
        memcpy(x->bytes + x->used, text, bytes);
        x->used += bytes;
        x->count++;
    }
    return err;
}

static int texts_add_user(struct texts *x, uint64_t from)
{
    size_t guess = 256;

    for (;;) {
        int err = texts_grow(x, guess);
        long n;

        if (err) {
            return err;
        }
        n = copy_text_from_user(x->bytes + x->used, from, x->room - x->used);
        if (n >= 0) {
            x->used += (size_t)n + 1;
            x->count++;
            return 0;
        }
        if (n != -ENAMETOOLONG) {
            return (int)n;
        }
        guess = x->room - x->used + 1;
        if (guess > TEXT_MAX) {
            return -E2BIG;
        }
    }
}

static int texts_from_user(struct texts *x, uint64_t array)
{
    for (uint64_t at = array; array; at += 8) {
        uint64_t text;
        int err = copy_from_user(&text, at, sizeof text);

        if (err || !text) {
            return err;
        }
        err = texts_add_user(x, text);
        if (err) {
            return err;
        }
    }
    return 0;
}

/* Put `text` before the others, in place of the first if it is asked. */
static int texts_prepend(struct texts *x, const char *text, bool replaces)
{
    size_t bytes = strlen(text) + 1, gone = replaces && x->count ? strlen(x->bytes) + 1 : 0;
    int err = texts_grow(x, bytes);

    if (!err) {
        memmove(x->bytes + bytes, x->bytes + gone, x->used - gone);
        memcpy(x->bytes, text, bytes);
        x->used += bytes - gone;
        x->count += !gone;
    }
    return err;
}

/* ---- reading files ---- */

static long file_read_at(struct file *f, void *to, size_t bytes, uint64_t at)
{
    struct uio u;

    uio_kernel(&u, to, bytes);
    return f->ops->read ? f->ops->read(f, &u, &at) : -ENOEXEC;
}

/* A pipe is not waited for; a socket, or a device that nobody serves, is no program either. */
static int why_not_opened(int dirfd, const char *path, int err)
{
    struct file *f = err == -EBADF && !*path ? fd_file(dirfd) : NULL;

    if (f) { /* it is open, and has no place in the tree */
        file_put(f);
    }
    return f || err == -ENXIO ? -EACCES : err;
}

static int open_program(int dirfd, const char *path, uint32_t flags, struct file **out)
{
    struct file *f;
    int err = file_open(dirfd, path, O_RDONLY | O_NONBLOCK | flags, 0, &f);

    if (err) {
        return why_not_opened(dirfd, path, err);
    }
    if ((f->inode->mode & S_IFMT) != S_IFREG ||
        (f->mount && mount_flags(f->mount) & 8 /* MS_NOEXEC */) || !(f->inode->mode & 0111) ||
        inode_may(f->inode, MAY_EXEC)) {
        file_put(f);
        return -EACCES;
    }
    if (f->inode->writers) {
        file_put(f);
        return -ETXTBSY;
    }
    *out = f;
    return 0;
}

/* ---- ELF (System V ABI, chapters 4 and 5) ---- */

static int read_headers(struct program *p)
{
    struct elf64_hdr *h = &p->header;
    long n = file_read_at(p->file, h, sizeof *h, 0);
    size_t bytes;

    if (n < 0) {
        return (int)n;
    }
    if (n < (long)sizeof *h || memcmp(h->e_ident, ELFMAG, SELFMAG) != 0 ||
        h->e_ident[EI_CLASS] != ELFCLASS64 || h->e_ident[EI_DATA] != ELFDATA2LSB ||
        (h->e_type != ET_EXEC && h->e_type != ET_DYN) || h->e_machine != EM_AARCH64 ||
        h->e_phentsize != sizeof p->ph[0] || !h->e_phnum || h->e_phnum > HEADERS_MAX) {
        return -ENOEXEC;
    }
    bytes = h->e_phnum * sizeof p->ph[0];
    n = file_read_at(p->file, p->ph, bytes, h->e_phoff);
    return n < 0 ? (int)n : n == (long)bytes ? 0 : -ENOEXEC;
}

static uint64_t page_floor(uint64_t a)
{
    return a & -PAGE_SIZE;
}

static uint64_t page_ceiling(uint64_t a)
{
    return (a + PAGE_SIZE - 1) & -PAGE_SIZE;
}

static int segments_check(const struct program *p, uint64_t *low, uint64_t *high)
{
    bool any = false;

    *low = ~0ull;
    *high = 0;
    for (unsigned i = 0; i < p->header.e_phnum; i++) {
        const struct elf64_phdr *s = &p->ph[i];

        if (s->p_type != PT_LOAD || !s->p_memsz) {
            continue;
        }
        if (s->p_filesz > s->p_memsz || s->p_vaddr > TESS_USER_TOP || s->p_memsz > TESS_USER_TOP ||
            s->p_vaddr % PAGE_SIZE != s->p_offset % PAGE_SIZE || (any && s->p_vaddr < *low)) {
            return -ENOEXEC;
        }
        *low = any ? *low : page_floor(s->p_vaddr);
        *high = page_ceiling(s->p_vaddr + s->p_memsz);
        any = true;
    }
    return any && *low < *high ? 0 : -ENOEXEC;
}

static int map_segment(struct space *space, struct program *p, const struct elf64_phdr *s)
{
    uint64_t at = p->base + s->p_vaddr, from = page_floor(at);
    uint64_t file_end = at + s->p_filesz, end = at + s->p_memsz;
    uint64_t bss = s->p_filesz ? page_ceiling(file_end) : from;
    uint32_t prot = (s->p_flags & PF_R ? PROT_READ : 0) | (s->p_flags & PF_W ? PROT_WRITE : 0) |
                    (s->p_flags & PF_X ? PROT_EXEC : 0);
    long err = 0;

    if (s->p_filesz) {
        err = space_map(space, from, page_ceiling(file_end) - from, prot, MAP_PRIVATE | MAP_FIXED,
                        p->file, page_floor(s->p_offset));
    }
    if (err >= 0 && page_ceiling(end) > bss) {
        err = space_map(space, bss, page_ceiling(end) - bss, prot,
                        MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, NULL, 0);
    }
    /* What follows the file's part in its last page is zero.  A file that ends before has no such page: as under Linux the program
     * begins, and has a SIGBUS when it gets there. */
    if (err >= 0 && end > file_end && s->p_filesz && file_end % PAGE_SIZE && prot & PROT_WRITE) {
        static const char zeros[PAGE_SIZE];

        (void)space_write(space, file_end, zeros, page_ceiling(file_end) - file_end);
    }
    return err < 0 ? (int)err : 0;
}

static void note_segment(struct program *p, const struct elf64_phdr *s)
{
    uint64_t at = p->base + s->p_vaddr;

    if (s->p_offset <= p->header.e_phoff && p->header.e_phoff < s->p_offset + s->p_filesz) {
        p->headers_at = at + (p->header.e_phoff - s->p_offset);
    }
    if (s->p_flags & PF_X) {
        p->code_start = p->code_start ? p->code_start : at;
        p->code_end = at + s->p_filesz;
    } else if (s->p_flags & PF_W) {
        p->data_start = p->data_start ? p->data_start : at;
        p->data_end = at + s->p_filesz;
    }
    p->end = page_ceiling(at + s->p_memsz);
}

/* where: for ET_DYN; 0: wherever there is room. */
static int map_program(struct space *space, struct program *p, uint64_t where)
{
    uint64_t low, high;
    int err = segments_check(p, &low, &high);

    if (err) {
        return err;
    }
    if (p->header.e_type == ET_DYN) {
        long at = space_map(space, where, high - low + INTERP_ALIGN, PROT_NONE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, NULL, 0);

        if (at < 0) {
            return (int)at;
        }
        (void)space_unmap(space, (uint64_t)at, high - low + INTERP_ALIGN);
        p->base = (((uint64_t)at + INTERP_ALIGN - 1) & -INTERP_ALIGN) - low;
    }
    for (unsigned i = 0; i < p->header.e_phnum && !err; i++) {
        const struct elf64_phdr *s = &p->ph[i];

        if (s->p_type == PT_LOAD && s->p_memsz) {
            err = map_segment(space, p, s);
            note_segment(p, s);
        }
    }
    p->entry = p->base + p->header.e_entry;
    return err;
}

/* ---- scripts ---- */

/* "#!interpreter argument": change path and arguments.  1: it is one; 0: it is none. */
static int script(struct exec *x, struct file *f)
{
    char line[256], *name, *end, *argument;
    long n = file_read_at(f, line, sizeof line - 1, 0);
    int err;

    if (n < 2 || line[0] != '#' || line[1] != '!') {
        return 0;
    }
    line[n] = 0;
    end = strchr(line, '\n');
    if (!end) {
        if (n == (long)sizeof line - 1) {
            return -ENOEXEC;
        }
        end = line + n;
    }
    while (end > line + 2 && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r')) {
        end--;
    }
    *end = 0;
    for (name = line + 2; *name == ' ' || *name == '\t'; name++) {
    }
    if (!*name) {
        return -ENOEXEC;
    }
    for (argument = name; *argument && *argument != ' ' && *argument != '\t'; argument++) {
    }
    if (*argument) {
        *argument++ = 0;
        while (*argument == ' ' || *argument == '\t') {
            argument++;
        }
    }
    err = texts_prepend(&x->arguments, x->path, true);
    if (!err && *argument) {
        err = texts_prepend(&x->arguments, argument, false);
    }
    err = err ? err : texts_prepend(&x->arguments, name, false);
    if (err) {
        return err;
    }
    strncpy(x->path, name, sizeof x->path - 1);
    return 1;
}

static void name_from(struct exec *x, const char *path)
{
    const char *slash = strrchr(path, '/');

    const char *name = slash ? slash + 1 : path;
    size_t bytes = strlen(name);

    memset(x->name, 0, sizeof x->name);
    memcpy(x->name, name, bytes < sizeof x->name ? bytes : sizeof x->name - 1);
}

/* Open what the path names, through scripts. */
static int find_program(struct exec *x, int dirfd, uint32_t flags)
{
    for (unsigned depth = 0;; depth++) {
        struct file *f;
        int err = open_program(depth ? AT_FDCWD : dirfd, x->path, depth ? 0 : flags, &f);

        if (err) {
            return err;
        }
        if (!depth) {
            name_from(x, x->path);
        }
        err = script(x, f);
        if (err == 0) {
            x->program.file = f;
            return 0;
        }
        file_put(f);
        if (err < 0 || depth == SCRIPT_DEPTH) {
            return err < 0 ? err : -ELOOP;
        }
    }
}

static int find_interpreter(struct exec *x)
{
    for (unsigned i = 0; i < x->program.header.e_phnum; i++) {
        const struct elf64_phdr *s = &x->program.ph[i];
        char path[256];
        int err;

        if (s->p_type == PT_GNU_STACK) {
            x->program.has_stack_exec = s->p_flags & PF_X;
        }
        if (s->p_type != PT_INTERP || x->has_interpreter) {
            continue;
        }
        if (s->p_filesz < 2 || s->p_filesz > sizeof path ||
            file_read_at(x->program.file, path, s->p_filesz, s->p_offset) != (long)s->p_filesz ||
            path[s->p_filesz - 1]) {
            return -ENOEXEC;
        }
        err = open_program(AT_FDCWD, path, 0, &x->interpreter.file);
        if (err) {
            return err;
        }
        x->has_interpreter = true;
        err = read_headers(&x->interpreter);
        if (err) {
            return err == -ENOEXEC ? -ELIBBAD : err;
        }
    }
    return 0;
}

/* ---- the stack ---- */

struct stack {
    struct space *space;
    uint64_t sp;
    int err;
};

static void push(struct stack *s, const void *bytes, size_t count)
{
    s->sp -= count;
    if (!s->err) {
        long n = space_write(s->space, s->sp, bytes, count);

        s->err = n == (long)count ? 0 : -E2BIG;
    }
}

static uint64_t put_pointers(struct stack *s, uint64_t *at, const struct texts *x,
                             uint64_t texts_at)
{
    const char *text = x->bytes;

    for (unsigned i = 0; i < x->count; i++) {
        uint64_t pointer = texts_at + (uint64_t)(text - x->bytes);

        if (!s->err && space_write(s->space, *at, &pointer, 8) != 8) {
            s->err = -E2BIG;
        }
        *at += 8;
        text += strlen(text) + 1;
    }
    *at += 8; /* NULL: the stack is zero */
    return *at;
}

/* The first entries of the auxiliary vector, which put_ids writes when it is known who runs the program. */
#define IDS 5u

static bool is_set_id(const struct credentials *c)
{
    return c->uid != c->euid || c->gid != c->egid;
}

static int put_ids(struct space *space, const struct credentials *c)
{
    const uint64_t ids[IDS][2] = {
        { AT_UID, c->uid },   { AT_EUID, c->euid },        { AT_GID, c->gid },
        { AT_EGID, c->egid }, { AT_SECURE, is_set_id(c) },
    };

    return space_write(space, space_layout(space)->auxv_at, ids, sizeof ids) == sizeof ids
               ? 0
               : -ENOMEM;
}

/* Arguments, environment and auxiliary vector, as the ABI wants them; the initial sp. */
static int make_stack(struct exec *x, uint64_t *sp)
{
    struct space_layout *layout = space_layout(x->space);
    struct stack s = { .space = x->space, .sp = STACK_TOP_ADDRESS };
    uint64_t environment, arguments, random_at, path_at, platform_at, at, bytes;
    uint8_t seed[16];
    long err = space_map(x->space, STACK_TOP_ADDRESS - STACK_LOWEST, STACK_LOWEST,
                         PROT_READ | PROT_WRITE | (x->program.has_stack_exec ? PROT_EXEC : 0),
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_GROWSDOWN, NULL, 0);

    if (err < 0) {
        return (int)err;
    }
    space_name(x->space, STACK_TOP_ADDRESS - 1, "[stack]");
    s.sp -= 8;
    push(&s, x->path, strlen(x->path) + 1);
    path_at = s.sp;
    push(&s, x->environment.bytes, x->environment.used);
    environment = s.sp;
    push(&s, x->arguments.bytes, x->arguments.used);
    arguments = s.sp;
    push(&s, "aarch64", 8);
    platform_at = s.sp;
    random_bytes(seed, sizeof seed);
    s.sp &= -16ull;
    push(&s, seed, sizeof seed);
    random_at = s.sp;
    const uint64_t aux[][2] = {
        [IDS] = { AT_SYSINFO_EHDR, vdso_at() },
        { AT_MINSIGSTKSZ, 4720 },
        { AT_HWCAP, features },
        { AT_PAGESZ, PAGE_SIZE },
        { AT_CLKTCK, 100 },
        { AT_PHDR, x->program.headers_at },
        { AT_PHENT, sizeof(struct elf64_phdr) },
        { AT_PHNUM, x->program.header.e_phnum },
        { AT_BASE, x->has_interpreter ? x->interpreter.base : 0 },
        { AT_FLAGS, 0 },
        { AT_ENTRY, x->program.entry },
        { AT_RANDOM, random_at },
        { AT_HWCAP2, features2 },
        { AT_EXECFN, path_at },
        { AT_PLATFORM, platform_at },
        { AT_NULL, 0 },
    };

    bytes = 8 * (1 + (uint64_t)x->arguments.count + 1 + x->environment.count + 1) + sizeof aux;
    s.sp = (s.sp - bytes) & -16ull;
    *sp = at = s.sp;
    uint64_t count = x->arguments.count;

    if (!s.err && space_write(x->space, at, &count, 8) != 8) {
        s.err = -E2BIG;
    }
    at += 8;
    put_pointers(&s, &at, &x->arguments, arguments);
    put_pointers(&s, &at, &x->environment, environment);
    if (!s.err && space_write(x->space, at, aux, sizeof aux) != sizeof aux) {
        s.err = -E2BIG;
    }
    layout->auxv_at = at;
    layout->auxv_bytes = sizeof aux;
    layout->stack_start = *sp;
    layout->arg_start = arguments;
    layout->arg_end = arguments + x->arguments.used;
    layout->env_start = environment;
    layout->env_end = environment + x->environment.used;
    return s.err;
}

/* ---- all of it ---- */

static int build(struct exec *x, uint64_t *sp)
{
    uint64_t at = x->has_interpreter || x->program.header.e_type == ET_DYN ? DYN_BASE : 0;
    struct space_layout *layout;
    int err = space_new(&x->space);

    if (err) {
        return err;
    }
    err = vdso_map(x->space);
    err = err ? err : map_program(x->space, &x->program, at);
    if (!err && x->has_interpreter) {
        err = map_program(x->space, &x->interpreter, 0);
    }
    err = err ? err : make_stack(x, sp);
    if (err) {
        return err;
    }
    space_set_break(x->space, x->program.end);
    layout = space_layout(x->space);
    layout->code_start = x->program.code_start;
    layout->code_end = x->program.code_end;
    layout->data_start = x->program.data_start;
    layout->data_end = x->program.data_end;
    return 0;
}

static void set_ids(struct task *t, const struct file *program)
{
    struct process *p = t->process;
    const struct inode *i = program->inode;
    const struct credentials before = p->cred;
    bool may_gain = trace_allows_privileges(t) && !p->no_new_privileges &&
                    !(program->mount && mount_flags(program->mount) & 2 /* MS_NOSUID */);

    if (may_gain && i->mode & S_ISUID) {
        p->cred.euid = i->uid;
    }
    if (may_gain && (i->mode & (S_ISGID | 0010)) == (S_ISGID | 0010)) {
        p->cred.egid = i->gid;
    }
    p->cred.suid = p->cred.fsuid = p->cred.euid;
    p->cred.sgid = p->cred.fsgid = p->cred.egid;
    p->cred.keeps_capabilities = false;
    p->cred.cap_permitted = p->cred.cap_effective = p->cred.euid == 0 ? p->cred.cap_bounding : 0;
    p->is_undumpable = is_set_id(&before);
    credentials_changed(t, &before);
    if (is_set_id(&p->cred)) {
        t->death_signal = 0;
    }
}

/* There is no way back: the old program goes. */
static int commit(struct exec *x, struct task *t, uint64_t sp)
{
    static const uint64_t no_fp[NATIVE_FP_WORDS];
    struct process *p = t->process;
    int number = t->tid, err = process_keep_only(t);

    if (err) {
        return err;
    }
    set_ids(t, x->program.file);
    process_release_space(p);
    p->space = x->space;
    x->space = NULL;
    err = put_ids(p->space, &p->cred);
    file_table_exec(p);
    signal_exec(p);
    memcpy(p->name, x->name, sizeof p->name);
    memcpy(t->name, x->name, sizeof t->name);
    process_set_program(p, x->program.file->dentry);
    p->exit_signal = SIGCHLD; /* as on Linux, whatever clone asked for */
    p->has_execed = true;
    p->membarriers = 0;
    t->clear_child_tid = t->robust_list = 0;
    t->regs =
        (struct tess_regs){ .pc = x->has_interpreter ? x->interpreter.entry : x->program.entry,
                            .sp = sp };
    if (t->is_deferred || t->in_kernel) {
        t->is_deferred = false;
        native_stop(t->native);
    }
    native_write_fp(t->native, no_fp);
    if (t->trace) {
        t->is_deferred = true; /* nobody is to be answered */
        t->regs_state = REGS_CHANGED;
        trace_exec(t, number);
        t->is_deferred = false;
    }
    if (err || native_use_space(t->native, space_native(p->space)) ||
        native_run(t->native, &t->regs)) {
        process_exit(p, SIGKILL);
        return -ENOMEM;
    }
    t->in_kernel = false;
    t->fiber = NULL;
    current = NULL;
    if (signal_is_pending(t)) {
        native_kick(t->native);
    }
    return 0;
}

static void finish(struct exec *x)
{
    if (x->program.file) {
        file_put(x->program.file);
    }
    if (x->interpreter.file) {
        file_put(x->interpreter.file);
    }
    if (x->space) {
        space_put(x->space);
    }
    heap_free(x->arguments.bytes);
    heap_free(x->environment.bytes);
    heap_free(x);
}

static int execute(struct exec *x, struct task *t, int dirfd, uint32_t flags)
{
    uint64_t sp;
    int err = find_program(x, dirfd, flags);

    err = err ? err : read_headers(&x->program);
    err = err ? err : find_interpreter(x);
    if (!err && !x->arguments.count) {
        err = texts_add(&x->arguments, "");
    }
    err = err ? err : build(x, &sp);
    return err ? err : commit(x, t, sp);
}

static long exec_user(struct task *t, int dirfd, uint64_t path, uint64_t arguments,
                      uint64_t environment, uint32_t flags)
{
    struct exec *x = heap_alloc(sizeof *x);
    long err;

    if (!x) {
        return -ENOMEM;
    }
    err = copy_text_from_user(x->path, path, sizeof x->path);
    if (err == 0 && !(flags & AT_EMPTY_PATH)) {
        err = -ENOENT;
    }
    err = err < 0 ? err : texts_from_user(&x->arguments, arguments);
    err = err ? err : texts_from_user(&x->environment, environment);
    if (!err &&
        x->arguments.used + x->environment.used > t->process->limit[RLIMIT_STACK].soft / 4) {
        err = -E2BIG;
    }
    err = err ? err : execute(x, t, dirfd, flags);
    finish(x);
    return err ? err : NO_RESULT;
}

long sys_execve(struct task *t, const uint64_t *a)
{
    return exec_user(t, AT_FDCWD, a[0], a[1], a[2], 0);
}

long sys_execveat(struct task *t, const uint64_t *a)
{
    if (a[4] & ~(uint64_t)(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)) {
        return -EINVAL;
    }
    return exec_user(t, (int)a[0], a[1], a[2], a[3],
                     (a[4] & AT_SYMLINK_NOFOLLOW ? O_NOFOLLOW : 0) |
                         (uint32_t)(a[4] & AT_EMPTY_PATH));
}

int exec_first(struct task *t, const char *path, const char *const *arguments,
               const char *const *environment)
{
    struct exec *x = heap_alloc(sizeof *x);
    int err = 0;

    if (!x) {
        return -ENOMEM;
    }
    strncpy(x->path, path, sizeof x->path - 1);
    for (; *arguments && !err; arguments++) {
        err = texts_add(&x->arguments, *arguments);
    }
    for (; *environment && !err; environment++) {
        err = texts_add(&x->environment, *environment);
    }
    current = t;
    err = err ? err : execute(x, t, AT_FDCWD, 0);
    current = NULL;
    finish(x);
    return err;
}
