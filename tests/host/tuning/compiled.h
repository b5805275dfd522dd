/* SPDX-License-Identifier: MIT
 * A trained model compiled for a device, and what it is compared with. */
#ifndef FLX_TEST_COMPILED_H
#define FLX_TEST_COMPILED_H

#include "host/training.h"
#include "host/tuning.h"

/* What is compared; `fix` is of a knob or state, or NULL. */
typedef struct {
    const flx_model *model;
    const char *fix;
    const flx_dataset *profile; /* may be NULL */
} compiled_subject;

/* On a backend, with `compiled` NULL where a device cannot evaluate the model. */
typedef struct {
    flx_backend *backend;
    flx_search_space *space;
    flx_tuning_objective *objective;
    flx_compiled_graph *compiled;
} compiled_model;

compiled_model open_compiled(const compiled_subject *subject, flx_backend *backend);
void close_compiled(compiled_model *c);

/* A model of two services (tests/host/training/two_services.h) on the cpu. */
flx_model *train_two(int replicas, const char *transform, flx_dataset *table,
                     flx_composition composition, bool hosts_ensemble);

/* With every backend: what plain loops, and a device where there is one, make of the
 * compiled graph is what tuning predicts on the host. */
void compare_compiled(const flx_model *model, const char *fix,
                      const flx_dataset *profile);
#endif
