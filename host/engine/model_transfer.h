/* SPDX-License-Identifier: MIT
 * Learning assignments carried over into a graph that changed: a model is told where the
 * labels that it reads stand now. A label that nothing gives any more is held at its
 * training median; one that the model does not know is not read. Inside the library. */
#ifndef FLX_MODEL_TRANSFER_H
#define FLX_MODEL_TRANSFER_H

#include "host/model.h"

/* Where one learning assignment comes from; all borrowed. */
typedef struct {
    const flx_graph_assignment *labels; /* what its models read, as named there */
    const char *const *names; /* (labels->n_inputs) what these are called here; NULL where
                                 they are called the same */
    const flx_learning_assignment *hosting;
} flx_transfer_source;

/* Kind of vertex, labels and kinds of the inputs are the same, in the same order. */
bool flx_labels_agree(const flx_graph_assignment *a, const flx_graph_assignment *b);

/* `out` hosts copies of the models of `from`, which read the inputs of `to`. Labels lost
 * and unused_inputs are added to the change. FLX_NO_MEMORY leaves it empty. */
flx_status flx_model_transfer_assignment(const flx_transfer_source *from,
                                         const flx_graph_assignment *to,
                                         flx_learning_assignment *out, flx_change *change,
                                         flx_error *error);

/* `out` hosts the rule of a service-vertex and nothing else. */
flx_status flx_model_transfer_rule(const flx_graph_assignment *to,
                                   flx_learning_assignment *out, flx_error *error);

/* Whether it is a service-vertex that works by its rule as it is. */
bool flx_is_untrained(const flx_graph_assignment *assignment,
                      const flx_learning_assignment *hosting);

/* What a changed graph hosts: for every assignment of `graph` what `lookup` finds for it,
 * else a rule or nothing. *out (n_assignments) is the caller's. The change lists what was
 * reused and what is untrained; assignments of `before` (may be NULL) that are no more
 * are listed as removed. */
typedef struct {
    /* Fills `source` for an assignment; false where there is nothing for it. */
    bool (*find)(const void *context, const flx_graph_assignment *assignment,
                 flx_transfer_source *source);
    const void *context;
} flx_transfer_lookup;
flx_status flx_model_transfer_all(const flx_graph *graph,
                                  const flx_transfer_lookup *lookup,
                                  const flx_graph *before, flx_learning_assignment **out,
                                  flx_change *change, flx_error *error);
#endif
