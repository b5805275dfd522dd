/* SPDX-License-Identifier: MIT
 * Reads the texts of --fix: which knob or state is meant, and its value. */
#include "host/tuning/search_space.h"

#include "formats/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int find_knob(const flx_search_space *space, const char *column)
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

static flx_status fix_knob(flx_search_space_knob *place, const char *text,
                           flx_error *error)
{
    flx_error reason = {0};
    if (place->is_fixed)
        return flx_fail(error, FLX_BAD_INPUT, "--fix %s is given twice", place->column);
    flx_status status = flx_knob_parse(place->knob, text, &place->value, &reason);
    if (status != FLX_OK)
        return flx_fail(error, status, "--fix %s=%s: %s", place->column, text,
                        reason.message);
    place->is_fixed = true;
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
    size_t count = (size_t)space->n_states + 1;
    flx_search_space_state *grown = realloc(space->states, count * sizeof *grown);
    char *copy = strdup(column);
    if (grown)
        space->states = grown;
    if (!grown || !copy) {
        free(copy);
        return flx_no_memory(error, "--fix %s", column);
    }
    grown[space->n_states++] = (flx_search_space_state){copy, value};
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
flx_status flx_search_space_fix(flx_search_space *space, const char *fix,
                                flx_error *error)
{
    FLX_SCOPED char *column = strdup(fix);
    if (!column)
        return flx_no_memory(error, "--fix %s", fix);
    for (char *equals = strchr(column, '='); equals; equals = strchr(equals + 1, '=')) {
        *equals = 0;
        int k = find_knob(space, column);
        if (k >= 0) {
            FLX_TRY(fix_knob(&space->knobs[k], equals + 1, error));
            flx_search_space_drop(space, k);
            return FLX_OK;
        }
        if (is_state_column(space->deployment, column))
            return fix_state(space, column, equals + 1, error);
        *equals = '=';
    }
    if (!strchr(column, '='))
        return flx_fail(error, FLX_BAD_INPUT, "--fix %s: write COLUMN=VALUE", fix);
    cut_column(space->deployment, column);
    return refuse_column(space->deployment, column, error);
}
