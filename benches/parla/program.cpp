#include "program.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <iostream>
#include <utility>

namespace bench {

void fail(const char *expected, const char *detail) {
    std::cerr << "failed: " << expected << ' ' << detail << std::endl;
    std::_Exit(1);
}

struct Program::Parts {
    std::string peer;
    CLI::App app;
    std::string workload;
    bool list = false;
    std::vector<std::pair<std::string, std::function<void()>>> offers;

    Parts(const char *name, const char *about) : peer(name), app(about) {}

    template <class T> void option(const char *name, T &value, T least, T most, const char *about) {
        app.add_option(name, value, about)->check(CLI::Range(least, most))->capture_default_str();
    }
};

Program::Program(const char *peer, const char *about) : parts(std::make_unique<Parts>(peer, about)) {
    parts->app.add_option("workload", parts->workload, "What to run; --list names what there is");
    parts->app.add_flag("--list", parts->list, "Name the workloads, and end");
    option("--workers", workers, 1, 1'024, "Threads that run tasks");
    option("--repeats", repeats, 1, 1'000'000, "Measurements");
}

Program::~Program() = default;

void Program::option(const char *name, std::size_t &value, std::size_t least, std::size_t most, const char *about) {
    parts->option(name, value, least, most, about);
}
void Program::option(const char *name, unsigned &value, unsigned least, unsigned most, const char *about) {
    parts->option(name, value, least, most, about);
}
void Program::option(const char *name, double &value, double least, double most, const char *about) {
    parts->option(name, value, least, most, about);
}
void Program::option(const char *name, bool &value, const char *about) { parts->app.add_flag(name, value, about); }

void Program::offer(const char *workload, std::function<void()> measure) {
    parts->offers.emplace_back(workload, std::move(measure));
}

void Program::report(const char *workload, const char *metric, double value, std::initializer_list<Field> more) const {
    nlohmann::ordered_json line{
        {"peer", parts->peer}, {"workload", workload}, {"workers", workers}, {"metric", metric}, {"value", value}};
    for (const Field &field : more) {
        std::visit([&](const auto &given) { line[field.name] = given; }, field.value);
    }
    std::cout << line << std::endl;
}

int Program::run(int argc, char **argv) {
    CLI11_PARSE(parts->app, argc, argv);
    if (parts->list) {
        for (const auto &offer : parts->offers) {
            std::cout << offer.first << '\n';
        }
        return 0;
    }
    for (const auto &[workload, measure] : parts->offers) {
        if (workload == parts->workload) {
            measure();
            return 0;
        }
    }
    std::cerr << "no workload '" << parts->workload << "' (--list names them)\n";
    return 2;
}

} // namespace bench
