/* SPDX-License-Identifier: MIT */
#include "tests/formats/import/imported.h"

#include "tests/close.h"
#include "tests/scratch.h"

#include <CUnit/CUnit.h>

flx_status import_files(const char *map_text, const char *const *texts, const char *where,
                        flx_dataset **out, flx_error *error)
{
    static const char *const names[] = {"a.csv", "b.csv", "c.csv"};
    const char *paths[3];
    int count = 0;
    for (; texts[count]; count++)
        paths[count] = scratch_write(names[count], texts[count]);
    flx_import_request request = {count, paths, where ? 1 : 0, &where};
    flx_import_map *map = NULL;
    *out = NULL;
    FLX_TRY(flx_import_map_parse(map_text, "map", &map, error));
    flx_status status = flx_import(map, &request, out, NULL, error);
    flx_import_map_destroy(map);
    return status;
}

flx_dataset *import_one(const char *map_text, const char *text)
{
    flx_error error = {0};
    flx_dataset *dataset = NULL;
    const char *const texts[] = {text, NULL};
    assert_int(import_files(map_text, texts, NULL, &dataset, &error), FLX_OK);
    assert_text(error.message, "");
    if (!dataset)
        CU_FAIL_FATAL("the import failed");
    return dataset;
}

double imported_value(const flx_dataset *dataset, int row, const char *name)
{
    int column = flx_dataset_find(dataset, name);
    assert_true(column >= 0);
    return column < 0 ? -12345.0 : dataset->values[row * dataset->n_columns + column];
}

void assert_import_refused(const char *map_text, const char *a, const char *b,
                           const char *part)
{
    flx_error error = {0};
    flx_dataset *dataset = NULL;
    const char *const texts[] = {a, b, NULL};
    assert_int(import_files(map_text, texts, NULL, &dataset, &error), FLX_BAD_INPUT);
    assert_true(dataset == NULL);
    assert_contains(error.message, part);
}
