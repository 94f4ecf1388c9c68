/* Each thing that an open and a closed function can and cannot do. */

static bool holds(struct self *self, enum page page, uint8_t value)
{
    return edu_page_holds(page_memory(self, page), value);
}

static uint64_t faults(struct self *self)
{
    return answer_page(self)->faults;
}

static bool last_fault_is(struct self *self, uint64_t address, uint32_t why)
{
    volatile struct gate_fault *f = &answer_page(self)->fault[(faults(self) - 1) % GATE_FAULTS];

    return f->function == 0 && f->address == address && f->why == why;
}

static bool opened(struct self *self, uint32_t windows)
{
    order_page(self)->function[0].window_count = windows;
    return reopen(self);
}

static void foreign(struct self *self)
{
    uint64_t before = faults(self);

    edu_page_fill(page_memory(self, PAGE_FOREIGN), 0x11);
    edu_copy(self, true, PAGE_FOREIGN);
    check(self, "a foreign page is not written", holds(self, PAGE_FOREIGN, 0x11));
    check(self, "that is reported",
          faults(self) == before + 1 &&
              last_fault_is(self, page_address(self, PAGE_FOREIGN), 0x10));
    edu_page_fill(page_memory(self, PAGE_TARGET), 0x22);
    edu_copy(self, true, PAGE_TARGET);
    edu_copy(self, true, PAGE_FOREIGN);
    check(self, "then it reaches nothing",
          holds(self, PAGE_TARGET, 0x22) && faults(self) == before + 1);
    check(self, "until the next order", opened(self, 2) && reaches(self, PAGE_TARGET, 0x33));
}

static void read_only(struct self *self)
{
    check(self, "a page to read is not written", !reaches(self, PAGE_OTHER, 0x44));
    check(self, "that is reported", last_fault_is(self, page_address(self, PAGE_OTHER), 0x13));
    (void)opened(self, 2);
    edu_page_fill(page_memory(self, PAGE_OTHER), 0x55);
    edu_copy(self, false, PAGE_OTHER);
    edu_copy(self, true, PAGE_TARGET);
    check(self, "but read", holds(self, PAGE_TARGET, 0x55));
}

static void closed(struct self *self)
{
    uint64_t before = faults(self);

    edu_page_fill(page_memory(self, PAGE_TARGET), 0x66);
    edu_start(edu(self), true, page_address(self, PAGE_TARGET));
    comp_sleep_until(tess_deadline_ns(90000000));
    check(self, "closed", order(self, 0));
    comp_sleep_until(tess_deadline_ns(20000000));
    check(self, "what began before does not arrive", holds(self, PAGE_TARGET, 0x66));
    check(self, "nor what begins later",
          !reaches(self, PAGE_TARGET, 0x77) && faults(self) == before);
}

/* The same pages were reached through the same ASID before. */
static void fewer(struct self *self)
{
    window(self, 0, PAGE_SOURCE, 1, TESS_RIGHT_READ | TESS_RIGHT_WRITE);
    check(self, "open with less", opened(self, 1));
    check(self, "what it has no more is not reached", !reaches(self, PAGE_TARGET, 0x88));
}

static void refused(struct self *self)
{
    uint64_t before = faults(self);

    window(self, 0, PAGE_SOURCE, 1, TESS_RIGHT_WRITE);
    check(self, "an order that makes no sense is reported",
          opened(self, 1) && faults(self) == before + 1 && last_fault_is(self, 0, GATE_REFUSED));
    window(self, 0, PAGE_SOURCE, 2, TESS_RIGHT_READ | TESS_RIGHT_WRITE);
    check(self, "and the next is not", opened(self, 1) && faults(self) == before + 1);
    check(self, "open", reaches(self, PAGE_TARGET, 0x99));
}

/* More than the queues have room for, one at a time. */
static void many(struct self *self)
{
    uint64_t before = faults(self), done = 0;

    while (done < 300 && opened(self, 1)) {
        edu_copy(self, true, PAGE_FOREIGN);
        done++;
    }
    check(self, "300 faults are reported", done == 300 && faults(self) == before + 300);
    (void)opened(self, 1);
}

static void figures(struct self *self)
{
    uint64_t start = tess_now(), middle;

    (void)order(self, 0);
    middle = tess_now();
    (void)order(self, 0);
    printf("to close: %llu ns, to open: %llu ns\n",
           (unsigned long long)tess_ns_of_ticks(middle - start),
           (unsigned long long)tess_ns_of_ticks(tess_now() - middle));
}

static void wild(struct self *self)
{
    check(self, "at first nothing is reached", !reaches(self, PAGE_TARGET, 0x10));
    window(self, 0, PAGE_SOURCE, 2, TESS_RIGHT_READ | TESS_RIGHT_WRITE);
    window(self, 1, PAGE_OTHER, 1, TESS_RIGHT_READ);
    check(self, "open", opened(self, 2) && reaches(self, PAGE_TARGET, 0x20));
    foreign(self);
    read_only(self);
    closed(self);
    fewer(self);
    refused(self);
    many(self);
    figures(self);
}
