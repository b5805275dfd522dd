/* SPDX-License-Identifier: MIT
 * usage: translate_ptx IN.ptx OUT.cpp
 * nvcc's own device code as C++ that runs on the emulator's fibers: a register becomes a
 * variable, a branch a goto, an instruction a call of ptx_operations.h. So what nvcc's
 * front end and optimizer made of the kernels is tested too, with the device's layout of
 * shared memory; what ptxas makes of the PTX is not. */
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

using std::string;
using std::vector;

static std::ofstream out;
static int line_number;

[[noreturn]] static void refuse(const string &what, const string &line)
{
    fprintf(stderr, "translate_ptx: line %d: %s: %s\n", line_number, what.c_str(),
            line.c_str());
    exit(1);
}

static string trim(const string &text)
{
    size_t first = text.find_first_not_of(" \t\r\n"),
           last = text.find_last_not_of(" \t\r\n");
    return first == string::npos ? "" : text.substr(first, last - first + 1);
}

static bool starts_with(const string &text, const string &beginning)
{
    return text.compare(0, beginning.size(), beginning) == 0;
}

static vector<string> words_of(const string &text)
{
    std::istringstream stream(text);
    vector<string> words;
    for (string word; stream >> word;)
        words.push_back(word);
    return words;
}

/* At commas outside of {} and []. */
static vector<string> operands_of(const string &text)
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

static size_t rounded(size_t n, size_t alignment)
{
    return (n + alignment - 1) / alignment * alignment;
}

/* Of ".b64", ".pred", ...: bytes. */
static size_t size_of(const string &type)
{
    return type == ".pred" ? 1 : strtoul(type.c_str() + 2, nullptr, 10) / 8;
}

/* ".align 8 .b8 name[40]" or ".u64 name": what .param and .shared declare. */
struct Variable {
    string name;
    size_t alignment, size;
};

static Variable variable_of(const string &text)
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

struct Kernel {
    string name;
    vector<Variable> parameters;
    std::map<string, size_t> offsets; /* of parameters and of shared variables */
    size_t parameter_size = 0, shared_size = 0;
    size_t most_threads = 1024;
};

static std::map<string, Variable> shared_variables;
static string dynamic_name;

static string variable_name(const string &token)
{
    string name = token;
    for (char &c : name)
        if (c == '%' || c == '$' || c == '.')
            c = '_';
    return name;
}

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

static string replaced(string text)
{
    for (char &c : text)
        if (c == '.')
            c = '_';
    return text;
}

static vector<string> parts_of(const string &opcode)
{
    vector<string> parts;
    std::istringstream stream(opcode);
    for (string part; getline(stream, part, '.');)
        parts.push_back(part);
    return parts;
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
    string text =
        variable_name(operands[0].substr(0, bar)) + " = ptx::" + replaced(opcode) + "(";
    for (size_t i = 1; i < operands.size(); i++)
        text += operand(kernel, operands[i]) + ", ";
    string predicate =
        bar == string::npos ? "unused" : variable_name(operands[0].substr(bar + 1));
    return text + "&" + predicate + ", " + std::to_string(line_number) + ");";
}

static string instruction(Kernel &kernel, const string &opcode,
                          const vector<string> &operands)
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
           value = "ptx::" + replaced(opcode) + "(";
    for (size_t i = 1; i < operands.size(); i++)
        value += (i > 1 ? ", " : "") + operand(kernel, operands[i]);
    if (opcode == "mov.b64" || opcode == "mov.b32") /* between kinds of registers */
        return target + " = ptx::bits<decltype(" + target + ")>(" + value + "));";
    return target + " = " + value + ");";
}

/* ".reg .b32 %r<20>;" or ".reg .b32 %temp;" */
static string registers(const string &statement)
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

static void declare_shared(const string &statement)
{
    Variable v = variable_of(statement.substr(statement.find(".shared") + 7));
    if (starts_with(statement, ".extern"))
        dynamic_name = v.name;
    else
        shared_variables[v.name] = v;
}

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
