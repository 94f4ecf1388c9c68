#include "Counter.h"

struct self {
    char unused;
};

static enum tess_err counter_price(struct self *self, uint32_t article, uint32_t *price)
{
    (void)self;
    *price = 10 * article;
    return TESS_OK;
}

static enum tess_err counter_buy(struct self *self, uint32_t article, uint32_t count)
{
    uint32_t left;
    enum tess_err err = stock_take(self, article, count, &left);

    return err == TESS_RANGE ? (enum tess_err)SHOP_ERROR_SOLD_OUT : err;
}
