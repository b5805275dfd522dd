/* SPDX-License-Identifier: MIT
 * Boosted trees and random forests as kinds of models of a learning assignment. Their
 * slopes are 0: trees are steps, so no uncertainty of an input passes through them. */
#ifndef FLX_TREE_KINDS_H
#define FLX_TREE_KINDS_H

#include "host/kind.h"

extern const flx_model_kind flx_xgboost_kind, flx_forest_kind;
#endif
