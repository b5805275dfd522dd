/* SPDX-License-Identifier: MIT
 * The model repository (paper 4): a folder of fitted models, each in a file DIGEST.h5
 * named by its fit key (host/regression/fit_cache.h). Same key, same name:
 * what was trained once is looked up. Such a file is a predictor
 * (formats/predictor/predictor.h) with what else its fit left, sealed by a checksum
 * (formats/files/checksum_trailer.h).
 *
 * Any number of processes may use a folder at once, without a lock: a file appears whole
 * by a rename and is never changed afterwards. A kill leaves hidden files at most; those
 * older than an hour are swept when the folder is opened. */
#ifndef FLX_MODEL_REPOSITORY_H
#define FLX_MODEL_REPOSITORY_H

#include "host/regression/fit_task.h"

#include <time.h>

typedef struct flx_repository flx_repository;

/* Makes the folder where it is absent. FLX_BAD_INPUT where `path` is something else or
 * the folder around it is missing; FLX_IO_FAILED where it cannot be made or listed. */
flx_status flx_repository_open(const char *path, flx_repository **out, flx_error *error);
void flx_repository_close(flx_repository *repository); /* NULL is fine */

const char *flx_repository_path(const flx_repository *repository);

/* Looks up the model of that key; *is_there tells whether `out` was filled. A file that
 * is damaged, of another version or of another key is FLX_BAD_INPUT and named. */
flx_status flx_repository_find(const flx_repository *repository, const char *key,
                               bool *is_there, flx_fit_result *out, flx_error *error);

/* Safely on the disk on return. A model that is there already stays as it is: one key
 * has one model. FLX_IO_FAILED leaves nothing behind. */
flx_status flx_repository_store(const flx_repository *repository, const char *key,
                                const flx_fit_result *model, flx_error *error);

typedef struct {
    char cause[65];
    long long bytes;
    time_t stored; /* when, Unix seconds */
} flx_repository_entry;

/* All models, by name; *out is the caller's to free. Other files are not looked at. */
flx_status flx_repository_list(const flx_repository *repository,
                               flx_repository_entry **out, int *count, flx_error *error);
#endif
