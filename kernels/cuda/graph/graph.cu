/* SPDX-License-Identifier: MIT
 * A composed graph on the device: dimensions become columns, then level by level the
 * means of the models and from them the vertices, at last the target. A lane is a
 * candidate in every kernel, so that rows are read and written whole. The order of every
 * sum is the host's (host/model/propagation.c, host/graph/aggregation_rule.c). */
#include "kernels/cuda/graph/graph_pass.h"
#include "kernels/cuda/predict/member_tile.h"
#include "kernels/formulas/feature.h"

#include <cuda_runtime.h>
#include <flx_launch.h>

enum { LEAVES = 64 }; /* trees that a block walks at a time */

/* Which tile a block works on, and which of the rows that its groups share out. */
struct Place {
    int lane, part; /* lane -1: no candidate */
    size_t at;
};

/* Candidates of a tile that count; the same for the whole block. */
static __device__ int count_live(const flx_cuda_graph_tile &tile)
{
    int live = tile.live ? *tile.live - tile.first : tile.count;
    return live < tile.count ? live : tile.count;
}

/* Blocks stand tile by tile, then GROUPS rows by GROUPS rows. */
static __device__ Place find_place(const flx_cuda_graph_pass &pass)
{
    int t = (int)blockIdx.x % pass.n_tiles, lane = (int)threadIdx.x % TILE;
    int part = (int)blockIdx.x / pass.n_tiles * GROUPS + (int)threadIdx.x / TILE;
    bool is_live = lane < count_live(pass.tiles[t]);
    return {is_live ? lane : -1, part, (size_t)t * TILE + lane};
}

__global__ void __launch_bounds__(TILE_THREADS)
    flx_graph_columns_kernel(flx_cuda_graph_pass pass)
{
    Place p = find_place(pass);
    if (p.lane < 0 || p.part >= pass.graph.n_columns)
        return;
    const flx_cuda_graph_tile &tile = pass.tiles[p.at / TILE];
    const flx_device_graph_column &column = pass.graph.columns[p.part];
    const double *row = tile.rows + (size_t)p.lane * tile.row;
    double value = column.value;
    if (tile.is_settings)
        value = row[p.part];
    else if (column.dimension >= 0)
        value = flx_knob_setting(
            column.scale,
            column.first_value < 0 ? nullptr : pass.graph.values + column.first_value,
            row[column.dimension]);
    pass.values[(size_t)p.part * pass.width + p.at] = value;
}

static __device__ double raw_input(const flx_cuda_graph_pass &pass,
                                   const flx_device_graph_vertex &vertex, int input,
                                   size_t at)
{
    const flx_device_graph_input &from = pass.graph.inputs[vertex.first_input + input];
    if (from.vertex >= 0)
        return pass
            .values[(size_t)(pass.graph.n_columns + from.vertex) * pass.width + at];
    if (from.column < 0)
        return (double)NAN;
    return from.share * pass.values[(size_t)from.column * pass.width + at];
}

static __device__ double feature_of(const flx_cuda_graph_pass &pass,
                                    const flx_device_graph_vertex &vertex,
                                    const flx_device_graph_model &model, int k, size_t at)
{
    const flx_device_graph_feature &feature =
        pass.graph.features[model.first_feature + k];
    return flx_feature_value(feature.scaling, raw_input(pass, vertex, feature.input, at));
}

/* The features of a tile into Z (n_features, TILE), for a member scaled as it wants them;
 * 0 where there is no candidate. */
static __device__ void fill_features(const flx_cuda_graph_pass &pass,
                                     flx_cuda_graph_evaluation evaluation, int tile,
                                     double *Z)
{
    const flx_device_graph_vertex &vertex = pass.graph.vertices[evaluation.vertex];
    const flx_device_graph_model &model = pass.graph.models[evaluation.model];
    bool is_gp = model.kind == FLX_DEVICE_GRAPH_GP;
    int live = count_live(pass.tiles[tile]);
    for (int p = (int)threadIdx.x; p < model.n_features * TILE; p += TILE_THREADS) {
        int k = p / TILE, q = p % TILE;
        double x = 0;
        if (q < live)
            x = feature_of(pass, vertex, model, k, (size_t)tile * TILE + q);
        if (q < live && is_gp) {
            const flx_cuda_conditioned &member = pass.members[model.member];
            x = (x - member.center[k]) * member.inverse_ell[k];
        }
        Z[p] = x;
    }
    __syncthreads();
}

/* The leaf of one tree. */
static __device__ float walk_tree(const flx_device_graph_node *nodes, int root,
                                  const double *Z, int lane)
{
    int at = root;
    while (nodes[at].feature >= 0) {
        float x = (float)Z[nodes[at].feature * TILE + lane];
        at = isnan(x)              ? nodes[at].missing
             : x < nodes[at].value ? nodes[at].left
                                   : nodes[at].right;
    }
    return nodes[at].value;
}

