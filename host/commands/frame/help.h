/* SPDX-License-Identifier: MIT
 * Finds a verb by name and shows what it does. */
#ifndef FLX_HELP_H
#define FLX_HELP_H

#include "host/commands/frame/command.h"

/* verbs: ends with NULL. FLX_BAD_INPUT, with the likely spelling, where there is no such
 * verb. */
flx_status flx_find_command(const flx_command *const *verbs, const char *name,
                            const flx_command **out, flx_error *error);

/* To standard output: a verb with its options. */
void flx_print_command(const flx_command *command);

extern const flx_command flx_help_command, flx_version_command;
#endif
