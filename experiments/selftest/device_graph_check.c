/* SPDX-License-Identifier: MIT
 * Check of a device's composed graph against the same steps on the cpu backend, one after
 * the other: two instances of one model, a service that shows their mean by rates, a
 * front end that reads it on a logarithmic scale. */
#include "experiments/selftest/checks.h"
#include "experiments/selftest/sample.h"

#include <stdlib.h>

enum { CANDIDATES = 70, COLUMNS = 4, MEMBERS = 2, INPUTS = 3 };

/* Knobs of the instances, a rate; the other instance's is a quarter of the last column.
 */
static const flx_device_graph_input inputs[] = {
    {-1, 0, 1}, {-1, 1, 1}, {-1, 2, 1},  {-1, 1, 1}, {-1, 0, 1},
    {-1, 3, 1}, {0, -1, 1}, {1, -1, 1},  {-1, 2, 1}, {-1, 3, 0.25},
    {2, -1, 1}, {-1, 0, 1}, {-1, -1, 1},
};
static const flx_device_graph_vertex vertices[] = {
    {0, 3, 0, 1}, {3, 3, 0, 1}, {6, 4, 1, 1}, {10, 3, 2, 1}};
static const int level_start[] = {0, 2, 3, 4};
static const flx_device_graph_feature features[] = {
    {0, {0, 0, 0, 1, 0, 1, 0}},     {1, {0, 0, -0.05, 1.05, 0.1, 0.9, 0}},
    {2, {0, 0, 0, 1, 0, 1, 0}},     {0, {0, 1, 2, 2.6, 2, 1.5, 0}},
    {1, {0, 0, 0.1, 0.9, 0, 1, 0}}, {2, {0, 0, 0, 1, 0, 1, 0.4}}};
static const double line[] = {0.5, 0.9};
static const flx_device_graph_model models[] = {
    {.kind = FLX_DEVICE_GRAPH_GP,
     .n_features = INPUTS,
     .mean = 10,
     .sd = 2,
     .low = 8,
     .high = 13},
    {.kind = FLX_DEVICE_GRAPH_RULE, .n_parameters = 2, .n_metrics = 2, .n_blocks = 1},
    {.kind = FLX_DEVICE_GRAPH_GP,
     .member = 1,
     .first_feature = INPUTS,
     .n_features = INPUTS,
     .is_log = 1,
     .mean = 3,
     .sd = 0.3,
     .low = 0,
     .high = 100}};

static flx_device_graph describe(void)
{
    static const flx_device_graph_column columns[COLUMNS] = {
        {.dimension = -1, .first_value = -1},
        {.dimension = -1, .first_value = -1},
        {.dimension = -1, .first_value = -1},
        {.dimension = -1, .first_value = -1},
    };
    static const flx_device_graph_target target = {3, 1, 1};
    return (flx_device_graph){.n_columns = COLUMNS,
                              .n_inputs = sizeof inputs / sizeof *inputs,
                              .n_vertices = 4,
                              .n_levels = 3,
                              .n_models = 3,
                              .n_features = 2 * INPUTS,
                              .n_parameters = 2,
                              .n_targets = 1,
                              .columns = columns,
                              .inputs = inputs,
                              .vertices = vertices,
                              .level_start = level_start,
                              .models = models,
                              .features = features,
                              .parameters = line,
                              .targets = &target};
}

static flx_status condition(flx_backend *backend, const flx_sample *samples,
                            flx_gp_posterior **out, flx_error *error)
{
    flx_gp_condition members[MEMBERS];
    for (int i = 0; i < MEMBERS; i++)
        members[i] =
            (flx_gp_condition){.problem = samples[i].problem, .theta = samples[i].theta};
    return backend->operations->condition(backend, members, MEMBERS, out, error);
}

