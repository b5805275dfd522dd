/* SPDX-License-Identifier: MIT
 * The folder and its names. What is in a file: host/regression/model_repository_file.c.
 */
#include "host/regression/model_repository.h"

#include "formats/memory.h"
#include "host/regression/model_repository_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
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

flx_status flx_repository_find(const flx_repository *repository, const char *key,
                               bool *is_there, flx_fit_result *out, flx_error *error)
{
    *out = (flx_fit_result){0};
    *is_there = false;
    char *path;
    FLX_TRY(name_file(repository, key, &path, error));
    flx_status status = look_up(path, is_there, error);
    if (*is_there)
        status = flx_repository_file_read(path, key, out, error);
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
        status = flx_repository_file_write(path, key, model, error);
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
