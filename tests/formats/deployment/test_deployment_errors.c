/* SPDX-License-Identifier: MIT
 * Every way in which a deployment file can be wrong, with the line that is named. A case
 * is the good file with one text replaced by another. */
#include "formats/deployment/deployment.h"

#include "tests/close.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char good[] =
    /*  1 */
    "{\"format\": \"fluxion-deployment\",\n"
    /*  2 */ " \"version\": 1,\n"
    /*  3 */ " \"name\": \"toy\",\n"
    /*  4 */ " \"target\": {\"service\": \"a\",\n"
    /*  5 */ "   \"metric\": \"p90\",\n"
    /*  6 */ "   \"goal\": \"min\", \"transform\": \"none\"},\n"
    /*  7 */ " \"services\": [\n"
    /*  8 */ "  {\"name\": \"a\",\n"
    /*  9 */ "   \"replicas\": 2,\n"
    /* 10 */ "   \"metrics\": [\"p90\"],\n"
    /* 11 */ "   \"calls\": [\"b\"]},\n"
    /* 12 */ "  {\"name\": \"b\",\n"
    /* 13 */ "   \"operations\": [{\"name\": \"get\"},\n"
    /* 14 */ "     {\"name\": \"set\", \"inputs\": [\"k\", \"rps\"]}],\n"
    /* 15 */ "   \"knobs\": [\n"
    /* 16 */ "    {\"name\": \"k\", \"type\": \"continuous\",\n"
    /* 17 */ "     \"min\": 1, \"max\": 4,\n"
    /* 18 */ "     \"default\": 2,\n"
    /* 19 */ "     \"scale\": \"log\"},\n"
    /* 20 */ "    {\"name\": \"d\", \"type\": \"discrete\", \"min\": 1, \"max\": 3},\n"
    /* 21 */ "    {\"name\": \"v\", \"type\": \"discrete\", \"values\": [1, 2]},\n"
    /* 22 */ "    {\"name\": \"c\", \"type\": \"choices\", \"values\": [\"x\", "
    "\"y\"]}],\n"
    /* 23 */ "   \"states\": [\"rps\", \"scan:rps\"],\n"
    /* 24 */ "   \"metrics\": [\"p90\"],\n"
    /* 25 */ "   \"calls\": [\"c.s\"]},\n"
    /* 26 */ "  {\"name\": \"c.s\", \"metrics\": [\"p90\"]}]}\n";

typedef struct {
    const char *from, *to, *message;
} wrong;

/* `good` with the first `from` replaced; the caller frees it. */
static char *bend(const char *from, const char *to)
{
    const char *at = strstr(good, from);
    char *text = malloc(sizeof good + strlen(to) + 1);
    assert_true(at && text);
    if (at && text)
        sprintf(text, "%.*s%s%s", (int)(at - good), good, to, at + strlen(from));
    return text;
}

static void assert_wrong(const char *from, const char *to, const char *message)
{
    flx_deployment *deployment;
    flx_error error = {0};
    char *text = bend(from, to);
    assert_int(flx_deployment_parse(text, "D.json", &deployment, &error), FLX_BAD_INPUT);
    assert_true(deployment == NULL);
    assert_text(error.message, message);
    free(text);
}

static void assert_all_wrong(const wrong *cases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_wrong(cases[i].from, cases[i].to, cases[i].message);
}

#define ASSERT_ALL_WRONG(cases) assert_all_wrong(cases, sizeof(cases) / sizeof *(cases))

static void accepts_the_file_as_it_stands(void)
{
    flx_deployment *deployment;
    flx_error error = {0};
    assert_int(flx_deployment_parse(good, "D.json", &deployment, &error), FLX_OK);
    assert_text(error.message, "");
    flx_deployment_destroy(deployment);
}

