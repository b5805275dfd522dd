/* SPDX-License-Identifier: MIT */
#include "tests/simulator/hotel.h"

#include "tests/close.h"

#include <string.h>

flx_testbed *open_hotel(int step, uint64_t seed)
{
    flx_testbed_options options = {
        .sequence = "6vm", .step = step, .warmup = 0.5, .seconds = 3.0, .seed = seed};
    flx_testbed *testbed = NULL;
    flx_error error = {0};
    flx_status status = flx_testbed_open(FLX_SOURCE_DIR "/configs/hotel/system.json",
                                         &options, &testbed, &error);
    assert_int(status, FLX_OK);
    return testbed;
}

int hotel_knob(const flx_testbed *testbed, const char *column)
{
    for (int k = 0; k < testbed->space->n_knobs; k++)
        if (strcmp(testbed->space->knobs[k].column, column) == 0)
            return k;
    return 0;
}
