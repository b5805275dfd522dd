/* SPDX-License-Identifier: MIT
 * fluxion tune: the settings a model predicts to be best, with intervals, what undoing
 * each change would cost, and different good settings to benchmark. */
#include "host/commands/commands.h"
#include "host/commands/owned.h"

#include "host/statistics.h"
#include "host/tuning.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const flx_option options[] = {
    OPT_TEXT("optimizer", "NAME",
             "lshade (the default), de, which is rand/1/bin, random or metis"),
    OPT_INTEGER("evaluations", "N", 1, 1e12,
                "settings to try (default: 100000, de 20000)"),
    OPT_INTEGER("population", "N", 1, 1e6,
                "settings tried at once (default: the optimizer's)"),
    OPT_TEXT(
        "profile", "DATA.h5:ROW",
        "take the states of that row, counted from 0 (default: the training medians)"),
    OPT_TEXT("fix", "COLUMN=VALUE", "hold a knob or a state at a value",
             .is_repeatable = true),
    OPT_INTEGER("top", "K", 1, 64,
                "good settings to list that differ from each other (default: 5)"),
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
    FLX_SCOPED char *path = strndup(text, (size_t)(colon - text));
    if (!path)
        return flx_no_memory(error, "--profile %s", text);
    s->row = (int)row;
    FLX_TRY(flx_dataset_read(path, &s->profile, error));
    if (s->row >= s->profile->rows)
        return flx_fail(error, FLX_BAD_INPUT,
                        "--profile %s: there is no row %d, the rows are 0 to %d", text,
                        s->row, s->profile->rows - 1);
    return check_states(text, s, error);
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
    FLX_TRY(flx_open_backend(arguments, &s->backend, error));
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

static json_t *describe_setting(const tuning_run *s, const flx_tuned_setting *setting)
{
    json_t *settings = json_object();
    for (int k = 0; k < s->space->n_knobs; k++)
        json_object_set_new(settings, s->space->knobs[k].column,
                            flx_knob_json(s->space->knobs[k].knob, setting->settings[k]));
    return json_pack("{s:o, s:o, s:o, s:o}", "predicted",
                     flx_json_real(setting->predicted), "lower90",
                     flx_json_real(setting->lower90), "upper90",
                     flx_json_real(setting->upper90), "settings", settings);
}

static bool is_changed(const tuning_run *s, int k)
{
    return s->tuned->best.settings[k] != s->tuned->baseline.settings[k];
}

/* By how much the prediction becomes worse where a changed knob alone goes back to its
 * default, in the unit of the target. */
static json_t *describe_costs(const tuning_run *s)
{
    json_t *costs = json_object();
    for (int k = 0; k < s->space->n_knobs; k++)
        if (is_changed(s, k))
            json_object_set_new(costs, s->space->knobs[k].column,
                                flx_json_real(s->tuned->ablation_costs[k]));
    return costs;
}

static json_t *describe(const tuning_run *s, const char *optimizer)
{
    const flx_tuned *tuned = s->tuned;
    json_t *top = json_array(), *best = describe_setting(s, &tuned->best);
    for (int i = 0; i < tuned->n_top; i++)
        json_array_append_new(top, describe_setting(s, &tuned->top[i]));
    json_object_set_new(best, "ablation_cost", describe_costs(s));
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:f, s:i, s:i, s:o, s:o, s:o}",
        "optimizer", optimizer, "backend", s->backend->name, "search",
        tuned->is_on_device ? "device" : "host", "search_note",
        flx_tuning_objective_reason(s->objective), "target",
        s->model->graph->vertices[s->model->graph->output].name, "unit",
        flx_model_unit(s->model), "goal", s->model->deployment->maximize ? "max" : "min",
        "evaluations", (json_int_t)tuned->evaluations, "finishing_evaluations",
        (json_int_t)tuned->finishing_evaluations, "wall_s", tuned->wall_s, "tuned_knobs",
        s->space->n_dimensions, "unread_knobs", flx_tuning_objective_unread(s->objective),
        "best", best, "default", describe_setting(s, &tuned->baseline), "top", top);
}

static json_t *describe_change(const tuning_run *s, int k)
{
    const flx_search_space_knob *knob = &s->space->knobs[k];
    FLX_SCOPED char *before = flx_knob_text(knob->knob, s->tuned->baseline.settings[k]);
    FLX_SCOPED char *after = flx_knob_text(knob->knob, s->tuned->best.settings[k]);
    return json_pack("{s:s, s:s, s:s, s:s, s:o}", "knob", knob->column, "before", before,
                     "after", after, "unit", knob->knob->unit, "cost",
                     flx_json_real(s->tuned->ablation_costs[k]));
}

