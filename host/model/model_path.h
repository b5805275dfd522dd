/* SPDX-License-Identifier: MIT
 * The names of the files in a model folder. Inside the library. */
#ifndef FLX_MODEL_PATH_H
#define FLX_MODEL_PATH_H

/* "FOLDER/name" and "FOLDER/models/DIGEST.h5", allocated; NULL when out of memory. */
char *flx_model_file(const char *folder, const char *name);
char *flx_model_predictor_file(const char *folder, const char *digest);
#endif
