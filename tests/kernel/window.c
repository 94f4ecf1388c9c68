/* Windows: pages of one frame in an address space, without a capability each. */
#include "test.h"

#define R    TESS_RIGHT_READ
#define RW   (TESS_RIGHT_READ | TESS_RIGHT_WRITE)
#define RX   (TESS_RIGHT_READ | TESS_RIGHT_EXEC)
#define KEEP TESS_PAGES_KEEP
#define NONE ((struct tess_words){ { 0 } })

#define WINDOW_PAGES 160u
#define CODE_PAGE    (WINDOW_PAGES - 1) /* of the window: the guest's code */
#define CODE_AT      0x10000ull
#define DATA_AT      0x400000ull

/* What the guest does: one access, then a foreign call. */
__asm__(".pushsection .text\n"
        ".balign 64\n"
        "guest_load: ldr x1, [x0]\n"
        "   svc #0\n"
        "guest_store: str x1, [x0]\n"
        "   svc #0\n"
        "guest_spin: b guest_spin\n"
        "guest_end:\n"
        ".popsection\n");
extern const uint32_t guest_load[], guest_store[], guest_spin[], guest_end[];

static struct {
    tess_cap vs, frame, stands; /* the capability that stands for the window */
    uint64_t *memory;           /* the window, mapped in the test's own space */
} space;

static struct {
    tess_cap tcb, ep;
} guest;

static uint64_t *page(uint64_t n)
{
    return space.memory + n * (TESS_PAGE / 8);
}

static uint64_t offset(uint64_t n)
{
    return n * TESS_PAGE;
}

static void donate(uint64_t tables)
{
    OK(tess_vspace_donate(space.vs, arena, tables * TESS_PAGE, 0, empty_slot()));
}

/* A space with a window whose pages begin with their number, the last with the guest's code. */
static void make_window(uint64_t tables, uint64_t rights)
{
    void *p;

    space.vs = make(TESS_TYPE_vspace);
    space.frame = make_mapped(WINDOW_PAGES * TESS_PAGE, &p);
    space.memory = p;
    for (unsigned i = 0; i < WINDOW_PAGES; i++) {
        *(volatile uint64_t *)page(i) = i;
    }
    for (unsigned i = 0; guest_load + i < guest_end; i++) {
        ((volatile uint32_t *)page(CODE_PAGE))[i] = guest_load[i];
    }
    __builtin___clear_cache((char *)page(CODE_PAGE), (char *)page(CODE_PAGE) + TESS_PAGE);
    donate(tables);
    space.stands = empty_slot();
    OK(tess_vspace_window(space.vs, copy(space.frame, rights), 0, space.stands));
}

/* The call may stop early for an interrupt: repeat with the rest. */
static enum tess_err pages(const struct tess_run *run, uint64_t count, uint64_t *done)
{
    enum tess_err err;
    uint64_t n = 0;

    *done = 0;
    do {
        err = tess_vspace_pages(space.vs, run + *done, count - *done, &n);
        *done += n;
    } while (!err && *done < count);
    return err;
}

static enum tess_err run(uint64_t address, uint64_t op, uint64_t first, uint64_t count)
{
    uint64_t done = 9;
    enum tess_err err =
        pages(&(struct tess_run){ address | op, offset(first) | (count - 1) }, 1, &done);

    EQ(done, err == TESS_OK);
    return err;
}

static void configure_guest(void)
{
    OK(tess_thread_configure(guest.tcb, 0, space.vs, guest.ep, 0, 0, TESS_THREAD_FOREIGN));
}

/* A foreign thread in the space; its code is mapped through the window. */
static void make_guest(void)
{
    tess_cap budget = make(TESS_TYPE_budget);

    guest.tcb = make(TESS_TYPE_thread);
    guest.ep = make(TESS_TYPE_endpoint);
    configure_guest();
    OK(tess_thread_set_priority(guest.tcb, LOW, LOW));
    OK(tess_budget_configure(budget, env.cpu, 1000000, 1000000));
    OK(tess_budget_bind(budget, guest.tcb));
    OK(run(CODE_AT, RX, CODE_PAGE, 1));
}

