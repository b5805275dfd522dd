/* SPDX-License-Identifier: MIT */
#include "formats/import/import_map.h"

#include "tests/close.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#define HEAD   "{\"format\": \"fluxion-import\", \"version\": 1,\n"
#define COLUMN "\"columns\": {\"a\": {\"name\": \"s:a\", \"kind\": \"knob\"}}"

static void reads_all_keys(void)
{
    flx_error error = {0};
    flx_import_map *map = NULL;
    const char *text =
        HEAD "\"system\": \"x\", \"origin\": \"y\", \"header\": [\"a\", \"b\"], "
             "\"time\": \"t\",\n"
             "\"step\": 3, \"group\": {\"lines\": 2}, \"where\": {\"c\": \"u\"},\n"
             "\"missing\": [\"-\"], \"join\": \"row\", \"ignore\": [\"z*\"],\n"
             "\"columns\": {\"*:x\": {\"name\": \"*:y\", \"kind\": \"state\", \"unit\": "
             "\"s\",\n"
             "  \"scale\": 0.5, \"optional\": true}, \"b\": {\"same_as\": \"q:y\"}},\n"
             "\"derive\": [{\"name\": \"v:h\", \"from\": \"t\", \"how\": \"bucket\",\n"
             "  \"edges\": [1, 2.5], \"kind\": \"metric\"}]}";
    assert_int(flx_import_map_parse(text, "map", &map, &error), FLX_OK);
    assert_text(error.message, "");
    assert_text(map->system, "x");
    assert_int(map->header.count, 2);
    assert_int(map->step, 3);
    assert_int(map->group_lines, 2);
    assert_text(map->filters[0].texts.texts[0], "u");
    assert_text(map->missing.texts[0], "-");
    assert_true(map->is_joined);
    assert_int(map->n_rules, 3);
    assert_text(map->rules[0].name, "*:y");
    assert_int(map->rules[0].kind, FLX_STATE);
    assert_close(map->rules[0].scale, 0.5, 0, 0);
    assert_true(map->rules[0].is_optional);
    assert_text(map->rules[1].same_as, "q:y");
    assert_true(map->rules[2].is_ignored);
    assert_int(map->derivations[0].n_edges, 2);
    assert_close(map->derivations[0].edges[1], 2.5, 0, 0);
    assert_int(map->derivations[0].kind, FLX_METRIC);
    flx_import_map_destroy(map);
    flx_import_map_destroy(NULL);
}

static void fits_patterns(void)
{
    const char *star = NULL;
    size_t length = 99;
    assert_true(flx_pattern_fits("*:0.90", "get:0.90", &star, &length));
    assert_int((long)length, 3);
    assert_int(strncmp(star, "get", 3), 0);
    assert_true(flx_pattern_fits("a*b", "ab", &star, &length));
    assert_int((long)length, 0);
    assert_true(!flx_pattern_fits("ab*ba", "aba", NULL, NULL)); /* no overlap */
    assert_true(flx_pattern_fits("*", "", NULL, NULL));
    assert_true(!flx_pattern_fits("ab", "abc", NULL, NULL));
}

