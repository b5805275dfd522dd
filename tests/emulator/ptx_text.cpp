/* SPDX-License-Identifier: MIT */
#include "tests/emulator/ptx_text.h"

#include <cstdio>
#include <cstdlib>
#include <sstream>

using std::string;
using std::vector;

int line_number;

void refuse(const string &what, const string &line)
{
    fprintf(stderr, "translate_ptx: line %d: %s: %s\n", line_number, what.c_str(),
            line.c_str());
    exit(1);
}

string trim(const string &text)
{
    size_t first = text.find_first_not_of(" \t\r\n"),
           last = text.find_last_not_of(" \t\r\n");
    return first == string::npos ? "" : text.substr(first, last - first + 1);
}

bool starts_with(const string &text, const string &beginning)
{
    return text.compare(0, beginning.size(), beginning) == 0;
}

vector<string> words_of(const string &text)
{
    std::istringstream stream(text);
    vector<string> words;
    for (string word; stream >> word;)
        words.push_back(word);
    return words;
}

vector<string> operands_of(const string &text)
{
    vector<string> operands;
    string current;
    int depth = 0;
    for (char c : text) {
        depth += (c == '{' || c == '[') - (c == '}' || c == ']');
        if (c == ',' && depth == 0) {
            operands.push_back(trim(current));
            current.clear();
        } else {
            current += c;
        }
    }
    if (!trim(current).empty())
        operands.push_back(trim(current));
    return operands;
}

size_t rounded(size_t n, size_t alignment)
{
    return (n + alignment - 1) / alignment * alignment;
}

/* Of ".b64", ".pred", ...: bytes. */
static size_t size_of(const string &type)
{
    return type == ".pred" ? 1 : strtoul(type.c_str() + 2, nullptr, 10) / 8;
}

Variable variable_of(const string &text)
{
    Variable v = {"", 0, 1};
    vector<string> words = words_of(text);
    for (size_t i = 0; i < words.size(); i++) {
        if (words[i] == ".align") {
            v.alignment = strtoul(words[++i].c_str(), nullptr, 10);
        } else if (words[i][0] == '.') {
            v.size = size_of(words[i]);
        } else {
            size_t bracket = words[i].find('[');
            v.name = words[i].substr(0, bracket);
            if (bracket != string::npos)
                v.size *= strtoul(words[i].c_str() + bracket + 1, nullptr, 10);
        }
    }
    v.alignment = v.alignment ? v.alignment : v.size;
    return v;
}

string variable_name(const string &token)
{
    string name = token;
    for (char &c : name)
        if (c == '%' || c == '$' || c == '.')
            c = '_';
    return name;
}

string function_name(const string &opcode)
{
    string name = opcode;
    for (char &c : name)
        if (c == '.')
            c = '_';
    return name;
}

vector<string> parts_of(const string &opcode)
{
    vector<string> parts;
    std::istringstream stream(opcode);
    for (string part; getline(stream, part, '.');)
        parts.push_back(part);
    return parts;
}
