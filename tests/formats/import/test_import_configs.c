/* SPDX-License-Identifier: MIT
 * The import maps and deployments in configs/: each map reads the measured file it is
 * for, and every column it makes is one that its deployment knows. The data itself is not
 * part of the project: where it is absent, the tests are skipped. */
#include "formats/deployment/deployment.h"
#include "formats/import/import.h"

#include "tests/close.h"
#include "tests/skip.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *data_path(const char *name)
{
    static char paths[4][512];
    static int next;
    char *path = paths[next++ % 4];
    const char *folder = getenv("FLUXION_DATA");
    if (!folder)
        folder = FLX_SOURCE_DIR "/../shared/data";
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static const char *config_path(const char *name)
{
    static char paths[4][512];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/configs/%s", FLX_SOURCE_DIR, name);
    return path;
}

/* NULL, and the test is skipped, where the data is absent. `second` may be NULL. */
static flx_dataset *import_measured(const char *map_name, const char *first,
                                    const char *second)
{
    const char *paths[2] = {data_path(first), second ? data_path(second) : NULL};
    flx_import_request request = {second ? 2 : 1, paths, 0, NULL};
    flx_import_map *map = NULL;
    flx_dataset *dataset = NULL;
    flx_error error = {0};
    if (access(paths[0], R_OK) != 0) {
        skip_test("%s is not here", paths[0]);
        return NULL;
    }
    flx_status status = flx_import_map_read(config_path(map_name), &map, &error);
    if (status == FLX_OK)
        status = flx_import(map, &request, &dataset, NULL, &error);
    assert_text(error.message, "");
    assert_int(status, FLX_OK);
    flx_import_map_destroy(map);
    return dataset;
}

static bool is_state(const flx_service *service, const flx_column_place *place)
{
    for (int s = 0; s < service->n_states; s++)
        if (strcmp(service->states[s].name, place->name) == 0 &&
            strcmp(service->states[s].operation, place->operation) == 0)
            return true;
    return false;
}

static bool is_known(const flx_deployment *deployment, const flx_column *column)
{
    flx_column_place place;
    if (!flx_column_parse(deployment, column->name, &place))
        return false;
    const flx_service *service = &deployment->services[place.service];
    switch (column->kind) {
    case FLX_KNOB:
        return flx_service_find_knob(service, place.name) >= 0;
    case FLX_STATE:
        return is_state(service, &place);
    default:
        return flx_service_find_metric(service, place.name) >= 0;
    }
}

/* Knobs are within their ranges, unless the columns are standardized. */
static void check_range(const flx_deployment *deployment, const flx_dataset *dataset,
                        int c)
{
    flx_column_place place;
    if (!flx_column_parse(deployment, dataset->columns[c].name, &place))
        return;
    const flx_service *service = &deployment->services[place.service];
    const flx_knob *knob = &service->knobs[flx_service_find_knob(service, place.name)];
    int outside = 0;
    for (int r = 0; r < dataset->rows; r++) {
        double value =
            dataset->values[(size_t)r * (size_t)dataset->n_columns + (size_t)c];
        outside += value < knob->min || value > knob->max;
    }
    if (outside)
        printf("%s: %d of %d values outside %g..%g\n", dataset->columns[c].name, outside,
               dataset->rows, knob->min, knob->max);
    assert_int(outside, 0);
}

typedef struct {
    const char *map, *deployment, *first, *second;
    int rows, knobs, states, metrics;
    bool has_ranges; /* real settings, not made-up or standardized ones */
} import_case;

static const import_case cases[] = {
    {"boutique/import.json", "boutique/deployment.json", "boutique/single_500.csv", NULL,
     500, 51, 12, 60, true},
    {"boutique/import.json", "boutique/deployment.json", "boutique/shift_data_1.csv",
     "boutique/shift_data_4.csv", 100, 51, 12, 60, true},
    {"boutique/import_zscored.json", "boutique/deployment.json",
     "boutique/sample_zscored.csv", NULL, 3, 51, 12, 12, false},
    {"boutique/import.json", "boutique/deployment.json", "boutique/sample_zscored.csv",
     NULL, 3, 51, 12, 12, false},
    {"boutique/import_2checkout.json", "boutique/2checkout.json",
     "boutique/sample_2checkout.csv", NULL, 3, 51, 13, 1, false},
    {"boutique/import.json", "boutique/2checkout.json", "boutique/sample_2checkout.csv",
     NULL, 3, 51, 13, 1, false},
    {"petshop/import.json", "petshop/deployment.json", "petshop/petshop_long.csv", NULL,
     589, 0, 39, 234, true},
    {"petshop/import_issues.json", "petshop/deployment.json", "petshop/petshop_long.csv",
     NULL, 170, 0, 44, 264, true},
    {"rocksdb/import.json", "rocksdb/deployment.json",
     "rocksdb/fillrandom92__fillrandom92.csv", NULL, 450, 4, 0, 110, true},
    {"rocksdb/import.json", "rocksdb/deployment.json",
     "rocksdb/fillrandom192__fillrandom192.csv", NULL, 450, 4, 0, 108, true},
    {"rocksdb/import.json", "rocksdb/deployment.json",
     "rocksdb/readrandomwriterandom92__readrandomwriterandom92.csv", NULL, 450, 4, 0, 135,
     true},
    {"rocksdb/import_pair.json", "rocksdb/pair.json",
     "rocksdb/fillrandom92_fillrandom192__fillrandom92.csv",
     "rocksdb/fillrandom92_fillrandom192__fillrandom192.csv", 450, 8, 0, 218, true},
    {"rocksdb/import_twins.json", "rocksdb/twins.json",
     "rocksdb/fillrandom92_fillrandom92__fillrandom92a.csv",
     "rocksdb/fillrandom92_fillrandom92__fillrandom92b.csv", 450, 8, 0, 220, true},
    {"config_perf/SS-C_import.json", "config_perf/SS-C.json", "config_perf/SS-C.csv",
     NULL, 1512, 3, 0, 2, true},
    {"config_perf/SS-E_import.json", "config_perf/SS-E.json", "config_perf/SS-E.csv",
     NULL, 756, 3, 0, 2, true},
    {"config_perf/SS-O_import.json", "config_perf/SS-O.json", "config_perf/SS-O.csv",
     NULL, 972, 10, 0, 2, true},
    {"config_perf/SS-V_import.json", "config_perf/SS-V.json", "config_perf/SS-V.csv",
     NULL, 6840, 16, 0, 2, true},
    {"config_perf/storm_import.json", "config_perf/storm.json", "config_perf/storm.csv",
     NULL, 1557, 12, 0, 1, true},
    {"config_perf/PostgreSQL_import.json", "config_perf/PostgreSQL.json",
     "config_perf/PostgreSQL.csv", NULL, 19008, 8, 0, 1, true},
    {"azure_vm_noise/import.json", "azure_vm_noise/deployment.json",
     "azure_vm_noise/long_lived_B8ms.csv", NULL, 18368, 0, 20, 7, true},
    {"azure_v1_arrivals/import.json", "azure_v1_arrivals/deployment.json",
     "azure_v1_arrivals/vm_arrivals_lifetimes.csv.gz", NULL, 482928, 0, 6, 3, true},
};

static void check_columns(const flx_deployment *deployment, const flx_dataset *dataset,
                          const import_case *expected)
{
    int counts[3] = {0, 0, 0};
    for (int c = 0; c < dataset->n_columns; c++) {
        const flx_column *column = &dataset->columns[c];
        bool known = is_known(deployment, column);
        if (!known)
            printf("%s: %s is not in %s\n", expected->map, column->name,
                   expected->deployment);
        assert_true(known);
        counts[column->kind]++;
        if (known && column->kind == FLX_KNOB && expected->has_ranges)
            check_range(deployment, dataset, c);
    }
    assert_int(dataset->rows, expected->rows);
    assert_int(counts[FLX_KNOB], expected->knobs);
    assert_int(counts[FLX_STATE], expected->states);
    assert_int(counts[FLX_METRIC], expected->metrics);
}

static void maps_agree_with_deployments(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const import_case *one = &cases[i];
        flx_error error = {0};
        flx_deployment *deployment = NULL;
        assert_int(flx_deployment_read(config_path(one->deployment), &deployment, &error),
                   FLX_OK);
        assert_text(error.message, "");
        flx_dataset *dataset = import_measured(one->map, one->first, one->second);
        if (deployment && dataset)
            check_columns(deployment, dataset, one);
        flx_dataset_destroy(dataset);
        flx_deployment_destroy(deployment);
    }
}

