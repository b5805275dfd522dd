/* SPDX-License-Identifier: MIT
 * The instructions of PTX that nvcc makes of our kernels, as functions of the same name
 * with
 * '_' for '.'. translate_ptx.cpp turns an instruction into a call; one that is not here
 * does not compile, so that nothing is guessed. Registers of integers are unsigned. */
#ifndef FLX_TEST_PTX_OPERATIONS_H
#define FLX_TEST_PTX_OPERATIONS_H

#include <cmath>
#include <cstdint>
#include <cstring>

namespace ptx
{
template <class T, class U> inline T bits(U value)
{
    T result;
    static_assert(sizeof result == sizeof value);
    memcpy(&result, &value, sizeof result);
    return result;
}

/* Every type under its name in PTX, and the one its registers have here. */
typedef uint8_t u8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;
typedef uint16_t u16, b16;
typedef uint32_t u32, b32;
typedef uint64_t u64, b64;
typedef float f32;
typedef double f64;
typedef bool pred;

#define PTX_UNARY(name, type, result, expression)                                        \
    inline result name(type a)                                                           \
    {                                                                                    \
        return (result)(expression);                                                     \
    }
#define PTX_BINARY(name, type, result, expression)                                       \
    inline result name(type a, type b)                                                   \
    {                                                                                    \
        return (result)(expression);                                                     \
    }
#define PTX_COMPARE(type)                                                                \
    PTX_BINARY(setp_eq_##type, type, pred, a == b)                                       \
    PTX_BINARY(setp_ne_##type, type, pred, a != b)                                       \
    PTX_BINARY(setp_lt_##type, type, pred, a < b)                                        \
    PTX_BINARY(setp_le_##type, type, pred, a <= b)                                       \
    PTX_BINARY(setp_gt_##type, type, pred, a > b)                                        \
    PTX_BINARY(setp_ge_##type, type, pred, a >= b)
#define PTX_INTEGER(type, wide)                                                          \
    PTX_BINARY(add_##type, u##wide, u##wide, a + b)                                      \
    PTX_BINARY(sub_##type, u##wide, u##wide, a - b)                                      \
    PTX_BINARY(mul_lo_##type, u##wide, u##wide, a *b)                                    \
    PTX_BINARY(div_##type, type, type, a / b)                                            \
    PTX_BINARY(rem_##type, type, type, a % b)                                            \
    PTX_BINARY(min_##type, type, type, a < b ? a : b)                                    \
    PTX_BINARY(max_##type, type, type, a > b ? a : b)                                    \
    inline u##wide mad_lo_##type(u##wide a, u##wide b, u##wide c)                        \
    {                                                                                    \
        return a * b + c;                                                                \
    }
#define PTX_LOGIC(type, not_expression)                                                  \
    PTX_BINARY(and_##type, type, type, a &b)                                             \
    PTX_BINARY(or_##type, type, type, a | b)                                             \
    PTX_BINARY(xor_##type, type, type, a ^ b)                                            \
    PTX_UNARY(not_##type, type, type, not_expression)
#define PTX_SELECT(type)                                                                 \
    inline type selp_##type(type a, type b, pred c)                                      \
    {                                                                                    \
        return c ? a : b;                                                                \
    }
#define PTX_SHIFT(width)                                                                 \
    inline u##width shl_b##width(u##width a, u32 b)                                      \
    {                                                                                    \
        return b >= width ? 0 : a << b;                                                  \
    }                                                                                    \
    inline u##width shr_u##width(u##width a, u32 b)                                      \
    {                                                                                    \
        return b >= width ? 0 : a >> b;                                                  \
    }                                                                                    \
    inline u##width shr_s##width(s##width a, u32 b)                                      \
    {                                                                                    \
        return (u##width)(a >> (b >= width ? width - 1 : b));                            \
    }

PTX_COMPARE(s16)
PTX_COMPARE(s32)
PTX_COMPARE(s64)
PTX_COMPARE(u32)
PTX_COMPARE(u64)
PTX_COMPARE(b32)
PTX_COMPARE(b64)
PTX_COMPARE(f32)
PTX_COMPARE(f64)
/* The ones that hold for NaN too. */
PTX_BINARY(setp_ltu_f64, f64, pred, !(a >= b))
PTX_BINARY(setp_leu_f64, f64, pred, !(a > b))
PTX_BINARY(setp_gtu_f64, f64, pred, !(a <= b))
PTX_BINARY(setp_geu_f64, f64, pred, !(a < b))
PTX_BINARY(setp_equ_f64, f64, pred, !(a < b || a > b))
PTX_BINARY(setp_neu_f64, f64, pred, !(a == b))
PTX_BINARY(setp_ltu_f32, f32, pred, !(a >= b))
PTX_BINARY(setp_leu_f32, f32, pred, !(a > b))
PTX_BINARY(setp_gtu_f32, f32, pred, !(a <= b))
PTX_BINARY(setp_geu_f32, f32, pred, !(a < b))
PTX_INTEGER(s32, 32)
PTX_INTEGER(u32, 32)
PTX_INTEGER(s64, 64)
PTX_INTEGER(u64, 64)
PTX_LOGIC(b16, ~a)
PTX_LOGIC(b32, ~a)
PTX_LOGIC(b64, ~a)
PTX_LOGIC(pred, !a)
PTX_SELECT(u16)
PTX_SELECT(s32)
PTX_SELECT(u32)
PTX_SELECT(b32)
PTX_SELECT(s64)
PTX_SELECT(u64)
PTX_SELECT(b64)
PTX_SELECT(f64)
PTX_SHIFT(32)
PTX_SHIFT(64)
PTX_UNARY(neg_s32, u32, u32, 0 - a)
PTX_UNARY(neg_s64, u64, u64, 0 - a)
PTX_UNARY(cvt_s64_s32, s32, u64, (s64)a)
PTX_UNARY(cvt_u64_u32, u32, u64, a)
PTX_UNARY(cvt_u32_u64, u64, u32, a)
PTX_UNARY(cvt_rn_f64_s32, s32, f64, a)
PTX_UNARY(cvt_rn_f64_u64, u64, f64, a)
PTX_UNARY(cvt_rn_f64_s64, s64, f64, a)
PTX_UNARY(cvt_rzi_s32_f64, f64, u32, (s32)a)
PTX_UNARY(cvt_rmi_f64_f64, f64, f64, std::floor(a))
PTX_UNARY(cvt_f64_f32, f32, f64, a)
PTX_UNARY(cvt_rn_f32_f64, f64, f32, a)
PTX_UNARY(cvta_to_global_u64, u64, u64, a)
inline u64 mul_wide_s32(s32 a, s32 b)
{
    return (u64)((s64)a * b);
}
inline u64 mul_wide_u32(u32 a, u32 b)
{
    return (u64)a * b;
}

/* mov between registers of one width is a copy of bits. */
template <class T> inline b64 mov_b64(T a)
{
    return bits<b64>((T)a);
}
template <class T> inline b32 mov_b32(T a)
{
    return bits<b32>((T)a);
}
PTX_UNARY(mov_u64, u64, u64, a)
PTX_UNARY(mov_u32, u32, u32, a)
PTX_UNARY(mov_u16, u16, u16, a)
PTX_UNARY(mov_f64, f64, f64, a)
PTX_UNARY(mov_pred, pred, pred, a)

/* Arithmetic is counted; a division or a root as one, though a device takes several. */
template <class T> inline T counted(T value, unsigned count = 1)
{
    emu::flops += count;
    return value;
}
PTX_BINARY(add_rn_f64, f64, f64, counted(a + b))
PTX_BINARY(sub_rn_f64, f64, f64, counted(a - b))
PTX_BINARY(mul_rn_f64, f64, f64, counted(a *b))
PTX_BINARY(div_rn_f64, f64, f64, counted(a / b))
PTX_UNARY(sqrt_rn_f64, f64, f64, counted(std::sqrt(a)))
PTX_UNARY(rcp_rn_f64, f64, f64, counted(1.0 / a))
PTX_UNARY(neg_f64, f64, f64, -a)
PTX_UNARY(abs_f64, f64, f64, std::fabs(a))
/* A number wins over NaN. */
PTX_BINARY(min_f64, f64, f64, std::fmin(a, b))
PTX_BINARY(max_f64, f64, f64, std::fmax(a, b))
PTX_BINARY(add_rn_f32, f32, f32, a + b)
PTX_UNARY(abs_f32, f32, f32, std::fabs(a))
inline f64 fma_rn_f64(f64 a, f64 b, f64 c)
{
    return counted(std::fma(a, b, c), 2);
}
/* The device's table looks at the upper half of a double only; the Newton steps that
 * always follow take away what this one's differs in. */
inline f64 rcp_approx_ftz_f64(f64 a)
{
    const u64 upper = ~0xFFFFFFFFull;
    f64 reciprocal = 1.0 / bits<f64>(bits<u64>(a) & upper);
    return bits<f64>(bits<u64>(reciprocal) & upper);
}

/* c: clamp in the low bits, segment mask from bit 8 on; says whether the source is in the
 * segment, and gives the lane its own value where it is not. */
inline u32 shuffle_to(int source, bool is_inside, u32 a, u32 mask, pred *p, int line)
{
    *p = is_inside;
    return emu::shuffle(mask, a, is_inside ? source : emu::lane(), "PTX", line);
}
inline u32 shfl_sync_idx_b32(u32 a, u32 b, u32 c, u32 mask, pred *p, int line)
{
    int segment = (int)(c >> 8 & 31), clamp = (int)(c & 31), lane = emu::lane();
    int first = lane & segment, last = first | (clamp & ~segment);
    int source = first | ((int)(b & 31) & ~segment);
    return shuffle_to(source, source <= last, a, mask, p, line);
}
inline u32 shfl_sync_down_b32(u32 a, u32 b, u32 c, u32 mask, pred *p, int line)
{
    int segment = (int)(c >> 8 & 31), clamp = (int)(c & 31), lane = emu::lane();
    int last = (lane & segment) | (clamp & ~segment), source = lane + (int)(b & 31);
    return shuffle_to(source, source <= last, a, mask, p, line);
}
} // namespace ptx
#endif
