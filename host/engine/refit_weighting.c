/* SPDX-License-Identifier: MIT
 * How refits are weighed: all assignments as one batch of output weighting. */
#include "host/engine/refit_batch.h"
#include "host/optimization.h"

#include <stdlib.h>
#include <string.h>

/* Folders of older programs name the rows of a refit where the fit key stands now. */
static bool was_fitted_on(const flx_hosted_model *hosted, const char *digest)
{
    return strcmp(hosted->refitted_on, digest) == 0 ||
           strcmp(hosted->fit_key, digest) == 0;
}

/* Models that were fitted on these very rows would seem too good; where nothing else is
 * left, all count. */
static flx_status predict_case(flx_refit_batch *s, flx_refit_case *one, flx_error *error)
{
    int hosted = one->hosting->n_models, seen = 0;
    bool *is_fitted_on = calloc((size_t)hosted + 1, sizeof *is_fitted_on);
    if (!is_fitted_on)
        return flx_refit_batch_out_of_memory(error);
    for (int k = 0; k < hosted && !s->options->only_weights; k++)
        seen += is_fitted_on[k] = was_fitted_on(&one->hosting->models[k], s->digest);
    if (seen == hosted)
        memset(is_fitted_on, 0, (size_t)hosted * sizeof *is_fitted_on);
    flx_status status = flx_refit_predict(one, !s->options->only_weights, is_fitted_on,
                                          s->backend, error);
    free(is_fitted_on);
    return status;
}

static flx_status predict_cases(flx_refit_batch *s, flx_error *error)
{
    for (int i = 0; i < s->count; i++) {
        if (!flx_refit_batch_is_open(s, i))
            continue;
        FLX_TRY(predict_case(s, &s->cases[i], error));
        if (s->cases[i].n_scored == 0 ||
            (s->cases[i].n_folds < 2 && s->cases[i].hosting->n_models > 0))
            flx_refit_batch_skip(
                s, i,
                "its models cannot be test on the %d rows: one group, or inputs that "
                "all are missing",
                s->cases[i].fresh.n);
        else if (s->cases[i].n_columns == 1 && s->cases[i].columns[0].before > 0)
            flx_refit_batch_skip(s, i, "it hosts %d model, whose weight is 1", 1);
    }
    return FLX_OK;
}

static bool is_weighed(const flx_refit_batch *s, int i)
{
    return flx_refit_batch_is_open(s, i) && s->cases[i].n_columns > 1 &&
           (!s->model->paper_mode || s->options->only_weights);
}

/* Where nothing is weighed, what was fitted takes the place of what was there. */
static void settle_all(flx_refit_batch *s, const flx_output_weighting_result *results)
{
    for (int i = 0, p = 0; i < s->count; i++) {
        if (!flx_refit_batch_is_open(s, i))
            continue;
        const double *weights = is_weighed(s, i) ? results[p++].weights : NULL;
        bool is_better = flx_refit_settle(
            &s->cases[i], weights, &s->reports[i].mae_before, &s->reports[i].mae_after);
        if (!is_better && weights)
            flx_refit_batch_skip(s, i, "nothing does clearly better on the %d rows",
                                 s->cases[i].n_scored);
    }
}

static flx_status weigh_all(flx_refit_batch *s, flx_error *error)
{
    flx_output_weighting_problem *problems =
        calloc((size_t)s->count + 1, sizeof *problems);
    flx_output_weighting_result *results = calloc((size_t)s->count + 1, sizeof *results);
    flx_output_weighting_options options = {.seed = s->options->seed};
    int count = 0;
    for (int i = 0; i < s->count && problems; i++)
        if (is_weighed(s, i))
            problems[count++] =
                (flx_output_weighting_problem){.name = s->cases[i].assignment->name,
                                               .n = s->cases[i].n_scored,
                                               .k = s->cases[i].n_columns,
                                               .P = s->cases[i].blend,
                                               .y = s->cases[i].y,
                                               .form = FLX_FORM_MEAN,
                                               .loss = FLX_LOSS_ABSOLUTE};
    flx_status status =
        problems && results ? FLX_OK : flx_refit_batch_out_of_memory(error);
    if (status == FLX_OK && count > 0)
        status = flx_output_weighting_solve(s->backend, problems, count, &options,
                                            results, error);
    if (status == FLX_OK)
        settle_all(s, results);
    for (int p = 0; p < count && results; p++)
        flx_output_weighting_result_clear(&results[p]);
    free(problems);
    free(results);
    return status;
}

flx_status flx_refit_batch_weigh(flx_refit_batch *s, flx_error *error)
{
    FLX_TRY(predict_cases(s, error));
    return weigh_all(s, error);
}