static void names_errors_of_the_whole(void)
{
    static const wrong cases[] = {
        {"fluxion-deployment", "fluxion-import",
         "D.json line 1: \"format\" is \"fluxion-import\", expected "
         "\"fluxion-deployment\""},
        {"\"version\": 1", "\"version\": 2",
         "D.json line 2: \"version\" is 2, this program reads version 1"},
        {"\"version\": 1", "\"version\": 1.0",
         "D.json line 2: \"version\" must be an integer, not a real number"},
        {"\"name\": \"toy\"", "\"name\": \"\"",
         "D.json line 3: the deployment has an empty name"},
        {"\"name\": \"toy\"", "\"nom\": \"toy\"",
         "D.json line 3: unknown key \"nom\" in a deployment: expected format, version, "
         "name, source, description, target or services"},
        {"\"name\": \"toy\",", "", "D.json line 1: the key \"name\" is missing"},
        {"\"version\": 1,", "\"version\": 1, \"version\": 1,",
         "D.json line 2: column 24: duplicate object key near '\"version\"'"},
        {"\"services\": [", "\"services\": [7,",
         "D.json line 7: a service must be an object"},
        {"\"services\": [", "\"services\": {},\n \"x\": [",
         "D.json line 8: unknown key \"x\" in a deployment: expected format, version, "
         "name, source, description, target or services"},
    };
    ASSERT_ALL_WRONG(cases);
}

static void names_errors_of_the_target(void)
{
    static const wrong cases[] = {
        {"\"service\": \"a\"", "\"service\": \"z\"",
         "D.json line 4: the target's service \"z\" is not declared"},
        {"\"metric\": \"p90\"", "\"metric\": \"p99\"",
         "D.json line 5: the target's service a declares no metric \"p99\""},
        {"\"goal\": \"min\"", "\"goal\": \"mni\"",
         "D.json line 6: \"goal\" is \"mni\", it must be min or max"},
        {"\"transform\": \"none\"", "\"transform\": \"ln\"",
         "D.json line 6: \"transform\" is \"ln\", it must be none or log"},
        {"\"metric\": \"p90\",", "\"metric\": \"p90\", \"operation\": \"x\",",
         "D.json line 5: the target's service a has no operation \"x\""},
        {"\"service\": \"a\"", "\"service\": \"b\"",
         "D.json line 4: the target's service b has 2 operations: name one with "
         "\"operation\""},
        {"\"metric\": \"p90\",", "", "D.json line 4: the key \"metric\" is missing"},
    };
    ASSERT_ALL_WRONG(cases);
}

static void names_errors_of_services(void)
{
    static const wrong cases[] = {
        {"\"name\": \"b\"", "\"name\": \"a\"",
         "D.json line 12: the service \"a\" stands twice"},
        {"\"name\": \"b\"", "\"name\": \"\"",
         "D.json line 12: a service has an empty name"},
        {"\"name\": \"b\"", "\"name\": \"b\\n\"",
         "D.json line 12: a service is named \"b?\": a control character cannot be "
         "part "
         "of its name"},
        {"\"replicas\": 2", "\"replicas\": 0",
         "D.json line 9: \"replicas\" is 0, it must be between 1 and 10000"},
        {"\"replicas\": 2", "\"replicas\": \"2\"",
         "D.json line 9: \"replicas\" must be an integer, not a text"},
        {"\"replicas\": 2", "\"replicas\": 10001",
         "D.json line 9: \"replicas\" is 10001, it must be between 1 and 10000"},
        {"\"metrics\": [\"p90\"]", "\"metrics\": [\"p90\",\n\"p90\"]",
         "D.json line 11: service a: the metric \"p90\" stands twice"},
        {"\"metrics\": [\"p90\"]", "\"metrics\": [\"\"]",
         "D.json line 10: a metric is an empty text"},
        {"\"metrics\": [\"p90\"]", "\"metrics\": \"p90\"",
         "D.json line 10: \"metrics\" must be a list, not a text"},
        {"\"name\": \"set\"", "\"name\": \"get\"",
         "D.json line 14: service b: the operation \"get\" stands twice"},
        {"{\"name\": \"get\"}", "{\"name\": \"get\", \"call\": []}",
         "D.json line 13: unknown key \"call\" in an operation: expected name, calls or "
         "inputs"},
        {"{\"name\": \"get\"}", "7",
         "D.json line 13: an operation must be a text, not an "
         "integer"},
        {"\"states\": [\"rps\"", "\"states\": [\"rps\", \"get:rps\"",
         "D.json line 23: service b: the state \"get:rps\" stands twice"},
        {"\"states\": [\"rps\"", "\"states\": [\"rps\", \":rps\"",
         "D.json line 23: service b: the state \":rps\" must be NAME or OPERATION:NAME"},
        {"\"states\": [\"rps\"", "\"states\": [\"rps\", \"k\"",
         "D.json line 23: service b: \"k\" is the name of a state and of a knob"},
        {"\"states\": [\"rps\"", "\"states\": [\"rps\", \"p90\"",
         "D.json line 23: service b: \"p90\" is the name of a state and of a metric"},
        {"\"name\": \"c.s\"", "\"name\": \"b.get\"",
         "D.json line 12: service b, operation get: its columns would be read as those "
         "of "
         "\"b.get\" or of an instance, one of the names must change"},
    };
    ASSERT_ALL_WRONG(cases);
}