static const char *const bad[][2] = {
    {"{", "map line 1"},
    {"{\"format\": \"fluxion-deployment\", \"version\": 1}", "fluxion-import"},
    {HEAD COLUMN ", \"color\": 1}", "color"},
    {HEAD "\"ignore\": []}", "the map makes no column"},
    {HEAD "\"columns\": {\n\"a\": 1}}", "map line 3: column \"a\" must be an object"},
    {HEAD "\"columns\": {\n\"a\": {\"kind\": \"knob\"}}}", "name"},
    {HEAD "\"columns\": {\"a\": {\"name\": \"s:a\", \"kind\": \"button\"}}}", "button"},
    {HEAD "\"columns\": {\"a\": {\"name\": \"s:a\", \"kind\": \"knob\", \"typo\": 1}}}",
     "typo"},
    {HEAD "\"columns\": {\"a\": {\"name\": \"sa\", \"kind\": \"knob\"}}}",
     "map line 2: \"sa\" is no column name (SERVICE:NAME)"},
    {HEAD "\"columns\": {\"a\": {\"name\": \"*:a\", \"kind\": \"knob\"}}}",
     "\"a\" to \"*:a\": one '*' on the left"},
    {HEAD "\"columns\": {\"*a*\": {\"name\": \"*:a\", \"kind\": \"knob\"}}}", "one '*'"},
    {HEAD "\"columns\": {\"a\": {\"name\": \"s:a\", \"kind\": \"knob\", \"scale\": 0}}}",
     "\"scale\" is 0, it must be finite and not 0"},
    {HEAD "\"columns\": {\"a\": {\"name\": \"s:a\", \"kind\": \"knob\", \"scale\": 2,"
          " \"values\": [\"x\"]}}}",
     "\"a\" has both \"values\" and a \"scale\""},
    {HEAD "\"columns\": {\"a\": {\"same_as\": \"s:b\", \"kind\": \"knob\"}}}", "kind"},
    {HEAD COLUMN ",\n\"ignore\": [\"a\"]}",
     "map line 3: \"a\" is both mapped and ignored"},
    {HEAD COLUMN ", \"ignore\": [1]}", "\"ignore\" must hold texts only"},
    {HEAD COLUMN ", \"group\": {\"lines\": 3, \"column\": \"g\"}}",
     "\"group\" needs one of \"lines\" and \"column\""},
    {HEAD COLUMN ", \"group\": {\"lines\": 0}}", "lines"},
    {HEAD COLUMN ", \"step\": -1}", "step"},
    {HEAD COLUMN ", \"join\": \"column\"}", "column"},
    {HEAD COLUMN ", \"where\": {\"a\": []}}", "\"a\" must be a text or a list of texts"},
    {HEAD "\"pivot\": {\"row\": \"t\", \"service\": \"n\"}}",
     "\"pivot\" names no knobs, states or metrics"},
    {HEAD "\"pivot\": {\"service\": \"n\", \"metrics\": {\"l\": \"p90\"}}}", "row"},
    {HEAD
     "\"pivot\": {\"row\": \"t\", \"service\": \"n\", \"metrics\": {\"l\": \"a:b\"}}}",
     "\"l\" needs a name without ':'"},
    {HEAD "\"pivot\": {\"row\": \"t\", \"service\": \"n\", \"metrics\": {\"l\": \"p\"}},"
          " \"group\": {\"lines\": 3}}",
     "rows of a pivot have no lines to group by"},
    {HEAD COLUMN ", \"derive\": [{\"name\": \"v:h\", \"how\": \"hour\"}]}", "from"},
    {HEAD COLUMN
     ", \"derive\": [{\"name\": \"v:h\", \"how\": \"month\", \"from\": \"t\"}]}",
     "month"},
    {HEAD COLUMN
     ", \"derive\": [{\"name\": \"v:h\", \"how\": \"bucket\", \"from\": \"t\"}]}",
     "edges"},
    {HEAD COLUMN
     ", \"derive\": [{\"name\": \"v:h\", \"how\": \"bucket\", \"from\": \"t\","
     " \"edges\": [1, 1]}]}",
     "\"edges\" must be numbers that rise: item 1 does not"},
    {HEAD COLUMN ", \"derive\": [{\"name\": \"v:h\", \"how\": \"hour\", \"from\": \"t\","
                 " \"by\": \"x\"}]}",
     "\"by\" of \"v:h\" does not go with \"how\": \"hour\""},
};

static void refuses_bad_maps(void)
{
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        flx_error error = {0};
        flx_import_map *map = (flx_import_map *)&error;
        assert_int(flx_import_map_parse(bad[i][0], "map", &map, &error), FLX_BAD_INPUT);
        assert_true(map == NULL);
        assert_contains(error.message, bad[i][1]);
        assert_contains(error.message, "map");
    }
}

CU_TestInfo import_map_tests[] = {
    {"reads all keys", reads_all_keys},
    {"fits patterns", fits_patterns},
    {"refuses bad maps", refuses_bad_maps},
    CU_TEST_INFO_NULL,
};
