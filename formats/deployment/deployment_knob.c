/* SPDX-License-Identifier: MIT
 * One knob of a deployment file: a range, a list of values or a list of choices. */
#include "formats/deployment/deployment_parse.h"

#include "formats/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_VALUES = 10000 };

static flx_status fail_key(const flx_json_source *source, const json_t *object,
                           const char *key, flx_error *error, const char *name,
                           const char *what)
{
    return flx_json_fail(source, flx_json_key_line(source, object, key), error,
                         "knob %s: %s", name, what);
}

/* The keys that this type of knob has no use for. */
static flx_status refuse_keys(const flx_json_source *source, const json_t *object,
                              const char *name, const char *why, const char *const *keys,
                              flx_error *error)
{
    for (int i = 0; keys[i]; i++)
        if (json_object_get(object, keys[i]))
            return flx_json_fail(source, flx_json_key_line(source, object, keys[i]),
                                 error, "knob %s: \"%s\" has no place here, %s", name,
                                 keys[i], why);
    return FLX_OK;
}

static flx_status parse_range(const flx_json_source *source, const json_t *object,
                              flx_knob *knob, flx_error *error)
{
    static const char *const useless[] = {"values", NULL};
    if (knob->type == FLX_CONTINUOUS)
        FLX_TRY(refuse_keys(source, object, knob->name,
                            "a continuous knob has \"min\" and \"max\"", useless, error));
    FLX_TRY(flx_json_get_number(source, object, "min", true, &knob->min, error));
    FLX_TRY(flx_json_get_number(source, object, "max", true, &knob->max, error));
    if (knob->min > knob->max)
        return flx_json_fail(source, flx_json_key_line(source, object, "min"), error,
                             "knob %s: min %.15g is above max %.15g", knob->name,
                             knob->min, knob->max);
    bool is_whole = knob->min == floor(knob->min) && knob->max == floor(knob->max);
    if (knob->type == FLX_DISCRETE && !is_whole)
        return fail_key(source, object, "min", error, knob->name,
                        "min and max of a discrete knob must be integers (or give "
                        "\"values\")");
    return FLX_OK;
}

static flx_status get_list(const flx_json_source *source, const json_t *object,
                           const char *name, json_t **list, flx_error *error)
{
    FLX_TRY(flx_json_get_array(source, object, "values", true, list, error));
    size_t size = json_array_size(*list);
    if (size == 0 || size > MAX_VALUES)
        return flx_json_fail(source, flx_json_key_line(source, object, "values"), error,
                             "knob %s: \"values\" holds %zu entries, expected 1 to %d",
                             name, size, MAX_VALUES);
    return FLX_OK;
}

