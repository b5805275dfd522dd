/* SPDX-License-Identifier: MIT
 * Random numbers: published vectors, known moments, and that every coordinate counts. */
#include "kernels/formulas/philox.h"

#include "tests/close.h"

#include <CUnit/CUnit.h>

static void assert_block(uint64_t seed, const uint32_t *counter, const uint32_t *expected)
{
    flx_philox_block block =
        flx_philox(seed, counter[0], counter[1], counter[2], counter[3]);
    for (int k = 0; k < 4; k++)
        assert_true(block.word[k] == expected[k]);
}

static void gives_the_published_vectors(void)
{
    assert_block(0, (uint32_t[]){0, 0, 0, 0},
                 (uint32_t[]){0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u});
    assert_block(~(uint64_t)0, (uint32_t[]){~0u, ~0u, ~0u, ~0u},
                 (uint32_t[]){0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu});
    assert_block(0x299f31d0a4093822u,
                 (uint32_t[]){0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u},
                 (uint32_t[]){0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u});
}

static void unit_numbers_stay_inside_the_interval(void)
{
    assert_true(flx_unit_from_words(0, 0) > 0);
    assert_true(flx_unit_from_words(~0u, ~0u) < 1);
    assert_close(flx_unit_from_words(0x80000000u, 0), 0.5, 0, 1e-15);
    assert_close(flx_unit_from_words(0, 0), 0x1p-53, 0, 0);
}

static void every_coordinate_changes_the_number(void)
{
    double base = flx_uniform(1, 2, 3, 4, 5);
    assert_close(flx_uniform(1, 2, 3, 4, 5), base, 0, 0);
    assert_true(flx_uniform(2, 2, 3, 4, 5) != base);
    assert_true(flx_uniform((uint64_t)1 << 32 | 1, 2, 3, 4, 5) != base);
    assert_true(flx_uniform(1, 3, 3, 4, 5) != base);
    assert_true(flx_uniform(1, 2, 4, 4, 5) != base);
    assert_true(flx_uniform(1, 2, 3, 5, 5) != base);
    assert_true(flx_uniform(1, 2, 3, 4, 6) != base);
}

/* Of N draws; bounds are about five standard errors. */
static void moments_are_those_of_the_distributions(void)
{
    enum { N = 40000 };
    double u1 = 0, u2 = 0, z1 = 0, z2 = 0, z4 = 0;
    for (uint32_t i = 0; i < N; i++) {
        double u = flx_uniform(9, 0, i, 0, 0), z = flx_normal(9, 1, i, 0, 0);
        u1 += u / N;
        u2 += u * u / N;
        z1 += z / N;
        z2 += z * z / N;
        z4 += z * z * z * z / N;
    }
    assert_close(u1, 0.5, 0, 0.0075);
    assert_close(u2, 1.0 / 3, 0, 0.0075);
    assert_close(z1, 0, 0, 0.025);
    assert_close(z2, 1, 0, 0.036);
    assert_close(z4, 3, 0, 0.25);
}

static void integers_fill_their_range_evenly(void)
{
    int seen[5] = {0};
    for (uint32_t i = 0; i < 10000; i++) {
        int k = flx_below(3, 0, i, 0, 0, 5);
        assert_true(k >= 0 && k < 5);
        seen[k]++;
        assert_int(flx_below(3, 0, i, 0, 0, 1), 0);
    }
    for (int k = 0; k < 5; k++)
        assert_close(seen[k], 2000, 0, 200);
}

CU_TestInfo philox_tests[] = {
    {"gives the published vectors", gives_the_published_vectors},
    {"unit numbers stay inside the interval", unit_numbers_stay_inside_the_interval},
    {"every coordinate changes the number", every_coordinate_changes_the_number},
    {"moments are those of the distributions", moments_are_those_of_the_distributions},
    {"integers fill their range evenly", integers_fill_their_range_evenly},
    CU_TEST_INFO_NULL,
};
