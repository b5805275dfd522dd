/* SPDX-License-Identifier: MIT
 * Fills the columns of a dataset from the table: mapped, pivoted and derived ones, and
 * time, group and step. Parts of formats/import/import.c, not for others. */
#ifndef FLX_IMPORT_FILL_H
#define FLX_IMPORT_FILL_H

#include "formats/dataset.h"
#include "formats/import/import.h"
#include "formats/import/import_bind.h"
#include "formats/import/import_rows.h"

typedef struct {
    const flx_import_map *map;
    flx_import_table *table;
    flx_import_bindings bindings;
    flx_import_rows rows;
    int64_t *time; /* (kept lines) or NULL */
    int *
        derived_from; /* (n_derivations, n_files) column of each, all -1: the dataset's */
    int *pivot_columns;        /* (n_values of the pivot, n_files) */
    flx_import_keys *services; /* of the pivot */
    int *service_of;           /* (kept lines) number in `services` */
    flx_dataset *dataset;
} flx_import_work;

/* Numbers the services of a long table and finds its columns. */
flx_status flx_import_prepare_pivot(flx_import_work *work, flx_error *error);
/* Names and fills its columns, service by service, from dataset column `first` on. */
flx_status flx_import_fill_pivot(flx_import_work *work, int first, flx_error *error);

/* Finds what derived columns are made from. */
flx_status flx_import_prepare_derived(flx_import_work *work, flx_error *error);
/* Names and fills them from dataset column `first` on. */
flx_status flx_import_fill_derived(flx_import_work *work, int first, flx_error *error);

/* Sets time, group and step of the dataset's rows. */
flx_status flx_import_label_rows(flx_import_work *work, flx_error *error);

/* Counts what was made. */
flx_status flx_import_fill_report(const flx_import_work *work, flx_import_report *report,
                                  flx_error *error);

/* Names and fills a column by the rule that a CSV column is bound to; `line_values` has
 * room for one value per kept line. */
flx_status flx_import_fill_mapped(flx_import_work *work,
                                  const flx_import_binding *binding, int column,
                                  double *line_values, flx_error *error);
/* A CSV column must hold what the dataset's column of that name holds. */
flx_status flx_import_check_same(const flx_import_work *work,
                                 const flx_import_binding *binding, flx_error *error);

/* Puts one value per kept line into a column of the dataset; lines of one row must agree.
 */
flx_status flx_import_scatter(const flx_import_work *work, const double *line_values,
                              int column, flx_error *error);
#endif
