// The frame of all programs: the command line, checks, clocks, one line of JSON for each value.
//
//     bench::Program program("libparla", "What it measures");
//     program.option("--tasks", tasks, 1, 1'000'000, "How many");
//     program.offer("flat", [&] { ... program.report("flat", "ns_per_task", value, {{"tasks", tasks}}); });
//     return program.run(argc, argv);
#pragma once

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace bench {

// Ends the program, with exit status 1 and what was expected. Also from bodies, which no exception may leave, and with
// tasks under way, for which nobody waits any more.
[[noreturn]] void fail(const std::string &what, const std::string &detail = "");

#define REQUIRE(condition) ((condition) ? void() : ::bench::fail(#condition))

using Clock = std::chrono::steady_clock;

inline double nanoseconds(Clock::duration time) { return std::chrono::duration<double, std::nano>(time).count(); }

// How long `action()` takes, in nanoseconds.
template <class Action> double time_of(Action &&action) {
    const auto begin = Clock::now();
    action();
    return nanoseconds(Clock::now() - begin);
}

// The value below which `share` of all values lie. Puts `values` in order.
inline double quantile(std::vector<double> &values, double share) {
    REQUIRE(!values.empty());
    std::ranges::sort(values);
    return values[std::min(values.size() - 1, static_cast<std::size_t>(share * static_cast<double>(values.size())))];
}

// One more entry of a line of JSON: a number, a text, or a list of objects.
struct Field {
    using List = std::vector<std::vector<Field>>;

    const char *name;
    std::variant<double, std::uint64_t, std::string, List> value;

    Field(const char *called, std::floating_point auto number) : name(called), value(double{number}) {}
    Field(const char *called, std::integral auto number) : name(called), value(static_cast<std::uint64_t>(number)) {}
    Field(const char *called, std::string text) : name(called), value(std::move(text)) {}
    Field(const char *called, List list) : name(called), value(std::move(list)) {}
};

// A program that runs the one of its workloads which the command line names.
class Program {
    struct Parts;
    std::unique_ptr<Parts> parts;

  public:
    unsigned workers = 2;
    unsigned repeats = 3;

    Program(const char *peer, const char *about);
    ~Program();

    // An option of the command line, within [least, most].
    void option(const char *name, std::size_t &value, std::size_t least, std::size_t most, const char *about);
    void option(const char *name, unsigned &value, unsigned least, unsigned most, const char *about);
    void option(const char *name, double &value, double least, double most, const char *about);
    void option(const char *name, bool &value, const char *about);
    // One that may be left out, and then is the workload's own.
    void option(const char *name, std::optional<std::size_t> &value, const char *about);

    // `measure()` reports a value for each of the repeats.
    void offer(const std::string &workload, std::function<void()> measure);

    // Values with different texts in a field "point" are kept apart by the driver, as different metrics are. A value
    // that is not a number stands for one that was looked for, and not found.
    void report(const std::string &workload, const char *metric, double value,
                std::initializer_list<Field> more = {}) const;

    // Where offers depend on options; else `run` does it.
    void parse(int argc, char **argv);

    // Runs the workload. The program's exit status.
    int run();
    int run(int argc, char **argv) {
        parse(argc, argv);
        return run();
    }
};

} // namespace bench
