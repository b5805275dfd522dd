/* SPDX-License-Identifier: MIT */
#include "tests/host/tuning/compiled.h"

#include "host/tuning/tuning_device.h"
#include "kernels/formulas/philox.h"
#include "tests/close.h"
#include "tests/host/training/two_services.h"
#include "tests/kernels/every_backend.h"
#include "tests/kernels/graph_reference.h"

#include <math.h>
#include <stdlib.h>

enum { CANDIDATES = 37 };

compiled_model open_compiled(const compiled_subject *subject, flx_backend *backend)
{
    compiled_model c = {.backend = backend};
    flx_error error = {0};
    assert_int(flx_search_space_create(subject->model->deployment, &c.space, &error),
               FLX_OK);
    if (subject->fix)
        assert_int(flx_search_space_fix(c.space, subject->fix, &error), FLX_OK);
    assert_int(flx_tuning_objective_create(subject->model, backend, c.space,
                                           subject->profile, 0, 1, &c.objective, &error),
               FLX_OK);
    assert_int(flx_tuning_objective_compile(c.objective, &c.compiled, &error), FLX_OK);
    assert_text(error.message, "");
    assert_true((c.compiled == NULL) == (*flx_tuning_objective_reason(c.objective) != 0));
    if (c.compiled)
        assert_int(
            flx_device_graph_check(&c.compiled->graph, c.compiled->n_members, &error),
            FLX_OK);
    return c;
}

void close_compiled(compiled_model *c)
{
    flx_compiled_graph_destroy(c->compiled);
    flx_tuning_objective_destroy(c->objective);
    flx_search_space_destroy(c->space);
}

/* Random points as what the objective reads and as what the compiled graph does: one
 * setting. */
static void draw_candidates(const compiled_model *c, double *settings, double *columns)
{
    size_t knobs = (size_t)c->space->n_knobs;
    size_t width = (size_t)c->compiled->graph.n_columns;
    for (size_t i = 0; i < CANDIDATES; i++) {
        double unit[8];
        for (int d = 0; d < c->space->n_dimensions; d++)
            unit[d] = 1.2 * flx_uniform(4, 2, (uint32_t)i, 0, (uint32_t)d) - 0.1;
        flx_search_space_decode(c->space, unit, settings + i * knobs);
        graph_reference_columns(&c->compiled->graph, unit, columns + i * width);
        for (size_t k = 0; k < knobs; k++)
            assert_close(columns[i * width + k], settings[i * knobs + k], 0, 0);
    }
}

static void compare_device(const compiled_model *c, const double *columns,
                           const double *expected)
{
    flx_uploaded_graph uploaded;
    flx_error error = {0};
    double mean[CANDIDATES];
    assert_int(flx_compiled_graph_upload(c->compiled, c->backend, &uploaded, &error),
               FLX_OK);
    assert_text(error.message, "");
    assert_int(c->backend->operations->graph_predict(uploaded.graph, columns, CANDIDATES,
                                                     mean, &error),
               FLX_OK);
    for (int i = 0; i < CANDIDATES; i++)
        assert_close(mean[i], expected[i], 1e-12, 0);
    flx_uploaded_graph_release(&uploaded);
}

static void compare_loops(const compiled_model *c, const double *columns,
                          const double *expected)
{
    flx_gp_posterior *posterior = NULL;
    flx_error error = {0};
    double mean[CANDIDATES];
    assert_int(c->backend->operations->condition(c->backend, c->compiled->members,
                                                 c->compiled->n_members, &posterior,
                                                 &error),
               FLX_OK);
    graph_reference(&c->compiled->graph, c->backend, posterior, columns, CANDIDATES,
                    mean);
    for (int i = 0; i < CANDIDATES; i++)
        assert_close(mean[i], expected[i], 1e-12, 0);
    c->backend->operations->posterior_release(posterior);
}

static compiled_subject subject; /* for with_every_backend */

static void compare_on(flx_backend *backend)
{
    compiled_model c = open_compiled(&subject, backend);
    double *settings = malloc(CANDIDATES * 8 * sizeof *settings);
    double *columns =
        malloc(CANDIDATES * (size_t)c.compiled->graph.n_columns * sizeof *columns);
    double expected[CANDIDATES], spread = 0;
    flx_error error = {0};
    draw_candidates(&c, settings, columns);
    assert_int(flx_tuning_objective_predict(c.objective, settings, CANDIDATES, expected,
                                            NULL, NULL, &error),
               FLX_OK);
    for (int i = 1; i < CANDIDATES; i++)
        spread = fmax(spread, fabs(expected[i] - expected[0]));
    assert_true(spread > 0.1);
    compare_loops(&c, columns, expected);
    if (backend->operations->graph_create)
        compare_device(&c, columns, expected);
    free(columns);
    free(settings);
    close_compiled(&c);
}

void compare_compiled(const flx_model *model, const char *fix, const flx_dataset *profile)
{
    subject = (compiled_subject){model, fix, profile};
    with_every_backend(compare_on);
}

flx_model *train_two(int replicas, const char *transform, flx_dataset *table,
                     flx_composition composition, bool hosts_ensemble)
{
    flx_backend *backend = two_services_backend(1);
    flx_model *model =
        two_services_train(replicas, transform, table,
                           (flx_training_options){.composition = composition,
                                                  .prior = FLX_PRIOR_DENSITY,
                                                  .hosts_ensemble = hosts_ensemble},
                           backend);
    flx_backend_close(backend);
    return model;
}
