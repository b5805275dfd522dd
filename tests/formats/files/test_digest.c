/* SPDX-License-Identifier: MIT
 * Vectors: FIPS 180-4 examples as published by NIST. */
#include "formats/files/digest.h"

#include "tests/close.h"
#include "tests/scratch.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void assert_digest(const char *text, const char *expected)
{
    flx_digest digest;
    char hex[65];
    flx_digest_start(&digest);
    flx_digest_add(&digest, text, strlen(text));
    flx_digest_finish(&digest, hex);
    assert_text(hex, expected);
}

static void matches_published_vectors(void)
{
    assert_digest("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_digest("abc",
                  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    assert_digest("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
                  "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
                  "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
}

static void sums_a_million_letters_in_odd_pieces(void)
{
    char piece[997];
    memset(piece, 'a', sizeof piece);
    flx_digest digest;
    flx_digest_start(&digest);
    for (size_t left = 1000000; left > 0;) {
        size_t take = left < sizeof piece ? left : sizeof piece;
        flx_digest_add(&digest, piece, take);
        left -= take;
    }
    char hex[65];
    flx_digest_finish(&digest, hex);
    assert_text(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* Every length around a block's end, in one piece and byte by byte. */
static void does_not_depend_on_the_pieces(void)
{
    char text[130];
    memset(text, 'x', sizeof text);
    for (size_t length = 50; length < sizeof text; length++) {
        flx_digest whole, parts;
        char a[65], b[65];
        flx_digest_start(&whole);
        flx_digest_start(&parts);
        flx_digest_add(&whole, text, length);
        for (size_t i = 0; i < length; i++)
            flx_digest_add(&parts, text + i, 1);
        flx_digest_finish(&whole, a);
        flx_digest_finish(&parts, b);
        assert_text(a, b);
    }
}

static void sum_doubles(double a, double b, char hex[65])
{
    flx_digest digest;
    flx_digest_start(&digest);
    flx_digest_add_double(&digest, a);
    flx_digest_add_double(&digest, b);
    flx_digest_finish(&digest, hex);
}

static void takes_every_nan_for_the_same(void)
{
    char a[65], b[65], c[65];
    sum_doubles(NAN, 1.0, a);
    sum_doubles(-NAN, 1.0, b);
    sum_doubles(0.0, 1.0, c);
    assert_text(a, b);
    assert_true(strcmp(a, c) != 0);
}

static void tells_texts_apart_by_their_ends(void)
{
    flx_digest a, b;
    char first[65], second[65];
    flx_digest_start(&a);
    flx_digest_start(&b);
    flx_digest_add_text(&a, "ab");
    flx_digest_add_text(&a, "c");
    flx_digest_add_text(&b, "a");
    flx_digest_add_text(&b, "bc");
    flx_digest_finish(&a, first);
    flx_digest_finish(&b, second);
    assert_true(strcmp(first, second) != 0);
}

static void sums_a_file(void)
{
    scratch_begin();
    char hex[65];
    flx_error error = {0};
    assert_int(flx_digest_file(scratch_write("abc", "abc"), hex, &error), FLX_OK);
    assert_text(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_int(flx_digest_file(scratch_path("absent"), hex, &error), FLX_BAD_INPUT);
    assert_contains(error.message, "absent: cannot be opened");
    scratch_end();
}

CU_TestInfo digest_tests[] = {
    {"matches published vectors", matches_published_vectors},
    {"sums a million letters in odd pieces", sums_a_million_letters_in_odd_pieces},
    {"does not depend on the pieces", does_not_depend_on_the_pieces},
    {"takes every NaN for the same", takes_every_nan_for_the_same},
    {"tells texts apart by their ends", tells_texts_apart_by_their_ends},
    {"sums a file", sums_a_file},
    CU_TEST_INFO_NULL,
};