static void start_guest(const uint32_t *what, uint64_t address, uint64_t value)
{
    struct tess_regs regs = { .x = { address, value } };

    regs.pc = CODE_AT + (uint64_t)(what - guest_load) * 4;
    OK(tess_thread_write_regs(guest.tcb, &regs));
    OK(tess_thread_resume(guest.tcb));
}

/* Let the guest do one thing and stop again; true: it got through to its svc.  *value: what it loaded. */
static bool guest_does(const uint32_t *what, uint64_t address, uint64_t *value)
{
    struct tess_msg m;
    bool through;

    start_guest(what, address, *value);
    m = tess_recv(guest.ep, 0);
    through = tess_tag_label(m.tag) == TESS_FAULT_syscall;
    if (through) {
        *value = m.w[1];
    } else {
        EQ(tess_tag_label(m.tag), TESS_FAULT_page);
    }
    OK(tess_reply(tess_tag(TESS_FAULT_STOP, 0, 0), 0, NONE));
    return through;
}

static uint64_t load(uint64_t address)
{
    uint64_t value = ~0ull;

    TRUE(guest_does(guest_load, address, &value));
    return value;
}

static bool can_load(uint64_t address)
{
    uint64_t value = 0;

    return guest_does(guest_load, address, &value);
}

static bool can_store(uint64_t address, uint64_t value)
{
    return guest_does(guest_store, address, &value);
}

TEST("pages of the window appear where a run says, in the order of the window, and in no other "
     "place")
{
    make_window(8, RW | RX);
    make_guest();
    OK(run(DATA_AT, R, 7, 3));
    for (unsigned i = 0; i < 3; i++) {
        EQ(load(DATA_AT + offset(i)), 7 + i);
    }
    TRUE(!can_load(DATA_AT - 8));
    TRUE(!can_load(DATA_AT + offset(3)));
    OK(tess_machine_check(TESS_ROOT_MACHINE, NULL));
}

TEST("one page of the window may be mapped in many places; what is written is seen in all")
{
    make_window(8, RW | RX);
    make_guest();
    OK(run(DATA_AT, RW, 5, 1));
    OK(run(DATA_AT + offset(1), R, 5, 1));
    TRUE(can_store(DATA_AT, 0x5555));
    EQ(load(DATA_AT + offset(1)), 0x5555);
    EQ(*(volatile uint64_t *)page(5), 0x5555);
}

TEST("a run gives the rights that it names and no others")
{
    make_window(8, RW | RX);
    make_guest();
    OK(run(DATA_AT, R, 1, 1));
    OK(run(DATA_AT + offset(1), RW, CODE_PAGE, 1));
    TRUE(!can_store(DATA_AT, 9));
    EQ(*(volatile uint64_t *)page(1), 1);
    TRUE(can_store(DATA_AT + offset(1) + 1024, 9));
    /* Not executable where it may be written. */
    start_guest(guest_load + (DATA_AT + offset(1) - CODE_AT) / 4, 0, 0);
    struct tess_msg m = tess_recv(guest.ep, 0);
    EQ(tess_tag_label(m.tag), TESS_FAULT_page);
    EQ(m.w[0], DATA_AT + offset(1));
}

TEST("mapping again replaces the page, also one that was just used")
{
    make_window(8, RW | RX);
    make_guest();
    for (unsigned i = 1; i < 20; i++) {
        OK(run(DATA_AT, i % 2 ? R : RW, i, 2));
        EQ(load(DATA_AT), i);
        EQ(load(DATA_AT + offset(1)), i + 1);
        EQ(can_store(DATA_AT, i), i % 2 == 0);
    }
}

TEST("KEEP changes the rights of what is mapped, keeps the pages, and maps nothing")
{
    make_window(8, RW | RX);
    make_guest();
    OK(run(DATA_AT, RW, 3, 1));
    OK(run(DATA_AT + offset(2), RW, 9, 1));
    OK(run(DATA_AT, KEEP | R, 0, 4));
    EQ(load(DATA_AT), 3);
    EQ(load(DATA_AT + offset(2)), 9);
    TRUE(!can_store(DATA_AT, 1));
    TRUE(!can_load(DATA_AT + offset(1)));
    TRUE(!can_load(DATA_AT + offset(3)));
    OK(run(DATA_AT, KEEP | RW, WINDOW_PAGES + 1000, 64)); /* its offset says nothing */
    TRUE(can_store(DATA_AT, 33));
    EQ(*(volatile uint64_t *)page(3), 33);
    OK(run(DATA_AT + (1ull << 40), KEEP | RW, 0, 64)); /* no tables there: nothing to do */
}

