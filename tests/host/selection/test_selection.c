/* SPDX-License-Identifier: MIT
 * Input selection as a whole: enumeration, Thompson sampling, the paper's rule, sizes,
 * the list of the best, threads and bad input. */
#include "host/selection/selection.h"
#include "host/selection/subset_search.h"
#include "kernels/formulas/philox.h"
#include "tests/close.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N = 48, M = 14 };

static double X[N * M], y[N];
static int64_t group[N];

/* The output follows candidates 2, 7 and 11; candidate 5 is a poor copy of 7, and 0 of
 * the output; rows 2i and 2i + 1 repeat a setting. */
static flx_selection_problem make_problem(void)
{
    for (uint32_t i = 0; i < N; i++) {
        double *row = X + i * M;
        for (uint32_t j = 0; j < M; j++)
            row[j] = flx_normal(5, 1, i / 2, j, 0) + 0.02 * flx_normal(5, 2, i, j, 0);
        y[i] = 100 + 6 * row[2] + 5 * row[7] - 4 * row[11];
        row[5] = row[7] + 0.7 * row[5];
        row[0] = y[i] + 7 * row[0];
        y[i] += 0.3 * flx_normal(5, 3, i, 0, 0);
        group[i] = i / 2;
    }
    return (flx_selection_problem){
        .name = "web:p90", .n = N, .m = M, .X = X, .y = y, .group = group};
}

static flx_selection_result choose_on(int threads, const flx_selection_problem *problem,
                                      flx_selection_options options)
{
    flx_backend *backend = NULL;
    flx_selection_result result;
    flx_error error = {0};
    assert_int(flx_backend_open("cpu", threads, &backend, &error), FLX_OK);
    assert_int(flx_selection_choose(backend, problem, &options, &result, &error), FLX_OK);
    flx_backend_close(backend);
    return result;
}

static flx_selection_result choose(const flx_selection_problem *problem,
                                   flx_selection_options options)
{
    return choose_on(1, problem, options);
}

static void assert_chosen(const flx_selection_result *result, int a, int b, int c)
{
    assert_int(result->k, 3);
    if (result->k == 3) {
        assert_int(result->chosen[0], a);
        assert_int(result->chosen[1], b);
        assert_int(result->chosen[2], c);
    }
}

static double error_of(const flx_selection_problem *problem, const int *subset, int k)
{
    double mae = NAN;
    flx_selection_ridge *ridge = NULL;
    flx_error error = {0};
    assert_int(flx_selection_ridge_create(problem, 1, &ridge, &error), FLX_OK);
    assert_int(flx_selection_ridge_score(ridge, subset, 1, k, &mae, &error), FLX_OK);
    flx_selection_ridge_destroy(ridge);
    return mae;
}

static double least_error(const flx_selection_problem *problem)
{
    double best = INFINITY;
    for (int a = 0; a < M; a++)
        for (int b = a + 1; b < M; b++)
            for (int c = b + 1; c < M; c++)
                best = fmin(best, error_of(problem, (int[]){a, b, c}, 3));
    return best;
}

static void all_subsets_are_tried_where_they_are_few(void)
{
    flx_selection_problem p = make_problem();
    flx_selection_result r = choose(&p, (flx_selection_options){.k = 3, .finalists = -1});
    assert_chosen(&r, 2, 7, 11);
    assert_true(r.is_complete);
    assert_int(r.rounds, 0);
    assert_int((long)r.subsets, 364); /* C(14, 3) */
    assert_close(r.error, least_error(&p), 0, 0);
    assert_true(isnan(r.gp_error));
    flx_selection_result_clear(&r);
    assert_true(r.chosen == NULL);
}

static void sampling_finds_the_best(void)
{
    flx_selection_problem p = make_problem();
    for (uint64_t seed = 0; seed < 3; seed++) {
        flx_selection_options options = {
            .k = 3, .enumerable = -1, .finalists = -1, .rounds = 128, .seed = seed};
        flx_selection_result r = choose(&p, options);
        assert_chosen(&r, 2, 7, 11);
        assert_true(!r.is_complete);
        assert_true(r.rounds > 0 && r.rounds <= 128);
        assert_true(r.subsets > r.rounds); /* the swaps */
        flx_selection_result_clear(&r);
    }
}

