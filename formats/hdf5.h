/* SPDX-License-Identifier: MIT
 * HDF5 items, checked before they are read. The face of the room formats/hdf5: what
 * other rooms include. */
#ifndef FLX_FACE_FORMATS_HDF5_H
#define FLX_FACE_FORMATS_HDF5_H

#include "formats/hdf5/hdf5_read.h"
#include "formats/hdf5/hdf5_write.h"

#endif
