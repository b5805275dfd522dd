/* SPDX-License-Identifier: MIT */
#include "formats/telemetry/telemetry.h"

#include "tests/close.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static flx_status parse(const char *line, flx_telemetry *out, flx_error *error)
{
    *error = (flx_error){0};
    return flx_telemetry_parse(line, strlen(line), out, error);
}

static void reads_the_line_of_the_paper(void)
{
    flx_telemetry line;
    flx_error error;
    assert_int(parse("{\"stream_uri\": \"boutique/redis.get/0/p90\", \"type\": "
                     "\"continuous\", \"seq_num\": 1690000000, \"val\": 123.4}",
                     &line, &error),
               FLX_OK);
    assert_text(line.stream_uri, "boutique/redis.get/0/p90");
    assert_int(line.type, FLX_CONTINUOUS);
    assert_int(line.seq_num, 1690000000);
    assert_close(line.number, 123.4, 0, 0);
    assert_true(line.label == NULL);
    flx_telemetry_release(&line);
}

static void reads_discrete_and_choices(void)
{
    flx_telemetry line;
    flx_error error;
    assert_int(parse(" {\"val\":-4.0,\"seq_num\":0,\"type\":\"discrete\","
                     "\"stream_uri\":\"s/a/all/k\"} \r",
                     &line, &error),
               FLX_OK);
    assert_close(line.number, -4, 0, 0);
    flx_telemetry_release(&line);
    assert_int(parse("{\"val\":\"f\\u00e4st \\\"x\\\"\",\"seq_num\":4611686018427387904,"
                     "\"type\":\"choices\",\"stream_uri\":\"s/a/1/k\"}",
                     &line, &error),
               FLX_OK);
    assert_text(line.label, "f\xC3\xA4st \"x\"");
    assert_true(line.seq_num == FLX_SEQ_NUM_MAX);
    flx_telemetry_release(&line);
}

typedef struct {
    const char *line, *part;
} bad_line;

/* Q stands for the quotes, to be readable. */
static const bad_line bad_lines[] = {
    {"", "it is no JSON"},
    {"{Qstream_uriQ:Qa/b/0/cQ,QtypeQ:QcontinuousQ,Qseq_numQ:1,QvalQ:1", "it is no JSON"},
    {"{Qstream_uriQ:Qa/b/0/cQ,QtypeQ:QcontinuousQ,Qseq_numQ:1,QvalQ:1} x", "no JSON"},
    {"[1]", "no object"},
    {"{Qstream_uriQ:Qa/b/0/cQ,QtypeQ:QcontinuousQ,Qseq_numQ:1}", "it has no \"val\""},
    {"{Qstream_uriQ:Qa/b/0/cQ,QtypeQ:QcontinuousQ,Qseq_numQ:1,QvalQ:1,QvalQ:2}",
     "it is no JSON: column"},
    {"{Qstream_uriQ:Qa/b/0/cQ,QtypeQ:QcontinuousQ,Qseq_numQ:1,QvalQ:1,QunitQ:QsQ}",
     "unknown key \"unit\""},
    {"{Qstream_uriQ:7,QtypeQ:QcontinuousQ,Qseq_numQ:1,QvalQ:1}", "\"stream_uri\" is no"},
    {"{Qstream_uriQ:Qa/b/cQ,QtypeQ:QcontinuousQ,Qseq_numQ:1,QvalQ:1}", "INDEX a number"},
    {"{Qstream_uriQ:Qa/b/00/cQ,QtypeQ:QcontinuousQ,Qseq_numQ:1,QvalQ:1}", "is \"a/b/00"},
    {"{Qstream_uriQ:Qa/b/-1/cQ,QtypeQ:QcontinuousQ,Qseq_numQ:1,QvalQ:1}", "is \"a/b/-1"},
    {"{Qstream_uriQ:Q/b/0/cQ,QtypeQ:QcontinuousQ,Qseq_numQ:1,QvalQ:1}", "is \"/b/0/c\""},
    {"{Qstream_uriQ:Qa//0/cQ,QtypeQ:QcontinuousQ,Qseq_numQ:1,QvalQ:1}", "is \"a//0/c\""},
    {"{Qstream_uriQ:Qa/b/0/Q,QtypeQ:QcontinuousQ,Qseq_numQ:1,QvalQ:1}", "is \"a/b/0/\""},
    {"{Qstream_uriQ:Qa/b/0/x:yQ,QtypeQ:QcontinuousQ,Qseq_numQ:1,QvalQ:1}", "hold ':'"},
    {"{Qstream_uriQ:Qa/b\\u0007/0/xQ,QtypeQ:QcontinuousQ,Qseq_numQ:1,QvalQ:1}", "SYSTEM"},
    {"{Qstream_uriQ:Qa/b\\u0000/0/xQ,QtypeQ:QcontinuousQ,Qseq_numQ:1,QvalQ:1}",
     "no JSON"},
    {"{Qstream_uriQ:Qa/b/0/\xFF.Q,QtypeQ:QcontinuousQ,Qseq_numQ:1,QvalQ:1}", "no JSON"},
    {"{Qstream_uriQ:Qa/b/0/cQ,QtypeQ:QfloatQ,Qseq_numQ:1,QvalQ:1}", "is \"float\""},
    {"{Qstream_uriQ:Qa/b/0/cQ,QtypeQ:3,Qseq_numQ:1,QvalQ:1}", "\"type\" is no text"},
    {"{Qstream_uriQ:Qa/b/0/cQ,QtypeQ:QcontinuousQ,Qseq_numQ:1.0,QvalQ:1}", "no integer"},
    {"{Qstream_uriQ:Qa/b/0/cQ,QtypeQ:QcontinuousQ,Qseq_numQ:Q1Q,QvalQ:1}", "no integer"},
    {"{Qstream_uriQ:Qa/b/0/cQ,QtypeQ:QcontinuousQ,Qseq_numQ:-1,QvalQ:1}", "is -1"},
    {"{Qstream_uriQ:Qa/b/0/cQ,QtypeQ:QcontinuousQ,Qseq_numQ:4611686018427387905,QvalQ:1}",
     "expected 0 to 4611686018427387904"},
    {"{Qstream_uriQ:Qa/b/0/cQ,QtypeQ:QcontinuousQ,Qseq_numQ:1,QvalQ:Q1Q}",
     "is no number"},
    {"{Qstream_uriQ:Qa/b/0/cQ,QtypeQ:QcontinuousQ,Qseq_numQ:1,QvalQ:null}", "no number"},
    {"{Qstream_uriQ:Qa/b/0/cQ,QtypeQ:QcontinuousQ,Qseq_numQ:1,QvalQ:NaN}", "no JSON"},
    {"{Qstream_uriQ:Qa/b/0/cQ,QtypeQ:QcontinuousQ,Qseq_numQ:1,QvalQ:1e999}", "no JSON"},
    {"{Qstream_uriQ:Qa/b/0/cQ,QtypeQ:QdiscreteQ,Qseq_numQ:1,QvalQ:1.5}", "is 1.5"},
    {"{Qstream_uriQ:Qa/b/0/cQ,QtypeQ:QdiscreteQ,Qseq_numQ:1,QvalQ:9007199254740994}",
     "within 2^53"},
    {"{Qstream_uriQ:Qa/b/0/cQ,QtypeQ:QchoicesQ,Qseq_numQ:1,QvalQ:1}", "\"choices\""},
};

