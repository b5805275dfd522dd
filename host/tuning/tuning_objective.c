/* SPDX-License-Identifier: MIT
 * Keeps one table for the graph to read: a column a knob of the space, then the states.
 * The search rewrites the knobs' cells; the states' stay. */
#include "host/tuning/tuning_objective.h"
#include "host/graph.h"
#include "host/model.h"
#include "host/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N_SAMPLES = 1000, INTERVAL_ROWS = 16 };

/* A state and the value it is held at. */
typedef struct {
    char *column;
    const char *unit;
    double value;
} held_state;

struct flx_tuning_objective {
    const flx_model *model;
    const flx_search_space *space;
    flx_target_predictor *forecast;
    flx_dataset *table; /* rows: those of the last call */
    int capacity;       /* rows that its values have room for */
    uint64_t seed;
    int n_states, n_unread;
    held_state *states; /* (n_states) */
};

/* Median of what is present in a column; NaN where nothing is. */
static flx_status find_median(const flx_dataset *table, int column, double *median,
                              flx_error *error)
{
    double *present = malloc(((size_t)table->rows + 1) * sizeof *present);
    if (!present)
        return flx_fail(error, FLX_NO_MEMORY, "no memory for %d rows", table->rows);
    int count = 0;
    for (int r = 0; r < table->rows; r++) {
        double value =
            table->values[(size_t)r * (size_t)table->n_columns + (size_t)column];
        if (isfinite(value))
            present[count++] = value;
    }
    flx_status status = flx_quantile(present, count, 0.5, median, error);
    free(present);
    return status;
}

static flx_status hold_state(flx_tuning_objective *m, const char *column,
                             const char *unit, double value, flx_error *error)
{
    held_state *state = &m->states[m->n_states];
    *state = (held_state){strdup(column), unit, value};
    if (!state->column)
        return flx_fail(error, FLX_NO_MEMORY, "no memory for state %s", column);
    m->n_states++;
    return FLX_OK;
}

