/* SPDX-License-Identifier: MIT
 * Searches on a device as the host's callers see them: output weighting as on the cpu,
 * the list of good settings, groups where memory is short, what is left to the host. */
#include "host/optimization/elite_archive.h"
#include "host/optimization/output_weighting.h"
#include "host/optimization/weight_search.h"

#include "kernels/formulas/philox.h"
#include "tests/close.h"
#include "tests/kernels/every_backend.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N = 30, K = 4, SEARCHES = 6, MEMBERS = 16 };

static double P[N * K], y[N];

static void fill_facts(void)
{
    for (uint32_t i = 0; i < N; i++) {
        double base = 100 + 80 * flx_uniform(2, 1, i, 0, 0);
        for (uint32_t j = 0; j < K; j++)
            P[i * K + j] = base * (0.6 + 0.1 * j) + 15 * flx_normal(2, 2, i, j, 0);
        y[i] = base + 5 * flx_normal(2, 3, i, 0, 0);
    }
}

/* Devices only: what the cpu does is tested elsewhere. */
static bool is_device(const flx_backend *backend)
{
    return backend->operations->weighting_search != NULL;
}

static void solve(flx_backend *backend, bool is_paper,
                  flx_output_weighting_result *results)
{
    flx_error error = {0};
    flx_output_weighting_problem problems[4];
    flx_output_weighting_options options = {
        .is_paper = is_paper, .evaluations = 400, .restarts = 2, .seed = 3};
    if (is_paper)
        options.population = 12;
    for (int i = 0; i < 4; i++)
        problems[i] = (flx_output_weighting_problem){
            .n = N,
            .k = K,
            .P = P,
            .y = y,
            .form = i % 2 ? FLX_FORM_SUM : FLX_FORM_MEAN,
            .loss = i / 2 ? FLX_LOSS_SQUARED : FLX_LOSS_ABSOLUTE};
    assert_int(
        flx_output_weighting_solve(backend, problems, 4, &options, results, &error),
        FLX_OK);
}

/* Losses that round differently may lead a search elsewhere in the end, but not far. */
static void check_weighting(flx_backend *backend)
{
    flx_backend *cpu = NULL;
    flx_error error = {0};
    flx_output_weighting_result expected[4], results[4];
    fill_facts();
    if (!is_device(backend))
        return;
    assert_int(flx_backend_open("cpu", 1, &cpu, &error), FLX_OK);
    for (int paper = 0; paper < 2; paper++) {
        solve(cpu, paper, expected);
        solve(backend, paper, results);
        for (int i = 0; i < 4; i++) {
            assert_int(results[i].evaluations, expected[i].evaluations);
            assert_close(results[i].loss_before_polish, expected[i].loss_before_polish,
                         1e-9, 0);
            assert_close(results[i].loss, expected[i].loss, 1e-9, 0);
            for (int j = 0; j < K; j++)
                assert_close(results[i].weights[j], expected[i].weights[j], 0, 1e-7);
            flx_output_weighting_result_clear(&expected[i]);
            flx_output_weighting_result_clear(&results[i]);
        }
    }
    flx_backend_close(cpu);
}

static void weights_are_those_of_the_cpu(void)
{
    with_every_backend(check_weighting);
}

static const flx_dimension dimensions[K] = {{FLX_DIMENSION_CONTINUOUS, 1, 0},
                                            {FLX_DIMENSION_LEVELS, 5, 0},
                                            {FLX_DIMENSION_CATEGORY, 3, 0},
                                            {FLX_DIMENSION_CONTINUOUS, 1, 0}};

static void make_searches(flx_search_task *searches)
{
    static const char *const names[] = {"lshade", "random", "de"};
    for (int s = 0; s < SEARCHES; s++)
        searches[s] = (flx_search_task){
            .optimizer = names[s % 3],
            .problem = {.n_dimensions = K, .dimensions = dimensions},
            .options = {.budget = 20 * MEMBERS,
                        .population = MEMBERS,
                        .seed = (uint64_t)s,
                        .keep = 5,
                        .spacing = 0.1},
        };
}

static flx_status run(flx_backend *backend, const double *target,
                      const flx_search_task *searches, flx_optimum **optima,
                      flx_error *error)
{
    flx_weighting_set *set = NULL;
    flx_weighting_problem problem = {N, K, false, P, target};
    FLX_TRY(backend->operations->weighting_create(backend, &problem, 1, &set, error));
    flx_status status =
        flx_weight_search_run(backend, set, searches, SEARCHES, NULL, optima, error);
    backend->operations->weighting_release(set);
    return status;
}

