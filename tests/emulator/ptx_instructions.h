/* SPDX-License-Identifier: MIT
 * PTX instructions as statements of C++: calls of ptx_operations.h. */
#ifndef PTX_INSTRUCTIONS_H
#define PTX_INSTRUCTIONS_H

#include "tests/emulator/ptx_text.h"

#include <map>

struct Kernel {
    std::string name;
    std::vector<Variable> parameters;
    std::map<std::string, size_t> offsets; /* of parameters and of shared variables */
    size_t parameter_size = 0, shared_size = 0;
    size_t most_threads = 1024;
};

/* ".shared .align 8 .b8 name[40]": placed in the kernels that use it. */
void declare_shared(const std::string &statement);
/* ".reg .b32 %r<20>;" or ".reg .b32 %temp;" */
std::string registers(const std::string &statement);
std::string instruction(Kernel &kernel, const std::string &opcode,
                        const std::vector<std::string> &operands);
#endif
