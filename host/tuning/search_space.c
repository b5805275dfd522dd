/* SPDX-License-Identifier: MIT
 * Knobs to dimensions and back. Levels are counted, not listed, so that a discrete knob
 * of a billion values costs as much as one of two. */
#include "host/tuning/search_space.h"

#include "formats/memory.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double lowest_integer(const flx_knob *knob)
{
    return ceil(knob->min);
}

/* Values the knob can have; 0 for a continuous one. */
static double count_levels(const flx_knob *knob)
{
    if (knob->type == FLX_CONTINUOUS)
        return 0;
    return knob->n_values ? knob->n_values : floor(knob->max) - lowest_integer(knob) + 1;
}

static flx_dimension dimension_of(const flx_knob *knob)
{
    flx_dimension dimension = {FLX_DIMENSION_CONTINUOUS, 1, 0};
    if (knob->type == FLX_CONTINUOUS)
        return dimension;
    dimension.kind =
        knob->type == FLX_CHOICES ? FLX_DIMENSION_CATEGORY : FLX_DIMENSION_LEVELS;
    dimension.levels = count_levels(knob);
    if (knob->is_log && knob->n_values == 0)
        dimension.log_first = lowest_integer(knob);
    return dimension;
}

static bool has_one_value(const flx_knob *knob)
{
    return knob->type == FLX_CONTINUOUS ? knob->min == knob->max
                                        : count_levels(knob) == 1;
}

static flx_status check_knob(const flx_search_space_knob *place, flx_error *error)
{
    const flx_knob *knob = place->knob;
    if (knob->type != FLX_CHOICES &&
        !(knob->min <= knob->max && isfinite(knob->min) && isfinite(knob->max)))
        return flx_fail(error, FLX_BAD_INPUT, "%s has the bounds %g and %g",
                        place->column, knob->min, knob->max);
    if (knob->type != FLX_CONTINUOUS && count_levels(knob) < 1)
        return flx_fail(error, FLX_BAD_INPUT, "%s has no value between %g and %g",
                        place->column, knob->min, knob->max);
    if (knob->type != FLX_CHOICES && knob->is_log && !knob->n_values && !(knob->min > 0))
        return flx_fail(
            error, FLX_BAD_INPUT,
            "%s has a logarithmic scale but starts at %g: it needs a positive "
            "minimum",
            place->column, knob->min);
    return FLX_OK;
}

flx_knob_scale flx_knob_scale_of(const flx_knob *knob)
{
    flx_knob_scale scale = {dimension_of(knob), knob->is_log, knob->min, knob->max, 0};
    if (knob->type == FLX_CONTINUOUS && knob->is_log)
        scale.span = log(knob->max / knob->min);
    if (knob->type != FLX_CONTINUOUS)
        scale.min = knob->type == FLX_CHOICES ? 0 : lowest_integer(knob);
    return scale;
}

const double *flx_knob_list(const flx_knob *knob)
{
    return knob->type == FLX_DISCRETE && knob->n_values ? knob->values : NULL;
}

/* -1 where the knob cannot have that value. */
static double find_level(const flx_knob *knob, double value)
{
    if (knob->type == FLX_DISCRETE && knob->n_values) {
        for (int v = 0; v < knob->n_values; v++)
            if (knob->values[v] == value)
                return v;
        return -1;
    }
    double level = value - (knob->type == FLX_CHOICES ? 0 : lowest_integer(knob));
    return level >= 0 && level < count_levels(knob) && level == floor(level) ? level : -1;
}

static double encode_knob(const flx_knob *knob, flx_dimension dimension, double value)
{
    if (dimension.kind == FLX_DIMENSION_CONTINUOUS) {
        if (!(value >= knob->min && value <= knob->max))
            return -1;
        return knob->is_log ? log(value / knob->min) / log(knob->max / knob->min)
                            : (value - knob->min) / (knob->max - knob->min);
    }
    double level = find_level(knob, value);
    return level < 0 ? -1 : flx_dimension_centre(dimension, level);
}

void flx_search_space_decode(const flx_search_space *space, const double *unit,
                             double *settings)
{
    for (int k = 0; k < space->n_knobs; k++) {
        const flx_search_space_knob *place = &space->knobs[k];
        settings[k] =
            place->dimension < 0
                ? place->value
                : flx_knob_setting(flx_knob_scale_of(place->knob),
                                   flx_knob_list(place->knob), unit[place->dimension]);
    }
}