/* The sum of the leaves in the order of the trees, to group 0. The whole block calls it.
 */
static __device__ double sum_trees(const flx_cuda_graph_pass &pass,
                                   const flx_device_graph_model &model, const double *Z)
{
    __shared__ float leaf[LEAVES][TILE];
    int lane = (int)threadIdx.x % TILE, group = (int)threadIdx.x / TILE;
    const flx_device_graph_node *nodes = pass.graph.nodes + model.first_node;
    const int *roots = pass.graph.roots + model.first_root;
    float sum = (float)pass.graph.parameters[model.first_parameter];
    for (int first = 0; first < model.n_roots; first += LEAVES) {
        int count = model.n_roots - first < LEAVES ? model.n_roots - first : LEAVES;
        for (int t = group; t < count; t += GROUPS)
            leaf[t][lane] = walk_tree(nodes, roots[first + t], Z, lane);
        __syncthreads();
        for (int t = 0; t < count && group == 0; t++)
            sum += leaf[t][lane];
        __syncthreads();
    }
    return sum;
}

__global__ void __launch_bounds__(TILE_THREADS, 2)
    flx_graph_means_kernel(flx_cuda_graph_pass pass, int first, int count)
{
    int lane = (int)threadIdx.x % TILE;
    double *Z = pass.scratch + (size_t)blockIdx.x * pass.stride;
    size_t jobs = (size_t)count * pass.n_tiles;
    for (size_t job = blockIdx.x; job < jobs; job += gridDim.x) {
        int i = (int)(job / pass.n_tiles), tile = (int)(job % pass.n_tiles);
        flx_cuda_graph_evaluation evaluation = pass.evaluations[first + i];
        const flx_device_graph_model &model = pass.graph.models[evaluation.model];
        int live = count_live(pass.tiles[tile]);
        if (live <= 0)
            continue;
        fill_features(pass, evaluation, tile, Z);
        double mean;
        if (model.kind == FLX_DEVICE_GRAPH_GP)
            mean = covariances({pass.members[model.member], Z, nullptr, nullptr});
        else
            mean = sum_trees(pass, model, Z);
        if (threadIdx.x < TILE && lane < live)
            pass.means[i * pass.width + (size_t)tile * TILE + lane] = mean;
        __syncthreads();
    }
}

static __device__ double linear(const flx_cuda_graph_pass &pass,
                                const flx_device_graph_vertex &vertex,
                                const flx_device_graph_model &model, size_t at)
{
    const double *b = pass.graph.parameters + model.first_parameter;
    double sum = b[0];
    for (int k = 0; k < model.n_features; k++)
        sum += b[1 + k] * feature_of(pass, vertex, model, k, at);
    return sum;
}

/* Instance i's rate. */
static __device__ double rate_of(const flx_cuda_graph_pass &pass,
                                 const flx_device_graph_vertex &vertex,
                                 const flx_device_graph_model &model, int i, size_t at)
{
    double sum = 0;
    for (int b = 1; b <= model.n_blocks; b++)
        sum += raw_input(pass, vertex, b * model.n_metrics + i, at);
    return sum;
}

/* The mean of what is there of the metrics. The first of two rounds sums the weights, and
 * sees whether rates can be weights: all of them are above 0. */
static __device__ double rule(const flx_cuda_graph_pass &pass,
                              const flx_device_graph_vertex &vertex,
                              const flx_device_graph_model &model, size_t at)
{
    bool by_rates = model.n_blocks > 0;
    int present = 0;
    double sum = 0, mean = 0;
    for (int round = 0; round < 2; round++) {
        if (round == 1 && !by_rates)
            sum = present;
        for (int i = 0; i < model.n_metrics; i++) {
            double metric = raw_input(pass, vertex, i, at);
            if (isnan(metric))
                continue;
            double weight = by_rates ? rate_of(pass, vertex, model, i, at) : 1.0;
            if (round == 0) {
                by_rates = by_rates && weight > 0;
                sum += weight;
                present++;
            } else {
                mean += weight / sum * metric;
            }
        }
    }
    const double *line = pass.graph.parameters + model.first_parameter;
    return present > 0 ? line[0] + line[1] * mean : (double)NAN;
}

/* `mean`: what a block answered, of the kinds that have it. */
static __device__ double prediction_of(const flx_cuda_graph_pass &pass,
                                       const flx_device_graph_vertex &vertex,
                                       const flx_device_graph_model &model, size_t at,
                                       const double *mean)
{
    double sum = 0;
    if (model.kind == FLX_DEVICE_GRAPH_RULE)
        return rule(pass, vertex, model, at);
    if (model.kind == FLX_DEVICE_GRAPH_LINEAR)
        sum = linear(pass, vertex, model, at);
    else if (model.kind != FLX_DEVICE_GRAPH_CONSTANT)
        sum = *mean;
    return flx_output_value(model.mean + model.sd * sum, model.is_log, model.low,
                            model.high);
}

