/* SPDX-License-Identifier: MIT
 * Eigenvalues and eigenvectors of a small symmetric matrix by cyclic Jacobi rotations
 * (Golub & Van Loan, 8.5): short, and accurate also for the small eigenvalues, whose
 * vectors a ridge regression needs. O(n^3) a sweep, some 6 to 10 sweeps; meant for n up
 * to a few hundred. Inside the library. */
#ifndef FLX_SYMMETRIC_EIGEN_H
#define FLX_SYMMETRIC_EIGEN_H

/* S (n, n) symmetric, finite; destroyed. values (n) out, in no order; vectors (n, n) out:
 * row j is the unit eigenvector of values[j]. Deterministic. */
void flx_symmetric_eigen(int n, double *S, double *values, double *vectors);
#endif
