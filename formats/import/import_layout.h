/* SPDX-License-Identifier: MIT
 * The parts of an import map about rows and the layout of the table: groups, steps,
 * filters, pivots of long tables, derived columns. For formats/import/import_map.c
 * only. */
#ifndef FLX_IMPORT_LAYOUT_H
#define FLX_IMPORT_LAYOUT_H

#include "formats/import/import_map.h"

/* "group", into the map itself. */
extern const flx_json_schema flx_import_group_schema;
flx_status flx_import_finish_group(const flx_json_source *source, const json_t *object,
                                   void *map, flx_error *error);
/* "step" and "where". */
flx_status flx_import_read_step(const flx_json_source *source, const json_t *root,
                                void *map, flx_error *error);
flx_status flx_import_read_filters(const flx_json_source *source, const json_t *root,
                                   void *map, flx_error *error);
/* "pivot" */
extern const flx_json_schema flx_import_pivot_schema;
flx_status flx_import_finish_pivot(const flx_json_source *source, const json_t *object,
                                   void *pivot, flx_error *error);
/* An entry of "derive". */
extern const flx_json_schema flx_import_derivation_schema;
flx_status flx_import_finish_derivation(const flx_json_list *list, void *map,
                                        void *derivation, flx_error *error);
/* Frees the lists of those keys, but not the map. */
void flx_import_free_layout(flx_import_map *map);
#endif
