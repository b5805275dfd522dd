/* SPDX-License-Identifier: MIT
 * One user of the model repository at a time: what is stored comes back, and what is not
 * whole is named. */
#include "host/regression/model_repository.h"

#include "formats/hdf5/hdf5_write.h"

#include "tests/close.h"
#include "tests/formats/telemetry/stored.h"
#include "tests/host/regression/stored_models.h"
#include "tests/scratch.h"

#include <CUnit/CUnit.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static flx_repository *open_scratch(void)
{
    flx_repository *repository = NULL;
    flx_error error = {0};
    assert_int(flx_repository_open(scratch_path("models"), &repository, &error), FLX_OK);
    assert_text(error.message, "");
    return repository;
}

/* The file of model k. */
static const char *file_of(int k)
{
    numbered_model made;
    char name[128];
    make_numbered_model(&made, k);
    snprintf(name, sizeof name, "models/%s.h5", made.cause);
    return scratch_path(name);
}

static void finds_what_it_stored_bit_for_bit(void)
{
    scratch_begin();
    flx_repository *repository = open_scratch();
    assert_text(flx_repository_path(repository), scratch_path("models"));
    assert_int(find_numbered_model(repository, 1), 0);
    for (int k = 1; k <= 3; k++)
        assert_int(store_numbered_model(repository, k, NULL), FLX_OK);
    flx_repository_close(repository);
    repository = open_scratch();
    for (int k = 1; k <= 3; k++)
        assert_int(find_numbered_model(repository, k), 1);
    assert_int(find_numbered_model(repository, 4), 0);
    flx_repository_close(repository);
    flx_repository_close(NULL);
    scratch_end();
}

/* A fit of another kind may leave no variances, or nothing out of sample at all. */
static void keeps_absent_residuals_absent(void)
{
    scratch_begin();
    flx_repository *repository = open_scratch();
    numbered_model made;
    flx_fit_result found;
    bool is_there;
    for (int k = 0; k < 2; k++) {
        make_numbered_model(&made, k);
        made.model.loo_variance = NULL;
        made.model.loo_mean = k ? NULL : made.loo_mean;
        assert_int(flx_repository_store(repository, made.cause, &made.model, NULL),
                   FLX_OK);
        assert_int(flx_repository_find(repository, made.cause, &is_there, &found, NULL),
                   FLX_OK);
        assert_true(is_there && is_same_model(&found, &made.model));
        flx_fit_result_clear(&found);
    }
    flx_repository_close(repository);
    scratch_end();
}

/* One key, one model: what is there is not written again. */
static void leaves_a_stored_model_alone(void)
{
    scratch_begin();
    flx_repository *repository = open_scratch();
    struct stat before, after;
    assert_int(store_numbered_model(repository, 1, NULL), FLX_OK);
    assert_int(stat(file_of(1), &before), 0);
    assert_int(store_numbered_model(repository, 1, NULL), FLX_OK);
    assert_int(stat(file_of(1), &after), 0);
    assert_true(before.st_ino == after.st_ino);
    flx_repository_close(repository);
    scratch_end();
}

static void assert_refused(const flx_repository *repository, int k, const char *why)
{
    numbered_model made;
    flx_fit_result found;
    bool is_there = true;
    flx_error error = {0};
    make_numbered_model(&made, k);
    assert_int(flx_repository_find(repository, made.cause, &is_there, &found, &error),
               FLX_BAD_INPUT);
    assert_true(!is_there && found.predictor.X == NULL && found.loo_mean == NULL);
    assert_contains(error.message, made.cause);
    assert_contains(error.message, why);
    assert_contains(error.message, "remove it, and it is trained again");
}

static void names_a_file_with_a_flipped_byte(void)
{
    scratch_begin();
    flx_repository *repository = open_scratch();
    assert_int(store_numbered_model(repository, 1, NULL), FLX_OK);
    size_t length;
    char *bytes = load_bytes(file_of(1), &length);
    for (size_t i = 0; i < length; i += i + 200 < length ? 17 : 1) {
        char kept = bytes[i];
        bytes[i] = (char)(kept ^ 1 << i % 8);
        save_bytes(file_of(1), bytes, length);
        assert_refused(repository, 1, "is damaged");
        bytes[i] = kept;
    }
    save_bytes(file_of(1), bytes, length);
    assert_int(find_numbered_model(repository, 1), 1);
    free(bytes);
    flx_repository_close(repository);
    scratch_end();
}

