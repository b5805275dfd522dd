/* SPDX-License-Identifier: MIT
 * bench weighting: predictions in a file are weighted, and what that took is reported.
 * Files are raw little-endian doubles, so that any tool can write them; the number of
 * rows follows from the sizes, and a size that does not fit is refused. */
#include "formats/clock.h"
#include "formats/memory.h"
#include "host/commands/bench/benches.h"
#include "host/optimization.h"
#include "host/statistics.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static flx_status fail_file(const char *path, const char *what, flx_error *error)
{
    return flx_fail(error, errno == ENOENT ? FLX_BAD_INPUT : FLX_IO_FAILED,
                    "%s: %s failed: %s", path, what, strerror(errno));
}

static double from_little_endian(const unsigned char *bytes)
{
    uint64_t word = 0;
    for (int i = 7; i >= 0; i--)
        word = word << 8 | bytes[i];
    double value;
    memcpy(&value, &word, sizeof value);
    return value;
}

static flx_status read_open(FILE *file, const char *path, double **values, size_t *count,
                            flx_error *error)
{
    struct stat about;
    if (fstat(fileno(file), &about) != 0)
        return fail_file(path, "finding its size", error);
    long long size = (long long)about.st_size;
    if (!S_ISREG(about.st_mode) || size == 0 || size % 8 != 0)
        return flx_fail(error, FLX_BAD_INPUT,
                        "%s is not a file of doubles: it has %lld bytes", path, size);
    *count = (size_t)size / 8;
    *values = malloc((size_t)size);
    if (!*values)
        return flx_fail(error, FLX_NO_MEMORY, "%s: out of memory for %zu numbers", path,
                        *count);
    if (fread(*values, 8, *count, file) != *count)
        return fail_file(path, "reading", error);
    for (size_t i = 0; i < *count; i++)
        (*values)[i] = from_little_endian((const unsigned char *)(*values + i));
    return FLX_OK;
}

static flx_status read_doubles(const char *path, double **values, size_t *count,
                               flx_error *error)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return fail_file(path, "opening", error);
    flx_status status = read_open(file, path, values, count, error);
    fclose(file);
    return status;
}

/* By --normalized, or by --form, as it was called before. */
static flx_output_weighting_form read_form(const flx_arguments *arguments)
{
    int form = flx_choice(arguments, "normalized");
    if (form < 0)
        form = flx_choice(arguments, "form");
    if (form < 0)
        form = flx_is_set(arguments, "paper");
    return form ? FLX_FORM_SUM : FLX_FORM_MEAN;
}

static flx_status read_problem(const flx_arguments *arguments, double **P, double **y,
                               flx_output_weighting_problem *problem, flx_error *error)
{
    const char *data = flx_text(arguments, "data", NULL);
    const char *target = flx_text(arguments, "target", NULL);
    size_t cells = 0, rows = 0, k = (size_t)flx_integer(arguments, "models", 0);
    if (!data || !target || k == 0)
        return flx_fail(error, FLX_BAD_INPUT,
                        "bench weighting needs --data P.bin --target y.bin --models K, "
                        "the number of columns of P.bin");
    FLX_TRY(read_doubles(data, P, &cells, error));
    FLX_TRY(read_doubles(target, y, &rows, error));
    if (cells % k != 0 || cells / k != rows || rows > INT32_MAX)
        return flx_fail(error, FLX_BAD_INPUT,
                        "%s has %zu numbers, which is not %zu rows (as %s) of %zu models",
                        data, cells, rows, target, k);
    *problem = (flx_output_weighting_problem){
        .name = data,
        .n = (int)rows,
        .k = (int)k,
        .P = *P,
        .y = *y,
        .form = read_form(arguments),
        .loss = flx_choice(arguments, "loss") ? FLX_LOSS_SQUARED : FLX_LOSS_ABSOLUTE};
    return FLX_OK;
}

typedef struct {
    double wall_s, cpu_s;
} times;

