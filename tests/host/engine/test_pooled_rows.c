/* SPDX-License-Identifier: MIT
 * Rows from before and after a change as one table: values by hand, rows that are left
 * out, groups. */
#include "host/engine/pooled_rows.h"

#include "host/model/ensemble.h"
#include "tests/close.h"
#include "tests/host/engine/skeletons.h"
#include "tests/host/training/two_services.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdlib.h>

enum { BEFORE = 3, AFTER = 4 };

/* Trained on one instance of db, scaled to two since; a pretended ensemble remembers. */
static flx_model *make_scaled(void)
{
    flx_model *model = skeleton_of(two_services(2, "none"), NULL, 0);
    model->rows = two_services_rows(BEFORE, 1, 1);
    model->ensemble = calloc(1, sizeof *model->ensemble);
    model->ensemble->replicas = flx_ensemble_count_replicas(model->deployment);
    model->ensemble->replicas[1] = 1;
    return model;
}

static void both_tables_are_read_as_one_instance(void)
{
    flx_model *model = make_scaled();
    flx_dataset *after = two_services_rows(AFTER, 2, 2);
    flx_pooled_rows pooled;
    flx_error error = {0};
    *two_services_cell(after, 1, "web:p90") = (double)NAN; /* left out */
    assert_int(flx_pooled_rows_open(model, after, &pooled, &error), FLX_OK);
    flx_dataset *stacked = pooled.stacked;
    assert_int(stacked->rows, BEFORE + AFTER - 1);
    assert_int(pooled.n_fresh, AFTER - 1);
    assert_true(stacked->group == NULL);
    for (int r = 0; r < stacked->rows; r++)
        assert_close(*two_services_cell(stacked, r, "deployment:changed"), r >= BEFORE, 0,
                     0);
    /* db's rate is that of the first instance, before and after. */
    assert_close(*two_services_cell(stacked, 0, "db/0:rps"),
                 *two_services_cell(model->rows, 0, "db:rps"), 0, 0);
    assert_close(*two_services_cell(stacked, BEFORE, "db/0:rps"),
                 *two_services_cell(after, 0, "db/0:rps"), 0, 0);
    assert_close(*two_services_cell(stacked, BEFORE + 1, "web:p90"),
                 *two_services_cell(after, 2, "web:p90"), 0, 0);
    flx_pooled_rows_close(&pooled);
    flx_dataset_destroy(after);
    flx_model_destroy(model);
}

static void groups_of_the_new_rows_are_kept(void)
{
    flx_model *model = make_scaled();
    flx_dataset *after = two_services_rows(AFTER, 2, 2);
    flx_pooled_rows pooled;
    flx_error error = {0};
    after->group = malloc(AFTER * sizeof *after->group);
    for (int r = 0; r < AFTER; r++)
        after->group[r] = 70 + r / 2;
    *two_services_cell(after, 0, "web:p90") = (double)NAN;
    assert_int(flx_pooled_rows_open(model, after, &pooled, &error), FLX_OK);
    assert_int(pooled.stacked->group[BEFORE], 70);
    assert_int(pooled.stacked->group[BEFORE + 1], 71);
    assert_int(pooled.stacked->group[BEFORE + 2], 71);
    flx_pooled_rows_close(&pooled);
    flx_dataset_destroy(after);
    flx_model_destroy(model);
}

CU_TestInfo pooled_rows_tests[] = {
    {"both tables are read as one instance", both_tables_are_read_as_one_instance},
    {"groups of the new rows are kept", groups_of_the_new_rows_are_kept},
    CU_TEST_INFO_NULL,
};
