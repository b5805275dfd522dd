/* SPDX-License-Identifier: MIT
 * Finds a verb by name and shows what it does. */
#ifndef FLX_HELP_H
#define FLX_HELP_H

#include "host/commands/frame/command.h"

/* FLX_BAD_INPUT, with the likely spelling, where there is no such verb. */
flx_status flx_find_command(const char *name, const flx_command **out, flx_error *error);

/* To standard output: all verbs, or one with its options. */
void flx_print_verbs(void);
void flx_print_command(const flx_command *command);
#endif
