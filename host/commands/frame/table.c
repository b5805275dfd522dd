/* SPDX-License-Identifier: MIT
 * Columns as wide as their widest cell, two blanks apart. All cells are made before the
 * first is printed, since the widths are known only then. */
#include "formats/memory.h"
#include "host/commands/frame/report.h"
#include "host/commands/frame/terminal.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    int columns, rows; /* rows: with that of the titles, the first */
    char **cells;      /* (rows, columns) */
    int *widths;       /* (columns) */
    bool *is_right;    /* (columns) */
} table;

static char *cell_at(const table *t, int row, int column)
{
    return t->cells[(size_t)row * (size_t)t->columns + (size_t)column];
}

/* Whether a cell is made of numbers only, whatever stands between them. */
static bool has_no_text(const json_t *row, const char *cell)
{
    while ((cell = strchr(cell, '{'))) {
        char key[64];
        cell += cell[1] == ' ' || cell[1] == '?' ? 2 : 1;
        size_t length = strcspn(cell, ":}");
        snprintf(key, sizeof key, "%.*s", (int)length, cell);
        const json_t *value = flx_json_find(row, key);
        if (json_is_string(value) || json_is_boolean(value) || json_is_array(value) ||
            strncmp(cell + length, ":date", 5) == 0)
            return false;
    }
    return true;
}

static char *fill_cell(const json_t *row, const char *cell)
{
    json_auto_t *filled = flx_json_filled(row, cell);
    return filled ? strdup(json_string_value(filled)) : NULL;
}

/* false where memory is out. */
static bool fill_column(table *t, int c, const json_t *rows,
                        const flx_table_column *column)
{
    t->is_right[c] = true;
    for (int r = 0; r < t->rows; r++) {
        const json_t *row = r ? json_array_get(rows, (size_t)r - 1) : NULL;
        char *text = r ? fill_cell(row, column->cell) : strdup(column->title);
        t->cells[(size_t)r * (size_t)t->columns + (size_t)c] = text;
        if (!text)
            return false;
        int width = flx_text_width(text);
        t->widths[c] = width > t->widths[c] ? width : t->widths[c];
        if (r)
            t->is_right[c] = t->is_right[c] && has_no_text(row, column->cell);
    }
    return true;
}

static void print_row(const table *t, int row)
{
    int owed = 0; /* blanks are written only before text: no line ends in blanks */
    for (int column = 0; column < t->columns; column++) {
        const char *cell = cell_at(t, row, column);
        int rest = t->widths[column] - flx_text_width(cell);
        owed += t->is_right[column] ? rest : 0;
        if (*cell) {
            printf("%*s", owed, "");
            flx_text_put(cell, stdout);
            owed = 0;
        }
        owed += (t->is_right[column] ? 0 : rest) + 2;
    }
    putchar('\n');
}

static void print_rule(const table *t)
{
    for (int column = 0; column < t->columns; column++) {
        printf("%s", column ? "  " : "");
        for (int i = 0; i < t->widths[column]; i++)
            putchar('-');
    }
    putchar('\n');
}

void flx_print_table(const json_t *rows, const flx_table_column *columns)
{
    table t = {.rows = (int)json_array_size(rows) + 1};
    while (columns[t.columns].title)
        t.columns++;
    int n_cells = t.rows * t.columns;
    bool is_made = FLX_NEW(t.cells, n_cells) && FLX_NEW(t.widths, t.columns) &&
                   FLX_NEW(t.is_right, t.columns);
    for (int c = 0; c < t.columns && is_made; c++)
        is_made = fill_column(&t, c, rows, &columns[c]);
    for (int row = 0; row < t.rows && is_made; row++) {
        print_row(&t, row);
        if (row == 0)
            print_rule(&t);
    }
    if (!is_made)
        puts("(no memory for a table)");
    for (int i = 0; t.cells && i < n_cells; i++)
        free(t.cells[i]);
    free(t.cells);
    free(t.widths);
    free(t.is_right);
}