/* The repeats of one setting stand in consecutive lines. */
static void rocksdb_repeats_are_groups(void)
{
    flx_dataset *d = import_measured("rocksdb/import.json",
                                     "rocksdb/fillrandom92__fillrandom92.csv", NULL);
    if (!d)
        return;
    int column = flx_dataset_find(d, "db:write_buffer_size");
    for (int r = 0; r < d->rows; r++) {
        assert_int((long)d->group[r], r / 3);
        const double *values = d->values + column;
        assert_close(values[r * d->n_columns], values[r / 3 * 3 * d->n_columns], 0, 0);
    }
    flx_dataset_destroy(d);
}

/* Counted by hand in the file: the first time stamp of PetSite, 705 requests in 300 s. */
static void petshop_rows_are_time_stamps(void)
{
    flx_dataset *d =
        import_measured("petshop/import.json", "petshop/petshop_long.csv", NULL);
    if (!d)
        return;
    for (int r = 1; r < d->rows; r++)
        assert_true(d->time[r] > d->time[r - 1]);
    assert_int((long)d->time[0], 1693922400);
    assert_close(d->values[flx_dataset_find(d, "PetSite:rps")], 2.35, 1e-12, 0);
    assert_close(d->values[flx_dataset_find(d, "PetSite:p90")], 0.2883731, 1e-12, 0);
    flx_dataset_destroy(d);
}

static void issues_keep_their_episodes(void)
{
    flx_dataset *d =
        import_measured("petshop/import_issues.json", "petshop/petshop_long.csv", NULL);
    if (!d)
        return;
    int sizes[34] = {0};
    for (int r = 0; r < d->rows; r++)
        if (d->group[r] >= 0 && d->group[r] < 34)
            sizes[d->group[r]]++;
    for (int g = 0; g < 34; g++)
        assert_int(sizes[g], 5);
    flx_dataset_destroy(d);
}

CU_TestInfo import_configs_tests[] = {
    {"maps agree with deployments", maps_agree_with_deployments},
    {"rocksdb repeats are groups", rocksdb_repeats_are_groups},
    {"petshop rows are time stamps", petshop_rows_are_time_stamps},
    {"issues keep their episodes", issues_keep_their_episodes},
    CU_TEST_INFO_NULL,
};
