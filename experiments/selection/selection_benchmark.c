/* SPDX-License-Identifier: MIT
 * usage: selection_benchmark DATA.h5 TARGET K ROWS ROUNDS [METRIC]
 * Selects K of the metrics of a dataset to predict the column TARGET, by several methods,
 * on ROWS drawn rows, and tests a Gaussian process on every subset with the other rows;
 * ROUNDS times, each on other rows. METRIC, such as p90: also the metrics of that name.
 * Prints medians over the rounds, and what the last method selected in each. */
#include "experiments/selection/test_error.h"
#include "formats/memory.h"
#include "host/statistics.h"

#include <math.h>
#include <omp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SUBSETS = 1000 }; /* that a method with rounds tries */

typedef struct {
    const char *data, *target, *metric;
    int k, rows, rounds;
} request;

static flx_status run_round(const selection_table *table, const request *r, int round,
                            flx_backend *backend, method_result *results,
                            flx_error *error)
{
    method_options options = {
        .k = r->k, .rounds = SUBSETS, .metric = r->metric, .seed = (uint64_t)round};
    selection_rows training, test;
    flx_status status =
        selection_rows_split(table, r->rows, options.seed, &training, &test, error);
    if (status == FLX_OK)
        status =
            select_by_all_methods(table, &training, &options, backend, results, error);
    if (status == FLX_OK)
        status = compute_test_errors(table, &training, &test, backend, results, error);
    selection_rows_clear(&training);
    selection_rows_clear(&test);
    return status;
}

/* Median over the rounds of the double at `offset` of a method's results; NAN where no
 * round has a number. */
static double median_of(const method_result *results, int rounds, int method,
                        size_t offset)
{
    FLX_SCOPED double *values = NULL;
    double median = NAN;
    int count = 0;
    if (!FLX_NEW(values, rounds))
        return NAN;
    for (int r = 0; r < rounds; r++) {
        const method_result *result = &results[r * METHOD_COUNT + method];
        memcpy(&values[count], (const char *)result + offset, sizeof *values);
        count += !isnan(values[count]);
    }
    if (count)
        flx_quantile(values, count, 0.5, &median, NULL);
    return median;
}

static void print_results(const selection_table *table, const method_result *results,
                          int rounds)
{
    printf("%-26s %6s  %20s  %20s  %8s\n", "inputs selected by", "inputs",
           "ridge, out of sample", "process, test rows", "seconds");
    for (int method = 0; method < METHOD_COUNT; method++)
        if (results[method].has_run)
            printf(
                "%-26s %6d  %20.4g  %20.4g  %8.2g\n",
                method_name((selection_method)method), results[method].k,
                median_of(results, rounds, method, offsetof(method_result, ridge_error)),
                median_of(results, rounds, method, offsetof(method_result, test_error)),
                median_of(results, rounds, method, offsetof(method_result, seconds)));
    for (int r = 0; r < rounds; r++) {
        const method_result *last = &results[(r + 1) * METHOD_COUNT - 1];
        printf("round %d selected", r);
        for (int i = 0; i < last->k; i++)
            printf("%s %s", i ? "," : "",
                   table->data->columns[table->candidates[last->selected[i]]].name);
        printf("\n");
    }
}

static flx_status compare_methods(const selection_table *table, const request *r,
                                  flx_error *error)
{
    FLX_SCOPED method_result *results = NULL;
    flx_backend *backend = NULL;
    if (!FLX_NEW(results, r->rounds * METHOD_COUNT))
        return flx_no_memory(error, "%d rounds", r->rounds);
    flx_status status = flx_backend_open("auto", omp_get_max_threads(), &backend, error);
    for (int i = 0; i < r->rounds && status == FLX_OK; i++)
        status = run_round(table, r, i, backend, results + i * METHOD_COUNT, error);
    if (status == FLX_OK)
        print_results(table, results, r->rounds);
    for (int i = 0; i < r->rounds * METHOD_COUNT; i++)
        method_result_clear(&results[i]);
    flx_backend_close(backend);
    return status;
}

static flx_status run(const request *r, flx_error *error)
{
    flx_dataset *data = NULL;
    selection_table table = {0};
    FLX_TRY(flx_dataset_read(r->data, &data, error));
    flx_status status = selection_table_create(data, r->target, &table, error);
    if (status == FLX_OK)
        status = compare_methods(&table, r, error);
    selection_table_clear(&table);
    flx_dataset_destroy(data);
    return status;
}

int main(int argc, char **argv)
{
    request r = {0};
    flx_error error = {0};
    if (argc == 6 || argc == 7)
        r = (request){argv[1],       argv[2],       argv[6],
                      atoi(argv[3]), atoi(argv[4]), atoi(argv[5])};
    if (r.k < 1 || r.rows < 1 || r.rounds < 1) {
        fprintf(stderr, "usage: %s DATA.h5 TARGET K ROWS ROUNDS [METRIC]\n", argv[0]);
        return flx_exit_code(FLX_BAD_INPUT);
    }
    flx_status status = run(&r, &error);
    if (status != FLX_OK)
        fprintf(stderr, "selection_benchmark: %s\n", error.message);
    return flx_exit_code(status);
}
