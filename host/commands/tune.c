/* SPDX-License-Identifier: MIT
 * fluxion tune: the settings a model predicts to be best, with intervals, the
 * ablation cost of every change, and unlike alternatives to benchmark. */
#include "host/commands/commands.h"

#include "host/statistics.h"
#include "host/tuning.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const flx_option options[] = {
    {.name = "optimizer",
     .type = FLX_TEXT,
     .argument = "NAME",
     .help = "random, de (rand/1/bin), lshade (the default) or metis"},
    {.name = "evaluations",
     .type = FLX_INTEGER,
     .min = 1,
     .max = 1e12,
     .argument = "N",
     .help = "settings to try (default: 100000, de 20000)"},
    {.name = "population",
     .type = FLX_INTEGER,
     .min = 1,
     .max = 1e6,
     .argument = "N",
     .help = "settings tried at once (default: the optimizer's)"},
    {.name = "profile",
     .type = FLX_TEXT,
     .argument = "DATA.h5:ROW",
     .help = "take the states of that row, from 0 (default: the training medians)"},
    {.name = "fix",
     .type = FLX_TEXT,
     .is_repeatable = true,
     .argument = "COLUMN=VALUE",
     .help = "hold a knob or a state at a value"},
    {.name = "top",
     .type = FLX_INTEGER,
     .min = 1,
     .max = 64,
     .argument = "K",
     .help = "good settings to list that differ from each other (default: 5)"},
    {0}};

/* What a run holds; all of it may be NULL. */
typedef struct {
    flx_model *model;
    flx_backend *backend;
    flx_dataset *profile;
    int row;
    flx_search_space *space;
    flx_tuning_objective *objective;
    flx_tuned *tuned;
} tuning_run;

static void close_run(tuning_run *s)
{
    flx_tuned_destroy(s->tuned);
    flx_tuning_objective_destroy(s->objective);
    flx_search_space_destroy(s->space);
    flx_dataset_destroy(s->profile);
    flx_backend_close(s->backend);
    flx_model_destroy(s->model);
}

/* A table of another system would leave every state at its training median in silence. */
static flx_status check_states(const char *text, const tuning_run *s, flx_error *error)
{
    const flx_deployment *deployment = s->model->deployment;
    flx_column_place place;
    bool wants_any = false;
    for (int i = 0; i < deployment->n_services; i++)
        wants_any = wants_any || deployment->services[i].n_states > 0;
    for (int c = 0; c < s->profile->n_columns; c++)
        if (s->profile->columns[c].kind == FLX_STATE &&
            flx_column_parse(deployment, s->profile->columns[c].name, &place))
            return FLX_OK;
    return wants_any ? flx_fail(error, FLX_BAD_INPUT,
                                "--profile %s: the table has none of the states of "
                                "deployment %s",
                                text, deployment->name)
                     : FLX_OK;
}

/* DATA.h5:ROW */
static flx_status read_profile(const char *text, tuning_run *s, flx_error *error)
{
    const char *colon = strrchr(text, ':');
    char *end = NULL;
    errno = 0;
    long row = colon && colon[1] ? strtol(colon + 1, &end, 10) : -1;
    if (!end || *end || errno || row < 0 || row > 2147483647)
        return flx_fail(error, FLX_BAD_INPUT,
                        "--profile %s: write DATA.h5:ROW, rows counted from 0", text);
    char *path = strndup(text, (size_t)(colon - text));
    if (!path)
        return flx_fail(error, FLX_NO_MEMORY, "no memory for --profile %s", text);
    s->row = (int)row;
    flx_status status = flx_dataset_read(path, &s->profile, error);
    if (status == FLX_OK && s->row >= s->profile->rows)
        status = flx_fail(error, FLX_BAD_INPUT,
                          "--profile %s: there is no row %d, the rows are 0 to %d", text,
                          s->row, s->profile->rows - 1);
    if (status == FLX_OK)
        status = check_states(text, s, error);
    free(path);
    return status;
}

static flx_status make_space(const flx_arguments *arguments, tuning_run *s,
                             flx_error *error)
{
    FLX_TRY(flx_search_space_create(s->model->deployment, &s->space, error));
    for (int i = 0; i < flx_repeat_count(arguments, "fix"); i++)
        FLX_TRY(flx_search_space_fix(s->space, flx_repeat(arguments, "fix", i), error));
    return FLX_OK;
}

