/* SPDX-License-Identifier: MIT
 * Drawing and reading settings (settings.h). */
#include "experiments/simulator/settings.h"

#include "formats/files.h"
#include "formats/json.h"
#include "formats/memory.h"
#include "kernels/formulas/philox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STREAM_ORDER = 0x4f524445, STREAM_PLACE = 0x504c4143 };

static flx_status create(const flx_testbed *testbed, int count, flx_settings **out,
                         flx_error *error)
{
    *out = NULL;
    flx_settings *settings;
    size_t n_knobs = (size_t)testbed->space->n_knobs;
    if (!FLX_NEW(settings, 1) || !FLX_NEW(settings->values, (size_t)count * n_knobs)) {
        flx_settings_destroy(settings);
        return flx_no_memory(error, "%d settings", count);
    }
    settings->count = count;
    settings->n_knobs = testbed->space->n_knobs;
    for (size_t r = 0; r < (size_t)count; r++)
        flx_search_space_defaults(testbed->space, settings->values + r * n_knobs);
    *out = settings;
    return FLX_OK;
}

void flx_settings_destroy(flx_settings *settings)
{
    if (!settings)
        return;
    free(settings->values);
    free(settings);
}

/* A permutation of 0 .. count - 1 for one dimension (Fisher and Yates). */
static void draw_order(uint64_t key, int dimension, int *order, int count)
{
    for (int i = 0; i < count; i++)
        order[i] = i;
    for (int i = count - 1; i > 0; i--) {
        int j = flx_below(key, STREAM_ORDER, (uint32_t)i, 0, (uint32_t)dimension, i + 1);
        int swap = order[i];
        order[i] = order[j];
        order[j] = swap;
    }
}

static void draw_units(uint64_t key, int count, int n_dimensions, int *order,
                       double *units)
{
    for (int d = 0; d < n_dimensions; d++) {
        draw_order(key, d, order, count);
        for (int r = 0; r < count; r++) {
            double place = flx_uniform(key, STREAM_PLACE, (uint32_t)r, 0, (uint32_t)d);
            units[(size_t)r * (size_t)n_dimensions + (size_t)d] =
                ((double)order[r] + place) / count;
        }
    }
}

/* What the step does not count keeps its default. */
static void fix_uncounted(const flx_testbed *testbed, flx_settings *settings)
{
    const flx_search_space *space = testbed->space;
    for (int k = 0; k < space->n_knobs; k++) {
        int service = testbed->simulated[space->knobs[k].service];
        if (testbed->step->is_counted[service])
            continue;
        for (int r = 0; r < settings->count; r++)
            settings->values[(size_t)r * (size_t)settings->n_knobs + (size_t)k] =
                space->knobs[k].value;
    }
}

flx_status flx_settings_draw(const flx_testbed *testbed, int count, flx_settings **out,
                             flx_error *error)
{
    int n_dimensions = testbed->space->n_dimensions;
    FLX_SCOPED int *order = NULL;
    FLX_SCOPED double *units = NULL;
    *out = NULL;
    if (!FLX_NEW(order, count) || !FLX_NEW(units, (size_t)count * (size_t)n_dimensions))
        return flx_no_memory(error, "%d settings", count);
    FLX_TRY(create(testbed, count, out, error));
    draw_units(testbed->key, count, n_dimensions, order, units);
    for (int r = 0; r < count; r++)
        flx_search_space_decode(testbed->space, units + (size_t)r * (size_t)n_dimensions,
                                (*out)->values + (size_t)r * (size_t)(*out)->n_knobs);
    fix_uncounted(testbed, *out);
    return FLX_OK;
}

flx_status flx_settings_defaults(const flx_testbed *testbed, flx_settings **out,
                                 flx_error *error)
{
    return create(testbed, 1, out, error);
}

/* Index of the knob of that column. `place` says where it was found. */
static flx_status find_knob(const flx_testbed *testbed, const char *column,
                            const char *place, int *out, flx_error *error)
{
    for (int k = 0; k < testbed->space->n_knobs; k++)
        if (strcmp(testbed->space->knobs[k].column, column) == 0) {
            *out = k;
            return FLX_OK;
        }
    return flx_fail(error, FLX_BAD_INPUT, "%s: column '%s' is no knob of '%s'", place,
                    column, testbed->step->deployment);
}

static flx_status read_text(const flx_testbed *testbed, int knob, const char *text,
                            const char *place, double *value, flx_error *error)
{
    flx_error why = {0};
    if (flx_knob_parse(testbed->space->knobs[knob].knob, text, value, &why) == FLX_OK)
        return FLX_OK;
    return flx_fail(error, FLX_BAD_INPUT, "%s: %s: %s", place,
                    testbed->space->knobs[knob].column, why.message);
}