__global__ void __launch_bounds__(TILE_THREADS, 2)
    flx_graph_vertices_kernel(flx_cuda_graph_pass pass, int first, int count)
{
    Place p = find_place(pass);
    if (p.lane < 0 || p.part >= count)
        return;
    int v = first + p.part;
    const flx_device_graph_vertex &vertex = pass.graph.vertices[v];
    const double *means =
        pass.means + (size_t)pass.first_evaluation[v] * pass.width + p.at;
    double weight = 0, mean = 0;
    for (int k = 0; k < vertex.n_models; k++) {
        const flx_device_graph_model &model = pass.graph.models[vertex.first_model + k];
        double value = prediction_of(pass, vertex, model, p.at, means);
        double w = isnan(value) ? 0.0 : model.weight;
        if (model.kind == FLX_DEVICE_GRAPH_GP || model.kind == FLX_DEVICE_GRAPH_TREES)
            means += pass.width;
        if (vertex.n_models == 1) {
            mean = value;
            weight = 1;
        } else if (w > 0) {
            weight += w;
            mean += (value - mean) * w / weight;
        }
    }
    pass.values[(size_t)(pass.graph.n_columns + v) * pass.width + p.at] =
        weight > 0 ? mean : (double)NAN;
}

static __device__ bool extrapolates(const flx_cuda_graph_pass &pass, size_t at)
{
    for (int r = 0; r < pass.graph.n_ranges; r++) {
        const flx_device_graph_range &range = pass.graph.ranges[r];
        double value = range.share * pass.values[(size_t)range.column * pass.width + at];
        if (value < range.low || value > range.high)
            return true;
    }
    return false;
}

static __device__ double target_of(const flx_cuda_graph_pass &pass, int target, size_t at)
{
    int row = pass.graph.n_columns + pass.graph.targets[target].vertex;
    return pass.values[(size_t)row * pass.width + at];
}

__global__ void __launch_bounds__(TILE) flx_graph_targets_kernel(flx_cuda_graph_pass pass)
{
    int lane = (int)threadIdx.x;
    const flx_cuda_graph_tile &tile = pass.tiles[blockIdx.x];
    size_t at = (size_t)blockIdx.x * TILE + lane;
    if (lane >= count_live(tile))
        return;
    double sum = 0;
    bool is_extrapolating = pass.graph.is_ensemble && extrapolates(pass, at);
    for (int t = 0; t < pass.graph.n_targets && pass.graph.is_ensemble; t++) {
        const flx_device_graph_target &target = pass.graph.targets[t];
        double value =
            fmin(fmax(target_of(pass, t, at), pass.graph.low), pass.graph.high);
        sum += (is_extrapolating ? target.extrapolating_weight : target.weight) * value;
    }
    tile.values[lane] = pass.graph.is_ensemble ? sum : target_of(pass, 0, at);
}

size_t flx_cuda_graph_scratch(int n_features)
{
    return (size_t)n_features * TILE;
}

/* Blocks for `rows` rows of every tile. */
static unsigned blocks_for(const flx_cuda_graph_pass *pass, int rows)
{
    return (unsigned)pass->n_tiles * (unsigned)((rows + GROUPS - 1) / GROUPS);
}

cudaError_t flx_cuda_graph_columns(const flx_cuda_graph_pass *pass, cudaStream_t stream)
{
    FLX_LAUNCH(flx_graph_columns_kernel, blocks_for(pass, pass->graph.n_columns),
               TILE_THREADS, 0, stream, *pass);
    return cudaGetLastError();
}

cudaError_t flx_cuda_graph_means(const flx_cuda_graph_pass *pass, int first, int count,
                                 cudaStream_t stream)
{
    size_t jobs = (size_t)count * (size_t)pass->n_tiles, most = (size_t)pass->blocks;
    FLX_LAUNCH(flx_graph_means_kernel, (unsigned)(jobs < most ? jobs : most),
               TILE_THREADS, 0, stream, *pass, first, count);
    return cudaGetLastError();
}

cudaError_t flx_cuda_graph_vertices(const flx_cuda_graph_pass *pass, int first, int count,
                                    cudaStream_t stream)
{
    FLX_LAUNCH(flx_graph_vertices_kernel, blocks_for(pass, count), TILE_THREADS, 0,
               stream, *pass, first, count);
    return cudaGetLastError();
}

cudaError_t flx_cuda_graph_targets(const flx_cuda_graph_pass *pass, cudaStream_t stream)
{
    FLX_LAUNCH(flx_graph_targets_kernel, (unsigned)pass->n_tiles, TILE, 0, stream, *pass);
    return cudaGetLastError();
}
