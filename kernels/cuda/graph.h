/* SPDX-License-Identifier: MIT
 * A composed graph on the device; shared by graph.c, which makes it and predicts given
 * settings, and graph_objective.c, which evaluates the candidates of searches. */
#ifndef FLX_CUDA_GRAPH_H
#define FLX_CUDA_GRAPH_H

#include "kernels/cuda/graph/graph_pass.h"
#include "kernels/cuda/predict.h"
#include "kernels/cuda/search.h"

struct flx_resident_graph {
    flx_cuda *cuda;
    const flx_gp_posterior *posterior;
    flx_cuda_graph_pass pass; /* graph, members, evaluations; the rest is a run's own */
    int *level_start;         /* (n_levels + 1) */
    int *level_evaluation;    /* (n_levels + 1) first evaluation of every level */
    int most_evaluations;     /* of a level */
    int most_tiles;           /* of a pass, so that memory suffices */
    void *memory;             /* device: what the pass points into */
};

/* Rows of a pass, and where they lie behind `cursor`: values, means, scratch of the
 * blocks. Fills in what depends on n_tiles; `memory` is where offset 0 lies. */
void flx_cuda_graph_upload(const flx_resident_graph *resident, int n_tiles, void *memory,
                           size_t *cursor, flx_cuda_graph_pass *pass);
/* Launches one pass: 2, and 2 a level. */
flx_status flx_cuda_graph_run(const flx_resident_graph *resident,
                              const flx_cuda_graph_pass *pass, flx_error *error);

/* Tiles of `count` candidates. */
static inline int flx_cuda_graph_tiles(int count)
{
    return (count + FLX_CUDA_TILE - 1) / FLX_CUDA_TILE;
}

/* Predicted means of candidates; `graph` is borrowed. */
flx_cuda_objective flx_cuda_graph_objective(flx_resident_graph *resident);

/* The operations of kernels/backend.h. */
flx_status flx_cuda_graph_create(flx_backend *backend, const flx_gp_posterior *posterior,
                                 const flx_device_graph *graph, flx_resident_graph **out,
                                 flx_error *error);
flx_status flx_cuda_graph_predict(flx_resident_graph *resident, const double *settings,
                                  int count, double *mean, flx_error *error);
flx_status flx_cuda_graph_search(flx_resident_graph *resident,
                                 const flx_population_search *searches, int count,
                                 flx_population **out, flx_error *error);
void flx_cuda_graph_release(flx_resident_graph *resident);
#endif
