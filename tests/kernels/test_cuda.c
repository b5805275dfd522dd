/* SPDX-License-Identifier: MIT
 * What only the cuda backend has: two paths to one result, chunks, memory that runs out,
 * a library that is missing or wrong. With the emulator everything, on a device what
 * needs no emulator, elsewhere only what concerns the library. */
#include "kernels/backend.h"

#include "experiments/selftest/checks.h"
#include "tests/close.h"
#include "tests/kernels/every_backend.h"
#include "tests/skip.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MEMBERS = 12, QUERIES = 150, CANDIDATES = 70, ROWS = 300, MODELS = 5 };

/* One of everything that the backend does. */
typedef struct {
    double values[MEMBERS], gradients[MEMBERS][MAX_THETA];
    double loo[MEMBERS][2][40], mean[MEMBERS][QUERIES], variance[MEMBERS][QUERIES];
    double slopes[MEMBERS][QUERIES], losses[2][CANDIDATES];
    double populations[2][CANDIDATES * MODELS], product[ROWS], targets[QUERIES];
} results;

static flx_sample samples[MEMBERS];
static double queries[QUERIES * 3], table[ROWS * (MODELS + 1)],
    weights[CANDIDATES * MODELS];

static void make_problems(void)
{
    for (int i = 0; i < MEMBERS; i++)
        samples[i] = make_sample(i == 5 ? 33 : 20 + i, 3, i % 2, FLX_SAMPLE_PLAIN);
    flx_sample_queries(QUERIES, 3, 4, queries);
    flx_sample_queries(ROWS, MODELS + 1, 5, table);
    flx_sample_queries(CANDIDATES, MODELS, 6, weights);
}

static void clear_problems(void)
{
    for (int i = 0; i < MEMBERS; i++)
        flx_sample_clear(&samples[i]);
}

static flx_status evaluate(flx_backend *backend, results *a, flx_error *error)
{
    flx_gp_problem problems[MEMBERS];
    flx_gp_evaluation evaluations[MEMBERS];
    flx_gp_batch *batch;
    for (int i = 0; i < MEMBERS; i++) {
        problems[i] = samples[i].problem;
        evaluations[i] = (flx_gp_evaluation){
            .problem = i, .theta = samples[i].theta, .gradient = a->gradients[i]};
    }
    FLX_TRY(backend->operations->batch_create(backend, problems, MEMBERS, &batch, error));
    flx_status status = backend->operations->evaluate(batch, evaluations, MEMBERS, error);
    backend->operations->batch_release(batch);
    for (int i = 0; i < MEMBERS; i++)
        a->values[i] = evaluations[i].value;
    return status;
}

/* A graph of two members and the mean of both; columns and features are as given. */
static const flx_device_graph_column plan_columns[3] = {
    {.dimension = -1, .first_value = -1},
    {.dimension = -1, .first_value = -1},
    {.dimension = -1, .first_value = -1}};
static const flx_device_graph_input plan_inputs[] = {
    {-1, 0, 1}, {-1, 1, 1}, {-1, 2, 1}, {0, -1, 1}, {1, -1, 1}};
static const flx_device_graph_vertex plan_vertices[] = {
    {0, 3, 0, 1}, {0, 3, 1, 1}, {3, 2, 2, 1}};
static const flx_device_graph_feature plan_features[] = {{0, {0, 0, -9, 9, 0, 1, 0}},
                                                         {1, {0, 0, -9, 9, 0, 1, 0}},
                                                         {2, {0, 0, -9, 9, 0, 1, 0}}};
static const flx_device_graph_model plan_models[] = {
    {.kind = FLX_DEVICE_GRAPH_GP, .n_features = 3, .sd = 1, .low = -9, .high = 9},
    {.kind = FLX_DEVICE_GRAPH_GP,
     .n_features = 3,
     .member = 5,
     .sd = 1,
     .low = -9,
     .high = 9},
    {.kind = FLX_DEVICE_GRAPH_RULE, .n_parameters = 2, .n_metrics = 2}};
