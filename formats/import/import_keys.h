/* SPDX-License-Identifier: MIT
 * Numbers texts in the order of their first appearance: 0, 1, 2 ... Rows of long tables,
 * groups and services are told apart by such numbers. */
#ifndef FLX_IMPORT_KEYS_H
#define FLX_IMPORT_KEYS_H

#include "formats/status.h"

typedef struct flx_import_keys flx_import_keys;

flx_status flx_import_keys_create(flx_import_keys **out, flx_error *error);
void flx_import_keys_destroy(flx_import_keys *keys); /* NULL is fine */

/* The number of a text (copied), a new one where it was not seen before. */
flx_status flx_import_keys_number(flx_import_keys *keys, const char *text, int *number,
                                  flx_error *error);
int flx_import_keys_count(const flx_import_keys *keys);
const char *flx_import_keys_text(const flx_import_keys *keys, int number);
#endif
