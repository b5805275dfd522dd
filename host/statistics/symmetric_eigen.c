/* SPDX-License-Identifier: MIT */
#include "host/statistics/symmetric_eigen.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

enum { MOST_SWEEPS = 60 };

/* (a, b) <- (c a - s b, s a + c b), element by element. */
static void rotate(int n, double c, double s, double *restrict a, double *restrict b)
{
    for (int i = 0; i < n; i++) {
        double x = a[i], y = b[i];
        a[i] = c * x - s * y;
        b[i] = s * x + c * y;
    }
}

/* Makes S[p][q] zero. Rows are rotated whole and then copied to their columns: rows lie
 * together in memory, columns do not. */
static void eliminate(int n, double *S, double *vectors, int p, int q)
{
    size_t N = (size_t)n;
    double *row_p = S + (size_t)p * N, *row_q = S + (size_t)q * N;
    double pp = row_p[p], qq = row_q[q], pq = row_p[q];
    double theta = (qq - pp) / (2 * pq);
    double t = (theta < 0 ? -1 : 1) / (fabs(theta) + sqrt(theta * theta + 1));
    double c = 1 / sqrt(t * t + 1), s = t * c;
    rotate(n, c, s, row_p, row_q);
    row_p[p] = pp - t * pq;
    row_q[q] = qq + t * pq;
    row_p[q] = row_q[p] = 0;
    for (size_t i = 0; i < N; i++) {
        S[i * N + (size_t)p] = row_p[i];
        S[i * N + (size_t)q] = row_q[i];
    }
    rotate(n, c, s, vectors + (size_t)p * N, vectors + (size_t)q * N);
}

/* One pass over all pairs; returns whether anything was left to rotate. */
static int sweep(int n, double *S, double *vectors, double negligible)
{
    int rotated = 0;
    for (int p = 0; p < n; p++)
        for (int q = p + 1; q < n; q++) {
            double pq = fabs(S[(size_t)p * (size_t)n + (size_t)q]);
            if (pq <= negligible)
                continue;
            eliminate(n, S, vectors, p, q);
            rotated = 1;
        }
    return rotated;
}

void flx_symmetric_eigen(int n, double *S, double *values, double *vectors)
{
    size_t N = (size_t)n;
    double square = 0;
    memset(vectors, 0, N * N * sizeof *vectors);
    for (size_t i = 0; i < N; i++)
        vectors[i * N + i] = 1;
    for (size_t i = 0; i < N * N; i++)
        square += S[i] * S[i];
    /* Below this an element moves no eigenvalue by more than the rounding of the norm. */
    double negligible = 1e-17 * sqrt(square);
    for (int i = 0; i < MOST_SWEEPS && sweep(n, S, vectors, negligible); i++)
        continue;
    for (size_t i = 0; i < N; i++)
        values[i] = S[i * N + i];
}
