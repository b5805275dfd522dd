/* SPDX-License-Identifier: MIT
 * Reading a table inside this process; shared by dataset_file.c and dataset_sandbox.c
 * only.
 */
#ifndef FLX_DATASET_FILE_H
#define FLX_DATASET_FILE_H

#include "formats/dataset/dataset.h"

/* As flx_dataset_read, but a file that crashes libhdf5 crashes this process. */
flx_status flx_dataset_read_here(const char *path, flx_dataset **out, flx_error *error);
#endif
