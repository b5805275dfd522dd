/* SPDX-License-Identifier: MIT
 * fluxion selftest: checks this machine's arithmetic. Fails (status 1) where a check
 * misses its bound. */
#include "host/commands/commands.h"

#include "experiments/selftest/checks.h"
#include "experiments/selftest/selftest.h"

static const flx_option options[] = {
    OPT_TEXT("reference", "DIR",
             "also check against the results of other programs in DIR"),
    OPT_INTEGER("max-points", "N", 1, 100000,
                "make up problems of at most N points (default: 500)",
                .alias = "largest"),
    {0}};

static json_t *describe(const flx_backend *backend, const flx_selftest *tests)
{
    json_t *checks = json_array();
    for (int i = 0; i < tests->count; i++) {
        const flx_check *check = &tests->checks[i];
        json_array_append_new(checks,
                              json_pack("{s:s, s:o, s:f, s:b, s:f}", "name", check->name,
                                        "max_error", flx_json_real(check->max_error),
                                        "bound", check->bound, "ok", (int)check->is_ok,
                                        "seconds", check->seconds));
    }
    return json_pack("{s:s, s:s, s:o}", "backend", backend->name, "device",
                     backend->description, "checks", checks);
}

static void print_text(json_t *report)
{
    static const flx_table_column columns[] = {
        {"check", "{name}"},          {"max error", "{max_error:.2g}"},
        {"bound", "{bound:.2g}"},     {"result", "{ok:ok|FAILED}"},
        {"seconds", "{seconds:.3f}"}, {0}};
    const json_t *checks = json_object_get(report, "checks");
    json_t *check;
    size_t i;
    int passed = 0;
    flx_print_table(checks, columns);
    json_array_foreach(checks, i, check)
        passed += json_is_true(json_object_get(check, "ok"));
    printf("\n%d of %zu checks", passed, json_array_size(checks));
    flx_print_line(report, " passed on {backend} ({device})");
}

/* FLX_NUMERIC where a check has failed. */
static flx_status fail_if_any_failed(const flx_selftest *tests, flx_error *error)
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
    FLX_OWNED(flx_backend) backend = NULL;
    flx_selftest tests;
    flx_selftest_options with = {.reference = flx_text(arguments, "reference", NULL),
                                 .largest = (int)flx_integer(arguments, "max-points", 0)};
    flx_status status = flx_backend_open(flx_backend_name(arguments),
                                         flx_threads(arguments), &backend, error);
    if (status == FLX_NO_BACKEND)
        return skip(arguments, error);
    FLX_TRY(status);
    flx_bar bar;
    flx_progress progress = flx_bar_start(&bar, "selftest");
    status = flx_selftest_run(backend, &with, &progress, &tests, error);
    flx_bar_finish(&bar);
    FLX_TRY(status);
    FLX_TRY(flx_report(arguments, describe(backend, &tests), NULL, print_text, error));
    return fail_if_any_failed(&tests, error);
}

const flx_command flx_selftest_command = {
    .name = "selftest",
    .summary = "check this machine's arithmetic against known results",
    .usage = "[--backend auto|cpu|cuda] [--reference DIR] [--max-points N] [--json]",
    .details =
        "Every check is a largest error against its bound: random numbers and scalar "
        "formulas, then likelihood, gradient, leave-one-out and predictions of the "
        "backend against plain loops and finite differences. Errors of a gradient are "
        "relative, entry by entry; an entry below a thousandth of the largest one is "
        "measured against that thousandth. A backend other than the cpu is also compared "
        "with the cpu. The exit status is 1 where a check fails; a backend without a "
        "device is skipped with a line.",
    .options = options,
    .run = run,
};
