/* What some devices need before a guest can have them. */
#ifndef VMM_QUIRK_H
#define VMM_QUIRK_H

#include <stdbool.h>
#include <stdint.h>

/* Registers of a controller that was reset and is no bus master; line_is_up: it asks for an interrupt. */
void quirk_nvme(volatile uint8_t *registers, bool (*line_is_up)(void));

#endif
