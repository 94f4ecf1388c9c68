/* Asks two questions in one call. */
#include "Client.h"
#include "../must.h"

struct self {
};

static void print_question(const char *intro, const int32_t *factor, uint32_t count)
{
    printf(SELF_PATH ": %s", intro);
    for (uint32_t i = 0; i < count; i++) {
        printf(i == 0 ? " %d" : " * %d", (int)factor[i]);
    }
    printf("\n");
}

static int run(struct self *self)
{
    int32_t operand[8] = { 342, 74, 283 }, place[4] = { 7, 8 };
    int32_t product, was[4], in_place[4];
    uint32_t used, places_left;

    print_question("what's the answer to", operand, 3);
    print_question("and", place, 2);
    must(a_calculate(self, 3, operand, 2, place, &product, &used, was, &places_left, in_place));
    expect(used <= 4 && places_left == 1);
    printf(SELF_PATH ": first result was %d\n", (int)product);
    printf(SELF_PATH ": second result was %d (len that should have been 1 was %u)\n",
           (int)in_place[0], (unsigned)places_left);
    printf(SELF_PATH ": other is {");
    for (uint32_t i = 0; i < used; i++) {
        printf("%d, ", (int)was[i]);
    }
    printf("}\n");
    return 0;
}
