/* SPDX-License-Identifier: MIT
 * fluxion debug: the vertex at fault for the graph's error, and what retraining it and
 * those found after it is worth. */
#include "host/commands/commands.h"
#include "host/commands/debug_report.h"
#include "host/commands/frame.h"

#include <stdio.h>
#include <string.h>

static const flx_option options[] = {
    {.name = "data",
     .type = FLX_TEXT,
     .argument = "TEST.h5",
     .help = "table of recent runs to test on (required)"},
    {.name = "above",
     .type = FLX_NUMBER,
     .min = 0,
     .max = 1,
     .argument = "R",
     .help = "follow only correlations above R (default: 0, as the paper)"},
    {.name = "retrain",
     .type = FLX_TEXT,
     .argument = "RECENT.h5",
     .help = "retrain what is found on these rows, and go on"},
    {.name = "budget",
     .type = FLX_INTEGER,
     .min = 1,
     .max = 1e6,
     .argument = "N",
     .help = "assignments to retrain (default: 4)"},
    {.name = "order",
     .type = FLX_TEXT,
     .argument = "NAME",
     .help = "debug (the default), or to compare: error (largest MAE first), random"},
    {.name = "output",
     .letter = 'o',
     .type = FLX_TEXT,
     .argument = "NEW_MODEL/",
     .help = "folder to write the retrained model to"},
    {0}};

/* What a run holds; all of it may be NULL. */
typedef struct {
    flx_model *model;
    flx_backend *backend;
    flx_dataset *test, *recent;
    flx_debug_report answer;
} debug_run;

static void close_run(debug_run *r)
{
    flx_test_errors_destroy(r->answer.errors);
    flx_fault_path_destroy(r->answer.diagnosis);
    flx_debug_trace_destroy(r->answer.course);
    flx_dataset_destroy(r->test);
    flx_dataset_destroy(r->recent);
    flx_backend_close(r->backend);
    flx_model_destroy(r->model);
}

static flx_status choose_order(const flx_arguments *arguments, flx_debug_order *order,
                               flx_error *error)
{
    const char *name = flx_text(arguments, "order", "debug");
    for (int o = 0; o < FLX_ORDER_COUNT; o++)
        if (strcmp(name, flx_debug_order_text((flx_debug_order)o)) == 0) {
            *order = (flx_debug_order)o;
            return FLX_OK;
        }
    return flx_fail(error, FLX_BAD_INPUT, "--order %s: give debug, error or random",
                    name);
}

/* --budget, --order and -o say nothing without rows to retrain on. */
static flx_status check_arguments(const flx_arguments *arguments, flx_error *error)
{
    static const char *const of_retraining[] = {"budget", "order", "output"};
    const char *data;
    FLX_TRY(flx_required_text(arguments, "data", &data, error));
    for (int i = 0; i < 3 && !flx_is_set(arguments, "retrain"); i++)
        if (flx_is_set(arguments, of_retraining[i]))
            return flx_fail(error, FLX_BAD_INPUT, "--%s needs --retrain RECENT.h5",
                            of_retraining[i]);
    const char *output = flx_text(arguments, "output", NULL);
    return output ? flx_model_check_path(output, error) : FLX_OK;
}

static flx_status open_run(const flx_arguments *arguments, debug_run *r, flx_error *error)
{
    const char *recent = flx_text(arguments, "retrain", NULL);
    FLX_TRY(flx_model_read(flx_positional(arguments, 0), &r->model, error));
    FLX_TRY(flx_dataset_read(flx_text(arguments, "data", NULL), &r->test, error));
    if (recent)
        FLX_TRY(flx_dataset_read(recent, &r->recent, error));
    return flx_backend_open(flx_backend_name(arguments), flx_threads(arguments),
                            &r->backend, error);
}

static flx_status diagnose(const flx_arguments *arguments, debug_run *r, flx_error *error)
{
    flx_fault_search_rule rule = {.above = flx_number(arguments, "above", 0)};
    flx_debug_report *answer = &r->answer;
    answer->model = r->model;
    const flx_graph *graph = r->model->graph;
    FLX_TRY(
        flx_vertex_errors_compute(r->model, r->backend, r->test, &answer->errors, error));
    if (answer->errors->counted[graph->output] == 0)
        return flx_fail(error, FLX_BAD_INPUT,
                        "%s has no value of the target %s in any of its %d rows",
                        flx_dataset_title(r->test), graph->vertices[graph->output].name,
                        r->test->rows);
    flx_warn_absent(answer->errors->n_absent, answer->errors->n_read);
    return flx_fault_localize(graph, answer->errors, &rule, &answer->diagnosis, error);
}

static flx_status retrain_assignment(void *context, flx_model *model, int a,
                                     flx_retraining *out, flx_error *error)
{
    const debug_run *r = context;
    return flx_retrain_assignment(model, r->backend, r->recent, a, out, error);
}

static flx_status retrain(const flx_arguments *arguments, debug_run *r, flx_error *error)
{
    flx_debug_options debugging = {.budget = (int)flx_integer(arguments, "budget", 4),
                                   .above = flx_number(arguments, "above", 0),
                                   .seed = flx_seed(arguments)};
    flx_retrainer retrainer = {retrain_assignment, r};
    const char *path = flx_text(arguments, "output", NULL);
    FLX_TRY(choose_order(arguments, &debugging.order, error));
    r->answer.order = debugging.order;
    flx_bar bar;
    flx_progress progress = flx_bar_start(&bar, "debug");
    flx_status status = flx_debug_graph(r->model, r->backend, r->test, &retrainer,
                                        &debugging, &progress, &r->answer.course, error);
    flx_bar_finish(&bar);
    if (status == FLX_OK && path)
        status = flx_model_write(r->model, path, "debug", error);
    return status;
}

static flx_status run(const flx_arguments *arguments, flx_error *error)
{
    debug_run r = {0};
    flx_debug_order order;
    FLX_TRY(check_arguments(arguments, error));
    FLX_TRY(choose_order(arguments, &order, error));
    flx_status status = open_run(arguments, &r, error);
    if (status == FLX_OK)
        status = diagnose(arguments, &r, error);
    if (status == FLX_OK && r.recent)
        status = retrain(arguments, &r, error);
    if (status == FLX_OK && flx_wants_json(arguments))
        status = flx_print_debug_json(&r.answer, error);
    else if (status == FLX_OK)
        flx_print_debug_tables(&r.answer);
    close_run(&r);
    return status;
}

const flx_command flx_debug_command = {
    .name = "debug",
    .summary = "find the vertex at fault for the graph's error",
    .usage = "MODEL/ --data TEST.h5 [--retrain RECENT.h5 [--budget N] [-o NEW_MODEL/]]",
    .details =
        "From the graph's output on, always to the vertex whose errors correlate "
        "most with those of the one it feeds, as long as that is above 0. With "
        "--retrain its model is trained anew on recent rows and kept where it errs "
        "less out of sample, the graph is measured again, and the search goes on. All "
        "errors "
        "are those of the composed graph; a model with something replaced predicts by "
        "its graph alone, since what was mixed with it has not seen the recent rows.",
    .options = options,
    .min_positional = 1,
    .max_positional = 1,
    .run = run,
};
