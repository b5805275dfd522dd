/* SPDX-License-Identifier: MIT
 * PTX as text: words, operands, what .param and .shared declare. */
#ifndef PTX_TEXT_H
#define PTX_TEXT_H

#include <string>
#include <vector>

/* Of the line that is translated, for messages. */
extern int line_number;

/* Says what cannot be translated, and ends the program. */
[[noreturn]] void refuse(const std::string &what, const std::string &line);

std::string trim(const std::string &text);
bool starts_with(const std::string &text, const std::string &beginning);
std::vector<std::string> words_of(const std::string &text);
std::vector<std::string> parts_of(const std::string &opcode); /* at points */
/* At commas outside of {} and []. */
std::vector<std::string> operands_of(const std::string &text);

size_t rounded(size_t n, size_t alignment);

/* ".align 8 .b8 name[40]" or ".u64 name": what .param and .shared declare. */
struct Variable {
    std::string name;
    size_t alignment, size;
};
Variable variable_of(const std::string &text);

/* As a name of C++: of a register or a label, and of an opcode. */
std::string variable_name(const std::string &token);
std::string function_name(const std::string &opcode);
#endif