static const flx_device_graph small_graph = {
    .n_columns = 3,
    .n_inputs = 5,
    .n_vertices = 3,
    .n_levels = 2,
    .n_models = 3,
    .n_features = 3,
    .n_parameters = 2,
    .n_targets = 1,
    .columns = plan_columns,
    .inputs = plan_inputs,
    .vertices = plan_vertices,
    .level_start = (const int[]){0, 2, 3},
    .models = plan_models,
    .features = plan_features,
    .parameters = (const double[]){0, 1},
    .targets = &(const flx_device_graph_target){2, 1, 1}};

static flx_status infer(flx_backend *backend, const flx_gp_posterior *posterior,
                        results *a, flx_error *error)
{
    flx_resident_graph *graph;
    FLX_TRY(backend->operations->graph_create(backend, posterior, &small_graph, &graph,
                                              error));
    flx_status status =
        backend->operations->graph_predict(graph, queries, QUERIES, a->targets, error);
    backend->operations->graph_release(graph);
    return status;
}

static flx_status predict(flx_backend *backend, results *a, flx_error *error)
{
    flx_gp_condition members[MEMBERS];
    flx_gp_query jobs[MEMBERS];
    flx_gp_posterior *posterior;
    for (int i = 0; i < MEMBERS; i++) {
        members[i] = (flx_gp_condition){.problem = samples[i].problem,
                                        .theta = samples[i].theta,
                                        .loo_mean = a->loo[i][0],
                                        .loo_variance = a->loo[i][1]};
        jobs[i] = (flx_gp_query){.member = i,
                                 .m = QUERIES - i,
                                 .queries = queries,
                                 .mean = a->mean[i],
                                 .variance = a->variance[i],
                                 .n_slopes = 1,
                                 .slopes = a->slopes[i]};
    }
    FLX_TRY(backend->operations->condition(backend, members, MEMBERS, &posterior, error));
    flx_status status = backend->operations->predict(posterior, jobs, MEMBERS, error);
    if (status == FLX_OK)
        status = infer(backend, posterior, a, error);
    backend->operations->posterior_release(posterior);
    return status;
}

/* rand/1/bin of a sum and L-SHADE of a mean. */
static flx_status search(flx_backend *backend, flx_weighting_set *set, results *a,
                         flx_error *error)
{
    flx_population_search searches[2];
    flx_population *population;
    for (int r = 0; r < 2; r++)
        searches[r] = (flx_population_search){.kind = r == 0 ? FLX_POPULATION_DE
                                                             : FLX_POPULATION_LSHADE,
                                              .problem = r,
                                              .is_normalized = r == 1,
                                              .n_dimensions = MODELS,
                                              .members = CANDIDATES,
                                              .budget = 4 * CANDIDATES,
                                              .seed = 2,
                                              .scale = 0.5,
                                              .crossover_rate = 0.9,
                                              .history = 3,
                                              .smallest_members = 4,
                                              .best_share = 0.1,
                                              .archive_rate = 1};
    FLX_TRY(backend->operations->weighting_search(set, searches, 2, &population, error));
    flx_population_report reports[2];
    flx_status status =
        backend->operations->search_advance(population, 3, reports, error);
    for (int r = 0; r < 2 && status == FLX_OK; r++) {
        flx_population_state state = {NULL, a->populations[r], a->losses[r]};
        status = backend->operations->search_read(population, r, &state, error);
    }
    backend->operations->search_release(population);
    return status;
}

static flx_status multiply(flx_backend *backend, results *a, flx_error *error)
{
    flx_product product = {ROWS, 1, MODELS, false,   false,
                           1,    0, table,  weights, a->product};
    return backend->operations->multiply(backend, &product, 1, error);
}

static flx_status weigh(flx_backend *backend, results *a, flx_error *error)
{
    flx_weighting_problem problems[2] = {{ROWS, MODELS, false, table, table},
                                         {ROWS, MODELS, true, table, table}};
    flx_weighting_query jobs[2] = {{0, CANDIDATES, weights, a->losses[0]},
                                   {1, CANDIDATES, weights, a->losses[1]}};
    flx_weighting_set *set;
    FLX_TRY(backend->operations->weighting_create(backend, problems, 2, &set, error));
    flx_status status = backend->operations->weighting_losses(set, jobs, 2, error);
    if (status == FLX_OK)
        status = search(backend, set, a, error);
    backend->operations->weighting_release(set);
    return status;
}