TEST("unmap takes the pages of its run and leaves the others")
{
    make_window(8, RW | RX);
    make_guest();
    OK(run(DATA_AT, R, 1, 4));
    EQ(load(DATA_AT + offset(1)), 2);
    OK(run(DATA_AT + offset(1), 0, 0, 2));
    EQ(load(DATA_AT), 1);
    TRUE(!can_load(DATA_AT + offset(1)));
    TRUE(!can_load(DATA_AT + offset(2)));
    EQ(load(DATA_AT + offset(3)), 4);
    OK(run(DATA_AT, 0, 0, 64));
    OK(run(DATA_AT, 0, 0, 64));
    OK(run(DATA_AT + (1ull << 40), 0, 0, 64));
    TRUE(!can_load(DATA_AT + offset(3)));
}

TEST("28 runs of 64 pages are one call, or some when interrupts come in between")
{
    struct tess_run runs[TESS_VECTOR_MAX];
    uint64_t done = 0;

    make_window(8, RW | RX);
    make_guest();
    for (uint64_t i = 0; i < TESS_VECTOR_MAX; i++) {
        runs[i] = (struct tess_run){ (DATA_AT + offset(64 * i)) | R, offset(i) | 63 };
    }
    OK(pages(runs, TESS_VECTOR_MAX, &done));
    EQ(done, TESS_VECTOR_MAX);
    for (unsigned i = 0; i < TESS_VECTOR_MAX; i++) {
        EQ(load(DATA_AT + offset(64 * i)), i);
        EQ(load(DATA_AT + offset(64 * i + 63)), i + 63);
    }
}

TEST("a call stops at its first error, and says how many runs are done")
{
    uint64_t done = 9;

    make_window(8, RW | RX);
    make_guest();
    ERR(pages((struct tess_run[]){ { DATA_AT | R, offset(1) },
                                   { (DATA_AT + offset(1)) | R, offset(2) },
                                   { (DATA_AT + offset(2)) | 16, 0 },
                                   { (DATA_AT + offset(3)) | R, offset(3) } },
              4, &done),
        ARG);
    EQ(done, 2);
    EQ(load(DATA_AT + offset(1)), 2);
    TRUE(!can_load(DATA_AT + offset(3)));
    OK(pages(NULL, 0, &done));
    EQ(done, 0);
}

TEST("a run whose rights do not exist or lack READ is refused")
{
    make_window(8, RW | RX);
    ERR(run(DATA_AT, TESS_RIGHT_WRITE, 0, 1), ARG);
    ERR(run(DATA_AT, TESS_RIGHT_EXEC, 0, 1), ARG);
    ERR(run(DATA_AT, KEEP, 0, 1), ARG);
    ERR(run(DATA_AT, KEEP | TESS_RIGHT_WRITE, 0, 1), ARG);
    ERR(run(DATA_AT, 16 | R, 0, 1), ARG);
    ERR(run(DATA_AT, 0x800 | R, 0, 1), ARG);
}

TEST("a run gives no right that the window lacks, neither when mapping nor when it keeps")
{
    make_window(8, R);
    ERR(run(DATA_AT, RW, 0, 1), RIGHTS);
    ERR(run(DATA_AT, RX, 0, 1), RIGHTS);
    OK(run(DATA_AT, R, 0, 1));
    ERR(run(DATA_AT, KEEP | RW, 0, 1), RIGHTS);
    ERR(run(DATA_AT, KEEP | RX, 0, 1), RIGHTS);
    OK(run(DATA_AT, KEEP | R, 0, 1));
}