static flx_status open_run(const flx_arguments *arguments, tuning_run *s,
                           flx_error *error)
{
    const char *profile = flx_text(arguments, "profile", NULL);
    FLX_TRY(flx_model_read(flx_positional(arguments, 0), &s->model, error));
    FLX_TRY(make_space(arguments, s, error));
    if (profile)
        FLX_TRY(read_profile(profile, s, error));
    FLX_TRY(flx_backend_open(flx_backend_name(arguments), flx_threads(arguments),
                             &s->backend, error));
    return flx_tuning_objective_create(s->model, s->backend, s->space, s->profile, s->row,
                                       flx_seed(arguments), &s->objective, error);
}

static flx_status tune(const flx_arguments *arguments, const char *optimizer,
                       tuning_run *s, flx_error *error)
{
    flx_bar bar;
    flx_progress progress = flx_bar_start(&bar, "tune");
    flx_tuning tuning = {
        .space = s->space,
        .predict = flx_tuning_objective_predict,
        .search = flx_tuning_objective_search,
        .context = s->objective,
        .maximize = s->model->deployment->maximize,
        .optimizer = optimizer,
        .options = {.budget = flx_integer(arguments, "evaluations", 0),
                    .population = (int)flx_integer(arguments, "population", 0),
                    .seed = flx_seed(arguments),
                    .progress = &progress},
        .finish = strcmp(optimizer, "lshade") == 0,
        .top = (int)flx_integer(arguments, "top", 5)};
    flx_status status = flx_tune(&tuning, &s->tuned, error);
    flx_bar_finish(&bar);
    return status;
}

static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *describe_setting(const tuning_run *s, const flx_tuned_setting *setting)
{
    json_t *settings = json_object();
    for (int k = 0; k < s->space->n_knobs; k++)
        json_object_set_new(settings, s->space->knobs[k].column,
                            flx_knob_json(s->space->knobs[k].knob, setting->settings[k]));
    json_t *item = json_object();
    json_object_set_new(item, "predicted", number(setting->predicted));
    json_object_set_new(item, "lower90", number(setting->lower90));
    json_object_set_new(item, "upper90", number(setting->upper90));
    json_object_set_new(item, "settings", settings);
    return item;
}

/* Of each changed knob, in the unit of the target. */
static json_t *describe_ablation(const tuning_run *s)
{
    json_t *costs = json_object();
    for (int k = 0; k < s->space->n_knobs; k++)
        if (s->tuned->best.settings[k] != s->tuned->baseline.settings[k])
            json_object_set_new(costs, s->space->knobs[k].column,
                                number(s->tuned->ablation_costs[k]));
    return costs;
}

static const char *name_target(const tuning_run *s)
{
    return s->model->graph->vertices[s->model->graph->output].name;
}

static flx_status print_answer(const tuning_run *s, const char *optimizer,
                               flx_error *error)
{
    const flx_tuned *tuned = s->tuned;
    json_t *top = json_array(), *best = describe_setting(s, &tuned->best);
    for (int i = 0; i < tuned->n_top; i++)
        json_array_append_new(top, describe_setting(s, &tuned->top[i]));
    json_object_set_new(best, "ablation_cost", describe_ablation(s));
    json_t *answer = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:f, s:i, s:i, s:o, s:o, s:o}",
        "optimizer", optimizer, "backend", s->backend->name, "search",
        tuned->is_on_device ? "device" : "host", "search_note",
        flx_tuning_objective_reason(s->objective), "target", name_target(s), "unit",
        flx_model_unit(s->model), "goal", s->model->deployment->maximize ? "max" : "min",
        "evaluations", (json_int_t)tuned->evaluations, "finishing_evaluations",
        (json_int_t)tuned->finishing_evaluations, "wall_s", tuned->wall_s, "tuned_knobs",
        s->space->n_dimensions, "unread_knobs", flx_tuning_objective_unread(s->objective),
        "best", best, "default", describe_setting(s, &tuned->baseline), "top", top);
    if (!answer)
        return flx_fail(error, FLX_NO_MEMORY, "no memory for the answer");
    return flx_print_json(answer, error);
}

static void add_change(flx_table *table, const tuning_run *s, int k)
{
    const flx_search_space_knob *knob = &s->space->knobs[k];
    char *before = flx_knob_text(knob->knob, s->tuned->baseline.settings[k]);
    char *after = flx_knob_text(knob->knob, s->tuned->best.settings[k]);
    char cost[32];
    snprintf(cost, sizeof cost, "%.4g", s->tuned->ablation_costs[k]);
    const char *cells[] = {knob->column, before, after, knob->knob->unit, cost};
    flx_table_row(table, cells);
    free(before);
    free(after);
}

