/* SPDX-License-Identifier: MIT
 * A progress bar on stderr, drawn only where stderr is a terminal. */
#ifndef FLX_PROGRESS_BAR_H
#define FLX_PROGRESS_BAR_H

#include "formats/progress.h"

#include <stdbool.h>

typedef struct {
    const char *label; /* borrowed */
    double started, drawn;
    bool is_terminal;
} flx_bar;

flx_progress flx_bar_start(flx_bar *bar, const char *label);
void flx_bar_finish(flx_bar *bar);
#endif
