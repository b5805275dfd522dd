/* SPDX-License-Identifier: MIT
 * The ensemble by hand: weights, far rows, widths of intervals. */
#include "host/engine/ensemble_refit.h"
#include "host/engine/graph_engine.h"
#include "host/model/target_predictor.h"
#include "host/training/ensemble_training.h"
#include "host/training/ensemble_weights.h"
#include "tests/close.h"
#include "tests/formats/telemetry/stored.h"
#include "tests/host/training/two_services.h"

#include <CUnit/CUnit.h>
#include <CUnit/TestDB.h>

#include <math.h>
#include <stdlib.h>

/* Two composed members and two others, within 0 to 100. */
static flx_ensemble *by_hand(flx_member members[4], double *scores, int n_scores)
{
    static flx_ensemble ensemble;
    static const double weights[4] = {0.4, 0.1, 0.3, 0.2};
    for (int k = 0; k < 4; k++)
        members[k] = (flx_member){.is_composed = k < 2, .weight = weights[k]};
    ensemble = (flx_ensemble){.n_members = 4,
                              .members = members,
                              .low = 0,
                              .high = 100,
                              .margin = 0.5,
                              .n_scores = n_scores,
                              .scores = scores};
    return &ensemble;
}

static void predictions_are_weighted_within_the_range(void)
{
    flx_member members[4];
    const flx_ensemble *ensemble = by_hand(members, NULL, 0);
    double disagreement;
    /* -5 counts as 0 and 300 as 100: .4*10 + .1*0 + .3*20 + .2*100 = 30. */
    double blend =
        flx_ensemble_blend(ensemble, (double[]){10, -5, 20, 300}, false, &disagreement);
    assert_close(blend, 30, 1e-14, 0);
    /* Mean 32.5; squares 506.25 + 1056.25 + 156.25 + 4556.25 over 4. */
    assert_close(disagreement, sqrt(6275.0 / 4), 1e-14, 0);
}

static void far_rows_give_each_family_half(void)
{
    flx_member members[4];
    flx_ensemble *ensemble = by_hand(members, NULL, 0);
    double disagreement, predictions[] = {10, 20, 30, 40};
    /* .5 (.8*10 + .2*20) + .5 (.6*30 + .4*40) = 6 + 17. */
    assert_close(flx_ensemble_blend(ensemble, predictions, true, &disagreement), 23,
                 1e-14, 0);
    /* A family without weight shares its half equally. */
    members[2].weight = members[3].weight = 0;
    assert_close(flx_ensemble_blend(ensemble, predictions, true, &disagreement),
                 6 + 0.5 * 35, 1e-14, 0);
    /* One family alone has all of it. */
    ensemble->n_members = 2;
    assert_close(flx_ensemble_blend(ensemble, predictions, true, &disagreement), 12,
                 1e-14, 0);
}

static void widths_are_conformal_ranks(void)
{
    flx_member members[4];
    double scores[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    const flx_ensemble *ensemble = by_hand(members, scores, 9);
    /* Rank ceil(.5 * 10) = 5, of .9 the ninth, beyond that the last. */
    assert_close(flx_ensemble_width(ensemble, 1.5, 0.5), 5 * 2.0, 1e-14, 0);
    assert_close(flx_ensemble_width(ensemble, 1.5, 0.9), 9 * 2.0, 1e-14, 0);
    assert_close(flx_ensemble_width(ensemble, 1.5, 0.99), 9 * 2.0, 1e-14, 0);
}

/* Four rows, of which the first member knows all and the second errs by 2. */
static void a_perfect_member_takes_all_but_what_equality_pulls(void)
{
    enum { N = 4 };
    flx_member members[4];
    flx_ensemble *ensemble = by_hand(members, NULL, 0);
    ensemble->n_members = 2;
    const double y[N] = {1, 3, 5, 7};
    const double predicted[2 * N] = {1, 3, 3, 5, 5, 7, 7, 9};
    flx_backend *backend = two_services_backend(1);
    flx_error error = {0};
    assert_int(flx_ensemble_weigh(ensemble, predicted, y, N, backend, &error), FLX_OK);
    assert_close(members[0].fold_mae, 0, 0, 0);
    assert_close(members[1].fold_mae, 2, 1e-14, 0);
    /* w1 = (1, 1/inf -> 0); w2: an error of 2 outweighs the pull of .02 sd: (1, 0). */
    assert_close(members[0].weight, 1, 1e-9, 0);
    assert_close(members[1].weight, 0, 0, 1e-9);
    assert_int(ensemble->n_scores, N);
    free(ensemble->scores);
    flx_backend_close(backend);
}

static void pseudo_rows_speak_for_the_first_member(void)
{
    enum { N = 2 };
    flx_member members[4];
    flx_ensemble *ensemble = by_hand(members, NULL, 0);
    ensemble->n_members = 2;
    /* Both err by 1, on opposite sides: equal weights are exact, and w = 1/2 each before
     * the ten pseudo-rows: (2 * .5 + 10) / 12. */
    const double y[N] = {1, 3}, predicted[2 * N] = {0, 2, 2, 4};
    flx_backend *backend = two_services_backend(1);
    flx_error error = {0};
    assert_int(flx_ensemble_weigh(ensemble, predicted, y, N, backend, &error), FLX_OK);
    assert_close(members[0].weight, 11.0 / 12, 1e-6, 0);
    assert_close(members[1].weight, 1.0 / 12, 1e-6, 0);
    free(ensemble->scores);
    flx_backend_close(backend);
}

CU_TestInfo ensemble_tests[] = {
    {"predictions are weighted within the range",
     predictions_are_weighted_within_the_range},
    {"far rows give each family half", far_rows_give_each_family_half},
    {"widths are conformal ranks", widths_are_conformal_ranks},
    {"a perfect member takes all but what equality pulls",
     a_perfect_member_takes_all_but_what_equality_pulls},
    {"pseudo-rows speak for the first member", pseudo_rows_speak_for_the_first_member},
    CU_TEST_INFO_NULL,
};
