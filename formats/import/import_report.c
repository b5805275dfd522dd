/* SPDX-License-Identifier: MIT
 * What an import did, in numbers. */
#include "formats/import/import.h"
#include "formats/import/import_fill.h"
#include "formats/memory.h"

#include <math.h>
#include <stdlib.h>

static void count_columns(const flx_dataset *dataset, flx_import_report *report)
{
    size_t cells = (size_t)dataset->rows * (size_t)dataset->n_columns;
    report->rows = dataset->rows;
    for (int c = 0; c < dataset->n_columns; c++) {
        report->knobs += dataset->columns[c].kind == FLX_KNOB;
        report->states += dataset->columns[c].kind == FLX_STATE;
        report->metrics += dataset->columns[c].kind == FLX_METRIC;
    }
    for (size_t i = 0; i < cells; i++)
        report->missing += isnan(dataset->values[i]);
}

/* The same repeat in files below each other is one binding and named once. */
static flx_status list_dropped(const flx_import_work *work, flx_import_report *report,
                               flx_error *error)
{
    const flx_import_bindings *bindings = &work->bindings;
    if (!FLX_NEW(report->dropped, bindings->count))
        return flx_no_memory(error, "the report");
    for (int i = 0; i < bindings->count; i++) {
        int f = 0;
        if (!bindings->list[i].is_check)
            continue;
        while (bindings->list[i].column[f] < 0)
            f++;
        const char *name = work->table->files[f]->names[bindings->list[i].column[f]];
        FLX_TRY(flx_copy_text(name, &report->dropped[report->n_dropped++], error));
    }
    return FLX_OK;
}

flx_status flx_import_fill_report(const flx_import_work *work, flx_import_report *report,
                                  flx_error *error)
{
    *report = (flx_import_report){0};
    report->lines = work->table->n_all;
    report->kept_lines = work->table->n_lines;
    report->ignored = work->bindings.n_ignored;
    count_columns(work->dataset, report);
    flx_status status = list_dropped(work, report, error);
    if (status != FLX_OK)
        flx_import_report_release(report);
    return status;
}

void flx_import_report_release(flx_import_report *report)
{
    for (int i = 0; i < report->n_dropped; i++)
        free(report->dropped[i]);
    free(report->dropped);
    *report = (flx_import_report){0};
}
