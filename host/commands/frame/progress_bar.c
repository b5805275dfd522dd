/* SPDX-License-Identifier: MIT
 * One line on stderr: how far, and how long it will still take at the pace so far. Drawn
 * at most ten times a second, so that it costs nothing, and wiped at the end, so that it
 * leaves nothing in a log. */
#include "host/commands/frame/progress_bar.h"
#include "formats/clock.h"
#include "host/commands/frame/terminal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const double redraw_s = 0.1;

static void draw(const flx_bar *bar, double share, double left_s)
{
    enum { CELLS = 24 };
    char cells[CELLS + 1];
    int full = (int)(share * CELLS);
    memset(cells, '.', CELLS);
    memset(cells, '#', (size_t)full);
    cells[CELLS] = '\0';
    fputs("\r\033[K", stderr);
    flx_text_put(bar->label, stderr);
    fprintf(stderr, " [%s] %3.0f%%", cells, floor(100 * share));
    if (left_s < 100 * 3600.0) {
        long s = (long)ceil(left_s);
        if (s >= 3600)
            fprintf(stderr, "  %ld:%02ld:%02ld left", s / 3600, s / 60 % 60, s % 60);
        else
            fprintf(stderr, "  %ld:%02ld left", s / 60, s % 60);
    }
    fflush(stderr);
}

static void report(void *context, double done, double total)
{
    flx_bar *bar = context;
    double now = flx_clock_seconds();
    if (!bar->is_terminal || now - bar->drawn < redraw_s)
        return;
    bar->drawn = now;
    double share = total > 0 ? fmin(fmax(done / total, 0), 1) : 0;
    draw(bar, share, share > 0 ? (now - bar->started) * (1 - share) / share : INFINITY);
}

flx_progress flx_bar_start(flx_bar *bar, const char *label)
{
    const char *terminal = getenv("TERM");
    bool can_wipe = terminal && strcmp(terminal, "dumb") != 0;
    double now = flx_clock_seconds();
    *bar = (flx_bar){.label = label,
                     .started = now,
                     .drawn = now,
                     .is_terminal = can_wipe && isatty(STDERR_FILENO)};
    return (flx_progress){.report = report, .context = bar};
}

void flx_bar_finish(flx_bar *bar)
{
    if (bar->is_terminal && bar->drawn > bar->started) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
    }
    bar->drawn = bar->started;
}