/* Changed knobs, those first that the prediction owes most to. */
static flx_status print_changes(const tuning_run *s, flx_error *error)
{
    static const char *const titles[] = {"knob", "default", "tuned", "unit",
                                         "ablation cost"};
    int n_knobs = s->space->n_knobs, n_kept = 0;
    double *costs = calloc((size_t)n_knobs + 1, sizeof *costs);
    int *order = calloc((size_t)n_knobs + 1, sizeof *order);
    flx_table *table = flx_table_create(5, titles, "lrrlr");
    flx_status status = costs && order && table
                            ? FLX_OK
                            : flx_fail(error, FLX_NO_MEMORY, "no memory for the table");
    for (int k = 0; k < n_knobs && status == FLX_OK; k++)
        costs[k] = -s->tuned->ablation_costs[k];
    if (status == FLX_OK)
        flx_rank(costs, n_knobs, order);
    for (int i = 0; i < n_knobs && status == FLX_OK; i++) {
        int k = order[i];
        if (s->tuned->best.settings[k] == s->tuned->baseline.settings[k])
            n_kept++;
        else
            add_change(table, s, k);
    }
    if (status == FLX_OK && n_kept < n_knobs)
        flx_table_print(table);
    if (status == FLX_OK && n_kept)
        printf("%d of %d knobs keep their value; no model reads %d of them\n", n_kept,
               n_knobs, flx_tuning_objective_unread(s->objective));
    flx_table_destroy(table);
    free(order);
    free(costs);
    return status;
}

static void print_prediction(const tuning_run *s, const char *label,
                             const flx_tuned_setting *setting)
{
    const char *unit = flx_model_unit(s->model);
    printf("%-9s %s %.5g%s%s, 90 %% of samples within %.5g to %.5g\n", label,
           name_target(s), setting->predicted, *unit ? " " : "", unit, setting->lower90,
           setting->upper90);
}

static flx_status print_summary(const tuning_run *s, const char *optimizer,
                                flx_error *error)
{
    const flx_tuned *tuned = s->tuned;
    FLX_TRY(print_changes(s, error));
    print_prediction(s, "default", &tuned->baseline);
    print_prediction(s, "tuned", &tuned->best);
    for (int i = 1; i < tuned->n_top; i++) {
        char label[24];
        snprintf(label, sizeof label, "other %d", i);
        print_prediction(s, label, &tuned->top[i]);
    }
    printf("%lld evaluations by %s in %.2f s on %s%s; predicted, not measured: benchmark "
           "the "
           "listed settings (--json has them all)\n",
           (long long)tuned->evaluations, optimizer, tuned->wall_s, s->backend->name,
           tuned->is_on_device ? ", which kept the search" : "");
    const char *reason = flx_tuning_objective_reason(s->objective);
    if (*reason)
        printf("the search ran on the host: %s\n", reason);
    return FLX_OK;
}

static flx_status run(const flx_arguments *arguments, flx_error *error)
{
    const char *optimizer = flx_text(arguments, "optimizer", "lshade");
    if (strcmp(optimizer, "metis") == 0)
        return flx_fail(error, FLX_BAD_INPUT,
                        "--optimizer metis is not there yet: use lshade, de or random");
    tuning_run s = {0};
    flx_status status = open_run(arguments, &s, error);
    if (status == FLX_OK)
        status = tune(arguments, optimizer, &s, error);
    if (status == FLX_OK)
        status = flx_wants_json(arguments) ? print_answer(&s, optimizer, error)
                                           : print_summary(&s, optimizer, error);
    close_run(&s);
    return status;
}

const flx_command flx_tune_command = {
    .name = "tune",
    .summary = "find the settings that a model predicts to be best",
    .usage = "MODEL/ [--optimizer random|de|lshade|metis] [--evaluations N] [options]",
    .details =
        "The ablation cost says how much worse the prediction becomes when that knob "
        "alone\ngoes back to its default. After lshade, knobs whose default is predicted "
        "to be as "
        "good\nor better go back to it; random and de give what they found. What is "
        "found is the best of the model, which "
        "need not be\nthe best of the system: benchmark some of the listed settings.",
    .options = options,
    .min_positional = 1,
    .max_positional = 1,
    .run = run,
};