TEST("a run lies in the window, in user addresses, within 2 MiB, and has at most 64 pages")
{
    make_window(16, RW | RX);
    OK(run(DATA_AT, R, WINDOW_PAGES - 64, 64));
    ERR(run(DATA_AT, R, 0, 65), RANGE);
    ERR(run(DATA_AT, 0, 0, 65), RANGE);
    ERR(run(DATA_AT, R, 0, 4096), RANGE);
    ERR(run(DATA_AT, R, WINDOW_PAGES - 63, 64), RANGE);
    ERR(run(DATA_AT, R, WINDOW_PAGES, 1), RANGE);
    ERR(run(DATA_AT, R, ~0ull >> 12, 1), RANGE);
    ERR(run(DATA_AT + offset(511), R, 0, 2), RANGE);
    ERR(run(DATA_AT + offset(511), 0, 0, 2), RANGE);
    OK(run(DATA_AT + offset(511), R, 0, 1));
    ERR(run(TESS_USER_TOP, R, 0, 1), RANGE);
    ERR(run(TESS_USER_TOP, 0, 0, 1), RANGE);
    ERR(run(~0ull << 12, KEEP | R, 0, 1), RANGE);
    ERR(run(TESS_USER_TOP - TESS_PAGE, R, 0, 2), RANGE);
    OK(run(TESS_USER_TOP - TESS_PAGE, R, 0, 1));
}

TEST("a call names at most 28 runs, and a space that has a window")
{
    make_window(8, RW | RX);
    EQ(tess_answer(TESS_INVOKE(vspace, pages, 1, space.vs, TESS_VECTOR_MAX + 1).tag), TESS_ARG);
    EQ(tess_answer(TESS_INVOKE(vspace, pages, 1, space.vs, ~0ull).tag), TESS_ARG);
    space.vs = make(TESS_TYPE_vspace);
    ERR(run(DATA_AT, R, 0, 1), STATE);
    ERR(run(DATA_AT, 0, 0, 1), STATE);
}

TEST("a frame in the way is left alone: EXISTS, and nothing of the run is done")
{
    tess_cap frame = make_frame(TESS_PAGE), block;

    make_window(8, RW | RX);
    make_guest();
    OK(tess_frame_map(frame, space.vs, DATA_AT + offset(2), RW, 0, NULL));
    OK(run(DATA_AT + offset(3), R, 3, 1));
    ERR(run(DATA_AT, R, 0, 4), EXISTS);
    ERR(run(DATA_AT, KEEP | R, 0, 4), EXISTS);
    ERR(run(DATA_AT, 0, 0, 4), EXISTS);
    TRUE(!can_load(DATA_AT));
    EQ(load(DATA_AT + offset(3)), 3);
    TRUE(can_store(DATA_AT + offset(2), 1));
    OK(tess_frame_unmap(frame));
    OK(run(DATA_AT, R, 0, 4));
    EQ(load(DATA_AT + offset(2)), 2);
    block = make_frame(2u << 20);
    OK(tess_frame_map(block, space.vs, DATA_AT + (2u << 20), RW, 0, NULL));
    ERR(run(DATA_AT + (2u << 20), R, 0, 4), EXISTS);
    OK(tess_frame_unmap(block));
    OK(tess_machine_check(TESS_ROOT_MACHINE, NULL));
}

TEST("frames are not mapped over pages of the window")
{
    tess_cap one = make_frame(TESS_PAGE), many = make_frame(16 * TESS_PAGE),
             block = make_frame(2u << 20);
    struct tess_vector_map v = { one, DATA_AT + offset(5) };
    uint64_t frames = 9;

    make_window(8, RW | RX);
    make_guest();
    OK(run(DATA_AT + offset(5), R, 5, 1));
    ERR(tess_frame_map(one, space.vs, DATA_AT + offset(5), RW, 0, NULL), EXISTS);
    ERR(tess_frame_map(many, space.vs, DATA_AT, RW, 0, NULL), EXISTS);
    ERR(tess_frame_map(block, space.vs, DATA_AT, RW, 0, NULL), EXISTS);
    ERR(tess_vspace_map_vector(space.vs, &v, 1, RW, TESS_ATTR_NORMAL, NULL), EXISTS);
    OK(tess_vspace_info(space.vs, NULL, &frames));
    EQ(frames, 0); /* pages of the window are none */
    EQ(load(DATA_AT + offset(5)), 5);
    OK(run(DATA_AT + offset(5), 0, 0, 1));
    OK(tess_frame_map(many, space.vs, DATA_AT, RW, 0, NULL));
}

