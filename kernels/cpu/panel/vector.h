/* SPDX-License-Identifier: MIT
 * Vectors of one panel's height, by the compilers' own vector extension: the same source
 * is compiled for every instruction set (see kernels/CMakeLists.txt).
 *
 * Panel-major storage: a matrix of N rows (N padded to a multiple of W) is cut into N / W
 * row panels; inside a panel the W elements of a column are neighbours. Element (i, j) of
 * panel i / W is panel[j * W + i % W]. Products A B' of two such matrices read both
 * operands straight through, without packing. */
#ifndef FLX_PANEL_VECTOR_H
#define FLX_PANEL_VECTOR_H

#define W FLX_PANEL_WIDTH

typedef double vec __attribute__((vector_size(8 * W)));

#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* Storage is 64-byte aligned and panels are multiples of W. */
ALWAYS_INLINE vec load(const double *p)
{
    return *(const vec *)p;
}

ALWAYS_INLINE void store(double *p, vec x)
{
    *(vec *)p = x;
}

ALWAYS_INLINE vec splat(double x)
{
    return x - (vec){0};
}

ALWAYS_INLINE double sum_lanes(vec x)
{
    double lanes[W];
    __builtin_memcpy(lanes, &x, sizeof lanes);
    double a = 0, b = 0;
    for (int i = 0; i < W; i += 2) {
        a += lanes[i];
        b += lanes[i + 1];
    }
    return a + b;
}

/* acc[r][c] += sign * sum_k A_r[k] * B[k][c] over `columns` columns k, for R row panels
 * A_r and one panel B: the inner loop of every factorization here. R and sign are
 * constants. */
ALWAYS_INLINE void multiply_transposed(int R, int sign, int columns,
                                       const double *const *A, const double *B,
                                       vec acc[][W])
{
    for (int k = 0; k < columns; k++) {
        for (int r = 0; r < R; r++) {
            vec a = load(A[r] + (size_t)k * W);
            for (int c = 0; c < W; c++) {
                vec product = a * splat(B[(size_t)k * W + (size_t)c]);
                acc[r][c] = sign > 0 ? acc[r][c] + product : acc[r][c] - product;
            }
        }
    }
}
#endif
