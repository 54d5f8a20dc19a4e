#include "program.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <iostream>
#include <span>
#include <utility>

namespace bench {

void fail(const std::string &what, const std::string &detail) {
    std::cerr << "failed: " << what << ' ' << detail << std::endl;
    std::_Exit(1);
}

namespace {

using Json = nlohmann::ordered_json;

Json object_of(std::span<const Field> fields, Json object = Json::object());

Json json_of(const auto &value) { return value; }

Json json_of(const Field::List &list) {
    Json objects = Json::array();
    for (const std::vector<Field> &fields : list) {
        objects.push_back(object_of(fields));
    }
    return objects;
}

Json object_of(std::span<const Field> fields, Json object) {
    for (const Field &field : fields) {
        std::visit([&](const auto &given) { object[field.name] = json_of(given); }, field.value);
    }
    return object;
}

} // namespace

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

void Program::option(const char *name, std::optional<std::size_t> &value, const char *about) {
    parts->app.add_option(name, value, about);
}

void Program::offer(const std::string &workload, std::function<void()> measure) {
    parts->offers.emplace_back(workload, std::move(measure));
}

void Program::report(const std::string &workload, const char *metric, double value,
                     std::initializer_list<Field> more) const {
    const Json line{
        {"peer", parts->peer}, {"workload", workload}, {"workers", workers}, {"metric", metric}, {"value", value}};
    std::cout << object_of(more, line) << std::endl;
}

void Program::parse(int argc, char **argv) {
    try {
        parts->app.parse(argc, argv);
    } catch (const CLI::ParseError &error) {
        std::exit(parts->app.exit(error));
    }
}

int Program::run() {
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
