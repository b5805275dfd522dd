/* SPDX-License-Identifier: MIT
 * A table of benchmark runs: one row is one run, columns are knobs, states and metrics.
 * On disk an HDF5 file that any HDF5 tool reads (layout: formats/SCHEMA.md). */
#ifndef FLX_DATASET_H
#define FLX_DATASET_H

#include "formats/status.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum { FLX_KNOB, FLX_STATE, FLX_METRIC } flx_column_role;

/* "knob", "state", "metric", NULL */
extern const char *const flx_column_role_words[];
const char *flx_column_role_text(flx_column_role kind);

typedef struct {
    char *name; /* SERVICE[.OPERATION][/INSTANCE]:NAME */
    flx_column_role kind;
    char *unit; /* may be "" */
} flx_column;

typedef struct {
    int rows, n_columns;
    double *values;      /* (rows, n_columns) row-major; NaN = missing; a choice is the
                            0-based index into its knob's values */
    flx_column *columns; /* (n_columns) */
    int64_t *time;       /* (rows) Unix seconds, or NULL */
    int32_t *step;       /* (rows) orchestration step, or NULL */
    int64_t *group;      /* (rows) rows of a group stay together, or NULL */
    char *system, *source, *created; /* never NULL; created is ISO 8601 UTC */
    bool simulated;
    int counted_services, counted_inputs; /* as the paper counts where it counts
                                             otherwise; 0 = not given */
    char *path; /* the file that it, or the table it was copied from, was read from; or
                   NULL */
} flx_dataset;

/* A table of NaN with unnamed columns (name and unit NULL until flx_dataset_name_column).
 */
flx_status flx_dataset_create(int rows, int n_columns, flx_dataset **out,
                              flx_error *error);
void flx_dataset_destroy(flx_dataset *dataset); /* NULL is fine */

/* Copies name and unit. */
flx_status flx_dataset_name_column(flx_dataset *dataset, int column, const char *name,
                                   flx_column_role kind, const char *unit,
                                   flx_error *error);
/* Replaces system, source (copied) and created (now). */
flx_status flx_dataset_describe(flx_dataset *dataset, const char *system,
                                const char *source, flx_error *error);

/* Its name in error messages: its path, else "the table". Valid as long as the
 * dataset. */
const char *flx_dataset_title(const flx_dataset *dataset);

/* Index of the column of that exact name, or -1. */
int flx_dataset_find(const flx_dataset *dataset, const char *name);

/* A copy of the whole table. */
flx_status flx_dataset_copy(const flx_dataset *dataset, flx_dataset **out,
                            flx_error *error);

/* Copies the given rows, in the given order, with all columns and per-row arrays. */
flx_status flx_dataset_select_rows(const flx_dataset *dataset, const int *rows, int count,
                                   flx_dataset **out, flx_error *error);

/* The rows of the last `window` seconds: /time in (newest - window, newest]. Without
 * /time FLX_BAD_INPUT. */
flx_status flx_dataset_newest(const flx_dataset *dataset, double window,
                              flx_dataset **out, flx_error *error);

/* First and last /time of the rows; both are left as they are where they have none. */
void flx_dataset_find_period(const flx_dataset *dataset, int64_t *first, int64_t *last);

/* Reads and checks a dataset file. FLX_BAD_INPUT for anything that is not one. */
flx_status flx_dataset_read(const char *path, flx_dataset **out, flx_error *error);

/* Writes beside `path` and renames: the file appears whole or not at all. */
flx_status flx_dataset_write(const flx_dataset *dataset, const char *path,
                             flx_error *error);

/* SHA-256 (hex, 64 digits + NUL) of shape, column names and kinds, and values: equal
 * tables have equal digests, whatever file they are in. */
void flx_dataset_digest(const flx_dataset *dataset, char digest[65]);

/* Counts per instance (formats/SCHEMA.md, "Dataset"): a service seen with instances
 * /0../k-1 counts k times; a knob given once for a replicated service counts for every
 * instance; a plain column beside instance columns of the same name is an aggregate
 * and not counted. */
typedef struct {
    int services, knobs, states,
        metrics; /* metrics: columns of that kind, as they stand */
} flx_dataset_counts;
flx_status flx_dataset_count(const flx_dataset *dataset, flx_dataset_counts *counts,
                             flx_error *error);
#endif
