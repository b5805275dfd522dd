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

/* A list of texts under `key`; one text alone is a list of one. The caller frees
 * out->texts, also after an error. */
flx_status flx_import_read_texts(const flx_json_source *source, const json_t *object,
                                 const char *key, bool is_required, flx_text_list *out,
                                 flx_error *error);
#endif
