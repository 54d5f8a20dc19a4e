// What a peer's program consists of: a runtime that can run a graph, and this `metg_main`, which does all the rest.
#pragma once

#include "graph.hpp"

#include <functional>
#include <memory>

namespace metg {

// A runtime with its workers, from its set-up to its end.
class Peer {
  public:
    virtual ~Peer() = default;

    // Creates and runs a task for each `graph.task(...)`, each after its predecessors. All of it is timed.
    virtual void run(Graph &graph) = 0;

    // Frees what the program itself still holds of the last run. Not timed.
    virtual void clean_up() {}
};

using MakePeer = std::function<std::unique_ptr<Peer>(int workers)>;

int metg_main(int argc, char **argv, const char *peer, const MakePeer &make);

} // namespace metg
