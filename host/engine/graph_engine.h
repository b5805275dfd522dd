/* SPDX-License-Identifier: MIT
 * The graph engine (paper 3.2 and 4.1.2): builds an inference graph service by service,
 * follows a deployment as its services are scaled and replaced, and fits what is new.
 *
 *     paper                                here
 *     GE.add(s_name, p_name, a_ptr)        flx_graph_engine_add
 *     GE.connect(s1_name, s2_name)         flx_graph_engine_connect
 *     GE.scale(s_name, num_inst)           flx_graph_engine_scale
 *     GE.replace(s_name, p_name, a_ptr)    flx_graph_engine_replace
 *     GE.fit(s_name, p_name, time_window)  flx_graph_engine_fit, flx_graph_engine_find,
 *                                          flx_dataset_newest
 *
 * Every operation rebuilds the structure and carries the learning assignments over by
 * name and label: only what is new or changed is fitted, everything else is reused. Each
 * fills a flx_change with what it did; clear it in every case. On failure the model is as
 * it was before. */
#ifndef FLX_GRAPH_ENGINE_H
#define FLX_GRAPH_ENGINE_H

#include "formats/progress.h"
#include "host/model.h"
#include "host/training.h"

/* --- Building in memory ---------------------------------------------------------- */

typedef struct flx_graph_engine flx_graph_engine;

/* What LA.init of the paper says of a service: the labels that its assignments read. All
 * is borrowed for the call. */
typedef struct {
    const char *name;
    const char *const *operations; /* ends with NULL; or NULL: not told apart */
    int n_knobs;
    const flx_knob *knobs;     /* (n_knobs) */
    const char *const *states; /* ends with NULL; or NULL. "rps", of every operation */
} flx_service_sketch;

/* An engine without services. */
flx_status flx_graph_engine_create(const char *system, flx_graph_engine **out,
                                   flx_error *error);
/* An engine that goes on from a model, which it takes over, also on failure. */
flx_status flx_graph_engine_open_take(flx_model *model, flx_graph_engine **out,
                                      flx_error *error);
void flx_graph_engine_destroy(flx_graph_engine *engine); /* NULL is fine */

/* One instance, without metrics yet. FLX_BAD_INPUT where the name is there already. */
flx_status flx_graph_engine_declare(flx_graph_engine *engine,
                                    const flx_service_sketch *service, flx_error *error);

/* GE.add: one vertex for `metric` of "SERVICE" or "SERVICE.OPERATION" (of a service with
 * operations, "SERVICE" means all of them). It hosts `assignment`, whose models it takes
 * over, also on failure; NULL: it hosts nothing until it is fitted. The models' inputs
 * are those that the composed graph gives the vertex: knobs, states, then the metrics of
 * what it calls, in the order of declarations and connections. */
flx_status flx_graph_engine_add(flx_graph_engine *engine, const char *service,
                                const char *metric, flx_learning_assignment *assignment,
                                flx_error *error);

/* GE.connect: every metric of `callee` becomes an input of every vertex of `caller` (both
 * "SERVICE" or "SERVICE.OPERATION"). A cycle is found when composing. */
flx_status flx_graph_engine_connect(flx_graph_engine *engine, const char *callee,
                                    const char *caller, flx_error *error);

/* The graph whose output is `target` ("web:p90"), and its model. `options` as for
 * training (composed only); those of an opened model where NULL. The engine is left
 * empty; destroy it. FLX_BAD_INPUT: a cycle, an unknown target, a model whose number of
 * inputs is not that of its vertex. */
flx_status flx_graph_engine_compose(flx_graph_engine *engine, const char *target,
                                    const flx_training_options *options, flx_model **out,
                                    flx_change *change, flx_error *error);

/* --- Following the deployment ---------------------------------------------------- */

/* GE.scale: an ensemble follows (host/model/ensemble.h). `instances` instance-vertices
 * for every metric of the service, sharing their assignment, and for more than one a
 * service-vertex that works at once by its rule (the mean weighted by rates) and is
 * listed as untrained. FLX_BAD_INPUT: an unknown service, instances < 1, a model that is
 * no composed graph. */
flx_status flx_graph_engine_scale(flx_model *model, const char *service, int instances,
                                  flx_change *change, flx_error *error);

/* GE.replace: `service` becomes what `other` has as `other_service` (NULL: the same
 * name), with its assignments; name and number of instances stay. Callers' edges are
 * taken over by label: change->missing_inputs says which labels nothing gives any more.
 * An ensemble that the target hosts is given up: its black boxes know the old service.
 * FLX_BAD_INPUT: an unknown service, no vertices for it in `other`, calls that make a
 * cycle, a target that `other` does not have. */
flx_status flx_graph_engine_replace(flx_model *model, const char *service,
                                    const flx_model *other, const char *other_service,
                                    flx_change *change, flx_error *error);

/* --- Fitting what is new --------------------------------------------------------- */

/* All zero: the defaults. */
typedef struct {
    bool only_weights;  /* weigh the models that are there anew, fit none */
    bool with_ensemble; /* refit the ensemble that the target hosts too, where services
                          were scaled since its training: host/engine/ensemble_refit.h */
    uint64_t seed;      /* of the folds */
    const flx_progress *progress; /* may be NULL */
} flx_refit_options;

/* GE.fit: refits `count` assignments (indices of the model's graph) on given rows, all of
 * them as one batch. Each is offered, beside the models in place, a recalibrated copy of
 * the leading one, and a model fitted to the rows given and those kept by the model
 * together. Their weights minimize the error on the rows given, out of sample over 5
 * folds with models refitted in each, and are then shrunk toward the models in place
 * (which keep 10 pseudo-rows): with few rows little changes, and an assignment stays as
 * it is where nothing does clearly better. In paper mode the new model takes the place of
 * the old one, as the paper has it. An assignment that hosts nothing is simply fitted.
 * With fewer than 5 rows that have its output an assignment stays as it is, and the
 * change says so. FLX_BAD_INPUT: no row at all, a model that is no composed graph. */
flx_status flx_graph_engine_fit(flx_model *model, const int *assignments, int count,
                                const flx_dataset *rows, const flx_refit_options *options,
                                flx_backend *backend, flx_change *change,
                                flx_error *error);

typedef enum {
    FLX_FIT_SHOWN,    /* what callers see: the service-vertex where there is one */
    FLX_FIT_INSTANCES /* what the instances share */
} flx_fit_choice;

/* Assignments of "SERVICE" (of all its operations) or "SERVICE.OPERATION" for a metric,
 * into `assignments` (n_assignments); *count. FLX_BAD_INPUT names what is unknown. */
flx_status flx_graph_engine_find(const flx_model *model, const char *service,
                                 const char *metric, flx_fit_choice choice,
                                 int *assignments, int *count, flx_error *error);

/* Service-vertices that still work by their rule alone, and vertices that host nothing.
 */
int flx_graph_engine_untrained(const flx_model *model, int *assignments);
#endif