static void processes_decide_among_finalists(void)
{
    flx_selection_problem p = make_problem();
    flx_selection_result r = choose(&p, (flx_selection_options){.k = 3, .finalists = 4});
    assert_chosen(&r, 2, 7, 11);
    assert_true(r.gp_error > 0 && r.gp_error < 2 * r.error);
    flx_selection_result_clear(&r);
    /* a curve that no line follows: the ridge prefers what copies a little of it */
    for (int i = 0; i < N; i++) {
        y[i] = pow(X[i * M + 3], 2);
        X[i * M + 6] += 0.25 * y[i];
    }
    flx_selection_result line =
        choose(&p, (flx_selection_options){.k = 1, .finalists = -1});
    flx_selection_result curve = choose(&p, (flx_selection_options){.k = 1});
    assert_true(line.chosen[0] != 3);
    assert_int(curve.chosen[0], 3);
    flx_selection_result_clear(&line);
    flx_selection_result_clear(&curve);
}

static void sizes_grow_while_they_help(void)
{
    flx_selection_problem p = make_problem();
    flx_selection_result r = choose(&p, (flx_selection_options){.finalists = -1});
    flx_selection_result three =
        choose(&p, (flx_selection_options){.k = 3, .finalists = -1});
    assert_true(r.k >= 3 && r.k <= 6);
    assert_true(r.error <= three.error);
    assert_true(r.is_complete);
    flx_selection_result_clear(&r);
    flx_selection_result_clear(&three);
    p.m = 1;
    r = choose(&p, (flx_selection_options){0});
    assert_int(r.k, 1);
    flx_selection_result_clear(&r);
}

/* What is always read need not be chosen again. */
static void the_always_included_are_not_chosen_again(void)
{
    double known[N];
    flx_selection_problem p = make_problem();
    for (int i = 0; i < N; i++)
        known[i] = X[i * M + 2];
    p.always = known;
    p.n_always = 1;
    flx_selection_result r = choose(&p, (flx_selection_options){.k = 2, .finalists = -1});
    assert_int(r.chosen[0], 7);
    assert_int(r.chosen[1], 11);
    flx_selection_result_clear(&r);
}

static void the_paper_draws_last(void)
{
    flx_selection_problem p = make_problem();
    flx_selection_options options = {.k = 3, .is_paper = true, .rounds = 60};
    int hits = 0;
    for (options.seed = 0; options.seed < 8; options.seed++) {
        flx_selection_result r = choose(&p, options);
        assert_int(r.k, 3);
        assert_true(r.rounds <= 60);
        assert_int((long)r.subsets, r.rounds);
        assert_close(r.error, error_of(&p, r.chosen, 3), 0, 0);
        hits += r.chosen[0] == 2 && r.chosen[1] == 7 && r.chosen[2] == 11;
        flx_selection_result_clear(&r);
    }
    assert_true(hits < 8); /* a random draw */
}

static void a_bonus_favours(void)
{
    double bonus[M] = {[4] = 1000, [9] = 1000, [12] = 1000};
    flx_selection_problem p = make_problem();
    flx_selection_options options = {
        .k = 3, .is_paper = true, .rounds = 20, .bonus = bonus};
    flx_selection_result r = choose(&p, options);
    assert_chosen(&r, 4, 9, 12);
    assert_int(r.rounds, 11); /* the first, then ten that drew the same */
    flx_selection_result_clear(&r);
}

static void threads_change_nothing(void)
{
    flx_selection_problem p = make_problem();
    flx_selection_options options = {
        .k = 4, .enumerable = -1, .rounds = 300, .finalists = 3, .seed = 9};
    flx_selection_result one = choose_on(1, &p, options);
    flx_selection_result three = choose_on(3, &p, options);
    assert_close(one.error, three.error, 0, 0);
    assert_close(one.gp_error, three.gp_error, 0, 0);
    assert_int((long)one.subsets, (long)three.subsets);
    assert_true(memcmp(one.chosen, three.chosen, 4 * sizeof *one.chosen) == 0);
    flx_selection_result_clear(&one);
    flx_selection_result_clear(&three);
}

