/* SPDX-License-Identifier: MIT */
#include "tests/emulator/ptx_instructions.h"

#include <cctype>
#include <cstdlib>

using std::string;
using std::vector;

static std::map<string, Variable> shared_variables;
static string dynamic_name;

/* The offset of a shared variable, placed when it is first met; the dynamic one lies
 * behind all of them, which only the end of the kernel knows. */
static string shared_offset(Kernel &kernel, const string &name)
{
    if (name == dynamic_name)
        return "SHARED_SIZE_" + kernel.name;
    auto declared = shared_variables.find(name);
    if (declared == shared_variables.end())
        refuse("unknown symbol", name);
    if (!kernel.offsets.count(name)) {
        kernel.shared_size = rounded(kernel.shared_size, declared->second.alignment);
        kernel.offsets[name] = kernel.shared_size;
        kernel.shared_size += declared->second.size;
    }
    return std::to_string(kernel.offsets[name]);
}

static string operand(Kernel &kernel, const string &token)
{
    static const std::map<string, string> places = {{"%tid", "threadIdx"},
                                                    {"%ntid", "blockDim"},
                                                    {"%ctaid", "blockIdx"},
                                                    {"%nctaid", "gridDim"}};
    auto place = places.find(token.substr(0, token.find('.')));
    if (place != places.end())
        return place->second + token.substr(token.find('.'));
    if (token[0] == '%')
        return variable_name(token);
    if (starts_with(token, "0d"))
        return "ptx::bits<double>((uint64_t)0x" + token.substr(2) + "ull)";
    if (starts_with(token, "0f"))
        return "ptx::bits<float>((uint32_t)0x" + token.substr(2) + "u)";
    if (isdigit((unsigned char)token[0]) || token[0] == '-')
        return token + "ll";
    /* The address of a parameter, which a loop may load through later. */
    if (kernel.offsets.count(token) && !shared_variables.count(token))
        return "(uint64_t)(P + " + std::to_string(kernel.offsets.at(token)) + ")";
    return shared_offset(kernel, token);
}

/* "[%rd1+8]" in a state space, as a pointer to char. */
static string address(Kernel &kernel, const string &token, const string &space)
{
    string inner = token.substr(1, token.size() - 2), offset = "0";
    size_t plus = inner.find('+');
    if (plus != string::npos) {
        offset = inner.substr(plus + 1);
        inner = inner.substr(0, plus);
    }
    if (space == "param" && inner[0] != '%')
        return "(P + " + std::to_string(kernel.offsets.at(inner)) + " + " + offset + ")";
    string base = operand(kernel, inner);
    if (space == "shared")
        return "(S + (int32_t)" + base + " + " + offset + ")";
    return "((char *)" + base + " + " + offset + ")";
}

/* ld and st, also of vectors. */
static string memory_access(Kernel &kernel, const vector<string> &parts,
                            const vector<string> &operands)
{
    bool is_load = parts[0] == "ld";
    string space = "generic", type = "ptx::" + parts.back(), result;
    for (const string &part : parts)
        if (part == "param" || part == "shared" || part == "global" || part == "local")
            space = part;
    if (space == "local")
        refuse("local memory", operands[0]);
    string at = address(kernel, operands[is_load ? 1 : 0], space);
    string list = operands[is_load ? 0 : 1];
    if (list[0] == '{')
        list = list.substr(1, list.size() - 2);
    vector<string> values = operands_of(list);
    for (size_t i = 0; i < values.size(); i++) {
        string place = "((" + type + " *)" + at + ")[" + std::to_string(i) + "]";
        string value = operand(kernel, values[i]);
        result += is_load ? value + " = " + place + "; " : place + " = " + value + "; ";
    }
    return result;
}

/* mov.b64 between a double word and its halves. */
static string move_halves(Kernel &kernel, const vector<string> &operands)
{
    bool is_split = operands[0][0] == '{';
    string list = operands[is_split ? 0 : 1],
           whole = operand(kernel, operands[!is_split ? 0 : 1]);
    vector<string> halves = operands_of(list.substr(1, list.size() - 2));
    string low = operand(kernel, halves[0]), high = operand(kernel, halves[1]);
    if (is_split)
        return low + " = (uint32_t)ptx::mov_b64(" + whole + "); " + high +
               " = (uint32_t)(ptx::mov_b64(" + whole + ") >> 32);";
    return whole + " = ptx::bits<decltype(" + whole + ")>((uint64_t)(uint32_t)" + high +
           " << 32 | (uint32_t)" + low + ");";
}

static string shuffle(Kernel &kernel, const string &opcode,
                      const vector<string> &operands)
{
    size_t bar = operands[0].find('|');
    string text = variable_name(operands[0].substr(0, bar)) +
                  " = ptx::" + function_name(opcode) + "(";
    for (size_t i = 1; i < operands.size(); i++)
        text += operand(kernel, operands[i]) + ", ";
    string predicate =
        bar == string::npos ? "unused" : variable_name(operands[0].substr(bar + 1));
    return text + "&" + predicate + ", " + std::to_string(line_number) + ");";
}

string instruction(Kernel &kernel, const string &opcode, const vector<string> &operands)
{
    vector<string> parts = parts_of(opcode);
    if (parts[0] == "ret")
        return "return;";
    if (parts[0] == "bra")
        return "goto " + variable_name(operands[0]) + ";";
    if (opcode == "bar.sync")
        return "emu::meet({emu::BLOCK_BARRIER, 0, \"PTX\", " +
               std::to_string(line_number) + ", nullptr, 0, 0});";
    if (opcode == "bar.warp.sync")
        return "emu::meet({emu::WARP_BARRIER, (unsigned)" + operand(kernel, operands[0]) +
               ", \"PTX\", " + std::to_string(line_number) + ", nullptr, 0, 0});";
    if (parts[0] == "ld" || parts[0] == "st")
        return memory_access(kernel, parts, operands);
    if (parts[0] == "shfl")
        return shuffle(kernel, opcode, operands);
    if (opcode == "mov.b64" && (operands[0][0] == '{' || operands[1][0] == '{'))
        return move_halves(kernel, operands);
    if (opcode == "cvta.shared.u64")
        return operand(kernel, operands[0]) + " = (uint64_t)(S + " +
               operand(kernel, operands[1]) + ");";
    string target = operand(kernel, operands[0]),
           value = "ptx::" + function_name(opcode) + "(";
    for (size_t i = 1; i < operands.size(); i++)
        value += (i > 1 ? ", " : "") + operand(kernel, operands[i]);
    if (opcode == "mov.b64" || opcode == "mov.b32") /* between kinds of registers */
        return target + " = ptx::bits<decltype(" + target + ")>(" + value + "));";
    return target + " = " + value + ");";
}

string registers(const string &statement)
{
    vector<string> words = words_of(statement);
    string type = words[1].substr(1), name = words[2], text = "ptx::" + type + " ";
    size_t bracket = name.find('<');
    if (bracket == string::npos)
        return text + variable_name(name) + ";";
    int count = atoi(name.c_str() + bracket + 1);
    for (int i = 0; i < count; i++)
        text +=
            (i ? ", " : "") + variable_name(name.substr(0, bracket)) + std::to_string(i);
    return text + ";";
}

void declare_shared(const string &statement)
{
    Variable v = variable_of(statement.substr(statement.find(".shared") + 7));
    if (starts_with(statement, ".extern"))
        dynamic_name = v.name;
    else
        shared_variables[v.name] = v;
}
