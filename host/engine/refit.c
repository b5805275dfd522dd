/* SPDX-License-Identifier: MIT
 * GE.fit (paper 4.1.2) for any number of assignments at once: all folds of all of them
 * are one batch of the fit queue, all their weights one batch of output weighting. */
#include "host/engine/ensemble_refit.h"
#include "host/engine/refit_batch.h"

#include <stdlib.h>
#include <string.h>

static flx_status report_models(const flx_refit_batch *s, int i, flx_error *error)
{
    static const char *const origins[] = {[FLX_IN_PLACE] = "in place",
                                          [FLX_RECALIBRATED] = "recalibrated",
                                          [FLX_FITTED] = "old and new rows"};
    const flx_refit_case *one = &s->cases[i];
    flx_refit *report = &s->reports[i];
    report->models = calloc((size_t)one->n_columns + 1, sizeof *report->models);
    if (!report->models)
        return flx_refit_batch_out_of_memory(error);
    for (int c = 0; c < one->n_columns; c++) {
        const flx_refit_column *column = &one->columns[c];
        bool is_new = column->origin == FLX_FITTED;
        const flx_predictor *p = is_new ? &one->fits[one->n_folds].model.predictor
                                        : &one->hosting->models[column->model].predictor;
        report->models[report->n_models++] = (flx_weighted_model){
            is_new && one->n_kept == 0 ? "new rows" : origins[column->origin],
            flx_predictor_kind_text(p->kind),
            flx_refit_batch_is_open(s, i) ? column->after : column->before, column->mae};
    }
    return FLX_OK;
}

static flx_status build_next(flx_refit_batch *s, flx_error *error)
{
    for (int i = 0; i < s->count; i++) {
        if (flx_refit_batch_is_open(s, i))
            FLX_TRY(flx_refit_install(&s->cases[i], &s->next[i], error));
        FLX_TRY(report_models(s, i, error));
    }
    return FLX_OK;
}

/* The rows become the model's own where it has none. */
static flx_status copy_rows(const flx_refit_batch *s, flx_dataset **out, flx_error *error)
{
    *out = NULL;
    return s->model->rows ? FLX_OK : flx_dataset_copy(s->rows, out, error);
}

static bool list_assignments(const flx_refit_batch *s, flx_change *change)
{
    bool is_whole = true;
    for (int i = 0; i < s->count; i++)
        if (flx_refit_batch_is_open(s, i))
            is_whole &=
                flx_name_list_add(&change->fitted, "%s", s->cases[i].assignment->name);
    for (int a = 0; a < s->model->graph->n_assignments; a++) {
        const char *name = s->model->graph->assignments[a].name;
        if (!flx_name_list_holds(&change->fitted, name))
            is_whole &= flx_name_list_add(&change->reused, "%s", name);
    }
    return is_whole;
}

/* The rest of what the target hosts, as the last that can fail. */
static flx_status fit_ensemble(flx_refit_batch *s, flx_change *change, flx_error *error)
{
    flx_fit_options options = {.progress = s->options->progress,
                               .seed = s->options->seed};
    if (!s->options->with_ensemble || !s->model->ensemble ||
        flx_model_rows_are_current(s->model))
        return FLX_OK;
    return flx_ensemble_refit(s->model, s->rows, s->backend, &options, change, error);
}

static void install(flx_refit_batch *s, flx_dataset *rows)
{
    for (int i = 0; i < s->count; i++) {
        if (!flx_refit_batch_is_open(s, i))
            continue;
        flx_assignment_clear(&s->model->assignments[s->assignments[i]]);
        s->model->assignments[s->assignments[i]] = s->next[i];
        s->next[i] = (flx_learning_assignment){0};
    }
    if (rows) {
        s->model->rows = rows;
        free(s->model->row_replicas); /* they were measured as deployed now */
        s->model->row_replicas = NULL;
    }
}

static flx_status run(flx_refit_batch *s, flx_change *change, flx_error *error)
{
    flx_dataset *rows = NULL;
    FLX_TRY(flx_refit_batch_train(s, error));
    FLX_TRY(flx_refit_batch_weigh(s, error));
    FLX_TRY(build_next(s, error));
    if (!list_assignments(s, change))
        return flx_refit_batch_out_of_memory(error);
    FLX_TRY(copy_rows(s, &rows, error));
    flx_status status = fit_ensemble(s, change, error);
    if (status == FLX_OK)
        install(s, rows);
    else
        flx_dataset_destroy(rows);
    return status;
}

static flx_status open_cases(flx_refit_batch *s, flx_change *change, flx_error *error)
{
    size_t count = (size_t)s->count;
    s->cases = calloc(count + 1, sizeof *s->cases);
    s->next = calloc(count + 1, sizeof *s->next);
    s->reports = change->refits = calloc(count + 1, sizeof *change->refits);
    if (!s->cases || !s->next || !s->reports)
        return flx_refit_batch_out_of_memory(error);
    change->rows = s->rows->rows;
    for (int i = 0; i < s->count; i++) {
        int a = s->assignments[i];
        s->cases[i] = (flx_refit_case){.assignment = &s->model->graph->assignments[a],
                                       .hosting = &s->model->assignments[a],
                                       .digest = s->digest};
        flx_dataset_find_period(s->rows, &s->cases[i].first_time, &s->cases[i].last_time);
        change->refits[i].assignment = strdup(s->cases[i].assignment->name);
        if (!change->refits[i].assignment)
            return flx_refit_batch_out_of_memory(error);
        change->n_refits++;
    }
    return FLX_OK;
}

flx_status flx_graph_engine_fit(flx_model *model, const int *assignments, int count,
                                const flx_dataset *rows, const flx_refit_options *options,
                                flx_backend *backend, flx_change *change,
                                flx_error *error)
{
    flx_refit_batch s = {.model = model,
                         .rows = rows,
                         .options = options,
                         .backend = backend,
                         .count = count,
                         .assignments = assignments};
    *change = (flx_change){.event = "fit"};
    if (rows->rows == 0)
        return flx_fail(error, FLX_BAD_INPUT, "there is no row to fit on");
    if (!options->only_weights && model->composition != FLX_COMPOSED)
        return flx_fail(error, FLX_BAD_INPUT,
                        "the model is no composed graph (%s): train it anew on all rows",
                        flx_composition_text(model->composition));
    flx_dataset_digest(rows, s.digest);
    flx_status status = open_cases(&s, change, error);
    if (status == FLX_OK)
        status = run(&s, change, error);
    for (int i = 0; i < count && s.cases; i++)
        flx_refit_clear(&s.cases[i]);
    for (int i = 0; i < count && s.next; i++)
        flx_assignment_clear(&s.next[i]);
    free(s.cases);
    free(s.next);
    return status;
}