/* The changed knobs, those first that the prediction owes most to. */
static flx_status print_changes(const tuning_run *s, flx_error *error)
{
    static const flx_table_column columns[] = {
        {"knob", "{knob}"}, {"default", "{before}"},         {"tuned", "{after}"},
        {"unit", "{unit}"}, {"ablation cost", "{cost:.4g}"}, {0}};
    int n_knobs = s->space->n_knobs;
    FLX_SCOPED double *costs = NULL;
    FLX_SCOPED int *order = NULL;
    json_auto_t *changes = json_array();
    if (!FLX_NEW(costs, n_knobs) || !FLX_NEW(order, n_knobs))
        return flx_no_memory(error, "a table of %d knobs", n_knobs);
    for (int k = 0; k < n_knobs; k++)
        costs[k] = -s->tuned->ablation_costs[k];
    flx_rank(costs, n_knobs, order);
    for (int i = 0; i < n_knobs; i++)
        if (is_changed(s, order[i]))
            json_array_append_new(changes, describe_change(s, order[i]));
    int n_changed = (int)json_array_size(changes);
    if (n_changed > 0)
        flx_print_table(changes, columns);
    if (n_changed < n_knobs)
        printf("%d of %d knobs keep their default; no model reads %d of them\n",
               n_knobs - n_changed, n_knobs, flx_tuning_objective_unread(s->objective));
    return FLX_OK;
}

/* A line a setting: default, tuned, others. */
static void print_predictions(const json_t *report)
{
    static const flx_table_column columns[] = {
        {"setting", "{name}"},
        {"predicted", "{predicted:.5g}"},
        {"90 % of samples within", "{lower90:.5g} to {upper90:.5g}"},
        {0}};
    json_auto_t *lines = json_array();
    const json_t *top = json_object_get(report, "top");
    for (int i = -1; i < (int)json_array_size(top); i++) {
        json_t *line = json_copy(i < 0    ? json_object_get(report, "default")
                                 : i == 0 ? json_object_get(report, "best")
                                          : json_array_get(top, (size_t)i));
        json_object_set_new(line, "name",
                            i < 0    ? json_string("default")
                            : i == 0 ? json_string("tuned")
                                     : json_sprintf("other %d", i));
        json_array_append_new(lines, line);
    }
    flx_print_line(report, "\n{target}{ unit}:");
    flx_print_table(lines, columns);
}

static flx_status print_text(const tuning_run *s, const char *optimizer, flx_error *error)
{
    json_auto_t *report = describe(s, optimizer);
    FLX_TRY(print_changes(s, error));
    print_predictions(report);
    flx_print_line(report,
                   "\n{evaluations} evaluations by {optimizer} in {wall_s:.2f} s, "
                   "searched on the {search} ({backend}); predicted, not measured: "
                   "benchmark the listed settings (--json has them all)");
    flx_print_line_if(report, "search_note", "the search ran on the host: {search_note}");
    return FLX_OK;
}

static flx_status run(const flx_arguments *arguments, flx_error *error)
{
    const char *optimizer = flx_text(arguments, "optimizer", "lshade");
    if (strcmp(optimizer, "metis") == 0)
        return flx_fail(error, FLX_BAD_INPUT,
                        "--optimizer metis is not there yet: use lshade, de or random");
    FLX_CLEARED(close_run) tuning_run s = {0};
    FLX_TRY(open_run(arguments, &s, error));
    FLX_TRY(tune(arguments, optimizer, &s, error));
    return flx_wants_json(arguments) ? flx_print_json(describe(&s, optimizer), error)
                                     : print_text(&s, optimizer, error);
}

const flx_command flx_tune_command = {
    .name = "tune",
    .summary = "find the settings that a model predicts to be best",
    .usage = "MODEL/ [--optimizer NAME] [--evaluations N] [options]",
    .details =
        "The column 'ablation cost' says by how much the prediction becomes worse when "
        "that knob alone goes back to its default. After lshade, knobs go back whose "
        "default is predicted to be as good or better; random and de report what they "
        "found.\n"
        "\n"
        "The settings found are the best of the model, which need not be the best of the "
        "system: benchmark some of those listed.",
    .options = options,
    .min_positional = 1,
    .max_positional = 1,
    .run = run,
};
