/* SPDX-License-Identifier: MIT
 * One knob of a deployment file: a range, a list of values or a list of choices. */
#include "formats/deployment/deployment_parts.h"

#include "formats/memory.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_VALUES = 10000 };

const char *const flx_knob_type_words[] = {[FLX_CONTINUOUS] = "continuous",
                                           [FLX_DISCRETE] = "discrete",
                                           [FLX_CHOICES] = "choices",
                                           NULL};
static const char *const scale_words[] = {"linear", "log", NULL};

/* A setting as it stands in the file. */
static json_t *describe_setting(const flx_knob *knob, double value)
{
    return knob->labels ? json_string(knob->labels[(int)value]) : flx_json_number(value);
}

static json_t *describe_min(const flx_json_written *what)
{
    const flx_knob *knob = what->record;
    return knob->n_values ? json_null() : flx_json_number(knob->min);
}

static json_t *describe_max(const flx_json_written *what)
{
    const flx_knob *knob = what->record;
    return knob->n_values ? json_null() : flx_json_number(knob->max);
}

static json_t *describe_values(const flx_json_written *what)
{
    const flx_knob *knob = what->record;
    json_t *list = knob->n_values ? json_array() : json_null();
    for (int i = 0; i < knob->n_values; i++)
        flx_json_append(&list,
                        describe_setting(knob, knob->labels ? i : knob->values[i]));
    return list;
}

static json_t *describe_default(const flx_json_written *what)
{
    const flx_knob *knob = what->record;
    return describe_setting(knob, knob->default_value);
}

static const flx_json_field rows[] = {
    {"name", FLX_JSON_PLAIN_NAME, FLX_JSON_AT(flx_knob, name), .is_required = true},
    {"type", FLX_JSON_WORD, FLX_JSON_AT(flx_knob, type), .is_required = true,
     .words = flx_knob_type_words},
    {"min", FLX_JSON_PART, .write = describe_min},
    {"max", FLX_JSON_PART, .write = describe_max},
    {"values", FLX_JSON_PART, .write = describe_values},
    {"default", FLX_JSON_PART, .write = describe_default},
    {"unit", FLX_JSON_COPY, FLX_JSON_AT(flx_knob, unit)},
    {"scale", FLX_JSON_WORD, FLX_JSON_AT(flx_knob, is_log), .words = scale_words},
    {.key = NULL}};
const flx_json_schema flx_knob_schema = {"a knob", rows, NULL, 0};

json_t *flx_knob_describe(const flx_knob *knob)
{
    return flx_json_describe(&flx_knob_schema, knob, NULL);
}

#define FAIL(key, ...)                                                                   \
    flx_json_fail(source, flx_json_key_line(source, object, key), error,                 \
                  "knob %s: " __VA_ARGS__)

/* The keys that this type of knob has no use for. */
static flx_status refuse_keys(const flx_json_source *source, const json_t *object,
                              const flx_knob *knob, const char *const keys[2],
                              flx_error *error)
{
    const char *why = knob->type == FLX_CHOICES    ? "a choice has \"values\""
                      : knob->type == FLX_DISCRETE ? "\"values\" gives the range"
                                                   : "a continuous knob has \"min\" and "
                                                     "\"max\"";
    for (int i = 0; i < 2 && keys[i]; i++)
        if (json_object_get(object, keys[i]))
            return FAIL(keys[i], "\"%s\" has no place here, %s", knob->name, keys[i],
                        why);
    return FLX_OK;
}

static flx_status read_range(const flx_json_source *source, const json_t *object,
                             flx_knob *knob, flx_error *error)
{
    if (knob->type == FLX_CONTINUOUS)
        FLX_TRY(
            refuse_keys(source, object, knob, (const char *[]){"values", NULL}, error));
    FLX_TRY(flx_json_get_number(source, object, "min", true, &knob->min, error));
    FLX_TRY(flx_json_get_number(source, object, "max", true, &knob->max, error));
    if (knob->min > knob->max)
        return FAIL("min", "min %.15g is above max %.15g", knob->name, knob->min,
                    knob->max);
    bool is_whole = knob->min == floor(knob->min) && knob->max == floor(knob->max);
    if (knob->type == FLX_DISCRETE && !is_whole)
        return FAIL("min",
                    "min and max of a discrete knob must be integers (or give "
                    "\"values\")",
                    knob->name);
    return FLX_OK;
}

