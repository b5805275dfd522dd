/* SPDX-License-Identifier: MIT
 * The options of a verb: its own, then those every verb understands. */
#ifndef FLX_OPTIONS_H
#define FLX_OPTIONS_H

#include "host/commands/frame/command.h"

#include <stddef.h>

/* The options every verb understands; ends with .name == NULL. */
extern const flx_option flx_everywhere_options[];

/* By the first `length` bytes of a name or alias (NULL: by none) or by a letter (0: by
 * none). NULL where the verb has no such option. *given (may be NULL): its name or its
 * alias, whichever matched. */
const flx_option *flx_option_find(const flx_command *command, const char *name,
                                  size_t length, char letter, const char **given);

/* FLX_BAD_INPUT says what the option `name` of the verb needs and what it got. */
flx_status flx_option_check(const char *verb, const char *name, const flx_option *option,
                            const char *text, flx_error *error);

/* Which of the words "a|b|c" a text is; -1: none of them. */
int flx_find_word(const char *words, const char *text);

/* "a, b or c" into text; cut where there is no room. */
void flx_list_words(const char *words, char *text, size_t size);

/* A finite decimal number and nothing else. */
bool flx_reads_as_number(const char *text, double *value);
#endif
