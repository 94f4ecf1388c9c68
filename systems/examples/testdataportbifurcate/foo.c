/* What is written through one end is read through the next. */
#include "Foo.h"
#include "../must.h"

struct self {
};

static int run(struct self *self)
{
    printf("Writing 42...\n");
    d1(self)[0] = 42;
    expect(d2(self)[0] == 42);
    d2(self)[0] = 43;
    expect(d3(self)[0] == 43);
    d3(self)[0] = 44;
    expect(d4(self)[0] == 44);
    d4(self)[0] = 45;
    expect(d1(self)[0] == 45);
    printf("All OK\n");
    return 0;
}
