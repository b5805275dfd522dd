/* SPDX-License-Identifier: MIT */
#include "tests/host/tuning/knobs.h"

#include "tests/close.h"

#include <stddef.h>

static const char deployment_text[] =
    "{\"format\": \"fluxion-deployment\", \"version\": 1, \"name\": \"shop\",\n"
    " \"target\": {\"service\": \"front\", \"metric\": \"p90\", \"goal\": \"min\"},\n"
    " \"services\": [\n"
    "  {\"name\": \"front\", \"knobs\": [\n"
    "    {\"name\": \"timeout\", \"type\": \"continuous\", \"min\": 10, \"max\": 20,"
    " \"default\": 15},\n"
    "    {\"name\": \"buffer\", \"type\": \"continuous\", \"min\": 1, \"max\": 10000,"
    " \"default\": 100, \"scale\": \"log\"},\n"
    "    {\"name\": \"threads\", \"type\": \"discrete\", \"min\": 1, \"max\": 8,"
    " \"default\": 4}],\n"
    "   \"states\": [\"rps\"], \"metrics\": [\"p90\"], \"calls\": [\"ca=che\"]},\n"
    "  {\"name\": \"ca=che\", \"replicas\": 3, \"knobs\": [\n"
    "    {\"name\": \"rmem\", \"type\": \"discrete\", \"min\": 4, \"max\": 4096,"
    " \"default\": 64, \"scale\": \"log\"},\n"
    "    {\"name\": \"sizes\", \"type\": \"discrete\", \"values\": [0.25, 0.5, 2],"
    " \"default\": 0.5},\n"
    "    {\"name\": \"policy\", \"type\": \"choices\", \"values\": [\"lru\", \"a=b\", "
    "\"fifo\"], \"default\": \"fifo\"},\n"
    "    {\"name\": \"single\", \"type\": \"discrete\", \"min\": 7, \"max\": 7,"
    " \"default\": 7}],\n"
    "   \"states\": [\"rps\"], \"metrics\": [\"p90\"], \"calls\": []}]}\n";

flx_deployment *parse_knobs(void)
{
    flx_deployment *deployment = NULL;
    flx_error error = {0};
    assert_int(flx_deployment_parse(deployment_text, "test", &deployment, &error),
               FLX_OK);
    assert_text(error.message, "");
    return deployment;
}

flx_search_space *make_space(const flx_deployment *deployment, const char *const *fixes,
                             int n_fixes)
{
    flx_search_space *space = NULL;
    flx_error error = {0};
    assert_int(flx_search_space_create(deployment, &space, &error), FLX_OK);
    for (int i = 0; i < n_fixes; i++)
        assert_int(flx_search_space_fix(space, fixes[i], &error), FLX_OK);
    assert_text(error.message, "");
    return space;
}
