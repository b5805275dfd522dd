/* SPDX-License-Identifier: MIT */
#include "host/commands/frame/sentences.h"

#include "host/commands/frame/report.h"

void flx_warn_absent(int absent, int total)
{
    if (absent > 0)
        fprintf(stderr,
                "warning: %d of the %d knobs and states that the model reads have no "
                "column in the table; training medians stand in for them\n",
                absent, total);
}

static json_int_t integer(const json_t *report, const char *key)
{
    return json_integer_value(json_object_get(report, key));
}

void flx_print_table_size(const json_t *report)
{
    json_int_t columns =
        integer(report, "knobs") + integer(report, "states") + integer(report, "metrics");
    double cells = (double)integer(report, "rows") * (double)columns;
    flx_write_filled(report, "{output}: {rows} rows of ", stdout);
    printf("%lld columns", (long long)columns);
    flx_print_line(report, ": {knobs} knobs, {states} states, {metrics} metrics");
    flx_write_filled(report, "missing cells: {missing}", stdout);
    printf(" (%.3g %%)\n",
           cells > 0 ? 100 * (double)integer(report, "missing") / cells : 0);
}
