/* SPDX-License-Identifier: MIT
 * fluxion fit: what is new or off in a graph is refitted on new rows. */
#include "host/commands/change_report.h"
#include "host/commands/commands.h"

#include "host/engine.h"

#include <stdlib.h>

static const flx_option options[] = {
    {.name = "data",
     .type = FLX_TEXT,
     .argument = "NEW.h5",
     .help = "table of new benchmark runs (required)"},
    {.name = "window",
     .type = FLX_NUMBER,
     .min = 1,
     .max = 1e12,
     .argument = "SECONDS",
     .help = "only the newest SECONDS of the table's /time"},
    {.name = "instances",
     .type = FLX_FLAG,
     .help = "of a replicated service what its instances share, not the service-vertex"},
    {.name = "weights",
     .type = FLX_FLAG,
     .help = "weigh the models that are there anew, fit none"},
    {0}};

static flx_status read_rows(const flx_arguments *arguments, flx_dataset **out,
                            flx_error *error)
{
    const char *path;
    flx_dataset *table = NULL;
    FLX_TRY(flx_required_text(arguments, "data", &path, error));
    FLX_TRY(flx_dataset_read(path, &table, error));
    if (!flx_is_set(arguments, "window")) {
        *out = table;
        return FLX_OK;
    }
    flx_error why = {0};
    flx_status status =
        flx_dataset_newest(table, flx_number(arguments, "window", 0), out, &why);
    flx_dataset_destroy(table);
    return status == FLX_OK ? FLX_OK
                            : flx_fail(error, status, "%s: %s", path, why.message);
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
        return flx_graph_engine_find(
            model, flx_positional(arguments, 1), flx_positional(arguments, 2),
            flx_is_set(arguments, "instances") ? FLX_FIT_INSTANCES : FLX_FIT_SHOWN,
            assignments, count, error);
    *count = flx_graph_engine_untrained(model, assignments);
    return *count > 0 ? FLX_OK
                      : flx_fail(error, FLX_BAD_INPUT,
                                 "%s: nothing is untrained; name a service and a metric",
                                 flx_positional(arguments, 0));
}

/* The mixture belongs to the target: it is refitted with what is untrained, or with the
 * target itself. */
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
    flx_backend *backend = NULL;
    int *assignments =
        malloc(((size_t)model->graph->n_assignments + 1) * sizeof *assignments);
    if (!assignments)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for a list");
    flx_status status = choose(arguments, model, assignments, &count, error);
    if (status == FLX_OK)
        status = flx_backend_open(flx_backend_name(arguments), flx_threads(arguments),
                                  &backend, error);
    if (status == FLX_OK) {
        flx_bar bar;
        flx_progress progress = flx_bar_start(&bar, "fit");
        flx_refit_options how = {.only_weights = flx_is_set(arguments, "weights"),
                                 .with_ensemble =
                                     flx_positional_count(arguments) == 1 ||
                                     concerns_target(model, assignments, count),
                                 .seed = flx_seed(arguments),
                                 .progress = &progress};
        status = flx_graph_engine_fit(model, assignments, count, rows, &how, backend,
                                      change, error);
        flx_bar_finish(&bar);
    }
    flx_backend_close(backend);
    free(assignments);
    return status;
}

static flx_status run(const flx_arguments *arguments, flx_error *error)
{
    const char *path = flx_positional(arguments, 0);
    flx_model *model = NULL;
    flx_dataset *rows = NULL;
    flx_change change = {0};
    FLX_TRY(read_rows(arguments, &rows, error));
    flx_status status = flx_model_read(path, &model, error);
    if (status == FLX_OK)
        status = fit(arguments, model, rows, &change, error);
    if (status == FLX_OK)
        status = flx_model_update(model, path, &change, error);
    if (status == FLX_OK)
        status = flx_change_report_print(arguments, model, &change, path, error);
    flx_change_clear(&change);
    flx_dataset_destroy(rows);
    flx_model_destroy(model);
    return status;
}

const flx_command flx_fit_command = {
    .name = "fit",
    .summary = "refit a vertex on new rows, or all that are untrained",
    .usage = "MODEL/ SERVICE[.OPERATION] METRIC --data NEW.h5 [options]\n"
             "MODEL/ --data NEW.h5 [options]",
    .details =
        "Of a replicated service the service-vertex is fitted, with --instances what "
        "its\n"
        "instances share. Beside the models in place stand a recalibrated copy and one\n"
        "fitted to old and new rows; weights come from their errors on the new rows, "
        "each\n"
        "predicted by models fitted without it, and stay near what is in place while "
        "the\n"
        "rows are few. Where nothing does clearly better, nothing changes. After a scale "
        "the\n"
        "black boxes that the target hosts beside the graph are refitted along with "
        "it.\n",
    .options = options,
    .min_positional = 1,
    .max_positional = 3,
    .run = run,
};
