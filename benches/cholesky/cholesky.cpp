#include "cholesky.hpp"

#include "../common/application.hpp"
#include "timeline.hpp"

#include <cblas.h>

#include <algorithm>
#include <cmath>

namespace cholesky {

namespace {

const std::string PREFIX = "cholesky_";
const std::vector<std::string> WORKLOADS{PREFIX + "128", PREFIX + "256"};

constexpr int BLOCK_ROWS = 512;

double run_once(Peer &peer, Factorisation &factorisation) {
    factorisation.matrix().fill();
    for (Step &step : factorisation.steps()) step.begin = step.end = 0;

    const auto start = bench::Clock::now();
    peer.run(factorisation);
    const double elapsed = bench::seconds_since(start);

    for (const Step &step : factorisation.steps()) {
        if (step.end == 0) bench::fail("a step did not run");
        if (step.failed) bench::fail("a tile on the diagonal was not positive definite");
    }
    const double found = residual(factorisation.matrix());
    if (!(found <= LARGEST_RESIDUAL))
        bench::fail("the residual is " + std::to_string(found / LARGEST_RESIDUAL) + " times its bound");
    return elapsed;
}

} // namespace

int cholesky_main(int argc, char **argv, const char *peer_name, const MakePeer &make, Storage storage) {
    bench::CommonOptions common;
    int n = 4096, block = 0;
    bool priorities = true;

    CLI::App app{std::string("Cholesky factorisation, with ") + peer_name};
    bench::add_common_options(app, common, WORKLOADS);
    app.add_option("--n", n, "Rows of the matrix: a multiple of the tile's")
        ->capture_default_str()
        ->check(CLI::Range(1, 1 << 15));
    app.add_option("--block", block, "Tiles on the side of a block; 0: as many as make 512 rows")
        ->capture_default_str()
        ->check(CLI::Range(0, 64));
    app.add_flag("--priorities,!--no-priorities", priorities,
                 "Whether steps on long paths go first, where the peer can do that");
    CLI11_PARSE(app, argc, argv);

    const int tile = std::stoi(common.workload.substr(PREFIX.size()));
    if (n % tile != 0) bench::fail("--n is no multiple of the tile's " + std::to_string(tile));

    openblas_set_num_threads(1); // the tasks are the parallelism
    if (block == 0) block = std::max(1, BLOCK_ROWS / tile);
    Matrix matrix = storage == Storage::tiles ? Matrix(n, tile, block) : Matrix(n, n, 1);
    Factorisation factorisation(matrix);
    const std::unique_ptr<Peer> peer = make({common.workers, priorities});

    run_once(*peer, factorisation);
    for (int repeat = 0; repeat < common.repeats; repeat++) {
        const double elapsed = run_once(*peer, factorisation);
        const std::size_t steps = factorisation.steps().size();
        nlohmann::ordered_json line{{"peer", peer_name},
                                    {"workload", common.workload},
                                    {"workers", common.workers},
                                    {"metric", "gflops"},
                                    {"value", std::pow(n, 3) / 3 / elapsed * 1e-9},
                                    {"tasks", steps},
                                    {"n", n}};
        if (storage == Storage::tiles) {
            const Timeline seen = timeline(factorisation.steps(), common.workers, elapsed);
            line["block"] = block;
            line["in_kernels"] = seen.in_kernels;
            line["tail_ms"] = seen.tail_ms;
        }
        bench::print(line);
    }
    return 0;
}

} // namespace cholesky
