/* SPDX-License-Identifier: MIT
 * usage: roofline_workload N D
 * Launches of every kernel of the cuda backend, for experiments/roofline.sh, which reads
 * what the emulator counted: one likelihood with its gradient, one posterior of N points
 * with D inputs at 320 queries, losses of 64 weight vectors, one matrix product, three
 * generations of L-SHADE on a graph of 13 vertices that all have that posterior's model.
 */
#include "host/fluxion.h"

#include <stdio.h>
#include <stdlib.h>

enum { QUERIES = 320, SIDE = 128, LEAVES = 12, MEMBERS = 128, GENERATIONS = 3 };

static flx_error error;

static void check(flx_status status)
{
    if (status == FLX_OK)
        return;
    fprintf(stderr, "roofline_workload: %s\n", error.message);
    exit(1);
}

static double *numbers(int count)
{
    double *values = calloc((size_t)count, sizeof *values);
    if (!values)
        exit(1);
    for (int i = 0; i < count; i++)
        values[i] = flx_uniform(1, 1, (uint32_t)i, 0, 0);
    return values;
}

/* The first vertices read the d columns, the last one reads them all and as many columns
 * as it has inputs left. */
static void fill_inputs(flx_device_graph_input *inputs, int d)
{
    for (int v = 0; v <= LEAVES; v++)
        for (int k = 0; k < d; k++) {
            bool is_vertex = v == LEAVES && k < LEAVES;
            inputs[v * d + k] =
                (flx_device_graph_input){is_vertex ? k : -1, is_vertex ? -1 : k, 1};
        }
}

static flx_resident_graph *compose(flx_backend *backend,
                                   const flx_gp_posterior *posterior, int d)
{
    size_t width = (size_t)d;
    flx_device_graph_column *columns = calloc(width, sizeof *columns);
    flx_device_graph_feature *features = calloc(width, sizeof *features);
    flx_device_graph_input *inputs = calloc((LEAVES + 1) * width, sizeof *inputs);
    flx_device_graph_vertex vertices[LEAVES + 1];
    const int level_start[] = {0, LEAVES, LEAVES + 1};
    const flx_device_graph_model model = {
        .kind = FLX_DEVICE_GRAPH_GP, .n_features = d, .sd = 1, .low = -1e9, .high = 1e9};
    const flx_device_graph_target target = {LEAVES, 1, 1};
    if (!columns || !features || !inputs)
        exit(1);
    fill_inputs(inputs, d);
    for (int k = 0; k < d; k++) {
        columns[k] =
            (flx_device_graph_column){.dimension = k, .scale.max = 1, .first_value = -1};
        features[k] =
            (flx_device_graph_feature){k, {.low = -1e9, .high = 1e9, .scale = 1}};
    }
    for (int v = 0; v <= LEAVES; v++)
        vertices[v] = (flx_device_graph_vertex){v * d, d, 0, 1};
    const flx_device_graph description = {.n_dimensions = d,
                                          .n_columns = d,
                                          .n_inputs = (LEAVES + 1) * d,
                                          .n_vertices = LEAVES + 1,
                                          .n_levels = 2,
                                          .n_models = 1,
                                          .n_features = d,
                                          .n_targets = 1,
                                          .columns = columns,
                                          .inputs = inputs,
                                          .vertices = vertices,
                                          .level_start = level_start,
                                          .models = &model,
                                          .features = features,
                                          .targets = &target};
    flx_resident_graph *graph;
    check(backend->operations->graph_create(backend, posterior, &description, &graph,
                                            &error));
    free(columns), free(features), free(inputs);
    return graph;
}

static void search(flx_backend *backend, const flx_gp_posterior *posterior, int d)
{
    flx_resident_graph *graph = compose(backend, posterior, d);
    flx_population_search lshade = {.kind = FLX_POPULATION_LSHADE,
                                    .n_dimensions = d,
                                    .members = MEMBERS,
                                    .budget = 100 * MEMBERS,
                                    .history = 6,
                                    .smallest_members = 4,
                                    .best_share = 0.11,
                                    .archive_rate = 2.6};
    flx_population_report report;
    flx_population *population;
    check(backend->operations->graph_search(graph, &lshade, 1, &population, &error));
    check(backend->operations->search_advance(population, GENERATIONS, &report, &error));
    backend->operations->search_release(population);
    backend->operations->graph_release(graph);
}

static void fit(flx_backend *backend, int n, int d)
{
    double *X = numbers(n * d), *y = numbers(n), *theta = numbers(d + 2);
    double *gradient = numbers(d + 2), *answers = numbers(QUERIES * 2);
    double *queries = numbers(QUERIES * d);
    flx_gp_problem problem = {.n = n, .d = d, .X = X, .y = y};
    flx_gp_evaluation evaluation = {.theta = theta, .gradient = gradient};
    flx_gp_condition member = {.problem = problem, .theta = theta};
    flx_gp_query query = {
        .m = QUERIES, .queries = queries, .mean = answers, .variance = answers + QUERIES};
    flx_gp_batch *batch;
    flx_gp_posterior *posterior;
    check(backend->operations->batch_create(backend, &problem, 1, &batch, &error));
    check(backend->operations->evaluate(batch, &evaluation, 1, &error));
    check(backend->operations->condition(backend, &member, 1, &posterior, &error));
    check(backend->operations->predict(posterior, &query, 1, &error));
    search(backend, posterior, d);
    backend->operations->posterior_release(posterior);
    backend->operations->batch_release(batch);
    free(X), free(y), free(theta), free(gradient), free(answers), free(queries);
}

static void weigh(flx_backend *backend)
{
    double *table = numbers(SIDE * SIDE), *losses = numbers(64),
           *C = numbers(SIDE * SIDE);
    flx_weighting_problem problem = {SIDE, SIDE, false, table, table};
    flx_weighting_query query = {0, 64, table, losses};
    flx_product product = {SIDE, SIDE, SIDE, false, false, 1, 0, table, table, C};
    flx_weighting_set *set;
    check(backend->operations->weighting_create(backend, &problem, 1, &set, &error));
    check(backend->operations->weighting_losses(set, &query, 1, &error));
    backend->operations->weighting_release(set);
    check(backend->operations->multiply(backend, &product, 1, &error));
    free(table), free(losses), free(C);
}

int main(int argc, char **argv)
{
    int n = argc > 1 ? atoi(argv[1]) : 240, d = argc > 2 ? atoi(argv[2]) : 16;
    flx_backend *backend;
    check(flx_backend_open("cuda", 1, &backend, &error));
    fit(backend, n, d);
    weigh(backend);
    flx_backend_close(backend);
    return 0;
}
