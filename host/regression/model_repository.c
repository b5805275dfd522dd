/* SPDX-License-Identifier: MIT
 * The folder, its names, and its files: a predictor file with the key, what else the fit
 * left, and a checksum, which is checked before libhdf5 sees the file. */
#include "host/regression/model_repository.h"

#include "formats/files.h"
#include "formats/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DIGEST_LENGTH = 64, SWEEP_AGE_S = 3600 };
#define SUFFIX ".h5"

struct flx_repository {
    char *path;
};

static bool is_digest(const char *text)
{
    return strspn(text, "0123456789abcdef") >= DIGEST_LENGTH;
}

static bool is_model_name(const char *name)
{
    return is_digest(name) && strcmp(name + DIGEST_LENGTH, SUFFIX) == 0;
}

/* ".DIGEST.h5.XXXXXX": what formats/files/output.h writes before it renames. */
static bool is_unfinished_name(const char *name)
{
    const char *suffix = SUFFIX ".";
    return name[0] == '.' && is_digest(name + 1) &&
           strncmp(name + 1 + DIGEST_LENGTH, suffix, strlen(suffix)) == 0 &&
           strlen(name + 1 + DIGEST_LENGTH + strlen(suffix)) == 6;
}

/* What writers that were killed left; a living one needs far less than an hour. Where it
 * cannot be removed (a folder to be read only), it stays. */