static flx_status fill_from_csv(const flx_testbed *testbed, const flx_csv *csv,
                                flx_settings *settings, flx_error *error)
{
    for (int c = 0; c < csv->n_columns; c++) {
        int knob = 0;
        FLX_TRY(find_knob(testbed, csv->names[c], csv->path, &knob, error));
        for (int r = 0; r < csv->n_rows; r++) {
            char place[512];
            snprintf(place, sizeof place, "%s line %d", csv->path, csv->lines[r]);
            size_t cell = (size_t)r * (size_t)settings->n_knobs + (size_t)knob;
            FLX_TRY(read_text(testbed, knob, flx_csv_cell(csv, r, c), place,
                              &settings->values[cell], error));
        }
    }
    return FLX_OK;
}

static flx_status read_csv(const flx_testbed *testbed, const char *path,
                           flx_settings **out, flx_error *error)
{
    flx_csv *csv = NULL;
    FLX_TRY(flx_csv_read(path, NULL, 0, &csv, error));
    flx_status status =
        csv->n_rows > 0 ? create(testbed, csv->n_rows, out, error)
                        : flx_fail(error, FLX_BAD_INPUT, "'%s' holds no settings", path);
    if (status == FLX_OK)
        status = fill_from_csv(testbed, csv, *out, error);
    flx_csv_destroy(csv);
    return status;
}

/* One object {COLUMN: number or label}. */
static flx_status fill_from_object(const flx_testbed *testbed,
                                   const flx_json_source *source, const json_t *object,
                                   double *values, flx_error *error)
{
    const char *column;
    json_t *node;
    json_object_foreach((json_t *)(uintptr_t)object, column, node) {
        char place[512], text[64];
        snprintf(place, sizeof place, "%s line %d", flx_json_place(source),
                 flx_json_key_line(source, object, column));
        int knob = 0;
        FLX_TRY(find_knob(testbed, column, place, &knob, error));
        double number;
        if (flx_json_to_double(node, &number))
            snprintf(text, sizeof text, "%.17g", number);
        const char *value = json_is_string(node) ? json_string_value(node) : text;
        if (!json_is_string(node) && !json_is_number(node))
            return flx_fail(error, FLX_BAD_INPUT,
                            "%s: the value of '%s' is neither a number nor a label",
                            place, column);
        FLX_TRY(read_text(testbed, knob, value, place, &values[knob], error));
    }
    return FLX_OK;
}

static flx_status fill_from_answer(const flx_testbed *testbed,
                                   const flx_json_source *source, const json_t *best,
                                   const json_t *top, flx_settings *settings,
                                   flx_error *error)
{
    for (int r = 0; r < settings->count; r++) {
        const json_t *owner = r == 0 ? best : json_array_get(top, (size_t)r - 1);
        json_t *object = NULL;
        FLX_TRY(flx_json_get_object(source, owner, "settings", true, &object, error));
        FLX_TRY(fill_from_object(testbed, source, object,
                                 settings->values + (size_t)r * (size_t)settings->n_knobs,
                                 error));
    }
    return FLX_OK;
}

static flx_status read_answer(const flx_testbed *testbed, const char *path,
                              flx_settings **out, flx_error *error)
{
    flx_json_source *source = NULL;
    FLX_TRY(flx_json_source_read(path, &source, error));
    const json_t *root = flx_json_root(source);
    json_t *best = NULL, *top = NULL;
    flx_status status =
        json_is_object(root)
            ? flx_json_get_object(source, root, "best", true, &best, error)
            : flx_json_fail(source, 1, error, "this is no output of 'fluxion tune'");
    if (status == FLX_OK)
        status = flx_json_get_array(source, root, "top", false, &top, error);
    if (status == FLX_OK)
        status = create(testbed, 1 + (int)json_array_size(top), out, error);
    if (status == FLX_OK)
        status = fill_from_answer(testbed, source, best, top, *out, error);
    flx_json_source_destroy(source);
    return status;
}

flx_status flx_settings_read(const flx_testbed *testbed, const char *path,
                             flx_settings **out, flx_error *error)
{
    *out = NULL;
    const char *dot = strrchr(path, '.');
    bool is_json = dot && strcmp(dot, ".json") == 0;
    flx_status status = is_json ? read_answer(testbed, path, out, error)
                                : read_csv(testbed, path, out, error);
    if (status != FLX_OK) {
        flx_settings_destroy(*out);
        *out = NULL;
    }
    return status;
}