static void subsets_are_counted(void)
{
    assert_int((long)flx_selection_count(99, 3, 1000000), 156849);
    assert_int((long)flx_selection_count(99, 3, 156849), 156849);
    assert_int((long)flx_selection_count(99, 3, 156848), 156849); /* one more */
    assert_int((long)flx_selection_count(99, 96, 1000000), 156849);
    assert_int((long)flx_selection_count(2000, 1000, 100000), 100001);
    assert_int((long)flx_selection_count(5, 5, 10), 1);
}

static void the_list_keeps_the_best_once(void)
{
    flx_subset_list list;
    flx_error error = {0};
    assert_int(flx_subset_list_create(2, 3, &list, &error), FLX_OK);
    int members[] = {7, 1, 4};
    flx_subset_sort(members, 3);
    assert_int(members[0], 1);
    assert_int(members[2], 7);
    flx_subset_list_offer(&list, members, 3, 2.0);
    flx_subset_list_offer(&list, members, 3, 2.0);
    assert_int(list.count, 1);
    flx_subset_list_offer(&list, (int[]){3, 9}, 2, 2.0); /* smaller leads */
    flx_subset_list_offer(&list, (int[]){0, 2}, 2, NAN);
    assert_int(list.count, 2);
    assert_int(list.subsets[0].k, 2);
    assert_int(list.subsets[0].members[1], 9);
    flx_subset_list_offer(&list, (int[]){5}, 1, 1.0); /* the last leaves */
    flx_subset_list_offer(&list, (int[]){6}, 1, 3.0);
    assert_int(list.count, 2);
    assert_int(list.subsets[0].members[0], 5);
    assert_int(list.subsets[1].members[0], 3);
    flx_subset_list_clear(&list);
}

static void refuse(const flx_selection_problem *problem, flx_selection_options options,
                   const char *words)
{
    flx_backend *backend = NULL;
    flx_selection_result result;
    memset(&result, 0x5a, sizeof result);
    flx_error error = {0};
    assert_int(flx_backend_open("cpu", 1, &backend, &error), FLX_OK);
    assert_int(flx_selection_choose(backend, problem, &options, &result, &error),
               FLX_BAD_INPUT);
    assert_contains(error.message, words);
    assert_true(result.chosen == NULL);
    flx_backend_close(backend);
}

static void bad_input_is_refused_by_name(void)
{
    double bonus[M] = {[3] = -1}, odd = NAN;
    flx_selection_options three = {.k = 3};
    flx_selection_problem p = make_problem(), q = p;
    X[5 * M + 8] = NAN;
    refuse(&p, three, "web:p90: candidate 8 of row 5 is nan");
    X[5 * M + 8] = 0;
    y[2] = -INFINITY;
    refuse(&p, three, "output 0 of row 2 is -inf");
    y[2] = 0;
    q.n = 1;
    q.always = &odd;
    refuse(&q, three, "1 rows, 14 candidates");
    q.n = 2;
    refuse(&q, three, "all 2 rows are of one group");
    q.group = NULL;
    q.n_always = 1;
    refuse(&q, three, "input 0 of row 0 is nan");
    q.m = 0;
    refuse(&q, three, "2 rows, 0 candidates");
    refuse(&p, (flx_selection_options){.k = 15}, "15 of 14 candidates");
    refuse(&p, (flx_selection_options){.k = -1}, "-1 of 14 candidates");
    refuse(&p, (flx_selection_options){.is_paper = true}, "how many to choose");
    refuse(&p, (flx_selection_options){.k = 1, .rounds = -2}, "-2 rounds");
    refuse(&p, (flx_selection_options){.k = 1, .bonus = bonus},
           "the bonus of candidate 3 is -1");
}

CU_TestInfo selection_tests[] = {
    {"all subsets are tried where they are few",
     all_subsets_are_tried_where_they_are_few},
    {"sampling finds the best", sampling_finds_the_best},
    {"processes decide among finalists", processes_decide_among_finalists},
    {"sizes grow while they help", sizes_grow_while_they_help},
    {"the always-included are not chosen again",
     the_always_included_are_not_chosen_again},
    {"the paper draws last", the_paper_draws_last},
    {"a bonus favours", a_bonus_favours},
    {"threads change nothing", threads_change_nothing},
    {"subsets are counted", subsets_are_counted},
    {"the list keeps the best once", the_list_keeps_the_best_once},
    {"bad input is refused by name", bad_input_is_refused_by_name},
    CU_TEST_INFO_NULL,
};
