/* SPDX-License-Identifier: MIT
 * fluxion fit: what is new or off in a graph is refitted on new rows. */
#include "host/commands/change_report.h"
#include "host/commands/commands.h"
#include "host/commands/owned.h"

#include "host/engine.h"

static const flx_option options[] = {
    OPT_TEXT("data", "NEW.h5", "table of new benchmark runs", .is_required = true),
    OPT_NUMBER("window", "SECONDS", 1, 1e12,
               "only the newest SECONDS of the table's /time"),
    OPT_CHOICE("vertex", "KIND", "instance|service",
               "of a replicated service: what its instances share, or the "
               "service-vertex that its callers see",
               .usual = "service"),
    OPT_FLAG("instances", NULL), /* --vertex instance, as it was written before */
    OPT_FLAG("reweight-only", "fit no model, only weigh those that are there anew",
             .alias = "weights"),
    {0}};

static flx_status read_rows(const flx_arguments *arguments, flx_dataset **out,
                            flx_error *error)
{
    const char *path = flx_text(arguments, "data", NULL);
    FLX_OWNED(flx_dataset) table = NULL;
    flx_error why = {0};
    FLX_TRY(flx_dataset_read(path, &table, error));
    if (!flx_is_set(arguments, "window")) {
        *out = table;
        table = NULL;
        return FLX_OK;
    }
    flx_status status =
        flx_dataset_newest(table, flx_number(arguments, "window", 0), out, &why);
    return status == FLX_OK ? FLX_OK
                            : flx_fail(error, status, "%s: %s", path, why.message);
}

static flx_fit_choice choose_vertex(const flx_arguments *arguments)
{
    bool wants_instances =
        flx_is_set(arguments, "instances") || flx_choice(arguments, "vertex") == 0;
    return wants_instances ? FLX_FIT_INSTANCES : FLX_FIT_SHOWN;
}

/* What the call names, or all that is untrained. */
static flx_status choose(const flx_arguments *arguments, const flx_model *model,
                         int *assignments, int *count, flx_error *error)
{
    if (flx_positional_count(arguments) == 2)
        return flx_fail(error, FLX_BAD_INPUT,
                        "fit %s %s: which metric? fluxion fit MODEL/ SERVICE METRIC, or "
                        "MODEL/ alone for all that is untrained",
                        flx_positional(arguments, 0), flx_positional(arguments, 1));
    if (flx_positional_count(arguments) == 3)
        return flx_graph_engine_find(model, flx_positional(arguments, 1),
                                     flx_positional(arguments, 2),
                                     choose_vertex(arguments), assignments, count, error);
    *count = flx_graph_engine_untrained(model, assignments);
    return *count > 0 ? FLX_OK
                      : flx_fail(error, FLX_BAD_INPUT,
                                 "%s: nothing is untrained; name a service and a metric",
                                 flx_positional(arguments, 0));
}

/* The ensemble belongs to the target: it is refitted with all that is untrained, or with
 * the target itself. */
static bool concerns_target(const flx_model *model, const int *assignments, int count)
{
    int target = model->graph->vertices[model->graph->output].assignment;
    for (int i = 0; i < count; i++)
        if (assignments[i] == target)
            return true;
    return false;
}

static flx_status fit(const flx_arguments *arguments, flx_model *model,
                      const flx_dataset *rows, flx_change *change, flx_error *error)
{
    int count = 0;
    FLX_OWNED(flx_backend) backend = NULL;
    FLX_SCOPED int *assignments = NULL;
    if (!FLX_NEW(assignments, model->graph->n_assignments))
        return flx_no_memory(error, "%d assignments", model->graph->n_assignments);
    FLX_TRY(choose(arguments, model, assignments, &count, error));
    FLX_TRY(flx_open_backend(arguments, &backend, error));
    flx_bar bar;
    flx_progress progress = flx_bar_start(&bar, "fit");
    flx_refit_options how = {.only_weights = flx_is_set(arguments, "reweight-only"),
                             .with_ensemble = flx_positional_count(arguments) == 1 ||
                                              concerns_target(model, assignments, count),
                             .seed = flx_seed(arguments),
                             .progress = &progress};
    flx_status status = flx_graph_engine_fit(model, assignments, count, rows, &how,
                                             backend, change, error);
    flx_bar_finish(&bar);
    return status;
}

static flx_status run(const flx_arguments *arguments, flx_error *error)
{
    const char *path = flx_positional(arguments, 0);
    FLX_OWNED(flx_model) model = NULL;
    FLX_OWNED(flx_dataset) rows = NULL;
    FLX_CLEARED(flx_change_clear) flx_change change = {0};
    FLX_TRY(read_rows(arguments, &rows, error));
    FLX_TRY(flx_model_read(path, &model, error));
    FLX_TRY(fit(arguments, model, rows, &change, error));
    return flx_finish_change(arguments, model, &change, path, error);
}

const flx_command flx_fit_command = {
    .name = "fit",
    .summary = "refit a vertex on new rows, or all that are untrained",
    .usage = "MODEL/ SERVICE[.OPERATION] METRIC --data NEW.h5 [options]\n"
             "MODEL/ --data NEW.h5 [options]",
    .details =
        "Beside the models in place a recalibrated copy of them is tried, and one that "
        "is "
        "fitted to old and new rows. Their weights follow from their errors on the new "
        "rows, each row predicted by models that were fitted without it, and stay near "
        "those in place while the new rows are few. Where nothing does clearly better, "
        "nothing changes. After a scale-out the black boxes that the target hosts beside "
        "the graph are refitted along with it.",
    .options = options,
    .min_positional = 1,
    .max_positional = 3,
    .run = run,
};
