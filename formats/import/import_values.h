/* SPDX-License-Identifier: MIT
 * What the text of a CSV cell means: a number, a choice, a time. */
#ifndef FLX_IMPORT_VALUES_H
#define FLX_IMPORT_VALUES_H

#include "formats/import/import_table.h"

#include <stdint.h>

/* The text without blanks around it is one of the map's missing ones, or there is none.
 */
bool flx_import_is_missing(const flx_import_map *map, const char *text);

/* A finite decimal number, NaN where it is missing. */
flx_status flx_import_number(const flx_import_map *map, const flx_import_cell *cell,
                             double *value, flx_error *error);

/* By a rule of the map: a number times its scale, or the index of a choice. */
flx_status flx_import_value(const flx_import_map *map, const flx_import_rule *rule,
                            const flx_import_cell *cell, double *value, flx_error *error);

/* Unix seconds: an integer, or ISO 8601 such as 2023-05-28T20:08:49Z (a blank for the T;
 * the day alone; fractions are cut; Z or +hh:mm; without one it is UTC). Never missing.
 */
flx_status flx_import_time(const flx_import_map *map, const flx_import_cell *cell,
                           int64_t *seconds, flx_error *error);

/* Reads such a time; false where the text is none. */
bool flx_time_from_text(const char *text, int64_t *seconds);

/* An integer of at most 18 digits, blanks around it allowed; false where the text is
 * none. */
bool flx_integer_from_text(const char *text, int64_t *value);
#endif
