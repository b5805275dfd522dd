/* SPDX-License-Identifier: MIT
 * usage: translate_ptx IN.ptx OUT.cpp
 * nvcc's own device code as C++ that runs on the emulator's fibers: a register becomes a
 * variable, a branch a goto, an instruction a call of ptx_operations.h. So what nvcc's
 * front end and optimizer made of the kernels is tested too, with the device's layout of
 * shared memory; what ptxas makes of the PTX is not. */
#include "tests/emulator/ptx_instructions.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>

using std::string;

static std::ofstream out;

static void translate_statement(Kernel &kernel, string statement)
{
    if (starts_with(statement, ".reg")) {
        out << registers(statement) << "\n";
        return;
    }
    if (starts_with(statement, ".pragma"))
        return;
    if (starts_with(statement, ".shared")) {
        declare_shared(statement);
        return;
    }
    if (statement[0] == '.')
        refuse("unknown directive", statement);
    if (statement[0] == '@') {
        size_t space = statement.find_first_of(" \t");
        bool is_negated = statement[1] == '!';
        out << "if (" << (is_negated ? "!" : "")
            << variable_name(
                   statement.substr(is_negated ? 2 : 1, space - (is_negated ? 2 : 1)))
            << ") ";
        statement = trim(statement.substr(space));
    }
    size_t space = statement.find_first_of(" \t");
    string opcode = statement.substr(0, space);
    string rest = space == string::npos ? "" : trim(statement.substr(space));
    out << "{ " << instruction(kernel, opcode, operands_of(rest)) << " }\n";
}

static string next_line(std::ifstream &in)
{
    string line;
    if (!getline(in, line))
        refuse("the file ends inside a kernel", "");
    line_number++;
    return trim(line.substr(0, line.find("//")));
}

/* From the line after the name to the '{' of the body. */
static void read_parameters(std::ifstream &in, Kernel &kernel)
{
    for (string line = next_line(in); line != "{"; line = next_line(in)) {
        if (starts_with(line, ".maxntid")) {
            kernel.most_threads = 1;
            for (const string &extent : operands_of(trim(line.substr(8))))
                kernel.most_threads *= strtoul(extent.c_str(), nullptr, 10);
        }
        if (!starts_with(line, ".param"))
            continue;
        if (line.back() == ',')
            line.pop_back();
        Variable v = variable_of(line.substr(6));
        kernel.parameter_size = rounded(kernel.parameter_size, v.alignment);
        kernel.offsets[v.name] = kernel.parameter_size;
        kernel.parameter_size += v.size;
    }
}

static void translate_kernel(std::ifstream &in, const string &name)
{
    Kernel kernel;
    kernel.name = name;
    read_parameters(in, kernel);
    out << "extern const unsigned SHARED_SIZE_" << name << ";\n"
        << "extern \"C\" void ptx_" << name << "(const char *P, char *S)\n{\n"
        << "(void)P, (void)S;\nptx::pred unused;\n(void)unused;\n";
    int depth = 1;
    while (depth > 0) {
        string line = next_line(in);
        if (line.empty())
            continue;
        depth += (line == "{") - (line == "}");
        if (line == "{" || line == "}")
            out << line << "\n";
        else if (line.back() == ':')
            out << variable_name(line.substr(0, line.size() - 1)) << ":;\n";
        else if (line.back() == ';')
            translate_statement(kernel, trim(line.substr(0, line.size() - 1)));
        else
            refuse("a statement over several lines", line);
    }
    size_t shared = rounded(kernel.shared_size, 16);
    out << "const unsigned SHARED_SIZE_" << name << " = " << shared << ";\n"
        << "extern \"C\" const unsigned ptx_sizes_" << name << "[3] = {" << shared << ", "
        << kernel.parameter_size << ", " << kernel.most_threads << "};\n";
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: translate_ptx IN.ptx OUT.cpp\n");
        return 2;
    }
    std::ifstream in(argv[1]);
    out.open(argv[2]);
    out << "#include \"tests/emulator/ptx_operations.h\"\n"
        << "extern \"C\" __attribute__((weak)) const char ptx_is_linked = 1;\n";
    for (string line; getline(in, line);) {
        line_number++;
        line = trim(line.substr(0, line.find("//")));
        if (line.find(".shared ") != string::npos)
            declare_shared(line.substr(0, line.find(';')));
        else if (line.find(".entry ") != string::npos)
            translate_kernel(in, line.substr(line.find(".entry ") + 7,
                                             line.find('(') - line.find(".entry ") - 7));
        else if (!line.empty() && !starts_with(line, ".version") &&
                 !starts_with(line, ".target") && !starts_with(line, ".address_size"))
            refuse("unknown directive", line);
    }
    out.close();
    return in.eof() && out ? 0 : 1;
}
