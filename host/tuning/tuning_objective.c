/* SPDX-License-Identifier: MIT
 * Keeps one table for the graph to read: a column a knob of the space, then the states.
 * The search rewrites the knobs' cells; the states' stay. */
#include "host/tuning/tuning_objective.h"

#include "formats/memory.h"
#include "host/graph.h"
#include "host/model.h"
#include "host/statistics.h"
#include "host/tuning/tuning_device.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N_SAMPLES = 1000, INTERVAL_ROWS = 16 };

typedef struct {
    char *column;
    const char *unit;
    double value;
} fixed_state;

struct flx_tuning_objective {
    const flx_model *model;
    flx_backend *backend;
    flx_search_space *space;
    flx_target_predictor *predictor;
    flx_dataset *table; /* rows: those of the last call */
    int capacity;       /* rows that its values have room for */
    uint64_t seed;
    int n_states, n_unread;
    fixed_state *states; /* (n_states) */
    char reason[FLX_COMPILED_GRAPH_REASON];
};

/* Median of what is present in a column; NaN where nothing is. */
static flx_status find_median(const flx_dataset *table, int column, double *median,
                              flx_error *error)
{
    FLX_SCOPED double *present = NULL;
    int count = 0;
    if (!FLX_NEW(present, table->rows))
        return flx_no_memory(error, "%d rows", table->rows);
    for (int r = 0; r < table->rows; r++) {
        double value =
            table->values[(size_t)r * (size_t)table->n_columns + (size_t)column];
        if (isfinite(value))
            present[count++] = value;
    }
    return flx_quantile(present, count, 0.5, median, error);
}

static flx_status add_state(flx_tuning_objective *o, const char *column, const char *unit,
                            double value, flx_error *error)
{
    fixed_state *state = &o->states[o->n_states];
    *state = (fixed_state){strdup(column), unit, value};
    if (!state->column)
        return flx_no_memory(error, "the state %s", column);
    o->n_states++;
    return FLX_OK;
}

/* States of the profile's row, or of the middle of the training rows. */
static flx_status add_states(flx_tuning_objective *o, const flx_dataset *profile, int row,
                             flx_error *error)
{
    const flx_dataset *rows = o->model->rows, *source = profile ? profile : rows;
    for (int c = 0; c < source->n_columns; c++) {
        const flx_column *column = &source->columns[c];
        double value = NAN;
        if (column->kind != FLX_STATE)
            continue;
        if (profile)
            value = profile->values[(size_t)row * (size_t)profile->n_columns + (size_t)c];
        int known = flx_dataset_find(rows, column->name);
        if (!isfinite(value) && known >= 0)
            FLX_TRY(find_median(rows, known, &value, error));
        FLX_TRY(add_state(o, column->name, column->unit, value, error));
    }
    return FLX_OK;
}

/* Whether `other` is the same state of one instance of what `place` names. */
static bool is_instance_of(const flx_column_place *place, const flx_column_place *other)
{
    return place->instance < 0 && other->instance >= 0 &&
           place->service == other->service && strcmp(place->name, other->name) == 0 &&
           strcmp(place->operation, other->operation) == 0;
}

static void drop_state(flx_tuning_objective *o, int index)
{
    free(o->states[index].column);
    memmove(o->states + index, o->states + index + 1,
            (size_t)(o->n_states - index - 1) * sizeof *o->states);
    o->n_states--;
}

static flx_status fix_state(flx_tuning_objective *o, const flx_deployment *deployment,
                            const flx_search_space_state *fixed, flx_error *error)
{
    flx_column_place place, other;
    bool is_placed = flx_column_parse(deployment, fixed->column, &place);
    for (int s = o->n_states - 1; s >= 0; s--) {
        const char *column = o->states[s].column;
        bool is_same = strcmp(column, fixed->column) == 0;
        if (is_same || (is_placed && flx_column_parse(deployment, column, &other) &&
                        is_instance_of(&place, &other)))
            drop_state(o, s);
    }
    return add_state(o, fixed->column, "", fixed->value, error);
}

/* Those of services first, as they drop the ones of their instances. */
static flx_status fix_states(flx_tuning_objective *o, const flx_deployment *deployment,
                             flx_error *error)
{
    for (int turn = 0; turn < 2; turn++)
        for (int s = 0; s < o->space->n_states; s++) {
            const flx_search_space_state *fixed = &o->space->states[s];
            flx_column_place place;
            bool is_instance = flx_column_parse(deployment, fixed->column, &place) &&
                               place.instance >= 0;
            if (is_instance == (turn == 1))
                FLX_TRY(fix_state(o, deployment, fixed, error));
        }
    return FLX_OK;
}

