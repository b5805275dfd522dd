/* SPDX-License-Identifier: MIT
 * A trained inference graph: deployment, structure, and a fitted predictor for every
 * learning assignment; with the rows it was trained on, since a later refit needs them.
 * On disk a folder (formats/SCHEMA.md, "Model folder"):
 *     deployment.json  graph.json  models/DIGEST.h5  rows.h5  history.jsonl */
#ifndef FLX_MODEL_H
#define FLX_MODEL_H

#include "host/graph.h"
#include "host/model/assignment.h"
#include "host/model/change_log.h"
#include "host/regression.h"

typedef enum {
    FLX_COMPOSED,
    FLX_BLACK_BOX_ARD,
    FLX_BLACK_BOX_ISO,
    FLX_BLACK_BOX_MLP,
    FLX_BLACK_BOX_FOREST,
    FLX_BLACK_BOX_XGBOOST,
    FLX_BLACK_BOX_RIDGE,
    FLX_SKIP_CONNECTED /* host/graph/skip_graph.h */
} flx_composition;

/* "composed" | "gp-ard" | "gp-iso" | "mlp" | "forest" | "xgboost" | "ridge" |
 * "skip-connected" */
const char *flx_composition_text(flx_composition composition);
/* All of them, in the order of the enumeration; ends with NULL. */
extern const char *const flx_composition_words[];
/* What its vertices are fitted with. */
flx_predictor_kind flx_composition_kind(flx_composition composition);

/* Something a user should know about an assignment: dropped input, constant, failed fit.
 */
typedef struct {
    char *assignment, *text;
    bool is_failure; /* a fit that was tried and failed */
} flx_warning;

typedef struct {
    int count;
    flx_warning *items; /* (count) */
} flx_warning_list;

/* Copies both texts. FLX_NO_MEMORY. */
flx_status flx_warning_list_add(flx_warning_list *list, flx_error *error,
                                const char *assignment, bool is_failure,
                                const char *format, ...)
    __attribute__((format(printf, 5, 6)));
void flx_warning_list_clear(flx_warning_list *list);

/* One model that the target hosts (host/model/ensemble.h). */
typedef struct {
    const char *name;
    bool is_composed; /* of the composed family */
    flx_composition composition;
    flx_gp_prior prior;
    bool wants_log;
    flx_graph *graph; /* NULL for the first member: that is the model's own graph */
    flx_learning_assignment *assignments; /* (graph->n_assignments) */
    double weight;                        /* in [0, 1]; those of all members sum to 1 */
    double fold_mae;                      /* out of sample, unit of the target */
} flx_member;

typedef struct {
    int n_members;
    flx_member *members;
    int *replicas;    /* (services of the deployment) when the members were trained */
    double low, high; /* every member's output is kept within */
    double margin;    /* half the median absolute residual of the folds */
    int n_scores;
    double *scores; /* (n_scores) ascending: |residual| / (disagreement + margin) */
} flx_ensemble;

typedef struct {
    flx_composition composition;
    flx_gp_prior prior;
    flx_covariance covariance; /* of its Gaussian processes */
    bool paper_mode;
    bool wants_log; /* positive metrics are modelled in logarithms */
    flx_deployment *deployment;
    flx_graph *graph;
    flx_learning_assignment *assignments; /* (graph->n_assignments) what each hosts */
    flx_dataset *rows;                    /* the training rows */
    int *row_replicas;                    /* (services) instances when they were measured,
                                             0: the rows do not speak of the service;
                                             NULL: as deployed */
    int source_rows;                      /* rows of the file they were drawn from */
    char source_digest[65];               /* its content: flx_dataset_digest */
    int n_drawn;
    int *drawn; /* (n_drawn) row numbers in that file, ascending */
    flx_warning_list warnings;
    flx_ensemble *ensemble; /* what the target is predicted by; NULL: the graph alone */
} flx_model;

void flx_model_destroy(flx_model *model); /* NULL is fine */

void flx_ensemble_destroy(flx_ensemble *ensemble); /* NULL is fine */
void flx_member_clear(flx_member *member);

/* The model that counts most in assignment `a`. */
const flx_predictor *flx_model_leading(const flx_model *model, int a);

/* A graph and what its assignments host: what prediction reads. All is borrowed. */
typedef struct {
    const flx_deployment *deployment;
    const flx_graph *graph;
    const flx_learning_assignment *assignments; /* (graph->n_assignments) */
} flx_fitted_graph;

/* The model's own graph, and that of member k of its ensemble. */
flx_fitted_graph flx_model_graph(const flx_model *model);
flx_fitted_graph flx_model_member_graph(const flx_model *model, int k);

/* The first assignment that hosts no model yet, or -1. */
int flx_fitted_graph_find_empty(flx_fitted_graph fitted);

/* Structure of a model from its deployment: composed or monolith, which has no scope. */
flx_status flx_model_build_graph(const flx_deployment *deployment,
                                 flx_composition composition, bool paper_mode,
                                 const flx_graph_scope *scope, flx_graph **out,
                                 flx_error *error);

/* Whether it keeps rows, and no service was scaled or replaced since they were measured.
 */
bool flx_model_rows_are_current(const flx_model *model);

/* Unit of the target, from the training rows; "" where unknown. */
const char *flx_model_unit(const flx_model *model);

/* Whether flx_model_write could make that folder: to be known before the work is done. */
flx_status flx_model_check_path(const char *path, flx_error *error);
/* The folder appears whole or not at all; an older model there is replaced. `event` is
 * the verb of the line added to history.jsonl. */
flx_status flx_model_write(const flx_model *model, const char *path, const char *event,
                           flx_error *error);
/* The model that stands at `path`, changed: its history goes on with a line that says
 * how. A kill leaves the one before. */
flx_status flx_model_update(const flx_model *model, const char *path,
                            const flx_change *change, flx_error *error);
/* FLX_BAD_INPUT where a file is missing, damaged or does not fit the others. */
flx_status flx_model_read(const char *path, flx_model **out, flx_error *error);
#endif
