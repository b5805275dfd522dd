/* SPDX-License-Identifier: MIT
 * Columns as wide as their widest cell, two blanks apart. Cells are kept until the table
 * is printed, since the widths are known only then. */
#include "host/commands/frame/command.h"
#include "host/commands/frame/terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct flx_table {
    int columns, rows, room;
    char *alignment; /* (columns) 'l' or 'r' */
    char **cells;    /* (room, columns); row 0 holds the titles; NULL = empty */
    bool is_cut;     /* memory ran out: rows are missing */
};

static bool make_room(flx_table *table)
{
    if (table->rows < table->room)
        return true;
    int room = table->room ? 2 * table->room : 16;
    size_t cells = (size_t)room * (size_t)table->columns;
    char **grown = realloc(table->cells, cells * sizeof *grown);
    if (!grown)
        return false;
    table->cells = grown;
    table->room = room;
    return true;
}

flx_table *flx_table_create(int columns, const char *const *titles, const char *alignment)
{
    flx_table *table = calloc(1, sizeof *table);
    if (!table)
        return NULL;
    table->columns = columns;
    table->alignment = strdup(alignment);
    flx_table_row(table, titles);
    if (!table->alignment || table->is_cut) {
        flx_table_destroy(table);
        return NULL;
    }
    return table;
}

void flx_table_row(flx_table *table, const char *const *cells)
{
    if (!table || table->is_cut)
        return;
    if (!make_room(table)) {
        table->is_cut = true;
        return;
    }
    char **row = table->cells + (size_t)table->rows++ * (size_t)table->columns;
    for (int i = 0; i < table->columns; i++) {
        row[i] = cells[i] ? strdup(cells[i]) : NULL;
        table->is_cut |= cells[i] && !row[i];
    }
}

static const char *cell_at(const flx_table *table, int row, int column)
{
    const char *cell =
        table->cells[(size_t)row * (size_t)table->columns + (size_t)column];
    return cell ? cell : "";
}

static int column_width(const flx_table *table, int column)
{
    int width = 0;
    for (int row = 0; row < table->rows; row++) {
        int cell = flx_text_width(cell_at(table, row, column));
        width = cell > width ? cell : width;
    }
    return width;
}

static void print_row(const flx_table *table, int row, const int *widths)
{
    int owed = 0; /* blanks are written only before text: no line ends in blanks */
    for (int column = 0; column < table->columns; column++) {
        const char *cell = cell_at(table, row, column);
        int rest = widths[column] - flx_text_width(cell);
        bool is_right = table->alignment[column] == 'r';
        owed += is_right ? rest : 0;
        if (*cell) {
            printf("%*s", owed, "");
            flx_text_put(cell, stdout);
            owed = 0;
        }
        owed += (is_right ? 0 : rest) + 2;
    }
    putchar('\n');
}

static void print_rule(const flx_table *table, const int *widths)
{
    for (int column = 0; column < table->columns; column++) {
        if (column)
            printf("  ");
        for (int i = 0; i < widths[column]; i++)
            putchar('-');
    }
    putchar('\n');
}

void flx_table_print(const flx_table *table)
{
    int *widths = table ? calloc((size_t)table->columns, sizeof *widths) : NULL;
    if (!widths) {
        puts("(no memory for a table)");
        return;
    }
    for (int column = 0; column < table->columns; column++)
        widths[column] = column_width(table, column);
    for (int row = 0; row < table->rows; row++) {
        print_row(table, row, widths);
        if (row == 0)
            print_rule(table, widths);
    }
    if (table->is_cut)
        puts("(no memory for the rest of this table)");
    free(widths);
}

void flx_table_destroy(flx_table *table)
{
    if (!table)
        return;
    size_t cells = (size_t)table->rows * (size_t)table->columns;
    for (size_t i = 0; i < cells; i++)
        free(table->cells[i]);
    free(table->cells);
    free(table->alignment);
    free(table);
}
