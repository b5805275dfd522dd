/* SPDX-License-Identifier: MIT
 * Text as a terminal shows it. Names of services come from files of others: control
 * characters in them must not reach the terminal. */
#ifndef FLX_TERMINAL_H
#define FLX_TERMINAL_H

#include <stdio.h>

/* Columns that UTF-8 text takes: 2 for wide East Asian letters and pictures, 0 for
 * combining marks, 1 for the rest and for every byte that is not UTF-8. */
int flx_text_width(const char *text);

/* Writes the text; every control character and every byte that is not UTF-8 becomes '?'.
 */
void flx_text_put(const char *text, FILE *stream);
#endif