static int compare_numbers(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* A discrete knob's list, sorted. */
static flx_status parse_values(const flx_json_source *source, const json_t *object,
                               flx_knob *knob, flx_error *error)
{
    static const char *const useless[] = {"min", "max", NULL};
    json_t *list;
    FLX_TRY(refuse_keys(source, object, knob->name, "\"values\" gives the range", useless,
                        error));
    FLX_TRY(get_list(source, object, knob->name, &list, error));
    size_t size = json_array_size(list);
    knob->values = calloc(size, sizeof *knob->values);
    if (!knob->values)
        return flx_fail(error, FLX_NO_MEMORY, "knob %s: out of memory", knob->name);
    knob->n_values = (int)size;
    for (size_t i = 0; i < size; i++)
        if (!flx_json_to_double(json_array_get(list, i), &knob->values[i]))
            return flx_json_fail(source, flx_json_item_line(source, list, i), error,
                                 "knob %s: entry %zu of \"values\" is not a number",
                                 knob->name, i);
    qsort(knob->values, size, sizeof *knob->values, compare_numbers);
    for (size_t i = 1; i < size; i++)
        if (knob->values[i] == knob->values[i - 1])
            return flx_json_fail(source, flx_json_key_line(source, object, "values"),
                                 error, "knob %s: %.15g stands twice in \"values\"",
                                 knob->name, knob->values[i]);
    knob->min = knob->values[0];
    knob->max = knob->values[size - 1];
    return FLX_OK;
}

static flx_status parse_labels(const flx_json_source *source, const json_t *object,
                               flx_knob *knob, flx_error *error)
{
    static const char *const useless[] = {"min", "max", NULL};
    json_t *list;
    FLX_TRY(refuse_keys(source, object, knob->name, "a choice has \"values\"", useless,
                        error));
    FLX_TRY(get_list(source, object, knob->name, &list, error));
    size_t size = json_array_size(list);
    knob->labels = calloc(size, sizeof *knob->labels);
    if (!knob->labels)
        return flx_fail(error, FLX_NO_MEMORY, "knob %s: out of memory", knob->name);
    knob->n_values = (int)size;
    for (size_t i = 0; i < size; i++) {
        const char *text;
        FLX_TRY(flx_json_item_text(source, list, i, "a choice", &text, error));
        for (size_t k = 0; k < i; k++)
            if (strcmp(knob->labels[k], text) == 0)
                return flx_json_fail(source, flx_json_item_line(source, list, i), error,
                                     "knob %s: the choice \"%s\" stands twice",
                                     knob->name, text);
        FLX_TRY(flx_copy_text(text, &knob->labels[i], error));
    }
    knob->min = 0;
    knob->max = (double)size - 1;
    return FLX_OK;
}

/* The middle of the range, on the knob's own scale. */
static double middle(const flx_knob *knob)
{
    if (knob->type == FLX_CHOICES)
        return 0;
    if (knob->n_values > 0)
        return knob->values[(knob->n_values - 1) / 2];
    double centre =
        knob->is_log ? sqrt(knob->min) * sqrt(knob->max) : knob->min / 2 + knob->max / 2;
    if (knob->type == FLX_DISCRETE)
        centre = floor(centre);
    return fmin(fmax(centre, knob->min), knob->max);
}

static flx_status parse_default_label(const flx_json_source *source, const json_t *object,
                                      flx_knob *knob, flx_error *error)
{
    const char *text = NULL;
    FLX_TRY(flx_json_get_text(source, object, "default", true, &text, error));
    for (int i = 0; i < knob->n_values; i++)
        if (strcmp(knob->labels[i], text) == 0) {
            knob->fallback = i;
            return FLX_OK;
        }
    return flx_json_fail(source, flx_json_key_line(source, object, "default"), error,
                         "knob %s: the default \"%s\" is none of its choices", knob->name,
                         text);
}

static flx_status parse_default(const flx_json_source *source, const json_t *object,
                                flx_knob *knob, flx_error *error)
{
    knob->fallback = middle(knob);
    if (!json_object_get(object, "default"))
        return FLX_OK;
    if (knob->type == FLX_CHOICES)
        return parse_default_label(source, object, knob, error);
    double value = 0;
    FLX_TRY(flx_json_get_number(source, object, "default", true, &value, error));
    int line = flx_json_key_line(source, object, "default");
    if (value < knob->min || value > knob->max)
        return flx_json_fail(source, line, error,
                             "knob %s: the default %.15g is outside %.15g to %.15g",
                             knob->name, value, knob->min, knob->max);
    bool is_listed = knob->n_values == 0;
    for (int i = 0; i < knob->n_values; i++)
        is_listed |= knob->values[i] == value;
    if (!is_listed)
        return flx_json_fail(source, line, error,
                             "knob %s: the default %.15g is none of its values",
                             knob->name, value);
    if (knob->type == FLX_DISCRETE && knob->n_values == 0 && value != floor(value))
        return flx_json_fail(source, line, error,
                             "knob %s: the default %.15g is not an integer", knob->name,
                             value);
    knob->fallback = value;
    return FLX_OK;
}

static flx_status parse_head(const flx_json_source *source, const json_t *object,
                             flx_knob *knob, flx_error *error)
{
    static const char *const keys[] = {"name", "type",  "min",    "max", "default",
                                       "unit", "scale", "values", NULL};
    static const char *const types[] = {"continuous", "discrete", "choices", NULL};
    static const char *const scales[] = {"linear", "log", NULL};
    FLX_TRY(flx_json_check_keys(source, object, "a knob", keys, error));
    const char *name = NULL, *unit = "";
    int type = 0, scale = 0;
    FLX_TRY(flx_json_get_text(source, object, "name", true, &name, error));
    FLX_TRY(flx_json_check_name(source, flx_json_key_line(source, object, "name"),
                                "a knob", name, false, error));
    FLX_TRY(flx_json_get_text(source, object, "unit", false, &unit, error));
    FLX_TRY(flx_json_get_word(source, object, "type", true, types, &type, error));
    FLX_TRY(flx_json_get_word(source, object, "scale", false, scales, &scale, error));
    knob->type = (flx_knob_type)type;
    knob->is_log = scale == 1;
    FLX_TRY(flx_copy_text(name, &knob->name, error));
    return flx_copy_text(unit, &knob->unit, error);
}

flx_status flx_parse_knob(const flx_json_source *source, const json_t *object,
                          flx_knob *knob, flx_error *error)
{
    FLX_TRY(parse_head(source, object, knob, error));
    if (knob->type == FLX_CHOICES)
        FLX_TRY(parse_labels(source, object, knob, error));
    else if (knob->type == FLX_DISCRETE && json_object_get(object, "values"))
        FLX_TRY(parse_values(source, object, knob, error));
    else
        FLX_TRY(parse_range(source, object, knob, error));
    if (knob->is_log && knob->type == FLX_CHOICES)
        return fail_key(source, object, "scale", error, knob->name,
                        "choices have no logarithmic scale");
    if (knob->is_log && knob->min <= 0)
        return flx_json_fail(source, flx_json_key_line(source, object, "scale"), error,
                             "knob %s: on a log scale the least value must be above 0, "
                             "not %.15g",
                             knob->name, knob->min);
    return parse_default(source, object, knob, error);
}
