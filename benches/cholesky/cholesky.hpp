// What a peer's program consists of: a runtime that can run the steps, and this `cholesky_main`, which does all the
// rest.
#pragma once

#include "factorisation.hpp"

#include <functional>
#include <memory>

namespace cholesky {

// A runtime with its workers, from its set-up to its end.
class Peer {
  public:
    virtual ~Peer() = default;

    // Runs all steps, each after its predecessors. All of it is timed.
    virtual void run(Factorisation &factorisation) = 0;
};

struct Options {
    int workers;
    bool priorities; // whether steps have theirs, or all the same
};

using MakePeer = std::function<std::unique_ptr<Peer>(const Options &options)>;

enum class Storage {
    tiles, // of the size that the workload says
    plain, // one tile as large as the matrix, and so one step
};

int cholesky_main(int argc, char **argv, const char *peer, const MakePeer &make, Storage storage = Storage::tiles);

} // namespace cholesky
