/* SPDX-License-Identifier: MIT
 * A composed graph's candidates on their way through it, as the kernels see them. Every
 * pointer is the device's. Candidates stand in tiles of FLX_CUDA_TILE, a lane each; a row
 * of numbers over all tiles of a pass has `width` of them. */
#ifndef FLX_CUDA_GRAPH_PASS_H
#define FLX_CUDA_GRAPH_PASS_H

#include "kernels/cuda/predict/launches.h"
#include "kernels/device_graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Candidates first .. first + count - 1 of a list. */
typedef struct {
    const double
        *rows; /* (count, row): dimensions of the unit cube, or values of columns */
    int row, is_settings;
    int first, count;
    const int *live; /* candidates of the list that count now; NULL: all */
    double *values;  /* (count) out */
} flx_cuda_graph_tile;

/* A model that a block evaluates for a tile: a Gaussian process, or trees. */
typedef struct {
    int vertex, model;
} flx_cuda_graph_evaluation;

typedef struct {
    flx_device_graph graph;
    const flx_cuda_conditioned *members;
    const flx_cuda_graph_evaluation *evaluations; /* level by level */
    const int *first_evaluation; /* (n_vertices) the first of a vertex in its level */
    const flx_cuda_graph_tile *tiles;
    int n_tiles, blocks; /* blocks: that have scratch */
    size_t width;        /* FLX_CUDA_TILE * n_tiles of the largest pass */
    double *values;      /* (n_columns + n_vertices, width) */
    double *means;       /* (evaluations of the level, width) */
    double *scratch;
    size_t stride; /* doubles of scratch a block */
} flx_cuda_graph_pass;

/* Doubles of a block's scratch for a model of n_features. */
size_t flx_cuda_graph_scratch(int n_features);

/* One after the other: columns; for every level its evaluations, first .. first + count -
 * 1, and then its vertices; the targets. A level without evaluations has no launch for
 * them. */
cudaError_t flx_cuda_graph_columns(const flx_cuda_graph_pass *pass, cudaStream_t stream);
cudaError_t flx_cuda_graph_means(const flx_cuda_graph_pass *pass, int first, int count,
                                 cudaStream_t stream);
cudaError_t flx_cuda_graph_vertices(const flx_cuda_graph_pass *pass, int first, int count,
                                    cudaStream_t stream);
cudaError_t flx_cuda_graph_targets(const flx_cuda_graph_pass *pass, cudaStream_t stream);

#ifdef __cplusplus
}
#endif
#endif
