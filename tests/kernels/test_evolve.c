/* SPDX-License-Identifier: MIT
 * Differential evolution of weights, on every backend, against plain loops. */
#include "kernels/backend.h"

#include "kernels/formulas/mutation.h"
#include "tests/close.h"
#include "tests/kernels/every_backend.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <string.h>

enum { N = 70, K = 5, MEMBERS = 9, GENERATIONS = 12, FACTS = 0x7001 };

static double P[N * K], y[N];

typedef struct {
    double weights[MEMBERS * K], losses[MEMBERS];
} population;

/* y is 0.2 p_0 + 0.6 p_3. */
static void fill(population *p)
{
    for (uint32_t i = 0; i < N * K; i++)
        P[i] = 10 * flx_uniform(1, FACTS, i, 0, 0);
    for (int i = 0; i < N; i++)
        y[i] = 0.2 * P[i * K] + 0.6 * P[i * K + 3];
    for (uint32_t i = 0; i < MEMBERS * K; i++)
        p->weights[i] = flx_uniform(2, FACTS, i, 0, 0);
    for (int i = 0; i < MEMBERS; i++)
        p->losses[i] = NAN; /* not read by generation 0 */
}

static double plain_loss(const double *w, bool is_normalised)
{
    double sum = 0, total = 0;
    for (int j = 0; j < K; j++)
        sum += w[j];
    for (int i = 0; i < N; i++) {
        double blend = 0;
        for (int j = 0; j < K; j++)
            blend += P[i * K + j] * w[j];
        total += fabs(y[i] - (is_normalised ? blend / sum : blend));
    }
    return total;
}

static void plain_generation(population *p, uint64_t seed, uint32_t generation,
                             bool is_normalised)
{
    population before = *p;
    for (int i = 0; i < MEMBERS; i++) {
        flx_moment moment = {seed, (uint32_t)i, generation};
        int taken[3] = {i};
        taken[1] = flx_pick_other(moment, FLX_PICK_BASE, MEMBERS, taken, 1);
        taken[2] = flx_pick_other(moment, FLX_PICK_PLUS, MEMBERS, taken, 2);
        int minus = flx_pick_other(moment, FLX_PICK_MINUS, MEMBERS, taken, 3);
        flx_rates rates = {0.5, 0.9, 0, flx_pick(moment, FLX_PICK_FORCED, K)};
        double trial[K];
        for (int j = 0; j < K; j++) {
            const double *w = before.weights + j;
            flx_donors donors = {w[i * K], w[taken[1] * K], w[taken[1] * K],
                                 w[taken[2] * K], w[minus * K]};
            trial[j] = generation == 0
                           ? w[i * K]
                           : flx_trial_gene(moment, j, (flx_gene){0}, donors, rates);
        }
        double loss = plain_loss(trial, is_normalised);
        if (generation > 0 && !(loss <= before.losses[i]))
            continue;
        memcpy(p->weights + i * K, trial, sizeof trial);
        p->losses[i] = loss;
    }
}

static flx_evolution run_of(population *p, uint64_t seed, bool is_normalised)
{
    return (flx_evolution){.members = MEMBERS,
                           .is_normalised = is_normalised,
                           .seed = seed,
                           .scale = 0.5,
                           .crossover_rate = 0.9,
                           .weights = p->weights,
                           .losses = p->losses};
}

static flx_blend_set *create_set(flx_backend *backend)
{
    flx_error error = {0};
    flx_blend_set *set = NULL;
    flx_blend_problem problem = {N, K, false, P, y};
    assert_int(backend->operations->blend_create(backend, &problem, 1, &set, &error),
               FLX_OK);
    return set;
}

static void evolve(flx_backend *backend, flx_blend_set *set, flx_evolution *runs,
                   int count)
{
    flx_error error = {0};
    assert_int(backend->operations->evolve(set, runs, count, &error), FLX_OK);
}

