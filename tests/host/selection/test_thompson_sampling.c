/* SPDX-License-Identifier: MIT
 * Thompson sampling by itself: it finds what predicts, stops when it keeps drawing the
 * same, repeats itself by seed, and listens to a bonus. */
#include "host/selection/subset_search.h"

#include "kernels/formulas/philox.h"
#include "tests/close.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>

enum { N = 40, M = 20 };

static double X[N * M], y[N];

/* The output is candidates 3 + 12. */
static flx_selection_problem make_problem(void)
{
    for (uint32_t i = 0; i < N; i++) {
        for (uint32_t j = 0; j < M; j++)
            X[i * M + j] = flx_normal(2, 1, i, j, 0);
        y[i] = X[i * M + 3] + X[i * M + 12];
    }
    return (flx_selection_problem){.n = N, .m = M, .X = X, .y = y};
}

/* Returns how many rounds were played; last: what was drawn at the end. */
static int sample(flx_selection_options options, int last[2], flx_subset *best)
{
    static int subsets[FLX_SELECTION_CHUNK * 2], members[2];
    static double errors[FLX_SELECTION_CHUNK];
    flx_selection_problem problem = make_problem();
    flx_selection_search search = {.problem = &problem,
                                   .options = flx_selection_complete(&options),
                                   .threads = 1,
                                   .subsets = subsets,
                                   .errors = errors};
    flx_error error = {0};
    assert_int(flx_selection_ridge_create(&problem, 1, &search.ridge, &error), FLX_OK);
    assert_int(flx_subset_list_create(1, 2, &search.list, &error), FLX_OK);
    assert_int(flx_selection_sample(&search, 2, last, &error), FLX_OK);
    *best = search.list.subsets[0];
    members[0] = best->members[0];
    members[1] = best->members[1];
    best->members = members;
    assert_int((long)search.scored, search.rounds);
    flx_subset_list_clear(&search.list);
    flx_selection_ridge_destroy(search.ridge);
    return search.rounds;
}

static void what_predicts_is_found(void)
{
    int last[2];
    flx_subset best;
    int rounds = sample((flx_selection_options){.k = 2}, last, &best);
    assert_int(best.members[0], 3);
    assert_int(best.members[1], 12);
    assert_true(last[0] < last[1]); /* one more draw, good or bad */
    assert_true(rounds < 20000);    /* ended by drawing the same again and again */
}

static void a_seed_repeats_itself(void)
{
    int one[2], other[2], third[2];
    flx_subset best;
    flx_selection_options options = {.k = 2, .rounds = 64, .patience = 1000, .seed = 5};
    double error = (sample(options, one, &best), best.error);
    sample(options, other, &best);
    assert_int(one[0], other[0]);
    assert_int(one[1], other[1]);
    assert_close(best.error, error, 0, 0);
    options.seed = 6;
    options.rounds = 1; /* nothing is learned yet: another draw */
    sample(options, third, &best);
    options.seed = 5;
    sample(options, one, &best);
    assert_true(one[0] != third[0] || one[1] != third[1]);
}

static void a_bonus_is_drawn_more_often(void)
{
    double bonus[M] = {[7] = 1e6, [9] = 1e6};
    int last[2];
    flx_subset best;
    sample((flx_selection_options){.k = 2, .rounds = 1, .bonus = bonus}, last, &best);
    assert_int(best.members[0], 7);
    assert_int(best.members[1], 9);
}

CU_TestInfo thompson_sampling_tests[] = {
    {"what predicts is found", what_predicts_is_found},
    {"a seed repeats itself", a_seed_repeats_itself},
    {"a bonus is drawn more often", a_bonus_is_drawn_more_often},
    CU_TEST_INFO_NULL,
};
