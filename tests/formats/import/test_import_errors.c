/* SPDX-License-Identifier: MIT
 * Imports that are refused: which column or cell, and why. */
#include "formats/import/import.h"

#include "tests/close.h"
#include "tests/formats/import/imported.h"
#include "tests/scratch.h"

#include <CUnit/CUnit.h>

typedef struct {
    const char *map, *a, *b, *part;
} refusal;

#define SAME MAP_PLAIN ", \"y\": {\"same_as\": \"s:x\"}}}"
#define TWO  MAP_PLAIN ", \"y\": {\"name\": \"s:y\", \"kind\": \"metric\"}}}"

static const refusal column_refusals[] = {
    {MAP_PLAIN "}}", "x,z\n1,2\n", NULL,
     "a.csv line 1: column \"z\" is neither mapped nor ignored (in map)"},
    {TWO, "x\n1\n", NULL, "a.csv has no column \"y\" (map line 1)"},
    {MAP_PLAIN "}}", "x,x\n1,1\n", NULL, "a.csv line 1: column \"x\" stands twice"},
    {MAP_PLAIN ", \"y\": {\"name\": \"s:x\", \"kind\": \"metric\"}}}", "x,y\n1,1\n", NULL,
     "a.csv: columns \"x\" and \"y\" both become \"s:x\""},
    {MAP_PLAIN "}}", "x\n", NULL, "a.csv has a header and no rows"},
    {MAP_PLAIN "}}", "", NULL, "a.csv is empty"},
    {MAP_PLAIN "}}", "x\n1\n", "x,z\n1,2\n",
     "b.csv line 1: column \"z\" is neither mapped"},
    {TWO, "x,y\n1,2\n", "x\n1\n", "b.csv has no column \"y\", as the other files do"},
    {MAP_PLAIN "}, \"time\": \"t\"}", "x\n1\n", NULL,
     "a.csv has no column \"t\" (for \"time\")"},
    {MAP_HEAD "\"columns\": {\"*\": {\"name\": \"s:*\", \"kind\": \"knob\"}}}",
     "\xff\n1\n", NULL, "a.csv line 1: the name of column 1 is no UTF-8"},
    {MAP_PLAIN ", \"y\": {\"same_as\": \"s:z\"}}}", "x,y\n1,1\n", NULL,
     "map line 1: \"y\" is the same as \"s:z\", which no column becomes"},
    {MAP_PLAIN
     "}, \"derive\": [{\"name\": \"s:x\", \"by\": \"x\", \"how\": \"count_by\"}]}",
     "x\n1\n", NULL, "map makes \"s:x\" twice"},
    {MAP_PLAIN
     "}, \"derive\": [{\"name\": \"s:h\", \"from\": \"q\", \"how\": \"hour\"}]}",
     "x\n1\n", NULL, "\"s:h\" is derived from \"q\", which is neither"},
    {MAP_HEAD
     "\"join\": \"row\", \"columns\": {\"x\": {\"name\": \"s:x\", \"kind\": \"knob\"}}}",
     "x\n1\n", "x\n2\n", "b.csv: columns \"x\" and \"x\" both become \"s:x\""},
};

static const refusal cell_refusals[] = {
    {MAP_PLAIN "}}", "x\n1\nfast\n", NULL,
     "a.csv line 3: column \"x\" holds \"fast\", which is no number"},
    {MAP_PLAIN "}}", "x\n0x10\n", NULL, "which is no number"},
    {MAP_PLAIN "}}", "x\n1 2\n", NULL, "\"1 2\", which is no number"},
    {MAP_PLAIN "}}", "x\ninf\n", NULL, "\"inf\", which is no number"},
    {MAP_PLAIN "}}", "x\n1e999\n", NULL, "\"1e999\", which is too large"},
    {SAME, "x,y\n1,1\n2,3\n", NULL,
     "a.csv line 3: column \"y\" is 3, but \"s:x\" is 2 in row 1: they must agree"},
    {SAME, "x,y\n1,\n", NULL, "column \"y\" is nan, but \"s:x\" is 1 in row 0"},
    {MAP_PLAIN ", \"c\": {\"name\": \"s:c\", \"kind\": \"knob\", \"values\": [\"u\"]}}}",
     "x,c\n1,v\n", NULL,
     "a.csv line 2: column \"c\" holds \"v\", which is none of its 1 values (\"u\")"},
    {MAP_PLAIN "}, \"time\": \"t\"}", "x,t\n1,2023-02-29\n", NULL,
     "column \"t\" holds \"2023-02-29\", which is no time"},
    {MAP_PLAIN "}, \"time\": \"t\"}", "x,t\n1,\n", NULL,
     "a.csv line 2: column \"t\" holds no time"},
    {MAP_PLAIN "}, \"step\": {\"column\": \"t\"}}", "x,t\n1,-1\n", NULL,
     "holds \"-1\", which is no step"},
    {MAP_LONG "}", "part,t,node,l,n\np,1,A,1,1\np,2,A,1,1\np,1,A,2,2\n", NULL,
     "a.csv line 4: service \"A\" has a second line in one row, the first is "},
    {MAP_LONG "}", "part,t,node,l,n\np,1,,1,1\n", NULL,
     "column \"node\" names no service"},
    {MAP_LONG ", \"columns\": {\"w\": {\"name\": \"m:w\", \"kind\": \"state\"}}}",
     "part,t,node,l,n,w\np,1,A,1,1,5\np,1,C,1,1,6\n", NULL,
     "a.csv line 3: \"m:w\" is 6 here and 5 on the first line of this row"},
};

static void assert_all_refused(const refusal *cases, size_t count)
{
    scratch_begin();
    for (size_t i = 0; i < count; i++)
        assert_import_refused(cases[i].map, cases[i].a, cases[i].b, cases[i].part);
    scratch_end();
}

static void refuses_columns(void)
{
    assert_all_refused(column_refusals,
                       sizeof column_refusals / sizeof column_refusals[0]);
}

static void refuses_cells(void)
{
    assert_all_refused(cell_refusals, sizeof cell_refusals / sizeof cell_refusals[0]);
}

CU_TestInfo import_errors_tests[] = {
    {"refuses columns", refuses_columns},
    {"refuses cells", refuses_cells},
    CU_TEST_INFO_NULL,
};