static void check_generations(flx_backend *backend)
{
    for (int form = 0; form < 2; form++) {
        population p, plain;
        fill(&p);
        plain = p;
        flx_blend_set *set = create_set(backend);
        flx_evolution run = run_of(&p, 3, form);
        run.generations = 1;
        for (uint32_t g = 0; g < GENERATIONS; g++) {
            run.generation = g;
            evolve(backend, set, &run, 1);
            plain_generation(&plain, 3, g, form);
            for (int i = 0; i < MEMBERS * K; i++)
                assert_close(p.weights[i], plain.weights[i], 0, 1e-12);
            for (int i = 0; i < MEMBERS; i++)
                assert_close(p.losses[i], plain.losses[i], 1e-12, 0);
        }
        backend->operations->blend_release(set);
    }
}

static void generations_are_those_of_plain_loops(void)
{
    with_every_backend(check_generations);
}

/* Three runs of unequal length in one call are what each is step by step. */
static void check_calls(flx_backend *backend)
{
    population together[3], alone[3];
    flx_evolution runs[3];
    for (int r = 0; r < 3; r++) {
        fill(&together[r]);
        alone[r] = together[r];
        runs[r] = run_of(&together[r], (uint64_t)r, r == 1);
        runs[r].generations = 4 * r;
    }
    flx_blend_set *set = create_set(backend);
    evolve(backend, set, runs, 3);
    for (int r = 0; r < 3; r++)
        for (int g = 0; g < 4 * r; g++) {
            flx_evolution run = run_of(&alone[r], (uint64_t)r, r == 1);
            run.generation = (uint32_t)g;
            run.generations = 1;
            evolve(backend, set, &run, 1);
        }
    assert_true(memcmp(together, alone, sizeof alone) == 0);
    backend->operations->blend_release(set);
}

static void one_call_is_as_good_as_many(void)
{
    with_every_backend(check_calls);
}

/* Weights that sum to 0 have no mean: NaN, the worst, until a trial is better. */
static void check_no_number(flx_backend *backend)
{
    population p;
    fill(&p);
    memset(p.weights, 0, K * sizeof(double));
    flx_blend_set *set = create_set(backend);
    flx_evolution run = run_of(&p, 3, true);
    run.generations = 1;
    evolve(backend, set, &run, 1);
    assert_close(p.losses[0], INFINITY, 0, 0);
    assert_true(isfinite(p.losses[1]));
    run.generation = 1;
    run.generations = 200;
    evolve(backend, set, &run, 1);
    for (int i = 0; i < MEMBERS; i++)
        assert_true(p.losses[i] < plain_loss((double[K]){1, 1, 1, 1, 1}, true));
    backend->operations->blend_release(set);
}

static void what_has_no_number_is_replaced(void)
{
    with_every_backend(check_no_number);
}

static void check_refusals(flx_backend *backend)
{
    population p;
    flx_error error = {0};
    fill(&p);
    flx_blend_set *set = create_set(backend);
    flx_evolution run = run_of(&p, 3, false);
    run.members = 3;
    assert_int(backend->operations->evolve(set, &run, 1, &error), FLX_BAD_INPUT);
    assert_contains(error.message, "population of 3");
    run = run_of(&p, 3, false);
    run.problem = 1;
    assert_int(backend->operations->evolve(set, &run, 1, &error), FLX_BAD_INPUT);
    assert_contains(error.message, "run 0 asks for blend 1");
    assert_int(backend->operations->evolve(set, NULL, 0, &error), FLX_OK);
    backend->operations->blend_release(set);
}

static void unusable_runs_are_refused(void)
{
    with_every_backend(check_refusals);
}

CU_TestInfo evolve_tests[] = {
    {"generations are those of plain loops", generations_are_those_of_plain_loops},
    {"one call is as good as many", one_call_is_as_good_as_many},
    {"what has no number is replaced", what_has_no_number_is_replaced},
    {"unusable runs are refused", unusable_runs_are_refused},
    CU_TEST_INFO_NULL,
};