static json_t *describe(const flx_output_weighting_problem *problem,
                        const flx_output_weighting_result *result, times took,
                        const char *backend)
{
    bool is_squared = problem->loss == FLX_LOSS_SQUARED;
    json_t *weights = json_array();
    for (int j = 0; j < result->k; j++)
        json_array_append_new(weights, json_real(result->weights[j]));
    return json_pack(
        "{s:s, s:s, s:s, s:i, s:i, s:I, s:f, s:f, s:f, s:f, s:f, s:f, s:o}", "backend",
        backend, "form", problem->form == FLX_FORM_SUM ? "sum" : "mean", "loss",
        is_squared ? "squared" : "mae", "rows", problem->n, "models", problem->k,
        "evaluations", (json_int_t)result->evaluations, "wall_s", took.wall_s, "cpu_s",
        took.cpu_s, is_squared ? "mse_before_polish" : "mae_before_polish",
        result->loss_before_polish, is_squared ? "mse" : "mae", result->loss, "gap",
        result->gap, "evaluations_per_cpu_s",
        (double)result->evaluations / fmax(took.cpu_s, 1e-9), "weights", weights);
}

static void print_text(json_t *report)
{
    flx_print_line(report,
                   "{rows} rows, {models} models, weighted {form}, loss {loss}, on "
                   "{backend}");
    flx_print_line(report,
                   "  {evaluations} evaluations  {wall_s:.4g} s, {cpu_s:.4g} CPU s "
                   "({evaluations_per_cpu_s:.4g} evaluations a CPU second)");
    flx_print_line_if(report, "mae",
                      "  mean absolute error  {mae_before_polish:.10g} from the search, "
                      "{mae:.10g} in the end");
    flx_print_line_if(report, "mse",
                      "  mean squared error  {mse_before_polish:.10g} from the search, "
                      "{mse:.10g} in the end");
    flx_print_line(report, "  no weights are better by more than {gap:.3g}");
}

/* Rounds of the same work, with the same result; the medians of their times. A first
 * round alone would also count the start of the process. */
static flx_status time_rounds(flx_backend *backend,
                              const flx_output_weighting_problem *problem,
                              const flx_output_weighting_options *options, int rounds,
                              flx_output_weighting_result *result, times *took,
                              flx_error *error)
{
    FLX_SCOPED double *wall = NULL;
    if (!FLX_NEW(wall, 2 * rounds))
        return flx_no_memory(error, "%d rounds", rounds);
    double *cpu = wall + rounds;
    for (int r = 0; r < rounds; r++) {
        flx_output_weighting_result_clear(result);
        wall[r] = flx_clock_seconds();
        cpu[r] = flx_cpu_seconds();
        FLX_TRY(flx_output_weighting_solve(backend, problem, 1, options, result, error));
        wall[r] = flx_clock_seconds() - wall[r];
        cpu[r] = flx_cpu_seconds() - cpu[r];
    }
    FLX_TRY(flx_quantile(wall, rounds, 0.5, &took->wall_s, error));
    return flx_quantile(cpu, rounds, 0.5, &took->cpu_s, error);
}

flx_status flx_bench_weighting(const flx_arguments *arguments, flx_backend *backend,
                               flx_error *error)
{
    FLX_SCOPED double *P = NULL;
    FLX_SCOPED double *y = NULL;
    FLX_CLEARED(flx_output_weighting_result_clear)
    flx_output_weighting_result result = {0};
    flx_output_weighting_problem problem;
    flx_output_weighting_options options = {
        .is_paper = flx_is_set(arguments, "paper"),
        .evaluations = flx_integer(arguments, "evaluations", 0),
        .restarts = (int)flx_integer(arguments, "restarts", 1),
        .seed = flx_seed(arguments)};
    times took = {0};
    FLX_TRY(read_problem(arguments, &P, &y, &problem, error));
    FLX_TRY(time_rounds(backend, &problem, &options,
                        (int)flx_integer(arguments, "rounds", 5), &result, &took, error));
    return flx_report(arguments, describe(&problem, &result, took, backend->name), NULL,
                      print_text, error);
}