static int compare_numbers(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* A discrete knob's list, sorted. */
static flx_status read_numbers(flx_json_list *list, const json_t *object, flx_knob *knob,
                               flx_error *error)
{
    const flx_json_source *source = list->source;
    if (!FLX_NEW(knob->values, list->size))
        return flx_no_memory(error, "the values of knob %s", knob->name);
    while (flx_json_next(list))
        if (!flx_json_to_double(list->item, &knob->values[knob->n_values++]))
            return flx_json_fail(source, flx_json_list_line(list), error,
                                 "knob %s: entry %zu of \"values\" is not a number",
                                 knob->name, list->index);
    qsort(knob->values, list->size, sizeof *knob->values, compare_numbers);
    for (int i = 1; i < knob->n_values; i++)
        if (knob->values[i] == knob->values[i - 1])
            return FAIL("values", "%.15g stands twice in \"values\"", knob->name,
                        knob->values[i]);
    knob->min = knob->values[0];
    knob->max = knob->values[knob->n_values - 1];
    return FLX_OK;
}

static flx_status read_labels(flx_json_list *list, flx_knob *knob, flx_error *error)
{
    const char *text;
    if (!FLX_NEW(knob->labels, list->size))
        return flx_no_memory(error, "the choices of knob %s", knob->name);
    while (flx_json_next(list)) {
        FLX_TRY(flx_json_list_text(list, "a choice", &text, error));
        if (flx_knob_find_label(knob, text) >= 0)
            return flx_json_fail(list->source, flx_json_list_line(list), error,
                                 "knob %s: the choice \"%s\" stands twice", knob->name,
                                 text);
        FLX_TRY(flx_copy_text(text, &knob->labels[knob->n_values++], error));
    }
    knob->max = knob->n_values - 1;
    return FLX_OK;
}

static flx_status read_values(const flx_json_source *source, const json_t *object,
                              flx_knob *knob, flx_error *error)
{
    flx_json_list list;
    FLX_TRY(refuse_keys(source, object, knob, (const char *[]){"min", "max"}, error));
    FLX_TRY(flx_json_require(source, object, "values", error));
    FLX_TRY(flx_json_open_list(source, object, "values", 0, INT_MAX, &list, error));
    if (list.size == 0 || list.size > MAX_VALUES)
        return FAIL("values", "\"values\" holds %zu entries, expected 1 to %d",
                    knob->name, list.size, MAX_VALUES);
    return knob->type == FLX_CHOICES ? read_labels(&list, knob, error)
                                     : read_numbers(&list, object, knob, error);
}

/* The middle of the range, on the knob's own scale. */
static double middle(const flx_knob *knob)
{
    if (knob->n_values > 0)
        return knob->values[(knob->n_values - 1) / 2];
    double centre =
        knob->is_log ? sqrt(knob->min) * sqrt(knob->max) : knob->min / 2 + knob->max / 2;
    if (knob->type == FLX_DISCRETE)
        centre = floor(centre);
    return fmin(fmax(centre, knob->min), knob->max);
}

static flx_status read_default_label(const flx_json_source *source, const json_t *object,
                                     flx_knob *knob, flx_error *error)
{
    const char *text = knob->labels[0];
    FLX_TRY(flx_json_get_text(source, object, "default", false, &text, error));
    int label = flx_knob_find_label(knob, text);
    if (label < 0)
        return FAIL("default", "the default \"%s\" is none of its choices", knob->name,
                    text);
    knob->default_value = label;
    return FLX_OK;
}

static flx_status read_default(const flx_json_source *source, const json_t *object,
                               flx_knob *knob, flx_error *error)
{
    if (knob->type == FLX_CHOICES)
        return read_default_label(source, object, knob, error);
    double value = middle(knob);
    FLX_TRY(flx_json_get_number(source, object, "default", false, &value, error));
    if (value < knob->min || value > knob->max)
        return FAIL("default", "the default %.15g is outside %.15g to %.15g", knob->name,
                    value, knob->min, knob->max);
    if (!flx_knob_lists(knob, value))
        return FAIL("default", "the default %.15g is none of its values", knob->name,
                    value);
    if (knob->type == FLX_DISCRETE && knob->n_values == 0 && value != floor(value))
        return FAIL("default", "the default %.15g is not an integer", knob->name, value);
    knob->default_value = value;
    return FLX_OK;
}

flx_status flx_knob_finish(const flx_json_source *source, const json_t *object,
                           flx_knob *knob, flx_error *error)
{
    bool is_listed = knob->type == FLX_CHOICES ||
                     (knob->type == FLX_DISCRETE && json_object_get(object, "values"));
    FLX_TRY(is_listed ? read_values(source, object, knob, error)
                      : read_range(source, object, knob, error));
    if (knob->is_log && knob->type == FLX_CHOICES)
        return FAIL("scale", "choices have no logarithmic scale", knob->name);
    if (knob->is_log && knob->min <= 0)
        return FAIL("scale", "on a log scale the least value must be above 0, not %.15g",
                    knob->name, knob->min);
    return read_default(source, object, knob, error);
}
