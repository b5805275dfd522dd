/* SPDX-License-Identifier: MIT
 * Reads the words that follow a verb against the verb's options. Everything that can be
 * known to be wrong from the words alone is reported here, once, for all verbs. */
#ifndef FLX_ARGUMENTS_H
#define FLX_ARGUMENTS_H

#include "host/commands/frame/command.h"

/* `words` are borrowed and must outlive *out. FLX_BAD_INPUT names the option, what it
 * needs and, for a misspelt one, the likely spelling. */
flx_status flx_arguments_parse(const flx_command *command, int count, char **words,
                               flx_arguments **out, flx_error *error);

/* The verbs of the program, which `help` lists; ends with NULL, borrowed. */
void flx_arguments_set_verbs(flx_arguments *arguments, const flx_command *const *verbs);
void flx_arguments_destroy(flx_arguments *arguments); /* NULL is fine */

/* --help or -h stands among the words, before a "--". */
bool flx_asks_for_help(int count, char **words);
#endif