/* States of the profile's row, or of the middle of the training rows. */
static flx_status hold_states(flx_tuning_objective *m, const flx_dataset *rows,
                              const flx_dataset *profile, int row, flx_error *error)
{
    const flx_dataset *source = profile ? profile : rows;
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
        FLX_TRY(hold_state(m, column->name, column->unit, value, error));
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

static void drop_state(flx_tuning_objective *m, int index)
{
    free(m->states[index].column);
    memmove(m->states + index, m->states + index + 1,
            (size_t)(m->n_states - index - 1) * sizeof *m->states);
    m->n_states--;
}

static flx_status fix_state(flx_tuning_objective *m, const flx_deployment *deployment,
                            const flx_search_space_state *fixed, flx_error *error)
{
    flx_column_place place, other;
    bool is_placed = flx_column_parse(deployment, fixed->column, &place);
    for (int s = m->n_states - 1; s >= 0; s--) {
        const char *column = m->states[s].column;
        bool is_same = strcmp(column, fixed->column) == 0;
        if (is_same || (is_placed && flx_column_parse(deployment, column, &other) &&
                        is_instance_of(&place, &other)))
            drop_state(m, s);
    }
    return hold_state(m, fixed->column, "", fixed->value, error);
}

/* Those of services first, as they drop the ones of their instances. */
static flx_status fix_states(flx_tuning_objective *m, const flx_deployment *deployment,
                             flx_error *error)
{
    for (int turn = 0; turn < 2; turn++)
        for (int s = 0; s < m->space->n_states; s++) {
            const flx_search_space_state *fixed = &m->space->states[s];
            flx_column_place place;
            bool is_instance = flx_column_parse(deployment, fixed->column, &place) &&
                               place.instance >= 0;
            if (is_instance == (turn == 1))
                FLX_TRY(fix_state(m, deployment, fixed, error));
        }
    return FLX_OK;
}

static flx_status make_table(flx_tuning_objective *m, flx_error *error)
{
    int n_knobs = m->space->n_knobs;
    FLX_TRY(flx_dataset_create(1, n_knobs + m->n_states, &m->table, error));
    m->capacity = 1;
    for (int k = 0; k < n_knobs; k++) {
        const flx_search_space_knob *knob = &m->space->knobs[k];
        FLX_TRY(flx_dataset_name_column(m->table, k, knob->column, FLX_KNOB,
                                        knob->knob->unit, error));
    }
    for (int s = 0; s < m->n_states; s++)
        FLX_TRY(flx_dataset_name_column(m->table, n_knobs + s, m->states[s].column,
                                        FLX_STATE, m->states[s].unit, error));
    return FLX_OK;
}

static bool reads_column(const flx_predictor *p, const flx_column_ref *inputs, int column)
{
    for (int f = 0; f < p->n_features && p->kind != FLX_PREDICTOR_CONSTANT; f++)
        if (inputs[p->features[f].input].column == column)
            return true;
    return false;
}

static bool is_read(const flx_model *model, const flx_column_binding *binding, int column)
{
    for (int v = 0; v < model->graph->n_vertices; v++) {
        const flx_learning_assignment *assignment =
            &model->assignments[model->graph->vertices[v].assignment];
        for (int k = 0; k < assignment->n_models; k++)
            if (reads_column(&assignment->models[k].predictor, binding->inputs[v],
                             column))
                return true;
    }
    return false;
}

/* Marks in `is_unread` (n_knobs) what the model reads. */
static flx_status mark_read(const flx_tuning_objective *m, const flx_model *model,
                            int n_knobs, bool *is_unread, flx_error *error)
{
    flx_column_binding *binding = NULL;
    FLX_TRY(flx_column_binding_create(model->graph, model->deployment, m->table, &binding,
                                      error));
    for (int k = 0; k < n_knobs; k++)
        is_unread[k] = is_unread[k] && !is_read(model, binding, k);
    flx_column_binding_destroy(binding);
    return FLX_OK;
}

static flx_status hold_unread(flx_tuning_objective *m, const flx_model *model,
                              flx_search_space *space, flx_error *error)
{
    const flx_ensemble *ensemble = model->ensemble;
    bool *is_unread = malloc((size_t)space->n_knobs + 1);
    if (!is_unread)
        return flx_fail(error, FLX_NO_MEMORY, "no memory for %d knobs", space->n_knobs);
    memset(is_unread, true, (size_t)space->n_knobs);
    flx_status status = mark_read(m, model, space->n_knobs, is_unread, error);
    for (int k = 0; ensemble && k < ensemble->n_members && status == FLX_OK; k++)
        if (ensemble->members[k].model)
            status = mark_read(m, ensemble->members[k].model, space->n_knobs, is_unread,
                               error);
    for (int k = 0; k < space->n_knobs && status == FLX_OK; k++)
        m->n_unread += is_unread[k] && space->knobs[k].gene >= 0;
    if (status == FLX_OK)
        flx_search_space_fix_state(space, is_unread);
    free(is_unread);
    return status;
}

static flx_status prepare(flx_tuning_objective *m, const flx_model *model,
                          flx_backend *backend, flx_search_space *space,
                          const flx_dataset *profile, int row, flx_error *error)
{
    size_t n_states =
        (size_t)(profile ? profile : model->rows)->n_columns + (size_t)space->n_states;
    m->states = calloc(n_states + 1, sizeof *m->states);
    if (!m->states)
        return flx_fail(error, FLX_NO_MEMORY, "no memory for %zu states", n_states);
    FLX_TRY(hold_states(m, model->rows, profile, row, error));
    FLX_TRY(fix_states(m, model->deployment, error));
    FLX_TRY(make_table(m, error));
    FLX_TRY(hold_unread(m, model, space, error));
    FLX_TRY(flx_target_predictor_create(model, backend, &m->forecast, error));
    return flx_target_predictor_bind(m->forecast, m->table, error);
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
    flx_tuning_objective *m = calloc(1, sizeof *m);
    if (!m)
        return flx_fail(error, FLX_NO_MEMORY, "no memory for tuning");
    m->model = model;
    m->space = space;
    m->seed = seed;
    flx_status status = prepare(m, model, backend, space, profile, row, error);
    if (status != FLX_OK) {
        flx_tuning_objective_destroy(m);
        return status;
    }
    *out = m;
    return FLX_OK;
}

void flx_tuning_objective_destroy(flx_tuning_objective *tuning_model)
{
    if (!tuning_model)
        return;
    flx_target_predictor_destroy(tuning_model->forecast);
    flx_dataset_destroy(tuning_model->table);
    for (int s = 0; s < tuning_model->n_states; s++)
        free(tuning_model->states[s].column);
    free(tuning_model->states);
    free(tuning_model);
}

int flx_tuning_objective_unread(const flx_tuning_objective *tuning_model)
{
    return tuning_model->n_unread;
}

/* Only the first, largest, population of a search makes the table grow. */
static flx_status fill_table(flx_tuning_objective *m, const double *settings, int count,
                             flx_error *error)
{
    size_t n_knobs = (size_t)m->space->n_knobs, n_states = (size_t)m->n_states;
    size_t width = n_knobs + n_states;
    if (count > m->capacity) {
        double *values =
            realloc(m->table->values, (size_t)count * width * sizeof *values);
        if (!values)
            return flx_fail(error, FLX_NO_MEMORY, "no memory for %d settings", count);
        m->table->values = values;
        m->capacity = count;
    }
    m->table->rows = count;
    for (size_t i = 0; i < (size_t)count; i++) {
        double *row = m->table->values + i * width;
        memcpy(row, settings + i * n_knobs, n_knobs * sizeof *row);
        for (size_t s = 0; s < n_states; s++)
            row[n_knobs + s] = m->states[s].value;
    }
    return FLX_OK;
}

/* Bounds of all settings, a few at a time as every one takes a thousand samples. */
static flx_status find_intervals(flx_tuning_objective *m, const double *settings,
                                 int count, double *lower, double *upper,
                                 flx_error *error)
{
    for (int first = 0; first < count; first += INTERVAL_ROWS) {
        int rows = count - first < INTERVAL_ROWS ? count - first : INTERVAL_ROWS;
        FLX_TRY(fill_table(m, settings + (size_t)first * (size_t)m->space->n_knobs, rows,
                           error));
        FLX_TRY(flx_target_predictor_intervals(m->forecast, 0.9, N_SAMPLES, m->seed,
                                               lower + first, upper + first, error));
    }
    return FLX_OK;
}

flx_status flx_tuning_objective_predict(void *context, const double *settings, int count,
                                        double *mean, double *lower, double *upper,
                                        flx_error *error)
{
    flx_tuning_objective *m = context;
    FLX_TRY(fill_table(m, settings, count, error));
    FLX_TRY(flx_target_predictor_target(m->forecast, mean, error));
    return lower ? find_intervals(m, settings, count, lower, upper, error) : FLX_OK;
}

flx_status flx_tuning_objective_plan(flx_tuning_objective *m, flx_device_graph **out,
                                     char reason[FLX_DEVICE_GRAPH_REASON],
                                     flx_error *error)
{
    *out = NULL;
    double *settings = calloc((size_t)m->space->n_knobs + 1, sizeof *settings);
    if (!settings)
        return flx_fail(error, FLX_NO_MEMORY, "no memory for %d settings",
                        m->space->n_knobs);
    flx_search_space_defaults(m->space, settings);
    flx_status status = fill_table(m, settings, 1, error);
    if (status == FLX_OK)
        status =
            flx_compiled_graph_create(m->model, m->space, m->table, out, reason, error);
    free(settings);
    return status;
}
