/* SPDX-License-Identifier: MIT
 * Reads the texts of --fix: which knob or state is meant, and its value. */
#include "host/tuning/search_space_fixed.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int find_column(const flx_search_space *space, const char *column)
{
    for (int k = 0; k < space->n_knobs; k++)
        if (strcmp(space->knobs[k].column, column) == 0)
            return k;
    return -1;
}

/* Index of the declared state that a column names, or -1. */
static int find_state(const flx_service *service, const flx_column_place *place)
{
    for (int s = 0; s < service->n_states; s++)
        if (strcmp(service->states[s].operation, place->operation) == 0 &&
            strcmp(service->states[s].name, place->name) == 0)
            return s;
    return -1;
}

static bool is_state_column(const flx_deployment *deployment, const char *column)
{
    flx_column_place place;
    if (!flx_column_parse(deployment, column, &place))
        return false;
    const flx_service *service = &deployment->services[place.service];
    return find_state(service, &place) >= 0 && place.instance < service->replicas;
}

/* Why a column can neither be a knob nor a state. */
static flx_status refuse_column(const flx_deployment *deployment, const char *column,
                                flx_error *error)
{
    flx_column_place place;
    if (!strchr(column, ':') || !flx_column_parse(deployment, column, &place))
        return flx_fail(error, FLX_BAD_INPUT,
                        "--fix %s: the deployment \"%s\" has no service of that name",
                        column, deployment->name);
    const flx_service *service = &deployment->services[place.service];
    if (flx_service_find_knob(service, place.name) >= 0)
        return flx_fail(
            error, FLX_BAD_INPUT,
            "--fix %s: a knob belongs to the service and all its replicas; fix "
            "%s:%s",
            column, service->name, place.name);
    if (find_state(service, &place) >= 0)
        return flx_fail(error, FLX_BAD_INPUT,
                        "--fix %s: there is no instance %d, %s has %d replicas", column,
                        place.instance, service->name, service->replicas);
    bool is_metric = flx_service_find_metric(service, place.name) >= 0;
    return flx_fail(error, FLX_BAD_INPUT,
                    "--fix %s: %s %s \"%s\"; only knobs and states can be fixed", column,
                    service->name, is_metric ? "has the metric" : "has no knob or state",
                    place.name);
}

static flx_status fix_knob(flx_search_space *space, int index, const char *text,
                           const bool *is_fixed, flx_error *error)
{
    flx_search_space_knob *place = &space->knobs[index];
    if (is_fixed[index])
        return flx_fail(error, FLX_BAD_INPUT, "--fix %s is given twice", place->column);
    flx_error reason = {0};
    flx_status status = flx_knob_parse(place->knob, text, &place->value, &reason);
    if (status != FLX_OK)
        return flx_fail(error, status, "--fix %s=%s: %s", place->column, text,
                        reason.message);
    place->gene = -1;
    return FLX_OK;
}

static flx_status fix_state(flx_search_space *space, const char *column, const char *text,
                            flx_error *error)
{
    for (int s = 0; s < space->n_states; s++)
        if (strcmp(space->states[s].column, column) == 0)
            return flx_fail(error, FLX_BAD_INPUT, "--fix %s is given twice", column);
    char *end = NULL;
    double value = strtod(text, &end);
    if (end == text || *end || !isfinite(value))
        return flx_fail(error, FLX_BAD_INPUT,
                        "--fix %s: the state needs a finite number, not \"%s\"", column,
                        text);
    flx_search_space_state *state = &space->states[space->n_states];
    state->column = strdup(column);
    if (!state->column)
        return flx_fail(error, FLX_NO_MEMORY, "no memory for --fix %s", column);
    state->value = value;
    space->n_states++;
    return FLX_OK;
}

/* Cuts COLUMN=VALUE where what stands left of the '=' names a service, else at the first.
 */
static void cut_column(const flx_deployment *deployment, char *column)
{
    flx_column_place place;
    for (char *equals = strchr(column, '='); equals; equals = strchr(equals + 1, '=')) {
        *equals = 0;
        if (strchr(column, ':') && flx_column_parse(deployment, column, &place))
            return;
        *equals = '=';
    }
    *strchr(column, '=') = 0;
}

/* Names and labels may hold '=': the first one that leaves a known column on its left
 * splits. */
static flx_status apply_fix(flx_search_space *space, const flx_deployment *deployment,
                            const char *fix, bool *is_fixed, flx_error *error)
{
    char *column = strdup(fix);
    if (!column)
        return flx_fail(error, FLX_NO_MEMORY, "no memory for --fix %s", fix);
    char *equals = strchr(column, '=');
    int index = -1;
    bool is_state = false;
    for (; equals; equals = strchr(equals + 1, '=')) {
        *equals = 0;
        index = find_column(space, column);
        is_state = index < 0 && is_state_column(deployment, column);
        if (index >= 0 || is_state)
            break;
        *equals = '=';
    }
    flx_status status;
    if (index >= 0) {
        status = fix_knob(space, index, equals + 1, is_fixed, error);
        is_fixed[index] = true;
    } else if (is_state) {
        status = fix_state(space, column, equals + 1, error);
    } else if (!strchr(column, '=')) {
        status = flx_fail(error, FLX_BAD_INPUT, "--fix %s: write COLUMN=VALUE", fix);
    } else {
        cut_column(deployment, column);
        status = refuse_column(deployment, column, error);
    }
    free(column);
    return status;
}

flx_status flx_search_space_fix_knob(flx_search_space *space,
                                     const flx_deployment *deployment,
                                     const char *const *fixes, int n_fixes,
                                     flx_error *error)
{
    bool *is_fixed = calloc((size_t)space->n_knobs + 1, sizeof *is_fixed);
    flx_status status =
        is_fixed ? FLX_OK : flx_fail(error, FLX_NO_MEMORY, "no memory for --fix");
    for (int i = 0; i < n_fixes && status == FLX_OK; i++)
        status = apply_fix(space, deployment, fixes[i], is_fixed, error);
    free(is_fixed);
    return status;
}