static void names_errors_of_knobs(void)
{
    static const wrong cases[] = {
        {"\"min\": 1, \"max\": 4", "\"min\": 5, \"max\": 4",
         "D.json line 17: knob k: min 5 is above max 4"},
        {"\"min\": 1, \"max\": 4", "\"min\": 0, \"max\": 4",
         "D.json line 19: knob k: on a log scale the least value must be above 0, not 0"},
        {"\"min\": 1, \"max\": 4,", "\"min\": 1,",
         "D.json line 16: the key \"max\" is missing"},
        {"\"default\": 2", "\"default\": 4.5",
         "D.json line 18: knob k: the default 4.5 is outside 1 to 4"},
        {"\"default\": 2", "\"default\": \"2\"",
         "D.json line 18: \"default\" must be a number, not a text"},
        {"\"scale\": \"log\"", "\"scale\": \"Log\"",
         "D.json line 19: \"scale\" is \"Log\", it must be linear or log"},
        {"\"type\": \"continuous\"", "\"type\": \"real\"",
         "D.json line 16: \"type\" is \"real\", it must be continuous, discrete or "
         "choices"},
        {"\"name\": \"d\"", "\"name\": \"k\"",
         "D.json line 20: service b: the knob \"k\" stands twice"},
        {"\"name\": \"d\"", "\"name\": \"p90\"",
         "D.json line 20: service b: \"p90\" is the name of a knob and of a metric"},
        {"\"name\": \"d\"", "\"name\": \"d:d\"",
         "D.json line 20: a knob is named \"d:d\": ':' cannot be part of its name"},
        {"\"min\": 1, \"max\": 3", "\"min\": 1.5, \"max\": 3",
         "D.json line 20: knob d: min and max of a discrete knob must be integers (or "
         "give "
         "\"values\")"},
        {"\"min\": 1, \"max\": 3", "\"min\": 1, \"max\": 3, \"default\": 1.5",
         "D.json line 20: knob d: the default 1.5 is not an integer"},
        {"\"values\": [1, 2]", "\"values\": [1, 2], \"min\": 1",
         "D.json line 21: knob v: \"min\" has no place here, \"values\" gives the range"},
        {"\"values\": [1, 2]", "\"values\": [2, 2]",
         "D.json line 21: knob v: 2 stands twice in \"values\""},
        {"\"values\": [1, 2]", "\"values\": [1, \"2\"]",
         "D.json line 21: knob v: entry 1 of \"values\" is not a number"},
        {"\"values\": [1, 2]", "\"values\": []",
         "D.json line 21: knob v: \"values\" holds 0 entries, expected 1 to 10000"},
        {"\"values\": [1, 2]", "\"values\": [1, 3], \"default\": 2",
         "D.json line 21: knob v: the default 2 is none of its values"},
        {", \"values\": [\"x\", \"y\"]", "",
         "D.json line 22: the key \"values\" is missing"},
        {"[\"x\", \"y\"]", "[\"x\", \"x\"]",
         "D.json line 22: knob c: the choice \"x\" stands twice"},
        {"[\"x\", \"y\"]", "[\"x\"], \"default\": \"y\"",
         "D.json line 22: knob c: the default \"y\" is none of its choices"},
        {"[\"x\", \"y\"]", "[\"x\"], \"scale\": \"log\"",
         "D.json line 22: knob c: choices have no logarithmic scale"},
        {"[\"x\", \"y\"]", "[\"x\"], \"max\": 1",
         "D.json line 22: knob c: \"max\" has no place here, a choice has \"values\""},
    };
    ASSERT_ALL_WRONG(cases);
}

