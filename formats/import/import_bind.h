/* SPDX-License-Identifier: MIT
 * Which CSV column becomes which column of the dataset. Among the rules that fit a column
 * an exact one beats one with a '*', then the longer beats the shorter, then the first of
 * the map wins. */
#ifndef FLX_IMPORT_BIND_H
#define FLX_IMPORT_BIND_H

#include "formats/import/import_table.h"

/* One column of the dataset, or (is_check) CSV columns that must equal one. */
typedef struct {
    char *name; /* of the dataset's column */
    bool is_check;
    const flx_import_rule *rule;   /* of its first source: kind, unit */
    const flx_import_rule **rules; /* (n_files) NULL where the file lacks it */
    int *column;                   /* (n_files) or -1 */
} flx_import_binding;

typedef struct {
    int count;
    size_t room;
    flx_import_binding *list; /* (count) in the order of the files' columns */
    int n_ignored;            /* CSV columns */
} flx_import_bindings;

/* FLX_BAD_INPUT for a CSV column that is neither mapped, ignored nor used for time,
 * group, step, pivot or derived columns, for a mapped one that is missing and not
 * optional, and for two that become the same. */
flx_status flx_import_bind(const flx_import_table *table, const flx_import_map *map,
                           flx_import_bindings *bindings, flx_error *error);
/* Frees the lists in it, also after an error. */
void flx_import_unbind(flx_import_bindings *bindings);
#endif
