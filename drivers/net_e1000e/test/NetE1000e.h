/* What compose writes for the driver, as far as it is used: for a test on the build machine. */
#ifndef NETE1000E_H
#define NETE1000E_H

#include <stdbool.h>
#include <stdint.h>

#include <tessera/error.h>

#define FRAMES_DEPTH 32u
#define NET_DEPTH    32u
#define POOL_BYTES   8192u
#define REGS_BYTES   0x200000u

enum { NET_ERROR_LINK = 32, NET_ERROR_FRAME, BUS_ERROR_NONE = 32 };

struct self;
struct bus_identity {
    uint16_t vendor, device;
};

volatile uint8_t *regs(struct self *self);
volatile uint8_t *pool(struct self *self);
uint64_t pool_address(struct self *self);
void irq_ack(struct self *self);
void msi_ack(struct self *self);
bool msi_connected(void);

enum tess_err bus_config(struct self *self, uint32_t offset, uint32_t *value);
enum tess_err bus_bar(struct self *self, uint32_t number, uint64_t *offset, uint64_t *bytes);
enum tess_err bus_enable(struct self *self, bool memory, bool master);
enum tess_err bus_messages(struct self *self, uint64_t *table, uint64_t *address, uint32_t *data);
enum tess_err bus_identity(struct self *self, struct bus_identity *identity);

void frames_receive_finish(struct self *self, uint32_t id, enum tess_err err, uint32_t n);
void net_finish(struct self *self, uint32_t id, enum tess_err err);
void net_address_finish(struct self *self, uint32_t id, enum tess_err err, uint64_t mac);
void net_link_finish(struct self *self, uint32_t id, enum tess_err err, bool up);

uint64_t tess_deadline_ns(uint64_t ns);
uint64_t comp_sleep_early(uint64_t deadline);
void comp_signal(uint64_t bits);

#endif
