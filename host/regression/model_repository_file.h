/* SPDX-License-Identifier: MIT
 * One file of the model repository. Inside the library. */
#ifndef FLX_MODEL_REPOSITORY_FILE_H
#define FLX_MODEL_REPOSITORY_FILE_H

#include "host/regression/model_repository.h"

/* As flx_repository_store and flx_repository_find, for a file that is to be made and one
 * that is there. */
flx_status flx_repository_file_write(const char *path, const char *key,
                                     const flx_fit_result *model, flx_error *error);
flx_status flx_repository_file_read(const char *path, const char *key,
                                    flx_fit_result *out, flx_error *error);
#endif
