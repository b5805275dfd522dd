/* SPDX-License-Identifier: MIT
 * fluxion debug: the vertex at fault for the graph's error, and what retraining it and
 * those found after it is worth. */
#include "host/commands/commands.h"
#include "host/commands/debug_report.h"
#include "host/commands/frame.h"
#include "host/commands/owned.h"

static const flx_option options[] = {
    OPT_TEXT("data", "TEST.h5", "table of recent runs to test on", .is_required = true),
    OPT_NUMBER("min-correlation", "R", 0, 1,
               "follow only correlations above R (default: 0, as the paper)",
               .alias = "above"),
    OPT_TEXT("retrain", "RECENT.h5", "retrain what is found on these rows, and go on"),
    OPT_INTEGER("budget", "N", 1, 1e6, "assignments to retrain (default: 4)"),
    OPT_CHOICE("strategy", "NAME", "debug|error|random",
               "how to choose what to retrain next", .usual = "debug", .alias = "order"),
    OPT_TEXT("output", "NEW_MODEL/", "folder to write the retrained model to",
             .letter = 'o'),
    {0}};

/* What a run works on and finds; all of it may be NULL. */
typedef struct {
    flx_model *model;
    flx_backend *backend;
    flx_dataset *test, *recent;
    flx_debug_result result;
} debug_run;

static void close_run(debug_run *r)
{
    flx_test_errors_destroy(r->result.errors);
    flx_fault_path_destroy(r->result.path);
    flx_debug_trace_destroy(r->result.trace);
    flx_dataset_destroy(r->test);
    flx_dataset_destroy(r->recent);
    flx_backend_close(r->backend);
    flx_model_destroy(r->model);
}

/* --budget, --strategy and -o say nothing without rows to retrain on. */
static flx_status check_arguments(const flx_arguments *arguments, flx_error *error)
{
    static const char *const of_retraining[] = {"budget", "strategy", "output"};
    for (int i = 0; i < 3 && !flx_is_set(arguments, "retrain"); i++)
        if (flx_is_set(arguments, of_retraining[i]))
            return flx_fail(error, FLX_BAD_INPUT, "--%s needs --retrain RECENT.h5",
                            flx_name_given(arguments, of_retraining[i]));
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
    return flx_open_backend(arguments, &r->backend, error);
}

static flx_status find_fault(const flx_arguments *arguments, debug_run *r,
                             flx_error *error)
{
    flx_fault_search_rule rule = {.min_correlation =
                                      flx_number(arguments, "min-correlation", 0)};
    flx_debug_result *result = &r->result;
    result->model = r->model;
    const flx_graph *graph = r->model->graph;
    FLX_TRY(
        flx_vertex_errors_compute(r->model, r->backend, r->test, &result->errors, error));
    if (result->errors->counted[graph->output] == 0)
        return flx_fail(error, FLX_BAD_INPUT,
                        "%s has no value of the target %s in any of its %d rows",
                        flx_dataset_title(r->test), graph->vertices[graph->output].name,
                        r->test->rows);
    flx_warn_absent(result->errors->n_absent, result->errors->n_read);
    return flx_fault_localize(graph, result->errors, &rule, &result->path, error);
}

static flx_status retrain_assignment(void *context, flx_model *model, int a,
                                     flx_retraining *out, flx_error *error)
{
    const debug_run *r = context;
    return flx_retrain_assignment(model, r->backend, r->recent, a, out, error);
}

static flx_status retrain(const flx_arguments *arguments, debug_run *r, flx_error *error)
{
    /* In the order of the words of --strategy. */
    static const flx_debug_order orders[] = {FLX_ORDER_DEBUG, FLX_ORDER_ERROR,
                                             FLX_ORDER_RANDOM};
    flx_debug_options debugging = {.budget = (int)flx_integer(arguments, "budget", 4),
                                   .min_correlation =
                                       flx_number(arguments, "min-correlation", 0),
                                   .order = orders[flx_choice(arguments, "strategy")],
                                   .seed = flx_seed(arguments)};
    flx_retrainer retrainer = {retrain_assignment, r};
    const char *path = flx_text(arguments, "output", NULL);
    r->result.order = debugging.order;
    flx_bar bar;
    flx_progress progress = flx_bar_start(&bar, "debug");
    flx_status status = flx_debug_graph(r->model, r->backend, r->test, &retrainer,
                                        &debugging, &progress, &r->result.trace, error);
    flx_bar_finish(&bar);
    return status == FLX_OK && path ? flx_model_write(r->model, path, "debug", error)
                                    : status;
}

static flx_status run(const flx_arguments *arguments, flx_error *error)
{
    FLX_CLEARED(close_run) debug_run r = {0};
    FLX_TRY(check_arguments(arguments, error));
    FLX_TRY(open_run(arguments, &r, error));
    FLX_TRY(find_fault(arguments, &r, error));
    if (r.recent)
        FLX_TRY(retrain(arguments, &r, error));
    return flx_report_debugging(arguments, &r.result, error);
}

const flx_command flx_debug_command = {
    .name = "debug",
    .summary = "find the vertex at fault for the graph's error",
    .usage = "MODEL/ --data TEST.h5 [--retrain RECENT.h5 [--budget N] [-o NEW_MODEL/]]",
    .details =
        "The search starts at the graph's output and goes on to the vertex whose errors "
        "correlate most with those of the vertex it feeds, as long as that correlation "
        "is "
        "above 0. With --retrain the model of the vertex found is trained anew on recent "
        "rows and replaced where the new one has the smaller error out of sample; the "
        "graph is tested again, and the search goes on. To compare with, --strategy "
        "error "
        "retrains what has the largest MAE first, and --strategy random any assignment.\n"
        "\n"
        "All errors are those of the composed graph. A model in which something was "
        "replaced predicts by its graph alone, since the other models of its ensemble "
        "have not seen the recent rows.",
    .options = options,
    .min_positional = 1,
    .max_positional = 1,
    .run = run,
};
