/* SPDX-License-Identifier: MIT
 * The part of an import map that shapes the table: rows, groups, steps, filters, the
 * turning of long tables, derived columns. Parts of formats/import/import_map.c, not for
 * others.
 */
#ifndef FLX_IMPORT_LAYOUT_H
#define FLX_IMPORT_LAYOUT_H

#include "formats/import/import_map.h"

/* Reads "group", "step", "where", "missing", "pivot" and "derive". */
flx_status flx_import_read_layout(flx_import_map *map, flx_error *error);
/* Frees the lists of those keys, but not the map. */
void flx_import_free_layout(flx_import_map *map);
#endif
