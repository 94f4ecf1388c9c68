#!/bin/sh
# new.sh component|driver|system NAME: a working start, with a test system that ./tessera test finds by its expected.txt.
#     component   servers/NAME: an interface, a component that provides it, a client that tests it
#     driver      drivers/NAME: a component with registers and an interrupt (the board's PL031 clock, to be replaced)
#     system      systems/NAME: a component that prints a line
set -eu
cd "$(dirname "$0")/.."
usage() {
    sed -n '2,5s/^# \{0,1\}//p' "$0" >&2
    exit 2
}
fail() {
    echo "tessera: $*" >&2
    exit 2
}
[ $# -eq 2 ] || usage
kind=$1 name=$2
case $name in
'' | [!a-z]* | *[!a-z0-9_]*) fail "$name: a name is of small letters, digits and _, and begins with a letter" ;;
esac
# frame_counter -> FrameCounter
type=$(echo "$name" | awk -F_ '{ for (i = 1; i <= NF; i++) printf "%s%s", toupper(substr($i, 1, 1)), substr($i, 2) }')
case $kind in
component) dir=servers/$name ;;
driver) dir=drivers/$name ;;
system) dir=systems/$name ;;
*) usage ;;
esac
[ ! -e "$dir" ] || fail "$dir is there already"

write() { # file; text on standard input, with @NAME@ and @TYPE@
    mkdir -p "$(dirname "$1")"
    sed -e "s/@NAME@/$name/g" -e "s/@TYPE@/$type/g" >"$1"
    echo "    $1"
}

echo "tessera: new $kind $name:"
case $kind in
system)
    write "$dir/$name.adl" <<'END2'
/* A system with one component, which prints a line and ends. */
import "../lib/terminal.adl";

component @TYPE@Main {
    needs Console log;
    run;
    source "main.c";
}

system @TYPE@ {
    instance Terminal terminal;
    instance @TYPE@Main hello;
    connect *.log -> terminal.out : rpc;
    until hello;
}
END2
    write "$dir/main.c" <<'END2'
#include <stdio.h>

#include "@TYPE@Main.h"

struct self {
    char unused;
};

int run(struct self *self)
{
    (void)self;
    printf("@NAME@: hello\n");
    return 0;
}
END2
    echo "$name: hello" | write "$dir/expected.txt"
    ;;
component)
    write "$dir/$name.idl" <<'END2'
/* What a @TYPE@ does for others. */
interface @TYPE@Service version 1.0 {
    idempotent next(u32 value) -> (u32 result);
}
END2
    write "$dir/$name.adl" <<'END2'
/* See test/@NAME@_test.adl for a system that uses it. */
import "@NAME@.idl";

component @TYPE@ {
    provides @TYPE@Service service;
    source "@NAME@.c";
    prio 120;
}
END2
    write "$dir/$name.c" <<'END2'
#include "@TYPE@.h"

struct self {
    uint32_t served;
};

enum tess_err service_next(struct self *self, uint32_t value, uint32_t *result)
{
    self->served++;
    *result = value + 1;
    return TESS_OK;
}
END2
    write "$dir/test/${name}_test.adl" <<'END2'
/* @TYPE@ and a client that says what it answers. */
import "../@NAME@.adl";
import "../../../systems/lib/terminal.adl";

component @TYPE@Client {
    needs @TYPE@Service service;
    needs Console log;
    run;
    source "client.c";
}

system @TYPE@Test {
    instance Terminal terminal;
    instance @TYPE@ server;
    instance @TYPE@Client client;
    connect client.service -> server.service : rpc;
    connect *.log -> terminal.out : rpc;
    until client;
}
END2
    write "$dir/test/client.c" <<'END2'
#include <stdio.h>

#include "@TYPE@Client.h"

struct self {
    char unused;
};

int run(struct self *self)
{
    uint32_t result = 0;
    enum tess_err err = service_next(self, 41, &result);

    printf("@NAME@: next(41) = %u, error %d\n", (unsigned)result, (int)err);
    return 0;
}
END2
    echo "$name: next(41) = 42, error 0" | write "$dir/test/expected.txt"
    ;;
driver)
    write "$dir/$name.adl" <<'END2'
/* A driver: registers, an interrupt, an event for whoever waits.  The device is the PL031 clock: put yours in its place. */
component @TYPE@ {
    needs Mmio regs;
    needs Irq irq;
    emits ready;
    init;
    source "@NAME@.c";
    prio 200;
}
END2
    write "$dir/$name.c" <<'END2'
/* PL031 real-time clock (Arm DDI 0224C, chapter 3): an interrupt when the counter of seconds reaches the match register. */
#include "@TYPE@.h"

enum { CLOCK_DR = 0x00, CLOCK_MR = 0x04, CLOCK_IMSC = 0x10, CLOCK_ICR = 0x1c };

struct self {
    uint32_t interrupts;
};

static volatile uint32_t *reg(struct self *self, unsigned offset)
{
    return (volatile uint32_t *)(regs(self) + offset);
}

void init(struct self *self)
{
    *reg(self, CLOCK_ICR) = 1;
    *reg(self, CLOCK_IMSC) = 1;
    *reg(self, CLOCK_MR) = *reg(self, CLOCK_DR) + 1;
}

void irq_handle(struct self *self)
{
    self->interrupts++;
    *reg(self, CLOCK_ICR) = 1;
    irq_ack(self);
    ready_emit(self);
}
END2
    write "$dir/test/${name}_test.adl" <<'END2'
/* The driver on its device, and a component that waits for it. */
import "../@NAME@.adl";
import "../../../systems/lib/terminal.adl";

component @TYPE@Client {
    consumes ready polled;
    needs Console log;
    run;
    source "client.c";
}

system @TYPE@Test {
    instance Terminal terminal;
    instance ArmPl031_9010000 device;
    instance @TYPE@ driver;
    instance @TYPE@Client client;
    connect driver.regs  -> device.regs  : mmio;
    connect driver.irq   -> device.irq   : irq;
    connect driver.ready -> client.ready : event;
    connect *.log -> terminal.out : rpc;
    until client;
}
END2
    write "$dir/test/client.c" <<'END2'
#include <stdio.h>

#include "@TYPE@Client.h"

struct self {
    char unused;
};

int run(struct self *self)
{
    ready_wait(self);
    printf("@NAME@: the device spoke\n");
    return 0;
}
END2
    echo "$name: the device spoke" | write "$dir/test/expected.txt"
    ;;
esac
case $kind in
system) adl=$dir/$name.adl ;;
*) adl=$dir/test/${name}_test.adl ;;
esac
echo "tessera: try it: ./tessera run $adl     test it: ./tessera test systems"
