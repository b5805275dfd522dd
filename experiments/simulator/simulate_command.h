/* SPDX-License-Identifier: MIT
 * The verb `simulate` of the command line. */
#ifndef FLX_SIMULATE_COMMAND_H
#define FLX_SIMULATE_COMMAND_H

#include "host/commands/command.h"

extern const flx_command flx_simulate_command;
#endif
