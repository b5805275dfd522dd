/* SPDX-License-Identifier: MIT
 * Every round draws other rows; medians over the rounds are reported, and what the last
 * way chose in each. */
#include "host/commands/bench/bench_selection.h"

#include "host/commands/bench/selection_benchmark.h"
#include "host/commands/frame.h"
#include "host/statistics.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* (rounds) of one way. */
typedef struct {
    bool has_run;
    int k;
    double ridge_error, held_out, seconds; /* medians */
} standing;

static flx_status median_of(const flx_selection_benchmark_result *results, int rounds,
                            int way,
                            double (*pick)(const flx_selection_benchmark_result *),
                            double *median, flx_error *error)
{
    double *values = malloc((size_t)rounds * sizeof *values);
    int count = 0;
    if (!values)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %d rounds", rounds);
    for (int r = 0; r < rounds; r++) {
        double value = pick(&results[r * FLX_SELECTION_BENCHMARK_WAYS + way]);
        if (!isnan(value))
            values[count++] = value;
    }
    *median = NAN;
    flx_status status = count ? flx_quantile(values, count, 0.5, median, error) : FLX_OK;
    free(values);
    return status;
}

static double ridge_error_of(const flx_selection_benchmark_result *result)
{
    return result->ridge_error;
}

static double held_out_of(const flx_selection_benchmark_result *result)
{
    return result->held_out;
}

static double seconds_of(const flx_selection_benchmark_result *result)
{
    return result->seconds;
}

static flx_status stand(const flx_selection_benchmark_result *results, int rounds,
                        standing *standings, flx_error *error)
{
    for (int way = 0; way < FLX_SELECTION_BENCHMARK_WAYS; way++) {
        standing *s = &standings[way];
        *s = (standing){.has_run = results[way].has_run, .k = results[way].k};
        if (!s->has_run)
            continue;
        FLX_TRY(median_of(results, rounds, way, ridge_error_of, &s->ridge_error, error));
        FLX_TRY(median_of(results, rounds, way, held_out_of, &s->held_out, error));
        FLX_TRY(median_of(results, rounds, way, seconds_of, &s->seconds, error));
    }
    return FLX_OK;
}

static const char *name_of(const flx_selection_benchmark *contest, int candidate)
{
    return contest->table->columns[contest->candidates[candidate]].name;
}

static void answer_text(const flx_selection_benchmark *contest,
                        const flx_selection_benchmark_result *results, int rounds,
                        const standing *standings)
{
    static const char *const titles[] = {"inputs selected by", "inputs",
                                         "ridge out of sample", "process, rows held out",
                                         "seconds"};
    flx_table *table = flx_table_create(5, titles, "lrrrr");
    for (int way = 0; way < FLX_SELECTION_BENCHMARK_WAYS && table; way++) {
        const standing *s = &standings[way];
        char k[16], ridge[32], held_out[32], seconds[32];
        snprintf(k, sizeof k, "%d", s->k);
        snprintf(ridge, sizeof ridge, "%.4g", s->ridge_error);
        snprintf(held_out, sizeof held_out, "%.4g", s->held_out);
        snprintf(seconds, sizeof seconds, "%.2g", s->seconds);
        const char *cells[] = {flx_selection_benchmark_way(way), k, ridge, held_out,
                               seconds};
        if (s->has_run)
            flx_table_row(table, cells);
    }
    flx_table_print(table);
    flx_table_destroy(table);
    for (int r = 0; r < rounds; r++) {
        const flx_selection_benchmark_result *last =
            &results[(r + 1) * FLX_SELECTION_BENCHMARK_WAYS - 1];
        printf("round %d chose", r);
        for (int i = 0; i < last->k; i++)
            printf("%s %s", i ? "," : "", name_of(contest, last->chosen[i]));
        printf("\n");
    }
}

static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static flx_status answer_json(const flx_selection_benchmark *contest,
                              const flx_selection_benchmark_result *results, int rounds,
                              const standing *standings, flx_error *error)
{
    json_t *ways = json_array(), *chosen = json_array();
    for (int way = 0; way < FLX_SELECTION_BENCHMARK_WAYS; way++)
        if (standings[way].has_run)
            json_array_append_new(
                ways,
                json_pack("{s:s, s:i, s:o, s:o, s:f}", "way",
                          flx_selection_benchmark_way(way), "inputs", standings[way].k,
                          "ridge_error", number(standings[way].ridge_error),
                          "held_out_mae", number(standings[way].held_out), "wall_s",
                          standings[way].seconds));
    for (int r = 0; r < rounds; r++) {
        const flx_selection_benchmark_result *last =
            &results[(r + 1) * FLX_SELECTION_BENCHMARK_WAYS - 1];
        json_t *names = json_array();
        for (int i = 0; i < last->k; i++)
            json_array_append_new(names, json_string(name_of(contest, last->chosen[i])));
        json_array_append_new(chosen, names);
    }
    return flx_print_json(json_pack("{s:i, s:i, s:o, s:o}", "candidates", contest->m,
                                    "rounds", rounds, "ways", ways, "chosen", chosen),
                          error);
}

static flx_status compete(const flx_arguments *arguments, flx_backend *backend,
                          const flx_selection_benchmark *contest, flx_error *error)
{
    int rounds = (int)flx_integer(arguments, "rounds", 5);
    flx_selection_benchmark_result *results =
        calloc((size_t)rounds * FLX_SELECTION_BENCHMARK_WAYS, sizeof *results);
    standing standings[FLX_SELECTION_BENCHMARK_WAYS];
    if (!results)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %d rounds", rounds);
    flx_status status = FLX_OK;
    for (int r = 0; r < rounds && status == FLX_OK; r++) {
        flx_selection_benchmark_options options = {
            .k = (int)flx_integer(arguments, "choose", 3),
            .rows = (int)flx_integer(arguments, "n", 100),
            .rounds = (int)flx_integer(arguments, "evaluations", 1000),
            .guess = flx_text(arguments, "guess", NULL),
            .seed = flx_seed(arguments) + (uint64_t)r};
        status = flx_selection_benchmark_run(contest, &options, backend,
                                             results + r * FLX_SELECTION_BENCHMARK_WAYS,
                                             error);
    }
    if (status == FLX_OK)
        status = stand(results, rounds, standings, error);
    if (status == FLX_OK && flx_wants_json(arguments))
        status = answer_json(contest, results, rounds, standings, error);
    else if (status == FLX_OK)
        answer_text(contest, results, rounds, standings);
    for (int i = 0; i < rounds * FLX_SELECTION_BENCHMARK_WAYS; i++)
        flx_selection_benchmark_result_clear(&results[i]);
    free(results);
    return status;
}

flx_status flx_bench_selection(const flx_arguments *arguments, flx_backend *backend,
                               flx_error *error)
{
    const char *data, *target;
    flx_dataset *table = NULL;
    flx_selection_benchmark contest = {0};
    FLX_TRY(flx_required_text(arguments, "data", &data, error));
    FLX_TRY(flx_required_text(arguments, "target", &target, error));
    FLX_TRY(flx_dataset_read(data, &table, error));
    flx_status status = flx_selection_benchmark_create(table, target, &contest, error);
    if (status == FLX_OK)
        status = compete(arguments, backend, &contest, error);
    flx_selection_benchmark_clear(&contest);
    flx_dataset_destroy(table);
    return status;
}
