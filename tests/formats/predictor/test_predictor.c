/* SPDX-License-Identifier: MIT
 * Files of fitted models: they come back as they were, and damage of any kind is seen. */
#include "formats/predictor/predictor.h"

#include "formats/files/checksum_trailer.h"
#include "formats/hdf5/hdf5_write.h"
#include "tests/close.h"
#include "tests/scratch.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static flx_feature features[2] = {{0, true, false, 0, 1, 0.25, 0.3, 0},
                                  {1, false, true, -1.5, 2.5, 0.125, 0.1, 0.7}};
static double X[6] = {0.1, 0.2, 0.3, -0.4, M_PI, 1e-300};
static double y[3] = {1, 2, 4};
static double theta[4] = {0, -1, 1.5, -4};

/* A Gaussian process of 3 points and 2 features; its arrays are static. */
static flx_predictor make_gp(void)
{
    return (flx_predictor){.kind = FLX_PREDICTOR_GP,
                           .n_inputs = 3,
                           .n_features = 2,
                           .n_metrics = 1,
                           .features = features,
                           .output_low = 0.5,
                           .output_high = 5.5,
                           .n = 3,
                           .X = X,
                           .y = y,
                           .n_theta = 4,
                           .theta = theta,
                           .jitter = 1e-10,
                           .y_mean = 7.0 / 3,
                           .y_sd = 1.25,
                           .lml = -3.5,
                           .loo_mae = 0.25,
                           .evaluations = 120};
}

static flx_predictor round_trip(const flx_predictor *written)
{
    flx_predictor read;
    flx_error error = {0};
    char before[65], after[65];
    assert_int(flx_predictor_write(written, scratch_path("p.h5"), &error), FLX_OK);
    assert_int(flx_predictor_read(scratch_path("p.h5"), &read, &error), FLX_OK);
    assert_text(error.message, "");
    flx_predictor_digest(written, before);
    flx_predictor_digest(&read, after);
    assert_text(after, before);
    return read;
}

static void a_process_comes_back_as_it_was(void)
{
    flx_predictor gp = make_gp();
    scratch_begin();
    flx_predictor read = round_trip(&gp);
    assert_int(memcmp(read.X, X, sizeof X), 0);
    assert_int(memcmp(read.y, y, sizeof y), 0);
    assert_int(memcmp(read.theta, theta, sizeof theta), 0);
    assert_int(read.features[0].is_indicator, true);
    assert_int(read.features[1].input, 1);
    assert_int(read.features[1].is_log, true);
    assert_close(read.features[1].fill, 0.7, 0, 0);
    assert_close(read.y_mean, 7.0 / 3, 0, 0);
    assert_close(read.lml, -3.5, 0, 0);
    assert_close(read.loo_mae, 0.25, 0, 0);
    assert_int(read.evaluations, 120);
    flx_predictor_clear(&read);
    assert_true(read.X == NULL && read.n == 0);
    scratch_end();
}

/* Matern 5/2 is what a file without a name means. */
static void covariance_functions_come_back(void)
{
    char digests[FLX_COVARIANCES][65];
    scratch_begin();
    for (int i = 0; i < FLX_COVARIANCES; i++) {
        flx_predictor gp = make_gp(), read;
        gp.covariance = (flx_covariance)i;
        read = round_trip(&gp);
        assert_int(read.covariance, i);
        flx_predictor_digest(&read, digests[i]);
        for (int j = 0; j < i; j++)
            assert_true(strcmp(digests[i], digests[j]) != 0);
        flx_predictor_clear(&read);
        assert_int(flx_covariance_find(flx_covariance_words[i]), i);
    }
    assert_true(flx_covariance_words[FLX_COVARIANCES] == NULL);
    assert_int(flx_covariance_find("matern"), -1);
    scratch_end();
}