static void names_a_file_that_was_cut_short(void)
{
    scratch_begin();
    flx_repository *repository = open_scratch();
    assert_int(store_numbered_model(repository, 1, NULL), FLX_OK);
    size_t length;
    char *bytes = load_bytes(file_of(1), &length);
    for (size_t kept = 0; kept < length; kept += kept + 200 < length ? 61 : 1) {
        save_bytes(file_of(1), bytes, kept);
        assert_refused(repository, 1, "is damaged");
    }
    free(bytes);
    flx_repository_close(repository);
    scratch_end();
}

static void names_a_file_of_another_key(void)
{
    scratch_begin();
    flx_repository *repository = open_scratch();
    assert_int(store_numbered_model(repository, 1, NULL), FLX_OK);
    assert_int(rename(file_of(1), file_of(2)), 0);
    assert_refused(repository, 2, "holds the model of another key");
    assert_int(find_numbered_model(repository, 1), 0);
    flx_repository_close(repository);
    scratch_end();
}

static void names_a_file_of_another_version(void)
{
    scratch_begin();
    flx_repository *repository = open_scratch();
    assert_int(flx_hdf5_save_with_trailer(flx_hdf5_create("fluxion-predictor", 99),
                                          file_of(1), NULL),
               FLX_OK);
    assert_refused(repository, 1, "version");
    assert_int(flx_hdf5_save_with_trailer(flx_hdf5_create("fluxion-dataset", 1),
                                          file_of(2), NULL),
               FLX_OK);
    assert_refused(repository, 2, "fluxion-dataset");
    assert_int(mkdir(file_of(3), 0777), 0);
    numbered_model made;
    flx_fit_result found;
    bool is_there;
    flx_error error = {0};
    make_numbered_model(&made, 3);
    assert_true(flx_repository_find(repository, made.cause, &is_there, &found, &error) !=
                FLX_OK);
    assert_contains(error.message, made.cause);
    flx_repository_close(repository);
    scratch_end();
}

static int count_files(void)
{
    flx_repository *repository = open_scratch();
    flx_repository_entry *entries;
    int count;
    assert_int(flx_repository_list(repository, &entries, &count, NULL), FLX_OK);
    free(entries);
    flx_repository_close(repository);
    return count;
}

static void leaves_nothing_on_a_full_disk(void)
{
    scratch_begin();
    flx_repository *repository = open_scratch();
    struct rlimit before, tight;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    flx_error error = {0};
    getrlimit(RLIMIT_FSIZE, &before);
    tight = before;
    tight.rlim_cur = 1024;
    setrlimit(RLIMIT_FSIZE, &tight);
    flx_status status = store_numbered_model(repository, 1, &error);
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, handler);
    assert_int(status, FLX_IO_FAILED);
    assert_contains(error.message, "cannot be written: File too large");
    assert_int(count_files(), 0);
    assert_int(rmdir(scratch_path("models")), 0); /* nor a hidden one */
    flx_repository_close(repository);
    scratch_end();
}

/* In a process of its own, which may not write even where the tests run as root: exit
 * status 0 where all is as it should be. */
static int use_read_only(const char *path)
{
    flx_repository *repository;
    flx_error error = {0};
    if (geteuid() == 0 && (setegid(65534) != 0 || seteuid(65534) != 0))
        return 1;
    if (flx_repository_open(path, &repository, NULL) != FLX_OK)
        return 2;
    if (find_numbered_model(repository, 1) != 1)
        return 3;
    if (store_numbered_model(repository, 2, &error) != FLX_IO_FAILED)
        return 4;
    if (!strstr(error.message, "cannot be created: Permission denied"))
        return 5;
    bool leaves_old = find_numbered_model(repository, 2) == 0;
    flx_repository_close(repository);
    return leaves_old ? 0 : 6;
}

static void is_read_where_it_cannot_be_written(void)
{
    const char *folder = scratch_begin();
    flx_repository *repository = open_scratch();
    assert_int(store_numbered_model(repository, 1, NULL), FLX_OK);
    flx_repository_close(repository);
    chmod(folder, 0755);
    assert_int(chmod(scratch_path("models"), 0555), 0);
    pid_t child = fork();
    if (child == 0)
        _exit(use_read_only(scratch_path("models")));
    int outcome = 0;
    assert_true(waitpid(child, &outcome, 0) == child && WIFEXITED(outcome));
    assert_int(WEXITSTATUS(outcome), 0);
    chmod(scratch_path("models"), 0755);
    scratch_end();
}