static flx_status run_all(results *a, flx_error *error)
{
    flx_backend *backend = NULL;
    memset(a, 0, sizeof *a);
    FLX_TRY(flx_backend_open("cuda", 1, &backend, error));
    flx_status status = evaluate(backend, a, error);
    if (status == FLX_OK)
        status = predict(backend, a, error);
    if (status == FLX_OK)
        status = weigh(backend, a, error);
    if (status == FLX_OK)
        status = multiply(backend, a, error);
    flx_backend_close(backend);
    return status;
}

/* Else the test is skipped. */
static bool has_device(bool needs_emulator)
{
    flx_error error = {0};
    flx_backend *backend = NULL;
    if (flx_backend_open("cuda", 1, &backend, &error) != FLX_OK) {
        skip_test("%s", error.message);
        return false;
    }
    bool is_emulated = strstr(backend->description, "emulator") != NULL;
    flx_backend_close(backend);
    if (needs_emulator && !is_emulated)
        skip_test("not the emulator");
    return is_emulated || !needs_emulator;
}

static void the_libraries_and_the_fused_kernel_agree(void)
{
    static results fused, libraries;
    flx_error error = {0};
    if (!has_device(false))
        return;
    make_problems();
    assert_int(run_all(&fused, &error), FLX_OK);
    setenv("FLUXION_CUDA_FUSED_LIMIT", "0", 1);
    assert_int(run_all(&libraries, &error), FLX_OK);
    setenv("FLUXION_CUDA_FUSED_LIMIT", "25", 1); /* some members here, some there */
    assert_int(run_all(&libraries, &error), FLX_OK);
    unsetenv("FLUXION_CUDA_FUSED_LIMIT");
    for (int i = 0; i < MEMBERS; i++) {
        assert_close(libraries.values[i], fused.values[i], 1e-12, 1e-12);
        assert_close(flx_gradient_error(flx_gp_theta_size(&samples[i].problem),
                                        libraries.gradients[i], fused.gradients[i]),
                     0, 0, 1e-10);
        assert_close(libraries.loo[i][0][3], fused.loo[i][0][3], 1e-11, 1e-12);
        assert_close(libraries.mean[i][120], fused.mean[i][120], 1e-11, 1e-12);
        assert_close(libraries.variance[i][120], fused.variance[i][120], 1e-11, 1e-12);
        assert_close(libraries.slopes[i][120], fused.slopes[i][120], 1e-11, 1e-12);
    }
    for (int i = 0; i < QUERIES - 5; i++)
        assert_close(fused.targets[i], 0.5 * (fused.mean[0][i] + fused.mean[5][i]), 1e-14,
                     1e-14);
    clear_problems();
}

/* What a kernel is allowed belongs to the process: another backend must not take it away
 * from the first. */
static void two_backends_have_limits_of_their_own(void)
{
    static results alone, beside;
    flx_error error = {0};
    flx_backend *first = NULL, *second = NULL;
    if (!has_device(false))
        return;
    make_problems();
    assert_int(flx_backend_open("cuda", 1, &first, &error), FLX_OK);
    assert_int(evaluate(first, &alone, &error), FLX_OK);
    setenv("FLUXION_CUDA_FUSED_LIMIT", "0", 1);
    assert_int(flx_backend_open("cuda", 1, &second, &error), FLX_OK);
    unsetenv("FLUXION_CUDA_FUSED_LIMIT");
    assert_int(evaluate(second, &beside, &error), FLX_OK);
    assert_int(evaluate(first, &beside, &error), FLX_OK);
    assert_text(error.message, "");
    assert_true(memcmp(&alone, &beside, sizeof alone) == 0);
    flx_backend_close(second);
    flx_backend_close(first);
    clear_problems();
}

/* 12 members of up to 64 x 64 twice want 0.4 MiB, 600 queries of 5 columns with tiles and
 * scratch 0.6 MiB: neither fits at once into what the problems and the posterior leave.
 */
