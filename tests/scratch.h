/* SPDX-License-Identifier: MIT
 * A folder for the files of one test, gone afterwards. */
#ifndef FLX_TEST_SCRATCH_H
#define FLX_TEST_SCRATCH_H

/* Makes an empty folder; its path lives until scratch_end. One at a time. */
const char *scratch_begin(void);
/* Removes the folder and all in it. */
void scratch_end(void);

/* "FOLDER/NAME"; valid until the eighth next call. */
const char *scratch_path(const char *name);
/* Writes `text` to FOLDER/NAME and returns that path. */
const char *scratch_write(const char *name, const char *text);
/* How many entries FOLDER has, hidden ones too. */
int scratch_count(void);
#endif
