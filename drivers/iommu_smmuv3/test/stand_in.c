/* What compose writes for `gate iommu;`, over shared memory and events. */
#include <comp/gate.h>

#include "IommuSmmuv3.h"

static volatile const struct gate_orders *iommu_orders(struct self *self)
{
    return (volatile const struct gate_orders *)orders(self);
}

static volatile struct gate_answers *iommu_answers(struct self *self)
{
    return (volatile struct gate_answers *)answers(self);
}

static void iommu_answered(struct self *self)
{
    answered_emit(self);
}

static void iommu_handle(struct self *self);

static void changed_handle(struct self *self)
{
    iommu_handle(self);
}
