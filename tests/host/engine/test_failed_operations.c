/* SPDX-License-Identifier: MIT
 * An operation of the graph engine that fails leaves the model as it was: with one
 * allocation after the other failing, the model describes itself as before, and in the
 * end the operation succeeds. */
#include "host/engine/graph_engine.h"

#include "host/model/model_json.h"
#include "tests/close.h"
#include "tests/failing_memory.h"
#include "tests/host/engine/skeletons.h"
#include "tests/host/training/two_services.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRAINED = 16, GIVEN = 11 };

static flx_model *train(uint64_t seed, bool hosts_ensemble, flx_backend *backend)
{
    flx_dataset *rows = two_services_rows(TRAINED, 1, seed);
    flx_training_options options = {.prior = FLX_PRIOR_DENSITY,
                                    .hosts_ensemble = hosts_ensemble};
    flx_model *model = two_services_train(1, "none", rows, options, backend);
    flx_dataset_destroy(rows);
    return model;
}

/* graph.json and deployment.json of a model. */
static char *describe(const flx_model *model)
{
    json_t *document = flx_model_describe(model);
    char *graph = json_dumps(document, JSON_INDENT(1)), *both = NULL;
    char *deployment = flx_deployment_text(model->deployment);
    if (asprintf(&both, "%s\n%s", graph, deployment) < 0)
        abort();
    json_decref(document);
    free(graph);
    free(deployment);
    return both;
}

typedef struct {
    flx_model *model, *other;
    flx_dataset *rows;
    flx_backend *backend;
} subject;

typedef flx_status operation(subject *s, flx_change *change, flx_error *error);

/* Every `step`-th allocation in turn fails, from the first one on. */
static void fail_at_all(operation *run, subject *s, int step)
{
    flx_status status = FLX_NO_MEMORY;
    int failures = 0, differences = 0;
    char *before = describe(s->model);
    for (int k = 0; status != FLX_OK; k += step) {
        flx_change change;
        flx_error error = {0};
        memory_fails_after(k);
        status = run(s, &change, &error);
        bool has_failed = memory_is_back();
        flx_change_clear(&change);
        if (status == FLX_OK)
            break;
        assert_int(status, FLX_NO_MEMORY);
        assert_true(has_failed && *error.message);
        failures++;
        char *after = describe(s->model);
        if (strcmp(before, after) != 0 && differences++ == 0)
            fprintf(stderr, "\n    another model after failure %d: %s", k, error.message);
        free(after);
    }
    assert_true(failures > 5);
    assert_int(differences, 0);
    free(before);
}

static flx_status scale(subject *s, flx_change *change, flx_error *error)
{
    return flx_graph_engine_scale(s->model, "db", 2, change, error);
}

static flx_status scale_back(subject *s, flx_change *change, flx_error *error)
{
    return flx_graph_engine_scale(s->model, "db", 1, change, error);
}

static flx_status replace(subject *s, flx_change *change, flx_error *error)
{
    return flx_graph_engine_replace(s->model, "db", s->other, NULL, change, error);
}

static flx_status fit(subject *s, flx_change *change, flx_error *error)
{
    int all[] = {0, 1, 2};
    flx_refit_options options = {.with_ensemble = true};
    return flx_graph_engine_fit(s->model, all, s->model->graph->n_assignments, s->rows,
                                &options, s->backend, change, error);
}

static void a_failed_operation_leaves_the_model_as_it_was(void)
{
    subject s = {.backend = two_services_backend(1)};
    s.model = train(1, true, s.backend);
    s.other = train(2, false, s.backend);
    s.rows = two_services_rows(GIVEN, 2, 3);
    for (int r = 0; r < GIVEN; r++)
        *two_services_cell(s.rows, r, "web:p90") *= 1.3;
    fail_at_all(scale, &s, 1);
    fail_at_all(fit, &s, 41);
    fail_at_all(scale_back, &s, 1);
    fail_at_all(replace, &s, 1);
    flx_dataset_destroy(s.rows);
    flx_model_destroy(s.model);
    flx_model_destroy(s.other);
    flx_backend_close(s.backend);
}

/* Rows become those of a model that has none only if the refit is done. */
static void a_failed_refit_leaves_no_rows(void)
{
    subject s = {.backend = two_services_backend(1)};
    s.model = skeleton_of(two_services(2, "none"), NULL, 0);
    s.rows = two_services_rows(GIVEN, 2, 3);
    flx_status status = FLX_NO_MEMORY;
    for (int k = 0; status != FLX_OK; k += 7) {
        flx_change change;
        flx_error error = {0};
        memory_fails_after(k);
        status = fit(&s, &change, &error);
        memory_is_back();
        flx_change_clear(&change);
        assert_true(status == FLX_OK || s.model->rows == NULL);
    }
    assert_int(s.model->rows->rows, GIVEN);
    flx_dataset_destroy(s.rows);
    flx_model_destroy(s.model);
    flx_backend_close(s.backend);
}

CU_TestInfo failed_operations_tests[] = {
    {"a failed operation leaves the model as it was",
     a_failed_operation_leaves_the_model_as_it_was},
    {"a failed refit leaves no rows", a_failed_refit_leaves_no_rows},
    CU_TEST_INFO_NULL,
};