flx_status flx_search_space_encode(const flx_search_space *space, const double *settings,
                                   double *unit, flx_error *error)
{
    for (int k = 0; k < space->n_knobs; k++) {
        const flx_search_space_knob *place = &space->knobs[k];
        if (place->dimension < 0)
            continue;
        double encoded =
            encode_knob(place->knob, space->dimensions[place->dimension], settings[k]);
        if (!(encoded >= 0))
            return flx_fail(error, FLX_BAD_INPUT,
                            "%s cannot be set to %g: it is %s between %g and %g",
                            place->column, settings[k],
                            place->knob->type == FLX_CONTINUOUS ? "a number"
                            : place->knob->n_values             ? "one of a list"
                                                                : "an integer",
                            place->knob->min, place->knob->max);
        unit[place->dimension] = encoded < 1 ? encoded : 1;
    }
    return FLX_OK;
}

void flx_search_space_defaults(const flx_search_space *space, double *settings)
{
    for (int k = 0; k < space->n_knobs; k++)
        settings[k] = space->knobs[k].value;
}

static bool is_label(const flx_knob *knob, double value)
{
    return knob->type == FLX_CHOICES && value >= 0 && value < knob->n_values;
}

char *flx_knob_text(const flx_knob *knob, double value)
{
    if (is_label(knob, value))
        return strdup(knob->labels[(int)value]);
    char text[64];
    bool is_whole = knob->type == FLX_DISCRETE && value == floor(value);
    snprintf(text, sizeof text, is_whole ? "%.0f" : "%.6g", value);
    return strdup(text);
}

json_t *flx_knob_json(const flx_knob *knob, double value)
{
    if (is_label(knob, value))
        return json_string(knob->labels[(int)value]);
    bool is_whole = knob->type == FLX_DISCRETE && value == floor(value);
    return is_whole && fabs(value) < 9e15 ? json_integer((json_int_t)value)
                                          : json_real(value);
}

static flx_status list_knobs(flx_search_space *space, flx_error *error)
{
    const flx_deployment *deployment = space->deployment;
    for (int s = 0; s < deployment->n_services; s++) {
        const flx_service *service = &deployment->services[s];
        for (int k = 0; k < service->n_knobs; k++) {
            flx_search_space_knob *place = &space->knobs[space->n_knobs];
            const flx_knob *knob = &service->knobs[k];
            *place = (flx_search_space_knob){
                .column = flx_column_text(service->name, NULL, -1, knob->name),
                .service = s,
                .knob = knob,
                .dimension = has_one_value(knob) ? -1 : 0,
                .value = knob->default_value};
            if (!place->column)
                return flx_no_memory(error, "the knobs of %s", service->name);
            space->n_knobs++;
            FLX_TRY(check_knob(place, error));
        }
    }
    return FLX_OK;
}

static void number_dimensions(flx_search_space *space)
{
    space->n_dimensions = 0;
    for (int k = 0; k < space->n_knobs; k++)
        if (space->knobs[k].dimension >= 0) {
            space->dimensions[space->n_dimensions] = dimension_of(space->knobs[k].knob);
            space->knobs[k].dimension = space->n_dimensions++;
        }
}

void flx_search_space_drop(flx_search_space *space, int knob)
{
    space->knobs[knob].dimension = -1;
    number_dimensions(space);
}

flx_status flx_search_space_create(const flx_deployment *deployment,
                                   flx_search_space **out, flx_error *error)
{
    size_t n_knobs = 0;
    for (int s = 0; s < deployment->n_services; s++)
        n_knobs += (size_t)deployment->services[s].n_knobs;
    flx_search_space *space;
    *out = NULL;
    if (!FLX_NEW(space, 1) || !FLX_NEW(space->knobs, n_knobs) ||
        !FLX_NEW(space->dimensions, n_knobs)) {
        flx_search_space_destroy(space);
        return flx_no_memory(error, "%zu knobs", n_knobs);
    }
    space->deployment = deployment;
    flx_status status = list_knobs(space, error);
    if (status != FLX_OK) {
        flx_search_space_destroy(space);
        return status;
    }
    number_dimensions(space);
    *out = space;
    return FLX_OK;
}

void flx_search_space_destroy(flx_search_space *space)
{
    if (!space)
        return;
    for (int s = 0; s < space->n_states; s++)
        free(space->states[s].column);
    for (int k = 0; k < space->n_knobs; k++)
        free(space->knobs[k].column);
    free(space->states);
    free(space->dimensions);
    free(space->knobs);
    free(space);
}