TEST("a run that finds no tables left is done after a donation")
{
    make_window(3, RW | RX);
    ERR(run(DATA_AT, R, 0, 1), NOMEM);
    donate(1);
    OK(run(DATA_AT, R, 0, 1));
    ERR(run(DATA_AT + (1ull << 30), R, 0, 1), NOMEM);
    donate(2);
    OK(run(DATA_AT + (1ull << 30), R, 0, 64));
    OK(tess_machine_check(TESS_ROOT_MACHINE, NULL));
}

TEST("a window is readable memory, one a space, and its capability needs an empty slot")
{
    tess_cap vs = make(TESS_TYPE_vspace), frame = make_frame(65536), n;
    tess_cap device = copy(uart_frame, TESS_RIGHT_ALL);
    enum tess_err err = tess_vspace_window(vs, device, 0, empty_slot());

    drop(device);
    EQ(err, TESS_ARG);
    n = make(TESS_TYPE_notification);
    ERR(tess_vspace_window(vs, copy(frame, TESS_RIGHT_WRITE), 0, empty_slot()), ARG);
    ERR(tess_vspace_window(vs, n, 0, empty_slot()), CAP);
    ERR(tess_vspace_window(vs, empty_slot(), 0, empty_slot()), CAP);
    ERR(tess_vspace_window(vs, frame, 0, n), EXISTS);
    ERR(tess_vspace_window(vs, frame, n, empty_slot()), CAP);
    OK(tess_vspace_window(vs, frame, 0, empty_slot()));
    ERR(tess_vspace_window(vs, make_frame(4096), 0, empty_slot()), EXISTS);
    OK(tess_vspace_window(make(TESS_TYPE_vspace), frame, 0, empty_slot())); /* of many spaces */
}

TEST("the capability of a window can be neither copied, moved nor invoked")
{
    uint64_t slot = empty_slot();

    make_window(8, RW | RX);
    EQ(type_of(space.stands), TESS_TYPE_tables);
    ERR(tess_cnode_copy(env.cnode, 0, space.stands, slot, TESS_RIGHT_ALL), ARG);
    ERR(tess_cnode_move(env.cnode, 0, space.stands, slot), STATE);
    EQ(tess_answer(tess_call_0(space.stands, tess_tag(TESS_LABEL_frame_unmap, 0, 0), 0).tag),
       TESS_CALL);
}

TEST("when the capability of the window goes, the space is empty and can have another window")
{
    uint64_t tables = 9;

    make_window(8, RW | RX);
    make_guest();
    OK(run(DATA_AT, RW, 4, 1));
    EQ(load(DATA_AT), 4);
    drop(space.stands);
    OK(tess_vspace_info(space.vs, &tables, NULL));
    EQ(tables, 0);
    ERR(run(DATA_AT, R, 4, 1), STATE);
    TRUE(!can_load(DATA_AT));
    donate(8);
    OK(tess_vspace_window(space.vs, space.frame, 0, space.stands));
    OK(run(CODE_AT, RX, CODE_PAGE, 1));
    OK(run(DATA_AT, R, 6, 1));
    EQ(load(DATA_AT), 6);
}

TEST("when tables of the space go, the window goes with them")
{
    uint64_t tables = empty_slot();

    make_window(8, RW | RX);
    make_guest();
    OK(tess_vspace_donate(space.vs, arena, TESS_PAGE, 0, tables));
    EQ(load(CODE_AT + 1024), 0);
    drop(tables);
    ERR(run(DATA_AT, R, 4, 1), STATE);
    TRUE(!can_load(CODE_AT));
    donate(8);
    OK(tess_vspace_window(space.vs, space.frame, 0, empty_slot()));
    OK(run(DATA_AT, R, 4, 1));
}

