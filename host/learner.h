/* SPDX-License-Identifier: MIT
 * One ensemble of trees taught on some rows of a history, and how it answers: with the
 * target, or with one probability a bucket. */
#ifndef FLX_LEARNER_H
#define FLX_LEARNER_H

#include "host/history.h"
#include "host/trees.h"

typedef struct {
    flx_trees *trees;    /* NULL: not taught */
    double y_mean, y_sd; /* numbers: of the (log) target */
    int rows;            /* it was taught */
    double seconds;      /* of one core, that teaching took */
} flx_learner;

/* rows (count) are indices into the history. Taught by one thread; several learners may
 * be taught at once. */
flx_status flx_learner_teach(const flx_history *history, const int *rows, int count,
                             flx_predictor_kind kind, uint64_t seed, flx_learner *out,
                             flx_error *error);
void flx_learner_clear(flx_learner *learner);

/* answers (count, width); numbers in the unit of the target. */
flx_status flx_learner_answer(const flx_learner *learner, const flx_history *history,
                              const int *rows, int count, double *answers,
                              flx_error *error);
#endif
