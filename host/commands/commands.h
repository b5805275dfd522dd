/* SPDX-License-Identifier: MIT
 * Every verb of the command line, in the order of the data flow: declared here, listed in
 * main.c, defined in the file of its name. */
#ifndef FLX_COMMANDS_H
#define FLX_COMMANDS_H

#include "host/commands/bench.h"
#include "host/commands/frame.h"

extern const flx_command flx_simulate_command;
extern const flx_command flx_import_command;
extern const flx_command flx_info_command;
extern const flx_command flx_train_command;
extern const flx_command flx_evaluate_command;
extern const flx_command flx_debug_command;
extern const flx_command flx_predict_command;
extern const flx_command flx_tune_command;
extern const flx_command flx_graph_command;
extern const flx_command flx_scale_command;
extern const flx_command flx_replace_command;
extern const flx_command flx_fit_command;
extern const flx_command flx_ingest_command;
extern const flx_command flx_export_command;
extern const flx_command flx_backtest_command;
extern const flx_command flx_selftest_command;
#endif
