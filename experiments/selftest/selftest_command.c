/* SPDX-License-Identifier: MIT
 * fluxion selftest: checks this machine's arithmetic. Fails (status 1) where a check
 * misses its bound. */
#include "host/commands/commands.h"

#include "experiments/selftest/selftest.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>

static const flx_option options[] = {
    {.name = "reference",
     .type = FLX_TEXT,
     .argument = "DIR",
     .help = "also check against the results of other programs in DIR"},
    {.name = "largest",
     .type = FLX_INTEGER,
     .argument = "N",
     .min = 1,
     .max = 100000,
     .help = "make up problems of at most N points (default: 500)"},
    {0}};

static flx_status print_answer(const flx_backend *backend, const flx_selftest *tests,
                               flx_error *error)
{
    json_t *checks = json_array();
    for (int i = 0; i < tests->count; i++) {
        const flx_check *check = &tests->checks[i];
        json_array_append_new(
            checks,
            json_pack("{s:s, s:o, s:f, s:b, s:f}", "name", check->name, "max_error",
                      isfinite(check->max_error) ? json_real(check->max_error)
                                                 : json_null(),
                      "bound", check->bound, "ok", (int)check->is_ok, "seconds",
                      check->seconds));
    }
    return flx_print_json(json_pack("{s:s, s:s, s:o}", "backend", backend->name, "device",
                                    backend->description, "checks", checks),
                          error);
}

static void print_table(const flx_backend *backend, const flx_selftest *tests)
{
    static const char *const titles[] = {"check", "max error", "bound", "verdict", "s"};
    flx_table *table = flx_table_create(5, titles, "lrrlr");
    for (int i = 0; i < tests->count && table; i++) {
        const flx_check *check = &tests->checks[i];
        char max_error[32], bound[32], seconds[32];
        snprintf(max_error, sizeof max_error, "%.2g", check->max_error);
        snprintf(bound, sizeof bound, "%.2g", check->bound);
        snprintf(seconds, sizeof seconds, "%.3f", check->seconds);
        const char *row[] = {check->name, max_error, bound,
                             check->is_ok ? "ok" : "FAILED", seconds};
        flx_table_row(table, row);
    }
    flx_table_print(table);
    flx_table_destroy(table);
    printf("\n%d of %d checks passed on %s (%s)\n", tests->count - tests->failed,
           tests->count, backend->name, backend->description);
}

static flx_status judge(const flx_selftest *tests, flx_error *error)
{
    for (int i = 0; i < tests->count; i++)
        if (!tests->checks[i].is_ok)
            return flx_fail(error, FLX_NUMERIC,
                            "%d of %d checks failed, first \"%s\": %.3g is above %.3g",
                            tests->failed, tests->count, tests->checks[i].name,
                            tests->checks[i].max_error, tests->checks[i].bound);
    return FLX_OK;
}

/* A machine without a device has nothing to test and nothing wrong. */
static flx_status skip(const flx_arguments *arguments, flx_error *error)
{
    if (!flx_wants_json(arguments)) {
        printf("SKIPPED: %s\n", error->message);
        return FLX_OK;
    }
    return flx_print_json(json_pack("{s:s, s:n, s:s, s:[]}", "backend",
                                    flx_backend_name(arguments), "device", "skipped",
                                    error->message, "checks"),
                          error);
}

static flx_status run(const flx_arguments *arguments, flx_error *error)
{
    flx_backend *backend = NULL;
    flx_status status = flx_backend_open(flx_backend_name(arguments),
                                         flx_threads(arguments), &backend, error);
    if (status == FLX_NO_BACKEND)
        return skip(arguments, error);
    if (status != FLX_OK)
        return status;
    flx_bar bar;
    flx_selftest tests;
    flx_selftest_options with = {.reference = flx_text(arguments, "reference", NULL),
                                 .largest = (int)flx_integer(arguments, "largest", 0)};
    flx_progress progress = flx_bar_start(&bar, "selftest");
    status = flx_selftest_run(backend, &with, &progress, &tests, error);
    flx_bar_finish(&bar);
    if (status == FLX_OK && flx_wants_json(arguments))
        status = print_answer(backend, &tests, error);
    else if (status == FLX_OK)
        print_table(backend, &tests);
    if (status == FLX_OK)
        status = judge(&tests, error);
    flx_backend_close(backend);
    return status;
}

const flx_command flx_selftest_command = {
    .name = "selftest",
    .summary = "check this machine's arithmetic against known answers",
    .usage = "[--backend auto|cpu|cuda] [--reference DIR] [--largest N] [--json]",
    .details =
        "Every check is a largest error against its bound: random numbers, scalar "
        "formulas, then likelihood, gradient, leave-one-out and predictions of the "
        "backend against plain loops and differences. Relative errors of a gradient "
        "are taken entry by entry; an entry below a thousandth of the largest one is "
        "measured against that thousandth. Another backend than the cpu is also compared "
        "with the cpu. Exit status 1 where a check fails; a backend without a device is "
        "skipped with a line.",
    .options = options,
    .min_positional = 0,
    .max_positional = 0,
    .run = run,
};