static void sweep(DIR *folder)
{
    time_t now = time(NULL);
    for (struct dirent *entry; (entry = readdir(folder));) {
        struct stat about;
        if (is_unfinished_name(entry->d_name) &&
            fstatat(dirfd(folder), entry->d_name, &about, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(about.st_mode) && about.st_mtime < now - SWEEP_AGE_S)
            unlinkat(dirfd(folder), entry->d_name, 0);
    }
}

static flx_status open_folder(const char *path, DIR **folder, flx_error *error)
{
    *folder = opendir(path);
    if (*folder)
        return FLX_OK;
    return flx_fail(error, errno == ENOTDIR ? FLX_BAD_INPUT : FLX_IO_FAILED,
                    "%s: cannot be opened as a model repository: %s", path,
                    strerror(errno));
}

flx_status flx_repository_open(const char *path, flx_repository **out, flx_error *error)
{
    *out = NULL;
    if (mkdir(path, 0777) != 0 && errno != EEXIST) {
        bool is_call_wrong = errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG;
        return flx_fail(error, is_call_wrong ? FLX_BAD_INPUT : FLX_IO_FAILED,
                        "%s: the model repository cannot be created: %s", path,
                        strerror(errno));
    }
    DIR *folder;
    FLX_TRY(open_folder(path, &folder, error));
    sweep(folder);
    closedir(folder);
    flx_repository *repository = NULL;
    if (!FLX_NEW(repository, 1) || !(repository->path = strdup(path))) {
        flx_repository_close(repository);
        return flx_no_memory(error, "the path %s", path);
    }
    *out = repository;
    return FLX_OK;
}

void flx_repository_close(flx_repository *repository)
{
    if (!repository)
        return;
    free(repository->path);
    free(repository);
}

const char *flx_repository_path(const flx_repository *repository)
{
    return repository->path;
}

static flx_status name_file(const flx_repository *repository, const char *key,
                            char **path, flx_error *error)
{
    size_t length = strlen(repository->path);
    const char *slash = repository->path[length - 1] == '/' ? "" : "/";
    if (asprintf(path, "%s%s%s" SUFFIX, repository->path, slash, key) < 0)
        return flx_no_memory(error, "a name in %s", repository->path);
    return FLX_OK;
}

static flx_status look_up(const char *path, bool *is_there, flx_error *error)
{
    struct stat about;
    *is_there = lstat(path, &about) == 0;
    if (*is_there || errno == ENOENT)
        return FLX_OK;
    return flx_fail(error, FLX_IO_FAILED, "%s: cannot be looked up: %s", path,
                    strerror(errno));
}

static void put_rows(flx_hdf5_writer *writer, const char *name, const double *values,
                     int n)
{
    if (values)
        flx_hdf5_write_doubles(writer, name, 1, (size_t[]){(size_t)n}, values);
}

static flx_status write_file(const char *path, const char *key,
                             const flx_fit_result *model, flx_error *error)
{
    flx_hdf5_writer *writer = flx_predictor_put(&model->predictor);
    flx_hdf5_put_text(writer, "/", "cause", key);
    flx_hdf5_put_text(writer, "/", "output", model->output ? model->output : "");
    flx_hdf5_put_number(writer, "/", "objective", model->objective);
    flx_hdf5_put_integer(writer, "/", "starts", model->starts);
    flx_hdf5_put_integer(writer, "/", "created", model->created);
    put_rows(writer, "loo_mean", model->loo_mean, model->predictor.n);
    put_rows(writer, "loo_variance", model->loo_variance, model->predictor.n);
    return flx_hdf5_save_with_trailer(writer, path, error);
}

static flx_status get_rows(const flx_hdf5_reader *reader, const char *name, int n,
                           double **values, flx_error *error)
{
    size_t dims[1] = {(size_t)n};
    if (n == 0 || !flx_hdf5_has(reader, name))
        return FLX_OK;
    return flx_hdf5_read_doubles(reader, name, 1, dims, values, error);
}

/* A file that was renamed, or copied to another name, is whole and yet the wrong one. */
static flx_status check_key(const flx_hdf5_reader *reader, const char *key,
                            flx_error *error)
{
    char *found = NULL;
    FLX_TRY(flx_hdf5_get_text(reader, "/", "cause", true, &found, error));
    bool is_equal = strcmp(found, key) == 0;
    flx_status status = is_equal ? FLX_OK
                                 : flx_fail(error, FLX_BAD_INPUT,
                                            "%s holds the model of another key, %.64s",
                                            flx_hdf5_path(reader), found);
    free(found);
    return status;
}

static flx_status read_all(const flx_hdf5_reader *reader, const char *key,
                           flx_fit_result *out, flx_error *error)
{
    int64_t starts = 0;
    FLX_TRY(flx_predictor_get(reader, &out->predictor, error));
    FLX_TRY(check_key(reader, key, error));
    FLX_TRY(flx_hdf5_get_text(reader, "/", "output", true, &out->output, error));
    FLX_TRY(flx_hdf5_get_number(reader, "/", "objective", true, &out->objective, error));
    FLX_TRY(flx_hdf5_get_integer(reader, "/", "starts", true, &starts, error));
    if (starts < 0 || starts > INT_MAX)
        return flx_fail(error, FLX_BAD_INPUT, "%s: %lld starts make no sense",
                        flx_hdf5_path(reader), (long long)starts);
    out->starts = (int)starts;
    FLX_TRY(flx_hdf5_get_integer(reader, "/", "created", true, &out->created, error));
    FLX_TRY(get_rows(reader, "loo_mean", out->predictor.n, &out->loo_mean, error));
    return get_rows(reader, "loo_variance", out->predictor.n, &out->loo_variance, error);
}

/* Says what to do about it. */
static flx_status advise(flx_status status, flx_error *error)
{
    if (status != FLX_BAD_INPUT || !error)
        return status;
    flx_error what = *error;
    return flx_fail(error, status, "%s: remove it, and it is trained again",
                    what.message);
}

static flx_status read_file(const char *path, const char *key, flx_fit_result *out,
                            flx_error *error)
{
    *out = (flx_fit_result){0};
    flx_hdf5_reader *reader = NULL;
    flx_status status = flx_checksum_trailer_check(path, error);
    if (status == FLX_OK)
        status = flx_hdf5_open(path, &reader, error);
    if (status == FLX_OK)
        status = read_all(reader, key, out, error);
    flx_hdf5_close(reader);
    if (status != FLX_OK)
        flx_fit_result_clear(out);
    return advise(status, error);
}

flx_status flx_repository_find(const flx_repository *repository, const char *key,
                               bool *is_there, flx_fit_result *out, flx_error *error)
{
    *out = (flx_fit_result){0};
    *is_there = false;
    char *path;
    FLX_TRY(name_file(repository, key, &path, error));
    flx_status status = look_up(path, is_there, error);
    if (*is_there)
        status = read_file(path, key, out, error);
    *is_there = *is_there && status == FLX_OK;
    free(path);
    return status;
}

flx_status flx_repository_store(const flx_repository *repository, const char *key,
                                const flx_fit_result *model, flx_error *error)
{
    bool is_there;
    char *path;
    FLX_TRY(name_file(repository, key, &path, error));
    flx_status status = look_up(path, &is_there, error);
    if (status == FLX_OK && !is_there)
        status = write_file(path, key, model, error);
    free(path);
    return status;
}

static int compare_entries(const void *left, const void *right)
{
    const flx_repository_entry *a = left, *b = right;
    return strcmp(a->cause, b->cause);
}

flx_status flx_repository_list(const flx_repository *repository,
                               flx_repository_entry **out, int *count, flx_error *error)
{
    *out = NULL;
    *count = 0;
    DIR *folder;
    FLX_TRY(open_folder(repository->path, &folder, error));
    flx_repository_entry *list = NULL;
    size_t capacity = 0;
    flx_status status = FLX_OK;
    for (struct dirent *entry; status == FLX_OK && (entry = readdir(folder));) {
        struct stat about;
        if (!is_model_name(entry->d_name) ||
            fstatat(dirfd(folder), entry->d_name, &about, 0) != 0)
            continue;
        if (!FLX_GROW(list, capacity, *count + 1)) {
            status = flx_no_memory(error, "the models of %s", repository->path);
            break;
        }
        flx_repository_entry *next = &list[(*count)++];
        *next = (flx_repository_entry){.bytes = about.st_size, .stored = about.st_mtime};
        memcpy(next->cause, entry->d_name, DIGEST_LENGTH);
    }
    closedir(folder);
    if (status != FLX_OK) {
        free(list);
        *count = 0;
        return status;
    }
    if (list)
        qsort(list, (size_t)*count, sizeof *list, compare_entries);
    *out = list;
    return FLX_OK;
}