/* A fit that a rule took the place of leaves its covariance function in the struct. */
static void only_a_process_has_a_covariance_function(void)
{
    flx_predictor rule = {.kind = FLX_PREDICTOR_RULE,
                          .n_inputs = 4,
                          .covariance = FLX_MATERN32,
                          .output_low = -INFINITY,
                          .output_high = INFINITY};
    scratch_begin();
    flx_predictor read = round_trip(&rule);
    assert_int(read.covariance, FLX_MATERN52);
    flx_predictor_clear(&read);
    scratch_end();
}

/* The digest is also the name of the file in a model folder: it must never change. */
static void the_digest_is_that_of_older_programs(void)
{
    flx_predictor gp = make_gp();
    char digest[65];
    flx_predictor_digest(&gp, digest);
    assert_text(digest,
                "60e0014b3b8b3ac910da21907bd4b7b210f357e33b177b96c87d34bef2e3e1aa");
}

/* make_gp as programs up to version 2 of the format wrote it: numbers by position. */
static void write_version_2(const char *path, double kind)
{
    const double numbers[18] = {kind, 0, 3, 2,     1,       0.5,  5.5, 0, 0,
                                3,    0, 4, 1e-10, 7.0 / 3, 1.25, 120, 0, 0};
    const double rows[16] = {0, 1, 0, 0,    1,   0.25,  0.3, 0,
                             1, 0, 1, -1.5, 2.5, 0.125, 0.1, 0.7};
    flx_predictor gp = make_gp();
    flx_error error = {0};
    char digest[65];
    flx_predictor_digest(&gp, digest);
    flx_hdf5_writer *writer = flx_hdf5_create("fluxion-predictor", 2);
    flx_hdf5_put_text(writer, "/", "kind", "gp");
    flx_hdf5_put_text(writer, "/", "digest", digest);
    flx_hdf5_put_number(writer, "/", "lml", -3.5);
    flx_hdf5_put_number(writer, "/", "loo_mae", 0.25);
    flx_hdf5_write_doubles(writer, "scalars", 1, (size_t[]){18}, numbers);
    flx_hdf5_write_doubles(writer, "features", 2, (size_t[]){2, 8}, rows);
    flx_hdf5_write_doubles(writer, "X", 2, (size_t[]){3, 2}, X);
    flx_hdf5_write_doubles(writer, "y", 1, (size_t[]){3}, y);
    flx_hdf5_write_doubles(writer, "theta", 1, (size_t[]){4}, theta);
    assert_int(flx_hdf5_save(writer, path, &error), FLX_OK);
}

static void files_of_older_programs_are_read(void)
{
    flx_predictor read;
    flx_error error = {0};
    scratch_begin();
    write_version_2(scratch_path("old.h5"), 0);
    assert_int(flx_predictor_read(scratch_path("old.h5"), &read, &error), FLX_OK);
    assert_text(error.message, "");
    assert_int(memcmp(read.X, X, sizeof X), 0);
    assert_int(memcmp(read.theta, theta, sizeof theta), 0);
    assert_int(read.n_inputs, 3);
    assert_int(read.n_metrics, 1);
    assert_close(read.output_high, 5.5, 0, 0);
    assert_close(read.y_sd, 1.25, 0, 0);
    assert_int(read.evaluations, 120);
    flx_predictor_clear(&read);
    write_version_2(scratch_path("bad.h5"), 7); /* no such kind */
    assert_int(flx_predictor_read(scratch_path("bad.h5"), &read, &error), FLX_BAD_INPUT);
    assert_contains(error.message, "the scalars make no sense");
    scratch_end();
}

