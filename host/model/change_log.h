/* SPDX-License-Identifier: MIT
 * What an operation of the graph engine did, assignment by assignment: what was reused,
 * fitted, removed, and what is new and untrained. The paper localizes new assignments by
 * "recording graph manipulations over time" (3.2.3, error source 1): this is the record,
 * what the program prints and a line of history.jsonl. */
#ifndef FLX_CHANGE_LOG_H
#define FLX_CHANGE_LOG_H

#include <stdbool.h>

typedef struct {
    int count;
    char **items; /* (count) */
} flx_name_list;

/* Copies a text formatted as by printf; false when out of memory. */
bool flx_name_list_add(flx_name_list *list, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
bool flx_name_list_holds(const flx_name_list *list, const char *name);

/* One model among those that a refit weighed. */
typedef struct {
    const char *origin; /* "in place" | "recalibrated" | "old and new rows" |
                          "new rows" (static text) */
    const char *kind;   /* text of its predictor kind (static) */
    double weight;      /* it has now */
    double mae;         /* out of sample on the new rows, unit of the output */
} flx_weighted_model;

/* How one assignment was refitted. Errors are mean absolute ones on the new rows, out of
 * sample: each row predicted by models that were fitted without it. */
typedef struct {
    char *assignment;
    int rows, retained_rows; /* with an output: given now, and kept by the model */
    double mae_before;       /* of what was in place; NaN where nothing was */
    double mae_after;        /* of the weighted models now */
    bool is_unchanged;       /* nothing did better than what was in place */
    char reason[160];        /* where unchanged: one phrase */
    int n_models;
    flx_weighted_model *models; /* (n_models) */
} flx_refit;

typedef struct {
    const char *event;       /* "add" | "scale" | "replace" | "fit" (static text) */
    char *service;           /* what it was done to; NULL: several */
    int instances;           /* scale: how many now; else 0 */
    int rows;                /* fit: rows given */
    flx_name_list reused;    /* assignments whose models are as before */
    flx_name_list fitted;    /* that have new models */
    flx_name_list untrained; /* that are new: a service-vertex works by its rule, an
                                instance-vertex hosts nothing yet */
    flx_name_list removed;
    /* "CALLER:METRIC reads LABEL": labels that models read and nothing gives any more;
     * held at their training median. */
    flx_name_list missing_inputs;
    /* "CALLER:METRIC does not read LABEL": given, but unknown to its models until it is
     * fitted. */
    flx_name_list unused_inputs;
    int n_refits;
    flx_refit *refits; /* (n_refits) fit only */
} flx_change;

void flx_change_clear(flx_change *change);

/* As JSON (a json_t of jansson, owned by the caller); NULL when out of memory. */
struct json_t;
struct json_t *flx_change_describe(const flx_change *change);
#endif