static void says_what_is_wrong_with_a_line(void)
{
    for (size_t i = 0; i < sizeof bad_lines / sizeof bad_lines[0]; i++) {
        char line[256];
        snprintf(line, sizeof line, "%s", bad_lines[i].line);
        for (char *at = line; (at = strchr(at, 'Q'));)
            *at = '"';
        flx_telemetry out;
        flx_error error;
        assert_int(parse(line, &out, &error), FLX_BAD_INPUT);
        assert_contains(error.message, bad_lines[i].part);
        assert_true(out.document == NULL);
    }
}

static void refuses_long_texts(void)
{
    char uri[FLX_STREAM_URI_BYTES + 2], line[2 * FLX_STREAM_URI_BYTES];
    flx_telemetry out;
    flx_error error;
    for (int extra = 0; extra < 2; extra++) {
        int length = FLX_STREAM_URI_BYTES + extra;
        memset(uri, 'n', (size_t)length);
        memcpy(uri, "a/b/0/", 6);
        uri[length] = '\0';
        snprintf(line, sizeof line,
                 "{\"stream_uri\":\"%s\",\"type\":\"discrete\",\"seq_num\":1,\"val\":1}",
                 uri);
        assert_int(parse(line, &out, &error), extra ? FLX_BAD_INPUT : FLX_OK);
        if (extra)
            assert_contains(error.message, "longer than 1000 bytes");
        else
            flx_telemetry_release(&out);
    }
}

static void splits_addresses_from_both_ends(void)
{
    flx_stream_parts parts;
    assert_true(flx_stream_uri_split("shop/a/b.get:x y/12/p90", "shop", &parts));
    assert_int(parts.instance, 12);
    assert_text(parts.name, "p90");
    assert_int(parts.service_bytes, 11);
    assert_true(strncmp(parts.service, "a/b.get:x y", 11) == 0);
    assert_true(flx_stream_uri_split("my/shop/cart/all/k", "my/shop", &parts));
    assert_int(parts.instance, -1);
    assert_true(!flx_stream_uri_split("shopping/cart/0/k", "shop", &parts));
    assert_true(!flx_stream_uri_split("shop/cart/0", "shop", &parts));
    assert_int(flx_stream_uri_check("shop/cart/3/0/k", NULL), FLX_OK);
}

CU_TestInfo telemetry_tests[] = {
    {"reads the line of the paper", reads_the_line_of_the_paper},
    {"reads discrete and choices", reads_discrete_and_choices},
    {"says what is wrong with a line", says_what_is_wrong_with_a_line},
    {"refuses long texts", refuses_long_texts},
    {"splits addresses from both ends", splits_addresses_from_both_ends},
    CU_TEST_INFO_NULL,
};