static flx_status make_table(flx_tuning_objective *o, flx_error *error)
{
    int n_knobs = o->space->n_knobs;
    FLX_TRY(flx_dataset_create(1, n_knobs + o->n_states, &o->table, error));
    o->capacity = 1;
    for (int k = 0; k < n_knobs; k++) {
        const flx_search_space_knob *knob = &o->space->knobs[k];
        FLX_TRY(flx_dataset_name_column(o->table, k, knob->column, FLX_KNOB,
                                        knob->knob->unit, error));
    }
    for (int s = 0; s < o->n_states; s++)
        FLX_TRY(flx_dataset_name_column(o->table, n_knobs + s, o->states[s].column,
                                        FLX_STATE, o->states[s].unit, error));
    return FLX_OK;
}

static bool reads_column(const flx_predictor *p, const flx_column_ref *inputs, int column)
{
    for (int f = 0; f < p->n_features && p->kind != FLX_PREDICTOR_CONSTANT; f++)
        if (inputs[p->features[f].input].column == column)
            return true;
    return false;
}

static bool is_read(flx_fitted_graph fitted, const flx_column_binding *binding,
                    int column)
{
    for (int v = 0; v < fitted.graph->n_vertices; v++) {
        const flx_learning_assignment *assignment =
            &fitted.assignments[fitted.graph->vertices[v].assignment];
        for (int k = 0; k < assignment->n_models; k++)
            if (reads_column(&assignment->models[k].predictor, binding->inputs[v],
                             column))
                return true;
    }
    return false;
}

/* Clears is_unread (n_knobs) where the model reads the knob. */
static flx_status mark_read(const flx_tuning_objective *o, flx_fitted_graph fitted,
                            bool *is_unread, flx_error *error)
{
    flx_column_binding *binding = NULL;
    FLX_TRY(flx_column_binding_create(fitted.graph, fitted.deployment, o->table, &binding,
                                      error));
    for (int k = 0; k < o->space->n_knobs; k++)
        is_unread[k] = is_unread[k] && !is_read(fitted, binding, k);
    flx_column_binding_destroy(binding);
    return FLX_OK;
}

/* Takes the dimensions of knobs that neither the graph nor another member reads. */
static flx_status drop_unread(flx_tuning_objective *o, flx_error *error)
{
    int n_graphs = o->model->ensemble ? o->model->ensemble->n_members : 1;
    int n_knobs = o->space->n_knobs;
    FLX_SCOPED bool *is_unread = NULL;
    if (!FLX_NEW(is_unread, n_knobs))
        return flx_no_memory(error, "%d knobs", n_knobs);
    memset(is_unread, true, (size_t)n_knobs);
    for (int k = 0; k < n_graphs; k++)
        FLX_TRY(mark_read(o, flx_model_member_graph(o->model, k), is_unread, error));
    for (int k = 0; k < n_knobs; k++)
        if (is_unread[k] && o->space->knobs[k].dimension >= 0) {
            flx_search_space_drop(o->space, k);
            o->n_unread++;
        }
    return FLX_OK;
}

static flx_status prepare(flx_tuning_objective *o, const flx_dataset *profile, int row,
                          flx_error *error)
{
    int n_columns = (profile ? profile : o->model->rows)->n_columns;
    if (!FLX_NEW(o->states, n_columns + o->space->n_states))
        return flx_no_memory(error, "%d states", n_columns);
    FLX_TRY(add_states(o, profile, row, error));
    FLX_TRY(fix_states(o, o->model->deployment, error));
    FLX_TRY(make_table(o, error));
    FLX_TRY(drop_unread(o, error));
    return flx_target_predictor_create(o->model, o->backend, o->table, &o->predictor,
                                       error);
}

flx_status flx_tuning_objective_create(const flx_model *model, flx_backend *backend,
                                       flx_search_space *space,
                                       const flx_dataset *profile, int row, uint64_t seed,
                                       flx_tuning_objective **out, flx_error *error)
{
    *out = NULL;
    if (profile && (row < 0 || row >= profile->rows))
        return flx_fail(error, FLX_BAD_INPUT,
                        "--profile: there is no row %d, the rows are 0 to %d", row,
                        profile->rows - 1);
    flx_tuning_objective *o;
    if (!FLX_NEW(o, 1))
        return flx_no_memory(error, "tuning");
    o->model = model;
    o->backend = backend;
    o->space = space;
    o->seed = seed;
    flx_status status = prepare(o, profile, row, error);
    if (status == FLX_OK)
        *out = o;
    else
        flx_tuning_objective_destroy(o);
    return status;
}

