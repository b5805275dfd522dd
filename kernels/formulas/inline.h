/* SPDX-License-Identifier: MIT
 * Marks the scalar formulas that C and CUDA share. One of the two places with an #ifdef.
 */
#ifndef FLX_FORMULA_INLINE_H
#define FLX_FORMULA_INLINE_H
#ifdef __CUDACC__
#define FLX_INLINE __host__ __device__ static inline
#else
#define FLX_INLINE static inline
#endif
#endif