static void constants_and_rules_come_back(void)
{
    flx_predictor constant = {.kind = FLX_PREDICTOR_CONSTANT,
                              .n_inputs = 4,
                              .constant = -2.5,
                              .variance = 0.5,
                              .is_log = true,
                              .n = 4};
    flx_predictor rule = {.kind = FLX_PREDICTOR_RULE,
                          .n_inputs = 4,
                          .output_low = -INFINITY,
                          .output_high = INFINITY};
    scratch_begin();
    flx_predictor read = round_trip(&constant);
    assert_int(read.kind, FLX_PREDICTOR_CONSTANT);
    assert_close(read.constant, -2.5, 0, 0);
    assert_true(read.is_log);
    flx_predictor_clear(&read);
    read = round_trip(&rule);
    assert_int(read.kind, FLX_PREDICTOR_RULE);
    assert_close(read.output_low, -INFINITY, 0, 0);
    assert_close(read.output_high, INFINITY, 0, 0);
    flx_predictor_clear(&read);
    scratch_end();
}

static void the_digest_sees_every_number(void)
{
    flx_predictor gp = make_gp(), other;
    char digest[65], changed[65];
    flx_predictor_digest(&gp, digest);
    double *const places[] = {&X[5], &y[0], &theta[3], &features[1].scale,
                              &features[0].center};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        double kept = *places[i];
        *places[i] = nextafter(kept, 100);
        flx_predictor_digest(&gp, changed);
        assert_true(strcmp(digest, changed) != 0);
        *places[i] = kept;
    }
    for (int i = 0; i < 6; i++) {
        other = gp;
        double *const scalars[] = {&other.y_mean,      &other.y_sd,
                                   &other.jitter,      &other.output_low,
                                   &other.output_high, &other.variance};
        *scalars[i] = nextafter(*scalars[i], 100);
        flx_predictor_digest(&other, changed);
        assert_true(strcmp(digest, changed) != 0);
    }
    other = gp;
    other.is_log = true;
    flx_predictor_digest(&other, changed);
    assert_true(strcmp(digest, changed) != 0);
    /* What is only reported is not part of the model. */
    other = gp;
    other.lml = 0;
    flx_predictor_digest(&other, changed);
    assert_text(changed, digest);
}

static void refuse(const char *path, const char *part)
{
    flx_predictor read;
    flx_error error = {0};
    assert_int(flx_predictor_read(path, &read, &error), FLX_BAD_INPUT);
    assert_contains(error.message, part);
    assert_true(read.X == NULL && read.features == NULL && read.theta == NULL);
}

static void write_bytes(const char *path, const char *bytes, size_t length)
{
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes, 1, length, file) != length || fclose(file) != 0)
        abort();
}

static size_t read_bytes(const char *path, char *bytes, size_t size)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        abort();
    size_t length = fread(bytes, 1, size, file);
    fclose(file);
    return length;
}

static void cut_files_are_refused(void)
{
    enum { SIZE = 1 << 17 };
    flx_predictor gp = make_gp();
    flx_error error = {0};
    char *bytes = malloc(SIZE);
    scratch_begin();
    assert_int(flx_predictor_write(&gp, scratch_path("p.h5"), &error), FLX_OK);
    size_t length = read_bytes(scratch_path("p.h5"), bytes, SIZE);
    assert_true(length > 1000 && length < SIZE);
    /* A file that has lost its checksum only is whole, and as older programs wrote it. */
    size_t content = length - FLX_CHECKSUM_TRAILER_LENGTH;
    for (size_t cut = 0; cut < content; cut += 1 + length / 150) {
        write_bytes(scratch_path("cut.h5"), bytes, cut);
        refuse(scratch_path("cut.h5"), "cut.h5");
    }
    free(bytes);
    scratch_end();
}

static void flipped_bits_never_change_a_number(void)
{
    enum { SIZE = 1 << 17 };
    flx_predictor gp = make_gp();
    flx_error error = {0};
    char *bytes = malloc(SIZE), expected[65], found[65];
    scratch_begin();
    assert_int(flx_predictor_write(&gp, scratch_path("p.h5"), &error), FLX_OK);
    flx_predictor_digest(&gp, expected);
    size_t length = read_bytes(scratch_path("p.h5"), bytes, SIZE);
    for (size_t at = 0; at < length; at += 1 + length / 400) {
        flx_predictor read;
        bytes[at] ^= 0x41;
        write_bytes(scratch_path("bit.h5"), bytes, length);
        bytes[at] ^= 0x41;
        error = (flx_error){0};
        flx_status status = flx_predictor_read(scratch_path("bit.h5"), &read, &error);
        if (status == FLX_OK) { /* unused bytes of the format */
            flx_predictor_digest(&read, found);
            assert_text(found, expected);
            flx_predictor_clear(&read);
        } else {
            assert_contains(error.message, "bit.h5");
        }
    }
    free(bytes);
    scratch_end();
}

