/* SPDX-License-Identifier: MIT */
#include "tests/host/engine/skeletons.h"

#include "tests/close.h"

#include <stdio.h>
#include <stdlib.h>

flx_model *skeleton_of(flx_deployment *deployment, const char *const *spectrum,
                       int n_spectrum)
{
    flx_error error = {0};
    flx_model *model = calloc(1, sizeof *model);
    model->deployment = deployment;
    model->prior = FLX_PRIOR_DENSITY;
    assert_int(
        flx_graph_build(deployment, spectrum, n_spectrum, false, &model->graph, &error),
        FLX_OK);
    assert_text(error.message, "");
    size_t count = (size_t)model->graph->n_assignments;
    model->assignments = calloc(count, sizeof *model->assignments);
    for (int a = 0; a < model->graph->n_assignments; a++) {
        flx_hosted_model hosted = {
            .predictor = {.kind = FLX_PREDICTOR_CONSTANT,
                          .constant = 100 + a,
                          .n_inputs = model->graph->assignments[a].n_inputs,
                          .output_high = 1e9},
            .weight = 1};
        assert_int(flx_assignment_add(&model->assignments[a], &hosted, &error), FLX_OK);
    }
    return model;
}

flx_deployment *read_config(const char *name)
{
    char path[512];
    flx_error error = {0};
    flx_deployment *deployment = NULL;
    snprintf(path, sizeof path, "%s/configs/%s.json", FLX_SOURCE_DIR, name);
    assert_int(flx_deployment_read(path, &deployment, &error), FLX_OK);
    assert_text(error.message, "");
    return deployment;
}

flx_learning_assignment *hosting_of(const flx_model *model, const char *name)
{
    int a = flx_graph_find_assignment(model->graph, name);
    if (a < 0) {
        fprintf(stderr, "no assignment %s\n", name);
        abort();
    }
    return &model->assignments[a];
}

void assert_same_vertices(const flx_graph *actual, const flx_graph *expected)
{
    assert_int(actual->n_vertices, expected->n_vertices);
    assert_int(actual->n_assignments, expected->n_assignments);
    assert_int(actual->n_edges, expected->n_edges);
    for (int v = 0; v < expected->n_vertices && v < actual->n_vertices; v++)
        assert_text(actual->vertices[v].name, expected->vertices[v].name);
}