static void destroy_all(flx_optimum **optima)
{
    for (int s = 0; s < SEARCHES; s++)
        flx_optimum_destroy(optima[s]);
}

/* Root mean square over the dimensions. */
static double measure_distance(const double *a, const double *b)
{
    double sum = 0;
    for (int d = 0; d < K; d++) {
        bool is_category = dimensions[d].kind == FLX_DIMENSION_CATEGORY;
        sum += is_category ? a[d] != b[d] : (a[d] - b[d]) * (a[d] - b[d]);
    }
    return sqrt(sum / K);
}

/* The best first, then others at their levels, apart from each other. */
static void check_list(flx_backend *backend)
{
    flx_search_task searches[SEARCHES];
    flx_optimum *optima[SEARCHES];
    flx_error error = {0};
    fill_facts();
    make_searches(searches);
    if (!is_device(backend))
        return;
    assert_int(run(backend, y, searches, optima, &error), FLX_OK);
    for (int s = 0; s < SEARCHES; s++) {
        const flx_optimum *o = optima[s];
        assert_int(o->evaluations, 20 * MEMBERS);
        assert_true(o->n_kept >= 3 && o->n_kept <= 5);
        assert_close(o->kept_values[0], o->value, 0, 0);
        assert_true(memcmp(o->kept, o->best, sizeof(double) * K) == 0);
        for (int a = 1; a < o->n_kept; a++) {
            assert_true(o->kept_values[a] >= o->kept_values[a - 1]);
            assert_true(measure_distance(o->kept + a * K, o->kept + (a - 1) * K) >= 0.1);
            assert_close(o->kept[a * K + 1],
                         flx_dimension_snap(dimensions[1], o->kept[a * K + 1]), 0, 1e-15);
        }
    }
    destroy_all(optima);
}

static void good_settings_are_apart(void)
{
    with_every_backend(check_list);
}

/* A search takes some 20 kB and is the same in a group of any size. */
static void check_memory(flx_backend *backend)
{
    flx_search_task searches[SEARCHES];
    flx_optimum *together[SEARCHES], *groups[SEARCHES];
    flx_error error = {0};
    fill_facts();
    make_searches(searches);
    if (!is_device(backend) || !strstr(backend->description, "emulator"))
        return;
    assert_int(run(backend, y, searches, together, &error), FLX_OK);
    setenv("EMU_MEMORY", "60000", 1);
    assert_int(run(backend, y, searches, groups, &error), FLX_OK);
    assert_text(error.message, "");
    for (int s = 0; s < SEARCHES; s++) {
        assert_close(groups[s]->value, together[s]->value, 0, 0);
        assert_true(memcmp(groups[s]->best, together[s]->best, sizeof(double) * K) == 0);
    }
    destroy_all(groups);
    setenv("EMU_MEMORY", "8000", 1);
    assert_int(run(backend, y, searches, groups, &error), FLX_NO_MEMORY);
    assert_contains(error.message, "the populations of the searches");
    assert_true(groups[0] == NULL && groups[SEARCHES - 1] == NULL);
    unsetenv("EMU_MEMORY");
    destroy_all(together);
}

static void little_memory_means_groups(void)
{
    with_every_backend(check_memory);
}

static void check_what_is_left(flx_backend *backend)
{
    flx_search_task searches[SEARCHES], large;
    flx_optimum *optima[SEARCHES];
    flx_error error = {0};
    double unknown[N];
    fill_facts();
    make_searches(searches);
    assert_true(flx_device_search_fits(&searches[0]));
    large = searches[0], large.options.population = 4097;
    assert_true(!flx_device_search_fits(&large));
    large = searches[0], large.optimizer = "none";
    assert_true(!flx_device_search_fits(&large));
    searches[1].options.population = 4097;
    searches[1].options.budget = 5000;
    assert_int(run(backend, y, searches, optima, &error), FLX_OK);
    assert_int(optima[1]->n_generations, 2);
    destroy_all(optima);
    make_searches(searches);
    for (int i = 0; i < N; i++)
        unknown[i] = NAN;
    assert_int(run(backend, unknown, searches, optima, &error), FLX_NUMERIC);
    assert_contains(error.message, "none of 320 evaluated settings");
    assert_true(optima[0] == NULL);
}

static void what_does_not_fit_is_left_to_the_host(void)
{
    with_every_backend(check_what_is_left);
}

CU_TestInfo device_search_tests[] = {
    {"weights are those of the cpu", weights_are_those_of_the_cpu},
    {"good settings are apart", good_settings_are_apart},
    {"little memory means groups", little_memory_means_groups},
    {"what does not fit is left to the host", what_does_not_fit_is_left_to_the_host},
    CU_TEST_INFO_NULL,
};