static void names_errors_of_calls_and_inputs(void)
{
    static const wrong cases[] = {
        {"[\"b\"]", "[\"z\"]",
         "D.json line 11: service a calls \"z\", which is not a declared service"},
        {"[\"b\"]", "[\"b\",\n\"b.del\"]",
         "D.json line 12: service a calls \"b.del\", but b has no such operation"},
        {"[\"b\"]", "[\"b.\"]",
         "D.json line 11: service a calls \"b.\", but b has no such operation"},
        {"[\"b\"]", "[3]", "D.json line 11: a call must be a text, not an integer"},
        {"[\"b\"]", "[\"a\"]", "D.json line 11: the calls make a cycle: a -> a"},
        {"[\"c.s\"]", "[\"c.s\", \"a\"]",
         "D.json line 25: the calls make a cycle: a -> b.get -> a"},
        {"{\"name\": \"get\"}", "{\"name\": \"get\", \"calls\": [\"b.set\", \"a\"]}",
         "D.json line 13: the calls make a cycle: a -> b.get -> a"},
        {"[\"c.s\"]", "[\"b.get\"]",
         "D.json line 25: the calls make a cycle: b.get -> b.get"},
        {"\"name\": \"c.s\"", "\"name\": \"c.s\", \"calls\": [\"b.set\"]",
         "D.json line 25: the calls make a cycle: c.s -> b.set -> c.s"},
        {"[\"k\", \"rps\"]", "[\"k\", \"cpu\"]",
         "D.json line 14: operation set of service b: the input \"cpu\" is neither a "
         "knob "
         "nor a state of the service"},
        {"[\"k\", \"rps\"]", "[\"rps\", \"set:rps\"]",
         "D.json line 14: operation set of service b: the input \"set:rps\" stands "
         "twice"},
        {"[\"k\", \"rps\"]", "[\"k\", \"k\"]",
         "D.json line 14: operation set of service b: the input \"k\" stands twice"},
        {"[\"k\", \"rps\"]", "[\"del:rps\"]",
         "D.json line 14: operation set of service b: the input \"del:rps\" is neither a "
         "knob nor a state of the service"},
    };
    ASSERT_ALL_WRONG(cases);
}

/* b.get -> b.set is no cycle: operations are looked at one by one. */
static void accepts_calls_between_operations(void)
{
    flx_deployment *deployment;
    flx_error error = {0};
    char *text =
        bend("{\"name\": \"get\"}", "{\"name\": \"get\", \"calls\": [\"b.set\"]}");
    assert_int(flx_deployment_parse(text, "D.json", &deployment, &error), FLX_OK);
    assert_text(error.message, "");
    flx_deployment_destroy(deployment);
    free(text);
}

/* The file cut at any byte is an error with a line, never more. */
static void refuses_a_file_cut_short_anywhere(void)
{
    char text[sizeof good];
    for (size_t length = 0; length < sizeof good - 2; length++) {
        flx_deployment *deployment;
        flx_error error = {0};
        memcpy(text, good, length);
        text[length] = '\0';
        assert_int(flx_deployment_parse(text, "D", &deployment, &error), FLX_BAD_INPUT);
        assert_contains(error.message, "D line ");
    }
}

CU_TestInfo deployment_errors_tests[] = {
    {"accepts the file as it stands", accepts_the_file_as_it_stands},
    {"names errors of the whole", names_errors_of_the_whole},
    {"names errors of the target", names_errors_of_the_target},
    {"names errors of services", names_errors_of_services},
    {"names errors of knobs", names_errors_of_knobs},
    {"names errors of calls and inputs", names_errors_of_calls_and_inputs},
    {"accepts calls between operations", accepts_calls_between_operations},
    {"refuses a file cut short anywhere", refuses_a_file_cut_short_anywhere},
    CU_TEST_INFO_NULL,
};
