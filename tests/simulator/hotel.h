/* SPDX-License-Identifier: MIT
 * Hotel on six machines, as configs/ has it. */
#ifndef FLX_TEST_HOTEL_H
#define FLX_TEST_HOTEL_H

#include "experiments/simulator/testbed.h"

flx_testbed *open_hotel(int step, uint64_t seed);
int hotel_knob(const flx_testbed *testbed, const char *column);
#endif