static void an_unknown_covariance_function_is_refused(void)
{
    flx_predictor gp = make_gp();
    flx_error error = {0};
    scratch_begin();
    flx_hdf5_writer *writer = flx_predictor_put(&gp);
    flx_hdf5_put_text(writer, "/", "covariance", "matern12");
    assert_int(flx_hdf5_save(writer, scratch_path("other.h5"), &error), FLX_OK);
    refuse(scratch_path("other.h5"), "no covariance function is called \"matern12\"");
    scratch_end();
}

static void what_is_no_predictor_is_refused(void)
{
    scratch_begin();
    refuse(scratch_path("absent.h5"), "absent.h5");
    refuse(scratch_write("text.h5", "not HDF5"), "text.h5");
    flx_hdf5_writer *writer = flx_hdf5_create("fluxion-dataset", 1);
    flx_error error = {0};
    assert_int(flx_hdf5_save(writer, scratch_path("table.h5"), &error), FLX_OK);
    refuse(scratch_path("table.h5"), "fluxion-predictor");
    scratch_end();
}

/* Writes the predictor as it is, with a digest that fits, and expects a refusal. */
static void refuse_written(const flx_predictor *predictor, const char *part)
{
    flx_error error = {0};
    assert_int(flx_predictor_write(predictor, scratch_path("p.h5"), &error), FLX_OK);
    refuse(scratch_path("p.h5"), part);
}

static void numbers_that_make_no_sense_are_refused(void)
{
    scratch_begin();
    flx_predictor p = make_gp();
    p.n_metrics = 3;
    refuse_written(&p, "the scalars make no sense");
    p = make_gp();
    p.n_theta = 3;
    refuse_written(&p, "the scalars make no sense");
    p = make_gp();
    p.is_isotropic = true;
    refuse_written(&p, "the scalars make no sense");
    p = make_gp();
    p.n = 1;
    refuse_written(&p, "the scalars make no sense");
    p = make_gp();
    p.y_sd = NAN;
    refuse_written(&p, "the scalars make no sense");
    p = make_gp();
    p.y_sd = 0;
    refuse_written(&p, "the scalars make no sense");
    p = make_gp();
    p.jitter = -1;
    refuse_written(&p, "the scalars make no sense");
    p = make_gp();
    p.n_inputs = 1; /* feature 1 reads input 1 */
    refuse_written(&p, "the features make no sense");
    scratch_end();
}

CU_TestInfo predictor_tests[] = {
    {"a process comes back as it was", a_process_comes_back_as_it_was},
    {"constants and rules come back", constants_and_rules_come_back},
    {"covariance functions come back", covariance_functions_come_back},
    {"only a process has a covariance function",
     only_a_process_has_a_covariance_function},
    {"the digest is that of older programs", the_digest_is_that_of_older_programs},
    {"files of older programs are read", files_of_older_programs_are_read},
    {"the digest sees every number", the_digest_sees_every_number},
    {"cut files are refused", cut_files_are_refused},
    {"flipped bits never change a number", flipped_bits_never_change_a_number},
    {"an unknown covariance function is refused",
     an_unknown_covariance_function_is_refused},
    {"what is no predictor is refused", what_is_no_predictor_is_refused},
    {"numbers that make no sense are refused", numbers_that_make_no_sense_are_refused},
    CU_TEST_INFO_NULL,
};