/* One model at all candidates: values (CANDIDATES) of raw inputs (CANDIDATES, INPUTS). */
static flx_status apply(flx_backend *cpu, const flx_gp_posterior *posterior, int model,
                        const double *raw, double *values, flx_error *error)
{
    double queries[CANDIDATES * INPUTS];
    const flx_device_graph_model *m = &models[model];
    for (int i = 0; i < CANDIDATES * INPUTS; i++)
        queries[i] =
            flx_feature_value(features[m->first_feature + i % INPUTS].scaling, raw[i]);
    flx_gp_query query = {
        .member = m->member, .m = CANDIDATES, .queries = queries, .mean = values};
    FLX_TRY(cpu->operations->predict(posterior, &query, 1, error));
    for (int i = 0; i < CANDIDATES; i++)
        values[i] =
            flx_output_value(m->mean + m->sd * values[i], m->is_log, m->low, m->high);
    return FLX_OK;
}

static flx_status infer_step_by_step(flx_backend *cpu, const flx_gp_posterior *posterior,
                                     const double *settings, double *target,
                                     flx_error *error)
{
    double raw[CANDIDATES * INPUTS], instance[2][CANDIDATES];
    for (int v = 0; v < 2; v++) {
        for (int i = 0; i < CANDIDATES * INPUTS; i++)
            raw[i] =
                settings[i / INPUTS * COLUMNS + inputs[v * INPUTS + i % INPUTS].column];
        FLX_TRY(apply(cpu, posterior, 0, raw, instance[v], error));
    }
    for (int i = 0; i < CANDIDATES; i++) {
        const double *s = settings + i * COLUMNS;
        double rates[2] = {s[2], 0.25 * s[3]}, sum = rates[0] + rates[1];
        bool is_known = rates[0] > 0 && rates[1] > 0;
        double weight = is_known ? rates[0] / sum : 0.5;
        double mean = weight * instance[0][i] + (1 - weight) * instance[1][i];
        raw[i * INPUTS] = line[0] + line[1] * mean;
        raw[i * INPUTS + 1] = s[0];
        raw[i * INPUTS + 2] = NAN;
    }
    return apply(cpu, posterior, 2, raw, target, error);
}

static flx_status infer_resident(flx_backend *backend, const flx_sample *samples,
                                 const double *settings, double *target, flx_error *error)
{
    const struct flx_backend_operations *call = backend->operations;
    const flx_device_graph description = describe();
    flx_gp_posterior *posterior = NULL;
    flx_resident_graph *graph = NULL;
    FLX_TRY(condition(backend, samples, &posterior, error));
    flx_status status =
        call->graph_create(backend, posterior, &description, &graph, error);
    if (status == FLX_OK)
        status = call->graph_predict(graph, settings, CANDIDATES, target, error);
    if (graph)
        call->graph_release(graph);
    call->posterior_release(posterior);
    return status;
}

static flx_status compare(const flx_check_context *context, const flx_sample *samples,
                          double *worst, flx_error *error)
{
    double settings[CANDIDATES * COLUMNS], expected[CANDIDATES], actual[CANDIDATES];
    flx_backend *cpu = NULL;
    flx_gp_posterior *posterior = NULL;
    flx_sample_queries(CANDIDATES, COLUMNS, 13, settings);
    FLX_TRY(flx_backend_open("cpu", 1, &cpu, error));
    flx_status status = condition(cpu, samples, &posterior, error);
    if (status == FLX_OK)
        status = infer_step_by_step(cpu, posterior, settings, expected, error);
    if (posterior)
        cpu->operations->posterior_release(posterior);
    flx_backend_close(cpu);
    if (status == FLX_OK)
        status = infer_resident(context->backend, samples, settings, actual, error);
    *worst = status == FLX_OK ? flx_worst_of(CANDIDATES, actual, expected) : NAN;
    return status;
}

flx_status flx_check_agreed_graphs(const flx_check_context *context, double *worst,
                                   flx_error *error)
{
    static const int sizes[MEMBERS] = {100, 33};
    flx_sample samples[MEMBERS] = {0};
    flx_status status = FLX_OK;
    for (int i = 0; i < MEMBERS && status == FLX_OK; i++)
        status =
            flx_sample_create(sizes[i] < context->largest ? sizes[i] : context->largest,
                              INPUTS, false, FLX_SAMPLE_PLAIN, &samples[i], error);
    if (status == FLX_OK)
        status = compare(context, samples, worst, error);
    for (int i = 0; i < MEMBERS; i++)
        flx_sample_clear(&samples[i]);
    return status;
}
