/* SPDX-License-Identifier: MIT */
#include "host/regression/row_predictor.h"

#include "formats/memory.h"

#include <stdlib.h>

enum { BLOCK_ROWS = 256 }; /* that a thread takes at a time */

typedef struct {
    const flx_predictor *predictor;
    void *loaded;
} model;

typedef struct {
    const flx_row_predictor *kind;
    int threads, count;
    model models[];
} model_set;

void flx_row_predictor_release(void *prepared)
{
    model_set *set = prepared;
    for (int i = 0; set && i < set->count; i++)
        set->kind->unload(set->models[i].loaded);
    free(set);
}

flx_status flx_row_predictor_prepare(const flx_row_predictor *kind, flx_backend *backend,
                                     const flx_query_target *targets, int count,
                                     void **prepared, flx_error *error)
{
    model_set *set = calloc(1, sizeof *set + (size_t)count * sizeof set->models[0]);
    *prepared = NULL;
    if (!set)
        return flx_no_memory(error, "%d models", count);
    *set = (model_set){.kind = kind, .threads = backend->threads, .count = count};
    for (int i = 0; i < count; i++) {
        flx_error own = {0};
        set->models[i].predictor = targets[i].predictor;
        flx_status status =
            kind->load(targets[i].predictor, &set->models[i].loaded, &own);
        if (status == FLX_OK)
            continue;
        flx_row_predictor_release(set);
        return flx_fail(error, status, "%s: %s", targets[i].name, own.message);
    }
    *prepared = set;
    return FLX_OK;
}

/* Rows first .. first + m - 1 of a query. */
static flx_status predict_block(const model_set *set, const flx_query *query, int first,
                                flx_error *error)
{
    const model *member = &set->models[query->member];
    const flx_predictor *p = member->predictor;
    int m = query->m - first < BLOCK_ROWS ? query->m - first : BLOCK_ROWS;
    size_t at = (size_t)first;
    for (size_t i = at; query->variance && i < at + (size_t)m; i++)
        query->variance[i] = p->variance / (p->y_sd * p->y_sd);
    return set->kind->predict(
        p, member->loaded, query->queries + at * (size_t)p->n_features, m,
        query->mean + at,
        query->n_slopes ? query->slopes + at * (size_t)query->n_slopes : NULL, error);
}

static flx_status predict_query(const model_set *set, const flx_query *query,
                                flx_error *error)
{
    int blocks = (query->m + BLOCK_ROWS - 1) / BLOCK_ROWS, threads = set->threads;
    flx_status status = FLX_OK;
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads) if (blocks > 1)
    for (int b = 0; b < blocks; b++) {
        flx_error own = {0};
        flx_status ended = predict_block(set, query, b * BLOCK_ROWS, &own);
        if (ended != FLX_OK) {
#pragma omp critical(flx_row_predictor)
            status = flx_fail(error, ended, "%s", own.message);
        }
    }
    return status;
}

flx_status flx_row_predictor_predict(const void *prepared, flx_query *queries, int count,
                                     flx_error *error)
{
    for (int i = 0; i < count; i++)
        FLX_TRY(predict_query(prepared, &queries[i], error));
    return FLX_OK;
}