static void little_memory_means_chunks_and_the_same_bits(void)
{
    static results one_chunk, chunks;
    flx_error error = {0};
    if (!has_device(true))
        return;
    make_problems();
    for (int limit = 0; limit < 2; limit++) {
        if (limit == 0)
            setenv("FLUXION_CUDA_FUSED_LIMIT", "0", 1);
        assert_int(run_all(&one_chunk, &error), FLX_OK);
        setenv("EMU_MEMORY", limit == 0 ? "150000" : "110000", 1);
        assert_int(run_all(&chunks, &error), FLX_OK);
        assert_text(error.message, "");
        assert_true(memcmp(&one_chunk, &chunks, sizeof chunks) == 0);
        unsetenv("FLUXION_CUDA_FUSED_LIMIT");
        unsetenv("EMU_MEMORY");
    }
    clear_problems();
}

static void memory_that_runs_out_is_one_clear_line(void)
{
    static results a;
    flx_error error = {0};
    if (!has_device(true))
        return;
    make_problems();
    setenv("EMU_MEMORY", "20000", 1);
    assert_int(run_all(&a, &error), FLX_NO_MEMORY);
    assert_contains(error.message, "cuda: out of memory: the ");
    assert_contains(error.message, "MiB are free");
    unsetenv("EMU_MEMORY");
    clear_problems();
}

/* Allocations from `number` on fail, or only that one. */
static flx_status answer_without(int number, const char *and_later)
{
    static results a;
    flx_error error = {0};
    char text[16];
    snprintf(text, sizeof text, "%d%s", number, and_later);
    setenv("EMU_FAIL_MALLOC", text, 1);
    flx_status status = run_all(&a, &error);
    unsetenv("EMU_FAIL_MALLOC");
    assert_true(status == FLX_OK || status == FLX_NO_MEMORY);
    assert_int(error.status, status);
    return status;
}

/* Whatever allocation fails, the call says so, or does with less, and leaks nothing: the
 * emulator lists what is left at the end, and fails the test by its exit status. */
static void any_allocation_may_fail(void)
{
    int number = 1;
    if (!has_device(true))
        return;
    make_problems();
    while (number < 100 && answer_without(number, "+") != FLX_OK)
        number++;
    assert_true(number > 8 && number < 100);
    for (int i = 1; i < number; i++)
        answer_without(i, "");
    clear_problems();
}

/* Opens "cuda" and "auto" with this as the plugin. */
static void expect_refusal(const char *file, const char *message)
{
    flx_error error = {0};
    flx_backend *backend = NULL;
    const char *kept = getenv("FLUXION_CUDA_PLUGIN");
    char *before = kept ? strdup(kept) : NULL;
    setenv("FLUXION_CUDA_PLUGIN", file, 1);
    assert_int(flx_backend_open("cuda", 1, &backend, &error), FLX_DEVICE_FAILED);
    assert_true(backend == NULL);
    assert_contains(error.message, message);
    assert_int(flx_backend_open("auto", 1, &backend, &error), FLX_OK);
    assert_text(backend->name, "cpu");
    assert_contains(backend->description, message);
    flx_backend_close(backend);
    if (before)
        setenv("FLUXION_CUDA_PLUGIN", before, 1);
    else
        unsetenv("FLUXION_CUDA_PLUGIN");
    free(before);
}

static void a_library_that_is_none_leaves_the_cpu(void)
{
    expect_refusal("/nonexistent/libfluxion_cuda.so", "cannot be loaded");
    expect_refusal("libm.so.6", "is not of this version of fluxion");
}

CU_TestInfo cuda_tests[] = {
    {"the libraries and the fused kernel agree",
     the_libraries_and_the_fused_kernel_agree},
    {"two backends have limits of their own", two_backends_have_limits_of_their_own},
    {"little memory means chunks and the same bits",
     little_memory_means_chunks_and_the_same_bits},
    {"memory that runs out is one clear line", memory_that_runs_out_is_one_clear_line},
    {"any allocation may fail", any_allocation_may_fail},
    {"a library that is none leaves the cpu", a_library_that_is_none_leaves_the_cpu},
    CU_TEST_INFO_NULL,
};
