/* SPDX-License-Identifier: MIT
 * Trained models compiled for a device: vertices, columns and ensembles. */
#include "host/tuning/compiled_graph.h"

#include "tests/close.h"
#include "tests/host/training/two_services.h"
#include "tests/host/tuning/compiled.h"

#include <CUnit/CUnit.h>
#include <math.h>

static void replicas_with_rates_are_compiled(void)
{
    flx_dataset *table = two_services_rows(30, 3, 1);
    flx_model *model = train_two(3, "none", table, FLX_COMPOSED, false);
    compare_compiled(model, NULL, NULL);
    compare_compiled(model, "db/1:rps=35", NULL);
    compare_compiled(model, "db:rps=0", NULL); /* no rates: instances count alike */
    flx_model_destroy(model);
    model = train_two(3, "log", table, FLX_COMPOSED, false);
    compare_compiled(model, "web:a=0.25", NULL);
    flx_model_destroy(model);
    flx_dataset_destroy(table);
}

/* Cells are missing in training, and the profile has no column of any state but one. */
static void missing_states_are_compiled(void)
{
    flx_dataset *table = two_services_rows(40, 2, 1), *profile = NULL;
    flx_error error = {0};
    for (int r = 0; r < table->rows; r += 5) {
        *two_services_cell(table, r, "db/0:rps") = NAN;
        *two_services_cell(table, r + 1, "web:rps") = NAN;
    }
    flx_model *model = train_two(2, "none", table, FLX_COMPOSED, false);
    compare_compiled(model, NULL, NULL);
    assert_int(flx_dataset_create(1, 1, &profile, &error), FLX_OK);
    flx_dataset_name_column(profile, 0, "db/1:rps", FLX_STATE, "", &error);
    profile->values[0] = 30;
    compare_compiled(model, NULL, profile);
    flx_dataset_destroy(profile);
    flx_model_destroy(model);
    flx_dataset_destroy(table);
}

/* Near the training rows, and far from them. */
static void ensembles_are_compiled(void)
{
    flx_dataset *table = two_services_rows(24, 1, 1);
    flx_model *model = train_two(1, "none", table, FLX_COMPOSED, true);
    flx_ensemble *ensemble = model->ensemble;
    assert_true(ensemble && ensemble->n_members == FLX_ENSEMBLE_TRAINED);
    compare_compiled(model, NULL, NULL);
    compare_compiled(model, "db:rps=500", NULL);
    ensemble->high = 23; /* of a target between 20 and 28 */
    compare_compiled(model, NULL, NULL);
    flx_model_destroy(model);
    flx_dataset_destroy(table);
}

CU_TestInfo compiled_graph_tests[] = {
    {"replicas with rates are compiled", replicas_with_rates_are_compiled},
    {"missing states are compiled", missing_states_are_compiled},
    {"ensembles are compiled", ensembles_are_compiled},
    CU_TEST_INFO_NULL,
};
