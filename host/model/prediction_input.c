/* SPDX-License-Identifier: MIT */
#include "host/model/prediction_input.h"

#include "formats/files.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_hdf5(const char *path)
{
    static const char magic[] = "\x89HDF\r\n\x1a\n";
    char head[8] = {0};
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    size_t length = fread(head, 1, sizeof head, file);
    fclose(file);
    return length == sizeof head && memcmp(head, magic, sizeof head) == 0;
}

static bool is_missing(const char *text)
{
    return !*text || strcmp(text, "NA") == 0 || strcasecmp(text, "nan") == 0;
}

/* What a column is to the deployment: a knob, or (NULL) a state or metric. */
static flx_status find_column(const flx_csv *csv, int column,
                              const flx_deployment *deployment, const flx_knob **knob,
                              flx_column_role *kind, flx_error *error)
{
    flx_column_place place;
    const char *name = csv->names[column];
    if (!flx_column_parse(deployment, name, &place))
        return flx_fail(error, FLX_BAD_INPUT,
                        "%s: column \"%s\" names no service of deployment %s", csv->path,
                        name, deployment->name);
    const flx_service *service = &deployment->services[place.service];
    int at = flx_service_find_knob(service, place.name);
    *knob = at >= 0 ? &service->knobs[at] : NULL;
    *kind = at >= 0                                             ? FLX_KNOB
            : flx_service_find_metric(service, place.name) >= 0 ? FLX_METRIC
                                                                : FLX_STATE;
    return FLX_OK;
}

static flx_status read_cell(const flx_csv *csv, int row, int column, const flx_knob *knob,
                            double *value, flx_error *error)
{
    const char *text = flx_csv_cell(csv, row, column);
    *value = NAN;
    if (is_missing(text))
        return FLX_OK;
    char *end;
    *value = strtod(text, &end);
    if (end != text && !*end && isfinite(*value) &&
        !(knob && knob->n_values && knob->labels))
        return FLX_OK;
    flx_error inner = {0};
    if (knob && knob->type == FLX_CHOICES &&
        flx_knob_parse(knob, text, value, &inner) == FLX_OK)
        return FLX_OK;
    return flx_fail(error, FLX_BAD_INPUT, "%s line %d: column \"%s\" holds \"%s\"%s",
                    csv->path, csv->lines[row], csv->names[column], text,
                    knob && knob->type == FLX_CHOICES ? ", which is none of its choices"
                                                      : ", which is not a number");
}

static flx_status fill_column(const flx_csv *csv, int column,
                              const flx_deployment *deployment, flx_dataset *table,
                              flx_error *error)
{
    const flx_knob *knob = NULL;
    flx_column_role kind = FLX_STATE;
    FLX_TRY(find_column(csv, column, deployment, &knob, &kind, error));
    FLX_TRY(flx_dataset_name_column(table, column, csv->names[column], kind,
                                    knob ? knob->unit : "", error));
    for (int row = 0; row < csv->n_rows; row++)
        FLX_TRY(read_cell(
            csv, row, column, knob,
            &table->values[(size_t)row * (size_t)csv->n_columns + (size_t)column],
            error));
    return FLX_OK;
}

static flx_status read_csv(const char *path, const flx_deployment *deployment,
                           flx_dataset **out, flx_error *error)
{
    flx_csv *csv = NULL;
    flx_dataset *table = NULL;
    FLX_TRY(flx_csv_read(path, NULL, 0, &csv, error));
    flx_status status =
        csv->n_rows > 0
            ? flx_dataset_create(csv->n_rows, csv->n_columns, &table, error)
            : flx_fail(error, FLX_BAD_INPUT, "%s has a header and no rows", path);
    for (int column = 0; column < csv->n_columns && status == FLX_OK; column++)
        status = fill_column(csv, column, deployment, table, error);
    flx_csv_destroy(csv);
    if (status == FLX_OK)
        *out = table;
    else
        flx_dataset_destroy(table);
    return status;
}

flx_status flx_prediction_input_read(const char *path, const flx_model *model,
                                     flx_dataset **out, flx_error *error)
{
    *out = NULL;
    size_t length = strlen(path);
    bool is_named_so = length > 3 && strcmp(path + length - 3, ".h5") == 0;
    if (is_named_so || is_hdf5(path))
        return flx_dataset_read(path, out, error);
    return read_csv(path, model->deployment, out, error);
}
