/* SPDX-License-Identifier: MIT
 * Drawing training rows: seeds, whole groups, and a fair share for every row. */
#include "host/statistics.h"
#include "host/training/training.h"

#include "tests/close.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>

static flx_dataset table_of(int rows, int64_t *group)
{
    return (flx_dataset){.rows = rows, .group = group};
}

/* The rows drawn, into `rows`; returns how many. */
static int draw(const flx_dataset *table, int count, uint64_t seed, int *rows)
{
    int *drawn = NULL, n = 0;
    flx_error error = {0};
    assert_int(flx_subsample_rows(table, count, seed, &drawn, &n, &error), FLX_OK);
    memcpy(rows, drawn, (size_t)n * sizeof *rows);
    free(drawn);
    return n;
}

static void expect_ascending(const int *rows, int n, int below)
{
    for (int i = 0; i < n; i++)
        assert_true(rows[i] >= 0 && rows[i] < below && (i == 0 || rows[i] > rows[i - 1]));
}

static void draws_distinct_rows_in_order(void)
{
    flx_dataset table = table_of(100, NULL);
    int rows[100];
    for (uint64_t seed = 0; seed < 20; seed++) {
        assert_int(draw(&table, 30, seed, rows), 30);
        expect_ascending(rows, 30, 100);
    }
}

static void a_seed_gives_one_draw_and_another_seed_another(void)
{
    flx_dataset table = table_of(100, NULL);
    int one[100], again[100], other[100];
    assert_int(draw(&table, 30, 5, one), 30);
    assert_int(draw(&table, 30, 5, again), 30);
    assert_int(draw(&table, 30, 6, other), 30);
    assert_int(memcmp(one, again, 30 * sizeof *one), 0);
    assert_true(memcmp(one, other, 30 * sizeof *one) != 0);
}

static void all_rows_are_drawn_when_none_or_too_many_are_asked_for(void)
{
    flx_dataset table = table_of(10, NULL);
    const int counts[] = {0, -1, 10, 11};
    int rows[10];
    for (int c = 0; c < 4; c++) {
        assert_int(draw(&table, counts[c], 1, rows), 10);
        for (int i = 0; i < 10; i++)
            assert_int(rows[i], i);
    }
}

/* Ten rows, groups 7 (rows 0, 4), -3 (1, 2, 9), 2^40 (3, 5, 6) and 0 (7, 8). */
static int64_t groups[] = {
    7, -3, -3, (int64_t)1 << 40, 7, (int64_t)1 << 40, (int64_t)1 << 40, 0, 0, -3};

static void groups_stay_together(void)
{
    flx_dataset table = table_of(10, groups);
    int rows[10];
    for (uint64_t seed = 0; seed < 50; seed++)
        for (int count = 1; count < 10; count++) {
            int n = draw(&table, count, seed, rows), is_drawn[10] = {0};
            expect_ascending(rows, n, 10);
            /* As many as fit, but at least one group: only a first one may be too large.
             */
            assert_true(n <= count || n <= 3);
            assert_true(n >= 1);
            for (int i = 0; i < n; i++)
                is_drawn[rows[i]] = 1;
            for (int i = 0; i < 10; i++)
                for (int j = 0; j < 10; j++)
                    assert_true(groups[i] != groups[j] || is_drawn[i] == is_drawn[j]);
        }
}

static void every_row_has_the_same_chance(void)
{
    enum { SEEDS = 4000 };
    flx_dataset table = table_of(8, NULL);
    int rows[8], times[8] = {0};
    for (uint64_t seed = 0; seed < SEEDS; seed++)
        for (int n = draw(&table, 3, seed, rows), i = 0; i < n; i++)
            times[rows[i]]++;
    /* Binomial with p = 3/8: sd 30.6; five of them. */
    for (int i = 0; i < 8; i++)
        assert_close(times[i], SEEDS * 3 / 8.0, 0, 5 * 30.6);
}

CU_TestInfo subsample_tests[] = {
    {"draws distinct rows in order", draws_distinct_rows_in_order},
    {"a seed gives one draw and another seed another",
     a_seed_gives_one_draw_and_another_seed_another},
    {"all rows are drawn when none or too many are asked for",
     all_rows_are_drawn_when_none_or_too_many_are_asked_for},
    {"groups stay together", groups_stay_together},
    {"every row has the same chance", every_row_has_the_same_chance},
    CU_TEST_INFO_NULL,
};