static void names_a_folder_that_cannot_be_opened(void)
{
    scratch_begin();
    flx_repository *repository;
    flx_error error = {0};
    scratch_write("file", "");
    assert_int(flx_repository_open(scratch_path("file"), &repository, &error),
               FLX_BAD_INPUT);
    assert_contains(error.message, "file: cannot be opened as a model repository");
    assert_true(repository == NULL);
    assert_int(flx_repository_open(scratch_path("no/models"), &repository, &error),
               FLX_BAD_INPUT);
    assert_contains(error.message, "no/models: the model repository cannot be created");
    assert_int(flx_repository_open("", &repository, &error), FLX_BAD_INPUT);
    scratch_end();
}

#define HALF "0123456789abcdef0123456789abcdef"

/* Hidden files of killed writers go after an hour; all others stay. */
static void sweeps_what_killed_writers_left(void)
{
    static const char *const kept[] = {
        "models/." HALF HALF ".h5.young0",  "models/" HALF HALF ".h5",
        "models/." HALF HALF ".h5.longer0", "models/.profile",
        "models/." HALF HALF ".txt.abcdef", "models/.x" HALF HALF ".h5.abcdef"};
    static const char left[] = "models/." HALF HALF ".h5.abcdef";
    scratch_begin();
    flx_repository_close(open_scratch());
    struct timespec old[2] = {{time(NULL) - 4000, 0}, {time(NULL) - 4000, 0}};
    scratch_write(left, "half");
    assert_int(utimensat(AT_FDCWD, scratch_path(left), old, 0), 0);
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        scratch_write(kept[i], "");
        if (i > 0)
            assert_int(utimensat(AT_FDCWD, scratch_path(kept[i]), old, 0), 0);
    }
    flx_repository_close(open_scratch());
    assert_true(access(scratch_path(left), F_OK) != 0);
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        assert_int(access(scratch_path(kept[i]), F_OK), 0);
    scratch_end();
}

static void lists_models_with_size_and_date(void)
{
    scratch_begin();
    flx_repository *repository = open_scratch();
    flx_repository_entry *entries;
    int count;
    assert_int(flx_repository_list(repository, &entries, &count, NULL), FLX_OK);
    assert_int(count, 0);
    free(entries);
    struct timespec dated[2] = {{1700000000, 0}, {1700000000, 0}};
    for (int k = 0; k < 9; k++) {
        assert_int(store_numbered_model(repository, k, NULL), FLX_OK);
        assert_int(utimensat(AT_FDCWD, file_of(k), dated, 0), 0);
    }
    scratch_write("models/notes.txt", "mine");
    assert_int(flx_repository_list(repository, &entries, &count, NULL), FLX_OK);
    assert_int(count, 9);
    for (int i = 0; i < count; i++) {
        char name[128];
        struct stat about;
        snprintf(name, sizeof name, "models/%s.h5", entries[i].cause);
        assert_int(stat(scratch_path(name), &about), 0);
        assert_int((long)entries[i].bytes, about.st_size);
        assert_int(entries[i].stored, 1700000000);
        assert_true(i == 0 || strcmp(entries[i - 1].cause, entries[i].cause) < 0);
    }
    free(entries);
    flx_repository_close(repository);
    scratch_end();
}

CU_TestInfo model_repository_tests[] = {
    {"finds what it stored bit for bit", finds_what_it_stored_bit_for_bit},
    {"keeps absent residuals absent", keeps_absent_residuals_absent},
    {"leaves a stored model alone", leaves_a_stored_model_alone},
    {"names a file with a flipped byte", names_a_file_with_a_flipped_byte},
    {"names a file that was cut short", names_a_file_that_was_cut_short},
    {"names a file of another key", names_a_file_of_another_key},
    {"names a file of another version", names_a_file_of_another_version},
    {"leaves nothing on a full disk", leaves_nothing_on_a_full_disk},
    {"is read where it cannot be written", is_read_where_it_cannot_be_written},
    {"names a folder that cannot be opened", names_a_folder_that_cannot_be_opened},
    {"sweeps what killed writers left", sweeps_what_killed_writers_left},
    {"lists models with size and date", lists_models_with_size_and_date},
    CU_TEST_INFO_NULL,
};
