/* SPDX-License-Identifier: MIT
 * Files are raw little-endian doubles, so that any tool can write them; the number of
 * rows follows from the sizes, and a size that does not fit is refused. */
#include "host/commands/bench/bench_weighting.h"

#include "host/optimization.h"
#include "host/statistics.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static double seconds_on(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

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

/* One of two words. */
static flx_status pick(const flx_arguments *arguments, const char *option,
                       const char *const words[2], int usual, int *picked,
                       flx_error *error)
{
    const char *word = flx_text(arguments, option, words[usual]);
    for (*picked = 0; *picked < 2; ++*picked)
        if (strcmp(word, words[*picked]) == 0)
            return FLX_OK;
    return flx_fail(error, FLX_BAD_INPUT, "bench weighting: --%s is %s or %s, not \"%s\"",
                    option, words[0], words[1], word);
}

static const char *const forms[] = {[FLX_FORM_MEAN] = "mean", [FLX_FORM_SUM] = "sum"};
static const char *const losses[] = {
    [FLX_LOSS_ABSOLUTE] = "mae", [FLX_LOSS_SQUARED] = "squared"};

static flx_status read_problem(const flx_arguments *arguments, double **P, double **y,
                               flx_output_weighting_problem *problem, flx_error *error)
{
    const char *data, *target;
    size_t cells = 0, rows = 0, k = (size_t)flx_integer(arguments, "models", 0);
    int form, loss, usual = flx_is_set(arguments, "paper") ? FLX_FORM_SUM : FLX_FORM_MEAN;
    FLX_TRY(flx_required_text(arguments, "data", &data, error));
    FLX_TRY(flx_required_text(arguments, "target", &target, error));
    if (k == 0)
        return flx_fail(error, FLX_BAD_INPUT,
                        "bench weighting: --models K says how many columns %s has", data);
    FLX_TRY(pick(arguments, "form", forms, usual, &form, error));
    FLX_TRY(pick(arguments, "loss", losses, FLX_LOSS_ABSOLUTE, &loss, error));
    FLX_TRY(read_doubles(data, P, &cells, error));
    FLX_TRY(read_doubles(target, y, &rows, error));
    if (cells % k != 0 || cells / k != rows || rows > INT32_MAX)
        return flx_fail(error, FLX_BAD_INPUT,
                        "%s has %zu numbers, which is not %zu rows (as %s) of %zu models",
                        data, cells, rows, target, k);
    *problem = (flx_output_weighting_problem){.name = data,
                                              .n = (int)rows,
                                              .k = (int)k,
                                              .P = *P,
                                              .y = *y,
                                              .form = (flx_output_weighting_form)form,
                                              .loss = (flx_output_weighting_loss)loss};
    return FLX_OK;
}

typedef struct {
    double wall_s, cpu_s;
} times;

static flx_status answer_json(const flx_output_weighting_problem *problem,
                              const flx_output_weighting_result *result, times took,
                              const char *backend, flx_error *error)
{
    bool is_squared = problem->loss == FLX_LOSS_SQUARED;
    json_t *answer = json_pack(
        "{s:s, s:s, s:s, s:i, s:i, s:I, s:f, s:f, s:f, s:f}", "backend", backend, "form",
        forms[problem->form], "loss", losses[problem->loss], "rows", problem->n, "models",
        problem->k, "evaluations", (json_int_t)result->evaluations, "wall_s", took.wall_s,
        "cpu_s", took.cpu_s, is_squared ? "mse_before_polish" : "mae_before_polish",
        result->loss_before_polish, is_squared ? "mse" : "mae", result->loss);
    json_t *weights = json_array();
    for (int j = 0; j < result->k; j++)
        json_array_append_new(weights, json_real(result->weights[j]));
    json_object_set_new(answer, "gap", json_real(result->gap));
    json_object_set_new(answer, "evaluations_per_cpu_s",
                        json_real((double)result->evaluations / fmax(took.cpu_s, 1e-9)));
    json_object_set_new(answer, "weights", weights);
    return flx_print_json(answer, error);
}

static void answer_text(const flx_output_weighting_problem *problem,
                        const flx_output_weighting_result *result, times took,
                        const char *backend)
{
    const char *what =
        problem->loss == FLX_LOSS_SQUARED ? "mean squared error" : "mean absolute error";
    printf("%d rows, %d models, %s, on %s\n", problem->n, problem->k,
           problem->form == FLX_FORM_SUM ? "weighted sum" : "normalized mean", backend);
    printf("  %lld evaluations  %.4g s, %.4g CPU s (%.4g evaluations a CPU second)\n",
           (long long)result->evaluations, took.wall_s, took.cpu_s,
           (double)result->evaluations / fmax(took.cpu_s, 1e-9));
    printf("  %s  %.10g from the search, %.10g in the end\n", what,
           result->loss_before_polish, result->loss);
    printf("  no weights are better by more than %.3g\n", result->gap);
}

/* Rounds of the same work, with the same result; the medians of their times. A first
 * round alone would also count the start of the process. */
static flx_status time_rounds(flx_backend *backend,
                              const flx_output_weighting_problem *problem,
                              const flx_output_weighting_options *options, int rounds,
                              flx_output_weighting_result *result, times *took,
                              flx_error *error)
{
    double *wall = malloc(2 * (size_t)rounds * sizeof *wall);
    if (!wall)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %d rounds", rounds);
    double *cpu = wall + rounds;
    flx_status status = FLX_OK;
    *result = (flx_output_weighting_result){0};
    for (int r = 0; r < rounds && status == FLX_OK; r++) {
        flx_output_weighting_result_clear(result);
        wall[r] = seconds_on(CLOCK_MONOTONIC);
        cpu[r] = seconds_on(CLOCK_PROCESS_CPUTIME_ID);
        status = flx_output_weighting_solve(backend, problem, 1, options, result, error);
        wall[r] = seconds_on(CLOCK_MONOTONIC) - wall[r];
        cpu[r] = seconds_on(CLOCK_PROCESS_CPUTIME_ID) - cpu[r];
    }
    if (status == FLX_OK)
        status = flx_quantile(wall, rounds, 0.5, &took->wall_s, error);
    if (status == FLX_OK)
        status = flx_quantile(cpu, rounds, 0.5, &took->cpu_s, error);
    free(wall);
    return status;
}

static flx_status weigh(const flx_arguments *arguments, flx_backend *backend,
                        const flx_output_weighting_problem *problem, flx_error *error)
{
    flx_output_weighting_options options = {
        .is_paper = flx_is_set(arguments, "paper"),
        .evaluations = flx_integer(arguments, "evaluations", 0),
        .restarts = (int)flx_integer(arguments, "restarts", 1),
        .seed = flx_seed(arguments)};
    flx_output_weighting_result result;
    times took = {0};
    flx_status status =
        time_rounds(backend, problem, &options, (int)flx_integer(arguments, "rounds", 5),
                    &result, &took, error);
    if (status == FLX_OK && flx_wants_json(arguments))
        status = answer_json(problem, &result, took, backend->name, error);
    else if (status == FLX_OK)
        answer_text(problem, &result, took, backend->name);
    flx_output_weighting_result_clear(&result);
    return status;
}

flx_status flx_bench_weighting(const flx_arguments *arguments, flx_backend *backend,
                               flx_error *error)
{
    double *P = NULL, *y = NULL;
    flx_output_weighting_problem problem;
    flx_status status = read_problem(arguments, &P, &y, &problem, error);
    if (status == FLX_OK)
        status = weigh(arguments, backend, &problem, error);
    free(P);
    free(y);
    return status;
}