TEST("revoking the frame takes the pages out of all spaces whose window it is")
{
    tess_cap other;

    make_window(8, RW | RX);
    make_guest();
    other = make(TESS_TYPE_vspace);
    OK(tess_vspace_window(other, space.frame, 0, empty_slot()));
    EQ(load(CODE_AT + 1024), 0);
    revoke(space.frame);
    EQ(type_of(space.stands), TESS_TYPE_null);
    TRUE(!can_load(CODE_AT));
    OK(tess_machine_check(TESS_ROOT_MACHINE, NULL));
}

TEST("revoking the memory under a window while a thread runs in the space stops the thread at a "
     "fault")
{
    tess_cap ut = make_sized(TESS_TYPE_untyped, 128 << 10), frame = 0;
    struct tess_untyped_info info;
    struct tess_msg m;

    make_window(8, RW | RX);
    make_guest();
    drop(space.stands);
    donate(8);
    frame = empty_slot();
    OK(tess_untyped_retype(ut, TESS_TYPE_frame, 16 * TESS_PAGE, 0, frame, 1, TESS_OFFSET_NEXT));
    OK(tess_frame_map(frame, env.vspace, spare, RW, 0, NULL));
    for (unsigned i = 0; guest_load + i < guest_end; i++) {
        ((volatile uint32_t *)spare)[i] = guest_load[i];
    }
    __builtin___clear_cache((char *)spare, (char *)spare + TESS_PAGE);
    OK(tess_vspace_window(space.vs, frame, 0, empty_slot()));
    OK(run(CODE_AT, RX, 0, 1));
    start_guest(guest_spin, 0, 0);
    sleep_us(1000);
    revoke(ut);
    EQ(type_of(frame), TESS_TYPE_null);
    OK(tess_untyped_info(ut, &info));
    EQ(info.used, 0);
    m = tess_recv(guest.ep, 0);
    EQ(tess_tag_label(m.tag), TESS_FAULT_page);
    OK(tess_machine_check(TESS_ROOT_MACHINE, NULL));
}

TEST("a space that is deleted gives its window back")
{
    make_window(8, RW | RX);
    OK(run(DATA_AT, RW, 0, 64));
    revoke(space.vs);
    drop(space.vs);
    space.vs = make(TESS_TYPE_vspace);
    donate(8);
    OK(tess_machine_check(TESS_ROOT_MACHINE, NULL));
    OK(tess_vspace_window(space.vs, space.frame, 0, empty_slot()));
    OK(run(DATA_AT, RW, 0, 64));
}

TEST("a suspended thread that is configured with another space goes on there")
{
    tess_cap first;

    make_window(8, RW | RX);
    make_guest();
    OK(run(DATA_AT, R, 1, 1));
    EQ(load(DATA_AT), 1);
    first = space.vs;
    space.vs = make(TESS_TYPE_vspace);
    donate(8);
    OK(tess_vspace_window(space.vs, space.frame, 0, empty_slot()));
    OK(run(CODE_AT, RX, CODE_PAGE, 1));
    OK(run(DATA_AT, R, 2, 1));
    for (unsigned i = 0; i < 4; i++) {
        configure_guest();
        EQ(load(DATA_AT), i % 2 ? 1 : 2);
        tess_cap vs = space.vs;
        space.vs = first;
        first = vs;
    }
}

TEST("a page fault is answered by mapping a page of the window and resuming")
{
    struct tess_msg m;

    make_window(8, RW | RX);
    make_guest();
    for (unsigned i = 0; i < 20; i++) {
        start_guest(guest_load, DATA_AT + offset(i), 0);
        m = tess_recv(guest.ep, 0);
        EQ(tess_tag_label(m.tag), TESS_FAULT_page);
        OK(run(DATA_AT + offset(i), R, i, 1));
        OK(tess_reply(tess_tag(TESS_FAULT_RESUME, 0, 0), 0, NONE));
        m = tess_recv(guest.ep, 0);
        EQ(tess_tag_label(m.tag), TESS_FAULT_syscall);
        EQ(m.w[1], i);
        OK(tess_reply(tess_tag(TESS_FAULT_STOP, 0, 0), 0, NONE));
    }
}