void flx_tuning_objective_destroy(flx_tuning_objective *o)
{
    if (!o)
        return;
    flx_target_predictor_destroy(o->predictor);
    flx_dataset_destroy(o->table);
    for (int s = 0; s < o->n_states; s++)
        free(o->states[s].column);
    free(o->states);
    free(o);
}

int flx_tuning_objective_unread(const flx_tuning_objective *o)
{
    return o->n_unread;
}

const char *flx_tuning_objective_reason(const flx_tuning_objective *o)
{
    return o->reason;
}

/* Only the first, largest, population of a search makes the table grow. */
static flx_status fill_table(flx_tuning_objective *o, const double *settings, int count,
                             flx_error *error)
{
    size_t n_knobs = (size_t)o->space->n_knobs, n_states = (size_t)o->n_states;
    size_t width = n_knobs + n_states;
    if (count > o->capacity) {
        double *values =
            realloc(o->table->values, (size_t)count * width * sizeof *values);
        if (!values)
            return flx_no_memory(error, "%d settings", count);
        o->table->values = values;
        o->capacity = count;
    }
    o->table->rows = count;
    for (size_t i = 0; i < (size_t)count; i++) {
        double *row = o->table->values + i * width;
        memcpy(row, settings + i * n_knobs, n_knobs * sizeof *row);
        for (size_t s = 0; s < n_states; s++)
            row[n_knobs + s] = o->states[s].value;
    }
    return FLX_OK;
}

/* Bounds of all settings, a few at a time as every one takes a thousand samples. */
static flx_status find_intervals(flx_tuning_objective *o, const double *settings,
                                 int count, double *lower, double *upper,
                                 flx_error *error)
{
    for (int first = 0; first < count; first += INTERVAL_ROWS) {
        int rows = count - first < INTERVAL_ROWS ? count - first : INTERVAL_ROWS;
        FLX_TRY(fill_table(o, settings + (size_t)first * (size_t)o->space->n_knobs, rows,
                           error));
        FLX_TRY(flx_target_predictor_intervals(o->predictor, 0.9, N_SAMPLES, o->seed,
                                               lower + first, upper + first, error));
    }
    return FLX_OK;
}

flx_status flx_tuning_objective_predict(void *context, const double *settings, int count,
                                        double *mean, double *lower, double *upper,
                                        flx_error *error)
{
    flx_tuning_objective *o = context;
    FLX_TRY(fill_table(o, settings, count, error));
    FLX_TRY(flx_target_predictor_predict(o->predictor, mean, error));
    return lower ? find_intervals(o, settings, count, lower, upper, error) : FLX_OK;
}

flx_status flx_tuning_objective_compile(flx_tuning_objective *o, flx_compiled_graph **out,
                                        flx_error *error)
{
    FLX_SCOPED double *settings = NULL;
    *out = NULL;
    if (!FLX_NEW(settings, o->space->n_knobs))
        return flx_no_memory(error, "%d settings", o->space->n_knobs);
    flx_search_space_defaults(o->space, settings);
    FLX_TRY(fill_table(o, settings, 1, error));
    return flx_compiled_graph_create(o->model, o->space, o->table, out, o->reason, error);
}

flx_status flx_tuning_objective_search(void *context, const flx_search_task *search,
                                       flx_optimum **out, flx_error *error)
{
    flx_tuning_objective *o = context;
    flx_compiled_graph *compiled = NULL;
    flx_error failure = {0};
    *out = NULL;
    o->reason[0] = '\0';
    if (!o->backend->operations->graph_search)
        return FLX_OK;
    FLX_TRY(flx_tuning_objective_compile(o, &compiled, error));
    if (!compiled)
        return FLX_OK;
    flx_status status =
        flx_compiled_graph_search(compiled, o->backend, search, out, &failure);
    flx_compiled_graph_destroy(compiled);
    if (status == FLX_NO_MEMORY) { /* the host's loop predicts in chunks */
        snprintf(o->reason, sizeof o->reason, "%.*s", FLX_COMPILED_GRAPH_REASON - 1,
                 failure.message);
        return FLX_OK;
    }
    if (status != FLX_OK && error)
        *error = failure;
    return status;
}
